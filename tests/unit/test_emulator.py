"""The emulator on functions that it can and cannot represent; the search on a function whose top is known.

Rank of proof: theory.
"""

import numpy as np
import pytest
from toys import P, T, linear_normal

from calibration.emulator import fit_emulator, ridge
from calibration.likelihood import likelihood
from calibration.optimum import jacobian_at, optimum

RNG = np.random.default_rng(2)
SLOPE = RNG.standard_normal((T, P))
CENTRE = RNG.standard_normal(P)
HALF = 0.2 * RNG.standard_normal((T, P, P))
BEND = HALF + HALF.transpose(0, 2, 1)


def quadratic(xs):
    u = np.atleast_2d(xs) - CENTRE
    return 1.0 + u @ SLOPE.T + np.einsum("np,tpq,nq->nt", u, BEND, u)


def trained(runs, noise=0.0):
    rng = np.random.default_rng(4)
    xs = CENTRE + 0.5 + rng.standard_normal((runs, P))
    return fit_emulator(xs, quadratic(xs) + noise * rng.standard_normal((runs, T)), CENTRE)


def held_out_error(emulator):
    """Greatest error on 300 other positions."""
    xs = CENTRE + np.random.default_rng(9).standard_normal((300, P))
    return np.abs(emulator.predict(xs) - quadratic(xs)).max()


def is_a_good_emulator(emulator):
    assert held_out_error(emulator) < 1e-3


def test_a_quadratic_is_recovered():
    is_a_good_emulator(trained(400))


def test_noise_averages_out():
    few, many = held_out_error(trained(100, 0.3)), held_out_error(trained(3000, 0.3))
    assert many < 0.5 * few


def test_jacobian_is_the_derivative():
    emulator = trained(200, 0.1)
    x = CENTRE + 0.4
    steps = 1e-5 * np.eye(P)
    by_difference = np.array([(emulator.predict((x + s)[None]) - emulator.predict((x - s)[None]))[0] for s in steps]).T
    assert emulator.jacobian(x) == pytest.approx(by_difference / 2e-5, abs=1e-6)


def test_a_parameter_that_does_nothing_is_shrunk_away():
    rng = np.random.default_rng(6)
    n = 1200  # three runs for each of the 420 terms
    xs = rng.standard_normal((n, 60))
    ms = 2.0 * xs[:, :1] + xs[:, 1:2] * xs[:, 0:1] + rng.standard_normal((n, 1))
    emulator = fit_emulator(xs, ms, np.zeros(60))
    assert emulator.slope[0, 0] == pytest.approx(2.0, abs=0.2)
    assert 2.0 * emulator.bend[0, 0, 1] == pytest.approx(1.0, abs=0.3)
    assert np.mean(emulator.slope[0, 2:] ** 2) < 0.5 / n  # half the variance of least squares


def test_ridge_is_the_textbook_formula_at_its_chosen_penalty():
    rng = np.random.default_rng(1)
    design, noise = rng.standard_normal((60, 5)), rng.standard_normal(60)
    outcome = design @ np.ones(5) + noise
    found = ridge(design, outcome)
    penalties = design.T @ (outcome - design @ found) / found  # the normal equations at the optimum
    assert penalties == pytest.approx(np.full(5, penalties[0]), rel=1e-6)
    assert penalties[0] > 0.0


def test_the_search_finds_the_known_top_and_counts_its_jacobians():
    toy, data, mean, _ = linear_normal()
    wanted = likelihood(toy.targets, toy.spread, data)
    calls = []

    def simulate(xs):
        calls.append(len(xs))
        return toy.emulator.predict(np.array(xs))

    found = optimum(simulate, wanted, np.full(P, 2.0), np.arange(P), 4, lambda line: None)
    assert found.converged
    assert found.x == pytest.approx(mean, abs=0.01)
    assert calls.count(2 * P) == 2  # one to step, one to see that nothing is left to gain


def test_the_search_moves_free_parameters_only_and_survives_missing_statistics():
    toy, data, _, _ = linear_normal()
    wanted = likelihood(toy.targets, toy.spread, data)

    def simulate(xs):
        ms = toy.emulator.predict(np.array(xs))
        ms[np.linalg.norm(xs, axis=1) > 6.0] = np.nan
        return ms

    start = np.full(P, 0.5)
    found = optimum(simulate, wanted, start, np.array([1, 3]), 3, lambda line: None)
    fixed = [0, 2, 4, 5]
    assert found.x[fixed] == pytest.approx(start[fixed], abs=0)
    assert np.isfinite(found.log_density)


def test_differences_are_central():
    slope = jacobian_at(lambda xs: quadratic(np.array(xs)), CENTRE, np.arange(P))
    assert slope == pytest.approx(SLOPE, abs=1e-9)
