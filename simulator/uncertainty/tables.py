"""What was propagated, as rows: intervals by kind, bands of the curves, drivers, value of information."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from simulator.comparison.quantities import NORMAL_975
from simulator.uncertainty.drivers import Drivers, drivers_of
from simulator.uncertainty.kinds import JOINT, KINDS
from simulator.uncertainty.propagation import Propagated
from simulator.uncertainty.spread import Spread

MONTE_CARLO = "monte_carlo"
NUMBERS = ("low", "high", "mean", "sd", "noise_share", "mc_se")

Row = dict[str, Any]


def interval_rows(found: Propagated, summary: Mapping[str, Any]) -> Iterator[Row]:
    """One row for each arm, quantity (os, os_difference), report month and kind, Monte Carlo first."""
    names = found.names
    reference = names.index(found.scenario.reference)
    for arm, name in enumerate(names):
        for month in found.scenario.report_months:
            here = {kind: found.os(kind, arm, month) for kind in found.shifts}
            chance = summary["arms"][name]["os"][str(month)]
            yield from _by_kind({"arm": name, "quantity": "os", "month": month}, chance, here)
            if arm != reference:
                apart = {kind: found.difference(kind, arm, reference, month) for kind in found.shifts}
                chance = summary["differences"][name]["os"][str(month)]
                head = {"arm": name, "quantity": "os_difference", "month": month}
                yield from _by_kind(head, chance, apart)


def _by_kind(head: Row, chance: Mapping[str, Any], spreads: Mapping[str, Spread]) -> Iterator[Row]:
    head = head | {"value": chance["value"]}
    sd = (chance["high"] - chance["low"]) / (2.0 * NORMAL_975)
    yield head | {"kind": MONTE_CARLO} | dict.fromkeys(NUMBERS) | {
        "low": chance["low"], "high": chance["high"], "sd": sd
    }  # fmt: skip
    for kind in (kind for kind in KINDS if kind in spreads):
        yield head | {"kind": kind} | {key: getattr(spreads[kind], key) for key in NUMBERS}


def nested(rows: list[Row], quantity: str) -> dict[str, Any]:
    """Arm -> month -> the value and, for each kind, its numbers."""
    found: dict[str, Any] = {}
    for row in rows:
        if row["quantity"] == quantity:
            cell = found.setdefault(row["arm"], {}).setdefault(str(row["month"]), {"value": row["value"]})
            cell[row["kind"]] = {key: row[key] for key in NUMBERS if row[key] is not None}
    return found


def band_rows(found: Propagated) -> Iterator[Row]:
    """OS of each arm at every month kept: the mean over the draws and their middle 95 %, by kind."""
    for arm, name in enumerate(found.names):
        for month in found.months:
            for kind in (kind for kind in KINDS if kind in found.shifts):
                each = found.os(kind, arm, month)
                numbers = {key: min(1.0, max(0.0, getattr(each, key))) for key in ("mean", "low", "high")}
                yield {"arm": name, "month": month, "kind": kind} | numbers


def drivers_by_arm(found: Propagated, month: int) -> dict[str, Drivers]:
    """Arm -> drivers of its difference from the reference under the joint draws."""
    reference = found.names.index(found.scenario.reference)
    arms = [arm for arm in range(len(found.names)) if arm != reference]
    if not arms:
        return {}
    raw = found.centre_at(month) + found.shares(JOINT, month).mean(axis=2)
    outcomes = raw[:, arms] - raw[:, [reference]]
    noise = np.array([found.difference(JOINT, arm, reference, month).noise_share for arm in arms])
    drivers = drivers_of(found.posterior, found.rows, outcomes, noise)
    return {found.names[arm]: each for arm, each in zip(arms, drivers, strict=True)}


def driver_rows(found: Propagated, drivers: Drivers) -> list[Row]:
    """A row for each parameter, the largest share first, with what the evidence taught about it."""
    prior, cause = found.posterior.prior, found.posterior.attribution
    return [
        row._asdict() | {"prior": row.parameter in prior, "attribution": row.parameter in cause}
        for row in drivers.rows
    ]  # fmt: skip


def information_rows(decision: Mapping[str, Any]) -> Iterator[Row]:
    """EVPI, then EVPPI of groups and of single parameters; none where there is no decision."""
    if "none" in decision:
        return
    yield {"about": "everything", "parameters": ""} | decision["evpi"]
    for group in decision["evppi_groups"]:
        yield group | {"about": group["group"], "parameters": " ".join(group["parameters"])}
    for one in decision["evppi"]:
        yield one | {"about": one["parameter"], "parameters": one["parameter"]}
