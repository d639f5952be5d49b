"""Restricted mean survival time: the area under Kaplan-Meier up to a horizon.

Sources: Irwin 1949; variance sum of (area still to come)² d / (n (n - d)), Klein & Moeschberger 2003 §4.5,
which is R ``survRM2`` and ``print(survfit, rmean=tau)``.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled
from simulator.estimators.ordering import ordered


class RestrictedMean(NamedTuple):
    """Mean and its standard error, in the unit of the durations."""

    mean: float
    standard_error: float


@compiled
def restricted_mean(durations: NDArray[np.float64], events: NDArray[np.bool_], tau: float) -> RestrictedMean:
    """Mean time alive in [0, tau]; ``durations`` (n,) float and ``tau`` in one unit, ``events`` (n,) bool.

    When follow-up ends before tau, S is kept at its last value up to tau: the mean is then too high and its
    standard error too low, so choose tau within follow-up. NaN when n = 0.
    Errors: ValueError as in ``ordered``, or when tau is not positive and finite.
    """
    order = ordered(durations, events)
    n = durations.size
    if not 0.0 < tau < np.inf:
        raise ValueError("tau must be positive and finite")
    if n == 0:
        return RestrictedMean(np.nan, np.nan)
    area_before = np.empty(n)
    greenwood_step = np.empty(n)
    steps = 0
    area = 0.0
    s = 1.0
    previous = 0.0
    i = 0
    while i < n and durations[order[i]] <= tau:
        t = durations[order[i]]
        at_risk = n - i
        deaths = 0
        while i < n and durations[order[i]] == t:
            if events[order[i]]:
                deaths += 1
            i += 1
        if deaths > 0:
            area += s * (t - previous)
            previous = t
            s *= (at_risk - deaths) / at_risk
            # At S = 0 no area is left to come, so the infinite step would be multiplied by 0: drop it.
            greenwood_step[steps] = deaths / (at_risk * (at_risk - deaths)) if deaths < at_risk else 0.0
            area_before[steps] = area
            steps += 1
    area += s * (tau - previous)
    variance = 0.0
    for k in range(steps):
        variance += (area - area_before[k]) ** 2 * greenwood_step[k]
    return RestrictedMean(area, math.sqrt(variance))
