"""How many simulated studies it takes to see that intervals cover less than they say: exact binomial computations."""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.stats import binom

CLAIMED, BAD, POWER = 0.90, 0.75, 0.95  # a 90 % interval that covers 75 % is caught with this probability


def accepted(studies: int, claimed: float, false_alarm: float) -> tuple[int, int]:
    """Fewest and most studies covered that do not speak against the claim; half the false alarms to either side."""
    low = int(binom.ppf(false_alarm / 2.0, studies, claimed))
    high = int(binom.isf(false_alarm / 2.0, studies, claimed))
    return low, high


def power(studies: int, covers: float, false_alarm: float, claimed: float = CLAIMED) -> float:
    """Probability that intervals which cover a share `covers` are caught."""
    low, high = accepted(studies, claimed, false_alarm)
    return float(binom.cdf(low - 1, studies, covers) + binom.sf(high, studies, covers))


def studies_needed(false_alarm: float, covers: float = BAD, claimed: float = CLAIMED, wanted: float = POWER) -> int:
    """Smallest number from which on the power never falls short again (it rises in a saw-tooth)."""
    last_short, studies = 0, 1
    while studies <= 2 * last_short + 50:
        if power(studies, covers, false_alarm, claimed) < wanted:
            last_short = studies
        studies += 1
    return last_short + 1


def least_caught(studies: int, false_alarm: float, claimed: float = CLAIMED, wanted: float = POWER) -> float:
    """The coverage below the claim that so many studies catch with the wanted probability; 0 if there is none."""

    def excess(covers: float) -> float:
        return power(studies, covers, false_alarm, claimed) - wanted

    return float(brentq(excess, 1e-6, claimed)) if excess(1e-6) > 0.0 else 0.0
