"""Live shipped lives and save their records: python lives_without_compiler.py FILE.npz PATIENTS.

A subprocess of `tests/agreement/test_compiler_off.py`.
"""

import sys

import numpy as np
from worlds import lives, shipped, shipped_strategy

from simulator import compiled
from simulator.patient import PATIENT_DTYPE
from simulator.population import population_record
from simulator.scenario import load_scenario

HORIZON_DAYS = 3650.0
STRATEGIES = ("original", "modified", "modified_everyone")


def strategy_of(name):
    """The two base strategies, and the modified one in which SCT and MRD-triggered treatment are common."""
    if name != "modified_everyone":
        return shipped_strategy(name)
    return shipped_strategy(
        "modified",
        transplant={
            "policy": "everyone_eligible",
            "minimum_interval_weeks": 8.0,
            "interval_act": "stop_ino_early",
        },
        mrd={"surveillance_every_months": 3, "at_molecular_relapse": "blinatumomab"},
    )


def records(name, patients):
    """One array a field of the first lives of the shipped population."""
    population = population_record(load_scenario("original_vs_modified").population)
    columns = lives(
        PATIENT_DTYPE.names, patients, parameters=shipped().record(), strategy=strategy_of(name),
        population=population, seed=4711, end_day=HORIZON_DAYS,
    )  # fmt: skip
    return dict(zip(PATIENT_DTYPE.names, columns))


if __name__ == "__main__":
    assert compiled.COMPILER_OFF
    np.savez(
        sys.argv[1],
        **{
            f"{name}/{field}": column
            for name in STRATEGIES
            for field, column in records(name, int(sys.argv[2])).items()
        },
    )
