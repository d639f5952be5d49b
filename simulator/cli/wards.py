"""Comparisons in which something is limited: whole wards, and a run folder of their own form."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.folders import opened
from simulator.cli.options import ANSWER, RUNS
from simulator.cli.terminal import Progress, note, note_compiling, say, status

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.store import RunFolder
    from simulator.ward import WardComparison

OUTPUTS = {"answer": True, "figures": True, "report": True}


def compare_in_wards(
    scenario: Scenario, workers: int | None, out: Path | None, as_json: bool, asked: tuple[int | None, int | None]
) -> None:
    """`compare` of a scenario with limits; `asked` = (events, patient tables), which a ward does not write."""
    from simulator import store
    from simulator.scenario import Fault, ScenarioError
    from simulator.ward.answer import answer
    from simulator.ward.comparison import replicates_of
    from simulator.ward.folder import write_wards

    options = zip(("--events", "--patient-tables"), asked, strict=True)
    faults = [
        Fault(option, what="is of the cohort clock; add --clock cohort") for option, n in options if n is not None
    ]
    if faults:
        raise ScenarioError(faults)
    if as_json and out is None:
        say(json.dumps(_compared(scenario, workers, None).summary, indent=2))
        return
    replicates_of(scenario)  # before there is a folder
    identity = store.identity(scenario, kind="ward", outputs=OUTPUTS)
    folder = out or RUNS / store.run_name(scenario.name, identity)
    with opened(folder, identity) as run_folder:
        if run_folder.finished:
            say(json.dumps(run_folder.json(), indent=2) if as_json else run_folder.text(ANSWER))
            note(f"already done: {folder}")
            return
        comparison = _compared(scenario, workers, run_folder)
        with status("drawing figures and writing tables"):
            run_folder.finish(lambda target: write_wards(target, comparison, identity))
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"report.html, figures, tables and summary.json: {folder}")


def _compared(scenario: Scenario, workers: int | None, run_folder: RunFolder | None) -> WardComparison:
    """Simulate with a progress bar, into the checkpoint of a run folder."""
    note_compiling("ward")
    from simulator.runner import usable_cores
    from simulator.ward import compare_wards

    if run_folder is None:
        with Progress(scenario.name, "wards") as progress:
            return compare_wards(scenario, workers=workers, progress=progress)
    before, begin = run_folder.done, time.monotonic()
    if before:
        many = scenario.patients // scenario.ward.patients_per_replicate
        note(f"going on after {before:,} of {many:,} wards: {run_folder.path}")
    with Progress(scenario.name, "wards") as progress:
        comparison = compare_wards(scenario, workers=workers, progress=progress, checkpoint=run_folder.checkpoint)
    wards = comparison.summary["replicates"] - before
    seconds = round(time.monotonic() - begin, 3)
    run_folder.note("simulated", seconds=seconds, wards=wards, workers=workers or usable_cores())
    return comparison
