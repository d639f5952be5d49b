"""One run folder, from the first file to the last.

In this order, each step whole or not at all, so that a kill between any two of them leaves a folder that goes on or
reprints: the folder, the locked journal, run.json; checkpoints; all outputs into `.finishing`; each output into its
place; the marker (summary.json) last: now it is finished; the checkpoint is removed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any

from simulator.store.checkpoint import CHECKPOINT, FileCheckpoint
from simulator.store.files import (
    FolderError,
    json_bytes,
    partial,
    read_json,
    reason,
    sync_file,
    sync_folder,
    write_whole,
)
from simulator.store.identity import RUN, differences, key_of, marker_of, plain
from simulator.store.journal import JOURNAL, Journal

FINISHING = ".finishing"

Write = Callable[[Path], object]
"""Writes all outputs of a run into the folder that it is given."""
Warn = Callable[[str], None]
"""Is told what a user should know while the run goes on."""


class State(Enum):
    """What a folder holds."""

    FREE = "free"
    UNFINISHED = "unfinished"
    FINISHED = "finished"


class RunFolder:
    """A run folder in use; `checkpoint` goes to the run, `finished` ones are only read."""

    def __init__(self, path: Path, identity: dict[str, Any], journal: Journal | None, warn: Warn) -> None:
        self.path, self.identity, self.journal = path, identity, journal
        self.marker = marker_of(identity)
        self.finished = journal is None
        self.checkpoint = FileCheckpoint(path, key_of(identity), warn) if journal else None

    @property
    def done(self) -> int:
        """Patients or replicates whose sums are on the disk."""
        return len(self.checkpoint.done) if self.checkpoint else 0

    def json(self) -> dict[str, Any]:
        """The document of a finished run."""
        return read_json(self.path / self.marker)

    def text(self, name: str) -> str:
        """A text file of a finished run."""
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else "not text"
            hint = f"remove {self.marker} to make it anew"
            raise FolderError(f"{self.path}: {name} cannot be read: {why}; {hint}") from None

    def note(self, event: str, **facts: Any) -> None:
        """A line in the journal."""
        if self.journal:
            self.journal.append(event, **facts)

    def finish(self, write: Write) -> None:
        """Write all outputs aside, then put them into place; a `FolderError` leaves the checkpoint as it was."""
        aside = self.path / FINISHING
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            write(aside)
            for path in aside.rglob("*"):
                if path.is_file():
                    sync_file(path)
            for name in sorted(path.name for path in aside.iterdir() if path.name != self.marker):
                _move(aside / name, self.path / name)
            sync_folder(self.path)
            os.replace(aside / self.marker, self.path / self.marker)
            sync_folder(self.path)
        except OSError as error:
            kept = f"{self.done:,} are kept, the same command goes on from there" if self.done else "nothing is kept"
            raise FolderError(f"{self.path}: results cannot be written: {reason(error)}; {kept}") from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self.note("finished")
        _tidy(self.path)
        self.finished = True


@contextmanager
def open_run(folder: Path | str, identity: dict[str, Any], warn: Warn = lambda _: None) -> Iterator[RunFolder]:
    """A run folder for this very run: new, to be gone on with, or finished; locked while it is worked on.

    `FolderError` before anything is simulated if it holds anything else, is in use, damaged or cannot be written.
    """
    path, asked = Path(folder), plain(identity)
    if _state(path, asked) is State.FINISHED:
        if any((path / name).exists() for name in (CHECKPOINT, FINISHING)):  # killed just after the marker was set
            _tidy(path)
        yield RunFolder(path, asked, None, warn)
        return
    journal = _begin(path, asked)
    try:
        # another process may have finished it before the lock was ours
        run_folder = RunFolder(path, asked, None if _state(path, asked) is State.FINISHED else journal, warn)
        run_folder.note("started", done=run_folder.done)
        try:
            yield run_folder
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt)
            why = {} if stopped else {"reason": f"{type(error).__name__}: {error}"}
            run_folder.note("interrupted" if stopped else "failed", done=run_folder.done, **why)
            raise
    finally:
        journal.close()


def state_of(path: Path) -> State:
    """What a folder holds, whatever run it is of; `FolderError` if it is not a run folder."""
    try:
        if path.exists() and not path.is_dir():
            raise FolderError(f"{path}: is a file, not a folder")
        names = {each.name for each in path.iterdir()} if path.is_dir() else set()
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {reason(error)}") from None
    if RUN not in names:
        # a kill before run.json was there leaves an empty journal
        written = JOURNAL in names and (path / JOURNAL).stat().st_size
        if written or not names <= {JOURNAL, partial(path / RUN).name}:
            raise FolderError(f"{path}: not empty and not a run folder; give another name")
        return State.FREE
    return State.FINISHED if marker_of(read_json(path / RUN)) in names else State.UNFINISHED


def _state(path: Path, asked: dict[str, Any]) -> State:
    """`state_of`; `FolderError` if it is of another run."""
    state = state_of(path)
    if state is not State.FREE:
        stored = read_json(path / RUN)
        if stored != asked:
            raise FolderError(f"{path}: holds another run; different: {differences(stored, asked)}")
    if state is State.FINISHED:
        read_json(path / marker_of(asked))
    return state


def _begin(path: Path, identity: dict[str, Any]) -> Journal:
    """The folder with its journal, locked, and run.json."""
    in_the_way = next((each for each in path.absolute().parents if each.is_file()), None)
    if in_the_way:
        raise FolderError(f"{in_the_way.name}: is a file, not a folder")
    made = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        journal = Journal(path)
        try:
            if not (path / RUN).exists():
                write_whole(path / RUN, lambda file: file.write(json_bytes(identity)))
                sync_folder(path.parent)
        except OSError:
            journal.close()
            raise
    except OSError as error:
        if made:
            shutil.rmtree(path, ignore_errors=True)  # it holds an empty journal at most
        raise FolderError(f"{path}: cannot be written: {reason(error)}") from None
    return journal


def _move(source: Path, target: Path) -> None:
    if target.is_dir():  # left by a kill while outputs were put into place
        shutil.rmtree(target)
    os.replace(source, target)


def _tidy(path: Path) -> None:
    """Remove what a finished run no longer needs, the checkpoint last; where that fails it does no harm."""
    shutil.rmtree(path / FINISHING, ignore_errors=True)
    for name in (partial(path / RUN), partial(path / CHECKPOINT), path / CHECKPOINT):
        with suppress(OSError):
            name.unlink(missing_ok=True)
