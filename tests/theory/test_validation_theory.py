"""Validation on a linear-Gaussian problem, where the posterior is known and every p must be uniform.

Rank of proof: theory. Fixed seeds. Uniformity by Kolmogorov-Smirnov at 0.001: one false alarm in a thousand for each
test; with 400 truths a share of p below 0.1 of 0.18 instead of 0.1 is caught with probability 0.9.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2, kstest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))

from toy import PARAMETERS, ROWS, toy

from calibration.published_size import as_printed
from calibration.refit import refit
from calibration.targets import outside
from calibration.validation.cross import draws, left_out
from calibration.validation.extension import extended, freed_directions
from calibration.validation.internal import leverage
from calibration.validation.joint import joint_fits, judgement
from calibration.validation.predictive import joint_p, position_in

TRUTHS = 400
ALARM = 0.001
T = toy()
TARGETS = T.problem.targets


def uniform(p):
    assert kstest(p, "uniform").pvalue > ALARM


def truths(seed):
    """Positions from the prior, and what their studies print."""
    xs = np.random.default_rng(seed).standard_normal((TRUTHS, PARAMETERS))
    return xs, [as_printed(TARGETS, seen) for seen in T.studies(xs, seed + 1)]


def exact_posterior(keep):
    """Covariance, and the matrix that takes data to the mean."""
    a, weight = T.a[keep], 1.0 / T.sd[keep] ** 2
    covariance = np.linalg.inv(a.T @ (weight[:, None] * a) + np.eye(PARAMETERS))
    return covariance, covariance @ a.T * weight


def test_leverage_of_a_linear_model():
    """h_i = a_i C a_i' / sd_i^2, to 1e-3: the finite rounding of the toy and Hartlap's factor of 10^6 studies."""
    fit = refit(T.problem, np.zeros(ROWS))
    covariance, _ = exact_posterior(np.ones(ROWS, bool))
    exact = np.einsum("ij,jk,ik->i", T.a, covariance, T.a) / T.sd**2
    assert leverage(T.problem, np.zeros(ROWS), fit) == pytest.approx(exact, abs=1e-3)


def left_out_p(block, shift=0.0, studies=400):
    """Joint p of a block left out, and positions of its rows, over truths drawn from the prior."""
    keep = outside(TARGETS, block)
    _, data = truths(11)
    covariance, take = exact_posterior(keep)
    factor = np.linalg.cholesky(covariance)
    rng = np.random.default_rng(13)
    ps, places = [], []
    for one in data:
        xs = take @ one[keep] + rng.standard_normal((studies, PARAMETERS)) @ factor.T
        predicted = (xs @ T.a.T + rng.standard_normal((studies, ROWS)) * T.sd)[:, ~keep]
        seen = one[~keep] + shift * T.sd[~keep]
        ps.append(joint_p(predicted, seen))
        places.append([position_in(predicted[:, i], seen[i]) for i in range(len(seen))])
    return np.array(ps), np.array(places)


def test_joint_p_of_a_left_out_block_is_uniform():
    for block in ("late", "two"):
        ps, places = left_out_p(block)
        uniform(ps)
        for row in places.T:
            uniform(row)


def test_coverage_of_left_out_rows():
    """95 % intervals: of 400 truths x 10 rows; +-1.5 points is 3.5 standard errors at an effective n of 2600."""
    _, places = left_out_p("two")
    assert np.mean((places > 0.025) & (places < 0.975)) == pytest.approx(0.95, abs=0.015)


def squared_residuals(data, mine):
    """(n,) of exact fits of a linear model to data (n, T), over the targets `mine` (T,)."""
    _, take = exact_posterior(np.ones(ROWS, bool))
    left = (data - data @ (T.a @ take).T) / T.sd
    return np.sum(left[:, mine] ** 2, axis=1)


def joint_fit_p(shift=0.0, studies=500):
    """p of study one over truths from the prior, its rows shifted by so many of their standard deviations."""
    mine = np.array([one.study == "one" for one in TARGETS])
    _, take = exact_posterior(np.ones(ROWS, bool))
    rng, ps = np.random.default_rng(31), []
    for one in np.array(truths(17)[1]):
        seen = one + shift * T.sd * mine * np.resize([1.0, -1.0], ROWS)
        again = T.a @ take @ seen + rng.standard_normal((studies, ROWS)) * T.sd
        observed = squared_residuals(seen[None], mine)[0]
        ps.append(judgement("one", 12, observed, squared_residuals(again, mine)).joint_p)
    return np.array(ps)


def test_joint_fit_p_is_uniform_when_studies_are_refitted():
    """The fit stands a little nearer to the prior mean than the truth; with 22 rows for 6 parameters unseen."""
    uniform(joint_fit_p())


def test_joint_fits_refit_every_study():
    """Deviances as those of exact fits: mean of 20 simulated studies and the published one, to 0.1 %."""
    data = np.array(truths(17)[1][0])
    fit = refit(T.problem, data)
    simulated = T.studies(np.tile(fit.x, (20, 1)), 37)
    found = joint_fits(T.problem, fit, simulated, lambda done, total: None)
    assert [one.study for one in found] == ["one", "two"]
    for one in found:
        mine = np.array([target.study == one.study for target in TARGETS])
        values = np.array([T.values(seen) for seen in simulated])
        assert one.expected == pytest.approx(squared_residuals(values, mine).mean(), rel=1e-3)
        assert one.deviance == pytest.approx(squared_residuals(data[None], mine)[0], rel=1e-3)


def test_without_the_refit_the_p_is_too_large():
    """What the refit is for: against studies that it has not seen, the residuals of a fit lie far too low."""
    mine = np.array([one.study == "one" for one in TARGETS])
    ps = chi2.sf(squared_residuals(np.array(truths(17)[1]), mine), int(mine.sum()))
    assert kstest(ps, "uniform").pvalue < 1e-6


def test_draws_are_those_of_the_exact_posterior():
    """Means within 0.15 posterior SD and SD within 10 %, n = 4000 (autocorrelated; about 1000 effective)."""
    keep = outside(TARGETS, "two")
    data = truths(19)[1][0]
    fit = refit(T.problem, data, keep)
    xs, accepted = draws(T.problem, data, keep, fit, 4000, 5)
    covariance, take = exact_posterior(keep)
    sd = np.sqrt(np.diag(covariance))
    assert accepted > 0.5
    assert np.abs(xs.mean(axis=0) - take @ data[keep]).max() < 0.15 * sd.max()
    assert xs.std(axis=0) / sd == pytest.approx(1.0, abs=0.1)


def test_an_emulator_that_is_wrong_outside_is_corrected():
    """The simulator bends along what leaving block two out frees; the emulator does not know, the extension learns."""
    keep, data = outside(TARGETS, "two"), truths(23)[1][0]
    everything = refit(T.problem, data)
    direction = freed_directions(everything.covariance, refit(T.problem, data, keep).covariance, 1)[:, 0]

    def pooled(xs, first):
        return xs @ T.a.T + 2.0 * ((xs - everything.x) @ direction)[:, None] ** 2 * T.sd

    found = left_out(T.problem, data, keep, everything, pooled, 500, 3)
    assert found.error_before > 0.5 and found.extra_runs > 0
    assert found.error < 0.2 * found.error_before


def test_extension_finds_a_quadratic():
    """Exactly: what is missed is a quadratic along the directions, without noise, to 1 % of its spread."""
    rng = np.random.default_rng(29)
    directions = np.linalg.qr(rng.standard_normal((PARAMETERS, 2)))[0]
    xs = rng.standard_normal((200, PARAMETERS))

    def truth(at):
        z = at @ directions
        return T.problem.emulator.predict(at) + (0.5 + z[:, :1] - 0.7 * z[:, 1:] + z[:, :1] * z[:, 1:]) * T.sd

    found = extended(T.problem.emulator, directions, xs, truth(xs))
    more = rng.standard_normal((50, PARAMETERS))
    missed = truth(more) - found.predict(more)
    assert np.abs(missed).max() < 0.01 * T.sd.max()
    step = 1e-5 * np.eye(PARAMETERS)
    numeric = np.array(
        [(found.predict((more[0] + d)[None]) - found.predict((more[0] - d)[None]))[0] / 2e-5 for d in step]
    )
    assert found.jacobian(more[0]) == pytest.approx(numeric.T, abs=1e-6)
