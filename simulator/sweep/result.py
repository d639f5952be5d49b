"""The result of a sweep: everything that its counts and its attribution band contain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from simulator.comparison.not_identified import BLINATUMOMAB_EFFECT, not_identified
from simulator.comparison.summary import UNCERTAINTY
from simulator.comparison.uncertain import Uncertainty
from simulator.counts import Counts
from simulator.endpoints import DEFINITIONS, Endpoint
from simulator.runner import Progress, run
from simulator.scenario import Scenario
from simulator.sweep import attribution
from simulator.sweep.attribution import Band, Draws
from simulator.sweep.cannot_tell import cannot_tell
from simulator.sweep.grid import Sweep, grid_of
from simulator.sweep.optimum import Optimum, as_json, deaths_by_group, optimum, paired_se
from simulator.sweep.points import BY_MONTH, DEFINED, coincident, estimates, neighbour_rows

WANTED_MONTH = 36
INTERVAL = "transplant.minimum_interval_weeks"
SAME_WEEKS = 0.1
ATTRIBUTION_OFF = "not asked for (--attribution 0)"


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found; equal counts give equal bytes.

    `points`: one row for each number of each point (point, series, axis values, quantity, month, quartiles of what was
    delivered, value, low, high). `neighbours`: one row for each pair and endpoint.
    """

    sweep: Sweep
    month: int
    """At which OS is optimised: of the report months the nearest to 36."""
    summary: dict[str, Any]
    points: pd.DataFrame
    neighbours: pd.DataFrame
    optimum: Optimum | None
    """Over the whole grid; None where its points are different worlds, which nobody can choose."""
    optima_by_line: tuple[Optimum | None, ...]
    """On each of `lines_of`: the best along the first axis."""
    band: Band | None
    why_no_band: str
    counts: Counts
    uncertainty: Uncertainty | None = None
    """Of parameters and attribution, where `sweep.uncertain.add_uncertainty` worked it out."""


def run_sweep(
    sweep: Sweep, *, workers: int | None = None, attribution_patients: int = attribution.PATIENTS,
    progress: Progress | None = None,
) -> SweepResult:  # fmt: skip
    """Run every point on the same patients; the attribution band on the first `attribution_patients` of them."""
    counts = run(sweep.scenario, workers=workers, progress=progress)
    return with_band(sweep, counts, attribution_patients, workers)


