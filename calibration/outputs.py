"""Files that a fit writes: refused before the work if they could not be written, and written whole."""

from __future__ import annotations

from pathlib import Path

from simulator.parameters import ParameterError


def check_out(out: Path, suffix: str = ".json") -> None:
    """`ParameterError` for a file that could not be written."""
    if out.suffix != suffix or not out.absolute().parent.is_dir() or out.is_dir():
        raise ParameterError([f"{out}: allowed is a {suffix} file in an existing folder"])
