"""What the evidence can tell, and whether the method works: `allpath identify` and `recover`. Calibration is lazy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.folders import refuse_file
from simulator.cli.options import AsJson, Out
from simulator.cli.terminal import Progress, note, say, status

PosteriorArgument = Annotated[
    str, typer.Argument(metavar="POSTERIOR", help="Id of a shipped posterior, or the .npz of `allpath posterior`.")
]


@app.command()
def identify(
    posterior: PosteriorArgument = "joint",
    parameter: Annotated[
        str | None, typer.Option("--parameter", metavar="NAME", help="Its profile likelihood instead.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say what the evidence tells about every uncertain parameter, and what it cannot tell."""
    from calibration import declared, forest, identify_report, profile_report
    from calibration.identify import identify as identified
    from calibration.problem import load_problem

    refuse_file(out)
    problem = load_problem(posterior)
    with status("refitting without each target"):
        found = identified(problem, declared.beside(posterior, ".parquet"))
    if parameter is not None:
        with status("refitting along the parameter"):
            data = profile_report.as_json(found, found.column(parameter))
        text, name, draw = profile_report.as_text(data), f"profile_{parameter}", profile_report.draw
    else:
        recovery = declared.kept_recovery(problem, declared.beside(posterior, ".recovery.json"))
        data, text = identify_report.as_json(found, recovery), identify_report.as_text(found, recovery)
        name, draw = "identify", forest.draw
    say(json.dumps(data, indent=1) if as_json else text)
    if out is not None:
        write(out, name, data, text)
        with status("drawing"):
            draw(data, out)


@app.command()
def recover(
    posterior: PosteriorArgument = "joint",
    studies: Annotated[
        int, typer.Option("--studies", metavar="N", min=50, max=100_000, help="Simulated sets of studies.")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**63 - 1, help="Seed.")] = 20240611,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Simulate all studies at known truths and refit them: ranks, coverage, and rules that are not true."""
    from calibration import recover_report
    from calibration.detect import detect
    from calibration.misspecified import WORLDS
    from calibration.problem import load_problem
    from calibration.published_size import problem_studies
    from calibration.recover import by_simulation
    from calibration.recover import recover as recovered
    from calibration.refit import refit

    refuse_file(out)
    problem = load_problem(posterior)
    simulated, posterior_fit = problem_studies(problem), refit(problem)
    with Progress("known truths", "studies") as progress:
        recovery = recovered(problem, posterior_fit, by_simulation(problem, simulated, seed), studies, seed, progress)
    with Progress("rules not true", "studies") as progress:
        detections = detect(problem, posterior_fit, simulated, WORLDS, studies, seed, progress)
    data = recover_report.as_json(problem, recovery, detections, seed)
    text = recover_report.as_text(data)
    say(json.dumps(data, indent=1) if as_json else text)
    if out is not None:
        write(out, "recover", data, text)


def write(folder: Path, name: str, data: dict[str, Any], text: str) -> None:
    """The answer as text and as JSON."""
    from simulator.store.files import json_bytes, write_whole

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.json", lambda file: file.write(json_bytes(data)))
    write_whole(folder / f"{name}.txt", lambda file: file.write((text + "\n").encode()))
    note(f"written: {folder / name}.json and .txt")
