"""What is kept of a sweep: a run folder whose bytes depend on run.json only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.store import RUN, SUMMARY, finished, identity, run_name, write_csv, write_json, write_whole
from simulator.sweep import attribution
from simulator.sweep.figures import write_sweep_figures
from simulator.sweep.grid import Sweep
from simulator.sweep.result import SweepResult, grid_of
from simulator.sweep.text import answer

ANSWER = "answer.txt"
PRINTED_WIDTH = 100


def also(sweep: Sweep, attribution_patients: int) -> dict[str, Any]:
    """What belongs to the identity of a sweep beside its scenario: the grid, the band and its draws."""
    return {
        "sweep": grid_of(sweep),
        "attribution": {"band_patients": attribution_patients, "draws_sha256": attribution.draws_hash()},
    }


def sweep_name(sweep: Sweep, attribution_patients: int) -> str:
    """A folder name that two different sweeps do not share."""
    return run_name(sweep.scenario, **also(sweep, attribution_patients))


def finished_sweep(folder: Path | str, sweep: Sweep, attribution_patients: int) -> dict[str, Any] | None:
    """The summary of this very sweep where it is finished; None if the folder is free, else `FolderError`."""
    return finished(folder, sweep.scenario, **also(sweep, attribution_patients))


def write_sweep(folder: Path | str, result: SweepResult, attribution_patients: int) -> Path:
    """run.json, summary.json, sweep.csv, neighbours.csv, answer.txt and the figures."""
    folder = Path(folder)
    if finished_sweep(folder, result.sweep, attribution_patients) is not None:
        return folder

    def fill(target: Path) -> None:
        write_json(target / RUN, identity(result.sweep.scenario) | also(result.sweep, attribution_patients))
        write_json(target / SUMMARY, result.summary)
        write_csv(target / "sweep.csv", result.points)
        write_csv(target / "neighbours.csv", result.neighbours)
        (target / ANSWER).write_text(answer(result, PRINTED_WIDTH), encoding="utf-8")
        write_sweep_figures(result, target)

    write_whole(folder, fill)
    return folder
