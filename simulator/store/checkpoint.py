"""The checkpoint: one file with the merged sums and whose sums they are, replaced atomically.

A line that says what it is, a line of JSON (identity, finished ranges, arrays), the arrays, and the SHA-256 of all.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from simulator.ranges import Ranges
from simulator.store.files import FolderError, reason, write_whole

CHECKPOINT = "checkpoint"
MAGIC = b"allpath checkpoint 1\n"
LONGEST_HEADER = 10_000_000
SAVE_SECONDS = 2.0
SHARE_OF_TIME = 0.01  # large sums are saved less often, so that it costs no more than this share,
LONGEST_SECONDS = 20.0  # but not less often than this: a busy disk takes long and costs nothing


class FileCheckpoint:
    """What `runner.run` saves to and goes on from. `done`: whose sums are on the disk."""

    def __init__(self, folder: Path, key: str, warn: Callable[[str], None]) -> None:
        self.path, self.key, self.warn = folder / CHECKPOINT, key, warn
        self.done = Ranges(_header_of(self.path, key)["done"] if self.path.exists() else ())
        self.next = time.monotonic() + SAVE_SECONDS
        self.warned = False

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Ranges:
        """Fill `arrays` (contiguous) with what was saved; `FolderError` if that is damaged or does not fit."""
        self.next = time.monotonic() + SAVE_SECONDS
        if not self.path.exists():
            return Ranges()
        try:
            with self.path.open("rb") as file:
                header = _read(file, self.key, arrays)
        except (OSError, DamagedError) as error:
            raise _error(self.path, error) from None
        return Ranges(header["done"])

    def due(self) -> bool:
        """Every few seconds, less often where saving takes long."""
        return time.monotonic() >= self.next

    def save(self, arrays: Mapping[str, np.ndarray], done: Ranges) -> None:
        """Replace what is kept; where the disk refuses, the last one stays, with a warning, and the run goes on."""
        if done == self.done:
            return
        begin = time.monotonic()
        try:
            write_whole(self.path, lambda file: _write(file, self.key, arrays, done))
            self.done = Ranges(done.pieces)
        except OSError as error:
            if not self.warned:
                self.warn(f"{self.path.parent}: the checkpoint cannot be written: {reason(error)}; going on without")
            self.warned = True
        end = time.monotonic()
        self.next = end + min(max(SAVE_SECONDS, (end - begin) / SHARE_OF_TIME), LONGEST_SECONDS)


def finished_in(folder: Path, key: str) -> int:
    """How many patients or replicates the checkpoint of a folder holds; `FolderError` if it is damaged."""
    path = folder / CHECKPOINT
    return len(Ranges(_header_of(path, key)["done"])) if path.exists() else 0


class DamagedError(Exception):
    """What is wrong with a checkpoint."""


def _error(path: Path, error: Exception) -> FolderError:
    why = str(error) if isinstance(error, DamagedError) else reason(error)
    hint = f"; remove {path.name} to start from the first patient" if isinstance(error, DamagedError) else ""
    return FolderError(f"{path.parent}: {path.name} cannot be used: {why}{hint}")


def _layout(arrays: Mapping[str, np.ndarray]) -> list[list[Any]]:
    return [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]


def _write(file: BinaryIO, key: str, arrays: Mapping[str, np.ndarray], done: Ranges) -> None:
    header = {"identity": key, "done": done.pieces, "arrays": _layout(arrays)}
    digest = hashlib.sha256()
    start: list[bytes | memoryview] = [MAGIC, json.dumps(header).encode() + b"\n"]
    for part in (*start, *map(_bytes, arrays.values())):
        digest.update(part)
        file.write(part)
    file.write(digest.digest())


def _bytes(array: np.ndarray) -> memoryview:
    """The array's own memory."""
    if not array.flags.c_contiguous:
        raise ValueError("only contiguous arrays are kept")
    return array.reshape(-1).view(np.uint8).data


def _header(file: BinaryIO, key: str) -> tuple[bytes, dict[str, Any]]:
    """(the bytes read, the header) from the start of a file."""
    magic = file.read(len(MAGIC))
    line = file.readline(LONGEST_HEADER) if magic == MAGIC else b""
    try:
        header = json.loads(line)
        Ranges(header["done"])
        fits = header["identity"] == key
    except (ValueError, KeyError, TypeError):
        raise DamagedError("damaged" if magic == MAGIC else "not a checkpoint") from None
    if not fits:
        raise DamagedError("it is of another run")
    return magic + line, header


def _header_of(path: Path, key: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return _header(file, key)[1]
    except (OSError, DamagedError) as error:
        raise _error(path, error) from None


def _read(file: BinaryIO, key: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    start, header = _header(file, key)
    if header.get("arrays") != _layout(arrays):
        raise DamagedError("its tables are of another form")
    digest = hashlib.sha256(start)
    for array in arrays.values():
        memory = _bytes(array)
        if file.readinto(memory) != len(memory):  # type: ignore[attr-defined]
            raise DamagedError("truncated")
        digest.update(memory)
    if file.read() != digest.digest():
        raise DamagedError("damaged (checksum)")
    return header
