"""Differences between two arms in the same patients: from 2 x 2 counts, restricted means and medians."""

from __future__ import annotations

import math

import numpy as np

from simulator import counts as tally
from simulator.comparison.arm_estimates import population_size
from simulator.comparison.quantities import (
    NORMAL_975,
    Numbers,
    mean_and_se,
    median_months,
    restricted_moments,
)
from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH


def paired_proportions(pairs: np.ndarray, survival: bool) -> Numbers:
    """Difference of two proportions in the same patients from a 2 x 2 count [event here, event there].

    var = (b + c - (b - c)^2 / n) / n^2 with b, c the discordant counts; the interval adds one to each of them
    (Bonett and Price 2012), so that it has a width even where no pair differs.
    """
    n = int(pairs.sum())
    if n == 0:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    only_here, only_there = int(pairs[1, 0]), int(pairs[0, 1])
    gain = only_there - only_here if survival else only_here - only_there
    paired = discordant_variance(only_here, only_there, n)
    shares = (int(pairs[1].sum()) / n, int(pairs[:, 1].sum()) / n)
    unpaired = sum(share * (1.0 - share) / n for share in shares)
    middle = gain / (n + 2)
    half_width = NORMAL_975 * math.sqrt(discordant_variance(only_here + 1, only_there + 1, n + 2))
    return {
        "value": gain / n,
        "low": max(middle - half_width, -1.0),
        "high": min(middle + half_width, 1.0),
        "mc_se": math.sqrt(paired),
        "variance_reduction": unpaired / paired if paired > 0.0 else None,
    }


def discordant_variance(b: int, c: int, n: int) -> float:
    """Variance of (b - c) / n; integers until the division."""
    return (n * (b + c) - (b - c) ** 2) / n**3


def paired_restricted_means(
    counts: Counts, arm: int, reference: int, endpoint: int, month: int, position: int
) -> Numbers:
    """Difference of restricted means from the sums of d and d squared."""
    n = population_size(counts, arm, endpoint)
    if n == 0:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    total, squares = (int(each) for each in counts.restricted[arm, endpoint, position])
    value, se = mean_and_se(total, squares, n)
    unpaired = sum(
        mean_and_se(*restricted_moments(counts.events[each, endpoint], n, month), n)[1] ** 2
        for each in (arm, reference)
    )
    reduction = unpaired / se**2 if se > 0.0 else None
    low, high = value - NORMAL_975 * se, value + NORMAL_975 * se
    return {"value": value, "low": low, "high": high, "mc_se": se, "variance_reduction": reduction}


def paired_medians(counts: Counts, arm: int, reference: int, endpoint: int) -> Numbers:
    """Difference of medians with its standard error; null where either is not reached."""
    n = population_size(counts, arm, endpoint)
    both = [median_months(np.cumsum(counts.events[each, endpoint]), n) for each in (arm, reference)]
    if both[0]["value"] is None or both[1]["value"] is None:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    groups = [counts.groups[each, endpoint] for each in (arm, reference)]
    paired, unpaired = median_variances(both, groups, n)
    value, se = both[0]["value"] - both[1]["value"], math.sqrt(paired)
    return {
        "value": value,
        "low": value - NORMAL_975 * se,
        "high": value + NORMAL_975 * se,
        "mc_se": se,
        "variance_reduction": unpaired / paired if paired > 0.0 else None,
    }


def median_variances(medians: list[Numbers], groups: list[np.ndarray], n: int) -> tuple[float, float]:
    """Variance of the difference of two medians: paired (replicate groups) and unpaired.

    Near its limit a median moves by -slope for every event more before it, slope = 1 / (n x density). The
    slope comes from the width of the median's own interval (Woodruff 1952), the joint law of the events of
    both arms from the 256 replicate groups (`groups`, each (256, group bins)). Unlike medians of groups these
    counts are sums, so that small groups do no harm.
    """
    slopes = [median_slope(numbers, n) for numbers in medians]
    excess = [
        slope * (events_by(histogram, numbers["value"]) - histogram.sum(axis=1) / 2.0)
        for slope, numbers, histogram in zip(slopes, medians, groups, strict=True)
    ]
    paired = tally.REPLICATE_GROUPS * float(np.var(excess[0] - excess[1], ddof=1))
    return paired, sum(slope**2 * n / 4.0 for slope in slopes)


def median_slope(numbers: Numbers, n: int) -> float:
    """Months by which one event more before the median brings it forward."""
    events = NORMAL_975 * math.sqrt(n) / 2.0  # on either side of the median, by construction of its interval
    if numbers["high"] is None:  # a flat tail: only the lower side is known
        return float((numbers["value"] - numbers["low"]) / events)
    return float((numbers["high"] - numbers["low"]) / (2.0 * events))


def events_by(histogram: np.ndarray, months: float) -> np.ndarray:
    """Events (256,) of each replicate group by a time, linear within a group bin."""
    cumulative = np.cumsum(histogram, axis=1)
    position = months * BINS_PER_MONTH / tally.BINS_PER_GROUP_BIN
    below = int(position)
    share = position - below
    return (1.0 - share) * cumulative[:, below] + share * cumulative[:, below + 1]
