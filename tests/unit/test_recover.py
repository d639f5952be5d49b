"""Recovery of truths that are known, on a problem whose posterior is known.

Rank of proof: statistical. A run of 400 studies of a right method raises a false alarm with probability 0.05 at most
(Bonferroni over quantities, levels and uniformity); a 90 % interval that covers 81 % is caught with 0.95.
"""

from dataclasses import replace

import numpy as np
import pytest
from toys import linear_normal

from calibration.power import least_caught, power
from calibration.ranks import covered, false_alarm_each, judged, rank
from calibration.recover import LOG_LIKELIHOOD, recover
from calibration.refit import refit

PROBLEM, DATA, _, _ = linear_normal()
STUDIES, SEED = 400, 7
ROUNDING = 1e-6


def silent(done, total):
    pass


def truth_in(spread, seed=SEED):
    """Studies of the linear problem, with noise of covariance (T, T)."""
    factor = np.linalg.cholesky(spread)

    def simulate(x, k):
        m = PROBLEM.emulator.predict(x[None])[0]
        noise = factor @ np.random.default_rng([seed, k]).standard_normal(len(m))
        return np.round(np.exp(m + noise) / ROUNDING) * ROUNDING, m[:0]

    return simulate


@pytest.fixture(scope="module")
def right():
    return recover(PROBLEM, refit(PROBLEM, DATA), truth_in(PROBLEM.spread.covariance), STUDIES, SEED, silent)


def nothing_is_flagged(recovery):
    wrong = [f"{one.name}: {', '.join(one.flagged)}" for one in recovery.judged() if one.flagged]
    assert wrong == []


def test_a_right_method_recovers(right):
    nothing_is_flagged(right)
    assert right.names[-1] == LOG_LIKELIHOOD
    assert right.ranks.shape == (STUDIES, len(right.names))
    assert np.all((right.ranks > 0.0) & (right.ranks < 1.0))


def test_the_power_is_as_stated(right):
    each = false_alarm_each(len(right.names))
    assert least_caught(STUDIES, each) > 0.81
    assert power(STUDIES, 0.75, each) > 0.9999


def test_ranks_of_known_draws():
    draws = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]])
    np.testing.assert_allclose(rank(np.array([2.5, 4.0]), draws), [2.5 / 4, 0.5 / 4])


def test_coverage_of_known_ranks():
    ranks = np.array([0.01, 0.04, 0.06, 0.5, 0.96])
    assert [covered(ranks, level) for level in (0.5, 0.9, 0.95)] == [1, 2, 4]


@pytest.mark.parametrize(
    "sd, expected",
    [(1.0, ()), (1.5, ("ranks", "50%", "80%", "90%", "95%")), (0.6, ("ranks", "50%", "80%", "90%", "95%"))],
)
def test_too_narrow_and_too_wide_are_flagged(sd, expected):
    """Normal scores of known SD, at exact quantiles: no chance is involved."""
    from scipy.stats import norm

    scores = norm.ppf((np.arange(STUDIES) + 0.5) / STUDIES) * sd
    found = judged("toy", norm.cdf(scores), 0.001)
    assert found.flagged == expected
    assert found.spread == pytest.approx(sd, rel=0.01)
    assert found.bias == pytest.approx(0.0, abs=1e-12)


def shifted(recovery, by):
    """Ranks as they would be if truths lay further up by some posterior SDs."""
    from scipy.stats import norm

    return replace(recovery, ranks=norm.cdf(norm.ppf(recovery.ranks) + by))
