"""Workers, blocks, bystanders and the watching of states change nothing: the same lives, the same bytes."""

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from simulator.comparison import compare
from simulator.counts import merge
from simulator.endpoints import REMISSION_WITHIN_MONTHS
from simulator.patient import State, first_line_days
from simulator.runner import run
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.store import FRAMES
from simulator.trajectory import lives
from simulator.ward import without_limits

PATIENTS = 1500
SCENARIO = load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=11)


@lru_cache(maxsize=1)
def alone():
    return compare(SCENARIO, workers=1, block=PATIENTS)


def judge_same_bytes(one, other):
    """Summary and frames, byte for byte."""
    assert json.dumps(one.summary) == json.dumps(other.summary)
    for name in FRAMES:
        assert getattr(one, name).to_csv() == getattr(other, name).to_csv(), name


@pytest.mark.parametrize("workers, block", [(1, 1), (1, 37), (2, 64), (2, 499), (2, None), (5, 7), (3, 100_000)])
def test_workers_and_blocks_give_the_same_bytes(workers, block):
    judge_same_bytes(alone(), compare(SCENARIO, workers=workers, block=block))


def test_comparator_sees_one_patient_moved_by_one_bin():
    other = compare(SCENARIO, workers=1)
    other.curves.loc[40, "value"] += 1.0 / PATIENTS
    with pytest.raises(AssertionError):
        judge_same_bytes(alone(), other)


def test_parts_merge_into_the_whole():
    total = run(SCENARIO, workers=1, patients=range(0, 600))
    merge(total, run(SCENARIO, workers=2, block=50, patients=range(600, PATIENTS)))
    for name in total._fields:
        assert np.array_equal(getattr(total, name), getattr(alone().counts, name)), name


def test_more_patients_leave_earlier_lives_alone():
    few, many = (lives(SCENARIO, "sct", n) for n in (300, 900))
    assert few.tobytes() == many[:300].tobytes()


def test_more_arms_leave_other_arms_alone():
    fewer = replace(SCENARIO, arms=SCENARIO.arms[:2])
    pair = compare(fewer, workers=1)
    for arm in fewer.arms:
        assert pair.summary["arms"][arm.name] == alone().summary["arms"][arm.name]
    assert pair.summary["differences"]["sct"] == alone().summary["differences"]["sct"]


@pytest.mark.parametrize("arm", [arm.name for arm in SCENARIO.arms])
def test_occupancy_is_the_state_of_each_life(arm):
    """At the horizon, from the records: the watched loop lives the same lives as the plain one."""
    table = lives(SCENARIO, arm, PATIENTS)
    horizon_days = SCENARIO.horizon_months * 30.4375
    position = [each.name for each in SCENARIO.arms].index(arm)
    present = np.cumsum(alone().counts.occupancy[position], axis=1)
    assert (present >= 0).all() and (present.sum(axis=0) == PATIENTS).all()
    assert present[State.DEAD, -1] == np.count_nonzero(table.death_day <= horizon_days)
    first = ~np.isnan(table.remission_day) & ~(table.relapse_day <= horizon_days)
    first &= ~(table.death_day <= horizon_days)
    treated = table.transplant_day <= horizon_days
    assert present[State.REMISSION_AFTER_SCT, -1] == np.count_nonzero(first & treated)
    assert present[State.REMISSION, -1] == np.count_nonzero(first & ~treated)


@pytest.mark.parametrize("name", [name for name, _ in shipped_scenarios()])
def test_first_remission_comes_within_a_year(name):
    """What lets endpoints from remission be uncensored up to the horizon; also where the plan is longest."""
    scenario = without_limits(load_scenario(name, patients=4000, seed=3))
    for arm in scenario.arms:
        chemotherapy = arm.strategy.chemotherapy.model_copy(
            update={"courses": 8, "course_days": 42, "prolonged_thrombocytopenia": "wait"}
        )
        slow = replace(arm, strategy=arm.strategy.model_copy(update={"chemotherapy": chemotherapy}))
        for each in (arm, slow):
            table = lives(replace(scenario, arms=(each,)), arm.name, 4000)
            remission = np.array([first_line_days(life)[0] for life in table])
            assert np.nanmax(remission) < REMISSION_WITHIN_MONTHS * 30.4375
