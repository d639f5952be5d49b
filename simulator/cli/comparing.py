"""`allpath compare`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.folders import opened
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
from simulator.cli.propagating import Asked, Decision, Draws, UncertaintyAsked, asked_for, propagated
from simulator.cli.reporting import write_for_people
from simulator.cli.terminal import Progress, note, note_compiling, say
from simulator.cli.wards import compare_in_wards

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario import Scenario
    from simulator.store import RunFolder

OUTPUTS = {"answer": True, "figures": True, "report": True}  # beyond the summary and its tables; a part of the identity


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
    events: Events = None,
    patient_tables: PatientTables = None,
    as_json: AsJson = False,
    uncertainty: UncertaintyAsked = False,
    draws: Draws = None,
    decision: Decision = None,
    clock: Annotated[
        Clock | None,
        typer.Option("--clock", help="ward: patients share what [ward] limits (the default there); cohort: never."),
    ] = None,
) -> None:
    """Compare the arms of a scenario on the same patients.

    Prints the answer and writes report.html, figures, CSV tables and summary.json to a run folder (results/runs/...
    or --out; with --json only where --out is given). A run that was stopped or killed goes on when the same command
    is given again; a finished one is printed.
    """
    from simulator.scenario import load_scenario

    scenario = load_scenario(file, patients=patients, seed=seed, settings=settings or ())
    limited = any(arm.sharing.limited() for arm in scenario.arms)
    in_wards = clock is Clock.WARD or (limited and clock is not Clock.COHORT)
    asked = asked_for(scenario, uncertainty, draws, decision, ward=in_wards)
    if limited:
        if in_wards:
            compare_in_wards(scenario, workers, out, as_json, asked=(events, patient_tables))
            return
        from simulator.ward import without_limits

        scenario = without_limits(scenario)
        note("by the cohort clock nothing is scarce: the limits of the ward are left out")
    check_place(as_json and out is None, events, patient_tables)
    if as_json and out is None:
        say(json.dumps(run_comparison(scenario, workers, None, clock, asked).summary, indent=2))
        return
    from simulator import store

    identity = store.identity(scenario, outputs=OUTPUTS) | ({"uncertainty": asked.identity} if asked else {})
    folder = out or RUNS / store.run_name(scenario.name, identity)
    with opened(folder, identity) as run_folder:
        if run_folder.finished:
            say(json.dumps(run_folder.json(), indent=2) if as_json else run_folder.text(ANSWER))
            write_lives(folder, scenario, events, patient_tables)
            note(f"already done: {folder}")
            return
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
        comparison = run_comparison(scenario, workers, run_folder, clock, asked)

        def write_outputs(target: Path) -> None:
            store.write_comparison(target, comparison)
            write_for_people(target, comparison, identity, workers)

        run_folder.finish(write_outputs)
        write_lives(folder, scenario, events, patient_tables)
    from simulator.report import answer

    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"report.html, figures, tables and summary.json: {folder}")


def run_comparison(
    scenario: Scenario,
    workers: int | None,
    run_folder: RunFolder | None,
    clock: Clock | None = None,
    asked: Asked | None = None,
) -> Any:
    """Simulate with a progress bar, into the checkpoint of a run folder; then the posterior draws that were asked for.

    Says so when the first run compiles.
    """
    note_compiling(clock or Clock.COHORT)
    if clock is Clock.WARD:
        from simulator.ward import compare_by_ward_clock as compare_arms
    else:
        from simulator.comparison import compare as compare_arms
    with Progress(scenario.name, "patients") as progress:
        if run_folder is None:
            comparison = compare_arms(scenario, workers=workers, progress=progress)
        else:
            comparison = _kept(compare_arms, scenario, workers, run_folder, progress)
    return comparison if asked is None else propagated(comparison, asked, workers)


def _kept(
    compare_arms: Callable[..., Any], scenario: Scenario, workers: int | None, run_folder: RunFolder, progress: Progress
) -> Any:
    """The comparison, into the checkpoint of a run folder, with its speed in the journal."""
    from simulator.runner import usable_cores

    before, begin = run_folder.done, time.monotonic()
    if before:
        note(f"going on after {before:,} of {scenario.patients:,} patients: {run_folder.path}")
    comparison = compare_arms(scenario, workers=workers, progress=progress, checkpoint=run_folder.checkpoint)
    seconds = time.monotonic() - begin
    lives = (scenario.patients - before) * len(scenario.arms)
    used = workers or usable_cores()
    run_folder.note("simulated", seconds=round(seconds, 3), lives_per_second=round(lives / seconds), workers=used)
    return comparison
