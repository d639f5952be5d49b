"""The spread between draws without the noise of chance, and how many patients keep that noise small.

Draws and groups of patients are a two-way table with one shift in each cell. What remains when the means of draws and
of groups are taken away is chance alone; its share of the variance between draws is measured and subtracted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulator.counts import REPLICATE_GROUPS
from simulator.posterior import Floats

NOISE = 0.10  # of the variance between draws that may be chance: an SD of a third of the spread, and it is subtracted
FEWEST, MOST = 2_048, 16_384  # patients a draw


class Spread(NamedTuple):
    """Of an outcome over K draws: `values` (K,) rid of chance, their mean and SD, the middle 95 %.

    `noise_share`: part of the variance of the raw means that was chance; `mc_se`: standard error of the mean shift
    from chance in the patients of the draws, common to all of them.
    """

    values: Floats
    mean: float
    sd: float
    low: float
    high: float
    noise_share: float
    mc_se: float


def spread_of(shifts: Floats, centre: float = 0.0) -> Spread:
    """The spread about `centre` of shifts (K, G) by draw and group of patients, groups of one size.

    Means of draws are drawn together until their variance is that without chance (Louis 1984), so that an interval
    over draws does not hold it.
    """
    draws, groups = shifts.shape
    means, mean = shifts.mean(axis=1), float(shifts.mean())
    between = float(means.var(ddof=1))
    rest = shifts - means[:, None] - shifts.mean(axis=0) + mean
    noise = float((rest**2).sum()) / ((draws - 1) * (groups - 1)) / groups
    share = min(1.0, noise / between) if between > 0.0 else 0.0
    values = centre + mean + math.sqrt(1.0 - share) * (means - mean)
    low, high = np.percentile(values, [2.5, 97.5])
    error = float(shifts.mean(axis=0).std(ddof=1)) / math.sqrt(groups)
    return Spread(values, centre + mean, math.sqrt(between * (1.0 - share)), float(low), float(high), share, error)


def patients_needed(pilot: Floats, patients: int) -> int:
    """Patients a draw at which chance is `NOISE` of the variance between draws, from a pilot with so many `patients`.

    `pilot` (K, A, G): shifts by draw, difference and group of patients; the widest difference counts. The number is a
    multiple of 256 within FEWEST .. MOST.
    """
    spreads = [spread_of(pilot[:, each]) for each in range(pilot.shape[1])]
    share = max(spreads, key=lambda spread: spread.sd).noise_share
    if share >= 1.0:
        return MOST
    # chance falls as 1 / patients, the spread of the parameters does not
    needed = max(FEWEST, patients * share / (1.0 - share) * (1.0 - NOISE) / NOISE)
    return min(MOST, REPLICATE_GROUPS * math.ceil(needed / REPLICATE_GROUPS))
