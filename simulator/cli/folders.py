"""Run folders: `allpath runs`, and how commands that simulate hold theirs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import InterruptedRunError, app
from simulator.cli.options import RUNS, AsJson
from simulator.cli.terminal import note, say

if TYPE_CHECKING:
    from simulator.store import RunFolder


def refuse_file(out: Path | None) -> None:
    """Refuse an --out that is a file, before the work."""
    from simulator.store import FolderError

    if out is not None and out.exists() and not out.is_dir():
        raise FolderError(f"{out}: is a file, not a folder")


COLUMNS = ("Run", "Kind", "State", "Patients", "Arms", "Last written (UTC)", "Size", "Question")
TO_THE_RIGHT = ("Patients", "Arms", "Size")


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the run folders are, or one of them.")] = RUNS,
    as_json: AsJson = False,
) -> None:
    """List run folders: what was asked, how far each is, when it was last written.

    An interrupted run goes on when its command is given again.
    """
    from simulator.store.listing import run_folders

    if folder == RUNS and not folder.exists():
        found = []
        note(f"no runs yet: {folder}")
    else:
        found = run_folders(folder)
    if as_json:
        say(json.dumps(found, indent=1))
    elif found:
        say(table([cells(each) for each in found]))


@contextmanager
def opened(folder: Path, identity: dict[str, Any]) -> Iterator[RunFolder]:
    """A run folder for a command; Ctrl-C ends in one line that says how to go on."""
    from simulator.store import open_run
    from simulator.store.identity import work_of

    run_folder = None
    try:
        with open_run(folder, identity, warn=note) as run_folder:
            yield run_folder
    except KeyboardInterrupt:
        if run_folder is None:
            raise
        raise InterruptedRunError(how_to_go_on(folder, run_folder.done, *work_of(identity))) from None


def how_to_go_on(folder: Path, done: int, many: int | None, unit: str) -> str:
    """One line for who stopped a run."""
    if done and many:
        return f"interrupted at {done:,} of {many:,} {unit}; the same command goes on from there: {folder}"
    return f"interrupted before anything was kept; the same command starts again: {folder}"


def cells(run: dict[str, Any]) -> list[str]:
    """One line of the table."""
    written = (run["last_written"] or "").replace("T", " ")[:16]
    return [
        run["run"],
        run["kind"] or "–",
        state_in_words(run),
        "–" if run["patients"] is None else f"{run['patients']:,}",
        "–" if run["arms"] is None else str(run["arms"]),
        written or "–",
        size_in_words(run["bytes"]),
        run["question"] or "",
    ]


def state_in_words(run: dict[str, Any]) -> str:
    """`finished`, `interrupted at N of M` (patients, unless another unit is named), or what is wrong."""
    if run["state"] in ("foreign", "damaged"):
        return f"{run['state']}: {run['fault']}"
    if run["state"] == "finished" or run["of"] is None:
        return str(run["state"])
    unit = "" if run["unit"] == "patients" else f" {run['unit']}"
    return f"{run['state']} at {run['done']:,} of {run['of']:,}{unit}"


def size_in_words(size: int) -> str:
    """Bytes in the unit that a reader expects."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000.0
    return f"{value:,.1f} GB"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; on a terminal the question is cut where the line ends."""
    widths = [max(len(line[at]) for line in (COLUMNS, *rows)) for at in range(len(COLUMNS))]
    lines = []
    for line in (COLUMNS, ["-" * width for width in widths], *rows):
        padded = [
            cell.rjust(width) if name in TO_THE_RIGHT else cell.ljust(width)
            for cell, width, name in zip(line, widths, COLUMNS, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    if not sys.stdout.isatty():
        return "\n".join(lines)
    width = shutil.get_terminal_size().columns
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)
