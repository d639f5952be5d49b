"""A fit in a few milliseconds, on the emulator: for data with a block left out, or for those of a simulated study.

problem = load_problem("joint")
refit(problem)                                                     # as published
refit(problem, keep=outside(problem.targets, "sos"))               # leave one block out
refit(problem, data=simulated_data(problem, x, count=1, seed=7)[0])  # what a study at x would have printed
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from calibration.likelihood import Flags, Likelihood, conditional, likelihood
from calibration.problem import Problem
from calibration.targets import COUNT, published

Floats = NDArray[np.float64]

STEPS = 50
HALVINGS = 12
ENOUGH = 1e-6  # gain of log density below which the search ends


@dataclass(frozen=True)
class Laplace:
    """Normal approximation N(x, covariance) to a posterior, in prior standard deviations from the prior means.

    `m` (T,) population statistics at x; `residuals` (T,) signed root deviances (NaN: not kept); `log_density` at x.
    """

    x: Floats
    covariance: Floats
    m: Floats
    residuals: Floats
    log_density: float

    def deviance(self) -> float:
        """Sum of squared residuals: how far the data are from the fit. Compare with that of simulated studies."""
        return float(np.nansum(self.residuals**2))

    def draws(self, count: int, seed: int) -> Floats:
        """(count, parameters) of the normal approximation."""
        z = np.random.default_rng(seed).standard_normal((count, len(self.x)))
        return self.x + z @ np.linalg.cholesky(self.covariance).T


def refit(
    problem: Problem, data: Floats | None = None, keep: Flags | None = None, start: Floats | None = None
) -> Laplace:
    """Greatest posterior density and curvature there, given `data` (T,) (default: published) at targets `keep` (T,).

    NaN in the data is passed over. The prior of every position is N(0, 1).
    """
    wanted = likelihood(problem.targets, problem.spread, published(problem.targets) if data is None else data, keep)
    emulator = problem.emulator

    def density(x: Floats) -> float:
        return float(wanted.value(emulator.predict(x[None]))[0]) - 0.5 * float(x @ x)

    x = problem.x if start is None else start
    best = density(x)
    for _ in range(STEPS):
        gradient, hessian = _quadratic(problem, wanted, x)
        step = np.linalg.solve(hessian, gradient)
        for halving in range(HALVINGS):
            moved = x + step / 2.0**halving
            found = density(moved)
            if found > best:
                break
        else:
            break
        gain, best, x = found - best, found, moved
        if gain < ENOUGH:
            break
    m = emulator.predict(x[None])[0]
    _, hessian = _quadratic(problem, wanted, x)
    covariance = np.linalg.inv(hessian)
    return Laplace(x, (covariance + covariance.T) / 2.0, m, wanted.residuals(m), best)


def _quadratic(problem: Problem, wanted: Likelihood, x: Floats) -> tuple[Floats, Floats]:
    """Gradient and (Gauss-Newton) negative Hessian of the log posterior density."""
    m, jacobian = problem.emulator.predict(x[None])[0], problem.emulator.jacobian(x)
    terms = wanted.terms(m)
    return jacobian.T @ terms.gradient - x, jacobian.T @ terms.curvature @ jacobian + np.eye(len(x))


def simulated_data(problem: Problem, xs: Floats, seed: int) -> Floats:
    """(n, T) what studies of the published sizes would print at positions xs (n, parameters), one each.

    Drawn from the likelihood's own model: binomial counts, the rest normal given them, rounded as printed.
    """
    rng = np.random.default_rng(seed)
    targets = problem.targets
    is_count = np.array([one.kind == COUNT for one in targets])
    counts, others = np.flatnonzero(is_count), np.flatnonzero(~is_count)
    m = problem.emulator.predict(xs)
    patients = np.array([targets[i].out_of for i in counts])
    p = expit(m[:, counts])
    shares = rng.binomial(patients, p) / patients
    slope, remaining = conditional(problem.spread.covariance, counts, others)
    noise = rng.standard_normal((len(xs), len(others))) @ np.linalg.cholesky(remaining).T
    scaled = m[:, others] + problem.spread.bias[others] + (shares - p) @ slope.T + noise
    data = np.empty((len(xs), len(targets)))
    data[:, counts] = shares
    for column, i in enumerate(others):
        one = targets[i]
        natural = np.array([one.natural(value) for value in scaled[:, column]])
        data[:, i] = np.round(natural / one.rounding) * one.rounding
    return data
