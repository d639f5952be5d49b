"""A sweep file: read, checked whole, expanded to a scenario with one arm for each point of the grid.

The keys are those of a scenario without `reference`, `endpoints` and `[[arms]]`, and

    base         strategy under every point
    [strategy]   tables laid over it
    [[axes]]     one or two: `key` with `values` or `from`, `to`, `step`; or `name` with `[[axes.levels]]`
    [[series]]   optional: levels drawn as separate curves or maps

A level has a `name`, perhaps a `title`, and the tables that it lays over the strategy; `[….parameters]` changes
numbers of the model in that level only. Every value of every point is checked as in a scenario.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

import scenarios
from simulator.scenario import Fault, ScenarioError
from simulator.scenario.faults import nearest, shown
from simulator.scenario.model import Plan
from simulator.scenario.reading import Source, find_scenario, read_settings, read_toml
from simulator.scenario.resolve import resolve_source
from simulator.scenario.tree import Stated, Tree, merged, stamped
from simulator.sweep.axes import directions_of
from simulator.sweep.grid import MOST_POINT_MONTHS, MOST_POINTS, Sweep, neighbours

FOLDER = scenarios.FOLDER / "sweeps"
OWN_KEYS = ("base", "strategy", "axes", "series")
NOT_OF_A_SWEEP = ("reference", "endpoints", "ward")  # the first point; all that a sweep reports; nothing is shared
PLAN_KEYS = (*(key for key in Plan.model_fields if key not in NOT_OF_A_SWEEP), "population")


def shipped_sweeps() -> list[tuple[str, str]]:
    """Name and question of each shipped sweep."""
    return [(path.stem, str(read_toml(path)["question"])) for path in sorted(FOLDER.glob("*.toml"))]


def is_sweep(name_or_path: str | Path) -> bool:
    """Whether a file, or a shipped name, is a sweep; what cannot be read is none."""
    try:
        document = read_toml(find_scenario(name_or_path, FOLDER))
    except ScenarioError:
        return False
    return "arms" not in document and ("axes" in document or "series" in document)


def load_sweep(
    name_or_path: str | Path,
    *,
    patients: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, str] | Sequence[str] = (),
) -> Sweep:
    """The sweep of a file or of a shipped name, with command-line values over it; `ScenarioError` has all faults."""
    path = find_scenario(name_or_path, FOLDER)
    document = read_toml(path)
    sweep = _expanded(path, document, {}, [])
    wrong: list[Fault] = []
    options = {"patients": patients, "seed": seed}
    over = {key: Stated(value, f"--{key}", key) for key, value in options.items() if value is not None}
    over = merged(read_settings(settings, (), wrong), over)
    for key in ("axes", "series"):
        if key in over:
            del over[key]
            wrong.append(Fault("--set", key, what="the grid is stated in the file", allowed="a key outside it"))
    if not over and not wrong:
        return sweep
    try:
        return _expanded(path, document, over, wrong)
    except ScenarioError as error:  # the file alone was right
        option = "--set" if settings else f"--{next(iter(over))}"
        raise ScenarioError([f if f.file.startswith("--") else replace(f, file=option) for f in error.faults]) from None


def _expanded(path: Path, document: dict[str, Any], over: Tree, faults: list[Fault]) -> Sweep:
    """The grid, then the scenario with one arm for each of its points."""
    file, known = path.name, (*PLAN_KEYS, *OWN_KEYS)
    tree = merged(stamped({k: v for k, v in document.items() if k not in ("axes", "series")}, file), over)
    misspelt = set()
    for key in [key for key in tree if key not in known]:
        leaf = tree.pop(key)
        misspelt.update(get_close_matches(key[:100], known, n=1))
        value, origin = (shown(leaf.value), leaf.file) if isinstance(leaf, Stated) else ("", file)
        faults.append(Fault(origin, key, value, nearest(key, known), what="unknown key"))
    if not isinstance(tree.get("strategy", {}), dict):
        faults.append(Fault(file, "strategy", shown(tree["strategy"].value), "a table"))
        tree["strategy"] = {}
    directions = directions_of(document, file, faults)
    base = tree.get("base")
    if base is None:
        faults.append(Fault(file, "base", what="missing", allowed="a strategy that every point starts from"))
    points = math.prod(len(branches) for _, branches in directions)
    if points > MOST_POINTS or (directions and points < 2):
        faults.append(Fault(file, "axes", what=f"{points} points", allowed=f"2 to {MOST_POINTS}", unit="points"))
    if faults or base is None:
        _scenario_faults(path, tree, faults, misspelt)
    arms: Tree = {}
    for branches in product(*(branches for _, branches in directions)):
        name, title = _named([token for token, _, _ in branches]), ", ".join(label for _, label, _ in branches)
        arm: Tree = {"base": base, "title": Stated(title, file, "axes")}
        for table in (tree.get("strategy", {}), *(table for _, _, table in branches)):
            arm = merged(arm, table)
        arms[name] = arm
    plan = {key: value for key, value in tree.items() if key not in OWN_KEYS}
    plan |= {"reference": Stated(next(iter(arms)), file, "axes"), "arms": arms}
    scenario = resolve_source(Source(path, plan, (path.parent,)), faults)
    if points * scenario.horizon_months > MOST_POINT_MONTHS:
        what = f"{points} points over {scenario.horizon_months} months take too much memory"
        raise ScenarioError([Fault(file, "axes", "", f"points x months of at most {MOST_POINT_MONTHS}", what=what)])
    axes = [axis for axis, _ in directions]
    series = axes.pop(0) if "series" in document else None
    sweep = Sweep(scenario, tuple(axes), series)
    names = [arm.name for arm in scenario.arms]
    pairs = tuple((names[sweep.at(place)], names[sweep.at(other)]) for _, place, other in neighbours(sweep.shape))
    return replace(sweep, scenario=replace(scenario, pairs=pairs))


def _scenario_faults(path: Path, tree: Tree, faults: list[Fault], misspelt: set[str]) -> None:
    """Raise the faults of the grid together with those of the rest, of which only the arms are left out.

    What is missing because it is `misspelt` has its fault already.
    """
    plan = {key: value for key, value in tree.items() if key not in OWN_KEYS}
    plan |= {"reference": Stated("point", path.name, "axes"), "arms": {}}
    own = list(faults)
    try:
        resolve_source(Source(path, plan, (path.parent,)), own)
    except ScenarioError as error:
        for fault in error.faults:
            known = fault in faults or (fault.what == "missing" and fault.key in misspelt)
            if not known and not fault.key.startswith("arms"):
                faults.append(fault)
    raise ScenarioError(faults)


def _named(tokens: Sequence[Any]) -> str:
    """The name of a point: its series and levels by name, its values as they stand."""
    words = [re.sub(r"[^a-z0-9]+", "_", f"{token:g}" if isinstance(token, float) else str(token).lower())
             for token in tokens]  # fmt: skip
    name = "_".join(word.strip("_") for word in words)
    return name if name[0].isalpha() else f"at_{name}"
