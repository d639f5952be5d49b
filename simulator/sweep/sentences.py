"""The answer of a sweep in three sentences: what, how sure, what it rests on. Every number is one of the summary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from simulator.comparison.not_identified import IN_SHORT, not_identified
from simulator.parameters import load_parameters
from simulator.report.html.posterior import ground, how_sure
from simulator.report.style import percent, plain, span
from simulator.sweep.cannot_tell import CONDITIONING
from simulator.sweep.optimum import AS_GOOD, Optimum, within
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.uncertain import titles_of_points
from simulator.sweep.words import called, number_of, on_axis, row_of

ORIGINS = {"assumption": "assumed", "fitted": "fitted", "source": "taken from other evidence"}
MOST_LINES = 5  # that a sentence lists


def three_sentences(result: SweepResult) -> list[tuple[str, str]]:
    """(head, sentence) of the answer, its certainty and its ground."""
    if result.uncertainty:
        found = result.summary["posterior"]
        return [
            ("The answer.", _what(result)),
            ("How sure.", how_sure(found, titles_of_points(result))),
            ("What it rests on.", ground(found, result.summary["not_identified"])),
        ]
    return [
        ("The answer.", _what(result)),
        ("How sure.", _how_sure(result)),
        ("What it rests on.", f"{_attribution(result)} {_ground(result)}"),
    ]


def _what(result: SweepResult) -> str:
    """Where the optimum lies and how flat it is: on the only line, or over the grid and along its lines."""
    start, range_of_os = f"OS at {result.month} months", f"from {_os(result, min)} to {_os(result, max)} %"
    best = [one for one in result.optima_by_line if one is not None]
    if not best:
        return (
            f"{start} goes {range_of_os} over the points; they differ in numbers of the model, which nobody can choose."
        )
    if len(result.optima_by_line) == 1:
        return f"{start} is highest at {_highest(result, best[0])}; {_flat(result, best[0])}."
    where = "; ".join(
        f"{row_of(result.sweep, one.best)} {on_axis(result.sweep, one.best)} [{_loss(one)}]"
        for one in best[:MOST_LINES]
    ) + (f"; and {len(best) - MOST_LINES} more" if len(best) > MOST_LINES else "")
    along = f"the highest point of each line, and in brackets what its lowest loses, in points: {where}"
    if result.optimum is None:
        return f"{start} goes {range_of_os}, mostly by numbers that nobody can choose; {along}."
    whole = result.optimum
    edge = ", at the edge of the grid" if _at_the_edge(result, whole) else ""
    return f"Of {len(result.summary['points'])} points {start} is highest at {_highest(result, whole)}{edge}; {along}."


def _at_the_edge(result: SweepResult, one: Optimum) -> bool:
    """Whether the best lies at an end of a numeric first axis."""
    line = next(line for line in lines_of(result.sweep) if one.best in line)
    return result.sweep.axes[0].numeric and one.best in (line[0], line[-1])


def _highest(result: SweepResult, one: Optimum) -> str:
    cell = result.summary["points"][one.best]["os"][str(result.month)]
    return f"{called(result.sweep, one.best)}, with {percent(cell)} % ({span(cell['low'], cell['high'], 1, 100)})"


def _os(result: SweepResult, end: Any) -> str:
    return percent(end(one["os"][str(result.month)]["value"] for one in result.summary["points"]))


def _loss(one: Optimum) -> str:
    """The largest loss against the best, with its interval for all pairs at once."""
    place = int(one.loss.argmax())
    loss, half = float(one.loss[place]), float(one.half_width[place])
    return f"{percent(loss)} ({span(max(loss - half, 0.0), loss + half, 1, 100)})"


def _flat(result: SweepResult, one: Optimum) -> str:
    """How far one may go from the best of the only line."""
    axis, line = result.sweep.axes[0], list(one.arms)
    worst = f"the worst point loses {_loss(one)} points"
    if not axis.numeric:
        return worst
    low, high = within(one, line, one.as_good)
    if low == high:
        return f"its neighbours lose more than {percent(AS_GOOD)} points, {worst}"
    edge = ", and the best lies at the edge of the grid" if _at_the_edge(result, one) else ""
    reach = f"{axis.labels[low]} to {axis.labels[high]} {axis.unit}".rstrip()
    return f"everything from {reach} loses at most {percent(AS_GOOD)} points, {worst}{edge}"


def _how_sure(result: SweepResult) -> str:
    patients, whole = result.summary["patients"], result.optimum
    optima = [one for one in (whole, *result.optima_by_line) if one is not None]
    chance = f"The intervals are those of chance in {patients:,} simulated patients, the same at every point"
    if optima:
        half = max(float(one.half_width.max()) for one in optima)
        chance += f": what a point loses against the best is known to ±{percent(half, 2)} points, for all pairs at once"
    if whole is not None:
        same = len(whole.indistinguishable) - 1
        told = f"{same} other point{'s' * (same != 1)} cannot" if same else "every other point can"
        chance += f", and {told} be told from the highest"
    return f"{chance}; the uncertainty of the model's numbers is not in them."


def _attribution(result: SweepResult) -> str:
    """What sets of SOS effects that fit equally well do to the change over the first axis, where they do most."""
    found = result.summary["attribution"]
    if "none" in found:
        return f"There is no attribution band: {found['none']}.".replace("`", "")
    ends, names = found["ends"], [arm.name for arm in result.sweep.scenario.arms]
    most = max(ends, key=lambda end: number_of(end["os"]["high"]) - number_of(end["os"]["low"]))
    here, there = (names.index(most[key]) for key in ("point", "against"))
    line = row_of(result.sweep, here)
    where = f" ({line}, the widest of {len(ends)} lines)" if line else ""
    open_lines = sum(end["os"]["low"] <= 0.0 <= end["os"]["high"] for end in ends)
    lines = (
        ""
        if len(ends) == 1
        else f" on {open_lines} of {len(ends)} lines"
        if open_lines < len(ends)
        else " on every line"
    )
    verdict = f"whether it is a gain is open{lines}" if open_lines else "its sign stays"
    return (
        f"{found['draws']} sets of SOS effects that fit the published counts equally well put the change in OS from "
        f"{on_axis(result.sweep, there)} to {on_axis(result.sweep, here)} between "
        f"{percent(most['os']['low'], 1, True)} and {percent(most['os']['high'], 1, True)} points{where}: {verdict}."
    )


def _ground(result: SweepResult) -> str:
    scenario = result.sweep.scenario
    parameters = load_parameters(scenario.parameters)
    kinds = Counter(origin.kind for origin in parameters.origins.values())
    made = ", ".join(f"{plain(kinds[kind], 0)} {words}" for kind, words in ORIGINS.items() if kinds[kind])
    unknown = [IN_SHORT[words] for words in not_identified(scenario)]
    rest = f"; the evidence does not identify {' or '.join(unknown)}" if unknown else ""
    if CONDITIONING in result.summary["not_identified"]:
        rest += ", and regimens of the same intensity differ in nothing but assumed terms of SOS"
    return f"All of it rests on the {len(parameters.values)} numbers of {parameters.id} ({made}), a single fit{rest}."
