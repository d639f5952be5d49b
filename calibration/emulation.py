"""The design behind the emulator: two waves of simulations where the posterior lies, and runs held out of the fit.

Wave 1 is drawn from the normal approximation at the greatest posterior density, wave 2 from the posterior that the
first emulator gives. Runs are many and small: every run has its own patients, so that their noise averages out, and
more places are worth more than more patients in each. The last runs of each wave are held out. The emulator's error
on them, their noise taken off, becomes part of the likelihood's variance; an emulator off by more than
`LARGEST_ERROR` is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from calibration.emulator import fit_emulator
from calibration.evaluations import Evaluations, Report
from calibration.likelihood import Likelihood, likelihood
from calibration.optimum import Optimum
from calibration.problem import Problem
from calibration.refit import refit
from calibration.sampling import crank_nicolson, log_density
from calibration.spread import Spread
from calibration.targets import COUNT, Target, published

Floats = NDArray[np.float64]

WAVES = (2000, 3500)
RUN_REPLICATES = 60  # studies of each kind in a run of the design
HELD_OUT = 150  # of each wave
LARGEST_ERROR = 0.5  # root mean square over the targets, in standard deviations of one study
SEED = 20231204


class EmulatorError(Exception):
    """An emulator that is not good enough; the message says by how much."""


def emulated(
    evaluations: Evaluations,
    spread: Spread,
    wanted: Likelihood,
    best: Optimum,
    about: dict[str, Any],
    say: Callable[[str], None],
    progress: Report,
) -> Problem:
    """The problem with its emulator, from the optimum over all parameters."""
    x = best.x
    curvature = best.jacobian.T @ wanted.terms(best.m).curvature @ best.jacobian
    factor = np.linalg.cholesky(np.linalg.inv(curvature + np.eye(len(x))))
    design = replace(evaluations, replicates=RUN_REPLICATES)
    rng = np.random.default_rng(SEED)

    say(f"wave 1: {WAVES[0]} runs")
    xs, ms = simulated(design, x + rng.standard_normal((WAVES[0], len(x))) @ factor.T, 0, progress)
    first = _problem(evaluations, spread, x, xs, ms, about)
    say(described(about["emulator"]))

    say(f"wave 2: {WAVES[1]} runs")
    chains, _ = crank_nicolson(log_density(first), refit(first), SEED, steps=2000)
    drawn = rng.permutation(chains.reshape(-1, len(x)))[: WAVES[1]]
    xs_2, ms_2 = simulated(design, drawn, WAVES[0], progress)
    second = _problem(evaluations, spread, x, np.vstack([xs, xs_2]), np.vstack([ms, ms_2]), about)
    say(described(about["emulator"]))
    if about["emulator"]["error"] > LARGEST_ERROR:
        raise EmulatorError(f"the emulator is not good enough: {described(about['emulator'])}")
    return second


def simulated(design: Evaluations, xs: Floats, first_run: int, progress: Report) -> tuple[Floats, Floats]:
    """(positions, statistics) of the runs in which every statistic exists; run k has patients of its own."""
    firsts = [design.replicates * (first_run + k + 1) for k in range(len(xs))]
    ms = design.many(list(xs), firsts, progress)
    exists = np.all(np.isfinite(ms), axis=1)
    return xs[exists], ms[exists]


def study_sd(targets: tuple[Target, ...], spread: Spread, m: Floats) -> Floats:
    """(T,) standard deviation of one study's statistic on the working scale, at population statistics m (T,)."""
    p = expit(m)
    return np.array(
        [
            1.0 / np.sqrt(one.out_of * p[i] * (1.0 - p[i])) if one.kind == COUNT else np.sqrt(spread.covariance[i, i])
            for i, one in enumerate(targets)
        ]
    )


def _problem(
    evaluations: Evaluations, spread: Spread, x: Floats, xs: Floats, ms: Floats, about: dict[str, Any]
) -> Problem:
    """Fitted to all runs but the last `HELD_OUT`, on which its error is measured and noted in `about`."""
    targets = evaluations.targets
    emulator = fit_emulator(xs[:-HELD_OUT], ms[:-HELD_OUT], x)
    xs, ms = xs[-HELD_OUT:], ms[-HELD_OUT:]
    predicted = emulator.predict(xs)
    off = (ms - predicted) / study_sd(targets, spread, np.median(ms, axis=0))
    squares = np.mean(off**2, axis=0)
    error = np.sqrt(np.maximum(squares - 1.0 / RUN_REPLICATES, 0.0))
    spread = replace(spread, error=error)
    wanted = likelihood(targets, spread, published(targets))
    gap = wanted.value(ms) - wanted.value(predicted)
    r2 = 1.0 - np.mean((ms - predicted) ** 2, axis=0) / np.var(ms, axis=0)
    about["emulator"] = {
        "held_out": len(xs),
        "error": float(np.sqrt(np.mean(error**2))),
        "error_by_target": {one.id: round(float(value), 3) for one, value in zip(targets, error, strict=True)},
        "z_sd": float(np.std(off / np.sqrt(squares))),
        "z_largest": float(np.max(np.abs(off / np.sqrt(squares)))),
        "r2_median": float(np.median(r2)),
        "log_likelihood_error_sd": float(np.std(gap)),
        "log_likelihood_sd": float(np.std(wanted.value(ms))),
    }
    return Problem(evaluations.parameters, evaluations.priors, targets, spread, emulator, about)


def described(found: dict[str, Any]) -> str:
    """For the terminal."""
    errors = found["error_by_target"]
    worst = max(errors, key=errors.__getitem__)
    return (
        f"emulator on {found['held_out']} held-out runs: off by {found['error']:.2f} SD of one study, most in {worst} "
        f"({errors[worst]:.2f}); R2 median {found['r2_median']:.2f}, largest z {found['z_largest']:.1f}; "
        f"log L off by {found['log_likelihood_error_sd']:.1f} where it varies by {found['log_likelihood_sd']:.1f} (SD)"
    )
