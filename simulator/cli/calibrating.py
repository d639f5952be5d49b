"""Fits: `allpath calibrate` and `allpath posterior`. Calibration is imported lazily."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.app import app
from simulator.cli.options import AsJson, Workers
from simulator.cli.terminal import Progress, note, say


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the fitted parameter set goes (.json).")],
    study: Annotated[str, typer.Argument(metavar="STUDY", help="joint, or the name of one study")] = "joint",
    start: Annotated[
        str | None, typer.Option("--start", metavar="SET", help="Parameter set to start from instead of the default.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="Instead: a study of your own, with curves or figures.")
    ] = None,
    draws: Annotated[
        Path | None, typer.Option("--posterior", metavar="FILE", help="With --data: posterior draws (.parquet).")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Fit the point parameters to the reviewed targets, through the studies' own estimators (several minutes).

    Stopped, it goes on where it was when it is started again with the same --out. With --data: chosen parameters to
    figures of your own, from the shipped posterior as prior.
    """
    from simulator.parameters import ParameterError
    from simulator.scenario.model import DEFAULT_PARAMETERS

    start = start or DEFAULT_PARAMETERS
    with_data = {"--posterior": draws is not None, "--workers": workers is not None, "--json": as_json}
    faults = [f"{name}: needs --data" for name, given in with_data.items() if given and data is None]
    if faults:
        raise ParameterError(faults)
    if data is not None:
        refit_to(data, out, start, draws, workers, as_json)
        return
    from calibration import fit
    from simulator.parameters import load_parameters

    with Progress("pooled studies", "runs") as progress:
        fit.calibrate(study, load_parameters(start), out, note, progress)
    note(f"written: {out}")


@app.command()
def posterior(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draws go (.parquet).")],
    study: Annotated[str, typer.Option("--study", metavar="STUDY", help="joint, or the name of one study")] = "joint",
    parameters: Annotated[
        str | None, typer.Option("--parameters", metavar="SET", help="Point set of the draws instead of the default.")
    ] = None,
) -> None:
    """Draw from the posterior of every uncertain parameter (up to 45 minutes on two cores).

    Stopped, it goes on where it was when it is started again with the same --out.
    """
    from calibration import posterior as sampled
    from simulator.parameters import load_parameters
    from simulator.scenario.model import DEFAULT_PARAMETERS

    with Progress("pooled studies", "runs") as progress:
        about = sampled.posterior(study, load_parameters(parameters or DEFAULT_PARAMETERS), out, note, progress)
    say(sampled.described(about))
    note(f"written: {out} and {out.with_suffix('.npz')}")


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
