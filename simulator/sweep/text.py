"""The answer of a sweep in words and aligned tables: points, optimum, neighbours, attribution."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from typing import Any

from simulator.report.style import percent, plain, span
from simulator.report.text import aligned, filled, fold, text_width
from simulator.report.uncertain import told_apart
from simulator.sweep.grid import neighbours
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.uncertain import titles_of_points
from simulator.sweep.words import attribution_lines, axis_words, floor_lines, optimum_lines, series_titles

WIDE = 96  # columns of text, for the whole table


def answer(result: SweepResult, width: int | None = None) -> str:
    """The question and its answer."""
    width, summary, sweep = text_width(width), result.summary, result.sweep
    count = (
        f"{len(sweep.scenario.arms)} points x {summary['patients']:,} simulated patients, the same at every point, "
        f"seed {summary['seed']}"
    )
    parts = [f"{filled(summary['question'], width)}\n{filled(count, width)}"]
    parts += _point_tables(result, width) if len(sweep.axes) == 1 else _matrices(result, width)
    parts += [
        filled(_definitions(result, width), width),
        "\n".join(filled(line, width) for line in floor_lines(result)),
    ]
    parts.append("\n".join(filled(line, width) for line in optimum_lines(result)))
    parts += _steps(result, width) if len(sweep.axes) == 1 else [filled(_steps_in_words(result), width)]
    if result.uncertainty:
        parts += told_apart(summary["posterior"], titles_of_points(result), width, every_os=False)
    else:
        parts.append("\n".join(filled(line, width) for line in attribution_lines(result)))
    parts += [filled(sentence, width) for sentence in summary["not_identified"]]
    kinds = (
        "otherwise." if result.uncertainty
        else "attribution; parameters are a point calibration, whose uncertainty is not in them."
    )  # fmt: skip
    close = f"Intervals are Monte Carlo unless they are called {kinds} Parameter set: {summary['parameter_set']}."
    return "\n\n".join(part for part in [*parts, filled(close, width)] if part) + "\n"


def _point_tables(result: SweepResult, width: int) -> list[str]:
    """One line for each point, a table for each series; fewer columns where the page is narrow."""
    sweep, month, narrow = result.sweep, str(result.month), width < WIDE
    months, tables = result.summary["report_months"], []
    for title, line in zip(series_titles(sweep), lines_of(sweep), strict=True):
        columns: dict[str, list[str]] = {f"{sweep.axes[0].unit}\n\n": list(sweep.axes[0].labels)}
        points = [result.summary["points"][arm] for arm in line]
        heads = "/".join(str(each) for each in months)
        columns[f"OS\n{heads} mo\n%"] = ["/".join(percent(one["os"][str(m)]) for m in months) for one in points]
        if not narrow:
            columns[f"RFS*\n{month} mo\n%"] = [percent(one["rfs"][month]) for one in points]
        grades = ("any", "fatal")
        columns["SOS any/\nfatal\n%"] = ["/".join(percent(one["sos"][grade]) for grade in grades) for one in points]
        columns[f"Dead, no\nrelapse\n{month} mo %"] = [percent(one["nrm_from_day_1"][month]) for one in points]
        columns["Relapse\nwaiting\n% **"] = [percent(one["relapsed_waiting"]) for one in points]
        columns["SCT\n\n%"] = [percent(one["sct"]) for one in points]
        columns["Delivered\nweeks\n***"] = [
            plain(one["interval_weeks"]) + ("" if narrow else _quartiles(one["interval_weeks"])) for one in points
        ]
        columns["InO by\nSCT,\nmg/m2"] = [plain(one["dose_before_sct_mg_per_m2"]) for one in points]
        columns["SCT\nmonth\n"] = [plain(one["sct_month"]) for one in points]
        if not narrow and any(one["blinatumomab_courses"]["value"] for one in points):
            columns["Blina\ncourses\nmean"] = [plain(one["blinatumomab_courses"]) for one in points]
        head = f"{title}, by: {axis_words(sweep)}" if title else f"By: {axis_words(sweep)}"
        tables.append(f"{filled(head, width)}\n{aligned(list(columns), zip(*columns.values(), strict=True), width)}")
    return tables


def _quartiles(cell: Any) -> str:
    words = span(cell["lower_quartile"], cell["upper_quartile"])
    return f" ({words})" if words else ""


def _matrices(result: SweepResult, width: int) -> list[str]:
    """For each series and main number: the second axis down, the first across."""
    sweep, month = result.sweep, str(result.month)
    numbers = {
        f"OS at {month} months, %": lambda one: percent(one["os"][month]),
        "SOS of any grade, %": lambda one: percent(one["sos"]["any"]),
        f"Death before relapse by {month} months, all patients, %": lambda one: percent(one["nrm_from_day_1"][month]),
        "Relapse while waiting, % **": lambda one: percent(one["relapsed_waiting"]),
        "SCT, %": lambda one: percent(one["sct"]),
        "Delivered interval, weeks, median": lambda one: plain(one["interval_weeks"]),
        "InO by SCT, mg/m2, median": lambda one: plain(one["dose_before_sct_mg_per_m2"]),
    }
    first, second = sweep.axes
    tables = []
    for s, title in enumerate(series_titles(sweep)):
        across = f"Across: {axis_words(sweep)}. Down: {axis_words(sweep, 1)}."
        tables.append(filled(f"{title}. {across}" if title else across, width))
        for words, cell in numbers.items():
            rows = [
                [label, *(cell(result.summary["points"][sweep.at((s, i, j))]) for i in range(len(first.values)))]
                for j, label in enumerate(second.labels)
            ]
            tables.append(f"{words}\n{aligned(['', *first.labels], rows, width)}")
    return tables


def _definitions(result: SweepResult, width: int) -> str:
    """What the marks mean, and the widest Monte Carlo interval of the main numbers."""
    widest = {
        name: max(_half_width(cell(one)) for one in result.summary["points"])
        for name, cell in (
            ("OS", lambda one: one["os"][str(result.month)]),
            ("SOS", lambda one: one["sos"]["any"]),
            ("relapse waiting", lambda one: one["relapsed_waiting"]),
        )
    }
    precise = ", ".join(f"{name} ±{percent(value)}" for name, value in widest.items())
    stars = "** morphologic relapse before the SCT planned in first remission, of those with such a plan."
    if len(result.sweep.axes) == 1:
        stars += " *** last InO to SCT, median."
        if width >= WIDE:
            stars = f"* from CR, in patients who reach CR. {stars.replace('median', 'median (quartiles)')}"
    return f"{stars} Monte Carlo 95 %, at the widest: {precise} points."


def _half_width(cell: Any) -> float:
    return 0.0 if cell["low"] is None else (cell["high"] - cell["low"]) / 2.0


def _steps(result: SweepResult, width: int) -> list[str]:
    """One step along the axis, and one series against the first, in the same patients."""
    sweep = result.sweep
    frame = result.neighbours[result.neighbours["endpoint"] == "os"].to_dict("records")
    titles, labels = series_titles(sweep), sweep.axes[0].labels
    cells: dict[tuple[int, int, int], str] = {}
    for (direction, place, _), row in zip(neighbours(sweep.shape), frame, strict=True):
        half = None if row["mc_se"] is None else 1.96 * row["mc_se"]
        change = f"{percent(row['value'], 2, True)} ±{percent(half, 2)}"
        cells[direction, place[0], place[1]] = f"{change}  {fold(row['variance_reduction'])}"
    steps = [
        [f"{here} v {there}", *(cells[1, s, i] for s in range(len(titles)))]
        for i, (there, here) in enumerate(pairwise(labels), 1)
    ]
    month = result.month
    key = "points ±95 % Monte Carlo, variance cut by pairing v independent patients"
    heads = ["", *(_folded(title or f"OS at {month} months") for title in titles)]
    tables = [f"{filled(f'One step further: OS at {month} months, {key}', width)}\n{aligned(heads, steps, width)}"]
    if len(titles) > 1:
        rows = [[label, *(cells[0, s, i] for s in range(1, len(titles)))] for i, label in enumerate(labels)]
        top = filled(f"Against: {titles[0]}, at the same value; OS at {month} months, {key}", width)
        tables.append(f"{top}\n{aligned(['', *map(_folded, titles[1:])], rows, width)}")
    return tables


def _folded(title: str, most: int = 24) -> str:
    return "\n".join(textwrap.wrap(title, most))


def _steps_in_words(result: SweepResult) -> str:
    """Two axes have too many steps for a page: how well pairing worked, and where they are listed."""
    rows = result.neighbours[result.neighbours["endpoint"] == "os"]
    factors = rows["variance_reduction"].dropna().astype(float)
    if factors.empty:
        return ""
    return (
        f"{len(rows)} pairs of neighbours in the same patients (neighbours.csv): pairing cuts the variance of the "
        f"difference in OS {plain(factors.min())} to {plain(factors.max())} times, {plain(factors.median())} times at "
        "the median, against independent patients."
    )
