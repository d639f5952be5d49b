"""What is read off one ward when everybody's life is known. Everything refers to the measured patients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from simulator.clocks.queue import mean_level
from simulator.clocks.ward import BED, DESK, Stay, Ward
from simulator.endpoints import DEFINITIONS, ENDPOINT_COUNT, Endpoint
from simulator.scenario import Scenario
from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK
from simulator.trajectory.patients import endpoint_table

BY_MONTH = ("os", "efs", "rfs", "relapse", "nrm")
BY_HORIZON = ("sct", "sos_any", "sos_fatal")
NEEDS = {BED: "bed", DESK: "search"}
LEFT = ("relapse", "death", "sos", "lapse")
LONGEST_WAIT_DAYS = 365
PRESENT = 1e-9  # days: a wait shorter than this is rounding

Quantity = tuple[str, int | None]
"""(name, month); a quantity without a month has None."""


class Measured(NamedTuple):
    """One ward under one arm, in numbers. An undefined quantity (a mean of nobody) is NaN."""

    values: dict[Quantity, float]
    survival: np.ndarray
    """(horizon months + 1,) share alive."""
    in_use: dict[str, np.ndarray]
    """need -> (months,) mean places held in each month of the ward."""
    waiting: dict[str, np.ndarray]
    """need -> (months,) mean patients waiting."""
    served: dict[str, np.ndarray]
    """need -> (LONGEST_WAIT_DAYS + 1,) patients served within so many days of asking; the last is all who asked."""


def quantities_of(scenario: Scenario, needs: Iterable[str]) -> list[Quantity]:
    """All that `measure` gives of a ward in which these needs are limited, in its order."""
    found: list[Quantity] = []
    for definition in DEFINITIONS:
        if definition.name in BY_MONTH:
            found += [(definition.name, month) for month in scenario.report_months]
        elif definition.name in BY_HORIZON:
            found.append((definition.name, scenario.horizon_months))
    found += [
        (name, None) for name in ("sct_month", "interval_weeks_mean", "interval_weeks_median", "blinatumomab_courses")
    ]
    told = ["asked", "waited", "wait_days_mean", "wait_days_median", "wait_days_90_percent"]
    told += [*(f"left_{outcome}" for outcome in LEFT), "in_use", "queue"]
    return found + [(f"{need}_{name}", None) for need in needs for name in told]


def is_share(name: str) -> bool:
    """Whether a quantity is a share of patients."""
    return name in BY_MONTH + BY_HORIZON or name.endswith(("_asked", "_waited")) or "_left_" in name


def ward_months(scenario: Scenario) -> int:
    """Months for which use and queue are kept: as long as patients are referred."""
    ward = scenario.ward
    yearly = ward.yearly()
    return math.ceil(12 * ward.patients_per_replicate / yearly) if yearly else scenario.horizon_months


def measure(scenario: Scenario, ward: Ward) -> Measured:
    """All numbers of one ward that has been lived through."""
    rows = np.arange(len(ward.table))[scenario.ward.measured().start : scenario.ward.measured().stop]
    table = ward.table[rows]
    days = np.empty((len(table), ENDPOINT_COUNT))
    endpoint_table(table, days)
    values = _outcomes(scenario, table, days)
    window = ward.arrival_days[rows[[0, -1]]] if scenario.ward.yearly() else np.array([0.0, 365.25])
    edges = np.arange(ward_months(scenario) + 1) * DAYS_PER_MONTH
    measured = set(rows.tolist())
    in_use, waiting, served = {}, {}, {}
    for need, name in NEEDS.items():
        if need not in ward.shared:
            continue
        stays = whole_stays([stay for stay in ward.stays if stay.need == need and stay.row in measured], ward)
        values |= _queueing(name, stays, len(rows))
        changes = ward.shared[need].changes
        values[f"{name}_in_use", None] = float(mean_level(changes, 1, window)[0])
        values[f"{name}_queue", None] = float(mean_level(changes, 2, window)[0])
        in_use[name], waiting[name] = mean_level(changes, 1, edges), mean_level(changes, 2, edges)
        waits = [stay.left_day - stay.first_asked_day for stay in stays if stay.outcome == "granted"]
        within = np.searchsorted(np.sort(waits), np.arange(LONGEST_WAIT_DAYS) + PRESENT, side="right")
        served[name] = np.append(within, len(stays)).astype(np.int64)
    grid = np.arange(scenario.horizon_months + 1) * DAYS_PER_MONTH
    survival = 1.0 - np.searchsorted(np.sort(days[:, Endpoint.OS]), grid, side="right") / len(table)
    return Measured(values, survival, in_use, waiting, served)


def whole_stays(stays: list[Stay], ward: Ward) -> list[Stay]:
    """One a plan: a place left to others (deferred) and asked for again is one wait, from the first request on."""
    last: dict[tuple[int, float], Stay] = {}
    for stay in stays:  # in order of their ends
        last[stay.row, stay.first_asked_day] = stay
    return [stay if stay.outcome != "deferred" else _left_while_treated(stay, ward) for stay in last.values()]


def _left_while_treated(stay: Stay, ward: Ward) -> Stay:
    """What ended a plan whose place was left to others and never asked for again."""
    patient, arrival = ward.table[stay.row], ward.arrival_days[stay.row]
    ends = {"relapse": patient.relapse_day, "sos": patient.sos_day, "death": patient.death_day}
    later = {name: day for name, day in ends.items() if day >= stay.left_day - arrival - PRESENT}
    first = min(later, key=later.__getitem__, default="lapse")
    if first == "lapse" or later[first] > patient.transplant_deadline_day:
        return stay._replace(outcome="lapse", left_day=arrival + patient.transplant_deadline_day)
    return stay._replace(outcome=first, left_day=arrival + later[first])


def _outcomes(scenario: Scenario, table: np.ndarray, days: np.ndarray) -> dict[Quantity, float]:
    values: dict[Quantity, float] = {}
    for endpoint, definition in zip(Endpoint, DEFINITIONS, strict=True):
        months = scenario.report_months if definition.name in BY_MONTH else (scenario.horizon_months,)
        if definition.name not in BY_MONTH + BY_HORIZON:
            continue
        own = days[:, endpoint]
        own = own[~np.isnan(own)]
        for month in months:
            share = _mean(own <= month * DAYS_PER_MONTH)
            values[definition.name, month] = 1.0 - share if definition.survival else share
    first = table["transplants"] > 0
    values["sct_month", None] = _mean(table["transplant_day"][first]) / DAYS_PER_MONTH
    weeks = table["transplant_interval_days"][first] / DAYS_PER_WEEK
    weeks = weeks[np.isfinite(weeks)]
    values["interval_weeks_mean", None] = _mean(weeks)
    values["interval_weeks_median", None] = float(np.median(weeks)) if len(weeks) else math.nan
    values["blinatumomab_courses", None] = _mean(table["blinatumomab_courses"])
    return values


def _queueing(name: str, stays: list[Stay], patients: int) -> dict[Quantity, float]:
    waits = np.array([stay.left_day - stay.first_asked_day for stay in stays if stay.outcome == "granted"])
    everyone = np.array([stay.left_day - stay.first_asked_day for stay in stays])
    values: dict[Quantity, float] = {
        (f"{name}_asked", None): len(stays) / patients,
        (f"{name}_waited", None): _mean(everyone > PRESENT),
        (f"{name}_wait_days_mean", None): _mean(waits),
        (f"{name}_wait_days_median", None): float(np.median(waits)) if len(waits) else math.nan,
        (f"{name}_wait_days_90_percent", None): float(np.quantile(waits, 0.9)) if len(waits) else math.nan,
    }
    for outcome in LEFT:
        values[f"{name}_left_{outcome}", None] = _mean(np.array([stay.outcome == outcome for stay in stays]))
    return values


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else math.nan
