"""What there is: `allpath show`, `scenarios`, `schema`, `parameters`."""

from __future__ import annotations

import json
import shutil
import textwrap
from typing import Annotated

import typer

from simulator.cli.app import app
from simulator.cli.options import AsJson, ScenarioArgument, Settings
from simulator.cli.terminal import say


@app.command()
def show(file: ScenarioArgument, settings: Settings = None, as_json: AsJson = False) -> None:
    """Print a scenario, or a sweep, in its complete form: every value with its unit and origin."""
    from simulator.scenario import described, load_scenario, resolved
    from simulator.sweep.reading import is_sweep, load_sweep

    if is_sweep(file):
        from simulator.sweep.show import described_sweep, resolved_sweep

        grid = load_sweep(file, settings=settings or ())
        say(json.dumps(resolved_sweep(grid), indent=1) if as_json else described_sweep(grid))
        return
    scenario = load_scenario(file, settings=settings or ())
    say(json.dumps(resolved(scenario), indent=1) if as_json else described(scenario))


@app.command()
def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios and sweeps that ship, with the question each one asks."""
    from simulator.scenario import shipped_scenarios
    from simulator.sweep.reading import shipped_sweeps

    listed = {"compare": shipped_scenarios(), "sweep": shipped_sweeps()}
    if as_json:
        rows = [
            {"name": name, "question": question, "command": command}
            for command, those in listed.items()
            for name, question in those
        ]
        say(json.dumps(rows, indent=1))
        return
    width = max(len(name) for those in listed.values() for name, _ in those) + 4
    room = max(shutil.get_terminal_size((100, 24)).columns, 80)
    for heading, command in (("Scenarios", "compare"), ("Sweeps", "sweep")):
        say(f"{heading}: allpath {command} NAME")
        for name, question in listed[command]:
            say(
                textwrap.fill(
                    question,
                    room,
                    initial_indent=f"  {name:<{width - 2}}",
                    subsequent_indent=" " * width,
                    break_on_hyphens=False,
                )
            )


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and checkers."""
    from simulator.scenario import json_schema

    say(json.dumps(json_schema(), indent=1))


@app.command()
def parameters(name: Annotated[str, typer.Argument(metavar="SET")] = "joint-point", as_json: AsJson = False) -> None:
    """Print a parameter set: every number the rules use, with unit, range and origin."""
    from simulator.parameters import described, load_parameters

    parameter_set = load_parameters(name)
    say(json.dumps(parameter_set.as_json(), indent=1) if as_json else described(parameter_set))
