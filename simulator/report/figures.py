"""Comparisons on paper. Each drawing takes an empty figure (`style.page`) and fills it; inches are real inches."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulator.report.page import (
    ROW,
    at_risk,
    axes_at,
    curve,
    foot,
    numbers_at,
    page,
    sample,
    save,
    short,
    time_axis,
    write,
    year_ticks,
)
from simulator.report.published import published_points_figure
from simulator.report.style import (
    ENDPOINTS,
    MONTE_CARLO,
    REFERENCE,
    STATES,
    arm_styles,
    caption,
    interval,
    nearest,
    number,
    percent,
    plain,
    span,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["differences", "incidence", "occupancy", "published_points_figure", "survival", "write_figures"]


def _median(comparison: Any, arm: str, endpoint: str, frame: pd.DataFrame) -> tuple[float | None, str]:
    """The median in months and as words: that of the summary for OS, else where the drawn curve meets one half."""
    if endpoint == "os" and "median_os_months" in comparison.summary["arms"][arm]:
        cell = comparison.summary["arms"][arm]["median_os_months"]
        value, range_ = number(cell), interval(cell)
    else:
        month, alive, range_ = frame["month"].to_numpy(float), frame["value"].to_numpy(float), ""
        k = int(np.argmax(alive <= 0.5))
        value = None
        if alive[k] <= 0.5:
            value = month[k] if k == 0 else float(np.interp(-0.5, -alive[k - 1 : k + 1], month[k - 1 : k + 1]))
    words = "median not reached" if value is None else f"median {plain(value)} months"
    return value, words + (f" ({range_})" if range_ and value is not None else "")


def survival(figure: Figure, comparison: Any, endpoint: str) -> None:
    """Survival with bands, medians and, beneath, the key with the numbers at risk."""
    styles, curves = arm_styles(comparison.scenario), comparison.curves
    frames = {name: curves[(curves["arm"] == name) & (curves["endpoint"] == endpoint)] for name in styles}
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    base = 0.45 + len(frames) * (2 * ROW + 0.06) + ROW + 0.62
    figure.set_size_inches(7.6, base + 3.9 + 0.5)
    axes = axes_at(figure, 0.8, base, 6.45, 3.9)
    last = comparison.scenario.horizon_months
    words = ENDPOINTS[endpoint]
    time_axis(axes, last, f"Months {'from CR' if 'CR' in words else 'from start of treatment'}")
    axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="Probability", title=words)
    axes.axhline(0.5, color="#999999", linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
    y = base - 0.62
    write(figure, 0.8, y, "Number at risk", weight="bold", va="center")
    for name, frame in frames.items():
        arm = styles[name]
        curve(axes, frame, arm)
        median, text = _median(comparison, name, endpoint, frame)
        if median is not None and median <= last:
            axes.plot([median, median], [0, 0.5], color=arm.colour, linewidth=0.9, linestyle=(0, (1, 2)))
            axes.plot([median], [0.5], arm.marker, color=arm.colour, markersize=5, markeredgecolor="white")
        y -= ROW + 0.06
        sample(figure, 0.8, y, arm)
        write(figure, 1.32, y, f"{short(arm.title)}: {text}", va="center")
        y -= ROW
        at_risk(axes, y, numbers_at(frame, year_ticks(last)), year_ticks(last), arm.colour)
    foot(figure, caption(comparison))


def incidence(figure: Figure, comparison: Any) -> None:
    """Relapse and non-relapse mortality as competing risks, side by side on one scale."""
    styles, curves = arm_styles(comparison.scenario), comparison.curves
    shown = curves[curves["endpoint"].isin(["relapse", "nrm"])]
    top = max(0.4, float(np.ceil(shown["high"].fillna(shown["value"]).max() * 5 - 1e-9) / 5))
    base = 0.45 + (len(styles) + 1) * (ROW + 0.02) + 0.6
    figure.set_size_inches(10, base + 3.3 + 0.5)
    last = comparison.scenario.horizon_months
    for place, (endpoint, title) in enumerate((("relapse", "Relapse"), ("nrm", "Non-relapse mortality"))):
        axes = axes_at(figure, 0.8 + 4.75 * place, base, 4.2, 3.3)
        time_axis(axes, last, "Months from CR")
        axes.set(ylim=(0, min(top, 1)), title=title, ylabel="" if place else "Cumulative incidence")
        for y, (name, arm) in enumerate(styles.items()):
            frame = shown[(shown["arm"] == name) & (shown["endpoint"] == endpoint)]
            curve(axes, frame, arm)
            height = base - 0.6 - (y + 1) * (ROW + 0.02)
            sample(figure, 0.12 if not place else 5.55, height, arm)
            if place:
                write(figure, 6.07, height, short(arm.title, 58), va="center")
            else:
                at_risk(axes, height, numbers_at(frame, year_ticks(last)), year_ticks(last), arm.colour)
    write(figure, 0.8, base - 0.6, "Number at risk of either", weight="bold", va="center")
    foot(figure, f"Each is a competing risk of the other (Aalen–Johansen) · {caption(comparison)}")


def occupancy(figure: Figure, comparison: Any) -> None:
    """Where the patients of each arm are at each month."""
    from matplotlib.patches import Patch

    styles, frame = arm_styles(comparison.scenario), comparison.occupancy
    across = {1: 1, 2: 2, 4: 2}.get(len(styles), 3)
    down = -(-len(styles) // across)
    width, height, gap = 9.6 / across - 0.35, 2.5, 0.75
    figure.set_size_inches(10.2, 1.35 + down * (height + gap))
    last = comparison.scenario.horizon_months
    for place, (name, arm) in enumerate(styles.items()):
        row, column = divmod(place, across)
        axes = axes_at(figure, 0.75 + column * (width + 0.3), 1.35 + (down - 1 - row) * (height + gap), width - 0.1, height)
        table = frame[frame["arm"] == name].pivot(index="month", columns="state", values="share").fillna(0.0)
        states = [state for state in STATES if state in table]
        axes.stackplot(table.index, *(table[state] for state in states), colors=[STATES[s][1] for s in states],
                       edgecolor="white", linewidth=0.6)  # fmt: skip
        axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="" if column else "Share of patients")
        axes.set_title(textwrap.fill(arm.title, int(width * 11)), fontsize=10)
        time_axis(axes, last, "Months from start of treatment" if place + across >= len(styles) else "")
        axes.tick_params(labelleft=not column)
    keys = [Patch(color=colour, label=words) for words, colour in reversed(STATES.values())]
    place = (0.5, 0.3 / figure.get_size_inches()[1])
    figure.legend(handles=keys, loc="lower center", bbox_to_anchor=place, ncols=3, handlelength=1.4)
    foot(figure, caption(comparison).replace(f" · {MONTE_CARLO}", ""))


def differences(figure: Figure, comparison: Any) -> None:
    """Paired differences in OS against the reference: a row for each arm and month."""
    styles, months = arm_styles(comparison.scenario), sorted(comparison.scenario.report_months)
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
        axes.text(-0.2, y, short(arm.title), transform=axes.get_yaxis_transform(), fontsize=9.5, weight="bold",
                  va="center", color=arm.colour)  # fmt: skip
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
    widest = max(1.0, *(abs(v) * 108 for v in frame[["low", "high", "value"]].to_numpy(float).ravel() if v == v))
    axes.set(ylim=(y, 0), yticks=[], xlim=(-widest, widest))
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    against = styles[comparison.scenario.reference].title.removesuffix(" (reference)")
    axes.set_xlabel("Fewer alive  ←  difference in OS, percentage points  →  more alive")
    top = height + 1.9 - 0.18
    write(figure, 0.3, top, f"Paired difference in overall survival against: {short(against, 60)}", 11,
           weight="bold", va="top")  # fmt: skip
    write(figure, 6.03, top - 0.45, "points (95 % interval)", 9, va="center", color="#444444")
    foot(figure, caption(comparison))


def write_figures(comparison: Any, folder: Path | str) -> list[Path]:
    """Every figure that the comparison has the data for, as PNG and SVG; the files written."""
    have = set(comparison.curves.dropna(subset=["value"])["endpoint"])
    drawings: dict[str, Any] = {
        end: lambda figure, end=end: survival(figure, comparison, end)
        for end in ("os", "rfs", "os_from_cr")
        if end in have
    }
    if {"relapse", "nrm"} <= have:
        drawings["relapse_and_nrm"] = lambda figure: incidence(figure, comparison)
    if len(comparison.occupancy):
        drawings["states"] = lambda figure: occupancy(figure, comparison)
    if (comparison.differences.get("endpoint") == "os").any():
        drawings["os_differences"] = lambda figure: differences(figure, comparison)
    paths = []
    for name, draw in drawings.items():
        with page() as figure:
            draw(figure)
            paths += save(figure, Path(folder), name)
    return paths
