"""Two figures: reported against predicted with intervals, and where reported values lie among those predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.validation.judged import BLOCKS
from simulator.report.page import axes_at, page, save, write
from simulator.report.style import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from calibration.validation.report import Validation

FITTED = "fitted"
TIMES = {"days": 1.0, "weeks": 7.0, "months": 30.4375}
GREY = "#888888"
PERCENT = (-3.0, 103.0)
DAYS, DAY_TICKS = (8.0, 5000.0), (10, 30, 100, 300, 1000, 3000)


def draw(result: Validation, folder: Path) -> list[Path]:
    """Both as PNG and SVG into `folder`; the SVG files."""
    return [reported_against_predicted(result, folder), positions(result, folder)]


def reported_against_predicted(result: Validation, folder: Path) -> Path:
    """Shares and rates in per cent beside times in days, each with the middle 95 % of predicted studies."""
    with page() as figure:
        figure.set_size_inches(9.4, 5.9)
        shares, times = axes_at(figure, 0.75, 1.75, 3.8, 3.8), axes_at(figure, 5.35, 1.75, 3.8, 3.8)
        shares.set(xlim=PERCENT, ylim=PERCENT)
        times.set(xscale="log", yscale="log", xlim=DAYS, ylim=DAYS)
        for axis in (times.xaxis, times.yaxis):
            axis.set_ticks(DAY_TICKS, [f"{day:,}" for day in DAY_TICKS])
            axis.set_ticks([], minor=True)
        for axes, place, title in ((shares, in_percent, "Shares and rates, %"), (times, in_days, "Times, days")):
            axes.plot(axes.get_xlim(), axes.get_ylim(), color="#444444", linewidth=0.8, zorder=0)
            for key, colour, marker in styles():
                _points(axes, result.rows, key, place, colour, marker)
            axes.set(title=title, xlabel="predicted, 95 % of studies", ylabel="reported")
        for k, (key, colour, marker) in enumerate(styles()):
            x, y = 0.75 + (k % 4) * 2.15, 0.95 - (k // 4) * 0.25
            write(figure, x, y, symbol(marker), color=colour, va="center")
            write(figure, x + 0.2, y, "fitted, not left out" if key == FITTED else BLOCKS[key], va="center")
        write(figure, 0.75, 0.3, "Coloured: predicted by a fit without their block. A row may stand in two blocks.")
        return save(figure, folder, "reported-predicted")[1]


def positions(result: Validation, folder: Path) -> Path:
    """Sorted positions against those of a uniform, with the pointwise 95 % band of independent rows."""
    from scipy.stats import beta

    left_out = [one["position"] for row in result.rows for one in row["left_out"]]
    fitted = [row["position"] for row in result.rows if row["leverage"] is not None]
    with page() as figure:
        figure.set_size_inches(5.6, 5.4)
        axes = axes_at(figure, 0.8, 1.05, 4.4, 3.9)
        n = len(left_out)
        rank = np.arange(1, n + 1)
        expected = rank / (n + 1.0)
        low, high = (beta.ppf(q, rank, n + 1 - rank) for q in (0.025, 0.975))
        axes.fill_between(expected, low, high, color="#DDDDDD", linewidth=0, zorder=0)
        axes.plot([0, 1], [0, 1], color="#444444", linewidth=0.8)
        for found, colour, marker in ((fitted, GREY, "."), (left_out, COLOURS[0], "o")):
            place = np.arange(1, len(found) + 1) / (len(found) + 1.0)
            axes.plot(place, np.sort(found), linestyle="none", marker=marker, markersize=4, color=colour)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="expected", ylabel="position of the reported value",
                 title="Where reported values lie among predicted ones")  # fmt: skip
        write(figure, 0.8, 0.35, f"Blue: {n} left out (band: 95 % for independent rows); grey: {len(fitted)} fitted")
        return save(figure, folder, "positions")[1]


def styles() -> list[tuple[str, str, str]]:
    """(block or FITTED, colour, marker)."""
    blocks = [(block, COLOURS[k], MARKERS[k]) for k, block in enumerate(BLOCKS)]
    return [(FITTED, GREY, "."), *blocks]


def symbol(marker: str) -> str:
    """A character that looks like the marker."""
    return {"s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖", ".": "•"}[marker]


def in_percent(row: Mapping[str, Any], value: float | None) -> float:
    """A share, count or rate in per cent; NaN for anything else."""
    if value is None or (row["unit"] == "patients" and not row["n"]) or row["unit"] not in ("%", "patients"):
        return np.nan
    return value if row["unit"] == "%" else 100.0 * value / row["n"]


def in_days(row: Mapping[str, Any], value: float | None) -> float:
    """A time in days; NaN for anything else."""
    return np.nan if value is None or row["unit"] not in TIMES else value * TIMES[row["unit"]]


def _points(axes: Axes, rows: Sequence[Mapping[str, Any]], key: str, place: Any, colour: str, marker: str) -> None:
    for row in rows:
        if key == FITTED:
            fitted = row["leverage"] is not None and not row["left_out"]
            ends = [(row["simulated"], row["predictive_low"], row["predictive_high"])] if fitted else []
        else:
            ends = [(one["simulated"], one["low"], one["high"]) for one in row["left_out"] if one["block"] == key]
        y = place(row, row["reported"])
        for each in ends:
            x, low, high = (place(row, end) for end in each)
            if np.isfinite([x, y]).all():
                high = high if np.isfinite(high) else axes.get_xlim()[1]  # a median that may not be reached
                axes.plot([low, high], [y, y], color=colour, linewidth=0.8, alpha=0.6)
                axes.plot([x], [y], marker=marker, color=colour, markersize=4, linestyle="none")
