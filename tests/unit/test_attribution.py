"""The attribution sampler: against closed forms and quadrature, against the real rules, and the kept draws remade.

Rank of proof: numerical integration for the posterior; simulation through the real rules for its predictions, with
fixed seeds, stated n and the smallest error that would be caught.
"""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from calibration import attribution as sampler
from calibration.kantarjian_2023 import SIZE, sos_cases
from calibration.observe import MODIFIED, ORIGINAL
from calibration.outputs import check_out
from calibration.trial import simulate
from simulator.parameters import DEFINITIONS, ParameterError, load_parameters
from simulator.sweep.attribution import FILE, Draws, as_good_shares, band_of, fingerprint, load_draws

POINT = load_parameters("joint-point")
BOUNDS = {one.name: (one.low, one.high) for one in DEFINITIONS}


def test_the_mixture_is_the_mean_of_both_lives():
    log_odds = np.array([-1.0, 0.5, -np.inf, -np.inf])
    covariates = np.array([[1.0, 2.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    struck, spared = np.array([1.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0])
    ursodiol = np.array([0.0, 0.0, 0.0, 1.0])
    shifts = np.array([[0.0, 0.0], [0.4, -0.3]])
    found = sampler.mixture_share(log_odds, covariates, struck, spared, ursodiol, shifts, 1)
    expected = [
        (expit(-1.0) + expit(0.5) + 1.0) / 4.0,
        (expit(-1.0 + 0.4 - 0.6) + expit(0.9) + np.exp(-0.3)) / 4.0,
    ]
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_posterior_is_that_of_quadrature():
    """One effect d ~ N(0, 1) between two cohorts of homogeneous patients: mean and sd within 0.002.

    20,000 midpoints of the prior stand for draws, so that nothing here is random.
    """
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    seen = {ORIGINAL: 9, MODIFIED: 1}
    shares = {ORIGINAL: np.full(20_000, expit(-1.8)), MODIFIED: expit(-1.8 + draws)}
    weight = sampler.weights(shares, seen)

    def density(d):
        return norm.pdf(d) * binom.pmf(1, SIZE[MODIFIED], expit(-1.8 + d))

    total, first, second = (quad(lambda d, k=k: d**k * density(d), -8, 8)[0] for k in range(3))
    mean = first / total
    sd = np.sqrt(second / total - mean**2)
    assert weight @ draws == pytest.approx(mean, abs=0.002)
    assert np.sqrt(weight @ (draws - weight @ draws) ** 2) == pytest.approx(sd, abs=0.002)
    # the count of the other cohort does not depend on d and must not move it
    alone = sampler.weights({MODIFIED: shares[MODIFIED]}, seen)
    assert weight == pytest.approx(alone, rel=1e-9)


def test_two_effects_that_act_together_are_not_told_apart():
    """Interval and era both lower the second cohort only: their sum is informed, their difference stays the prior's."""
    u = (np.stack(np.meshgrid(np.arange(200), np.arange(200)), -1).reshape(-1, 2) + 0.5) / 200
    draws = norm.ppf(u)
    shares = {ORIGINAL: np.full(len(draws), 0.13), MODIFIED: expit(-1.9 + draws.sum(axis=1))}
    weight = sampler.weights(shares, {ORIGINAL: 9, MODIFIED: 1})
    total, difference = draws.sum(axis=1), draws[:, 0] - draws[:, 1]
    sd = [np.sqrt(weight @ (each - weight @ each) ** 2) for each in (total, difference)]
    assert weight @ total < -0.5
    assert sd[0] < 1.1
    assert weight @ difference == pytest.approx(0.0, abs=1e-9)
    assert sd[1] == pytest.approx(np.sqrt(2.0), abs=0.02)


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=40), st.integers(1, 60))
def test_systematic_resampling_is_as_even_as_it_can_be(raw, n):
    weight = np.array(raw) / sum(raw)
    copies = np.bincount(sampler.resampled(weight, n), minlength=len(weight))
    assert copies.sum() == n
    assert np.all(np.abs(copies - n * weight) <= 1.0 + 1e-9)


def test_effective_size():
    assert sampler.effective_size(np.full(50, 0.02)) == pytest.approx(50.0)
    assert sampler.effective_size(np.array([1.0, 0.0, 0.0])) == 1.0


def test_priors_are_the_ranges_of_the_set_read_as_95_percent():
    drawn = sampler.prior_draws(POINT, 2**13)
    for column, name in enumerate(sampler.SAMPLED):
        origin = POINT.origins[name]
        inside = np.mean((drawn[:, column] >= origin.low) & (drawn[:, column] <= origin.high))
        assert inside == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2**13)), name
        assert BOUNDS[name][0] <= drawn[:, column].min()
        assert drawn[:, column].max() <= BOUNDS[name][1]
    correlation = np.corrcoef(drawn.T) - np.eye(len(sampler.SAMPLED))
    assert np.abs(correlation).max() < 4.5 / np.sqrt(2**13)


