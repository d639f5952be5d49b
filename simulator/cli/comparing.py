"""`allpath compare`."""

from __future__ import annotations

import json
from functools import partial
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from simulator.cli.app import app
from simulator.cli.options import ANSWER, RUNS, AsJson, Out, Patients, ScenarioArgument, Seed, Settings, Workers
from simulator.cli.reporting import write_for_people
from simulator.cli.terminal import Progress, note, say

if TYPE_CHECKING:
    from simulator.scenario import Scenario


@app.command()
def compare(
    file: ScenarioArgument,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Compare the arms of a scenario on the same patients.

    Prints the answer and writes report.html, figures, CSV tables and summary.json to a run folder (results/runs/...
    or --out; with --json only where --out is given).
    """
    from simulator.scenario import load_scenario

    scenario = load_scenario(file, patients=patients, seed=seed, settings=settings or ())
    from simulator import store

    folder = out if out is not None or as_json else RUNS / store.run_name(scenario)
    if folder is not None:
        done = store.finished(folder, scenario)
        if done is not None:
            say(json.dumps(done, indent=2) if as_json else (folder / ANSWER).read_text(encoding="utf-8"))
            note(f"already done: {folder}")
            return
        store.check_writable(folder)
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
    comparison = run_comparison(scenario, workers)
    from simulator.report import answer

    if folder is not None:
        store.write_run(folder, scenario, comparison, partial(write_for_people, workers=workers))
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"report.html, figures, tables and summary.json: {folder}")


def run_comparison(scenario: Scenario, workers: int | None) -> Any:
    """Simulate with a progress bar; say so when the first run compiles."""
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached():
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
    from simulator.comparison import compare as compare_arms

    with Progress(scenario.name, "patients") as progress:
        return compare_arms(scenario, workers=workers, progress=progress)
