"""Run folders: what was asked (run.json), what was found (summary.json, CSV), written whole or not at all.

Every byte depends on the identity in run.json only: no date, host, worker count or path is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from simulator.comparison import Comparison
from simulator.parameters import PARAMETERS_FOLDER
from simulator.scenario import Scenario, resolved

RUN, SUMMARY = "run.json", "summary.json"
FRAMES = (
    "estimates", "curves", "occupancy", "differences", "longer_shorter", "contrasts", "delivered",
)  # fmt: skip
PACKAGE = Path(__file__).resolve().parent

FiguresWriter = Callable[[Path, Comparison], None]
"""Writes figures, or a report, into the folder that it is given."""


class FolderError(Exception):
    """A run folder that cannot be used; the message is one line, one fault."""

    @property
    def faults(self) -> list[str]:
        """For the command line: bad input, exit code 2."""
        return [str(self)]


def identity(scenario: Scenario) -> dict[str, Any]:
    """What determines every byte of a run."""
    return {
        "scenario": resolved(scenario),
        "seed": scenario.seed,
        "patients": scenario.patients,
        "parameter_set": scenario.parameters,
        "parameters_sha256": _parameters_hash(scenario.parameters),
        "sources_sha256": sources_hash(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba", "llvmlite", "pandas", "scipy")},
        },
    }


@cache
def sources_hash() -> str:
    """Hash of every Python source of the package, names included; as first read by this process."""
    key = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        key.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
        key.update(hashlib.sha256(path.read_bytes()).digest())
    return key.hexdigest()


def run_name(scenario: Scenario, **more: Any) -> str:
    """A folder name that two different runs do not share; `more` is what else belongs to the identity."""
    key = hashlib.sha256(json.dumps(identity(scenario) | more, sort_keys=True).encode()).hexdigest()
    return f"{scenario.name}-{key[:8]}"


def finished(folder: Path | str, scenario: Scenario, **more: Any) -> dict[str, Any] | None:
    """The summary of a finished run of this very scenario (and `more`); None if the folder is free.

    `FolderError` if it holds anything else: ask before simulating, not after.
    """
    folder = Path(folder)
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return None
        if not folder.is_dir():
            raise FolderError(f"{folder}: is a file, not a folder")
        if not (folder / RUN).is_file():
            raise FolderError(f"{folder}: not empty and not a run folder; give another name")
        stored = json.loads((folder / RUN).read_text(encoding="utf-8"))
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FolderError(f"{folder}: cannot be read: {_reason(error)}") from None
    asked = _plain(identity(scenario) | more)
    if not isinstance(stored, dict) or stored != asked:
        names = _differences(stored if isinstance(stored, dict) else {}, asked)
        raise FolderError(f"{folder}: holds another run; different: {', '.join(names)}")
    if not isinstance(summary, dict):
        raise FolderError(f"{folder}: {SUMMARY} is not a summary")
    return summary


def check_own(folder: Path | str, marker: str) -> None:
    """`FolderError` if the folder holds things but not `marker`, or could not be written."""
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / marker).is_file():
        raise FolderError(f"{folder}: not empty and without {marker}; give another name")
    check_writable(folder)


def check_writable(folder: Path | str) -> None:
    """`FolderError` now rather than after a long run, if the folder could not be written."""
    parent = _existing_parent(Path(folder).absolute())
    if not parent.is_dir():
        raise FolderError(f"{parent.name}: is a file, not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"{folder}: {parent.name or parent} is not writable")


def write_run(
    folder: Path | str,
    scenario: Scenario,
    comparison: Comparison,
    figures_writer: FiguresWriter | None = None,
) -> Path:
    """Write a finished run."""
    folder = Path(folder)
    if finished(folder, scenario) is not None:
        return folder

    def fill(target: Path) -> None:
        write_json(target / RUN, identity(scenario))
        write_json(target / SUMMARY, comparison.summary)
        for name in FRAMES:
            write_csv(target / f"{name}.csv", getattr(comparison, name))
        if figures_writer:
            figures_writer(target, comparison)

    write_whole(folder, fill)
    return folder


def write_whole(folder: Path, fill: Callable[[Path], None]) -> None:
    """A folder whole or not at all: `fill` writes into a sibling, which then takes the name."""
    check_writable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise FolderError(f"{folder}: cannot be written: {_reason(error)}") from None
    try:
        fill(temporary)
        os.chmod(temporary, 0o755)  # mkdtemp makes private folders
        if folder.is_dir():
            folder.rmdir()  # empty, or `finished` would have refused
        os.replace(temporary, folder)
    except OSError as error:
        raise FolderError(f"{folder}: cannot be written: {_reason(error)}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """UTF-8, two spaces, never NaN or Infinity."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_bytes((text + "\n").encode())


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Shortest digits that read back to the same float; empty = undefined; line ends the same everywhere."""
    path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode())


def _parameters_hash(name: str) -> str:
    path = Path(name)
    if path.suffix != ".json":
        path = PARAMETERS_FOLDER / f"{name}.json"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """As it reads back from JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(data, allow_nan=False))
    return plain


def _differences(stored: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Names of what differs, keys of the scenario and of the versions included."""
    names = []
    for key, value in asked.items():
        other = stored.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            inner = [name for name in value if value[name] != other.get(name)]
            names += [f"{key}.{name}" for name in inner if name not in asked]
        elif value != other:
            names.append(key)
    return names or ["the form of run.json"]


def _existing_parent(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _reason(error: Exception) -> str:
    return error.strerror or "unknown error" if isinstance(error, OSError) else "not JSON"
