"""The comparison: its arithmetic by hand, its JSON form, what is absent, what is null."""

import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator import counts as tally
from simulator.comparison import compare, comparison_of
from simulator.comparison.differences import number_needed
from simulator.comparison.paired import events_by, median_slope, median_variances, paired_proportions
from simulator.comparison.quantities import median_months, months_to, proportion, restricted_mean_months
from simulator.counts import new_counts
from simulator.endpoints import DEFINITIONS
from simulator.scenario import alike_until_remission, load_scenario

SCENARIO = load_scenario("sct_vs_no_sct", patients=800, seed=5)
FROM_REMISSION = {"rfs", "os_from_cr", "relapse", "nrm"}


@cache
def found(name="sct_vs_no_sct", patients=800):
    return compare(load_scenario(name, patients=patients, seed=5), workers=1)


def numbers_in(tree):
    """Every table of numbers in a summary."""
    if isinstance(tree, dict):
        if "value" in tree:
            yield tree
        else:
            for each in tree.values():
                yield from numbers_in(each)


def test_proportion_with_wilson_interval():
    assert proportion(0, 0) == {"value": None, "low": None, "high": None}
    numbers = proportion(50, 100)
    assert (numbers["value"], round(numbers["low"], 4), round(numbers["high"], 4)) == (0.5, 0.4038, 0.5962)


def test_paired_difference_by_hand():
    """Events only here 3, only there 1, of 10: survival falls by 0.2, incidence rises by 0.2."""
    pairs = np.array([[4, 1], [3, 2]])
    survival, incidence = (paired_proportions(pairs, survival=each) for each in (True, False))
    assert (survival["value"], incidence["value"]) == (-0.2, 0.2)
    assert survival["mc_se"] == pytest.approx(math.sqrt((4 - 4 / 10) / 100))
    middle, half = -2 / 12, 1.959963984540054 * math.sqrt((6 - 4 / 12) / 144)
    assert (survival["low"], survival["high"]) == pytest.approx((middle - half, middle + half))


def test_no_discordant_pair_still_has_an_interval():
    numbers = paired_proportions(np.array([[90, 0], [0, 10]]), survival=True)
    assert numbers["value"] == 0.0 and numbers["mc_se"] == 0.0 and numbers["variance_reduction"] is None
    assert numbers["low"] < 0.0 < numbers["high"]
    assert paired_proportions(np.zeros((2, 2), int), survival=True)["value"] is None


def test_median_is_linear_within_a_bin_and_null_when_not_reached():
    cumulative = np.array([0, 10, 40, 60, 60])  # of 100: half is reached midway through bin 3
    assert median_months(cumulative, 100)["value"] == pytest.approx(2.5 / 30)
    numbers = median_months(np.array([0, 10, 40, 49]), 100)  # the interval begins at 40.2 events, in bin 3
    assert numbers["value"] is None and numbers["high"] is None
    assert numbers["low"] == pytest.approx((2 + (50 - 9.79982 - 40) / 9) / 30, abs=1e-6)
    assert months_to(np.array([0, 0, 0]), 0.0) is None
    assert months_to(np.array([5, 5, 5]), 3.0) == 0.0


def test_restricted_mean_by_hand():
    """Two patients, horizon 1 month: one event in bin 15 (14.5 bins lived), one beyond (30 bins)."""
    events = np.zeros(61, int)
    events[15] = 1
    numbers = restricted_mean_months(events, 2, 1)
    assert numbers["value"] == pytest.approx((14.5 + 30) / 2 / 30)
    half = 1.959963984540054 * (30 - 14.5) / 2 / 30 / math.sqrt(2)
    assert numbers["high"] - numbers["value"] == pytest.approx(half)


def test_number_needed_only_when_the_interval_excludes_zero():
    assert number_needed({"value": 0.05, "low": 0.01, "high": 0.09}) == pytest.approx(20)
    assert number_needed({"value": 0.05, "low": -0.01, "high": 0.11}) is None
    assert number_needed({"value": None, "low": None, "high": None}) is None


def test_slope_of_a_median_and_events_by_a_time():
    """100 patients, an event every tenth of a month; the interval spans 9.8 events either way."""
    numbers = {"value": 5.0, "low": 4.02, "high": 5.98}
    assert median_slope(numbers, 100) == pytest.approx(0.1, rel=1e-4)
    assert median_slope(numbers | {"high": None}, 100) == pytest.approx(0.1, rel=1e-4)
    histogram = np.array([[0, 3, 6, 0], [0, 0, 2, 5]])
    assert events_by(histogram, 0.5) == pytest.approx([6.0, 1.0])


def test_median_difference_of_equal_arms_has_no_error():
    histogram = np.random.default_rng(1).poisson(2.0, (256, 20))
    numbers = {"value": 2.0, "low": 1.9, "high": 2.2}
    paired, unpaired = median_variances([numbers, numbers], [histogram, histogram], int(histogram.sum()))
    assert paired == 0.0 and unpaired > 0.0


def test_summary_has_the_agreed_form():
    summary = found().summary
    months = [str(month) for month in SCENARIO.report_months]
    assert list(summary["arms"]) == [arm.name for arm in SCENARIO.arms]
    assert summary["reference"] == "no_sct" and "Monte Carlo" in summary["uncertainty"]
    assert (summary["patients"], summary["seed"], summary["parameter_set"]) == (800, 5, SCENARIO.parameters)
    for arm in summary["arms"].values():
        for name in ("os", "efs", "rfs", "os_from_cr", "relapse", "nrm", "rmst_os_months"):
            assert list(arm[name]) == months
        assert set(arm["sos"]) == {"any", "severe", "fatal"}
        for numbers in (*numbers_in(arm),):
            assert set(numbers) == {"value", "low", "high"}
    assert set(summary["differences"]) == set(summary["arms"]) - {"no_sct"}
    for arm in summary["differences"].values():
        assert list(arm["os"]) == months and list(arm["rmst_os_months"]) == months
        for numbers in numbers_in(arm):
            assert {"value", "low", "high", "mc_se", "variance_reduction"} <= set(numbers)


