"""What happened at each point, with Monte Carlo intervals; and each point beside its neighbours, the same patients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from simulator import counts as tally
from simulator.comparison.arm_estimates import SOS_GRADES, population_size, signed
from simulator.comparison.paired import paired_proportions
from simulator.comparison.quantities import NORMAL_975, Numbers, months_to, proportion
from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH, DEFINITIONS, Endpoint
from simulator.runner import pair_months
from simulator.scenario import Scenario
from simulator.strategy import DAYS_PER_WEEK
from simulator.sweep.grid import Sweep, neighbours

BY_MONTH = (Endpoint.OS, Endpoint.RFS, Endpoint.RELAPSE_FROM_DAY_1, Endpoint.NRM_FROM_DAY_1)
PAIRED = (Endpoint.OS, Endpoint.SOS_ANY, Endpoint.NRM_FROM_DAY_1, Endpoint.RELAPSE_FROM_DAY_1)
WAITING = {
    "relapsed_waiting": tally.RELAPSED_WAITING,
    "died_waiting": tally.DIED_WAITING,
    "plan_lapsed": tally.PLAN_LAPSED,
}
DEFINED = {
    "sct_planned": "an SCT planned in first remission: eligible, offered, accepted; share of all patients",
    "relapsed_waiting": "morphologic relapse before the SCT planned in first remission; share of those with a plan",
    "died_waiting": "death in remission before that SCT; share of those with a plan",
    "plan_lapsed": "that plan given up: grace period over, or SOS; share of those with a plan",
    "interval_weeks": "last InO to first SCT, weeks: median and quartiles of those with an SCT",
    "sct_month": "day 1 to first SCT, months: median and quartiles of those with an SCT by the horizon",
    "dose_before_sct_mg_per_m2": "cumulative InO at SCT: median and quartiles of those with an SCT",
    "dose_mg_per_m2": "cumulative InO of all patients: median and quartiles",
    "blinatumomab_courses": "blinatumomab courses started, mean of all patients",
}


def estimates(scenario: Scenario, counts: Counts, arm: int) -> dict[str, Any]:
    """The numbers of one point: by month, by the horizon, delivered."""
    n = int(counts.patients[0])
    found: dict[str, Any] = {}
    for endpoint in BY_MONTH:
        definition, size = DEFINITIONS[endpoint], population_size(counts, arm, endpoint)
        by = np.cumsum(counts.events[arm, endpoint])
        found[definition.name] = {
            str(month): proportion(signed(by[month * BINS_PER_MONTH], size, definition.survival), size)
            for month in pair_months(scenario)
        }
    by_horizon = counts.events[arm].sum(axis=1)
    found["sos"] = {grade: proportion(by_horizon[row], n) for grade, row in SOS_GRADES.items()}
    found["sct"] = proportion(by_horizon[Endpoint.SCT], n)
    planned = int(counts.tallies[arm, tally.SCT_PLANNED])
    found["sct_planned"] = proportion(planned, n)
    found |= {name: proportion(counts.tallies[arm, row], planned) for name, row in WAITING.items()}
    delivered = counts.delivered[arm]
    found["interval_weeks"] = quartiles(delivered[tally.INTERVAL_DAYS], 1.0 / DAYS_PER_WEEK)
    found["sct_month"] = quartiles_of_events(counts.events[arm, Endpoint.SCT])
    found["dose_before_sct_mg_per_m2"] = steps(delivered[tally.DOSE_BEFORE_SCT], 1.0 / tally.DOSE_BINS_PER_MG)
    found["dose_mg_per_m2"] = steps(delivered[tally.DOSE], 1.0 / tally.DOSE_BINS_PER_MG)
    found["blinatumomab_courses"] = mean(delivered[tally.BLINATUMOMAB_COURSES])
    return found


def around(n: int, share: float) -> tuple[float, float, float]:
    """Ranks that hold a quantile and its 95 % interval (order statistics)."""
    half_width = NORMAL_975 * math.sqrt(n * share * (1.0 - share))
    return n * share, n * share - half_width, n * share + half_width


def quartiles_of_events(events: np.ndarray) -> Numbers:
    """Median with its interval and quartiles, in months, of those with the event by the horizon."""
    by, n = np.cumsum(events), int(events.sum())
    ranks = [*around(n, 0.5), n * 0.25, n * 0.75]
    return named([months_to(by, rank) if 0.0 < rank < n else None for rank in ranks])


def quartiles(histogram: np.ndarray, width: float) -> Numbers:
    """The same from a histogram of a continuous quantity whose bin b is [b, b + 1), times `width`."""
    n, padded = int(histogram.sum()), np.concatenate([[0], np.cumsum(histogram)])
    ranks = [*around(n, 0.5), n * 0.25, n * 0.75]
    found = [months_to(padded, rank, 1.0) if 0.0 < rank < n else None for rank in ranks]
    return named([None if value is None else value * width for value in found])


def steps(histogram: np.ndarray, width: float) -> Numbers:
    """The same of a quantity that takes few values: the value at each rank."""
    n, by = int(histogram.sum()), np.cumsum(histogram)
    ranks = [*around(n, 0.5), n * 0.25, n * 0.75]
    return named([float(np.searchsorted(by, rank)) * width if 0.0 < rank < n else None for rank in ranks])


def named(values: list[float | None]) -> Numbers:
    """Median, its interval, quartiles."""
    return dict(zip(("value", "low", "high", "lower_quartile", "upper_quartile"), values, strict=True))


def mean(histogram: np.ndarray) -> Numbers:
    """Mean of a whole number with its interval."""
    n, numbers = int(histogram.sum()), np.arange(len(histogram))
    if n == 0:
        return {"value": None, "low": None, "high": None}
    value = float(histogram @ numbers) / n
    half_width = NORMAL_975 * math.sqrt(max(float(histogram @ numbers**2) / n - value**2, 0.0) / n)
    return {"value": value, "low": value - half_width, "high": value + half_width}


def neighbour_rows(sweep: Sweep, counts: Counts, month: int) -> Iterator[dict[str, Any]]:
    """Each point against its neighbour in each direction: paired difference, variance reduction, lives changed."""
    scenario, n = sweep.scenario, int(counts.patients[0])
    months = pair_months(scenario)
    directions = (sweep.series, *sweep.axes)
    for pair, (direction, place, other) in enumerate(neighbours(sweep.shape)):
        axis = directions[direction]
        for endpoint in PAIRED:
            definition = DEFINITIONS[endpoint]
            at = scenario.horizon_months if endpoint == Endpoint.SOS_ANY else month
            yield {
                "point": scenario.arms[sweep.at(place)].name,
                "against": scenario.arms[sweep.at(other)].name,
                "direction": axis.name if axis else "",
                "endpoint": definition.name,
                "month": at,
                **paired_proportions(counts.pairs[pair, endpoint, months.index(at)], definition.survival),
                "lives_changed": int(counts.lives[pair, tally.SHORTER] + counts.lives[pair, tally.LONGER]) / n,
            }


def coincident(sweep: Sweep, counts: Counts) -> list[list[str]]:
    """Runs of points along the first axis with the same sum of every event, in time, and of all that was delivered."""
    names = [arm.name for arm in sweep.scenario.arms]
    runs: list[list[str]] = []
    for direction, place, other in neighbours(sweep.shape):
        here, there = sweep.at(place), sweep.at(other)
        same = all(np.array_equal(each[here], each[there]) for each in (counts.events, counts.delivered))
        if direction != 1 or not same:
            continue
        if runs and runs[-1][-1] == names[there]:
            runs[-1].append(names[here])
        else:
            runs.append([names[there], names[here]])
    return runs
