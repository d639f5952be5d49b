"""What determines every byte of a run, and how two of them differ."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulator.parameters import PARAMETERS_FOLDER
from simulator.scenario import Scenario, resolved

RUN = "run.json"
PACKAGE = Path(__file__).resolve().parent.parent
SOURCES = (".py", ".csv", ".j2", ".css", ".toml")  # code, definitions, evidence, templates, strategies and case mixes
_MARKERS = {"reproduce": "rows.json", "validate": "validation.json"}
_MEANINGS = {
    "parameters_sha256": "the parameter set has changed since",
    "sources_sha256": "the program has changed since",
    "scenarios_sha256": "a strategy or a case mix has changed since",
    "calibration_sha256": "the program or the evidence has changed since",
}
LONGEST_VALUE = 30  # characters of a value that a message still shows


def identity(scenario: Scenario, kind: str = "compare", outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """The identity of a run of a scenario; `outputs` = what was asked for beyond the summary and its tables."""
    return {
        "kind": kind,
        "scenario": resolved(scenario),
        "seed": scenario.seed,
        "patients": scenario.patients,
        "outputs": outputs or {},
        "parameter_set": scenario.parameters,
        "parameters_sha256": parameters_hash(scenario.parameters),
        "sources_sha256": sources_hash(PACKAGE),
        "versions": versions(),
    }


def marker_of(identity: dict[str, Any]) -> str:
    """The output that is put into place last: with it the run is finished."""
    return _MARKERS.get(str(identity.get("kind")), "summary.json")


def work_of(identity: dict[str, Any]) -> tuple[int | None, str]:
    """(how many, of what) a run counts as done: patients, or whole wards; None = not known."""
    patients = identity.get("patients")
    if not isinstance(patients, int):
        return None, "patients"
    if identity.get("kind") != "ward":
        return patients, "patients"
    try:
        return patients // identity["scenario"]["ward"]["patients_per_replicate"], "wards"
    except (KeyError, TypeError, ZeroDivisionError):  # anybody may have written it
        return None, "wards"


def key_of(identity: dict[str, Any]) -> str:
    """One hash of the whole identity."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def run_name(name: str, identity: dict[str, Any]) -> str:
    """A folder name that two different runs do not share."""
    return f"{name}-{key_of(identity)[:8]}"


def versions() -> dict[str, str]:
    """Of Python and of the libraries that could move a number or a byte of a figure, a page or a table."""
    libraries = ("numpy", "numba", "llvmlite", "pandas", "scipy", "matplotlib", "jinja2", "pyarrow", "simpy")
    return {"python": platform.python_version(), **{name: version(name) for name in libraries}}


@cache
def sources_hash(package: Path) -> str:
    """Hash of the sources of a package, names included; as first read by this process."""
    key = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.suffix in SOURCES):
        key.update(path.relative_to(package).as_posix().encode() + b"\0")
        key.update(hashlib.sha256(path.read_bytes()).digest())
    return key.hexdigest()


def parameters_hash(name: str) -> str:
    """Hash of a parameter set's file."""
    path = Path(name)
    if path.suffix != ".json":
        path = PARAMETERS_FOLDER / f"{name}.json"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def plain(identity: dict[str, Any]) -> dict[str, Any]:
    """As it reads back from JSON."""
    data: dict[str, Any] = json.loads(json.dumps(identity, allow_nan=False))
    return data


def differences(stored: dict[str, Any], asked: dict[str, Any], most: int = 6) -> str:
    """What differs, by name, with both values where they are short; lists of named things by name."""
    found = list(_differing(stored, asked, ""))
    # seed and patients stand in the scenario too
    found = [each for each in found if not each.startswith(("scenario.seed ", "scenario.patients "))]
    more = [f"and {len(found) - most} more"] if len(found) > most else []
    return ", ".join([*found[:most], *more])


def _differing(stored: Any, asked: Any, name: str) -> Iterator[str]:
    stored, asked = _by_name(stored), _by_name(asked)
    if isinstance(stored, dict) and isinstance(asked, dict):
        for key in [*asked, *(key for key in stored if key not in asked)]:
            yield from _differing(stored.get(key), asked.get(key), f"{name}.{key}" if name else key)
    elif stored != asked:
        there, here = _short(stored), _short(asked)
        meaning = f"{there} there, {here} asked" if there and here else _MEANINGS.get(name)
        yield f"{name} ({meaning})" if meaning else name


def _by_name(value: Any) -> Any:
    """A list of tables with names as a table of tables."""
    if isinstance(value, list) and value and all(isinstance(each, dict) and "name" in each for each in value):
        return {each["name"]: each for each in value}
    return value


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value)
    return text if len(text) <= LONGEST_VALUE and not isinstance(value, dict) else ""
