"""A described study before its results: `allpath predict`. Calibration is imported lazily."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.app import app
from simulator.cli.folders import refuse_file
from simulator.cli.options import AsJson, Workers
from simulator.cli.terminal import Progress, note, note_compiling, say, status


@app.command()
def predict(
    study: Annotated[str, typer.Argument(metavar="FILE", help="A study file, or the name of a shipped one.")],
    replicates: Annotated[int, typer.Option("--replicates", metavar="N", min=100, help="Simulated studies.")] = 2000,
    no_between_trials: Annotated[
        bool, typer.Option("--no-between-trials", help="Leave out how much trials of other centres differ.")
    ] = False,
    parameters: Annotated[
        str | None, typer.Option("--parameters", metavar="SET", help="Parameter set instead of the default.")
    ] = None,
    posterior: Annotated[
        Path | None, typer.Option("--posterior", metavar="FILE", help="Posterior draws of that set (.parquet).")
    ] = None,
    workers: Workers = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Folder for JSON and figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predictive intervals for a study at its own size, before its results are seen."""
    from calibration import described, prediction_text
    from calibration.predict import predict as simulate
    from simulator.parameters import load_parameters
    from simulator.posterior import load_posterior
    from simulator.scenario.model import DEFAULT_PARAMETERS

    refuse_file(out)
    asked = described.load_study(study)
    point = load_parameters(parameters or DEFAULT_PARAMETERS)
    draws = load_posterior(point, posterior)
    note_compiling()
    with Progress("simulated studies", "studies") as progress:
        found = simulate(asked, point, draws, replicates, not no_between_trials, workers, progress)
    if out is not None:
        from calibration.prediction_figures import write

        with status("drawing figures"):
            write(found, out)
    say(json.dumps(found.as_json(), indent=1) if as_json else prediction_text.described(found))
    if out is not None:
        note(f"prediction.json and figures: {out}")
