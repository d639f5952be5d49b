"""Split follow-up where a treatment starts, so that the time before it does not count for the treated.

Source: Andersen & Gill 1982, rows (start, stop] as in R ``survSplit`` / ``tmerge``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled


class CountingRows(NamedTuple):
    """Rows (start, stop] of m >= n intervals; ``patient`` (m,) says whose, to repeat baseline covariates."""

    patient: NDArray[np.int64]
    start_day: NDArray[np.float64]
    stop_day: NDArray[np.float64]
    event: NDArray[np.bool_]
    exposed: NDArray[np.bool_]


@compiled
def split_at(
    start_day: NDArray[np.float64],
    stop_day: NDArray[np.float64],
    event: NDArray[np.bool_],
    switch_day: NDArray[np.float64],
) -> CountingRows:
    """Rows for a covariate that goes from 0 to 1 at ``switch_day`` (inf = never); all arguments (n,), days.

    A switch at or before ``start_day`` gives one exposed row. A switch at or after ``stop_day`` gives one
    unexposed row: intervals are (start, stop], so an event on the day of the switch belongs to the time
    before it.
    Errors: ValueError when lengths differ, stop <= start, or a value is NaN.
    """
    n = start_day.size
    if stop_day.size != n or event.size != n or switch_day.size != n:
        raise ValueError("start, stop, event and switch differ in length")
    rows = n
    for i in range(n):
        if not start_day[i] < stop_day[i] < np.inf:
            raise ValueError("each row needs start < stop, both finite")
        if np.isnan(switch_day[i]):
            raise ValueError("a switch that never happens is inf, not NaN")
        if start_day[i] < switch_day[i] < stop_day[i]:
            rows += 1
    patient = np.empty(rows, np.int64)
    start = np.empty(rows)
    stop = np.empty(rows)
    ends_in_event = np.empty(rows, np.bool_)
    exposed = np.empty(rows, np.bool_)
    k = 0
    for i in range(n):
        begin = start_day[i]
        if begin < switch_day[i] < stop_day[i]:
            patient[k], start[k], stop[k] = i, begin, switch_day[i]
            ends_in_event[k] = exposed[k] = False
            begin = switch_day[i]
            k += 1
        patient[k], start[k], stop[k] = i, begin, stop_day[i]
        ends_in_event[k] = bool(event[i])
        exposed[k] = switch_day[i] <= begin
        k += 1
    return CountingRows(patient, start, stop, ends_in_event, exposed)
