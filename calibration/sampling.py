"""Draws from the emulated posterior: preconditioned Crank-Nicolson steps by emcee, around the Laplace approximation.

A step goes part of the way to an independent draw of the approximation N(x, C), and is accepted by what the posterior
says beyond it (Cotter et al. 2013): where the approximation is good, nearly every step is accepted, in any dimension.
Walkers are chains of their own, so that R-hat between them means what it says. Compared on the joint posterior in
`benchmarks/samplers.py`; R-hat and effective sample sizes are those of arviz-stats (Vehtari et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.likelihood import likelihood
from calibration.problem import Problem
from calibration.refit import Laplace
from calibration.targets import published

Floats = NDArray[np.float64]
LogDensity = Callable[[Floats], Floats]  # (n, parameters) -> (n,)

CHAINS = 16
STEPS = 6000
WARM_UP = 1000
BETA = 0.5  # 1 would propose independent draws
TAILS = (0.05, 0.95)  # whose effective sample size is that of the tails
WIDENED = 1.05  # the approximation's standard deviations, so that tails are reached


def log_density(problem: Problem) -> LogDensity:
    """Unnormalised log posterior density of positions (n, parameters) given what was published."""
    wanted = likelihood(problem.targets, problem.spread, published(problem.targets))
    predict = problem.emulator.predict
    return lambda xs: wanted.value(predict(xs)) - 0.5 * np.sum(xs**2, axis=1)


def crank_nicolson(
    density: LogDensity,
    laplace: Laplace,
    seed: int,
    chains: int = CHAINS,
    steps: int = STEPS,
    beta: float = BETA,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Floats, float]:
    """(chains, steps, parameters) positions after the warm-up, and the share of steps accepted."""
    import emcee

    factor = np.linalg.cholesky(laplace.covariance) * WIDENED
    keep = np.sqrt(1.0 - beta**2)

    def whitened(z: Floats) -> Floats:
        return density(laplace.x + z @ factor.T)

    def propose(z: Floats, random: Any) -> tuple[Floats, Floats]:
        moved = keep * z + beta * random.standard_normal(z.shape)
        return moved, 0.5 * (np.sum(moved**2, axis=1) - np.sum(z**2, axis=1))

    sampler = emcee.EnsembleSampler(chains, len(laplace.x), whitened, moves=emcee.moves.MHMove(propose), vectorize=True)
    start = np.random.default_rng(seed).standard_normal((chains, len(laplace.x)))
    sampler.random_state = np.random.RandomState(seed % 2**32).get_state()
    total = WARM_UP + steps
    for done, _ in enumerate(sampler.sample(start, iterations=total), 1):
        if done % 100 == 0:
            progress(done, total)
    z = sampler.get_chain(discard=WARM_UP).swapaxes(0, 1)
    return laplace.x + z @ factor.T, float(np.mean(sampler.acceptance_fraction))


def r_hat(chains: Floats) -> Floats:
    """Rank-normalised split R-hat of each quantity in chains (chains, draws, quantities)."""
    from arviz_stats.base.array import array_stats

    return np.asarray(array_stats.rhat(chains, chain_axis=0, draw_axis=1))


def effective_draws(chains: Floats) -> Floats:
    """The smaller of bulk and tail effective sample sizes of each quantity in chains (chains, draws, quantities)."""
    from arviz_stats.base.array import array_stats

    bulk = array_stats.ess(chains, chain_axis=0, draw_axis=1, method="bulk")
    return np.minimum(bulk, array_stats.ess(chains, chain_axis=0, draw_axis=1, method="tail", prob=TAILS))
