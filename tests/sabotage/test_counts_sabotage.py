"""Every comparator of the counts is shown the right answer, then a plausible wrong one: it must go red."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "theory"))

import test_counts as judge

from simulator.comparison.differences import arm_differences
from simulator.endpoints import Endpoint

ARM, REFERENCE = judge.ARM, judge.REFERENCE
MONTH = 1  # of the report: its position
LIMIT = judge.MONTHS[MONTH] * 30.4375


def red(judgement, right, wrong, *rest):
    """The judge accepts `right` and rejects `wrong`."""
    judgement(right, *rest)
    with pytest.raises(AssertionError):
        judgement(wrong, *rest)


def os_days():
    return judge.days(ARM)["os"], judge.days(REFERENCE)["os"]


def test_one_death_a_bin_late():
    events = judge.counts().events[ARM, Endpoint.OS]
    late = events.copy()
    bin_ = int(np.flatnonzero(events)[10])
    late[bin_] -= 1
    late[bin_ + 1] += 1
    red(judge.judge_kaplan_meier, events, late, judge.SCENARIO.patients, os_days()[0])


def test_one_responder_too_many():
    rfs = judge.days(ARM)["rfs"]
    n = int(np.count_nonzero(~np.isnan(rfs)))
    events = judge.counts().events[ARM, Endpoint.RFS]
    judge.judge_kaplan_meier(events, n, rfs)
    with pytest.raises(AssertionError):
        judge.judge_kaplan_meier(events, n + 1, rfs)


def test_arms_swapped_in_the_two_by_two():
    pairs = judge.counts().pairs[ARM, Endpoint.OS, MONTH]
    assert pairs[0, 1] != pairs[1, 0]
    red(judge.judge_pairs, pairs, pairs.T, *os_days(), LIMIT)


def printed():
    return arm_differences(judge.SCENARIO, judge.counts(), ARM)["os"][str(judge.MONTHS[MONTH])]


@pytest.mark.parametrize(
    "key, wrong",
    [
        ("value", lambda numbers: -numbers["value"]),
        ("mc_se", lambda numbers: numbers["mc_se"] * numbers["variance_reduction"] ** 0.5),  # unpaired
        ("mc_se", lambda numbers: numbers["mc_se"] * 1.000001),
        ("variance_reduction", lambda numbers: 1.0 / numbers["variance_reduction"]),
    ],
    ids=["sign", "unpaired error", "error off by 1e-6", "inverted reduction"],
)
def test_wrong_paired_numbers(key, wrong):
    numbers = printed()
    red(judge.judge_paired_numbers, numbers, numbers | {key: wrong(numbers)}, *os_days(), LIMIT)


@pytest.mark.parametrize("change", [(1, 0), (0, 1), (-2, 4)], ids=str)
def test_wrong_sum_of_restricted_times(change):
    sums = judge.counts().restricted[ARM, Endpoint.OS, MONTH]
    red(judge.judge_restricted, sums, sums + np.array(change), *os_days(), judge.MONTHS[MONTH] * 30)


def test_longer_and_shorter_exchanged():
    found = judge.counts().lives[ARM]
    red(judge.judge_lives, found, found[::-1], *os_days())


def test_one_equal_life_called_longer():
    found = judge.counts().lives[ARM]
    red(judge.judge_lives, found, found + np.array([0, -1, 1]), *os_days())


@pytest.mark.parametrize("lost", [Endpoint.RELAPSE, Endpoint.NRM, Endpoint.REFRACTORY], ids=lambda e: e.name)
def test_one_event_lost(lost):
    events = judge.counts().events[ARM]
    wrong = events.copy()
    wrong[lost, np.flatnonzero(events[lost])[0]] -= 1
    red(judge.judge_parts, events, wrong, judge.counts().tallies[ARM, judge.tally.RESPONDERS])


def test_printed_errors_too_small_or_too_large():
    values = np.random.default_rng(3).normal(0.0, 0.01, 200)
    judge.judge_spread(values, np.full(200, 0.01), 0.17)
    for factor in (0.75, 1.3):
        with pytest.raises(AssertionError):
            judge.judge_spread(values, np.full(200, 0.01 * factor), 0.17)
