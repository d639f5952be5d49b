"""Are truths where the posterior says they are? Ranks of true values among posterior draws, and what they should be.

If truths are drawn from the prior, data from the model at the truth, and the posterior is right, the rank of the truth
among posterior draws is uniform (Talts et al. 2018), so that a central interval of level p covers the truth in a
share p of studies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, cramervonmises, norm

from calibration.power import accepted

Floats = NDArray[np.float64]

LEVELS = (0.50, 0.80, 0.90, 0.95)
FALSE_ALARM = 0.05  # of a whole run: that anything at all is flagged although everything is right


@dataclass(frozen=True)
class Judged:
    """One quantity over n studies. `bias` and `spread`: mean and SD of its normal scores, 0 and 1 if all is right.

    A spread above 1 means posteriors that are too narrow. `p` of the test of uniformity (Cramér-von Mises).
    """

    name: str
    covered: dict[float, int]
    bias: float
    spread: float
    p: float
    flagged: tuple[str, ...]


def rank(truth: Floats, draws: Floats) -> Floats:
    """(Q,) share of draws (n, Q) below the truth (Q,), strictly within 0 and 1."""
    return (np.sum(draws < truth, axis=0) + 0.5) / (len(draws) + 1.0)


def covered(ranks: Floats, level: float) -> int:
    """In how many studies the central interval of this level holds the truth."""
    return int(np.count_nonzero(np.abs(ranks - 0.5) <= level / 2.0))


def false_alarm_each(quantities: int) -> float:
    """Of one test, so that all tests together give `FALSE_ALARM` at most (Bonferroni): uniformity and each level."""
    return FALSE_ALARM / (quantities * (1 + len(LEVELS)))


def judged(name: str, ranks: Floats, false_alarm: float) -> Judged:
    """A quantity from its ranks (n,); `flagged` names the tests that are failed."""
    n = len(ranks)
    counts = {level: covered(ranks, level) for level in LEVELS}
    p = float(cramervonmises(ranks, "uniform").pvalue)
    flagged = ["ranks"] * (p < false_alarm)
    for level, count in counts.items():
        low, high = accepted(n, level, false_alarm)
        if not low <= count <= high:
            flagged.append(f"{level:.0%}")
    scores = norm.ppf(ranks)
    return Judged(name, counts, float(scores.mean()), float(scores.std()), p, tuple(flagged))


def expected_range(studies: int, level: float) -> tuple[int, int]:
    """Counts within which a right interval's coverage lies in 95 % of runs, one quantity taken alone."""
    return int(binom.ppf(0.025, studies, level)), int(binom.ppf(0.975, studies, level))
