"""Comparisons on paper: each drawing takes an empty figure (`page.page`) and fills it."""

from __future__ import annotations

from collections.abc import Iterable
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
from simulator.report.panels import differences, occupancy
from simulator.report.published import published_points_figure
from simulator.report.style import (
    ENDPOINTS,
    arm_styles,
    caption,
    interval,
    number,
    plain,
)
from simulator.report.uncertain_figures import bands, drivers, intervals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW = 10  # patients at risk below which a curve is not drawn
__all__ = ["differences", "incidence", "occupancy", "published_points_figure", "survival", "write_figures"]


def _median(comparison: Any, arm: str, endpoint: str, frame: pd.DataFrame) -> tuple[float | None, str]:
    """The median in months and as words: that of the summary, else where the drawn curve meets one half."""
    if f"median_{endpoint}_months" in comparison.summary["arms"][arm]:
        cell = comparison.summary["arms"][arm][f"median_{endpoint}_months"]
        value, range_ = number(cell), interval(cell)
    else:
        month, alive, range_ = frame["month"].to_numpy(float), frame["value"].to_numpy(float), ""
        k = int(np.argmax(alive <= 0.5))
        value = None
        if alive[k] <= 0.5:
            value = month[k] if k == 0 else float(np.interp(-0.5, -alive[k - 1 : k + 1], month[k - 1 : k + 1]))
    words = "median not reached" if value is None else f"median {plain(value)} months"
    return value, words + (f" ({range_})" if range_ and value is not None else "")


def while_many(frame: pd.DataFrame) -> pd.DataFrame:
    """A curve up to the first month with fewer than FEW patients at risk: beyond it a step is one patient."""
    few = frame["at_risk"].to_numpy(float) < FEW
    return frame.iloc[: int(np.argmax(few))] if few.any() else frame


def _last_month(frames: Iterable[pd.DataFrame], horizon_months: float) -> float:
    """Where the axis ends: with the longest curve, at a whole half-year."""
    longest = max((frame["month"].max() for frame in frames if len(frame)), default=0.0)
    return min(horizon_months, max(6.0, 6.0 * np.ceil(longest / 6.0)))


def survival(figure: Figure, comparison: Any, endpoint: str) -> None:
    """Survival with bands, medians and, beneath, the key with the numbers at risk."""
    styles, curves = arm_styles(comparison), comparison.curves
    frames = {name: curves[(curves["arm"] == name) & (curves["endpoint"] == endpoint)] for name in styles}
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    base = 0.45 + len(frames) * (2 * ROW + 0.06) + ROW + 0.62
    figure.set_size_inches(7.6, base + 3.9 + 0.5)
    axes = axes_at(figure, 0.8, base, 6.45, 3.9)
    last = _last_month(map(while_many, frames.values()), comparison.scenario.horizon_months)
    words = ENDPOINTS[endpoint]
    time_axis(axes, last, f"Months {'from CR' if 'CR' in words else 'from start of treatment'}")
    axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="Probability", title=words)
    axes.axhline(0.5, color="#999999", linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
    y = base - 0.62
    write(figure, 0.8, y, "Number at risk", weight="bold", va="center")
    for name, frame in frames.items():
        arm = styles[name]
        curve(axes, while_many(frame), arm, len(frames) > 4)
        median, text = _median(comparison, name, endpoint, frame)
        if median is not None and median <= last:
            axes.plot([median, median], [0, 0.5], color=arm.colour, linewidth=0.9, linestyle=(0, (1, 2)))
            axes.plot([median], [0.5], arm.marker, color=arm.colour, markersize=5, markeredgecolor="white")
        y -= ROW + 0.06
        sample(figure, 0.8, y, arm)
        write(figure, 1.32, y, f"{short(arm.title)} · {text}", va="center")
        y -= ROW
        at_risk(axes, y, numbers_at(frame, year_ticks(last)), year_ticks(last))
    foot(figure, caption(comparison))


def incidence(figure: Figure, comparison: Any) -> None:
    """Relapse and non-relapse mortality as competing risks, side by side on one scale; or one of them."""
    styles, curves = arm_styles(comparison), comparison.curves
    shown = curves[curves["endpoint"].isin(["relapse", "nrm"])]
    top = max(0.4, float(np.ceil(shown["high"].fillna(shown["value"]).max() * 5 - 1e-9) / 5))
    base = 0.45 + (len(styles) + 1) * (ROW + 0.02) + 0.6
    figure.set_size_inches(10.3, base + 3.3 + 0.5)
    each = [while_many(frame) for _, frame in shown.groupby(["arm", "endpoint"])]
    last = _last_month(each, comparison.scenario.horizon_months)
    titles = {"relapse": "Relapse", "nrm": "Non-relapse mortality"}
    for place, endpoint in enumerate(end for end in titles if (shown["endpoint"] == end).any()):
        axes = axes_at(figure, 1.05 + 4.75 * place, base, 4.2, 3.3)
        time_axis(axes, last, "Months from CR")
        axes.set(ylim=(0, min(top, 1)), title=titles[endpoint])
        axes.set_ylabel("" if place else "Cumulative incidence")
        for y, (name, arm) in enumerate(styles.items()):
            frame = shown[(shown["arm"] == name) & (shown["endpoint"] == endpoint)]
            curve(axes, while_many(frame), arm, len(styles) > 4)
            height = base - 0.6 - (y + 1) * (ROW + 0.02)
            if place:
                continue
            sample(figure, 0.2, height, arm)
            at_risk(axes, height, numbers_at(frame, year_ticks(last)), year_ticks(last))
            sample(figure, 5.8, height, arm)
            write(figure, 6.32, height, short(arm.title, 58), va="center")
    write(figure, 0.2, base - 0.6, "Number at risk of either", weight="bold", va="center")
    foot(figure, f"Each is a competing risk of the other (Aalen–Johansen) · {caption(comparison)}")


def write_figures(comparison: Any, folder: Path | str) -> list[Path]:
    """Every figure that the comparison has the data for, as PNG and SVG; the files written."""
    have = set(comparison.curves.dropna(subset=["value"])["endpoint"])
    from_day_1 = "os" if "os" in have else "efs"
    drawings: list[tuple[str, Any, list[str]]] = [
        (end, survival, [end]) for end in (from_day_1, "rfs", "os_from_cr") if end in have
    ]
    if {"relapse", "nrm"} & have:
        drawings.append(("relapse_and_nrm", incidence, []))
    if len(comparison.occupancy):
        drawings.append(("states", occupancy, []))
    if len(comparison.differences) and (comparison.differences["endpoint"] == "os").any():
        drawings.append(("os_differences", differences, []))
    if "posterior" in comparison.summary:
        drawings.append(("os_bands", bands, []))
        if comparison.summary["posterior"]["differences"]:
            drawings += [("os_uncertainty", intervals, []), ("drivers", drivers, [])]
    paths = []
    for name, draw, more in drawings:
        with page() as figure:
            draw(figure, comparison, *more)
            paths += save(figure, Path(folder), name)
    return paths
