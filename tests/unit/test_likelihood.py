"""The factorised likelihood against scipy: binomials, the conditional normal, intervals, derivatives.

Rank of proof: double programming. Tolerances are those of arithmetic, except where a density stands for an interval.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import binom, multivariate_normal, norm

from calibration.likelihood import conditional, hartlap, likelihood, log_interval
from calibration.spread import Spread
from calibration.targets import COUNT, INTEGER_MEDIAN, MEDIAN, RATE, RATIO, Target


def target(key, kind, count=0, out_of=0, rounding=0.0, inflation=1.0, longest=np.inf):
    return Target(key, "toy", ("toy",), kind, count, out_of, "", rounding, longest, inflation, "")


TARGETS = (
    target("responders", COUNT, 12, 20),
    target("transplanted", COUNT, 0, 15),
    target("survival", RATE, out_of=20, rounding=1e-4),
    target("ratio", RATIO, out_of=20, rounding=1e-6),
    target("months", MEDIAN, out_of=20, rounding=1e-4, longest=60.0),
)
DATA = np.array([12 / 20, 0.0, 40.0, 1.5, 17.0])
M = np.array([logit(0.55), logit(0.08), np.log(-np.log(0.45)), 0.3, np.log(15.0)])
ROOT = np.array(
    [
        [0.11, 0, 0, 0, 0],
        [0.01, 0.07, 0, 0, 0],
        [-0.1, 0.02, 0.2, 0, 0],
        [0, 0.05, -0.05, 0.3, 0],
        [0.1, 0, -0.1, 0, 0.2],
    ]
)
SPREAD = Spread(ROOT @ ROOT.T, np.array([0.0, 0.0, 0.03, -0.02, 0.01]), 4000, np.zeros(5))


def by_scipy(m, inflation=1.0):
    """The same log likelihood with scipy's distributions; fine rounding as density times width."""
    p = expit(m[:2])
    counts = binom.logpmf([12, 0], [20, 15], p).sum() - binom.logpmf([12, 0], [20, 15], [12 / 20, 0.0]).sum()
    saturated = 20 * (0.6 * np.log(0.6) + 0.4 * np.log(0.4))  # the constant that binom has and we leave out
    S = SPREAD.covariance
    slope = S[2:, :2] @ np.linalg.inv(S[:2, :2])
    remaining = (S[2:, 2:] - slope @ S[:2, 2:]) * (4000 - 2 - 1) / (4000 - 2 - 3 - 2)
    remaining[1, 1] *= inflation
    mean = m[2:] + SPREAD.bias[2:] + slope @ (DATA[:2] - p)
    seen = np.array([np.log(-np.log(0.4)), np.log(1.5), np.log(17.0)])
    widths = 1e-4 / 100 / 0.4 / -np.log(0.4), 1e-6 / 1.5, 1e-4 / 17.0
    return counts + saturated + multivariate_normal.logpdf(seen, mean, remaining) + np.log(widths).sum()


def agrees_with_scipy(found, m):
    assert found.value(m)[0] == pytest.approx(by_scipy(m), abs=1e-5)


def test_value_is_binomials_times_the_conditional_normal():
    agrees_with_scipy(likelihood(TARGETS, SPREAD, DATA), M)
    agrees_with_scipy(likelihood(TARGETS, SPREAD, DATA), M + 0.3)


def test_inflation_widens_one_variance():
    wider = (*TARGETS[:3], replace(TARGETS[3], inflation=2.25), TARGETS[4])
    assert likelihood(wider, SPREAD, DATA).value(M)[0] == pytest.approx(by_scipy(M, 2.25), abs=1e-5)


def test_the_error_of_an_emulator_widens_variances():
    error = np.array([0.5, 0.0, 0.0, np.sqrt(1.25), 0.0])
    found = likelihood(TARGETS, replace(SPREAD, error=error), DATA)
    p = expit(M[0])
    binomial = 20 * (0.6 * np.log(p) + 0.4 * np.log(1 - p))
    assert found.value(M)[0] == pytest.approx(by_scipy(M, 2.25) - binomial * (1 - 1 / 1.25), abs=1e-5)


def test_derivatives_are_those_of_the_value():
    coarse = (*TARGETS[:4], replace(TARGETS[4], rounding=4.0))
    for targets, data in ((TARGETS, DATA), (coarse, DATA), (coarse, np.array([*DATA[:4], np.inf]))):
        found = likelihood(targets, SPREAD, data)
        terms = found.terms(M)
        step = 1e-5 * np.eye(5)
        by_difference = [(found.value(M + one)[0] - found.value(M - one)[0]) / 2e-5 for one in step]
        assert terms.gradient == pytest.approx(by_difference, rel=1e-5, abs=1e-4)
        # only p's own curvature in the shift of the mean is left out of the second derivative
        second = [(found.terms(M + one).gradient - found.terms(M - one).gradient) / 2e-5 for one in step]
        assert np.array(terms.curvature)[2:, 2:] == pytest.approx(-np.array(second)[2:, 2:], rel=1e-4, abs=1e-3)
        assert np.linalg.eigvalsh(terms.curvature).min() > -1e-9


def test_rows_of_m_are_taken_one_by_one():
    found = likelihood(TARGETS, SPREAD, DATA)
    several = np.array([M, M + 0.1, M - 0.2])
    assert found.value(several) == pytest.approx([found.value(one)[0] for one in several], rel=1e-12)


