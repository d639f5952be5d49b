"""A digitised Kaplan-Meier curve: read, checked row by row, and what it says of follow-up.

`CURVE.csv` has the columns `time` and `survival` (0 to 1), `AT_RISK.csv` `time` and `at_risk`; times in the unit that
the study states. A curve that cannot be one is refused with the row (line of the file) and the value, all faults at
once: a row that lies below its predecessor in time or above it in survival, values outside 0 to 1, fewer than five
points, numbers at risk that rise, exceed what the curve leaves alive or leave no room for the deaths it shows.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.scenario.faults import Fault, ScenarioError
from simulator.strategy import DAYS_PER_MONTH

Floats = NDArray[np.float64]

FEWEST_POINTS = 5
MOST_PATIENTS = 5000
LONGEST_MONTHS = 360.0
MONTHS_IN = {
    "days": 1.0 / DAYS_PER_MONTH,
    "weeks": 7.0 / DAYS_PER_MONTH,
    "months": 1.0,
    "years": 365.25 / DAYS_PER_MONTH,
}
READING_ERROR = 0.015  # of a survival read off a picture; numbers at risk are judged with it and one patient


@dataclass(frozen=True)
class DigitisedCurve:
    """Months and survival (m,); months and numbers at risk (r,), empty if not printed; all deaths, or None."""

    file: str
    months: Floats
    survival: Floats
    at_risk_months: Floats
    at_risk: Floats
    events: int | None

    def at(self, months: Floats) -> Floats:
        """Survival at `months` (k,) as a step function, 1 before the first point."""
        place = np.searchsorted(self.months, months + 1e-9, side="right") - 1
        return np.where(place >= 0, self.survival[np.maximum(place, 0)], 1.0)

    def points(self, most: int) -> Floats:
        """At most so many of its months (k,), about evenly spaced, from the first fall while somebody is at risk."""
        last = self.months[-1]
        if len(self.at_risk):
            last = max(self.at_risk_months[self.at_risk >= FEWEST_POINTS], default=last)
        scored = self.months[(self.survival < 1.0) & (self.months <= last)]
        if len(scored) <= most:
            return scored
        nearest = np.abs(scored[:, None] - np.linspace(scored[0], scored[-1], most)).argmin(axis=0)
        return scored[np.unique(nearest)]

    def observed_share(self) -> tuple[Floats, Floats] | None:
        """(months, share not yet censored) from the numbers at risk over the survivors; None without them."""
        if len(self.at_risk) < 2:
            return None
        alive = np.maximum(self.at(self.at_risk_months - 1e-6), 1e-6)
        share = np.clip(self.at_risk / self.at_risk[0] / alive, 0.0, 1.0)
        return self.at_risk_months, np.minimum.accumulate(share)


def read_curve(
    curve: Path, patients: int | None, unit: str = "months", at_risk: Path | None = None, events: int | None = None
) -> DigitisedCurve:
    """The curve of so many patients (None: as many as its numbers at risk begin with).

    ScenarioError carries every fault of its files.
    """
    faults: list[Fault] = []
    times, survival = _columns(curve, "survival", unit, faults)
    faults += _curve_faults(curve.name, times, survival, unit)
    risk_times, numbers = (np.empty(0), np.empty(0)) if at_risk is None else _columns(at_risk, "at_risk", unit, faults)
    found = DigitisedCurve(curve.name, times * MONTHS_IN[unit], survival, risk_times * MONTHS_IN[unit], numbers, events)
    if patients is None:
        patients = int(numbers[0]) if len(numbers) and np.isfinite(numbers[0]) else MOST_PATIENTS
    if at_risk is not None:
        faults += _risk_faults(at_risk.name, risk_times, numbers, patients, unit)
    if events is not None and not 0 <= events <= patients:
        faults.append(Fault(curve.name, "total_events", str(events), f"0 to {patients}", "events"))
    if not faults:
        faults += _contradictions(found, at_risk, patients)
    if faults:
        raise ScenarioError(faults)
    return found


def _columns(path: Path, column: str, unit: str, faults: list[Fault]) -> tuple[Floats, Floats]:
    """`time` and another column as numbers; NaN where a cell is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file, skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "not CSV in UTF-8"
        faults.append(Fault(path.name, what=f"cannot be read: {reason}"))
        return np.empty(0), np.empty(0)
    missing = [name for name in ("time", column) if not lines or name not in lines[0]]
    if missing:
        faults.append(Fault(path.name, what=f"no column {' and '.join(missing)}", allowed=f"time,{column}"))
        return np.empty(0), np.empty(0)
    values = np.full((len(lines), 2), np.nan)
    for row, line in enumerate(lines):
        for place, name in enumerate(("time", column)):
            word = line[name] or ""
            with suppress(ValueError):
                values[row, place] = float(word)
            if not math.isfinite(values[row, place]):
                values[row, place] = np.nan
                allowed = f"a time in {unit}" if name == "time" else "a number"
                faults.append(Fault(path.name, f"line {row + 2}: {name}", word or '""', allowed))
    return values[:, 0], values[:, 1]


