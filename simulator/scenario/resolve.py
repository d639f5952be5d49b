"""Names become what they name: the case mix, the base of each arm. Command-line values go over the file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import scenarios
from simulator.scenario.build import STATED_IN_FULL, build
from simulator.scenario.faults import Fault, ScenarioError, nearest, shown
from simulator.scenario.model import Scenario
from simulator.scenario.reading import (
    Source,
    find_scenario,
    look_up,
    read_scenario,
    read_settings,
    read_toml,
    stems,
)
from simulator.scenario.tree import Stated, Tree, merged, stamped

POPULATIONS = scenarios.FOLDER / "populations"
STRATEGIES = scenarios.FOLDER / "strategies"
PARAMETERS = scenarios.FOLDER / "parameters"
HEAD = ("base", "title")  # the keys of an arm that no strategy file has


def shipped_scenarios() -> list[tuple[str, str]]:
    """Name and question of each shipped scenario."""
    paths = sorted(scenarios.FOLDER.glob("*.toml"))
    return [(path.stem, str(tomllib.loads(path.read_text(encoding="utf-8"))["question"])) for path in paths]


def load_scenario(
    name_or_path: str | Path,
    *,
    patients: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, str] | Sequence[str] = (),
    parameters: str | None = None,
) -> Scenario:
    """The scenario of a file or of a shipped name, with command-line values over it."""
    faults: list[Fault] = []
    source = read_scenario(find_scenario(name_or_path), faults)
    scenario = resolve_source(source, faults)
    options = {"patients": patients, "seed": seed, "parameters": parameters}
    over = {key: Stated(value, f"--{key}", key) for key, value in options.items() if value is not None}
    wrong: list[Fault] = []
    over = merged(read_settings(settings, list(source.tree.get("arms", ())), wrong), over)
    if not over and not wrong:
        return scenario
    try:
        return resolve_source(replace(source, tree=merged(source.tree, over)), wrong)
    except ScenarioError as error:
        # the file alone was right, so whatever is wrong now came from the command line
        option = "--set" if settings else f"--{next(iter(over))}"
        raise ScenarioError([f if f.file.startswith("--") else replace(f, file=option) for f in error.faults]) from None


def resolve_source(source: Source, faults: list[Fault]) -> Scenario:
    """Steps 2 to 5 of the package: look up names, then build."""
    tree, file = source.tree, source.path.name
    parameters, known = tree.get("parameters"), stems(PARAMETERS, "json")
    own = _own_parameters(parameters, source.folders)
    if own:
        tree = tree | {"parameters": own}
    elif isinstance(parameters, Stated) and isinstance(parameters.value, str) and parameters.value not in known:
        faults.append(_unknown(parameters, "parameter set", known, file, "parameters"))
    population_name = ""
    if "population" in tree:
        mix, population_name = case_mix(tree["population"], source, faults)
        tree = tree | {"population": mix}
    stated, done = tree.get("arms", {}), Tree()
    for name, arm in stated.items():
        done[name] = on_base(name, arm, stated, done, source, faults)
    return build(tree | {"arms": done}, source.path, population_name, faults)


def _own_parameters(stated: Any, folders: Sequence[Path]) -> Stated | None:
    """A parameter set stated as a .json file, beside the scenario or where the path leads."""
    if not isinstance(stated, Stated) or not isinstance(stated.value, str) or not stated.value.endswith(".json"):
        return None
    paths = (*(folder / stated.value for folder in folders), Path(stated.value))
    return next((stated._replace(value=str(path)) for path in paths if path.is_file()), None)


def case_mix(stated: Any, source: Source, faults: list[Fault]) -> tuple[Tree | None, str]:
    """The population as a complete table (None: its base cannot be had), and its name."""
    own: Tree = dict(stated) if isinstance(stated, dict) else {"base": stated}
    base = own.pop("base", None)
    if base is None:
        return own, STATED_IN_FULL
    found = look_up(base, (*source.folders, POPULATIONS))
    if found is None:
        faults.append(_unknown(base, "population", stems(POPULATIONS), source.path.name, "population.base"))
        return None, ""
    document = _part(found, "case mix", faults)
    if document is None:
        return None, ""
    told = document.pop("origin", {})
    under = stamped(document, found.name)
    if isinstance(told, dict):
        under = {key: _from(str(told.get(key, "no origin given")), value) for key, value in under.items()}
    over = {key: _from("user", value) for key, value in own.items()}
    name = found.stem + (f", changed: {', '.join(own)}" if own else "")
    return merged(under, over), name


def on_base(
    name: str, arm: Tree, stated: Iterable[str], done: Tree, source: Source, faults: list[Fault]
) -> Tree | None:
    """An arm's tables over its base: an arm already `done`, else a strategy file. None: it cannot be had."""
    base = arm.get("base")
    if base is None:
        return arm
    value = base.value if isinstance(base, Stated) else None
    head = {key: arm[key] for key in HEAD if key in arm}
    if isinstance(value, str) and value in done:
        under = done[value]
        return None if under is None else merged(_body(under), _body(arm)) | head
    found = look_up(base, (*source.folders, STRATEGIES))
    if found is None and isinstance(value, str) and value in stated:
        what = "circular: it is its own base" if value == name else "not an earlier arm"
        faults.append(Fault(base.file, base.key, shown(value), "an earlier arm or a strategy", what=what))
        return None
    if found is None:
        known = stems(STRATEGIES) | set(done)
        faults.append(_unknown(base, "strategy", known, source.path.name, f"arms.{name}.base"))
        return None
    document = _part(found, "strategy", faults)
    return None if document is None else merged(stamped(document, found.name), _body(arm)) | head


def _body(arm: Tree) -> Tree:
    return {key: value for key, value in arm.items() if key not in HEAD}


def _part(path: Path, kind: str, faults: list[Fault]) -> dict[str, Any] | None:
    """A case mix or a strategy without its title; a scenario of that name beside the file is not one."""
    try:
        document = read_toml(path)
    except ScenarioError as error:
        faults += error.faults
        return None
    if "arms" in document:
        faults.append(Fault(path.name, what="is a scenario", allowed=f"a {kind}"))
        return None
    document.pop("title", None)
    return document


def _from(origin: str, value: Any) -> Any:
    return value._replace(origin=f"{origin} ({value.file})") if isinstance(value, Stated) else value


def _unknown(stated: Any, kind: str, known: set[str], file: str, key: str) -> Fault:
    """A name that is not there; `file` and `key` serve where a table stands in place of a name."""
    value = stated
    if isinstance(stated, Stated):
        value, file, key = stated.value, stated.file, stated.key
    return Fault(file, key, shown(value), nearest(value, sorted(known)), what=f"unknown {kind}")
