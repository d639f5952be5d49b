"""Internal validity: how the fit takes up each row, so that rows met by a parameter of their own stand apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.likelihood import likelihood
from calibration.problem import Problem
from calibration.refit import Laplace

Floats = NDArray[np.float64]

SATURATED = 0.8  # leverage from which agreement says nothing: the fit follows four fifths of any change of the row


def leverage(problem: Problem, data: Floats, fit: Laplace) -> Floats:
    """(T,) how far the fitted value of each target follows its own datum: diagonal of J C J' W; the sum is the number
    of parameters that the data determine, out of those that vary.

    J: Jacobian of the statistics at the fit, C: posterior covariance, W: curvature of log L in the statistics.
    """
    terms = likelihood(problem.targets, problem.spread, data).terms(fit.m)
    jacobian = problem.emulator.jacobian(fit.x)
    return np.einsum("ij,jk,ik->i", jacobian @ fit.covariance, jacobian.T, terms.curvature)
