"""Two-group log-rank test, with ties and optional Fleming-Harrington weights.

Sources: Mantel 1966 (hypergeometric variance); Fleming & Harrington 1991, weights S(t-)^rho (1 - S(t-))^gamma
with S the pooled Kaplan-Meier, which for gamma = 0 is R ``survdiff(rho=)``.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled
from simulator.estimators.ordering import ordered


class LogRank(NamedTuple):
    """``z`` > 0: more events in the True group than expected; ``statistic`` = z²; ``p_value`` two-sided."""

    statistic: float
    p_value: float
    z: float


@compiled
def logrank(
    durations: NDArray[np.float64],
    events: NDArray[np.bool_],
    group: NDArray[np.bool_],
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Compare the patients with ``group`` True with the others.

    ``durations`` (n,) float in any one unit, ``events`` and ``group`` (n,) bool. rho = gamma = 0 is the
    log-rank; rho = 1 weighs early events, gamma = 1 late ones. All NaN when there is nothing to compare: no
    event while both groups are at risk.
    Errors: ValueError as in ``ordered``, or when ``group`` has another length.
    """
    order = ordered(durations, events)
    n = durations.size
    if group.size != n:
        raise ValueError("group and durations differ in length")
    in_group = 0
    for i in range(n):
        if group[i]:
            in_group += 1
    score = 0.0
    variance = 0.0
    s = 1.0
    i = 0
    while i < n:
        t = durations[order[i]]
        at_risk = float(n - i)
        group_at_risk = float(in_group)
        deaths = 0.0
        group_deaths = 0.0
        while i < n and durations[order[i]] == t:
            row = order[i]
            if events[row]:
                deaths += 1.0
                if group[row]:
                    group_deaths += 1.0
            if group[row]:
                in_group -= 1
            i += 1
        if deaths > 0.0:
            weight = s**rho * (1.0 - s) ** gamma
            share = group_at_risk / at_risk
            score += weight * (group_deaths - deaths * share)
            if at_risk > 1.0:
                ties = (at_risk - deaths) / (at_risk - 1.0)
                variance += weight**2 * deaths * share * (1.0 - share) * ties
            s *= (at_risk - deaths) / at_risk
    if not variance > 0.0:
        return LogRank(np.nan, np.nan, np.nan)
    z = score / math.sqrt(variance)
    return LogRank(z * z, math.erfc(abs(z) / math.sqrt(2.0)), z)
