"""Ways to draw from the same emulated posterior: smallest effective sample size, R-hat and seconds of each.

    python -m benchmarks.samplers [PROBLEM.npz]

Crank-Nicolson steps around the Laplace approximation are what `allpath posterior` uses. emcee's own ensemble moves
(stretch; differential evolution with snooker steps) run in coordinates whitened by the same approximation, which is
the best that can be done for them. Importance sampling from the approximation is judged by the shape k of its weights'
tail (Vehtari et al. 2024): above 0.7 it is not to be trusted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from calibration.posterior import SURVIVAL
from calibration.problem import Problem, load_problem
from calibration.refit import Laplace, refit
from calibration.sampling import Floats, LogDensity, crank_nicolson, effective_draws, log_density, r_hat

SEED = 3
ENSEMBLES = 4


def crank_nicolson_chains(density: LogDensity, laplace: Laplace) -> Floats:
    """As shipped."""
    return crank_nicolson(density, laplace, SEED)[0]


def ensembles(density: LogDensity, laplace: Laplace, moves: list, steps: int = 4000) -> Floats:
    """(independent ensembles, draws, parameters): each ensemble's walkers one after another, every 20th step."""
    import emcee

    dimension = len(laplace.x)
    walkers = 2 * dimension + 2
    factor = np.linalg.cholesky(laplace.covariance)
    chains = []
    for ensemble in range(ENSEMBLES):
        rng = np.random.default_rng(SEED + ensemble)
        sampler = emcee.EnsembleSampler(
            walkers, dimension, lambda z: density(laplace.x + z @ factor.T), moves=moves, vectorize=True
        )
        sampler.random_state = np.random.RandomState(SEED + ensemble).get_state()
        sampler.run_mcmc(rng.standard_normal((walkers, dimension)), steps)
        z = sampler.get_chain(discard=steps // 4, thin=20)[:, ::10]  # (draws, some walkers, parameters)
        chains.append(laplace.x + z @ factor.T)
    stacked = np.stack(chains)  # a walker is a chain of its own for R-hat and effective draws
    return np.concatenate(np.moveaxis(stacked, 2, 1))


def stretch(density: LogDensity, laplace: Laplace) -> Floats:
    """emcee's default."""
    import emcee

    return ensembles(density, laplace, [emcee.moves.StretchMove()])


def differential_evolution(density: LogDensity, laplace: Laplace) -> Floats:
    """Differential evolution, a fifth of the steps snooker."""
    import emcee

    return ensembles(density, laplace, [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)])


def importance(density: LogDensity, laplace: Laplace, draws: int = 100_000) -> tuple[float, float]:
    """(effective draws, tail shape k) of Pareto-smoothed weights of draws of the approximation."""
    from arviz_stats.base.array import array_stats

    xs = laplace.draws(draws, SEED)
    z = np.linalg.solve(np.linalg.cholesky(laplace.covariance), (xs - laplace.x).T).T
    log_ratio = density(xs) + 0.5 * np.sum(z**2, axis=1)
    smoothed, k = array_stats.psislw(log_ratio)
    weights = np.exp(smoothed - np.max(smoothed))
    return float(weights.sum() ** 2 / np.sum(weights**2)), float(k)


def survival(problem: Problem, chains: Floats) -> Floats:
    """(chains, draws, regimens) OS at 36 months of each regimen, working scale."""
    flat = problem.emulator.predict(chains.reshape(-1, chains.shape[2]))
    rows = [problem.index(key) for key in SURVIVAL]
    return flat[:, rows].reshape(*chains.shape[:2], len(rows))


def main(problem: Problem) -> None:
    """One line a sampler."""
    density, laplace = log_density(problem), refit(problem)
    samplers: dict[str, Callable[[LogDensity, Laplace], Floats]] = {
        "Crank-Nicolson": crank_nicolson_chains,
        "stretch": stretch,
        "differential evolution": differential_evolution,
    }
    for name, sampler in samplers.items():
        begin = time.monotonic()
        chains = sampler(density, laplace)
        seconds = time.monotonic() - begin
        effective, hats = effective_draws(chains), r_hat(chains)
        of_survival = effective_draws(survival(problem, chains)).min()
        print(
            f"{name:<24} {seconds:6.0f} s   effective draws: least {effective.min():7.0f}, OS {of_survival:7.0f}"
            f"   R-hat at most {hats.max():.3f}   least per second {effective.min() / seconds:6.1f}",
            flush=True,
        )
    begin = time.monotonic()
    effective, k = importance(density, laplace)
    print(f"{'importance (PSIS)':<24} {time.monotonic() - begin:6.0f} s   effective draws {effective:7.0f}   k {k:.2f}")


if __name__ == "__main__":
    main(load_problem(sys.argv[1] if len(sys.argv) > 1 else "joint"))
