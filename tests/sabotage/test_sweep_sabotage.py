"""The judges of sweeps are shown wrong values and must go red."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration import attribution as sampler
from simulator.runner import run
from simulator.sweep import load_sweep, run_sweep
from simulator.sweep.attribution import Draws, band_of
from simulator.sweep.optimum import optimum

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
import test_attribution
import test_sweep_reading
import test_sweep_results


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    sweep = test_sweep_results.sweep_of_text(
        tmp_path_factory.mktemp("sabotage"), test_sweep_results.TEXT.replace("3000", "300")
    )
    return sweep, run_sweep(sweep, attribution_patients=0)


def test_sabotage_pairs_taken_from_the_wrong_neighbour(small):
    sweep, result = small
    wrong = replace(sweep.scenario, pairs=tuple(reversed(sweep.scenario.pairs)))
    found = replace(result, counts=run(wrong, workers=1))
    with pytest.raises(AssertionError):
        test_sweep_results.test_a_point_is_the_same_arm_in_a_comparison_and_a_pair_its_pair(sweep, found)


def test_sabotage_a_life_of_another_seed(small):
    sweep, result = small
    found = replace(result, counts=run(replace(sweep.scenario, seed=8), workers=1))
    with pytest.raises(AssertionError):
        test_sweep_results.test_a_point_is_the_same_arm_in_a_comparison_and_a_pair_its_pair(sweep, found)


def test_sabotage_a_plan_that_ends_twice(small):
    sweep, result = small
    tallies = result.counts.tallies.copy()
    tallies[0, test_sweep_results.tally.DIED_WAITING] += 1
    found = replace(result, counts=result.counts._replace(tallies=tallies))
    with pytest.raises(AssertionError):
        test_sweep_results.test_every_plan_ends_once(sweep, found)


def test_sabotage_pointwise_intervals_for_the_optimum(monkeypatch):
    def pointwise(deaths, n, arms):
        found = optimum(deaths, n, arms)
        return replace(found, half_width=found.half_width * 1.97 / 3.24)

    monkeypatch.setattr(test_sweep_results, "optimum", pointwise)
    with pytest.raises(AssertionError):
        test_sweep_results.test_simultaneous_intervals_cover_what_was_chosen_after_looking()


@pytest.mark.parametrize("wrong", ["counts swapped", "one cohort left out"])
def test_sabotage_the_likelihood(monkeypatch, wrong):
    right = sampler.weights

    def weights(shares, seen):
        if wrong == "counts swapped":
            return right(shares, {0: seen[1], 1: seen.get(0, 1)})
        return right({arm: share for arm, share in shares.items() if arm == 0}, seen)

    monkeypatch.setattr(sampler, "weights", weights)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        test_attribution.test_the_posterior_is_that_of_quadrature()


def test_sabotage_covariates_of_another_coefficient(monkeypatch):
    """The effect of the interval read off as that of the dose: the band no longer meets the real rules."""

    def shuffled(scenario, draws, *more, **named):
        values = draws.values[:, [0, 2, 1]]
        return band_of(scenario, Draws(draws.names, values, "", 2.0), *more, **named)

    monkeypatch.setattr(test_attribution, "band_of", shuffled)
    with pytest.raises(AssertionError):
        test_attribution.test_the_band_is_what_the_real_rules_give(None)


def test_sabotage_resampling_that_forgets_the_weights(monkeypatch):
    monkeypatch.setattr(sampler, "resampled", lambda weight, n: np.arange(n) % len(weight))
    judge = test_attribution.test_systematic_resampling_is_as_even_as_it_can_be.hypothesis.inner_test
    with pytest.raises(AssertionError):
        judge([0.9, 0.1], 10)


def test_sabotage_a_refitted_set_under_the_old_draws(monkeypatch):
    monkeypatch.setattr(test_attribution, "fingerprint", lambda parameters: "other")
    with pytest.raises(AssertionError):
        test_attribution.test_kept_draws_belong_to_the_shipped_set()


def test_sabotage_a_sweep_file_whose_fault_goes_unseen(tmp_path):
    """The table of faults would go red if a faulty file loaded."""
    path = tmp_path / "my.toml"
    path.write_text(test_sweep_reading.HEAD + test_sweep_reading.AXIS, encoding="utf-8")
    with pytest.raises(pytest.fail.Exception):
        test_sweep_reading.faults_of(lambda text: load_sweep(path), "")
