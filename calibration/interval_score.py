"""How good a predictive interval is, and what a reader without a model would have said.

The interval score (Gneiting & Raftery 2007, eq. 43) is the width plus, where the value lies outside, 2 / alpha times
the distance; lower is better, and it is best on average for the true quantiles. Scores are taken on near-normal
scales, so that rates and months may be added up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from calibration.catalogue import load_catalogue
from calibration.predict import LEVEL

NORMAL_975 = 1.959963984540054
EDGE = 0.005  # shares are scored no closer to 0 and 1 than half a patient of a hundred
# What Kantarjian 2023 prints of all 110: quantity -> (row, or rows to be added, patients behind it).
TRANSPORTED = {
    "response_rate": (("K074",), 110),
    "cr_rate": (("K075",), 110),
    "mrd_negative_rate": (("K087",), 87),
    "early_death_rate": (("K091",), 110),
    "sct_rate": (("K142", "K143"), 110),
    "sos_rate": (("K157",), 110),
    "sos_after_sct_rate": (("K165", "K166"), 53),
}
SURVIVAL = {"os": ("K106", "K104"), "rfs": ("K107", "K105")}  # median, rate at 36 months
RATE_MONTH = 36.0
DEATHS_SHARE = 0.6  # of patients when a median is printed, about


@dataclass(frozen=True)
class Interval:
    """A 95 % interval; `high` None: a median that may not be reached."""

    low: float
    high: float | None

    def covers(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low <= value and (self.high is None or value <= self.high)


def interval_score(low: float, high: float, value: float, level: float = LEVEL) -> float:
    """Width, plus 2 / (1 - level) times how far the value lies outside."""
    outside = max(low - value, 0.0) + max(value - high, 0.0)
    return (high - low) + 2.0 / (1.0 - level) * outside


def on_scale(name: str, value: float | None, longest_months: float) -> float:
    """Shares as logits, months as logs; an open end of a median lies at twice the follow-up."""
    if name.startswith("median_"):
        return math.log(min(max(value or 2.0 * longest_months, 0.1), 2.0 * longest_months))
    p = min(max(value if value is not None else 0.5, EDGE), 1.0 - EDGE)
    return math.log(p / (1.0 - p))


def scored(name: str, interval: Interval, value: float, longest_months: float) -> float:
    """Interval score of a quantity on its scale."""
    low, high, seen = (on_scale(name, one, longest_months) for one in (interval.low, interval.high, value))
    return interval_score(low, high, seen)


def naive_transport(name: str, n: int) -> Interval | None:
    """Kantarjian's own figure for a study of `n` patients: its chance and the study's, nothing else; None: no figure.

    Rates at a month lie on the line through the printed median and the 3-year rate (log survival in time).
    """
    if name.startswith("median_os"):
        value = _value("K106")
        half = NORMAL_975 * math.sqrt((1.0 / 110.0 + 1.0 / n) / DEATHS_SHARE)
        return Interval(value * math.exp(-half), value * math.exp(half))
    kind, _, month = name.partition("_")
    if kind in SURVIVAL and month.isdigit():
        return _rate(_survival(kind, float(month)), 110, n)
    if name not in TRANSPORTED:
        return None
    rows, patients = TRANSPORTED[name]
    return _rate(_share(rows, patients), patients, n)


def _rate(p: float, there: int, here: int) -> Interval:
    logit = math.log(p / (1.0 - p))
    half = NORMAL_975 * math.sqrt((1.0 / there + 1.0 / here) / (p * (1.0 - p)))
    return Interval(*(1.0 / (1.0 + math.exp(-(logit + sign * half))) for sign in (-1, 1)))


def _share(rows: Iterable[str], patients: int) -> float:
    """The printed share, of counts over the patients or of a percentage."""
    total = 0.0
    for row in rows:
        line = load_catalogue("kantarjian-2023")[row]
        total += line.value / 100.0 * float(line.n or patients) if line.unit == "%" else line.value
    return min(total / patients, 1.0 - 0.5 / patients)


def _survival(kind: str, month: float) -> float:
    median, rate = SURVIVAL[kind]
    first, last = _value(median), _value(rate) / 100.0
    slope = (math.log(last) - math.log(0.5)) / (RATE_MONTH - first)
    early = math.log(0.5) / first  # constant hazard up to the median, another beyond it
    log_survival = early * month if month <= first else math.log(0.5) + slope * (month - first)
    return math.exp(log_survival)


def _value(row: str) -> float:
    return float(load_catalogue("kantarjian-2023")[row].value)
