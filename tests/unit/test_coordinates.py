"""A problem in other coordinates gives the refit another question, whose answer is known for a linear normal problem.

Rank of proof: closed form.
"""

import numpy as np
import pytest
from toys import linear_normal

from calibration.coordinates import around, fixed, positions, with_amount
from calibration.refit import refit

PROBLEM, DATA, MEAN, COVARIANCE = linear_normal()
NEAR = {"rtol": 2e-4, "atol": 2e-4}  # data are rounded to 1e-6 and normal terms are integrated over that


def conditional(mean, covariance, held):
    """Mean and covariance of a normal given some of its values."""
    given = list(held)
    free = [i for i in range(len(mean)) if i not in held]
    slope = covariance[np.ix_(free, given)] @ np.linalg.inv(covariance[np.ix_(given, given)])
    moved = mean[free] + slope @ (np.array(list(held.values())) - mean[given])
    return moved, covariance[np.ix_(free, free)] - slope @ covariance[np.ix_(given, free)]


@pytest.mark.parametrize("held", [{0: 0.7}, {5: -1.0}, {4: 0.2, 1: 1.5}])
def test_fixed_is_the_conditional_posterior(held):
    seen = fixed(PROBLEM, held)
    found = refit(seen, DATA)
    mean, covariance = conditional(MEAN, COVARIANCE, held)
    np.testing.assert_allclose(found.x, mean, **NEAR)
    np.testing.assert_allclose(found.covariance, covariance, **NEAR)
    back = positions(seen, found.x)
    assert [back[i] for i in held] == list(held.values())
    np.testing.assert_allclose(np.delete(back, list(held)), found.x)


def test_around_a_posterior_the_same_data_count_twice():
    """N(m, C) as the prior and the same data again: precisions add."""
    seen = around(PROBLEM, refit(PROBLEM, DATA))
    again = refit(seen, DATA)
    information = np.linalg.inv(COVARIANCE) - np.eye(len(MEAN))
    twice = np.linalg.inv(np.eye(len(MEAN)) + 2.0 * information)
    np.testing.assert_allclose(positions(seen, again.x), twice @ (2.0 * np.linalg.inv(COVARIANCE) @ MEAN), **NEAR)
    axes = seen.emulator.axes
    np.testing.assert_allclose(axes @ again.covariance @ axes.T, twice, **NEAR)


def test_an_amount_is_one_more_regressor():
    change = np.array([0.5, -0.2, 0.1, 0.9])
    seen = with_amount(PROBLEM, change)
    found = refit(seen, DATA)
    slope = np.column_stack([PROBLEM.emulator.slope, change])
    precision = np.linalg.inv(PROBLEM.spread.covariance)
    covariance = np.linalg.inv(slope.T @ precision @ slope + np.eye(7))
    mean = covariance @ slope.T @ precision @ (np.log(DATA) - PROBLEM.emulator.reference)
    np.testing.assert_allclose(found.x, mean, **NEAR)
    np.testing.assert_allclose(found.covariance, covariance, **NEAR)


def test_coordinates_nest():
    """An amount held at 1 is the model with the change added."""
    change = np.array([0.5, -0.2, 0.1, 0.9])
    seen = fixed(with_amount(PROBLEM, change), {6: 1.0})
    found = refit(seen, DATA)
    shifted = refit(PROBLEM, DATA * np.exp(-change))
    np.testing.assert_allclose(found.x, shifted.x, atol=1e-3)
    np.testing.assert_allclose(positions(seen, found.x), np.append(found.x, 1.0))
