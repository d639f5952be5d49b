"""Where the optimum lies and how flat it is: highest OS, what cannot be told from it, what is as good as it.

The best of many points is chosen after looking, and so looks better than it is. Therefore the intervals of
differences hold for all pairs of points at once (Bonferroni): whichever point was best, its differences from all
others are covered together with at least 95 %. Standard errors are those of paired differences, from the 256
replicate groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from simulator import counts as tally
from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH, Endpoint

AS_GOOD = 0.005  # of OS: half a percentage point
ALPHA = 0.05


@dataclass(frozen=True)
class Optimum:
    """Of a set of arms, positions (P,): losses in OS against the best, with simultaneous half-widths."""

    arms: tuple[int, ...]
    best: int
    """The arm with the highest OS; the first of equals."""
    os: float
    loss: np.ndarray
    half_width: np.ndarray

    @property
    def indistinguishable(self) -> list[int]:
        """Arms that may be the best: their loss may be zero."""
        return [arm for arm, d, h in zip(self.arms, self.loss, self.half_width, strict=True) if d <= h]

    @property
    def as_good(self) -> list[int]:
        """Arms that lose at most half a point by their estimate."""
        return [arm for arm, d in zip(self.arms, self.loss, strict=True) if d <= AS_GOOD]

    @property
    def surely_as_good(self) -> list[int]:
        """Arms that lose at most half a point at the far end of the interval."""
        return [a for a, d, h in zip(self.arms, self.loss, self.half_width, strict=True) if d + h <= AS_GOOD]


def deaths_by_group(counts: Counts, month: int) -> np.ndarray:
    """(A, 256) deaths by the month in each replicate group, exactly."""
    last = month * BINS_PER_MONTH // tally.BINS_PER_GROUP_BIN
    return np.asarray(counts.groups[:, Endpoint.OS, :, : last + 1].sum(axis=2, dtype=np.int64))


def optimum(deaths: np.ndarray, n: int, arms: Sequence[int]) -> Optimum:
    """The optimum among some arms, from their deaths (A, 256) among n patients."""
    groups = deaths.shape[1]
    chosen = deaths[list(arms)]
    totals = chosen.sum(axis=1)
    best = int(np.argmin(totals))
    pairs = max(len(chosen) * (len(chosen) - 1) // 2, 1)
    factor = float(t.ppf(1.0 - ALPHA / (2.0 * pairs), groups - 1))
    se = paired_se(chosen, best, n)
    loss = (totals - totals[best]) / n
    return Optimum(tuple(arms), arms[best], float((n - totals[best]) / n), loss, factor * se)


def paired_se(deaths: np.ndarray, against: int, n: int) -> np.ndarray:
    """(A,) standard errors of differences from one arm in the same n patients, from deaths (A, groups)."""
    return np.asarray(np.sqrt(deaths.shape[1] * np.var(deaths - deaths[against], axis=1, ddof=1)) / n)


def within(found: Optimum, line: Sequence[int], good: Sequence[int]) -> tuple[int, int]:
    """First and last position on a line of arms of the unbroken run of `good` ones around the best."""
    place = line.index(found.best)
    first = last = place
    while first > 0 and line[first - 1] in good:
        first -= 1
    while last < len(line) - 1 and line[last + 1] in good:
        last += 1
    return first, last


def as_json(found: Optimum, names: Sequence[str]) -> dict[str, Any]:
    """By names of points."""
    return {
        "best": names[found.best],
        "os": found.os,
        "loss": {
            names[arm]: {"value": float(d), "low": max(float(d - h), 0.0), "high": float(d + h)}
            for arm, d, h in zip(found.arms, found.loss, found.half_width, strict=True)
        },
        "not_distinguishable": [names[arm] for arm in found.indistinguishable],
        "within_half_a_point": [names[arm] for arm in found.as_good],
        "surely_within_half_a_point": [names[arm] for arm in found.surely_as_good],
        "monte_carlo_half_width": float(np.max(found.half_width)) if math.isfinite(found.os) else None,
    }
