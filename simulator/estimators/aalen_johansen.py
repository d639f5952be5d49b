"""Cumulative incidence with competing causes (Aalen-Johansen), exact with ties: no jitter.

Sources: Aalen & Johansen 1978; variance by the delta method on the multinomial increments (Marubini &
Valsecchi 1995 §10.3, also the Greenwood-type variance of R ``etm``). With a single cause it is Greenwood's
variance of 1 - S.

``durations`` (n,) float, finite, >= 0, any one unit (days here); ``causes`` (n,) int: 0 = censored, 1..k =
cause.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.compiled import compiled
from simulator.estimators.ordering import ordered


class CumulativeIncidence(NamedTuple):
    """Incidence of one cause at the requested times; every field has shape (m,)."""

    times: NDArray[np.float64]
    incidence: NDArray[np.float64]
    variance: NDArray[np.float64]


@compiled
def _incidence(
    durations: NDArray[np.float64], causes: NDArray[np.int64], cause: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Per event time (any cause): time, F after it, S before it, and (at risk, all events, this cause)."""
    order = ordered(durations, causes)
    n = durations.size
    at = np.empty(n)
    incidence = np.empty(n)
    survival_before = np.empty(n)
    counts = np.empty((n, 3), np.int64)
    steps = 0
    s = 1.0
    f = 0.0
    i = 0
    while i < n:
        t = durations[order[i]]
        at_risk = n - i
        any_cause = 0
        this_cause = 0
        while i < n and durations[order[i]] == t:
            if causes[order[i]] != 0:
                any_cause += 1
            if causes[order[i]] == cause:
                this_cause += 1
            i += 1
        if any_cause > 0:
            f += s * this_cause / at_risk
            at[steps] = t
            incidence[steps] = f
            survival_before[steps] = s
            counts[steps, 0] = at_risk
            counts[steps, 1] = any_cause
            counts[steps, 2] = this_cause
            s *= (at_risk - any_cause) / at_risk
            steps += 1
    return at[:steps], incidence[:steps], survival_before[:steps], counts[:steps]


@compiled
def _variance(
    incidence: NDArray[np.float64],
    survival_before: NDArray[np.float64],
    counts: NDArray[np.int64],
    steps: int,
) -> float:
    """Delta-method variance of F after the first ``steps`` event times."""
    total = 0.0
    for j in range(steps):
        n = float(counts[j, 0])
        d = float(counts[j, 1])
        d1 = float(counts[j, 2])
        still_to_come = incidence[steps - 1] - incidence[j]
        # All at risk failed: nothing is still to come, and the first term's limit is 0, not 0 * inf.
        if d < n:
            total += still_to_come**2 * d / (n * (n - d))
        total += survival_before[j] ** 2 * d1 * (n - d1) / n**3
        total -= 2.0 * still_to_come * survival_before[j] * d1 / n**2
    return total


@compiled
def incidence_at(durations: NDArray[np.float64], causes: NDArray[np.int64], cause: int, t: float) -> float:
    """F of ``cause`` at t as one float, for replicates; events at exactly t count.

    After the last observation F stays at its last value. NaN when n = 0. Errors: ValueError as in
    ``ordered``.
    """
    at, incidence, _, _ = _incidence(durations, causes, cause)
    if durations.size == 0:
        return np.nan
    k = np.searchsorted(at, t, side="right")
    return incidence[k - 1] if k > 0 else 0.0


def cumulative_incidence(durations: ArrayLike, causes: ArrayLike, cause: int, times: ArrayLike) -> CumulativeIncidence:
    """F of ``cause`` at ``times`` (m,) with its variance.

    Errors: ValueError as in ``ordered``, when n = 0, when ``cause`` < 1 or a code is negative. A cause that
    nobody had is not an error: its incidence is 0.
    """
    durations = np.asarray(durations, dtype=float)
    causes = np.asarray(causes, dtype=np.int64)
    times = np.atleast_1d(np.asarray(times, dtype=float))
    if durations.size == 0:
        raise ValueError("no patients")
    if cause < 1 or np.any(causes < 0):
        raise ValueError("causes are coded 1, 2, ... and 0 for censored")
    at, incidence, survival_before, counts = _incidence(durations, causes, cause)
    k = np.searchsorted(at, times, side="right")
    variance = np.array([_variance(incidence, survival_before, counts, int(steps)) for steps in k])
    return CumulativeIncidence(times, np.concatenate(([0.0], incidence))[k], variance)
