"""What a person sees while a command works: progress, status, lines."""

from __future__ import annotations

import os
import sys
from typing import Any


class Progress:
    """A bar with rate and ETA on a terminal's stderr; silent when it is not one."""

    def __init__(self, title: str, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),  # all of it fits into 80 columns up to 10^8 patients
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} " + unit),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self.task = self.bar.add_task(title, total=1, rate="")
        self.before: int | None = None  # done by an earlier run: no part of this one's rate

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int) -> None:
        if self.before is None and done < total:
            self.before = done
            self.bar.reset(self.task, completed=done, total=total)
        elapsed = self.bar.tasks[0].elapsed or 0.0
        rate = per_second((done - (self.before or 0)) / elapsed) if elapsed > 0.2 else ""
        self.bar.update(self.task, completed=done, total=total, rate=rate)


def per_second(rate: float) -> str:
    """`850/s`, `75k/s`, `1,200k/s`."""
    return f"{rate:,.0f}/s" if rate < 10_000 else f"{rate / 1000:,.0f}k/s"


def status(message: str) -> Any:
    """A spinner on a terminal's stderr."""
    from rich.console import Console

    return Console(stderr=True, quiet=not sys.stderr.isatty()).status(message)


def say(text: str) -> None:
    """To standard output; a reader who has seen enough (a pipe to `head`) is no error."""
    try:
        print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(message: str) -> None:
    """A line to people, not to programs."""
    print(message, file=sys.stderr, flush=True)


def note_compiling(clock: str = "cohort") -> None:
    """Say so when the first run of a clock compiles."""
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached(clock):
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
