"""What docs/sweeps.md says of the shapes of the shipped sweeps, whatever the fitted numbers are.

Rank of proof: regression of the text, on 20,000 patients with the seed of the files: standard errors of one point are
below 0.35 percentage points; every claim is held to a margin beyond that.
"""

import pytest

from simulator.sweep import attribution, load_sweep, run_sweep

MARGIN = 0.005  # of a share: half a point


@pytest.fixture(scope="module")
def by_act():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(attribution, "fingerprint", lambda _: attribution.load_draws().parameter_values)
        return run_sweep(load_sweep("interval_by_act", patients=20_000), attribution_patients=2_000).summary


def points_of(summary):
    return {one["point"]: one for one in summary["points"]}


def change(points, series, number):
    """From 4 to 20 weeks."""
    return number(points[f"{series}_20"])["value"] - number(points[f"{series}_4"])["value"]


def judge_by_act(points):
    def change_of(series, number):
        return change(points, series, number)

    for series in ("delay_sct", "stop_ino_early"):
        in_os = abs(change_of(series, lambda one: one["os"]["36"]))
        in_waiting = change_of(series, lambda one: one["relapsed_waiting"])
        assert in_waiting > in_os + MARGIN and change_of(series, lambda one: one["sos"]["any"]) < -MARGIN
        assert change_of(series, lambda one: one["sct"]) < -MARGIN
    delayed, stopped = (points[f"{series}_20"]["relapsed_waiting"] for series in ("delay_sct", "stop_ino_early"))
    assert stopped["value"] < delayed["value"] - MARGIN
    filled = "stop_ino_early_and_blinatumomab"
    assert change_of(filled, lambda one: one["blinatumomab_courses"]) > 0.3
    assert change_of(filled, lambda one: one["os"]["36"]) > MARGIN + change_of(
        "stop_ino_early", lambda one: one["os"]["36"]
    )


def test_by_act(by_act):
    judge_by_act(points_of(by_act))


def test_the_band_is_many_times_wider_than_chance(by_act):
    """100,000 patients, as shipped, have errors smaller by the root of five."""
    for end in by_act["attribution"]["ends"]:
        chance = 2 * 1.96 * end["os"]["mc_se"] / 5**0.5
        assert end["os"]["high"] - end["os"]["low"] > 5 * chance


def test_the_counts_hardly_move_any_coefficient():
    moved = attribution.coefficients()
    del moved["sos_log_odds"]  # how common SOS was is what counts do teach
    for name, one in moved.items():
        assert abs(one.posterior_mean - one.prior_mean) < 0.6 * one.prior_sd, name
        assert 0.85 < one.posterior_sd / one.prior_sd < 1.05, name
    interval = moved["sos_log_odds_per_four_weeks"]
    assert abs(interval.posterior_mean) < 1.96 * interval.posterior_sd


def judge_graft_effect(summary):
    points = points_of(summary)
    os = {name: one["os"]["36"]["value"] for name, one in points.items()}
    losses = [max(cell["value"] for cell in line["loss"].values()) for line in summary["optimum_by_line"]]
    assert os["at_12_1_8"] - os["at_12_0_2"] > 3 * max(losses)
    strong, weak = summary["optimum_by_line"][0]["best"], summary["optimum_by_line"][-1]["best"]
    assert points[strong]["minimum_interval_weeks"] < points[weak]["minimum_interval_weeks"]


def test_by_graft_effect():
    found = run_sweep(load_sweep("interval_by_graft_effect", patients=20_000), attribution_patients=0).summary
    judge_graft_effect(found)
    turned = found | {"optimum_by_line": found["optimum_by_line"][::-1]}
    with pytest.raises(AssertionError):
        judge_graft_effect(turned)


def test_sabotage_acts_that_are_exchanged_are_seen(by_act):
    points = points_of(by_act)
    exchanged = points | {"delay_sct_20": points["stop_ino_early_20"], "stop_ino_early_20": points["delay_sct_20"]}
    with pytest.raises(AssertionError):
        judge_by_act(exchanged)
