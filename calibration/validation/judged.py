"""Which rows count: fitted ones in the internal check, those of a left-out block in the cross validation, once each.

A block holds its targets and the rows of the same kind that were never fitted (`predicted.csv`, reviewed by hand).
What never counts: P-values, quoted and restated rows, rows that follow from others, inputs.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calibration.catalogue import ROLES, Row
from calibration.targets import NONE, Target, all_lines

FILE = Path(__file__).with_name("predicted.csv")
BLOCKS = {
    "sos": "SOS",
    "sct": "landmarks and SCT",
    "genetics": "TP53 and cytogenetics",
    "modified_arm": "modified regimen",
    "wudhikarn": "Wudhikarn 2022",
    "jabbour": "Jabbour 2024",
}


@dataclass(frozen=True)
class Predicted:
    """A row that was never fitted: the block with which it is left out, whether it counts there, and why."""

    id: str
    study: str
    block: str
    counted: bool
    why: str


@cache
def predicted() -> dict[str, Predicted]:
    """All lines of the file by id."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            line["id"]: Predicted(line["id"], line["study"], line["block"], line["counted"] == "yes", line["why"])
            for line in csv.DictReader(file)
        }


def left_out_rows(block: str, targets: Sequence[Target]) -> tuple[str, ...]:
    """Ids of the rows that count when a block is left out: its targets, then what was never fitted."""
    fitted = [one.id for one in targets if block in one.blocks]
    studies = {one.study for one in targets}
    others = (one for one in predicted().values() if one.block == block and one.counted and one.study in studies)
    return (*fitted, *(one.id for one in others))


def blocks_of(row: Row, targets: Sequence[Target]) -> tuple[str, ...]:
    """The blocks with which a row is left out and counted."""
    return tuple(block for block in BLOCKS if row.id in left_out_rows(block, targets))


def why_counted(row: Row, target: Target | None, blocks: Sequence[str], saturated: bool) -> tuple[bool, str]:
    """(whether a row counts anywhere, where and why or why not)."""
    if row.unit.startswith("P"):
        return False, "a P-value: shown, never counted"
    held_out = "; left out with " + " and with ".join(BLOCKS[block] for block in blocks) if blocks else ""
    if target is not None:
        apart = "fitted, saturated: a parameter of its own can meet it" if saturated else "fitted"
        return bool(blocks) or not saturated, apart + held_out
    if row.id in predicted():
        return predicted()[row.id].counted, predicted()[row.id].why + held_out
    noted = {one.id: one.note for one in all_lines() if one.kind == NONE}
    reason = noted.get(row.id) or row.reading or ROLES[row.role]
    return False, reason if row.role == "fitted" else f"{row.role}: {reason}"
