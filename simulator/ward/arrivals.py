"""When patients are referred: draws keyed by (seed, replicate, decision), the same in every arm."""

from __future__ import annotations

import numpy as np

from simulator import draws
from simulator.compiled import compiled
from simulator.draws import exponential_from, uniform_pair
from simulator.scenario.sharing import MONTHS_A_YEAR, Ward
from simulator.strategy import DAYS_PER_MONTH

DAYS_PER_YEAR = MONTHS_A_YEAR * DAYS_PER_MONTH


@compiled
def uniforms(seed: np.uint64, replicate: int, n: int) -> np.ndarray:
    """(n,) the uniforms of the arrivals of a replicate, in order."""
    found = np.empty(n)
    for arrival in range(n):
        found[arrival] = uniform_pair(seed, replicate, draws.ARRIVAL // 2, arrival)[0]
    return found


def arrival_days(ward: Ward, seed: int, replicate: int) -> np.ndarray:
    """(patients_per_replicate,) increasing ward days of referral."""
    n = ward.patients_per_replicate
    if ward.arrivals == "all_at_once":
        return np.zeros(n)
    u = uniforms(np.uint64(seed), replicate, n)
    if ward.arrivals == "poisson":
        gaps = np.array([exponential_from(each) for each in u]) * DAYS_PER_YEAR / ward.patients_per_year
        return np.cumsum(gaps)
    years = n // ward.yearly() + 1
    months = np.repeat(np.arange(years * MONTHS_A_YEAR), ward.patients_by_month * years)[:n]
    return np.sort((months + u) * DAYS_PER_MONTH)
