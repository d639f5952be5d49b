"""A sweep in sentences: its points by name, the optimum and how flat it is, what the attribution band says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.report.style import number, percent, plain, span
from simulator.sweep.grid import Axis, Sweep
from simulator.sweep.optimum import AS_GOOD, Optimum, within
from simulator.sweep.result import SweepResult, lines_of

MOST_SETS = 0.5


def series_titles(sweep: Sweep) -> list[str]:
    """Titles of the series; one empty title where there are none."""
    return list(sweep.series.labels) if sweep.series else [""]


def axis_words(sweep: Sweep, axis: int = 0) -> str:
    """Title and unit of an axis."""
    one = sweep.axes[axis]
    return f"{one.title} ({one.unit})" if one.unit and one.unit not in one.title else one.title


def called(sweep: Sweep, arm: int) -> str:
    """A point in words: its values with their units, then in brackets its series and level."""
    place = list(sweep.places())[arm]
    words = [(axis, with_unit(axis, index)) for axis, index in zip(sweep.axes, place[1:], strict=True)]
    plainly = [each for axis, each in words if axis.key] or [each for _, each in words]
    aside = [sweep.series.labels[place[0]]] if sweep.series else []
    aside += [each for _, each in words if each not in plainly]
    return ", ".join(plainly) + (f" ({'; '.join(aside)})" if aside else "")


def with_unit(axis: Axis, index: int) -> str:
    """A value of an axis with its unit."""
    label = axis.labels[index]
    unit = axis.unit.removesuffix("s") if label == "1" else axis.unit
    if axis.numeric:
        return f"{label} {unit}".rstrip()
    return f"{axis.name.replace('_', ' ')} {label}" if axis.key else label


def row_of(sweep: Sweep, arm: int) -> str:
    """What the points of a line along the first axis share: series and value of the second axis; perhaps nothing."""
    place = list(sweep.places())[arm]
    words = [sweep.series.labels[place[0]]] if sweep.series else []
    return ", ".join([*words, *(with_unit(axis, place[2]) for axis in sweep.axes[1:])])


def optimum_lines(result: SweepResult) -> list[str]:
    """Where OS is highest, what cannot be told from it, and how flat it is: over the grid, and on each line."""
    sweep, said = result.sweep, []
    lines = lines_of(sweep)
    if result.optimum is not None and len(lines) > 1:
        said.append(_whole_grid(result, result.optimum))
    for line, one in zip(lines, result.optima_by_line, strict=True):
        if one is not None:
            said.append(_on_line(result, one, line))
    if not said:
        return ["No optimum: the points differ in numbers of the model, which nobody can choose."]
    if result.optimum is None:
        said.append("No optimum over the whole grid: " + why_no_optimum(result))
    return [
        *said,
        "These intervals hold for all pairs of the points compared in a sentence at once (Bonferroni), because the "
        "best was chosen after looking; "
        "the best of many looks a little better than it is.",
    ]


def why_no_optimum(result: SweepResult) -> str:
    """Why there is none over lines."""
    if any(arm.parameters for arm in result.sweep.scenario.arms):
        return "some points differ in numbers of the model, not in a choice."
    return "lines differ in blinatumomab too, whose effect is not identified; between them it is no effect of the axis."


def _whole_grid(result: SweepResult, one: Optimum) -> str:
    sweep = result.sweep
    same = [arm for arm in one.indistinguishable if arm != one.best]
    told = f"not to be told from it: {_list(sweep, same)}" if same else "every other point is worse"
    good = [arm for arm in one.as_good if arm != one.best]
    flat = f"within {percent(AS_GOOD)} points: {_list(sweep, good)}" if good else (
        f"every other point loses more than {percent(AS_GOOD)} points by its estimate")  # fmt: skip
    return (
        f"Of all points: OS at {result.month} months is highest at {called(sweep, one.best)}, {percent(one.os)} %; "
        f"{told}; {flat} ({_precision(one)})."
    )


def _on_line(result: SweepResult, one: Optimum, line: Sequence[int]) -> str:
    sweep, axis = result.sweep, result.sweep.axes[0]
    where = row_of(sweep, line[0])
    words = f"{where}: highest" if where else f"OS at {result.month} months is highest"
    same = [on_axis(sweep, arm) for arm in one.indistinguishable if arm != one.best]
    told = f"not to be told from it: {', '.join(same)}" if same else "every other point is worse"
    words += f" at {on_axis(sweep, one.best)}, {percent(one.os)} %"
    if not axis.numeric:
        return f"{words}; {told} ({_precision(one)})."
    low, high = within(one, line, one.as_good)
    flat = f"{axis.labels[low]} to {axis.labels[high]} {axis.unit}".rstrip()
    among = f"everything from {flat} loses at most {percent(AS_GOOD)} points" if low < high else (
        f"its neighbours lose more than {percent(AS_GOOD)} points")  # fmt: skip
    edge = "; the best lies at the edge of the grid" if one.best in (line[0], line[-1]) else ""
    return f"{words}; {among} ({_precision(one)}); {told}{edge}."


def _precision(one: Optimum) -> str:
    return f"Monte Carlo ±{percent(float(np.max(one.half_width)), 2)} at most"


def _list(sweep: Sweep, arms: Sequence[int], most: int = 6) -> str:
    words = "; ".join(called(sweep, arm) for arm in arms[:most])
    return words + (f"; and {len(arms) - most} more" if len(arms) > most else "")


def floor_lines(result: SweepResult) -> list[str]:
    """Minimum intervals that change nothing or next to nothing, because donor search and recovery take longer."""
    names = [arm.name for arm in result.sweep.scenario.arms]
    said = [
        f"No outcome counted here differs: {', '.join(called(result.sweep, names.index(name)) for name in run)}."
        for run in result.summary["same_lives"]
    ]
    groups: dict[tuple[str, ...], list[str]] = {}
    for line, floor in zip(lines_of(result.sweep), result.summary["interval_floor"], strict=False):
        if len(floor["points"]) > 1:
            axis, places = result.sweep.axes[0], list(result.sweep.places())
            last = axis.labels[places[names.index(floor["points"][-1])][1]]
            key = (axis.labels[0], last, plain(floor["interval_weeks"]))
            groups.setdefault(key, []).append(row_of(result.sweep, line[0]))
    for (low, high, median), where in groups.items():
        lines = f" ({'; '.join(where)})" if any(where) else ""
        said.append(
            f"A minimum of {low} to {high} weeks does next to nothing{lines}: the delivered median is {median} weeks "
            "anyway, because donor search, recovery and what fills the wait take that long."
        )
    return said


def attribution_lines(result: SweepResult) -> list[str]:
    """The band in words: the ends of each line under draws that fit the counts, and which point is best under them."""
    found = result.summary["attribution"]
    if "none" in found:
        return [f"No attribution band: {found['none']}."]
    sweep, names = result.sweep, [arm.name for arm in result.sweep.scenario.arms]
    lines = [
        f"Attribution ({found['draws']} sets of SOS effects that fit the published counts, the same patients; apart "
        "from Monte Carlo):"
    ]
    for end in found["ends"]:
        here, there = (names.index(end[key]) for key in ("point", "against"))
        says = [
            f"{word} {percent(end[key]['value'], 1, True)}, attribution "
            f"{span(end[key]['low'], end[key]['high'], 1, 100.0, True)} points"
            for key, word in (("sos", "SOS"), ("os", f"OS at {result.month} months"))
        ]
        best = ", ".join(as_good_in_most(sweep, names, end["as_good_shares"]))
        where = row_of(sweep, here)
        a_choice = result.optima_by_line[found["ends"].index(end)] is not None
        lines.append(
            f"{where + ': ' if where else ''}{on_axis(sweep, here)} v {on_axis(sweep, there)}: {'; '.join(says)}"
            + (f"; within {percent(AS_GOOD)} points of the best in most sets: {best or 'none'}." if a_choice else ".")
        )
    return lines


def as_good_in_most(sweep: Sweep, names: Sequence[str], shares: Mapping[str, float]) -> list[str]:
    """Points of a line that lose at most half a point against its best under at least half of the sets."""
    return [on_axis(sweep, names.index(name)) for name, share in shares.items() if share >= MOST_SETS]


def on_axis(sweep: Sweep, arm: int) -> str:
    """A point by its value on the first axis alone."""
    return with_unit(sweep.axes[0], list(sweep.places())[arm][1])


def number_of(value: Any) -> float:
    """A number that is known to be defined."""
    found = number(value)
    return 0.0 if found is None else found