@pytest.mark.slow
def test_predictions_are_what_the_real_rules_give():
    """400 trials of the same patients (26,800 + 17,200), three kept draws: |z| < 4.

    Only the luck of SOS differs between the two; a bias of 8 % of the SOS rate in either cohort would be caught.
    """
    cohorts = {arm: sampler.cohort(POINT, arm, trials=400) for arm in SIZE}
    point = np.array([POINT.values[name] for name in sampler.SAMPLED])
    for draw in load_draws().values[[0, 90, 180]]:
        changes = dict(zip(sampler.SAMPLED, draw.tolist(), strict=True))
        seen = simulate(POINT.record(**changes), 400, sampler.SEED)
        for arm, one in cohorts.items():
            cases = sos_cases(seen)[seen.arm == arm]
            expected = sampler.predicted(one, (draw - point)[None])[0]
            assert abs(cases.mean() - expected) < 4.0 * np.sqrt(expected / len(cases)), (arm, changes)


def test_the_band_is_what_the_real_rules_give(tmp_path):
    """10,000 patients at two points, every effect moved: the change of OS and SOS within 4 Monte Carlo errors."""
    from dataclasses import replace

    from simulator.endpoints import Endpoint
    from simulator.runner import run
    from simulator.sweep import load_sweep

    scenario = replace(load_sweep("interval_by_act", patients=10_000).scenario, pairs=(), reference="delay_sct_4")
    arms = tuple(arm for arm in scenario.arms if arm.name in ("delay_sct_4", "delay_sct_20"))
    changes = {"sos_log_odds": -0.4, "sos_log_odds_per_four_weeks": 0.3, "sos_log_odds_per_mg_per_m2": 0.4}
    moved = tuple(replace(arm, name=f"{arm.name}_moved", parameters=changes) for arm in arms)
    counts = run(replace(scenario, arms=(*arms, *moved)))
    by = {
        "alive": 1.0 - counts.events[:, Endpoint.OS, : 36 * 30 + 1].sum(axis=1) / 10_000,
        "sos": counts.events[:, Endpoint.SOS_ANY].sum(axis=1) / 10_000,
    }
    draws = Draws(tuple(changes), np.array([list(changes.values()), [POINT.values[name] for name in changes]]), "", 2.0)
    band = band_of(replace(scenario, arms=arms), draws, 36, patients=10_000)
    for name, found in (("alive", band.alive), ("sos", band.sos)):
        simulated = by[name][2:] - by[name][:2]
        assert np.all(np.abs(simulated) > 0.02), "nothing to compare"
        # discordant pairs are at most 15 %: se of the difference at most 0.0039
        assert found[0] == pytest.approx(simulated, abs=4 * 0.0039), name
        assert found[1] == pytest.approx([0.0, 0.0], abs=1e-12), "the point set changes nothing"


def test_shares_of_the_best():
    changes = np.array([[0.0, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, 0.2, 0.0], [0.5, 0.0, 0.0]])
    assert as_good_shares(np.array([0.3, 0.2, 0.35]), changes).tolist() == [0.25, 0.5, 0.25]


def test_kept_draws_belong_to_the_shipped_set():
    """Red after a refit: `allpath attribute kantarjian-2023 --out scenarios/attribution/kantarjian-2023-sos.json`."""
    draws = load_draws()
    assert draws.parameter_values == fingerprint(POINT)
    assert draws.names == sampler.SAMPLED
    assert draws.values.shape == (sampler.KEPT, len(sampler.SAMPLED))
    assert draws.effective_sample_size > 20 * sampler.KEPT
    data = json.loads(FILE.read_text(encoding="utf-8"))
    assert [(one["sos"], one["n"]) for one in data["cohorts"]] == [(9, 67), (1, 43)]


@pytest.mark.slow
def test_kept_draws_are_remade(tmp_path):
    """A smaller remake (40 trials, 2^14 prior draws) finds the kept means within 4 errors, sds within 15 %."""
    found = sampler.sample(POINT, trials=40, draws=2**14)
    kept = load_draws().values
    for column, name in enumerate(sampler.SAMPLED):
        one = found["coefficients"][name]
        error = one["posterior_sd"] * np.sqrt(1.0 / sampler.KEPT + 1.0 / found["effective_sample_size"])
        assert abs(kept[:, column].mean() - one["posterior_mean"]) < 4.0 * error, name
        assert kept[:, column].std() == pytest.approx(one["posterior_sd"], rel=0.15), name
    sampler.write(found, tmp_path / "draws.json")
    again = json.loads((tmp_path / "draws.json").read_text(encoding="utf-8"))
    assert again == found
    assert "posterior" in sampler.described(found)


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    for name in ("draws.csv", "nowhere/draws.json"):
        with pytest.raises(ParameterError, match="existing folder"):
            check_out(tmp_path / name)
