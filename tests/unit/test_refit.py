"""Refits and draws on toys whose posterior is known in closed form or by quadrature.

Rank of proof: theory. Seeds are fixed; the sampler's tolerances are four standard errors of its effective draws
(false alarm 6e-5 a comparison), which for 16 x 3000 draws catch a mean off by 0.04 and a spread off by 3 %.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from toys import P, count, linear_normal, problem, ratio

from calibration.likelihood import likelihood
from calibration.refit import refit, simulated_data
from calibration.sampling import crank_nicolson, effective_draws, log_density, r_hat
from calibration.targets import outside

SEED = 11


def is_the_posterior(laplace, mean, covariance):
    assert laplace.x == pytest.approx(mean, abs=2e-4)
    assert laplace.covariance == pytest.approx(covariance, abs=1e-4)


def test_linear_normal_is_exact():
    toy, data, mean, covariance = linear_normal()
    is_the_posterior(refit(toy, data), mean, covariance)
    is_the_posterior(refit(toy, data, start=np.full(P, 3.0)), mean, covariance)


def test_a_block_left_out_no_longer_pulls():
    toy, data, _, _ = linear_normal()
    keep = outside(toy.targets, "odd")
    slope, S = toy.emulator.slope[keep], toy.spread.covariance[np.ix_(keep, keep)]
    covariance = np.linalg.inv(slope.T @ np.linalg.inv(S) @ slope + np.eye(P))
    mean = covariance @ slope.T @ np.linalg.inv(S) @ (np.log(data) - toy.emulator.reference)[keep]
    found = refit(toy, data, keep)
    is_the_posterior(found, mean, covariance)
    assert np.isnan(found.residuals[~keep]).all()
    moved = np.where(keep, data, 9.0)  # values that are left out may be anything
    is_the_posterior(refit(toy, moved, keep), mean, covariance)


def test_without_data_the_posterior_is_the_prior():
    toy, data, _, _ = linear_normal()
    is_the_posterior(refit(toy, np.full_like(data, np.nan)), np.zeros(P), np.eye(P))


def one_count(successes, out_of):
    """One parameter, logit p = -1 + 1.5 x: (problem, grid, normalised posterior on the grid)."""
    toy = problem([count("C1", successes, out_of)], np.array([[1.5]]), np.array([-1.0]), np.array([[0.01]]))
    grid = np.linspace(-7.0, 7.0, 20001)
    p = expit(-1.0 + 1.5 * grid)
    log_post = successes * np.log(p) + (out_of - successes) * np.log1p(-p) - 0.5 * grid**2
    weight = np.exp(log_post - log_post.max())
    return toy, grid, weight / weight.sum()


@pytest.mark.parametrize(("successes", "out_of"), [(0, 43), (7, 20), (20, 20)])
def test_a_count_moves_the_mode_and_the_draws_where_quadrature_says(successes, out_of):
    toy, grid, weight = one_count(successes, out_of)
    laplace = refit(toy)
    assert laplace.x[0] == pytest.approx(grid[np.argmax(weight)], abs=2e-3)
    chains, accepted = crank_nicolson(log_density(toy), laplace, SEED, steps=3000)
    mean = weight @ grid
    sd = np.sqrt(weight @ (grid - mean) ** 2)
    agree(chains, np.array([mean]), np.array([sd]))
    assert accepted > 0.5


def agree(chains, mean, sd):
    """Means and spreads of the draws within four standard errors."""
    effective = effective_draws(chains)
    assert np.all(np.abs(chains.mean(axis=(0, 1)) - mean) < 4.0 * sd / np.sqrt(effective))
    assert np.all(np.abs(chains.std(axis=(0, 1)) / sd - 1.0) < 4.0 / np.sqrt(2.0 * effective) * 1.5)


def test_draws_of_a_normal_posterior():
    toy, data, mean, covariance = linear_normal()
    toy = replace(toy, targets=tuple(ratio(one.id) for one in toy.targets))
    wanted = likelihood(toy.targets, toy.spread, data)

    def density(xs):
        return wanted.value(toy.emulator.predict(xs)) - 0.5 * np.sum(xs**2, axis=1)

    chains, _ = crank_nicolson(density, refit(toy, data), SEED, steps=3000)
    agree(chains, mean, np.sqrt(np.diagonal(covariance)))
    assert np.corrcoef(chains.reshape(-1, P).T) == pytest.approx(
        covariance / np.sqrt(np.outer(np.diagonal(covariance), np.diagonal(covariance))), abs=0.05
    )
    assert r_hat(chains).max() < 1.01


def test_a_poor_approximation_is_put_right_by_the_steps():
    """Started from an approximation half a standard deviation off and 30 % too wide."""
    toy, grid, weight = one_count(7, 20)
    laplace = refit(toy)
    poor = replace(laplace, x=laplace.x + 0.5 * np.sqrt(laplace.covariance[0]), covariance=laplace.covariance * 1.7)
    chains, _ = crank_nicolson(log_density(toy), poor, SEED, steps=3000)
    mean = weight @ grid
    agree(chains, np.array([mean]), np.array([np.sqrt(weight @ (grid - mean) ** 2)]))


def test_simulated_data_scatter_as_the_spread_says():
    """20,000 studies at one position: means and covariances within five standard errors."""
    toy, _, _, _ = linear_normal()
    targets = (count("C0", 12, 30), *toy.targets[1:])
    toy = replace(toy, targets=targets)
    x, n = np.full(P, 0.1), 20_000
    data = simulated_data(toy, np.tile(x, (n, 1)), SEED)
    m = toy.emulator.predict(x[None])[0]
    p = expit(m[0])
    assert data[:, 0].mean() == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / 30 / n))
    logs = np.log(data[:, 1:])
    sd = np.sqrt(np.diagonal(toy.spread.covariance)[1:])
    slope = toy.spread.covariance[1:, 0] / toy.spread.covariance[0, 0]
    excess = slope**2 * (p * (1 - p) / 30 - toy.spread.covariance[0, 0])  # the counts scatter by their own binomial
    expected = np.sqrt(sd**2 + excess)
    assert np.all(np.abs(logs.mean(axis=0) - m[1:]) < 5 * expected / np.sqrt(n))
    assert np.all(np.abs(logs.std(axis=0) / expected - 1) < 5 / np.sqrt(2 * n))
    assert logit(p) == pytest.approx(m[0])
