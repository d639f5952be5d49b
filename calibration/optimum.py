"""Gauss-Newton steps to the greatest posterior density, on common random numbers.

The likelihood is a concave function of (nearly) linear statistics, so that its curvature in the statistics, carried
over by their Jacobian, is what a Newton step needs. Differences of a quarter of a prior standard deviation see the
trend and not the steps of a finite simulation. Between two Jacobians, which are most of the work, Broyden's rank-one
update serves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from calibration.likelihood import Likelihood

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Simulate = Callable[[Sequence[Floats]], Floats]  # positions -> population statistics (n, targets)

DIFFERENCE = 0.25  # prior standard deviations
LENGTHS = (1.0, 0.5, 0.2)  # of a step, tried together
UPDATES = 2  # steps on one Jacobian
ENOUGH = 0.25  # gain of log density below which the search ends: the noise of a pooled simulation


@dataclass(frozen=True)
class Optimum:
    """Position (parameters,), its statistics (targets,), their Jacobian (targets, free) and log density; converged?"""

    x: Floats
    m: Floats
    jacobian: Floats
    log_density: float
    converged: bool


def jacobian_at(simulate: Simulate, x: Floats, free: Indices) -> Floats:
    """(targets, free) by central differences."""
    moved = []
    for i in free:
        for step in (DIFFERENCE, -DIFFERENCE):
            position = x.copy()
            position[i] += step
            moved.append(position)
    found = simulate(moved)
    return (found[::2] - found[1::2]).T / (2.0 * DIFFERENCE)


def log_density(likelihood: Likelihood, x: Floats, m: Floats, free: Indices) -> float:
    """Unnormalised; -inf where a statistic does not exist."""
    if not np.all(np.isfinite(m)):
        return -np.inf
    return float(likelihood.value(m)[0]) - 0.5 * float(x[free] @ x[free])


def newton_step(likelihood: Likelihood, x: Floats, m: Floats, jacobian: Floats, free: Indices) -> Floats:
    """(free,) step to the top of the local quadratic."""
    terms = likelihood.terms(m)
    hessian = jacobian.T @ terms.curvature @ jacobian + np.eye(len(free))
    return solve(hessian, jacobian.T @ terms.gradient - x[free], assume_a="pos")


def optimum(
    simulate: Simulate,
    likelihood: Likelihood,
    x: Floats,
    free: Indices,
    jacobians: int,
    report: Callable[[str], None],
) -> Optimum:
    """From x, moving the `free` parameters only, with at most `jacobians` Jacobians."""
    (m,) = simulate([x])
    best = log_density(likelihood, x, m, free)
    for _ in range(jacobians):
        jacobian = jacobian_at(simulate, x, free)
        start = best
        for _ in range(UPDATES):
            step = newton_step(likelihood, x, m, jacobian, free)
            tried = []
            for length in LENGTHS:
                position = x.copy()
                position[free] += length * step
                tried.append(position)
            found = simulate(tried)
            densities = [log_density(likelihood, *one, free) for one in zip(tried, found, strict=True)]
            k = int(np.argmax(densities))
            if densities[k] <= best:
                break
            moved = tried[k][free] - x[free]
            jacobian = jacobian + np.outer(found[k] - m - jacobian @ moved, moved) / (moved @ moved)
            gain, best, x, m = densities[k] - best, densities[k], tried[k], found[k]
            report(f"log density {best:.2f} (+{gain:.2f}), step {LENGTHS[k]:g}")
            if gain < ENOUGH:
                break
        if best - start < ENOUGH:
            return Optimum(x, m, jacobian, best, True)
    return Optimum(x, m, jacobian, best, False)
