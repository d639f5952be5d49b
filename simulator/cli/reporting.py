"""What a run folder holds for people: the answer, the figures, the influence of each number, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.cli.options import ANSWER
from simulator.cli.terminal import Progress, status

INFLUENCE = "influence.csv"


def write_for_people(folder: Path, comparison: Any, identity: dict[str, Any], workers: int | None) -> None:
    """answer.txt, figures, results.parquet, report.html and, without posterior draws, influence.csv into a folder."""
    from calibration.kept import kept_reproduction
    from simulator import store
    from simulator.comparison.influence import influence
    from simulator.comparison.results import write_results_parquet
    from simulator.report import answer, write_figures
    from simulator.report.html import write_report

    scenario = comparison.scenario
    (folder / ANSWER).write_text(answer(comparison, width=100), encoding="utf-8")
    moved = None
    if not comparison.uncertainty:  # posterior draws say more than one number at a time can: drivers.csv
        with Progress("what the answer rests on", "numbers") as progress:
            moved = influence(scenario, workers=workers, progress=progress)
        store.write_csv(folder / INFLUENCE, moved)
    with status("drawing figures and writing the report"):
        write_figures(comparison, folder)
        write_results_parquet(folder, comparison)
        kept = kept_reproduction(scenario.parameters)
        write_report(comparison, folder, identity, store.run_name(scenario.name, identity), moved, kept)
