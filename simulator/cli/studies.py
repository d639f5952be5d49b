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

ALL = "all"  # the studies, one after the other


@app.command()
def reproduce(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="kantarjian-2023, wudhikarn-2022, jabbour-2024, or all of them.")
    ],
    replicates: Annotated[int, typer.Option("--replicates", metavar="N", min=20, help="Simulated trials.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**64 - 1, help="64-bit seed.")] = 20231112,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a published study at its own size, many times, beside what it printed."""
    from calibration import reproduce as study_of
    from calibration.studies import STUDIES

    study_of.known(study, (*STUDIES, ALL))
    if study != ALL:
        found = reproduced(study, replicates, seed, workers, out, as_json)
    else:
        found = [
            reproduced(one, replicates, seed, workers, out and out / one, as_json, last=one == [*STUDIES][-1])
            for one in STUDIES
        ]
    if as_json:
        say(json.dumps(found, indent=1))


def reproduced(
    study: str, replicates: int, seed: int, workers: int | None, out: Path | None, as_json: bool, last: bool = True
) -> Any:
    """One study, into its run folder; the answer is printed, or with `as_json` only returned."""
    from calibration import reproduce as study_of
    from simulator import store

    if as_json and out is None:
        return run_trials(study, replicates, seed, workers).as_json()
    identity = study_of.identity(study, replicates, seed)
    folder = out or RUNS / store.run_name(f"reproduce-{study}", identity)
    with opened(folder, identity) as run_folder:
        done = run_folder.finished
        if not done:
            result = run_trials(study, replicates, seed, workers)

            def write_outputs(target: Path) -> None:
                (target / ANSWER).write_text(study_of.described(result) + "\n", encoding="utf-8")
                study_of.write(result, target)

            with status("drawing figures"):
                run_folder.finish(write_outputs)
        answer, data = run_folder.text(ANSWER).rstrip("\n"), run_folder.json()
    if not as_json:
        say(answer if last else answer + "\n")
    if done:
        note(f"already done: {folder}")
    elif not as_json:
        note(f"report.html, figures and rows: {folder}")
    return data


def run_trials(study: str, replicates: int, seed: int, workers: int | None) -> Any:
    """The simulated trials, with a progress bar."""
    from calibration.reproduce import reproduce as simulate

    with Progress(f"simulated trials of {study}", "trials") as progress:
        return simulate(study, replicates=replicates, seed=seed, workers=workers, progress=progress)


@app.command()
def attribute(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draws go (.json).")],
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="SET", help="Parameter set that the draws belong to.")
    ] = "joint-point",
) -> None:
    """Sample the effects on SOS jointly given a study's counts: the draws of the attribution band (half a minute)."""
    from calibration import attribution, kantarjian_2023, reproduce
    from calibration.outputs import check_out
    from simulator.parameters import load_parameters

    reproduce.known(study, (kantarjian_2023.STUDY,))
    check_out(out)
    with Progress("weighing prior draws", "draws") as progress:
        found = attribution.sample(load_parameters(parameters), progress=progress)
    attribution.write(found, out)
    say(attribution.described(found))
    note(f"written: {out}")
