"""Order patients by follow-up and refuse data no estimator can use."""

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled


@compiled
def ordered(durations: NDArray[np.float64], marks: NDArray) -> NDArray[np.intp]:
    """Indices that sort ``durations`` (n,) upwards; order within a tie is arbitrary and never used.

    ``marks`` (n,) is whatever goes with each patient (event flag, cause code, group); only its length is
    checked.

    Errors: ValueError when the lengths differ, or a duration is negative, infinite or NaN. A follow-up that
    never ends must be censored by the caller: an infinite duration would stay at risk for ever without
    notice.
    """
    if durations.size != marks.size:
        raise ValueError("durations and their marks differ in length")
    for i in range(durations.size):
        if not 0.0 <= durations[i] < np.inf:
            raise ValueError("durations must be finite and not negative")
    return np.argsort(durations)
