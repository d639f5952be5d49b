"""Every row of the catalogue beside the simulated studies: as in a reproduction, plus p, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.catalogue import Row, load_catalogue, load_sources
from calibration.compared import compared
from calibration.targets import Target
from calibration.validation.judged import BLOCKS, blocks_of, why_counted
from calibration.validation.predictive import (
    Statistics,
    as_printed,
    defined,
    interval,
    joint_p,
    near_normal,
    ordered,
    position_in,
    two_sided,
)

NOT_SIMULATED = (
    "simulated", "predictive_low", "predictive_high", "inside_published", "inside_predictive", "z", "p", "position",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A row beside studies that were predicted: middle 95 %, position among them in (0, 1), two-sided p."""

    low: float
    high: float
    middle: float
    position: float

    @property
    def p(self) -> float:
        """Two-sided."""
        return two_sided(self.position)

    def inside(self, reported: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low <= reported <= self.high


def outcome(source: str, row: Row, drawn: Sequence[Statistics]) -> Outcome:
    """A row of the catalogue beside the simulated studies."""
    found = ordered(row, as_printed(source, row, drawn))
    return Outcome(*interval(found), float(np.median(found)), position_in(found, row.value))


def together(source_of: Mapping[str, str], ids: Sequence[str], drawn: Sequence[Statistics]) -> float:
    """Joint p of several rows."""
    rows = [load_catalogue(source_of[key])[key] for key in ids]
    columns = [near_normal(row, as_printed(source_of[row.id], row, drawn)) for row in rows]
    reported = [near_normal(row, np.array([row.value]))[0] for row in rows]
    return joint_p(np.column_stack(columns), np.array(reported))


def sources() -> dict[str, str]:
    """Row id -> the source that prints it."""
    return {row_id: name for name in load_sources() for row_id in load_catalogue(name)}


def all_rows(
    drawn: Sequence[Statistics],
    targets: Sequence[Target],
    leverage: Mapping[str, float],
    saturated: float,
    held_out: Mapping[str, Mapping[str, Outcome]],
) -> list[dict[str, Any]]:
    """One entry for each row of every source; `held_out`: block -> row id -> outcome without the block."""
    by_id = {one.id: one for one in targets}
    found = []
    for source, row in ((name, row) for name in load_sources() for row in load_catalogue(name).values()):
        target, own = by_id.get(row.id), leverage.get(row.id)
        counted, why = why_counted(row, target, blocks_of(row, targets), own is not None and own >= saturated)
        entry = {"source": source, **_beside(source, row, drawn), "leverage": own}
        found.append(entry | {"counted": counted, "why": why, "left_out": _held_out(row, held_out)})
    return found


def _beside(source: str, row: Row, drawn: Sequence[Statistics]) -> dict[str, Any]:
    """The keys of a reproduction, and p; without simulated values where a row is not simulated."""
    if row.id not in drawn[0] or row.role not in ("fitted", "predicted"):
        entry = compared(row, np.array([np.nan])) | dict.fromkeys(NOT_SIMULATED)
        return entry | {"reported": defined(row.value)}
    values = as_printed(source, row, drawn)
    position = position_in(ordered(row, values), row.value)
    scored = not row.unit.startswith("P")
    return compared(row, values) | {"position": position, "p": two_sided(position) if scored else None}


def _held_out(row: Row, held_out: Mapping[str, Mapping[str, Outcome]]) -> list[dict[str, Any]]:
    return [
        {
            "block": block,
            "title": BLOCKS[block],
            "simulated": defined(found[row.id].middle),
            "low": defined(found[row.id].low),
            "high": defined(found[row.id].high),
            "position": found[row.id].position,
            "p": found[row.id].p,
            "inside": found[row.id].inside(row.value),
        }
        for block, found in held_out.items()
        if row.id in found
    ]


def p_values(rows: Sequence[Mapping[str, Any]], drawn: Sequence[Statistics]) -> list[dict[str, Any]]:
    """Printed P-values beside those that simulated studies would print: shown, never scored."""
    found = []
    for row in rows:
        if row["unit"].startswith("P") and row["position"] is not None:
            simulated = np.array([one[row["id"]] for one in drawn])
            simulated = simulated[~np.isnan(simulated)]
            low, middle, high = np.percentile(simulated, [2.5, 50.0, 97.5]).tolist()
            entry = {key: row[key] for key in ("id", "source", "quantity", "subgroup", "unit", "reported")}
            smaller = float(np.mean(simulated <= row["reported"]))
            below = float(np.mean(simulated < 0.05))
            found.append(entry | {"median": middle, "low": low, "high": high, "as_small": smaller, "below_0.05": below})
    return found
