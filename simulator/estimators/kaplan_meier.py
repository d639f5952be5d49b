"""Kaplan-Meier survival, its Greenwood interval, median, numbers at risk and reverse-KM follow-up.

Sources: Kaplan & Meier 1958; Greenwood 1926; log(-log) interval, Kalbfleisch & Prentice 1980 (R ``survfit``
with ``conf.type="log-log"``); reverse Kaplan-Meier, Schemper & Smith 1996.

Conventions throughout: ``durations`` (n,) float in any one unit (days here), finite and >= 0; ``events`` (n,)
bool, True = event, False = censored; someone censored at t is still at risk at t; S is right-continuous.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.compiled import compiled
from simulator.estimators.ordering import ordered

NORMAL_975 = 1.959963984540054

# The product of (1 - d/n) can land a few 1e-16 above 1/2 where the exact value is 1/2; the nearest other true
# value without censoring is 1/n away.
HALF = 0.5 + 1e-12


class KaplanMeier(NamedTuple):
    """Survival at the requested times; every field has shape (m,)."""

    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    standard_error: NDArray[np.float64]


@compiled
def _steps(
    durations: NDArray[np.float64], events: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Event times, S just after each, and the sum of d / (n (n - d)) up to each (inf at S = 0)."""
    order = ordered(durations, events)
    n = durations.size
    at = np.empty(n)
    survival = np.empty(n)
    greenwood = np.empty(n)
    steps = 0
    s = 1.0
    g = 0.0
    i = 0
    while i < n:
        t = durations[order[i]]
        at_risk = n - i
        deaths = 0
        while i < n and durations[order[i]] == t:
            if events[order[i]]:
                deaths += 1
            i += 1
        if deaths > 0:
            s *= (at_risk - deaths) / at_risk
            g = g + deaths / (at_risk * (at_risk - deaths)) if deaths < at_risk else np.inf
            at[steps] = t
            survival[steps] = s
            greenwood[steps] = g
            steps += 1
    return at[:steps], survival[:steps], greenwood[:steps]


@compiled
def survival_at(durations: NDArray[np.float64], events: NDArray[np.bool_], t: float) -> float:
    """S(t) as one float, for replicates; events at exactly t count.

    After the last observation S stays at its last value, even when that patient was censored. NaN when n = 0.
    Errors: ValueError as in ``ordered``.
    """
    at, survival, _ = _steps(durations, events)
    if durations.size == 0:
        return np.nan
    k = np.searchsorted(at, t, side="right")
    return survival[k - 1] if k > 0 else 1.0


@compiled
def median_survival(durations: NDArray[np.float64], events: NDArray[np.bool_]) -> float:
    """First time with S <= 0.5, in the unit of ``durations``; NaN when S never gets there.

    Where S is exactly 0.5 over an interval this is its left end (lifelines); R prints the middle.
    Errors: ValueError as in ``ordered``.
    """
    at, survival, _ = _steps(durations, events)
    for k in range(at.size):
        if survival[k] <= HALF:
            return at[k]
    return np.nan


@compiled
def median_follow_up(durations: NDArray[np.float64], events: NDArray[np.bool_]) -> float:
    """Median follow-up by reverse Kaplan-Meier: censoring is the event, an event censors. NaN: not reached.

    Ties keep the plain flip of R ``survfit(Surv(time, 1 - status))``: a death at t is still at risk for a
    censoring at t. Errors: ValueError as in ``ordered``.
    """
    flipped = np.empty(events.size, np.bool_)
    for i in range(events.size):
        flipped[i] = not events[i]
    return median_survival(durations, flipped)


def numbers_at_risk(durations: ArrayLike, times: ArrayLike) -> NDArray[np.int64]:
    """Patients with follow-up >= each time, shape of ``times``: the row printed under a Kaplan-Meier plot."""
    follow_up = np.sort(np.asarray(durations, dtype=float))
    return follow_up.size - np.searchsorted(follow_up, np.asarray(times, dtype=float), side="left")


def kaplan_meier(durations: ArrayLike, events: ArrayLike, times: ArrayLike) -> KaplanMeier:
    """S at ``times`` (m,) with the Greenwood standard error and the log(-log) 95 % interval.

    Before the first event the interval is [1, 1]; at S = 0 the bounds and standard error are NaN, as the
    variance is not defined there (R). After the last observation all stay at the last value.
    Errors: ValueError as in ``ordered``, or when n = 0.
    """
    durations = np.asarray(durations, dtype=float)
    times = np.atleast_1d(np.asarray(times, dtype=float))
    if durations.size == 0:
        raise ValueError("no patients")
    at, survival, greenwood = _steps(durations, np.asarray(events, dtype=bool))
    k = np.searchsorted(at, times, side="right")
    s = np.concatenate(([1.0], survival))[k]
    g = np.concatenate(([0.0], greenwood))[k]
    with np.errstate(divide="ignore", invalid="ignore"):
        half_width = NORMAL_975 * np.sqrt(g) / np.abs(np.log(s))
        lower = np.where(s == 1.0, 1.0, np.exp(np.log(s) * np.exp(half_width)))
        upper = np.where(s == 1.0, 1.0, np.exp(np.log(s) * np.exp(-half_width)))
        standard_error = s * np.sqrt(g)
    undefined = s == 0.0
    lower[undefined] = upper[undefined] = standard_error[undefined] = np.nan
    return KaplanMeier(times, s, lower, upper, standard_error)
