"""The design behind the emulator: two waves of simulations where the posterior lies, and runs held out of the fit.

Wave 1 is drawn around the greatest posterior density by the curvature there, widened; wave 2 from the posterior that
the first emulator gives. The last runs of wave 2 are held out: the emulator's error on them is reported, and an
emulator that would move log L by more than one unit is refused. Every run has its own patients, so that simulation
noise averages out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.emulator import Emulator, fit_emulator, informed_directions
from calibration.evaluations import Evaluations, Report
from calibration.likelihood import Likelihood
from calibration.optimum import jacobian_at
from calibration.problem import Problem
from calibration.refit import refit
from calibration.sampling import crank_nicolson, log_density
from calibration.spread import Spread

Floats = NDArray[np.float64]

WAVES = (1100, 1100)
HELD_OUT = 150  # of the second wave
WIDENED = 1.2
LARGEST_ERROR = 1.0  # SD of the error of log L on held-out runs
SEED = 20231204


class EmulatorError(Exception):
    """An emulator that is not good enough; the message says by how much."""


def emulated(
    evaluations: Evaluations,
    spread: Spread,
    wanted: Likelihood,
    x: Floats,
    m: Floats,
    about: dict[str, Any],
    say: Callable[[str], None],
    progress: Report,
) -> Problem:
    """The problem with its emulator, from the optimum x (parameters,) with statistics m (targets,)."""
    everything = np.arange(len(x))
    say("differences at the greatest posterior density")
    jacobian = jacobian_at(lambda xs: evaluations.same(xs, progress), x, everything)
    curvature = jacobian.T @ wanted.terms(m).curvature @ jacobian
    directions = informed_directions(curvature)

    def problem(xs: Floats, ms: Floats) -> Problem:
        emulator = fit_emulator(xs, ms, x, jacobian, directions)
        return Problem(evaluations.parameters, evaluations.priors, evaluations.targets, spread, emulator, about)

    say(f"wave 1: {WAVES[0]} runs")
    factor = np.linalg.cholesky(np.linalg.inv(curvature + np.eye(len(x))))
    z = np.random.default_rng(SEED).standard_normal((WAVES[0], len(x)))
    xs, ms = simulated(evaluations, x + WIDENED * z @ factor.T, 0, progress)
    first = problem(xs, ms)
    say(f"wave 2: {WAVES[1]} runs")
    chains, _ = crank_nicolson(log_density(first), refit(first), SEED, steps=2000)
    drawn = chains.reshape(-1, len(x))
    drawn = drawn[np.linspace(0, len(drawn) - 1, WAVES[1]).astype(int)]
    drawn = drawn[np.random.default_rng(SEED).permutation(len(drawn))]
    xs_2, ms_2 = simulated(evaluations, drawn, WAVES[0], progress)
    second = problem(np.vstack([xs, xs_2[:-HELD_OUT]]), np.vstack([ms, ms_2[:-HELD_OUT]]))
    about["emulator"] = held_out(second.emulator, wanted, xs_2[-HELD_OUT:], ms_2[-HELD_OUT:])
    say(described(about["emulator"]))
    if about["emulator"]["log_likelihood_error_sd"] > LARGEST_ERROR:
        raise EmulatorError(f"the emulator is not good enough: {described(about['emulator'])}")
    return second


def simulated(evaluations: Evaluations, xs: Floats, first_run: int, progress: Report) -> tuple[Floats, Floats]:
    """(positions, statistics) of the runs in which every statistic exists; run k has patients of its own."""
    firsts = [evaluations.replicates * (first_run + k + 1) for k in range(len(xs))]
    ms = evaluations.many(list(xs), firsts, progress)
    exists = np.all(np.isfinite(ms), axis=1)
    return xs[exists], ms[exists]


def held_out(emulator: Emulator, wanted: Likelihood, xs: Floats, ms: Floats) -> dict[str, Any]:
    """Errors on runs (n, P), (n, T) that the emulator has not seen, each run's own simulation noise included."""
    predicted = emulator.predict(xs)
    errors = ms - predicted
    rms = np.sqrt(np.mean(errors**2, axis=0))
    z = errors / rms
    gap = wanted.value(ms) - wanted.value(predicted)
    r2 = 1.0 - np.mean(errors**2, axis=0) / np.var(ms, axis=0)
    return {
        "runs": len(xs),
        "log_likelihood_error_sd": round(float(np.std(gap)), 3),
        "log_likelihood_error_mean": round(float(np.mean(gap)), 3),
        "largest_z": round(float(np.max(np.abs(z))), 2),
        "r2_median": round(float(np.median(r2)), 3),
        "r2": {one.id: round(float(value), 3) for one, value in zip(wanted.targets, r2, strict=True)},
    }


def described(found: dict[str, Any]) -> str:
    """One line for the terminal."""
    worst = min(found["r2"], key=found["r2"].get)
    return (
        f"emulator on {found['runs']} held-out runs: log L off by {found['log_likelihood_error_mean']:+.2f} "
        f"(SD {found['log_likelihood_error_sd']:.2f}), R2 median {found['r2_median']:.3f}, "
        f"least {found['r2'][worst]:.3f} ({worst}), largest |z| {found['largest_z']:.1f}"
    )
