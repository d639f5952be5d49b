"""95 % intervals for a proportion, vectorised.

Sources: Wilson 1927 (score interval, no continuity correction); Clopper & Pearson 1934 (exact).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from simulator.estimators.kaplan_meier import NORMAL_975


class Interval(NamedTuple):
    """Lower and upper bounds, in the broadcast shape of the arguments."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def _counts(successes: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if not np.all((x >= 0) & (x <= n)):
        raise ValueError("successes must lie between 0 and trials")
    return x, n


def wilson_interval(successes: ArrayLike, trials: ArrayLike) -> Interval:
    """Wilson score interval; [0, 1] where trials = 0, as nothing is known there.

    Errors: ValueError unless 0 <= successes <= trials.
    """
    x, n = _counts(successes, trials)
    z2 = NORMAL_975**2
    middle = (x + z2 / 2) / (n + z2)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(n > 0, x * (n - x) / n, 0.0)
    half_width = NORMAL_975 / (n + z2) * np.sqrt(spread + z2 / 4)
    # Rounding leaves about 1e-17 where the bound is exactly 0 or 1.
    lower = np.where(x == 0, 0.0, middle - half_width)
    upper = np.where(x == n, 1.0, middle + half_width)
    return Interval(lower, upper)


def exact_interval(successes: ArrayLike, trials: ArrayLike) -> Interval:
    """Clopper-Pearson interval: 2.5 % in each tail; [0, 1] where trials = 0.

    Errors: ValueError unless 0 <= successes <= trials.
    """
    # betaincinv is what scipy.stats.beta.ppf ends in, without that module's import time and call overhead.
    x, n = _counts(successes, trials)
    lower = np.where(x > 0, betaincinv(np.where(x > 0, x, 1.0), n - x + 1, 0.025), 0.0)
    upper = np.where(x < n, betaincinv(x + 1, np.where(x < n, n - x, 1.0), 0.975), 1.0)
    return Interval(lower, upper)
