"""The two clocks give the same lives where nothing is scarce.

Rank of proof: identity to the bit, of every field of 3,000 patients, for every strategy and every arm that ships, and
of the sequence of their events.
"""

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from wards import admitted, lived, unlike
from worlds import shipped

from simulator.calendar import NEVER, next_slot
from simulator.clocks.cohort import live_table, step
from simulator.clocks.ward import BED, DESK
from simulator.comparison import compare
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.rules import begin
from simulator.runner import end_day
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.strategy import strategy_record
from simulator.ward import compare_by_ward_clock, compare_wards, without_limits

N = 3_000
HORIZON_MONTHS = 60
AMPLE = {DESK: N, BED: N}


@cache
def strategies():
    """Every arm that ships, by scenario and name; arms that plan the same are listed once."""
    found = {}
    for name, _ in shipped_scenarios():
        for arm in load_scenario(name).arms:
            if arm.strategy not in found.values():
                found[f"{name}.{arm.name}"] = arm.strategy
    return found


def everyone(n=N):
    return admitted(n, shipped().record(), population_record(load_scenario("original_vs_modified").population))


def by_cohort_clock(strategy, n=N):
    table = new_patients(n)
    population = population_record(load_scenario("original_vs_modified").population)
    record, until = shipped().record(), end_day(HORIZON_MONTHS)
    live_table(table, new_patients(1), np.uint64(20_240_229), 0, population, record, strategy, until)
    return table


def by_ward_clock(strategy, places, n=N, **how):
    return lived(everyone(n), shipped().record(), strategy, end_day(HORIZON_MONTHS), places, **how)


@pytest.mark.slow
@pytest.mark.parametrize("name", strategies())
def test_identical_lives_with_nothing_shared_and_with_places_for_all(name):
    strategy = strategy_record(strategies()[name])
    cohort = by_cohort_clock(strategy)
    assert unlike(by_ward_clock(strategy, {}).table, cohort) == []
    arrivals = np.arange(N) * 0.37  # their own days are the same whenever they come
    assert unlike(by_ward_clock(strategy, AMPLE, arrivals=arrivals).table, cohort) == []


def test_identical_lives_of_300_patients_of_each_base_strategy():
    for arm in load_scenario("original_vs_modified").arms:
        strategy = strategy_record(arm.strategy)
        cohort = by_cohort_clock(strategy, 300)
        assert cohort.transplants.sum() > 50
        for places in ({}, AMPLE, {BED: 300}, {DESK: 300}):
            assert unlike(by_ward_clock(strategy, places, 300).table, cohort) == []


def events(strategy, table, until):
    """(n, most, 2) slots and days of every event by the cohort clock; NaN after the last."""
    record, log = shipped().record()[0], np.full((len(table), 400, 2), np.nan)
    for row in range(len(table)):
        patient, line = table[row], 0
        begin(patient, record, strategy[0], until)
        while True:
            slot, day = next_slot(patient)
            if step(patient, record, strategy[0], until) == NEVER:
                break
            log[row, line] = slot, day
            line += 1
    return log


@pytest.mark.parametrize("name", strategies())
@pytest.mark.parametrize("places", [{}, AMPLE], ids=["nothing shared", "places for all"])
def test_the_event_log_is_the_same(name, places):
    strategy, until = strategy_record(strategies()[name]), end_day(HORIZON_MONTHS)
    journals = np.full((200, 400, 2), np.nan)
    by_ward_clock(strategy, places, 200, journals=journals)
    log = events(strategy, everyone(200), until)
    assert np.isfinite(log).sum() > 200 * 10
    assert np.array_equal(journals, log, equal_nan=True)


def test_the_comparison_is_the_same_bytes_for_any_number_of_workers():
    scenario = load_scenario("interval_7_vs_14_weeks", patients=4_500)
    cohort = compare(scenario, workers=2)
    for workers in (1, 2):
        ward = compare_by_ward_clock(scenario, workers=workers)
        assert json.dumps(ward.summary) == json.dumps(cohort.summary)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(ward.counts, cohort.counts))


@pytest.mark.parametrize("arrivals", ["poisson", "all_at_once"])
def test_wards_are_the_same_bytes_for_any_number_of_workers(arrivals):
    settings = [f"ward.arrivals={arrivals}", "ward.patients_per_replicate=120", "ward.warm_up_months=1"]
    settings += ["ward.run_out_months=1", "arms.eight_beds.ward.sct_beds=3", "arms.six_beds.ward.sct_beds=2"]
    scenario = load_scenario("two_beds_fewer", patients=480, settings=settings)
    one, two = (compare_wards(scenario, workers=workers) for workers in (1, 2))
    assert json.dumps(one.summary) == json.dumps(two.summary)
    for name in ("estimates", "differences", "months", "waits", "survival"):
        assert getattr(one, name).equals(getattr(two, name)), name


def test_without_limits_the_shipped_ward_is_an_ordinary_scenario():
    scenario = without_limits(load_scenario("two_beds_fewer"))
    assert not scenario.ward.limited()
    assert not any(arm.sharing.limited() for arm in scenario.arms)
    assert replace(scenario, patients=10).arms[0].strategy == scenario.arms[1].strategy


# Sabotage


def test_sabotage_a_wait_of_a_minute_is_seen():
    """One bed and a meeting: whoever asks between meetings waits, and lives another life."""
    strategy = strategy_record(load_scenario("original_vs_modified").arms[1].strategy)
    cohort = by_cohort_clock(strategy, 300)
    assert "admission_day" in unlike(by_ward_clock(strategy, {BED: 300}, 300, meeting="daily").table, cohort)


def test_sabotage_one_bit_in_one_field_is_seen():
    table = everyone(5)
    other = table.copy()
    other.frailty.view(np.uint64)[3] ^= np.uint64(1)
    assert unlike(table, other) == ["frailty"]
    other = table.copy()
    other.bed_asked_day[2] = 0.0
    assert unlike(table, other) == ["bed_asked_day"]


def test_sabotage_another_order_of_events_is_seen():
    strategy = strategy_record(load_scenario("original_vs_modified").arms[0].strategy)
    log = events(strategy, everyone(20), end_day(HORIZON_MONTHS))
    swapped = log.copy()
    swapped[7, [2, 3]] = swapped[7, [3, 2]]
    assert not np.array_equal(log, swapped, equal_nan=True)
