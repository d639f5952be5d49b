"""The published numbers: `evidence/<source>.csv`, each entered twice (reading-1 and the blind reading-2)."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulator.estimators import exact_interval

EVIDENCE = Path(__file__).resolve().parent / "evidence"
ROLES = {
    "input": "a setting of the case mix, regimen, observation or a parameter",
    "fitted": "a target of the calibration",
    "predicted": "computed from simulated patients and compared, never fitted",
    "shown": "computed under stated assumptions and printed beside, never judged",
    "restated": "follows from other rows, or loses to a row that it contradicts",
    "quoted": "from elsewhere: news, summary, literature, earlier cut; shown, never counted",
    "out of scope": "not used by the model; the row says why",
}
SURVIVAL = ("OS rate", "RFS rate", "EFS rate")
# Intervals that cannot be as printed: (low, high) to compare with, and why in readings.md.
MISPRINTED = {"W145": (19.4, 56.4)}  # B1


@dataclass(frozen=True)
class Row:
    """One published number. `value`, `low`, `high` in `unit`; NaN where nothing was printed or it is no number.

    A limit printed as not reached is infinite.
    """

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

        A printed range is never an interval, nor are quartiles.
        """
        if self.interval_kind == "ci95":
            return MISPRINTED.get(self.id, (self.printed_low, self.printed_high))
        no_share = self.quantity.startswith((*SURVIVAL, "median")) or math.isnan(self.value)
        if self.n is None or self.unit not in ("patients", "%") or no_share:
            return math.nan, math.nan
        scale = 1.0 if self.unit == "patients" else 100.0 / self.n
        successes = round(self.value / scale)
        low, high = exact_interval(successes, self.n)
        return float(low) * self.n * scale, float(high) * self.n * scale


@dataclass(frozen=True)
class Source:
    """A paper, a page, or a collection of rows; `state`: what the project has made of it so far."""

    name: str
    title: str
    patients: int | None
    state: str
    at_hand: str
    second_entry: str


class UnknownSourceError(ValueError):
    """No such file in the catalogue; one fault."""

    def __init__(self, name: str) -> None:
        self.faults = [f"{name}: unknown study: allowed {', '.join(load_sources())}, or the id of a row"]
        super().__init__(self.faults[0])


def lines(name: str) -> list[dict[str, str]]:
    """The lines of `evidence/<name>.csv`, every field as written."""
    with (EVIDENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def load_sources() -> dict[str, Source]:
    """All sources by name, in the order in which they are shown."""
    return {
        line["source"]: Source(
            line["source"],
            line["title"],
            _whole(line["patients"]),
            line["state"],
            line["at_hand"],
            line["second_entry"],
        )
        for line in lines("sources")
    }


@cache
def load_catalogue(name: str) -> dict[str, Row]:
    """All rows of a source by id. Outside rows have their paper as place, derived rows their arithmetic."""
    return {line["id"]: _row(line) for line in lines(name)}


@cache
def load_readings() -> dict[str, tuple[str, str]]:
    """id -> (what does not agree, reading taken), from the tables of readings.md."""
    text = (EVIDENCE / "readings.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    return {row[0]: (row[1], row[2]) for row in cells if row[0][1:].isdigit()}


def _number(text: str) -> float:
    if text == "NR":
        return math.inf
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


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
        n=_whole(line["n"]),
        printed_low=_number(line["low"]),
        printed_high=_number(line["high"]),
        interval_kind=line["interval"],
        definition=line.get("definition", ""),
        place=line.get("place") or line.get("source") or f"{line['arithmetic']} ({line['from']})",
        role=line["role"],
        reading=line["reading"],
    )
