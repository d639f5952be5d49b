"""A sweep under posterior draws on paper: OS at each point, by kind of uncertainty, a panel for each line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.page import axes_at, foot
from simulator.report.uncertain_figures import LOOKS, drawn
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.words import axis_words, row_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACES = {"parameters": -0.21, "joint": -0.07, "attribution": 0.07, "monte_carlo": 0.21}  # beside a point
ACROSS = 3


def points_by_kind(figure: Figure, result: SweepResult) -> None:
    """OS at the month of the decision: at each point a bar for each kind."""
    found, sweep, lines = result.summary["posterior"], result.sweep, lines_of(result.sweep)
    across = min(ACROSS, len(lines))
    down = -(-len(lines) // across)
    width, height, gap = 9.6 / across - 0.4, 2.2, 0.95
    figure.set_size_inches(10.4, 1.0 + down * (height + gap))
    ends = [end for arm in found["os"].values() for end in _ends(arm[str(found["month"])])]
    room = 0.05 * (max(ends) - min(ends)) + 0.1
    for place, line in enumerate(lines):
        row, column = divmod(place, across)
        bottom = 1.15 + (down - 1 - row) * (height + gap)
        axes = axes_at(figure, 0.7 + column * (width + 0.4), bottom, width, height)
        names = [sweep.scenario.arms[arm].name for arm in line]
        _line(axes, [found["os"][name][str(found["month"])] for name in names])
        axes.set(ylim=(min(ends) - room, max(ends) + room), xlim=(-0.5, len(line) - 0.5))
        axes.set_xticks(range(len(line)), labels=sweep.axes[0].labels, fontsize=8)
        axes.set_title("\n".join(textwrap.wrap(row_of(sweep, line[0]), int(width * 14))), fontsize=9)
        axes.set_xlabel("\n".join(textwrap.wrap(axis_words(sweep), int(width * 14))), fontsize=8.5)
        axes.set_ylabel("" if column else f"OS at {found['month']} months, %")
        axes.grid(axis="y")
    foot(figure, "From the left: parameters (blue), both drawn jointly (black), attribution (orange), Monte Carlo "
         f"(grey); 95 %, not added up. {drawn(found)}")  # fmt: skip


def _line(axes: Axes, cells: list[dict[str, Any]]) -> None:
    for kind, (colour, marker) in LOOKS.items():
        known = [cell for cell in cells if kind in cell]
        if known:
            x = np.arange(len(known)) + PLACES[kind]
            low, high = ([100 * cell[kind][end] for cell in known] for end in ("low", "high"))
            middle = [100 * cell[kind].get("mean", cell["value"]) for cell in known]
            axes.vlines(x, low, high, color=colour, linewidth=2.2 if kind != "joint" else 1.2)
            axes.plot(x, middle, marker, color=colour, markersize=3)


def _ends(cell: dict[str, Any]) -> list[float]:
    return [100 * cell[kind][end] for kind in LOOKS if kind in cell for end in ("low", "high")]
