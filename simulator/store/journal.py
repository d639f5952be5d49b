"""journal.jsonl: when, where and how fast a run went; never part of its identity.

The process that works on a folder holds an flock on this file, so that its last start says who that is.
"""

from __future__ import annotations

import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.store.files import FolderError

if os.name != "nt":  # Windows has no flock: there nobody keeps two processes apart
    import fcntl

JOURNAL = "journal.jsonl"
PATIENCE_SECONDS = 0.5  # a listing holds a shared lock for an instant


class Journal:
    """Lines of JSON, appended while the lock is held; a line that cannot be written is let go: it is no result."""

    def __init__(self, folder: Path) -> None:
        """Open and lock; `FolderError` if another process works on the folder, `OSError` if it cannot be opened."""
        self.path = folder / JOURNAL
        self.file = self.path.open("ab+", buffering=0)
        latest = time.monotonic() + PATIENCE_SECONDS
        while not _locked(self.file, exclusive=True):
            if time.monotonic() > latest:
                self.file.close()
                who = _who(folder)
                raise FolderError(f"{folder}: another process works on it{who}; wait for it or give another name")
            time.sleep(0.02)

    def append(self, event: str, **facts: Any) -> None:
        """One line: the event, the time in UTC, the process, and facts."""
        line = {"event": event, "at": now(), "pid": os.getpid(), "host": platform.node(), **facts}
        try:
            torn = self.path.stat().st_size > 0 and _last_byte(self.path) != b"\n"
            self.file.write((b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
        except OSError:
            return

    def close(self) -> None:
        """Close, and so free the folder."""
        self.file.close()


def entries(folder: Path) -> list[dict[str, Any]]:
    """The lines that can be read; a torn one is passed over, and so is a journal that is not there."""
    found = []
    try:
        lines = (folder / JOURNAL).read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found


def busy(folder: Path) -> bool:
    """Whether a process works on the folder now."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            return not _locked(file, exclusive=False)
    except OSError:
        return False


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _locked(file: Any, exclusive: bool) -> bool:
    if os.name == "nt":
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _who(folder: Path) -> str:
    starts = [entry for entry in entries(folder) if entry.get("event") == "started"]
    if not starts:
        return ""
    last = starts[-1]
    return f" (process {last.get('pid')} on {last.get('host')} since {last.get('at')})"


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
