"""`allpath compare`."""

from __future__ import annotations

import json
from enum import StrEnum
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.options import ANSWER, RUNS, AsJson, Out, Patients, ScenarioArgument, Seed, Settings, Workers
from simulator.cli.terminal import Progress, note, say, status

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario import Scenario


class Clock(StrEnum):
    """What turns the hands."""

    COHORT = "cohort"
    WARD = "ward"


@app.command()
def compare(
    file: ScenarioArgument,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    settings: Settings = None,
    as_json: AsJson = False,
    clock: Annotated[
        Clock | None,
        typer.Option("--clock", help="ward: patients share what [ward] limits (the default there); cohort: never."),
    ] = None,
) -> None:
    """Compare the arms of a scenario on the same patients.

    Prints the answer and writes summary.json, CSV tables and figures to a run folder (results/runs/... or --out;
    with --json only where --out is given).
    """
    from simulator.scenario import load_scenario

    scenario = load_scenario(file, patients=patients, seed=seed, settings=settings or ())
    if any(arm.sharing.limited() for arm in scenario.arms):
        if clock is not Clock.COHORT:
            compare_in_wards(scenario, workers, out, as_json)
            return
        from simulator.ward import without_limits

        scenario = without_limits(scenario)
        note("by the cohort clock nothing is scarce: the limits of the ward are left out")
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
    comparison = run_comparison(scenario, workers, clock)
    from simulator.report import answer, write_figures

    def write_answer_and_figures(target: Path, found: Any) -> None:
        (target / ANSWER).write_text(answer(found, width=100), encoding="utf-8")
        write_figures(found, target)

    if folder is not None:
        with status("drawing figures and writing tables"):
            store.write_run(folder, scenario, comparison, write_answer_and_figures)
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"figures, tables and summary.json: {folder}")


def run_comparison(scenario: Scenario, workers: int | None, clock: Clock | None = None) -> Any:
    """Simulate with a progress bar; say so when the first run compiles."""
    _say_if_compiling(clock or Clock.COHORT)
    if clock is Clock.WARD:
        from simulator.ward import compare_by_ward_clock as compare_arms
    else:
        from simulator.comparison import compare as compare_arms

    with Progress(scenario.name, "patients") as progress:
        return compare_arms(scenario, workers=workers, progress=progress)


def compare_in_wards(scenario: Scenario, workers: int | None, out: Path | None, as_json: bool) -> None:
    """A comparison in which something is limited: whole wards, and a run folder of its own form."""
    from simulator import store

    folder = out if out is not None or as_json else RUNS / store.run_name(scenario)
    if folder is not None:
        done = store.finished(folder, scenario)
        if done is not None:
            say(json.dumps(done, indent=2) if as_json else (folder / ANSWER).read_text(encoding="utf-8"))
            note(f"already done: {folder}")
            return
        store.check_writable(folder)
    _say_if_compiling(Clock.WARD)
    from simulator.ward import compare_wards
    from simulator.ward.answer import answer
    from simulator.ward.folder import write_wards

    with Progress(scenario.name, "wards") as progress:
        comparison = compare_wards(scenario, workers=workers, progress=progress)
    if folder is not None:
        with status("drawing figures and writing tables"):
            write_wards(folder, comparison)
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"figures, tables and summary.json: {folder}")


def _say_if_compiling(clock: Clock) -> None:
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached(clock):
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
