"""Scenario files and command-line settings as trees: found, decoded, laid over what they extend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scenarios
from simulator.scenario.faults import Fault, ScenarioError, dotted, nearest, shown
from simulator.scenario.model import NAME, ArmHead
from simulator.scenario.tree import DEEPEST, Stated, Tree, merged, stamped

LONGEST_ARM_NAME = 60  # it heads tables and figures; the schema of a run already written allows 100


@dataclass(frozen=True)
class Source:
    """A scenario file over those it extends."""

    path: Path
    tree: Tree
    folders: tuple[Path, ...]
    """Where names are looked for, before the shipped ones."""


def find_scenario(name_or_path: str | Path, shipped_folder: Path = scenarios.FOLDER) -> Path:
    """The file of a path or of a shipped name."""
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
        folder = path.is_dir()
    except (OSError, ValueError):  # a name too long, or with a null byte
        folder = False
    stem, shipped = path.name.removesuffix(".toml"), sorted(stems(shipped_folder))
    if str(path) == path.name and stem in shipped:
        return shipped_folder / f"{stem}.toml"
    file = path.name or str(name_or_path)
    if folder:
        raise ScenarioError([Fault(file, what="is a folder", allowed="a scenario file or a shipped name")])
    allowed = f"a file or a shipped name: {nearest(stem, shipped)}"
    raise ScenarioError([Fault(shown(file).strip('"'), what="no such file", allowed=allowed)])


def stems(folder: Path, suffix: str = "toml") -> set[str]:
    """The names that a folder offers."""
    return {path.stem for path in folder.glob(f"*.{suffix}")}


def look_up(stated: Any, folders: Sequence[Path]) -> Path | None:
    """The file of a stated name in the first folder that has it."""
    name = stated.value if isinstance(stated, Stated) else None
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        return None
    file = name.removesuffix(".toml") + ".toml"
    return next((folder / file for folder in folders if (folder / file).is_file()), None)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as tables; every way in which it can be unreadable is a fault."""
    try:
        source = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        document = tomllib.loads(source)
    except OSError as error:
        fault = Fault(path.name, what=f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        fault = Fault(path.name, what=f"is not UTF-8 text (byte {error.start + 1})", allowed="TOML in UTF-8")
    except RecursionError:
        fault = Fault(path.name, what="not TOML: nested too deeply")
    except ValueError as error:
        line, column = source.count("\n") + 1, len(source) - source.rfind("\n")
        end = f"at line {line}, column {column}, the end of the file"
        what = " ".join(str(error).replace("at end of document", end).split())
        fault = Fault(path.name, what=f"not TOML: {what}")
    else:
        if document:
            return document
        fault = Fault(path.name, what="says nothing", allowed="a question, a population and arms")
    raise ScenarioError([fault])


def read_scenario(path: Path, faults: list[Fault], above: tuple[Path, ...] = ()) -> Source:
    """A scenario file over those it extends; `above` are the files that extend it."""
    own_faults: list[Fault] = []
    tree = _scenario_tree(read_toml(path), path.name, own_faults)
    extends = tree.pop("extends", None)
    if extends is None:
        faults += own_faults
        return Source(path, tree, (path.parent,))
    found = look_up(extends, (path.parent, scenarios.FOLDER))
    chain = (*above, path.resolve())
    if found is None or found.resolve() in chain:
        value = extends.value if isinstance(extends, Stated) else extends
        name = value.removesuffix(".toml") if isinstance(value, str) else value
        what = "unknown scenario" if found is None else "circular: it extends itself"
        known = nearest(name, sorted(stems(scenarios.FOLDER) - {path.stem}))
        raise ScenarioError([*own_faults, Fault(path.name, "extends", shown(value), known, what=what)])
    under = read_scenario(found, faults, chain)
    faults += own_faults
    return Source(path, merged(under.tree, tree), tuple(dict.fromkeys((path.parent, *under.folders))))


def _scenario_tree(document: dict[str, Any], file: str, faults: list[Fault]) -> Tree:
    """A document as a tree in which arms are tables by name."""
    tree = stamped({key: value for key, value in document.items() if key != "arms"}, file)
    if "arms" not in document:
        return tree
    arms = document["arms"]
    tree["arms"] = {}
    if not isinstance(arms, list) or not all(isinstance(arm, dict) for arm in arms):
        faults.append(Fault(file, "arms", shown(arms), "tables [[arms]]"))
        return tree
    meaning = str(ArmHead.model_fields["name"].description)
    for position, arm in enumerate(arms, 1):
        name, key = arm.get("name"), f"arms[{position}].name"
        if name is None:
            faults.append(Fault(file, key, what="missing", allowed=meaning))
        elif not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
            faults.append(Fault(file, key, shown(name), meaning))
        elif len(name) > LONGEST_ARM_NAME:
            faults.append(Fault(file, key, shown(name), f"at most {LONGEST_ARM_NAME}", "characters"))
        elif name in tree["arms"]:
            faults.append(Fault(file, key, shown(name), "a name that no other arm has", what="duplicate"))
        else:
            own = {key: value for key, value in arm.items() if key != "name"}
            tree["arms"][name] = stamped(own, file, ("arms", name))
    return tree


def read_settings(settings: Mapping[str, str] | Sequence[str], arms: Sequence[str], faults: list[Fault]) -> Tree:
    """`KEY=VALUE` settings as a tree; a value is TOML, or else a bare word. What is wrong goes to `faults`."""
    if isinstance(settings, Mapping):
        settings = [f"{key}={value}" for key, value in settings.items()]
    over: Tree = {}
    for pair in settings:
        key, equals, word = pair.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or not all(path) or len(path) > DEEPEST or path[0] == "extends":
            faults.append(Fault("--set", shown(pair).strip('"'), allowed="KEY=VALUE, as horizon_months=48"))
        elif path[0] == "arms" and (len(path) < 3 or path[1] not in arms):
            allowed = nearest(path[1], arms) if len(path) > 1 and path[1] not in arms else "arms.NAME.KEY"
            faults.append(Fault("--set", dotted(path), shown(_word(word)), allowed, what="names no arm"))
        else:
            branch: Any = Stated(_word(word), "--set", dotted(path))
            for part in reversed(path):
                branch = {part: branch}
            over = merged(over, branch)
    return over


def _word(word: str) -> Any:
    try:
        document = tomllib.loads(f"value = {word}")
    except (ValueError, RecursionError):
        return word.strip()
    return document["value"] if len(document) == 1 else word.strip()  # "1\nseed=2" is no value
