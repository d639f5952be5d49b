"""`allpath trace`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import app
from simulator.cli.options import AsJson, Seed
from simulator.cli.terminal import note, note_compiling, say

if TYPE_CHECKING:
    from simulator.scenario import Scenario


@app.command()
def trace(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder; or a scenario, by file or shipped name, to live anew.")
    ],
    patient: Annotated[int, typer.Argument(metavar="ID", help="Patient number, from 0.")],
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Tell one patient's life in words, under each arm side by side.

    The patient is simulated again, alone, which gives the very life of the run: luck depends on seed, patient and
    decision only. Days count from the first dose (day 1). What nobody at the bedside could know is marked [latent].
    """
    scenario, differs = read_run(run, seed)
    from simulator.report.side_by_side import told
    from simulator.trajectory import trace as lives

    note_compiling()

    found = lives.trace(scenario, patient)
    if as_json:
        say(json.dumps({"run": run, "differs": differs, **found.as_json()}, indent=1))
    else:
        say(told(found))
    if any(arm.sharing.limited() for arm in scenario.arms):
        note(f"{run}: patients share a ward there; this is the same patient's life with nothing scarce, without waits")
    if differs:
        note(f"{run}: made with other {', '.join(differs)}; this life may not be the one counted there")


def read_run(run: str, seed: int | None) -> tuple[Scenario, list[str]]:
    """The scenario of a run folder, with what has changed since; or of a file or name, with nothing."""
    from simulator.scenario import Fault, ScenarioError, from_resolved, load_scenario

    if not Path(run).is_dir():
        return load_scenario(run, seed=seed), []
    from simulator.parameters import load_parameters
    from simulator.store import RUN, FolderError, identity

    if seed is not None:
        raise ScenarioError([Fault("--seed", what="a run folder has its own seed")])
    try:
        stored: dict[str, Any] = json.loads((Path(run) / RUN).read_text(encoding="utf-8"))
        scenario = from_resolved(stored["scenario"])
    except FileNotFoundError:
        raise FolderError(f"{run}: not a run folder, it has no {RUN}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise FolderError(f"{run}: {RUN} cannot be read") from None
    load_parameters(scenario.parameters)  # says clearly if this set is not there
    now = identity(scenario)
    named = {"sources_sha256": "sources", "parameters_sha256": "parameters"}
    return scenario, [words for key, words in named.items() if stored.get(key) != now[key]]
