"""The commands: parse, call, print. No logic here; heavy imports happen inside the command that needs them.

comparing   compare              listing    show, scenarios, schema, parameters
studies     reproduce, attribute calibrating      calibrate, posterior   knowing  identify, recover
folders     runs; how commands hold their run folder
predicting  predict
sweeping    sweep                evidence         evidence   tracing    trace
validating  validate
reporting   what a run folder holds for people    wards      compare, where something is limited
app         the command itself   options    what commands share      terminal    progress and lines
"""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import BrokenExecutor
from threading import Timer
from typing import Any, NoReturn, cast

import typer

from simulator.cli import (
    calibrating,
    comparing,
    evidence,
    folders,
    knowing,
    listing,
    predicting,
    studies,
    sweeping,
    tracing,
    validating,
)
from simulator.cli.app import BAD_INPUT, FAILED, INTERRUPTED, InterruptedRunError, app
from simulator.cli.terminal import note

__all__ = [
    "app",
    "calibrating",
    "comparing",
    "evidence",
    "folders",
    "knowing",
    "listing",
    "main",
    "predicting",
    "run",
    "studies",
    "sweeping",
    "tracing",
    "validating",
]

LATEST_SECONDS = 0.9  # after Ctrl-C


def main() -> None:
    """The console command. SIGTERM is heard like Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    sys.unraisablehook = lambda lost: leave() if lost.exc_type is KeyboardInterrupt else sys.__unraisablehook__(lost)
    # the matrices here are small: threads inside the linear algebra wait for each other, most of all on a busy machine
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run(sys.argv[1:])
    if code == INTERRUPTED:  # at once: not after threads that are still compiling or drawing
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def stop(*_: object) -> NoReturn:
    """Stop by an exception; where it is lost (Python's imports can lose it), leave within a second all the same.

    That is as safe as any kill: nothing of a run folder is ever half-written.
    """
    watchdog = Timer(LATEST_SECONDS, leave)
    watchdog.daemon = True
    watchdog.start()
    raise KeyboardInterrupt


def leave() -> NoReturn:
    """The end, without unwinding."""
    note("\x1b[?25hinterrupted" if sys.stderr.isatty() else "interrupted")  # a progress bar may hide the cursor
    os._exit(INTERRUPTED)


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. Bad input: one line per fault, no traceback."""
    try:
        outcome = app(arguments, standalone_mode=False, prog_name="allpath")
        if outcome == INTERRUPTED:
            note("interrupted")
        return outcome if isinstance(outcome, int) else 0
    except InterruptedRunError as interrupted:
        note(str(interrupted))
        return INTERRUPTED
    except (typer.Abort, KeyboardInterrupt):
        note("interrupted")
        return INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):  # an unknown option or command, or a value of the wrong type
            cast(Any, error).show()
            return BAD_INPUT
        faults = getattr(error, "faults", None)
        if faults is not None:
            for fault in faults:
                note(str(fault))
            return BAD_INPUT
        if os.environ.get("ALLPATH_DEBUG"):
            raise
        if isinstance(error, BrokenExecutor):
            note("allpath: a worker process was killed, perhaps for want of memory; fewer --workers need less")
            return FAILED
        note(f"allpath: {type(error).__name__}: {error} (ALLPATH_DEBUG=1 shows where)")
        return FAILED
