"""Cross validity: the fit with one block of rows left out, sampled where its emulator holds.

The emulator was made where the posterior of all rows lies, and without a block the posterior is wider. So the left-out
optimum and draws are simulated again: where the rows kept are off by more than an emulator may be, it is corrected by
a design of its own and checked anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.emulation import LARGEST_ERROR, RUN_REPLICATES, study_sd
from calibration.likelihood import Flags, likelihood
from calibration.problem import Problem
from calibration.refit import Laplace, refit
from calibration.sampling import crank_nicolson
from calibration.validation.extension import extended, freed_directions
from calibration.validation.predictive import Report

Floats = NDArray[np.float64]
Pooled = Callable[[Floats, int], Floats]
"""Positions (n, P), number of the first run -> statistics (n, T) of RUN_REPLICATES studies pooled; NaN: nobody left."""

CHECKED = 40  # the optimum and draws simulated again
DESIGN = 160  # further runs where the check fails
RUNS = 2 * CHECKED + DESIGN  # at most
STEPS = 1500


@dataclass(frozen=True)
class LeftOut:
    """Draws (n, P) from the posterior of the rows kept.

    `error` and `error_before`: of the emulator at draws that were simulated again, root mean square over the rows
    kept in standard deviations of one study; `extra_runs`: size of the design that corrected it, 0 where none was
    needed. `distance`: Mahalanobis, of the left-out optimum from that of all rows under their posterior.
    """

    draws: Floats
    accepted: float
    error_before: float
    error: float
    extra_runs: int
    distance: float

    @property
    def valid(self) -> bool:
        """Whether the emulator holds where the draws lie."""
        return self.error <= LARGEST_ERROR


def left_out(
    problem: Problem,
    data: Floats,
    keep: Flags,
    everything: Laplace,
    pooled: Pooled,
    count: int,
    seed: int,
    report: Report = lambda done, total: None,
) -> LeftOut:
    """`count` draws given the targets of `keep` (T,), from the fit `everything` to all of them."""
    fit = refit(problem, data, keep)
    xs, accepted = draws(problem, data, keep, fit, count, seed, report)
    checks = checked_positions(fit, xs)
    before = emulator_error(problem, keep, checks, pooled(checks, 0))
    error, runs = before, 0
    if error > LARGEST_ERROR:
        more = xs[np.linspace(0, len(xs) - 1, DESIGN).astype(int)]
        ms = pooled(more, CHECKED)
        exists = np.all(np.isfinite(ms), axis=1)
        directions = freed_directions(everything.covariance, fit.covariance)
        runs = int(np.count_nonzero(exists))
        problem = replace(problem, emulator=extended(problem.emulator, directions, more[exists], ms[exists]))
        fit = refit(problem, data, keep, start=fit.x)
        xs, accepted = draws(problem, data, keep, fit, count, seed, report)
        checks = checked_positions(fit, xs)
        error = emulator_error(problem, keep, checks, pooled(checks, CHECKED + DESIGN))
    gap = fit.x - everything.x
    distance = float(np.sqrt(gap @ np.linalg.solve(everything.covariance, gap)))
    return LeftOut(xs, accepted, before, error, runs, distance)


def draws(
    problem: Problem,
    data: Floats,
    keep: Flags | None,
    fit: Laplace,
    count: int,
    seed: int,
    report: Report = lambda done, total: None,
) -> tuple[Floats, float]:
    """(count, P) from the emulated posterior given the targets of `keep`, thinned and in random order; acceptance."""
    wanted = likelihood(problem.targets, problem.spread, data, keep)

    def density(xs: Floats) -> Floats:
        return wanted.value(problem.emulator.predict(xs)) - 0.5 * np.sum(xs**2, axis=1)

    chains, accepted = crank_nicolson(density, fit, seed, steps=STEPS, progress=report)
    flat = chains.reshape(-1, chains.shape[2])
    thinned = flat[np.linspace(0, len(flat) - 1, count).astype(int)]
    return thinned[np.random.default_rng(seed).permutation(count)], accepted


def checked_positions(fit: Laplace, xs: Floats) -> Floats:
    """(CHECKED, P) the optimum, and draws."""
    return np.vstack([fit.x, xs[np.linspace(0, len(xs) - 1, CHECKED - 1).astype(int)]])


def emulator_error(problem: Problem, keep: Flags, xs: Floats, ms: Floats) -> float:
    """Root mean square over the targets of `keep` (T,), in SD of one study, at xs (n, P) with statistics ms (n, T).

    The noise of runs of RUN_REPLICATES studies is taken off.
    """
    exists = np.all(np.isfinite(ms), axis=1)
    sd = study_sd(problem.targets, problem.spread, np.median(ms[exists], axis=0))
    off = (ms[exists] - problem.emulator.predict(xs[exists])) / sd
    squares = np.maximum(np.mean(off[:, keep] ** 2, axis=0) - 1.0 / RUN_REPLICATES, 0.0)
    return float(np.sqrt(np.mean(squares)))