def test_a_left_out_target_is_as_if_it_had_never_been_seen():
    keep = np.array([True, False, True, False, True])
    fewer = tuple(one for one, kept in zip(TARGETS, keep, strict=True) if kept)
    S = SPREAD.covariance[np.ix_(keep, keep)]
    alone = likelihood(fewer, Spread(S, SPREAD.bias[keep], SPREAD.replicates, SPREAD.error[keep]), DATA[keep])
    masked = likelihood(TARGETS, SPREAD, DATA, keep)
    assert masked.value(M)[0] == pytest.approx(alone.value(M[keep])[0], rel=1e-12)
    missing = np.where(keep, DATA, np.nan)
    assert likelihood(TARGETS, SPREAD, missing).value(M)[0] == pytest.approx(masked.value(M)[0], rel=1e-12)
    assert np.isnan(masked.residuals(M)[~keep]).all()
    assert masked.terms(M).gradient[~keep] == pytest.approx(0.0, abs=0)


def test_coarse_rounding_is_the_probability_of_the_printed_interval():
    months = (target("courses", INTEGER_MEDIAN, out_of=30, rounding=1.0),)
    spread = Spread(np.array([[0.36]]), np.array([0.1]), 10**9, np.zeros(1))
    found = likelihood(months, spread, np.array([2.0]))
    expected = norm.cdf(2.5, 1.8 + 0.1, 0.6) - norm.cdf(1.5, 1.8 + 0.1, 0.6)
    assert np.exp(found.value(np.array([1.8]))[0]) == pytest.approx(expected, rel=1e-6)


def test_a_median_not_reached_is_a_category_of_its_own():
    months = (target("months", MEDIAN, out_of=30, rounding=1.0, longest=60.0),)
    found = likelihood(months, Spread(np.array([[0.09]]), np.zeros(1), 10**9, np.zeros(1)), np.array([np.inf]))
    expected = norm.sf(np.log(60.0), np.log(50.0), 0.3)
    assert np.exp(found.value(np.array([np.log(50.0)]))[0]) == pytest.approx(expected, rel=1e-6)


def test_printed_values_of_one_median_have_probability_one_together():
    months = (target("months", MEDIAN, out_of=30, rounding=1.0, longest=60.5),)
    spread = Spread(np.array([[0.25]]), np.zeros(1), 10**9, np.zeros(1))
    m = np.array([np.log(20.0)])
    values = [likelihood(months, spread, np.array([float(v)])).value(m)[0] for v in range(1, 61)]
    values.append(likelihood(months, spread, np.array([np.inf])).value(m)[0])
    assert np.exp(values).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (5.0, 5.5), (-40.0, -39.0), (38.0, 60.0), (-0.5, np.inf)])
def test_log_interval_in_the_middle_and_in_both_tails(low, high):
    # the integral is scaled by the density at the nearer end, so that nothing underflows
    near = min((x for x in (low, high, 0.0) if low <= x <= high), key=abs)
    scaled, _ = quad(lambda x: np.exp(0.5 * (near * near - x * x)), low, min(high, max(low, 0.0) + 40.0), points=None)
    expected = np.log(scaled) - 0.5 * near * near - 0.5 * np.log(2.0 * np.pi)
    assert log_interval(np.array([low]), np.array([high]))[0] == pytest.approx(expected, rel=1e-7)


def test_residuals_are_signed_and_add_up_to_the_deviance():
    found = likelihood(TARGETS, SPREAD, DATA)
    residuals = found.residuals(M)
    assert residuals[0] > 0 and residuals[1] < 0  # 12 of 20 against 55 %, none of 15 against 8 %
    at_best = found.residuals(np.array([logit(0.6), M[1], *M[2:]]))
    assert at_best[0] == pytest.approx(0.0, abs=1e-6)
    alone = likelihood(
        TARGETS[2:3], Spread(SPREAD.covariance[2:3, 2:3], SPREAD.bias[2:3], 4000, np.zeros(1)), DATA[2:3]
    )
    assert alone.residuals(M[2:3])[0] < 0  # 40 % against 45 %: fewer alive than expected


def unbiased_inverse(factor, n, d, draws=4000):
    """Mean of the inverse of estimated unit covariances, times `factor`, is 1 to within four standard errors."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(draws):
        sample = rng.standard_normal((n, d))
        found.append(np.trace(np.linalg.inv(np.cov(sample.T) * factor)) / d)
    assert np.mean(found) == pytest.approx(1.0, abs=4.0 * np.std(found) / np.sqrt(draws))


def test_hartlap_makes_the_inverse_unbiased():
    # n = 40, d = 8: uncorrected the inverse is 31 % too large; 4,000 draws see 1 %, false alarm 6e-5
    unbiased_inverse(hartlap(40, 8), 40, 8)


def test_conditional_is_the_textbook_formula():
    S = SPREAD.covariance
    slope, remaining = conditional(S, np.array([0, 1]), np.array([2, 3, 4]))
    assert np.linalg.inv(remaining) == pytest.approx(np.linalg.inv(S)[2:, 2:], rel=1e-9)
    assert slope @ S[:2, :2] == pytest.approx(S[2:, :2], rel=1e-9)