def with_band(
    sweep: Sweep,
    counts: Counts,
    attribution_patients: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """The result that the counts contain, and the attribution band where there can be one."""
    draws = attribution.load_draws()
    why = attribution.why_none(sweep.scenario, draws) if attribution_patients else ATTRIBUTION_OFF
    month = decision_month(sweep)
    band = None
    if not why:
        band = attribution.band_of(sweep.scenario, draws, month, attribution_patients, workers, progress)
    return sweep_of(sweep, counts, draws, band, why)


def decision_month(sweep: Sweep) -> int:
    """Of the report months the nearest to 36, the earlier of two."""
    return min(sweep.scenario.report_months, key=lambda month: (abs(month - WANTED_MONTH), month))


def sweep_of(sweep: Sweep, counts: Counts, draws: Draws, band: Band | None, why_no_band: str) -> SweepResult:
    """The result that the counts and the band contain."""
    scenario, month = sweep.scenario, decision_month(sweep)
    names = [arm.name for arm in scenario.arms]
    n, deaths = int(counts.patients[0]), deaths_by_group(counts, month)
    whole = _best(scenario, deaths, n, list(range(len(names))))
    by_line = tuple(_best(scenario, deaths, n, line) for line in lines_of(sweep))
    found = [estimates(scenario, counts, arm) for arm in range(len(names))]
    neighbours = list(neighbour_rows(sweep, counts, month))
    summary = {
        "sweep": scenario.name,
        "question": scenario.question,
        "patients": scenario.patients,
        "seed": scenario.seed,
        "parameter_set": scenario.parameters,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "month": month,
        "uncertainty": UNCERTAINTY,
        "definitions": {DEFINITIONS[row].name: DEFINITIONS[row].words for row in BY_MONTH} | DEFINED,
        **grid_of(sweep),
        "points": [
            {"point": name} | _place(sweep, place) | numbers
            for name, place, numbers in zip(names, sweep.places(), found, strict=True)
        ],
        "neighbours": neighbours,
        "same_lives": coincident(sweep, counts),
        "interval_floor": interval_floor(sweep, found),
        "optimum": None if whole is None else as_json(whole, names),
        "optimum_by_line": [as_json(one, names) for one in by_line if one is not None],
        "attribution": {"none": why_no_band} if band is None else _banded(sweep, counts, draws, band),
        "not_identified": cannot_tell(scenario, band is not None),
    }
    points = pd.DataFrame(_long(sweep, found))
    return SweepResult(
        sweep, month, summary, points, pd.DataFrame(neighbours), whole, by_line, band, why_no_band, counts
    )


def _best(scenario: Scenario, deaths: np.ndarray, n: int, arms: list[int]) -> Optimum | None:
    """The optimum among arms of one world, a number of the model is no choice; nor is there one over treatments
    whose effect is not identified, lest it be taken for that of the axis."""
    worlds = {tuple(sorted(scenario.arms[arm].parameters.items())) for arm in arms}
    chosen = not_identified(replace(scenario, arms=tuple(scenario.arms[arm] for arm in arms)))
    return optimum(deaths, n, arms) if len(worlds) == 1 and BLINATUMOMAB_EFFECT not in chosen else None


def os_at_month(counts: Counts, month: int) -> np.ndarray:
    """(A,) OS at the month."""
    n = int(counts.patients[0])
    return np.asarray((n - deaths_by_group(counts, month).sum(axis=1)) / n)


def lines_of(sweep: Sweep) -> list[list[int]]:
    """The arms along the first axis, for each series and each value of the second axis."""
    lines: dict[tuple[int, ...], list[int]] = {}
    for place in sweep.places():
        lines.setdefault((place[0], *place[2:]), []).append(sweep.at(place))
    return list(lines.values())


def interval_floor(sweep: Sweep, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """On each line of minimum intervals: those that leave the delivered median where the shortest has it."""
    if sweep.axes[0].key != INTERVAL:
        return []
    names = [arm.name for arm in sweep.scenario.arms]
    floors = []
    for line in lines_of(sweep):
        medians = [found[arm]["interval_weeks"]["value"] for arm in line]
        idle = 0
        while idle < len(line) and medians[idle] is not None and medians[idle] - medians[0] < SAME_WEEKS:
            idle += 1
        floors.append({"points": [names[arm] for arm in line[:idle]], "interval_weeks": medians[0]})
    return floors


def _banded(sweep: Sweep, counts: Counts, draws: Draws, band: Band) -> dict[str, Any]:
    """The band by point, the optimum under each draw, and the whole length of the first axis under each draw."""
    names = [arm.name for arm in sweep.scenario.arms]
    n, deaths = int(counts.patients[0]), deaths_by_group(counts, band.month)
    alive, sos = os_at_month(counts, band.month), counts.events[:, Endpoint.SOS_ANY].sum(axis=1) / n
    shares = attribution.as_good_shares(alive, band.alive)
    by_point = {}
    for arm, name in enumerate(names):
        rows = {"os": alive[arm] + band.alive[:, arm], "sos": sos[arm] + band.sos[:, arm]}
        by_point[name] = {key: _range(values) for key, values in rows.items()} | {"as_good_share": float(shares[arm])}
    lines = []
    for line in lines_of(sweep):
        first, last = line[0], line[-1]
        in_os, in_sos = (
            {"value": float(values[last] - values[first])}
            | _range(values[last] - values[first] + changes[:, last] - changes[:, first])
            for values, changes in ((alive, band.alive), (sos, band.sos))
        )
        in_os["mc_se"] = float(paired_se(deaths, first, n)[last])
        best = _shares(names, line, alive, band)
        lines.append(
            {"point": names[last], "against": names[first], "os": in_os, "sos": in_sos, "as_good_shares": best}
        )
    return attribution.as_json(draws, band) | {"points": by_point, "ends": lines}


def _shares(names: list[str], line: list[int], alive: np.ndarray, band: Band) -> dict[str, float]:
    shares = attribution.as_good_shares(alive[line], band.alive[:, line])
    return {names[arm]: float(share) for arm, share in zip(line, shares, strict=True)}


def _range(values: np.ndarray) -> dict[str, float]:
    low, high = attribution.interval(values)
    return {"low": float(low), "high": float(high)}


def _place(sweep: Sweep, place: tuple[int, ...]) -> dict[str, Any]:
    """Series and axis values of a point, by name."""
    parts = zip((sweep.series, *sweep.axes), place, strict=True)
    return {axis.name: axis.values[index] for axis, index in parts if axis}


def _long(sweep: Sweep, found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row for each number of each point."""
    for arm, place, numbers in zip(sweep.scenario.arms, sweep.places(), found, strict=True):
        head = {"point": arm.name} | _place(sweep, place)
        for quantity, cell in numbers.items():
            for key, one in ({"": cell} if "value" in cell else cell).items():
                name = f"{quantity}_{key}" if key and not key.isdigit() else quantity
                blank = {"lower_quartile": None, "upper_quartile": None}
                yield head | {"quantity": name, "month": int(key) if key.isdigit() else None} | blank | one
