"""Published studies: `allpath reproduce`, `attribute`. Calibration is imported lazily."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.folders import opened
from simulator.cli.options import ANSWER, RUNS, AsJson, Out, Workers
from simulator.cli.terminal import Progress, note, say, status


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    replicates: Annotated[int, typer.Option("--replicates", metavar="N", min=20, help="Simulated trials.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**64 - 1, help="64-bit seed.")] = 20231112,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a published study at its own size, many times, beside what it printed."""
    from calibration import reproduce as study_of

    study_of.known(study)
    if as_json and out is None:
        say(json.dumps(run_trials(replicates, seed, workers).as_json(), indent=1))
        return
    from simulator import store

    identity = study_of.identity(study, replicates, seed)
    folder = out or RUNS / store.run_name(f"reproduce-{study}", identity)
    with opened(folder, identity) as run_folder:
        if run_folder.finished:
            say(json.dumps(run_folder.json(), indent=1) if as_json else run_folder.text(ANSWER).rstrip("\n"))
            note(f"already done: {folder}")
            return
        result = run_trials(replicates, seed, workers)

        def write_outputs(target: Path) -> None:
            (target / ANSWER).write_text(study_of.described(result) + "\n", encoding="utf-8")
            study_of.write(result, target)

        with status("drawing figures"):
            run_folder.finish(write_outputs)
    if as_json:
        say(json.dumps(result.as_json(), indent=1))
    else:
        say(study_of.described(result))
        note(f"report.html, figures and rows: {folder}")


def run_trials(replicates: int, seed: int, workers: int | None) -> Any:
    """The simulated trials, with a progress bar."""
    from calibration.reproduce import reproduce as simulate

    with Progress("simulated trials", "trials") as progress:
        return simulate(replicates=replicates, seed=seed, workers=workers, progress=progress)


@app.command()
def attribute(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draws go (.json).")],
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="SET", help="Parameter set that the draws belong to.")
    ] = "joint-point",
) -> None:
    """Sample the effects on SOS jointly given a study's counts: the draws of the attribution band (half a minute)."""
    from calibration import attribution, reproduce
    from simulator.parameters import load_parameters

    reproduce.known(study)
    attribution.check_out(out)
    with Progress("weighing prior draws", "draws") as progress:
        found = attribution.sample(load_parameters(parameters), progress=progress)
    attribution.write(found, out)
    say(attribution.described(found))
    note(f"written: {out}")
