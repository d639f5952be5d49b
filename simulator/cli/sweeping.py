"""`allpath sweep`."""

from __future__ import annotations

import json
from importlib import import_module
from threading import Thread
from typing import Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.folders import opened
from simulator.cli.options import ANSWER, RUNS, AsJson, Out, Patients, Seed, Settings, Workers
from simulator.cli.propagating import Asked, Decision, Draws, UncertaintyAsked, asked_for
from simulator.cli.terminal import Progress, note, note_compiling, say, status

SweepArgument = Annotated[str, typer.Argument(metavar="FILE", help="A sweep file, or the name of a shipped one.")]
AttributionPatients = Annotated[
    int,
    typer.Option(
        "--attribution",
        metavar="N",
        min=0,
        help="Patients on whom the attribution band is worked out; 0 = no band.",
    ),
]


@app.command()
def sweep(
    file: SweepArgument,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    settings: Settings = None,
    attribution: AttributionPatients = 10_000,
    as_json: AsJson = False,
    uncertainty: UncertaintyAsked = False,
    draws: Draws = None,
    decision: Decision = None,
) -> None:
    """Run a grid over one or two fields of a strategy, or parameters, all points on the same patients.

    Prints each point, where the optimum lies, how flat it is, and what the evidence cannot tell; writes tables and
    figures to a run folder (results/runs/... or --out; with --json only where --out is given). A sweep that
    was stopped goes on when its command is given again. Start with:
    allpath sweep interval_by_act
    """
    from simulator.sweep.reading import load_sweep

    grid = load_sweep(file, patients=patients, seed=seed, settings=settings or ())
    asked = asked_for(grid.scenario, uncertainty, draws, decision)
    attribution = 0 if asked else attribution  # posterior draws take the place of the band
    if as_json and out is None:
        say(json.dumps(run_sweep(grid, workers, attribution, None, asked).summary, indent=2))
        return
    from simulator import store
    from simulator.sweep.store import identity_of, write_outputs

    identity = identity_of(grid, attribution, asked.identity if asked else None)
    folder = out or RUNS / store.run_name(grid.scenario.name, identity)
    with opened(folder, identity) as run_folder:
        if run_folder.finished:
            say(json.dumps(run_folder.json(), indent=2) if as_json else run_folder.text(ANSWER))
            note(f"already done: {folder}")
            return
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
        result = run_sweep(grid, workers, attribution, run_folder, asked)
        with status("drawing figures and writing tables"):
            run_folder.finish(lambda target: write_outputs(target, result, identity))
    if as_json:
        say(json.dumps(result.summary, indent=2))
    else:
        from simulator.sweep.text import answer

        say(answer(result))
        note(f"report.html, figures, tables and summary.json: {folder}")


def run_sweep(grid: Any, workers: int | None, attribution: int, run_folder: Any, asked: Asked | None = None) -> Any:
    """Simulate with a progress bar, into the checkpoint of a run folder, then the band or the posterior draws."""
    note_compiling()
    from simulator.runner import run
    from simulator.sweep.result import with_band

    points = len(grid.scenario.arms)
    checkpoint = run_folder.checkpoint if run_folder is not None else None
    with Progress(f"{grid.scenario.name}, {points} points", "patients") as progress:
        counts = run(grid.scenario, workers=workers, progress=progress, checkpoint=checkpoint)
    with Progress("attribution band", "points") as progress:
        result = with_band(grid, counts, attribution, workers, progress)
    if asked is None:
        return result
    from simulator.sweep.uncertain import add_uncertainty

    with Progress("posterior draws", "draws") as progress:
        return add_uncertainty(
            result, asked.posterior, draws=asked.draws, month=asked.month, workers=workers, progress=progress
        )
