"""One replicate: one ward and all its patients, the same people and the same arrivals under every arm."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simulator.clocks.ward import BED, DESK, NOT_WATCHED, Ward, World, admit_table
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.runner import arm_records, end_day
from simulator.scenario import Arm, Scenario
from simulator.scenario.sharing import Sharing
from simulator.ward.arrivals import arrival_days
from simulator.ward.measures import Measured, measure

ENOUGH = 10**9  # places for everybody, so that their use is seen: lives are the cohort clock's, bit for bit


class Replicate(NamedTuple):
    """What one replicate found, by name of arm."""

    shared: dict[str, Measured]
    nothing_scarce: dict[str, Measured]
    """The same strategy with places for everybody."""


def places_of(sharing: Sharing) -> dict[int, int]:
    """What is limited, and to how many."""
    limits = {BED: sharing.sct_beds, DESK: sharing.donor_search_desks}
    return {need: many for need, many in limits.items() if many is not None}


def needs_of(scenario: Scenario) -> set[int]:
    """What any arm limits."""
    return {need for arm in scenario.arms for need in places_of(arm.sharing)}


def warm_up(scenario: Scenario) -> None:
    """Compile in this process, before several workers need the code: a few patients, none of whom gets a bed."""
    few = {"patients_per_replicate": 40, "warm_up_months": 0, "run_out_months": 0}
    arm = replace(scenario.arms[0], sharing=Sharing(sct_beds=0))
    run_replicate(replace(scenario, ward=scenario.ward.model_copy(update=few), arms=(arm,)), 0)


def run_replicate(scenario: Scenario, replicate: int) -> Replicate:
    """Let the patients of one replicate live under every arm, with what they share and with enough of it."""
    n = scenario.ward.patients_per_replicate
    population = population_record(scenario.population)
    days = arrival_days(scenario.ward, scenario.seed, replicate)
    needs = needs_of(scenario)

    def lived(arm: Arm, sharing: Sharing, places: dict[int, int]) -> Measured:
        parameters, strategy = arm_records(scenario, arm.name)
        patients = new_patients(n)
        admit_table(patients, new_patients(1), np.uint64(scenario.seed), replicate * n, population, parameters)
        world = World(parameters, strategy, end_day(scenario.horizon_months), NOT_WATCHED)
        ward = Ward(patients, days, world, places, sharing.policy, sharing.meeting)
        ward.live()
        return measure(scenario, ward)

    shared = {arm.name: lived(arm, arm.sharing, places_of(arm.sharing)) for arm in scenario.arms}
    free: dict[str, Measured] = {}
    done: list[tuple[Arm, Measured]] = []
    for arm in scenario.arms:
        same = (
            measured for other, measured in done if (other.strategy, other.parameters) == (arm.strategy, arm.parameters)
        )
        found = next(same, None)
        if found is None:
            found = lived(arm, Sharing(), dict.fromkeys(needs, ENOUGH))
            done.append((arm, found))
        free[arm.name] = found
    return Replicate(shared, free)
