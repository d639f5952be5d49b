"""Tornado: how far the main difference moves when one number goes from the low to the high end of its range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.comparison.influence import Leading, distinct
from simulator.parameters import DEFINITIONS
from simulator.report.page import SMALL, axes_at, foot, sample, short, write
from simulator.report.style import REFERENCE, arm_styles, number, plain, short_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    False: "Assumed, or taken from other evidence: from low to high of the stated range",
    True: "Fitted: from low to high of the range allowed before the fit",
}
MOST_ARMS = 5  # drawn: those that differ most
MEANING = {definition.name: definition for definition in DEFINITIONS}


def leaders(frame: pd.DataFrame, fitted: bool) -> list[str]:
    """The most influential numbers whose effect in some arm is more than noise, in their order."""
    clear = distinct(frame)
    return list(dict.fromkeys(clear[(clear["kind"] == "fitted") == fitted]["parameter"]))


def ends_of(low: float, high: float) -> str:
    """A range, with the signs of its ends."""
    return f"{low:g} to {high:g}".replace("-", "−")


def base_differences(comparison: Any, main: Leading) -> dict[str, float]:
    """The main difference of each arm, in points."""
    found = comparison.summary["differences"]
    values = {name: number(found[name][main.endpoint][str(main.month)]) for name in found}
    return {name: 100 * value for name, value in values.items() if value is not None}


def tornado(figure: Figure, comparison: Any, frame: pd.DataFrame, main: Leading) -> None:
    """A panel for numbers assumed or taken from elsewhere, one for fitted ones; a bar for each arm."""
    styles, every = arm_styles(comparison), base_differences(comparison, main)
    widest = sorted(every, key=lambda name: -abs(every[name]))[:MOST_ARMS]
    base = {name: value for name, value in every.items() if name in widest}
    most = 10 if len(base) < 3 else 6
    panels = [(title, leaders(frame, fitted)[:most]) for fitted, title in TITLES.items()]
    panels = [(title, names) for title, names in panels if names]
    row = max(0.36, 0.1 * len(base) + 0.14)
    height = sum(0.45 + row * len(names) for _, names in panels)
    key = 0.2 * len(base)
    foot_room = 1.05 + key
    figure.set_size_inches(8.2, height + foot_room + 0.1)
    width, left = 4.1, 3.85
    axes = axes_at(figure, left, foot_room, width, height)
    axes.set(ylim=(0, height), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    for arm, value in base.items():
        axes.axvline(value, color=styles[arm].colour, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.axvline(0, color=REFERENCE, linewidth=1, zorder=1)
    y = height
    for title, names in panels:
        write(figure, 0.12, foot_room + y - 0.24, title, 9.5, weight="bold", va="center",
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        y -= 0.45
        for name in names:
            mine = frame[frame["parameter"] == name].set_index("arm")
            ends = ends_of(mine["low"].iloc[0], mine["high"].iloc[0])
            write(figure, 0.12, foot_room + y - row / 2 + 0.075, short(short_name(name), 44), SMALL, va="center")
            about = short(f"{ends} {MEANING[name].unit} · {MEANING[name].meaning}", 66)
            write(figure, 0.12, foot_room + y - row / 2 - 0.075, about, 6.8, va="center", color="#555555")
            for place, (arm, value) in enumerate(base.items()):
                at = y - row / 2 + 0.1 * ((len(base) - 1) / 2 - place)
                low, high = (value + 100 * mine.loc[arm, f"shift_{end}"] for end in ("low", "high"))
                colour = styles[arm].colour
                axes.plot([low, high], [at, at], color=colour, linewidth=2.2 if len(base) > 1 else 4, zorder=3,
                          solid_capstyle="butt")  # fmt: skip
                axes.plot([low], [at], "o", color="white", markeredgecolor=colour, markersize=4.5, zorder=4)
                axes.plot([high], [at], "o", color=colour, markersize=4.5, zorder=4)
            y -= row
    word = short_name(main.endpoint)
    axes.set_xlabel(f"Difference in {word} at {main.month} months, percentage points")
    for place, arm in enumerate(base):
        at = foot_room - 0.72 - 0.2 * place
        sample(figure, 0.14, at, styles[arm]._replace(line="solid"))
        write(figure, 0.66, at, f"{short(styles[arm].title, 70)}: {plain(base[arm], 1, True)} points as it stands",
              SMALL, va="center")  # fmt: skip
    against = styles[comparison.scenario.reference].title.removesuffix(" (reference)")
    left_out = f" The {len(base)} arms that differ most." if len(base) < len(every) else ""
    circles = "Open circle: number at its low end; filled: at its high end; dotted: as it stands."
    foot(figure, f"{circles} Against: {against}.{left_out}")