def _curve_faults(file: str, times: Floats, survival: Floats, unit: str) -> Iterator[Fault]:
    """Row by row; rows that are no numbers have their fault already."""
    if 0 < len(times) < FEWEST_POINTS:
        yield Fault(file, what=f"{len(times)} points", allowed=f"{FEWEST_POINTS} or more")
    percent = np.nanmax(survival, initial=0.0) > 1.5
    if percent:
        yield Fault(file, what=f"survival up to {np.nanmax(survival):g} reads like per cent", allowed="0 to 1")
    limit = LONGEST_MONTHS / MONTHS_IN[unit]
    for row, (time, value) in enumerate(zip(times, survival, strict=True)):
        line = f"line {row + 2}"
        if not math.isnan(time) and not 0.0 <= time <= limit:
            yield Fault(file, f"{line}: time", f"{time:g}", f"0 to {limit:g}", unit)
        if row and times[row - 1] >= time:
            yield Fault(file, f"{line}: time", f"{time:g}", f"later than {times[row - 1]:g}", unit, "not increasing")
        if percent or math.isnan(value):
            continue
        if not 0.0 <= value <= 1.0:
            yield Fault(file, f"{line}: survival", f"{value:g}", "0 to 1")
        elif row and value > survival[row - 1]:
            yield Fault(file, f"{line}: survival", f"{value:g}", f"at most {survival[row - 1]:g}", "", "increasing")


def _risk_faults(file: str, times: Floats, numbers: Floats, patients: int, unit: str) -> Iterator[Fault]:
    """Numbers at risk: whole, falling, from all patients at time 0."""
    for row, (time, number) in enumerate(zip(times, numbers, strict=True)):
        line = f"line {row + 2}"
        if row and times[row - 1] >= time:
            yield Fault(file, f"{line}: time", f"{time:g}", f"later than {times[row - 1]:g}", unit, "not increasing")
        if math.isnan(number):
            continue
        if number < 0 or number != int(number):
            yield Fault(file, f"{line}: at_risk", f"{number:g}", "a whole number of 0 or more", "patients")
        elif row and number > numbers[row - 1]:
            yield Fault(
                file, f"{line}: at_risk", f"{number:g}", f"at most {numbers[row - 1]:g}", "patients", "increasing"
            )
        elif row == 0 and (time != 0.0 or number != patients):
            words = f"time 0 with all {patients} patients"
            yield Fault(file, f"{line}: time, at_risk", f"{time:g}, {number:g}", words)


def _contradictions(curve: DigitisedCurve, at_risk: Path | None, patients: int) -> Iterator[Fault]:
    """Numbers at risk and deaths that the curve makes impossible."""
    alive = curve.at(curve.at_risk_months - 1e-6)
    file = at_risk.name if at_risk else ""
    for row, (number, share) in enumerate(zip(curve.at_risk, alive, strict=True)):
        most = patients * (share + READING_ERROR) + 1.0
        if number > most:
            what = f"contradicts {curve.file}, which leaves {share:.3g} alive"
            allowed = f"at most {math.floor(most)}"
            yield Fault(file, f"line {row + 2}: at_risk", f"{number:g}", allowed, "patients", what)
    for row in range(1, len(alive)):
        before, after, left = alive[row - 1], alive[row], curve.at_risk[row - 1] - curve.at_risk[row]
        # everybody counted at the later time was at risk of each death since the earlier one
        least = (1.0 - (after + READING_ERROR) / max(before, 1e-9)) * curve.at_risk[row] - 1.0
        if least > left:
            what = f"contradicts {curve.file}, which falls from {before:.3g} to {after:.3g} since the line before"
            allowed = f"at most {math.floor(curve.at_risk[row - 1] - least)}"
            yield Fault(file, f"line {row + 2}: at_risk", f"{curve.at_risk[row]:g}", allowed, "patients", what)
    if curve.events is not None:
        most = math.ceil(patients * (1.0 - curve.survival[-1] + READING_ERROR)) + 1
        if curve.events > most:
            what = f"contradicts the curve, which ends at {curve.survival[-1]:.3g}"
            yield Fault(curve.file, "total_events", str(curve.events), f"at most {most}", "events", what)
