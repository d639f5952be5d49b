"""Recovery of truths that are known, on a problem whose posterior is known.

Rank of proof: statistical. A run of 400 studies of a right method raises a false alarm with probability 0.05 at most
(Bonferroni over quantities, levels and uniformity); a 90 % interval that covers 81 % is caught with 0.95.
"""

from dataclasses import replace

import numpy as np
import pytest
from toys import count, linear_normal, ratio

from calibration.catalogue import load_catalogue
from calibration.detect import Detection, amounts
from calibration.misspecified import WORLDS
from calibration.power import least_caught, power
from calibration.published_size import OUT_OF, Printed, as_printed, own_denominators
from calibration.ranks import covered, false_alarm_each, judged, rank
from calibration.recover import LOG_LIKELIHOOD, recover
from calibration.refit import refit
from calibration.targets import MEDIAN, RATE, load_targets

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
        return Printed(np.round(np.exp(m + noise) / ROUNDING) * ROUNDING, PROBLEM.targets), m[:0]

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


def a_detection(deviance, amount):
    """400 studies under the model with statistics 1 .. 400, and a world with the given ones."""
    null = np.arange(1.0, 401.0)
    return Detection(WORLDS[0], null, null, np.array(deviance), np.array(amount), 380.5, 20.5)


def test_rates_are_beyond_the_95th_percentile():
    found = a_detection([380.0, 380.04, 380.06, 399.0, 500.0], [0.0] * 5)
    assert found.rate("deviance") == 0.6  # the 95th percentile of 1 .. 400 is 380.05
    assert found.rate("amount") == 0.0
    assert found.p("deviance") == pytest.approx(21 / 401)
    assert found.p("amount") == pytest.approx(381 / 401)


FOUND, NOT_FOUND = [500.0] * 4 + [0.0], [500.0] * 3 + [0.0] * 2


@pytest.mark.parametrize(
    "deviance, amount, detected",
    [(FOUND, NOT_FOUND, True), (NOT_FOUND, FOUND, True), (NOT_FOUND, NOT_FOUND, False)],
)
def test_either_statistic_detects(deviance, amount, detected):
    assert a_detection(deviance, amount).detected is detected


def test_amounts_find_the_change_that_was_made():
    """Noise-free data with some of a change: the amount is that of the regression with N(0, 1) priors."""
    change = np.array([0.5, -0.2, 0.1, 0.9])
    data = np.exp(PROBLEM.emulator.reference + np.outer([0.0, 1.0, 2.0], change))
    found = amounts(PROBLEM, change, [Printed(one, PROBLEM.targets) for one in data])
    slope = np.column_stack([PROBLEM.emulator.slope, change])
    precision = np.linalg.inv(PROBLEM.spread.covariance)
    gain = np.linalg.solve(slope.T @ precision @ slope + np.eye(7), slope.T @ precision @ change)[-1]
    np.testing.assert_allclose(found, gain * np.array([0.0, 1.0, 2.0]), atol=1e-3)
    assert gain > 0.1


def test_simulated_studies_are_printed_as_papers_print():
    share = replace(count("C0", 3, 7), share="C0 / 7")
    rate = replace(ratio("R0"), kind=RATE, rounding=1.0)
    median = replace(ratio("R1"), kind=MEDIAN, rounding=1.0, longest=115.0)
    targets = [share, rate, median, ratio("R2", rounding=0.001)]
    printed = as_printed(targets, {"C0": 3.0, "R0": 39.6, "R1": 17.4, "R2": 0.57449})
    np.testing.assert_allclose(printed, [3 / 7, 40.0, 17.0, 0.574])
    missing = as_printed(targets, {"C0": 0.0, "R0": np.nan, "R1": np.nan, "R2": np.nan})
    np.testing.assert_array_equal(missing, [0.0, np.nan, np.inf, np.nan])  # only a median can be not reached


def test_denominators_of_what_was_published_are_those_printed():
    targets = load_targets(["kantarjian-2023", "wudhikarn-2022"])
    printed = {
        one.id: one.value for study in ("kantarjian-2023", "wudhikarn-2022") for one in load_catalogue(study).values()
    }
    found = own_denominators(targets, printed)
    assert {one.id: one.out_of for one in found} == {one.id: one.out_of for one in targets}
    assert set(OUT_OF) <= {one.id for one in targets}


def test_a_share_of_nobody_keeps_the_printed_denominator():
    (target,) = [one for one in load_targets(["kantarjian-2023"]) if one.id == "K093"]
    assert own_denominators([target], {"K091": 0.0}) == (target,)
    assert own_denominators([target], {"K091": 3.0})[0].out_of == 3
