"""Speed of the ward clock: `python -m benchmarks.ward`.

CPU time of one process. Patients of the modified regimen: nothing shared (100 to an environment), places for all but
each asked for, and ten thousand referred at 160 a year to a ward of six beds.
"""

import time

import numpy as np

from simulator.clocks.ward import BED, DESK, NOT_WATCHED, Ward, World, admit_table
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.runner import end_day
from simulator.scenario import load_scenario
from simulator.scenario.sharing import Ward as WardSettings
from simulator.strategy import strategy_record
from simulator.ward.arrivals import arrival_days

PATIENTS = 10_000
CASES = {
    "nothing shared": ({}, 100),
    "places for all": ({BED: PATIENTS, DESK: PATIENTS}, PATIENTS),
    "six beds": ({BED: 6}, PATIENTS),
}


def main() -> None:
    """Print patients a second for each case."""
    scenario = load_scenario("original_vs_modified")
    parameters, population = load_parameters(scenario.parameters).record(), population_record(scenario.population)
    world = World(parameters, strategy_record(scenario.arms[1].strategy), end_day(60), NOT_WATCHED)
    arrivals = arrival_days(WardSettings(patients_per_year=160, patients_per_replicate=PATIENTS), 1, 0)
    for name, (places, block) in CASES.items():
        for n in (200, PATIENTS):  # the first compiles
            table = new_patients(n)
            start = time.process_time()
            admit_table(table, new_patients(1), np.uint64(1), 0, population, parameters)
            for first in range(0, n, block):
                part = table[first : first + block]
                Ward(part, arrivals[first : first + len(part)], world, places).live()
        seconds = time.process_time() - start
        print(f"{name:<16}{PATIENTS / seconds:>8,.0f} patients/s{seconds:>8.1f} s for {PATIENTS:,} patients")


if __name__ == "__main__":
    main()
