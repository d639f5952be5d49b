"""One quantity of one arm, with its 95 % Monte Carlo interval, from whole numbers of patients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulator.endpoints import BINS_PER_MONTH
from simulator.estimators.intervals import wilson_interval

NORMAL_975 = 1.959963984540054

Numbers = dict[str, Any]
"""Of one result: value, low, high and the like; None = undefined or not reached."""


def proportion(x: int, n: int) -> Numbers:
    """x of n with the Wilson interval."""
    if n == 0:
        return {"value": None, "low": None, "high": None}
    interval = wilson_interval(x, n)
    return {"value": int(x) / n, "low": float(interval.lower), "high": float(interval.upper)}


def median_months(cumulative: np.ndarray, n: int) -> Numbers:
    """Median of a survival endpoint from cumulative events by bin.

    The interval turns the score interval of a proportion at one half into months (Brookmeyer and Crowley
    1982); with nobody censored it is an interval of order statistics and needs no density.
    """
    half_width = NORMAL_975 * math.sqrt(n) / 2.0
    return {
        "value": months_to(cumulative, n / 2.0),
        "low": months_to(cumulative, n / 2.0 - half_width) if n else None,
        "high": months_to(cumulative, n / 2.0 + half_width),
    }


def months_to(cumulative: np.ndarray, needed: float, bins_per_month: float = BINS_PER_MONTH) -> float | None:
    """When the cumulative events reach `needed`, linear within a bin; None = not by the horizon."""
    if not 0.0 < needed <= cumulative[-1]:
        return 0.0 if needed <= 0.0 < cumulative[-1] else None
    bin_ = int(np.searchsorted(cumulative, needed))
    if bin_ == 0:
        return 0.0
    before = cumulative[bin_ - 1]
    return float((bin_ - 1 + (needed - before) / (cumulative[bin_] - before)) / bins_per_month)


def restricted_moments(events: np.ndarray, n: int, month: int) -> tuple[int, int]:
    """Sum and sum of squares of the time lived up to `month`, in half bins, exactly."""
    limit = month * BINS_PER_MONTH
    time = np.maximum(2 * np.arange(limit + 1) - 1, 0)
    within = events[: limit + 1]
    beyond = n - int(within.sum())
    return int(within @ time) + beyond * 2 * limit, int(within @ time**2) + beyond * (2 * limit) ** 2


def restricted_mean_months(events: np.ndarray, n: int, month: int) -> Numbers:
    """Mean time without the event up to `month`."""
    if n == 0:
        return {"value": None, "low": None, "high": None}
    value, se = mean_and_se(*restricted_moments(events, n, month), n)
    return {"value": value, "low": value - NORMAL_975 * se, "high": value + NORMAL_975 * se}


def mean_and_se(total: int, squares: int, n: int) -> tuple[float, float]:
    """Mean and its standard error in months, from sums in half bins."""
    months = 1.0 / (2 * BINS_PER_MONTH)
    # integers until the division: no cancellation
    return total / n * months, math.sqrt((n * squares - total * total) / n**3) * months
