"""Influence of a number is what two whole runs would say, in the same patients.

Rank of proof: direct comparison by another route (pair counts and single lives instead of replicate groups).
"""

import numpy as np
import pandas as pd
import pytest

from simulator.clocks.cohort import live_table
from simulator.comparison import influence as room
from simulator.comparison.influence import INFLUENCE_COLUMNS, distinct, influence, leading
from simulator.comparison.paired import paired_proportions
from simulator.endpoints import Endpoint
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.runner import kernel_of, pair_months, run_range, workspace_of
from simulator.scenario import load_scenario
from simulator.strategy import DAYS_PER_MONTH

PATIENTS = 300
SCENARIO = load_scenario("original_vs_modified", patients=PATIENTS, seed=11)
NUMBER = "blinatumomab_log_factor"


@pytest.fixture(scope="module")
def frame():
    return influence(SCENARIO, workers=1)


def difference(name, value, patients):
    """The main difference of a whole run with one number changed, from its 2 x 2 counts of pairs."""
    kernel, space = kernel_of(SCENARIO), workspace_of(SCENARIO)
    record = load_parameters(SCENARIO.parameters).record(**{name: value})
    run_range(kernel._replace(parameters=record), space, patients.start, patients.stop)
    position = pair_months(SCENARIO).index(leading(SCENARIO).month)
    return paired_proportions(space.counts.pairs[1, Endpoint.OS, position], True)["value"]


def as_two_runs(row, low, high):
    """Judge: a row of `influence` says what the runs at both ends say."""
    patients = range(PATIENTS) if row["screened_only"] else range(PATIENTS, 2 * PATIENTS)
    base = difference(row["parameter"], load_parameters(SCENARIO.parameters).values[row["parameter"]], patients)
    at_low, at_high = (difference(row["parameter"], end, patients) for end in (low, high))
    assert row["shift_low"] == pytest.approx(at_low - base, abs=1e-12)
    assert row["shift_high"] == pytest.approx(at_high - base, abs=1e-12)
    assert row["change"] == pytest.approx(at_high - at_low, abs=1e-12)


def row_of(frame, name):
    return frame[frame["parameter"] == name].iloc[0].to_dict()


@pytest.mark.parametrize("name", [NUMBER, "course_log_factor", "sos_onset_sigma", "unfit_log_odds_per_decade"])
def test_it_is_what_two_whole_runs_say(frame, name):
    origin = load_parameters(SCENARIO.parameters).origins[name]
    as_two_runs(row_of(frame, name), origin.low, origin.high)


def test_sabotage_swapped_ends_other_patients_and_another_number_are_seen(frame):
    origin, row = load_parameters(SCENARIO.parameters).origins[NUMBER], row_of(frame, NUMBER)
    for wrong in (
        row | {"shift_low": row["shift_high"], "shift_high": row["shift_low"]},
        row | {"change": -row["change"]},
        row | {"screened_only": 1 - row["screened_only"]},
        row | {"parameter": "sos_log_odds"},
    ):
        with pytest.raises(AssertionError):
            as_two_runs(wrong, origin.low, origin.high)


def alive(name, value, arm, patients):
    """Whether each patient lives at the main month, one life at a time."""
    kernel, table = kernel_of(SCENARIO), new_patients(len(patients))
    record = load_parameters(SCENARIO.parameters).record(**{name: value})
    strategy = kernel.strategies[arm : arm + 1]
    first = patients.start
    live_table(table, kernel.blank, kernel.seed, first, kernel.population, record, strategy, kernel.plan[0])
    return ~(table.death_day <= leading(SCENARIO).month * DAYS_PER_MONTH)


def test_the_error_is_that_of_single_patients():
    """Replicate groups: 256 of them give a standard error within 5 % (one s.d.); three of those allowed."""
    patients, origin = range(6_000), load_parameters(SCENARIO.parameters).origins[NUMBER]
    kernel, main = kernel_of(SCENARIO), leading(SCENARIO)
    low, high = room._at_both_ends(SCENARIO, kernel, main, patients, NUMBER, (origin.low, origin.high))
    gains = [
        alive(NUMBER, end, 1, patients).astype(int) - alive(NUMBER, end, 0, patients)
        for end in (origin.low, origin.high)
    ]
    each = gains[1] - gains[0]
    assert int((high - low).sum()) == each.sum()
    error = each.std(ddof=1) / np.sqrt(len(each))
    assert room._standard_error((high - low)[0], len(each)) == pytest.approx(error, rel=0.15)


def test_the_same_for_any_number_of_workers(frame):
    calls = []
    again = influence(SCENARIO, workers=2, progress=lambda done, total: calls.append((done, total)))
    pd.testing.assert_frame_equal(frame, again, check_exact=True)
    assert calls == [(k + 1, calls[0][1]) for k in range(calls[0][1])]


def test_every_number_with_a_range_and_the_chosen_first(frame):
    origins = load_parameters(SCENARIO.parameters).origins
    assert list(frame.columns) == list(INFLUENCE_COLUMNS)
    assert set(frame["parameter"]) == {name for name, origin in origins.items() if origin.low < origin.high}
    assert frame["screened_only"].is_monotonic_increasing
    chosen = frame[frame["screened_only"] == 0]
    assert (chosen["kind"] == "fitted").sum() == room.CLOSER["fitted"]
    assert (chosen["kind"] != "fitted").sum() == room.CLOSER["evidence"]
    assert chosen["change"].abs().is_monotonic_decreasing


def test_noise_and_screened_numbers_are_not_distinct():
    frame = pd.DataFrame({"change": [0.03, 0.03, -0.05, 0.5], "mc_se": [0.01, 0.02, 0.01, 0.01],
                          "screened_only": [0, 0, 0, 1]})  # fmt: skip
    assert list(distinct(frame).index) == [0, 2]


def test_the_leading_difference():
    assert leading(SCENARIO) == ("os", 36)
    assert leading(load_scenario("original_vs_modified", settings=['endpoints=["efs"]', "report_months=[12, 24]"])) == (
        "efs", 24,
    )  # fmt: skip
    none = load_scenario("original_vs_modified", settings=['endpoints=["sos"]'])
    assert leading(none) is None and influence(none).empty


def test_all_ranges_are_possible_values():
    """An end of a range that the definition forbids would be a run of something else."""
    for definition in room.load_parameters(SCENARIO.parameters).as_json()["parameters"].values():
        assert definition["low"] <= definition["value"] <= definition["high"]
