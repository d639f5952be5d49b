"""What is kept of a sweep: a run folder whose bytes depend on run.json only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.store import SUMMARY, identity, open_run, run_name, write_csv, write_json
from simulator.store.tables import write_uncertainty
from simulator.sweep import attribution
from simulator.sweep.figures import write_sweep_figures
from simulator.sweep.grid import Sweep, grid_of
from simulator.sweep.page import write_page
from simulator.sweep.result import SweepResult
from simulator.sweep.text import answer

ANSWER = "answer.txt"
PRINTED_WIDTH = 100


def identity_of(
    sweep: Sweep, attribution_patients: int, uncertainty: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The identity of a sweep's run folder: the scenario, the grid, the band and its draws, or posterior draws."""
    drawn = {"uncertainty": dict(uncertainty)} if uncertainty else {}
    return (
        identity(sweep.scenario, kind="sweep", outputs={"answer": True, "figures": True, "report": True})
        | {
            "sweep": grid_of(sweep),
            "attribution": {"band_patients": attribution_patients, "draws_sha256": attribution.draws_hash()},
        }
        | drawn
    )


def write_outputs(folder: Path, result: SweepResult, asked: dict[str, Any]) -> None:
    """summary.json, both tables, answer.txt, figures and report.html into a folder; `asked` is the identity."""
    write_json(folder / SUMMARY, result.summary)
    write_csv(folder / "sweep.csv", result.points)
    write_csv(folder / "neighbours.csv", result.neighbours)
    if result.uncertainty:
        write_uncertainty(folder, result.uncertainty)
    (folder / ANSWER).write_text(answer(result, PRINTED_WIDTH), encoding="utf-8")
    write_sweep_figures(result, folder)
    write_page(result, folder, asked, run_name(result.sweep.scenario.name, asked))


def write_sweep(folder: Path | str, result: SweepResult, attribution_patients: int) -> Path:
    """The run folder of a sweep that is there already; a folder that holds this very sweep is left as it is."""
    asked = identity_of(result.sweep, attribution_patients)
    with open_run(folder, asked) as run_folder:
        if not run_folder.finished:
            run_folder.finish(lambda target: write_outputs(target, result, asked))
    return Path(folder)
