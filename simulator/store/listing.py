"""The run folders there are, robust against whatever else lies about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from simulator.store.checkpoint import finished_in
from simulator.store.files import FolderError, read_json
from simulator.store.folder import State, state_of
from simulator.store.identity import RUN, key_of, work_of
from simulator.store.journal import busy, entries

Known = TypeVar("Known")


def run_folders(root: Path) -> list[dict[str, Any]]:
    """One entry a folder in `root`, last written first; `root` itself if it is a run folder.

    `state` is `finished`, `interrupted`, `running`, `empty`, or `damaged` or `foreign` (then `fault` says why). What
    is not known is None. `FolderError` if `root` is no folder.
    """
    try:
        if (root / RUN).is_file():
            return [described(root)]
        folders = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        raise FolderError(f"{root}: cannot be read: {error.strerror}") from None
    found = sorted((described(path) for path in folders), key=lambda each: str(each["run"]))
    return sorted(found, key=lambda each: str(each["last_written"] or ""), reverse=True)


def described(folder: Path) -> dict[str, Any]:
    """What `allpath runs` says of one folder; `done` and `of` count patients or, as `unit` says, wards."""
    found: dict[str, Any] = dict.fromkeys(
        (
            "run",
            "kind",
            "state",
            "done",
            "of",
            "unit",
            "patients",
            "arms",
            "seed",
            "scenario",
            "question",
            "last_written",
            "bytes",
        )
    )
    found |= {"run": folder.resolve().name, "fault": None} | _on_disk(folder)
    try:
        state = state_of(folder)
        if state is State.FREE:
            return found | {"state": "empty"}
        identity = read_json(folder / RUN)
    except FolderError as error:
        is_run = (folder / RUN).exists()
        fault = str(error).removeprefix(f"{folder}: ")
        return found | {"state": "damaged" if is_run else "foreign", "fault": fault}
    found |= _asked(identity)
    if state is State.FINISHED:
        # copying a folder moves the times of its files, but not those in its journal
        times = [entry["at"] for entry in entries(folder) if isinstance(entry.get("at"), str)]
        found["last_written"] = times[-1] if times else found["last_written"]
        return found | {"state": "finished", "done": found["of"]}
    try:
        found["done"] = finished_in(folder, key_of(identity))
    except FolderError as error:
        return found | {"state": "damaged", "fault": str(error).removeprefix(f"{folder}: ")}
    return found | {"state": "running" if busy(folder) else "interrupted"}


def _asked(identity: dict[str, Any]) -> dict[str, Any]:
    """From run.json, which anybody may have written: what is not of its type is not known."""
    scenario = _of_type(dict, identity.get("scenario")) or {}
    arms = _of_type(list, scenario.get("arms"))
    many, unit = work_of(identity)
    return {
        "of": many,
        "unit": unit,
        "kind": _of_type(str, identity.get("kind")),
        "patients": _of_type(int, identity.get("patients")),
        "arms": None if arms is None else len(arms),
        "seed": _of_type(int, identity.get("seed")),
        "scenario": _of_type(str, scenario.get("name", identity.get("study"))),
        "question": _of_type(str, scenario.get("question")),
    }


def _of_type(kind: type[Known], value: Any) -> Known | None:
    return value if isinstance(value, kind) else None


def _on_disk(folder: Path) -> dict[str, Any]:
    """Size, and when a file in it was last written."""
    size, latest = 0, 0.0
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:  # gone meanwhile
            continue
        if not path.is_dir():
            size, latest = size + status.st_size, max(latest, status.st_mtime)
    written = datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds") if latest else None
    return {"bytes": size, "last_written": written}
