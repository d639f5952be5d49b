"""What run.json says of a run, on every page of a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report.html.document import Block, Paragraph, Table


def identity_blocks(identity: Mapping[str, Any], *more: Sequence[str]) -> list[Block]:
    """The identity as a table, with `more` rows (what, value), and what it is worth."""
    rows = [
        ["Seed", str(identity["seed"])],
        ["Patients in each arm", f"{identity['patients']:,}"],
        ["Parameter set", identity["parameter_set"]],
        ["Parameters, SHA-256", identity["parameters_sha256"]],
        ["Sources, SHA-256", identity["sources_sha256"]],
        ["Versions", ", ".join(f"{name} {number}" for name, number in identity["versions"].items())],
        *more,
    ]
    return [
        Table("Identity of the run, as in run.json", ["What", "Value"], rows, (0, 1)),
        Paragraph(
            "Every byte of this page follows from run.json. Asked again with the same folder, a finished run is "
            "printed without simulating, and one that was stopped goes on from where it stood.",
            "note",
        ),
    ]
