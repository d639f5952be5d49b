"""The commands: parse, call, print. No logic here; heavy imports happen inside the command that needs them.

comparing   compare              listing    show, scenarios, schema, parameters
sweeping    sweep                studies    reproduce, calibrate, attribute
app         the command itself   options    what commands share      terminal    progress and lines
"""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import typer

from simulator.cli import comparing, listing, studies, sweeping
from simulator.cli.app import BAD_INPUT, FAILED, INTERRUPTED, app
from simulator.cli.terminal import note

__all__ = ["app", "comparing", "listing", "main", "run", "studies", "sweeping"]


def main() -> None:
    """The console command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. Bad input: one line per fault, no traceback."""
    try:
        outcome = app(arguments, standalone_mode=False, prog_name="allpath")
        if outcome == INTERRUPTED:
            note("interrupted")
        return outcome if isinstance(outcome, int) else 0
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
        note(f"allpath: {type(error).__name__}: {error} (ALLPATH_DEBUG=1 shows where)")
        return FAILED
