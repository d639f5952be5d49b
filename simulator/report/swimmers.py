"""Swimmer plots: the same patient under the reference and under another arm, one bar beneath the other."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from simulator.comparison.pairs import Pair, Pairs
from simulator.comparison.watched import Life
from simulator.report.page import SMALL, axes_at, foot, short, time_axis, write
from simulator.report.style import STATES, arm_styles, percent, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS = {
    "longer": "lives longer",
    "shorter": "lives shorter",
    "equal": "lives as long, by another way",
    "identical": "the same life under both",
}
LINES_OF_THERAPY = {0: "first remission", 1: "first salvage", 2: "second salvage", 3: "third or later salvage"}
CAUSES = {
    "background": "dies of another cause",
    "early": "early death",
    "remission": "dies in remission",
    "transplant": "dies after SCT",
    "sos": "dies of SOS",
    "leukaemia": "dies of leukaemia",
}
MARKS: dict[str, tuple[str, dict[str, Any]]] = {  # words, and how it is drawn; above the bar unless it says otherwise
    "sct": ("SCT", {"markeredgecolor": "white", "marker": "^", "color": "black", "markersize": 7}),
    "sos": ("SOS", {"markeredgecolor": "white", "marker": "X", "color": "#7B3294", "markersize": 7}),
    "relapse": ("Relapse", {"markeredgecolor": "white", "marker": "D", "color": "#D55E00", "markersize": 5}),
    "death": ("Death", {"markeredgecolor": "white", "marker": "s", "color": "black", "markersize": 5}),
    "mrd_negative": ("MRD-negative", {"markeredgecolor": "black", "marker": "o", "color": "white", "markersize": 4}),
    "mrd_positive": ("MRD-positive", {"markeredgecolor": "black", "marker": "o", "color": "black", "markersize": 4}),
    "course": ("Chemotherapy course", {"marker": "|", "color": "#555555", "markersize": 5}),
    "inotuzumab": (
        "with inotuzumab",
        {"markeredgecolor": "white", "marker": "o", "color": "#E69F00", "markersize": 3.5},
    ),
}
TREATMENTS = {
    "blinatumomab": ("Blinatumomab infusion", "#CC79A7", 3.5),
    "pomp": ("POMP", "#777777", 1.5),
}
HEAD, BAR, LANE, GAP = 0.3, 0.17, 0.15, 0.12  # inches


def swimmers(figure: Figure, comparison: Any, pairs: Pairs) -> None:
    """Each pair: who it is and what differs, then a bar for each arm with the treatment given beneath it."""
    styles, last = arm_styles(comparison), comparison.scenario.horizon_months
    one = HEAD + 2 * (BAR + LANE + GAP)
    height, base = one * len(pairs.shown), 1.75
    figure.set_size_inches(8.6, base + height + 0.1)
    axes = axes_at(figure, 2.0, base, 4.4, height)
    time_axis(axes, last, "Months from start of treatment")
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    axes.set(ylim=(0, height), yticks=[])
    axes.spines["left"].set_visible(False)
    top = height
    for pair in pairs.shown:
        write(figure, 0.12, base + top - 0.17, headline(pair), 9.5, weight="bold", va="center")
        middle = top - HEAD - BAR / 2
        for life in (pair.reference, pair.arm):
            style = styles[life.arm]
            _draw(axes, life, middle)
            words = textwrap.fill(short(style.title.removesuffix(" (reference)"), 44), 24)
            write(figure, 1.92, base + middle, words, SMALL, ha="right", va="center", color=style.colour)
            write(figure, 6.52, base + middle, ending(life, last), SMALL, va="center")
            middle -= BAR + LANE + GAP
        top -= one
    _key(figure)
    foot(figure, f"Patients are the first by number of each group · seed {comparison.summary['seed']} · "
                 f"parameters {comparison.summary['parameter_set']}")  # fmt: skip


def headline(pair: Pair) -> str:
    """Who the patient is, and how the life under the arm compares."""
    line = LINES_OF_THERAPY[min(pair.line_at_entry, 3)]
    return f"Patient {pair.patient:,} · {int(pair.age_years)} years, {line} · {GROUPS[pair.group]}"


def ending(life: Life, horizon_months: float) -> str:
    """How a life ends, in words."""
    if life.cause == "alive":
        return f"alive at {plain(horizon_months, 0)} months"
    return f"{CAUSES[life.cause]}, month {plain(life.months)}"


def shares_in_words(pairs: Pairs) -> str:
    """How common each kind of pair is."""
    words = {"longer": "live longer", "shorter": "live shorter", "equal": "live as long by another way",
             "identical": "have the very same life"}  # fmt: skip
    told = [f"{percent(pairs.shares[group])} % {said}" for group, said in words.items()]
    return f"Of the first {pairs.patients:,} patients {', '.join(told[:-1])} and {told[-1]}"


def _draw(axes: Axes, life: Life, y: float) -> None:
    """A bar by state with marks; treatment in the lane beneath."""
    from matplotlib.patches import Rectangle

    lane = y - BAR / 2 - LANE / 2
    for state in life.states:
        size = (state.stop - state.start, BAR)
        axes.add_patch(Rectangle((state.start, y - BAR / 2), *size, color=STATES[state.kind][1], linewidth=0))
    for treatment in life.treatments:
        _, colour, width = TREATMENTS[treatment.kind]
        axes.plot([treatment.start, treatment.stop], [lane, lane], color=colour, linewidth=width, zorder=3,
                  solid_capstyle="butt")  # fmt: skip
    for kind, (_, how) in MARKS.items():
        months = [mark.month for mark in life.marks if mark.kind == kind]
        place = {"course": lane, "inotuzumab": lane, "sct": y + BAR / 2, "sos": y + BAR / 2}.get(kind, y)
        heights = [place] * len(months)
        axes.plot(months, heights, linestyle="none", clip_on=False, zorder=5, markeredgewidth=0.7, **how)


def _key(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=colour, label=words) for key, (words, colour) in STATES.items() if key != "dead"]
    handles += [
        Line2D([], [], color=colour, linewidth=width, label=words) for words, colour, width in TREATMENTS.values()
    ]
    for words, how in MARKS.values():
        handles.append(Line2D([], [], linestyle="none", label=words, markeredgewidth=0.7, **how))
    place = (0.5, 0.36 / figure.get_size_inches()[1])
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=place, ncols=4, fontsize=8, handlelength=1.4,
                  columnspacing=1.2, labelspacing=0.35)  # fmt: skip
