"""Published studies: `allpath reproduce`, `calibrate`, `attribute`. Calibration is imported lazily."""

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
def calibrate(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the fitted parameter set goes.")],
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")] = "kantarjian-2023",
    start: Annotated[
        str, typer.Option("--start", metavar="SET", help="Parameter set to start from.")
    ] = "kantarjian-2023-point",
    steps: Annotated[
        int, typer.Option("--steps", metavar="N", min=1, help="Evaluations of the objective at most.")
    ] = 12,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="A study of your own, with curves or statistics.")
    ] = None,
    posterior: Annotated[
        Path | None, typer.Option("--posterior", metavar="FILE", help="With --data: posterior draws (.parquet).")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Fit the point parameters to a study's reviewed rows, or chosen ones to your own study (several minutes)."""
    from calibration import fit, reproduce
    from simulator.parameters import load_parameters

    if data is not None:
        refit_to(data, out, start, posterior, workers, as_json)
        return
    reproduce.known(study)
    fit.calibrate(load_parameters(start), out, steps, note)


def refit_to(data: str, out: Path, start: str, posterior: Path | None, workers: int | None, as_json: bool) -> None:
    """Chosen parameters to a study file with curves or statistics."""
    from calibration import own_report
    from simulator.parameters import load_parameters
    from simulator.posterior import load_posterior

    point = load_parameters(start)
    draws = load_posterior(point, posterior)
    with Progress("evaluations", "evaluations") as progress:
        found = own_report.calibrate_to(data, out, point, draws, workers, progress)
    say(json.dumps(own_report.as_json(found), indent=1) if as_json else own_report.described(found))
    note(f"written: {out}; use it with --set parameters={out}")


@app.command()
def attribute(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draws go (.json).")],
    parameters: Annotated[
        str, typer.Option("--parameters", metavar="SET", help="Parameter set that the draws belong to.")
    ] = "kantarjian-2023-point",
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
