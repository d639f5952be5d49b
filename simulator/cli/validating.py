"""The validation report: `allpath validate`. Calibration is imported lazily."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.folders import opened
from simulator.cli.options import RUNS, AsJson, Out
from simulator.cli.terminal import Progress, note, say, status

KEPT = Path("results") / "validation"


@app.command()
def validate(
    problem: Annotated[
        str,
        typer.Option("--problem", metavar="FILE", help="A calibrated problem (.npz), or the name of a shipped one."),
    ] = "joint",
    studies: Annotated[
        int, typer.Option("--studies", metavar="N", min=500, help="Simulated studies of each kind at each step.")
    ] = 600,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**63 - 1, help="Seed.")] = 20240608,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Hold every published row against the calibrated model: fitted, left out block by block, and whole studies.

    Stopped, it goes on where it was when it is started again with the same --out.
    """
    from calibration import validate as report

    identity = report.identity(problem, studies, seed)
    folder = out or kept_folder(identity)
    with opened(folder, identity) as run_folder:
        done = run_folder.finished
        if not done:
            with Progress("validation", "steps") as progress:
                result = report.validate(problem, studies, seed, run_folder.path, progress, note)
            with status("drawing figures"):
                run_folder.finish(lambda target: report.write(result, Path(target)))
        answer, data = run_folder.text(report.ANSWER).rstrip("\n"), run_folder.json()
    say(json.dumps(data, indent=1) if as_json else answer)
    if not as_json:
        note(f"{'already done' if done else 'report.html, figures and rows'}: {folder}")


def kept_folder(identity: dict[str, Any]) -> Path:
    """results/validation where that is free or holds this very run, else a run folder of its own."""
    from simulator import store

    run = KEPT / "run.json"
    if not KEPT.exists() or (run.is_file() and json.loads(run.read_text(encoding="utf-8")) == identity):
        return KEPT
    return RUNS / store.run_name("validate", identity)
