"""Fits: `allpath calibrate` and `allpath posterior`. Calibration is imported lazily."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.app import app
from simulator.cli.terminal import Progress, note, say

POINT_SET = "kantarjian-2023-point"


@app.command()
def calibrate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="joint, or the name of one study")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the fitted parameter set goes (.json).")],
    start: Annotated[str, typer.Option("--start", metavar="SET", help="Parameter set to start from.")] = POINT_SET,
) -> None:
    """Fit the point parameters to the reviewed targets, through the studies' own estimators (several minutes).

    Stopped, it goes on where it was when it is started again with the same --out.
    """
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
        str, typer.Option("--parameters", metavar="SET", help="Point set that the draws belong to.")
    ] = POINT_SET,
) -> None:
    """Draw from the posterior of every uncertain parameter (up to 45 minutes on two cores).

    Stopped, it goes on where it was when it is started again with the same --out.
    """
    from calibration import posterior as sampled
    from simulator.parameters import load_parameters

    with Progress("pooled studies", "runs") as progress:
        about = sampled.posterior(study, load_parameters(parameters), out, note, progress)
    say(sampled.described(about))
    note(f"written: {out} and {out.with_suffix('.npz')}")
