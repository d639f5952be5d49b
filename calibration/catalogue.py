"""The published numbers of a study: `evidence/<study>.csv`, entered twice (reading-1 and the blind reading-2)."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.estimators import exact_interval

EVIDENCE = Path(__file__).resolve().parent / "evidence"
ROLES = ("input", "fitted", "predicted", "restated", "shown", "out of scope")


@dataclass(frozen=True)
class Row:
    """One published number. `value`, `low`, `high` in `unit`; NaN where nothing was printed or it is no number."""

    id: str
    cohort: str
    subgroup: str
    quantity: str
    unit: str
    value: float
    n: int | None
    printed_low: float
    printed_high: float
    interval_kind: str
    definition: str
    place: str
    role: str
    reading: str

    @property
    def interval(self) -> tuple[float, float]:
        """95 %: as printed, else exact binomial for counts and for proportions whose n is known; else NaN.

        A printed range is never an interval.
        """
        if self.interval_kind == "ci95":
            return self.printed_low, self.printed_high
        survival = self.quantity.startswith(("OS rate", "RFS rate"))
        if self.n is None or self.unit not in ("patients", "%") or survival or self.quantity.startswith("median"):
            return math.nan, math.nan
        scale = 1.0 if self.unit == "patients" else 100.0 / self.n
        successes = round(self.value / scale)
        low, high = exact_interval(successes, self.n)
        return float(low) * self.n * scale, float(high) * self.n * scale


@cache
def load_catalogue(study: str) -> dict[str, Row]:
    """All rows of a study by id."""
    with (EVIDENCE / f"{study}.csv").open(encoding="utf-8", newline="") as file:
        return {line["id"]: _row(line) for line in csv.DictReader(file)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _row(line: dict[str, str]) -> Row:
    if line["role"] not in ROLES:
        raise ValueError(f"{line['id']}: role {line['role']!r} is none of {', '.join(ROLES)}")
    return Row(
        id=line["id"],
        cohort=line["cohort"],
        subgroup=line["subgroup"],
        quantity=line["quantity"],
        unit=line["unit"],
        value=_number(line["value"]),
        n=int(line["n"]) if line["n"].isdigit() else None,
        printed_low=_number(line["low"]),
        printed_high=_number(line["high"]),
        interval_kind=line["interval"],
        definition=line["definition"],
        place=line["place"],
        role=line["role"],
        reading=line["reading"],
    )
