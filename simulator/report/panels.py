"""States that patients are in, and differences between arms: drawings for `figures.write_figures`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.page import (
    axes_at,
    foot,
    short,
    time_axis,
    write,
)
from simulator.report.style import (
    MONTE_CARLO,
    REFERENCE,
    STATES,
    arm_styles,
    caption,
    nearest,
    number,
    percent,
    span,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def occupancy(figure: Figure, comparison: Any) -> None:
    """Where the patients of each arm are at each month."""
    from matplotlib.patches import Patch

    styles, frame = arm_styles(comparison), comparison.occupancy
    across = {1: 1, 2: 2, 4: 2}.get(len(styles), 3)
    down = -(-len(styles) // across)
    width, height, gap = 9.6 / across - 0.35, 2.5, 0.75
    figure.set_size_inches(10.2, 1.35 + down * (height + gap))
    last = comparison.scenario.horizon_months
    for place, (name, arm) in enumerate(styles.items()):
        row, column = divmod(place, across)
        axes = axes_at(
            figure,
            0.75 + column * (width + 0.3),
            1.35 + (down - 1 - row) * (height + gap),
            width - 0.1,
            height,
        )
        table = frame[frame["arm"] == name].pivot(index="month", columns="state", values="share").fillna(0.0)
        states = [state for state in STATES if state in table]
        axes.stackplot(
            table.index,
            *(table[state] for state in states),
            colors=[STATES[s][1] for s in states],
            edgecolor="white",
            linewidth=0.6,
        )
        axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="" if column else "Share of patients")
        axes.set_title(textwrap.fill(arm.title, int(width * 11)), fontsize=10)
        time_axis(axes, last, "Months from start of treatment" if place + across >= len(styles) else "")
        axes.tick_params(labelleft=not column)
    keys = [Patch(color=colour, label=words) for words, colour in reversed(STATES.values())]
    foot_of_key = (0.5, 0.3 / figure.get_size_inches()[1])
    figure.legend(handles=keys, loc="lower center", bbox_to_anchor=foot_of_key, ncols=3, handlelength=1.4)
    foot(figure, caption(comparison).replace(f" · {MONTE_CARLO}", ""))


def differences(figure: Figure, comparison: Any) -> None:
    """Paired differences in OS against the reference: a row for each arm and month."""
    styles, months = arm_styles(comparison), sorted(comparison.scenario.report_months)
    arms = [name for name in styles if name != comparison.scenario.reference]
    if len(arms) * len(months) > 40:
        months = sorted({months[0], nearest(months, 36), months[-1]})
    frame = comparison.differences[comparison.differences["endpoint"] == "os"]
    rows, y = 0.26, 0.0
    height = rows * len(arms) * (len(months) + 1.4)
    figure.set_size_inches(8.2, height + 1.9)
    axes = axes_at(figure, 1.25, 1.05, 4.6, height)
    for name in arms:
        arm = styles[name]
        y -= 1
        axes.text(
            -0.2,
            y,
            short(arm.title),
            transform=axes.get_yaxis_transform(),
            fontsize=9.5,
            weight="bold",
            va="center",
            color=arm.colour,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
        for month in months:
            y -= 1
            found = frame[(frame["arm"] == name) & (frame["month"] == month)]
            value, low, high = (number(found[c].iloc[0]) if len(found) else None for c in ("value", "low", "high"))
            axes.text(-0.2, y, f"{month:g} months", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
            words = f"{percent(value, sign=True)} ({span(low, high, 1, 100, True)})"
            axes.text(1.04, y, words, transform=axes.get_yaxis_transform(), va="center", fontsize=9)
            if value is not None:
                ends = [100 * (value if low is None else low), 100 * (value if high is None else high)]
                axes.plot(ends, [y, y], "|-", color=arm.colour, linewidth=1.6, markersize=8)
                axes.plot([100 * value], [y], arm.marker, color=arm.colour, markersize=5.5)
        y -= 0.4
    axes.axvline(0, color=REFERENCE, linewidth=1)
    ends = 100 * frame[["low", "high", "value"]].to_numpy(float)
    low, high = min(0.0, np.nanmin(ends)), max(0.0, np.nanmax(ends))
    room = 0.12 * max(high - low, 1.0)
    axes.set(ylim=(y, 0), yticks=[], xlim=(low - room, high + room))
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    against = styles[comparison.scenario.reference].title.removesuffix(" (reference)")
    axes.set_xlabel("Difference in OS, percentage points (right of 0: more alive)")
    top = height + 1.9 - 0.18
    write(figure, 0.3, top, f"Paired difference in overall survival against: {short(against, 60)}", 11,
           weight="bold", va="top")  # fmt: skip
    write(figure, 6.03, top - 0.45, "points (95 % interval)", 9, va="center", color="#444444")
    foot(figure, caption(comparison))