def test_bounds_enclose_values():
    for name in ("arms", "differences"):
        for numbers in numbers_in(found().summary[name]):
            if numbers["value"] is not None and numbers["low"] is not None and numbers["high"] is not None:
                assert numbers["low"] <= numbers["value"] <= numbers["high"]


def test_rfs_relapse_and_nrm_make_one():
    for arm in found().summary["arms"].values():
        for month in arm["rfs"]:
            total = sum(arm[name][month]["value"] for name in ("rfs", "relapse", "nrm"))
            assert total == pytest.approx(1.0, abs=1e-15)


def test_pairing_from_remission_only_with_a_common_start():
    assert FROM_REMISSION.issubset(found().summary["differences"]["sct"])
    other = found("original_vs_modified")
    assert FROM_REMISSION.isdisjoint(other.summary["differences"]["modified"])
    assert FROM_REMISSION.issubset(other.summary["arms"]["modified"])


def test_number_needed_only_where_the_sct_policy_differs():
    assert "nnt" in found().summary["differences"]["sct"]["os"]["36"]
    assert "nnt" not in found("original_vs_modified").summary["differences"]["modified"]["relapse_from_day_1"]["36"]


@pytest.mark.parametrize("patients", [1, 3])
def test_tiny_runs_have_nulls_and_no_nan(patients):
    text = json.dumps(found(patients=patients).summary, allow_nan=False)
    assert "NaN" not in text


def test_frames():
    result = found()
    for name, columns in {
        "estimates": ["arm", "endpoint", "month", "value", "low", "high", "n"],
        "curves": ["arm", "endpoint", "month", "value", "low", "high", "at_risk"],
        "occupancy": ["arm", "month", "state", "share"],
        "differences": [
            "arm", "endpoint", "month", "value", "low", "high", "mc_se", "variance_reduction", "nnt",
        ],
    }.items():  # fmt: skip
        assert list(getattr(result, name).columns) == columns
    assert len(result.curves) == 6 * len(DEFINITIONS) * 121
    shares = result.occupancy.groupby(["arm", "month"])["share"].sum()
    np.testing.assert_allclose(shares, 1.0, atol=1e-12)
    assert result.contrasts["label"].str.contains("not an effect").all()
    assert list(result.delivered["arm"]) == [arm.name for arm in SCENARIO.arms]


def test_longer_and_shorter_stay_within_their_laws():
    frame = found().longer_shorter
    for luck in ("shared", "independent"):
        rows = frame[(frame["luck"] == luck) & frame["quantity"].isin(["longer", "equal", "shorter"])]
        np.testing.assert_allclose(rows.groupby("arm")["value"].sum(), 1.0, atol=1e-12)
    keys = ["arm", "month"]
    part = frame[frame["quantity"] == "alive_here_dead_in_reference"]
    shared, bounds = (part[part["luck"] == luck].set_index(keys) for luck in ("shared", "frechet_bounds"))
    assert (shared["value"] >= bounds["low"] - 1e-12).all()
    assert (shared["value"] <= bounds["high"] + 1e-12).all()


def test_horizon_need_not_be_a_report_month():
    scenario = replace(SCENARIO, patients=200, report_months=(12, 24))
    summary = compare(scenario, workers=1).summary
    assert list(summary["differences"]["sct"]["os"]) == ["12", "24"]
    sct = [summary["arms"][arm]["sct"]["value"] for arm in ("sct", "no_sct")]
    assert summary["differences"]["sct"]["sct"]["value"] == pytest.approx(sct[0] - sct[1])


def test_late_remission_is_refused():
    counts = new_counts(len(SCENARIO.arms), SCENARIO.horizon_months, len(SCENARIO.report_months))
    counts.patients[0] = counts.tallies[0, tally.LATE_REMISSIONS] = 1
    with pytest.raises(RuntimeError, match="12 months"):
        comparison_of(SCENARIO, counts, found().delivered)


def test_unlike_remissions_are_refused():
    counts = new_counts(len(SCENARIO.arms), SCENARIO.horizon_months, len(SCENARIO.report_months))
    counts.patients[0] = counts.unlike_remissions[1] = 1
    with pytest.raises(RuntimeError, match="remissions differ"):
        comparison_of(SCENARIO, counts, found().delivered)


def test_progress_reaches_the_end():
    seen = []
    compare(replace(SCENARIO, patients=50), workers=1, block=20, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(0, 50), (20, 50), (40, 50), (50, 50)]


def test_an_arm_in_another_world_is_paired_from_remission_only_where_the_worlds_agree_up_to_it():
    """A number read after remission leaves the pairing; one read on day 1 takes it away."""
    here, there = SCENARIO.arms[0], replace(SCENARIO.arms[0], name="other")
    late, early = {"transplant_log_factor": 0.0}, {"sos_drug_mean_days": 20.0}
    assert alike_until_remission(here, there)
    assert alike_until_remission(here, replace(there, parameters=late))
    assert not alike_until_remission(here, replace(there, parameters=early))
    for changes, paired in ((late, True), (early, False)):
        arms = (here, replace(there, parameters=changes))
        scenario = replace(SCENARIO, arms=arms, reference=here.name, patients=300)
        assert ("rfs" in compare(scenario, workers=1).summary["differences"]["other"]) == paired
