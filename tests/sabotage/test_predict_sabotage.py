"""The judges of predictions, curves and refits are shown wrong values and must go red."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration import guyot, own_fit, quantities, worlds
from calibration.between_trials import EFFECTS
from calibration.interval_score import interval_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
import test_curves
import test_described
import test_interval_score
import test_own_fit
import test_predict
from test_own_fit import folder, posterior_file  # noqa: F401 - fixtures
from test_predict import point, posterior, prediction, study  # noqa: F401 - fixtures


def test_sabotage_an_early_death_is_one_within_ten_days(monkeypatch):
    monkeypatch.setattr(quantities, "EARLY_DAYS", 10.0)
    with pytest.raises(AssertionError):
        test_predict.test_counts_on_four_hand_made_lives()


def test_sabotage_the_future_is_seen(monkeypatch):
    monkeypatch.setattr(test_predict.Seen, "by_now", lambda self, day: ~np.isnan(day))
    with pytest.raises(AssertionError):
        test_predict.test_what_comes_after_the_data_cut_is_not_seen()


def test_sabotage_a_relapse_after_sct_counts_as_death(monkeypatch):
    right = quantities.after_transplant
    monkeypatch.setattr(quantities, "after_transplant", lambda *a: (right(*a)[0], np.where(right(*a)[1] > 0, 1, 0)))
    with pytest.raises(AssertionError):
        test_predict.test_counts_on_four_hand_made_lives()


def test_sabotage_intervals_half_as_wide(study, point, posterior, prediction):  # noqa: F811
    narrow = {key: np.median(each) + (each - np.median(each)) / 2.0 for key, each in prediction.drawn.items()}
    with pytest.raises(AssertionError):
        test_predict.test_intervals_cover_studies_from_the_same_worlds(
            study, point, posterior, replace(prediction, drawn=narrow)
        )


def test_sabotage_effects_with_a_fixed_sd(monkeypatch):
    def fixed(count, seed, effects=EFFECTS):
        return np.random.default_rng(seed).standard_normal((count, len(effects))) * [one.scale for one in effects]

    monkeypatch.setattr(test_predict, "drawn_effects", fixed)
    with pytest.raises(AssertionError):
        test_predict.test_random_effects_have_their_marginal_variance()


def test_sabotage_attribution_held_without_regard_to_the_rest(monkeypatch, point, posterior):  # noqa: F811
    def careless(posterior):
        working = posterior.working.copy()
        apart = np.isin(posterior.names, posterior.attribution)
        working[:, apart] = working[:, apart].mean(axis=0)
        return working

    monkeypatch.setattr(test_predict, "given_attribution", careless)
    monkeypatch.setattr(worlds, "given_attribution", careless)
    with pytest.raises(AssertionError):
        test_predict.test_attribution_is_held_still_and_the_rest_drawn_given_it(point, posterior)


def test_sabotage_a_score_without_penalty(monkeypatch):
    monkeypatch.setattr(test_interval_score, "interval_score", lambda low, high, value: high - low)
    with pytest.raises(AssertionError):
        test_interval_score.test_true_quantiles_have_the_best_score()
    monkeypatch.setattr(test_interval_score, "interval_score", lambda *a: interval_score(*a, level=0.5))
    with pytest.raises(AssertionError):
        test_interval_score.test_score_of_an_interval_by_hand()


def test_sabotage_a_scope_without_reasons(monkeypatch, tmp_path):
    monkeypatch.setattr("calibration.scope.TREATMENTS", {})
    with pytest.raises(AssertionError):
        test_described.test_one_fault_is_one_line(tmp_path, "cart")


def test_sabotage_a_curve_may_rise(monkeypatch, tmp_path):
    right = test_curves.read_curve

    def lenient(curve, *more):
        text = curve.read_text().splitlines()
        curve.write_text("\n".join([text[0], *sorted(text[1:], key=lambda line: -float(line.split(",")[1]))]))
        return right(curve, *more)

    monkeypatch.setattr(test_curves, "read_curve", lenient)
    curve = test_curves.GOOD.replace("12,0.6", "12,0.85")
    with pytest.raises(AssertionError):
        test_curves.test_a_bad_row_is_named(tmp_path, curve, "curve.csv: line 4: survival = 0.85: increasing")


def test_sabotage_pseudo_patients_without_censoring(monkeypatch):
    right = guyot._deaths

    def never(times, steps, censored, survival, at_risk):
        return right(times, steps, [], survival, at_risk)

    monkeypatch.setattr(guyot, "_deaths", never)
    with pytest.raises(AssertionError):
        test_curves.test_pseudo_patients_have_the_curve_and_the_numbers_at_risk(0)


def test_sabotage_a_step_that_forgets_the_prior(monkeypatch):
    def forgetful(prior_mean, prior_covariance, *more):
        return own_fit.step(prior_mean, prior_covariance * 1e6, *more)

    monkeypatch.setattr(test_own_fit, "step", forgetful)
    with pytest.raises(AssertionError):
        test_own_fit.test_step_is_the_normal_posterior()


def test_sabotage_a_step_that_is_too_sure(monkeypatch):
    def sure(*a):
        mean, covariance = own_fit.step(*a)
        return mean, covariance / 2.0

    monkeypatch.setattr(test_own_fit, "step", sure)
    with pytest.raises(AssertionError):
        test_own_fit.test_step_covers()


def test_sabotage_singular_directions_kept(monkeypatch):
    monkeypatch.setattr(own_fit, "SINGULAR", -1.0)
    with pytest.raises((AssertionError, RuntimeWarning)):
        test_own_fit.test_whitener_leaves_singular_directions_out()


@pytest.mark.slow
def test_sabotage_a_fit_that_stays_at_the_prior(monkeypatch, folder, point, posterior):  # noqa: F811
    def lazy(prior_mean, prior_covariance, *_):
        return prior_mean, prior_covariance / 9.0

    monkeypatch.setattr(own_fit, "step", lazy)
    monkeypatch.setattr(own_fit, "WAVES", 1)
    with pytest.raises(AssertionError):
        test_own_fit.test_recovery_of_a_known_truth(folder, point, posterior)
