"""`allpath sweep`."""

from __future__ import annotations

import json
from importlib import import_module
from threading import Thread
from typing import Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.options import ANSWER, RUNS, AsJson, Out, Patients, Seed, Settings, Workers
from simulator.cli.terminal import Progress, note, say, status

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
) -> None:
    """Run a grid over one or two fields of a strategy, or parameters, all points on the same patients.

    Prints each point, where the optimum lies, how flat it is, and what the evidence cannot tell; writes tables and
    figures to a run folder (results/runs/... or --out; with --json only where --out is given). Start with:
    allpath sweep interval_by_act
    """
    from simulator.sweep.reading import load_sweep

    grid = load_sweep(file, patients=patients, seed=seed, settings=settings or ())
    from simulator import store
    from simulator.sweep import store as sweeps

    folder = out if out is not None or as_json else RUNS / sweeps.sweep_name(grid, attribution)
    if folder is not None:
        done = sweeps.finished_sweep(folder, grid, attribution)
        if done is not None:
            say(json.dumps(done, indent=2) if as_json else (folder / ANSWER).read_text(encoding="utf-8"))
            note(f"already done: {folder}")
            return
        store.check_writable(folder)
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
    result = run_sweep(grid, workers, attribution)
    if folder is not None:
        with status("drawing figures and writing tables"):
            sweeps.write_sweep(folder, result, attribution)
    if as_json:
        say(json.dumps(result.summary, indent=2))
    else:
        from simulator.sweep.text import answer

        say(answer(result))
        note(f"figures, tables and summary.json: {folder}")


def run_sweep(grid: Any, workers: int | None, attribution: int) -> Any:
    """Simulate with a progress bar, then the band; say so when the first run compiles."""
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached():
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
    from simulator.runner import run
    from simulator.sweep.result import with_band

    points = len(grid.scenario.arms)
    with Progress(f"{grid.scenario.name}, {points} points", "patients") as progress:
        counts = run(grid.scenario, workers=workers, progress=progress)
    with Progress("attribution band", "points") as progress:
        return with_band(grid, counts, attribution, workers, progress)
