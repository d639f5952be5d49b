"""`allpath compare`."""

from __future__ import annotations

import json
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from simulator.cli.app import app
from simulator.cli.lives import check_place, write_lives
from simulator.cli.options import (
    ANSWER,
    RUNS,
    AsJson,
    Events,
    Out,
    Patients,
    PatientTables,
    ScenarioArgument,
    Seed,
    Settings,
    Workers,
)
from simulator.cli.terminal import Progress, note, say, status

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario import Scenario


@app.command()
def compare(
    file: ScenarioArgument,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    settings: Settings = None,
    events: Events = None,
    patient_tables: PatientTables = None,
    as_json: AsJson = False,
) -> None:
    """Compare the arms of a scenario on the same patients.

    Prints the answer and writes summary.json, CSV tables and figures to a run folder (results/runs/... or --out;
    with --json only where --out is given).
    """
    from simulator.scenario import load_scenario

    scenario = load_scenario(file, patients=patients, seed=seed, settings=settings or ())
    from simulator import store

    folder = out if out is not None or as_json else RUNS / store.run_name(scenario)
    check_place(folder, events, patient_tables)
    if folder is not None:
        done = store.finished(folder, scenario)
        if done is not None:
            say(json.dumps(done, indent=2) if as_json else (folder / ANSWER).read_text(encoding="utf-8"))
            write_lives(folder, scenario, events, patient_tables)
            note(f"already done: {folder}")
            return
        store.check_writable(folder)
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
    comparison = run_comparison(scenario, workers)
    from simulator.comparison.results import write_results_parquet
    from simulator.report import answer, write_figures

    def write_answer_and_figures(target: Path, found: Any) -> None:
        (target / ANSWER).write_text(answer(found, width=100), encoding="utf-8")
        write_figures(found, target)
        write_results_parquet(target, found)

    if folder is not None:
        with status("drawing figures and writing tables"):
            store.write_run(folder, scenario, comparison, write_answer_and_figures)
    write_lives(folder, scenario, events, patient_tables)
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"figures, tables and summary.json: {folder}")


def run_comparison(scenario: Scenario, workers: int | None) -> Any:
    """Simulate with a progress bar; say so when the first run compiles."""
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached():
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
    from simulator.comparison import compare as compare_arms

    with Progress(scenario.name, "patients") as progress:
        return compare_arms(scenario, workers=workers, progress=progress)
