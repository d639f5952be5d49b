"""Sweeps on paper: curves over one axis, heat maps over two, the optimum marked, the bands kept apart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.page import ROW, axes_at, foot, page, sample, save, short, write
from simulator.report.style import COLOURS, LINES, MARKERS, MONTE_CARLO, ArmStyle
from simulator.sweep.grid import Axis, Sweep
from simulator.sweep.optimum import within
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.uncertain_figure import points_by_kind
from simulator.sweep.words import axis_words, called, series_titles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Cell = Callable[[dict[str, Any]], dict[str, Any]]

PANEL = (2.55, 2.0)  # width and height of a panel of curves, inches
MOST_TICKS = 10
LABEL_LINES = 4
CELL = 0.46  # of a heat map, inches
BY_KIND = "sweep_uncertainty"
KEY_LETTERS = 12.5  # of the key under the maps, to the inch


def panels(month: int) -> list[tuple[str, str, Cell, float]]:
    """(title, key of the attribution band or "", the number of a point, scale) of each panel."""
    return [
        (f"OS at {month} months, %", "os", lambda one: one["os"][str(month)], 100.0),
        ("SOS of any grade, %", "sos", lambda one: one["sos"]["any"], 100.0),
        (f"Death before relapse, {month} months, %", "", lambda one: one["nrm_from_day_1"][str(month)], 100.0),
        ("Relapse while waiting, % of plans", "", lambda one: one["relapsed_waiting"], 100.0),
        ("SCT, %", "", lambda one: one["sct"], 100.0),
        ("Delivered interval, weeks", "", lambda one: one["interval_weeks"], 1.0),
    ]


def curves(figure: Figure, result: SweepResult) -> None:
    """One axis: a panel for each number, a curve for each series."""
    sweep, (width, height) = result.sweep, PANEL
    styles = [
        ArmStyle(title, COLOURS[place % len(COLOURS)], LINES[place % len(LINES)], MARKERS[place % len(MARKERS)])
        for place, title in enumerate(series_titles(sweep))
    ]
    keys = [style for style in styles if style.title]
    folded = 0.12 * (0 if sweep.axes[0].numeric else LABEL_LINES - 1)  # room for the titles of levels
    below = 1.42 + ROW * len(keys) + folded
    figure.set_size_inches(10.2, below + 2 * height + 1.0 + folded)
    for place, panel in enumerate(panels(result.month)):
        row, column = divmod(place, 3)
        axes = axes_at(
            figure, 0.6 + column * (width + 0.72), below + (1 - row) * (height + 0.62 + folded), width, height
        )
        _curves_of(axes, result, panel, styles)
        if row:
            axes.set_xlabel("\n".join(textwrap.wrap(axis_words(sweep), 44)), fontsize=9)
    y = below - 0.82 - folded
    for style in keys:
        sample(figure, 0.6, y, style)
        write(figure, 1.12, y, short(style.title, 90), va="center")
        y -= ROW
    words = "dark band: Monte Carlo, 95 %; ringed: highest OS"
    if sweep.axes[0].numeric:
        words += "; bar at the foot of its panel: within 0.5 points of it"
    if result.band is not None:
        words = f"light band: attribution, 95 % of {len(result.band.alive)} sets of SOS effects; {words}"
    write(figure, 0.6, y, words[0].upper() + words[1:], va="center")
    foot(figure, _caption(result))


def _curves_of(axes: Axes, result: SweepResult, panel: tuple[str, str, Cell, float], styles: list[ArmStyle]) -> None:
    title, key, cell, scale = panel
    sweep, axis = result.sweep, result.sweep.axes[0]
    x = np.array(axis.values, float) if axis.numeric else np.arange(len(axis.values))
    banded = result.summary["attribution"].get("points", {}) if key else {}
    for place, (line, style) in enumerate(zip(lines_of(sweep), styles, strict=True)):
        points = [result.summary["points"][arm] for arm in line]
        value, low, high = (_numbers(points, cell, part, scale) for part in ("value", "low", "high"))
        ends = [banded[one["point"]][key] for one in points] if banded else []
        edges = [[scale * end[part] for end in ends] for part in ("low", "high")]
        if axis.numeric:
            _bands(axes, x, value, (low, high), edges, style)
        else:
            x = np.arange(len(line)) + 0.16 * (place - (len(styles) - 1) / 2.0)
            _marks(axes, x, value, (low, high), edges, style)
        optimum = result.optima_by_line[place]
        if optimum is None:
            continue
        best = line.index(optimum.best)
        axes.plot(x[best], value[best], "o", markersize=10, markerfacecolor="none", markeredgecolor=style.colour)
        if key == "os" and axis.numeric:
            first, last = within(optimum, line, optimum.as_good)
            foot_of_panel = 0.03 + 0.03 * place
            axes.plot(
                [x[first], x[last]], [foot_of_panel] * 2, color=style.colour, linewidth=2.6,
                transform=axes.get_xaxis_transform(), solid_capstyle="butt", marker="|", markersize=4,
            )  # fmt: skip
    axes.set_title(title, fontsize=10)
    axes.grid(axis="y")
    axes.margins(y=0.12)
    if axis.numeric and len(x) <= MOST_TICKS:
        axes.set_xticks(x, labels=axis.labels)
    elif not axis.numeric:
        axes.set_xlim(-0.5, len(x) - 0.5)
        axes.set_xticks(range(len(x)), labels=_tick_labels(axis), fontsize=7)
    axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]))


def _bands(axes: Axes, x: Any, value: Any, ends: tuple[Any, Any], edges: list[list[float]], style: ArmStyle) -> None:
    """A curve over numbers: Monte Carlo dark, attribution light with its edges."""
    if edges[0]:
        axes.fill_between(x, edges[0], edges[1], color=style.colour, alpha=0.10, linewidth=0, zorder=1)
        for edge in edges:
            axes.plot(x, edge, color=style.colour, linewidth=0.6, linestyle=style.line, alpha=0.7, zorder=1)
    axes.fill_between(x, ends[0], ends[1], color=style.colour, alpha=0.35, linewidth=0, zorder=2)
    axes.plot(x, value, color=style.colour, linestyle=style.line, marker=style.marker, markersize=3.2, zorder=3)


def _marks(axes: Axes, x: Any, value: Any, ends: tuple[Any, Any], edges: list[list[float]], style: ArmStyle) -> None:
    """The same for positions that are no numbers: nothing lies between them."""
    if edges[0]:
        axes.vlines(x, edges[0], edges[1], color=style.colour, alpha=0.2, linewidth=9, zorder=1)
    axes.vlines(x, ends[0], ends[1], color=style.colour, alpha=0.6, linewidth=3, zorder=2)
    axes.plot(x, value, linestyle="none", color=style.colour, marker=style.marker, markersize=4.5, zorder=3)


def _tick_labels(axis: Axis) -> list[str]:
    """Titles of levels, folded to the room between them and at most LABEL_LINES long."""
    room = max(6, 38 // len(axis.labels))
    return ["\n".join(textwrap.wrap(label, room, max_lines=LABEL_LINES, placeholder=" …")) for label in axis.labels]


def heat_maps(figure: Figure, result: SweepResult, series: int) -> None:
    """Two axes: a map for each number; the best point framed, those within 0.5 points of it outlined."""
    sweep = result.sweep
    first, second = sweep.axes
    across, down = len(first.values), len(second.values)
    width, height = max(2.2, CELL * across), max(1.0, CELL * down)
    labels = ["\n".join(textwrap.wrap(label, 20)) for label in second.labels]
    left = 0.55 + 0.075 * max(len(part) for label in labels for part in label.split("\n"))
    columns = max(1, min(3, int((11.0 - left) / (width + 0.35))))
    rows = -(-6 // columns)
    top = 0.35 if sweep.series else 0.05
    banded = result.summary["attribution"].get("points")
    across_page = left + columns * (width + 0.35) + 0.2
    key = textwrap.wrap(_key(result), int(KEY_LETTERS * across_page))
    below = 1.2 + ROW * (len(key) - 1)
    figure.set_size_inches(across_page, below + rows * (height + 0.64) + top)
    for place, (title, band_key, cell, scale) in enumerate(panels(result.month)):
        row, column = divmod(place, columns)
        bottom = below + (rows - 1 - row) * (height + 0.64)
        axes = axes_at(figure, left + column * (width + 0.35), bottom, width, height)
        values = np.array(
            [
                [_of(cell(result.summary["points"][sweep.at((series, i, j))]), "value", scale) for i in range(across)]
                for j in range(down)
            ]
        )
        _map_of(axes, values, bool(banded and band_key))
        if banded and band_key:
            for j, i in np.ndindex(down, across):
                name = result.sweep.scenario.arms[sweep.at((series, i, j))].name
                ends = banded[name][band_key]
                _small_print(axes, i, j, values, f"{scale * ends['low']:.1f}–{scale * ends['high']:.1f}")
        axes.set_title("\n".join(textwrap.wrap(title, int(width * 13))), fontsize=9)
        axes.set_xticks(range(across), labels=first.labels, fontsize=8)
        axes.set_yticks(range(down), labels=labels if not column else [], fontsize=8)
        if row == rows - 1 or place + columns >= 6:
            axes.set_xlabel("\n".join(textwrap.wrap(axis_words(sweep), int(width * 15))), fontsize=8.5)
        if not place:
            _outline(axes, result, series)
    high = figure.get_size_inches()[1] - 0.12
    if sweep.series:
        write(figure, 0.12, high, sweep.series.labels[series], 11, weight="bold", va="top")
    for place, line in enumerate(reversed(key)):
        write(figure, 0.12, 0.5 + ROW * place, line, va="center")
    foot(figure, _caption(result))


def _key(result: SweepResult) -> str:
    """What the rows, frames and small print of maps are."""
    words = f"Down: {axis_words(result.sweep, 1)}. Framed: highest OS of its row; dashed: within 0.5 points of it."
    if result.band is None:
        return words
    return f"{words} Small print: attribution, 95 % of {len(result.band.alive)} sets of SOS effects."


def _map_of(axes: Axes, values: np.ndarray, raised: bool) -> None:
    """A map with its values printed in the cells, `raised` to leave room for small print."""
    axes.pcolormesh(
        np.arange(values.shape[1] + 1) - 0.5, np.arange(values.shape[0] + 1) - 0.5, values, cmap="cividis",
        edgecolors="white", linewidth=0.8,
    )  # fmt: skip
    for (j, i), value in np.ndenumerate(values):
        words = "–" if np.isnan(value) else f"{value:.1f}"
        axes.text(i, j - 0.14 * raised, words, ha="center", va="center", color=_ink(values, i, j), fontsize=8)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _ink(values: np.ndarray, i: int, j: int) -> str:
    """What can be read on the colour of a cell."""
    known = values[~np.isnan(values)]
    return "black" if len(known) and values[j, i] > (known.min() + known.max()) / 2.0 else "white"


def _small_print(axes: Axes, i: int, j: int, values: np.ndarray, words: str) -> None:
    axes.text(i, j + 0.22, words, ha="center", va="center", color=_ink(values, i, j), fontsize=5)


def _outline(axes: Axes, result: SweepResult, series: int) -> None:
    """In each row, frame the best cell and put dashes around those as good as it."""
    from matplotlib.patches import Rectangle

    places = list(result.sweep.places())
    for optimum in result.optima_by_line:
        if optimum is None or places[optimum.best][0] != series:
            continue
        for arm in optimum.as_good:
            best, (_, i, j) = arm == optimum.best, places[arm]
            inset, colour = (0.44, "#D55E00") if best else (0.45, "#56B4E9")
            style: Any = {"linewidth": 2.4} if best else {"linewidth": 1.4, "linestyle": (0, (3, 1.5))}
            axes.add_patch(
                Rectangle((i - inset, j - inset), 2 * inset, 2 * inset, fill=False, edgecolor=colour, zorder=4, **style)
            )


def _numbers(points: list[dict[str, Any]], cell: Cell, part: str, scale: float) -> np.ndarray:
    return np.array([_of(cell(one), part, scale) for one in points])


def _of(cell: dict[str, Any], part: str, scale: float) -> float:
    value = cell[part]
    return float("nan") if value is None else scale * float(value)


def _caption(result: SweepResult) -> str:
    summary = result.summary
    best = "" if result.optimum is None else f"best: {called(result.sweep, result.optimum.best)} · "
    return (
        f"{summary['question']} {summary['patients']:,} simulated patients, the same at every point · {best}"
        f"seed {summary['seed']} · "
        f"parameters {summary['parameter_set']} · {MONTE_CARLO}"
    )


def names_of_figures(sweep: Sweep) -> list[str]:
    """`sweep`, or one page of maps for each series."""
    if len(sweep.axes) == 1 or sweep.series is None:
        return ["sweep"]
    return [f"sweep_{name}" for name in sweep.series.values]


def write_sweep_figures(result: SweepResult, folder: Path | str) -> list[Path]:
    """The figures as PNG and SVG; the files written."""
    paths: list[Path] = []
    for place, name in enumerate(names_of_figures(result.sweep)):
        with page() as figure:
            if len(result.sweep.axes) == 1:
                curves(figure, result)
            else:
                heat_maps(figure, result, place)
            paths += save(figure, Path(folder), name)
    if result.uncertainty:
        with page() as figure:
            points_by_kind(figure, result)
            paths += save(figure, Path(folder), BY_KIND)
    return paths
