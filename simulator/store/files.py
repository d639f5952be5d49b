"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import pandas as pd


class FolderError(Exception):
    """A run folder that cannot be used; the message is one line, one fault."""

    @property
    def faults(self) -> list[str]:
        """For the command line: bad input, exit code 2."""
        return [str(self)]


def reason(error: Exception) -> str:
    """Why, in words, without a path."""
    return error.strerror or "unknown error" if isinstance(error, OSError) else "not JSON"


def partial(path: Path) -> Path:
    """Where a file is written before it takes its name; one writer at a time (the folder is locked)."""
    return path.with_name(f".{path.name}.partial")


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Replace `path` by what `write` puts into a file; an `OSError` leaves the old one as it was."""
    try:
        with partial(path).open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial(path), path)
    except OSError:
        with suppress(OSError):
            partial(path).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until the contents of a file are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def json_bytes(data: dict[str, Any]) -> bytes:
    """UTF-8, two spaces, never NaN or Infinity."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_json(path: Path, data: dict[str, Any]) -> None:
    """`json_bytes` into a file."""
    path.write_bytes(json_bytes(data))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Shortest digits that read back to the same float; empty = undefined; line ends the same everywhere."""
    path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; `FolderError` if it cannot be read or is something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FolderError(f"{path.parent}: {path.name} cannot be read: {reason(error)}") from None
    if not isinstance(data, dict):
        raise FolderError(f"{path.parent}: {path.name} is not what it should be: not a JSON object")
    return data
