"""Cox regression on counting-process rows, Efron's method for ties.

Sources: Cox 1972; Andersen & Gill 1982 (rows (start, stop]); Efron 1977; same likelihood as R ``coxph``
defaults.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled
from simulator.estimators.partial_likelihood import inverted, partial_likelihood

MAX_ITERATIONS = 30
MAX_HALVINGS = 20
# Newton is quadratic, so a step this small (in standard deviations of a covariate) leaves only rounding.
STEP_TOLERANCE = 1e-9


class CoxFit(NamedTuple):
    """``coefficients`` (log hazard ratios) and ``standard_errors``, both (p,), and the maximised likelihood.

    When ``converged`` is False the numbers are where the search stopped, or NaN, and are not estimates.
    """

    coefficients: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    log_likelihood: float
    converged: bool


@compiled
def cox(
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    event: NDArray[np.bool_],
    covariates: NDArray[np.float64],
) -> CoxFit:
    """Maximise the partial likelihood over rows (start, stop]; ``covariates`` (n, p), times in any one unit.

    Without time-dependent covariates or late entry, ``start`` is all zeros. Newton with step halving from 0.
    Separation, a constant or collinear column, or no event: ``converged`` False, never an exception.
    Errors: ValueError when lengths differ, stop <= start, or a covariate is not finite.
    """
    n, p = covariates.shape
    if start.size != n or stop.size != n or event.size != n:
        raise ValueError("start, stop, event and covariates differ in length")
    for i in range(n):
        if not -np.inf < start[i] < stop[i] < np.inf:
            raise ValueError("each row needs start < stop, both finite")
    # Standardised columns give one meaning to the tolerances and keep exp() in range.
    x = np.empty((n, p))
    scale = np.ones(p)
    for a in range(p):
        mean = 0.0
        for i in range(n):
            if not np.isfinite(covariates[i, a]):
                raise ValueError("covariates must be finite")
            mean += covariates[i, a] / n
        square = 0.0
        for i in range(n):
            x[i, a] = covariates[i, a] - mean
            square += x[i, a] ** 2 / n
        if square > 0.0:
            scale[a] = math.sqrt(square)
        for i in range(n):
            x[i, a] /= scale[a]
    by_stop = np.argsort(stop)
    by_start = np.argsort(start)

    beta = np.zeros(p)
    trial = np.zeros(p)
    gradient = np.zeros(p)
    information = np.zeros((p, p))
    log_likelihood = partial_likelihood(start, stop, event, x, by_stop, by_start, beta, gradient, information)
    inverse, regular = inverted(information)
    converged = False
    iteration = 0
    while regular and not converged and iteration < MAX_ITERATIONS:
        iteration += 1
        step = np.zeros(p)
        for a in range(p):
            for b in range(p):
                step[a] += inverse[a, b] * gradient[b]
        largest = 0.0
        for a in range(p):
            largest = max(largest, abs(step[a]))
        converged = largest < STEP_TOLERANCE
        fraction = 1.0
        for _ in range(MAX_HALVINGS):
            for a in range(p):
                trial[a] = beta[a] + fraction * step[a]
            reached = partial_likelihood(start, stop, event, x, by_stop, by_start, trial, gradient, information)
            # Near the top the likelihood is flat to rounding: a loss of that size is not a wrong step.
            if reached >= log_likelihood - 1e-10 * (1.0 + abs(log_likelihood)):
                break
            fraction *= 0.5
        beta[:] = trial
        log_likelihood = reached
        inverse, regular = inverted(information)
    standard_errors = np.empty(p)
    for a in range(p):
        standard_errors[a] = math.sqrt(inverse[a, a]) / scale[a]
    return CoxFit(beta / scale, standard_errors, log_likelihood, converged and regular)
