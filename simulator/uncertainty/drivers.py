"""Which parameters drive the difference between two arms, from the joint draws themselves.

A parameter's share is that of the variance of the difference that is explained by knowing it alone (a first-order
index: Saltelli et al. 2010): parameters that go together in the posterior share what they explain, so that shares need
not add up to one. The bar of a tornado is the expected difference with the parameter at the ends of the middle 95 % of
its draws, all others where the evidence then has them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.posterior import Floats, Posterior
from simulator.uncertainty.surface import surface_of


class Driver(NamedTuple):
    """A parameter, the share of variance it explains, its middle 95 % in natural units, and the outcome there.

    `clear`: a parameter without effect, the luckiest of all, would seldom (1 in 20 analyses) explain as much.
    """

    parameter: str
    share: float
    low: float
    high: float
    outcome_low: float
    outcome_high: float
    clear: bool


class Drivers(NamedTuple):
    """All parameters, the largest share first; `r_squared`: left-out share explained by all together."""

    rows: list[Driver]
    r_squared: float


def drivers_of(posterior: Posterior, rows: np.ndarray, outcomes: Floats, noise_shares: Floats) -> list[Drivers]:
    """Drivers of each outcome (K, C) under the draws `rows` (K,) of the posterior.

    Shares are of the variance without chance, of which `noise_shares` (C,) is the part; never more than all of it.
    """
    working, natural = posterior.working[rows], posterior.values[rows]
    real = np.maximum(1.0 - noise_shares, 1e-9)
    luckiest = by_chance(len(rows), len(posterior.names))
    found: list[list[Driver]] = [[] for _ in range(outcomes.shape[1])]
    for at, name in enumerate(posterior.names):
        surface = surface_of(working[:, [at]], outcomes)
        there = surface.at(np.percentile(working[:, at], [2.5, 97.5])[:, None])
        low, high = map(float, np.percentile(natural[:, at], [2.5, 97.5]))
        shares = np.clip(surface.r_squared / real, 0.0, 1.0)
        for each, share, ends, clear in zip(found, shares, there.T, surface.r_squared > luckiest, strict=True):
            each.append(Driver(name, float(share), low, high, float(ends[0]), float(ends[1]), bool(clear)))
    together = np.clip(surface_of(working, outcomes).r_squared / real, 0.0, 1.0)
    by_share = [sorted(each, key=lambda driver: (-driver.share, driver.parameter)) for each in found]
    return [Drivers(each, float(share)) for each, share in zip(by_share, together, strict=True)]


def by_chance(draws: int, parameters: int) -> float:
    """R squared that the luckiest of so many idle parameters exceeds in 1 of 20 analyses, at most.

    Of two terms fitted to normal noise R squared is Beta(1, (draws - 3) / 2); Bonferroni over parameters. Left-out
    shares are smaller than fitted ones, so that this is on the safe side.
    """
    return float(1.0 - (0.05 / parameters) ** (2.0 / (draws - 3)))
