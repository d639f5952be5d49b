"""Rows as aligned text: no colour, no frames, the same characters in a terminal and in a pipe."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from rich.box import Box
from rich.console import Console
from rich.table import Table

from simulator.report.style import interval, number, plain

_RULE = Box("    \n    \n -  \n    \n    \n    \n    \n    \n", ascii=True)  # dashes under the headings


def chosen(frame: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """The rows of a frame with these values."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def both(cell: Any, decimals: int = 1, scale: float = 100.0, none: str = "–") -> str:
    """A value over its interval."""
    value = number(cell)
    first = plain(None if value is None else scale * value, decimals, none=none)
    return f"{first}\n{interval(cell, decimals, scale)}".rstrip()


def fold(value: Any) -> str:
    """A factor, as 4.1x."""
    return "–" if number(value) is None else f"{plain(value)}x"


def text_width(width: int | None) -> int:
    """What was asked for, else the terminal's; 80 where output is piped, and never less."""
    if width is None:
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    return max(width, 80)


def filled(text: str | Table, width: int) -> str:
    """Words or a table in lines of at most `width`, without markup and colour."""
    memory = io.StringIO()
    console = Console(file=memory, width=width, color_system=None, markup=False, highlight=False, emoji=False)
    console.print(text)
    return "\n".join(line.rstrip() for line in memory.getvalue().splitlines())


def aligned(heads: Sequence[str], rows: Iterable[Sequence[str]], width: int, words: Sequence[int] = (0,)) -> str:
    """A table: columns of `words` stand left and may wrap, all others stand right and never do."""
    table = Table(box=_RULE, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for place, head in enumerate(heads):
        if place in words:
            table.add_column(head, overflow="fold")
        else:
            least = max(map(len, head.split("\n")))
            table.add_column(head, justify="right", no_wrap=True, min_width=least, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return filled(table, width)
