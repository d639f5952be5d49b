"""A comparison as JSON and CSV, and a run folder written at once from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.scenario import Scenario
from simulator.store.files import write_csv, write_json
from simulator.store.folder import open_run
from simulator.store.identity import identity

if TYPE_CHECKING:
    from simulator.comparison import Comparison
    from simulator.comparison.uncertain import Uncertainty

SUMMARY = "summary.json"
FRAMES = (
    "estimates", "curves", "occupancy", "differences", "longer_shorter", "contrasts", "delivered",
)  # fmt: skip

FiguresWriter = Callable[[Path, "Comparison"], object]
"""Writes figures, or a report, into the folder that it is given."""


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """summary.json and one CSV per table, those of posterior draws too where they were propagated."""
    write_json(folder / SUMMARY, comparison.summary)
    for name in FRAMES:
        write_csv(folder / f"{name}.csv", getattr(comparison, name))
    if comparison.uncertainty:
        write_uncertainty(folder, comparison.uncertainty)


def write_uncertainty(folder: Path, uncertainty: Uncertainty) -> None:
    """One CSV per table of what was propagated."""
    for name, table in uncertainty.tables.items():
        write_csv(folder / f"{name}.csv", table)


def write_run(
    folder: Path | str,
    scenario: Scenario,
    comparison: Comparison,
    figures_writer: FiguresWriter | None = None,
) -> Path:
    """The run folder of a comparison that is there already; a folder that holds this very run is left as it is."""

    def write(target: Path) -> None:
        write_comparison(target, comparison)
        if figures_writer:
            figures_writer(target, comparison)

    outputs = {"figures": True} if figures_writer else {}
    with open_run(folder, identity(scenario, outputs=outputs)) as run_folder:
        if not run_folder.finished:
            run_folder.finish(write)
    return Path(folder)
