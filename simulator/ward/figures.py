"""Wards on paper: places in use and queue over time, waits, survival beside the same strategies with nothing scarce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.page import ROW, axes_at, curve, foot, page, sample, save, short, time_axis, write
from simulator.report.style import arm_styles
from simulator.report.text import chosen
from simulator.ward.comparison import NOTHING_SCARCE, WardComparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEED_WORDS = {
    "bed": ("SCT beds in use", "Patients waiting for a bed"),
    "search": ("Donor searches", "Patients waiting"),
}
LIMITS = {"bed": "sct_beds", "search": "donor_search_desks"}
LONGEST_DRAWN_DAYS = 180
UNLIMITED = "#888888"


def _caption(comparison: WardComparison) -> str:
    summary = comparison.summary
    return (
        f"{summary['replicates']} wards of {summary['patients_per_replicate']:,} patients "
        f"({summary['measured_per_replicate']:,} measured in each), the same in every arm · seed {summary['seed']} · "
        f"parameters {summary['parameter_set']}"
    )


def _key(figure: Figure, comparison: WardComparison, y: float) -> None:
    """A line for each arm, downwards from `y` inches."""
    for place, arm in enumerate(arm_styles(comparison).values()):
        sample(figure, 0.8, y - place * ROW, arm)
        write(figure, 1.32, y - place * ROW, short(arm.title), va="center")


def _base(comparison: WardComparison) -> float:
    return 0.95 + ROW * len(comparison.scenario.arms)


def over_time(figure: Figure, comparison: WardComparison, need: str) -> None:
    """Places in use and patients waiting by month of the ward; the dotted line is what there is."""
    base = _base(comparison)
    figure.set_size_inches(10.3, base + 3.6)
    frame = chosen(comparison.months, need=need)
    measured = comparison.scenario.ward.measured()
    for place, (column, title) in enumerate(zip(("in_use", "waiting"), NEED_WORDS[need], strict=True)):
        axes = axes_at(figure, 0.8 + 4.95 * place, base, 4.2, 3.1)
        time_axis(axes, float(frame["month"].max()), "Months since the first referral")
        axes.set(title=title)
        for name, arm in arm_styles(comparison).items():
            part = chosen(frame, arm=name)
            axes.plot(part["month"] - 0.5, part[column], color=arm.colour, linestyle=arm.line)
            limit = getattr(next(a for a in comparison.scenario.arms if a.name == name).sharing, LIMITS[need])
            if column == "in_use" and limit is not None:
                axes.axhline(limit, color=arm.colour, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.set_ylim(bottom=0)
        yearly = comparison.scenario.ward.yearly()
        if yearly:
            axes.axvspan(12 * measured.start / yearly, 12 * measured.stop / yearly, color="#F3F3F3", zorder=0)
    _key(figure, comparison, base - 0.62)
    foot(figure, f"Means over replicates; grey: referrals that are measured; dotted: places · {_caption(comparison)}")


def waits(figure: Figure, comparison: WardComparison, need: str) -> None:
    """Share of those who asked that was served within so many days; whoever left the queue never is."""
    base = _base(comparison)
    figure.set_size_inches(7.6, base + 3.9)
    axes = axes_at(figure, 0.8, base, 6.45, 3.4)
    for name, arm in arm_styles(comparison).items():
        part = chosen(comparison.waits, arm=name, need=need)
        if len(part) and part["asked"].iloc[0] > 0:
            share = part["served"].to_numpy(float) / part["asked"].to_numpy(float)
            axes.plot(part["day"], share, color=arm.colour, linestyle=arm.line)
    axes.set(
        xlim=(0, LONGEST_DRAWN_DAYS), xticks=np.arange(0, LONGEST_DRAWN_DAYS + 1, 30), ylim=(0, 1),
        xlabel=f"Days since the {need} was asked for", ylabel="Served, share of those who asked",
        title=f"How long patients wait for a {need}",
    )  # fmt: skip
    axes.grid(axis="y")
    _key(figure, comparison, base - 0.62)
    foot(figure, f"The rest are still waiting or have left the queue; all wards together · {_caption(comparison)}")


def survival(figure: Figure, comparison: WardComparison) -> None:
    """Overall survival of the measured patients, and of the same patients with nothing scarce (grey)."""
    base = _base(comparison) + ROW
    figure.set_size_inches(7.6, base + 4.1)
    axes = axes_at(figure, 0.8, base, 6.45, 3.6)
    time_axis(axes, comparison.scenario.horizon_months, "Months from start of treatment")
    axes.set(ylim=(0, 1), ylabel="Probability", title="Overall survival")
    for name, arm in arm_styles(comparison).items():
        part = chosen(comparison.survival, arm=name)
        free = chosen(part, ward=NOTHING_SCARCE)
        axes.plot(free["month"], free["value"], color=UNLIMITED, linewidth=1.1, zorder=1)
        curve(axes, chosen(part, ward="shared"), arm)
    _key(figure, comparison, base - 0.62)
    write(
        figure, 1.32, base - 0.62 - ROW * len(comparison.scenario.arms), "grey: the same, nothing scarce", va="center"
    )
    foot(figure, f"Bands: 95 % t-intervals over replicates · {_caption(comparison)}")


def write_figures(comparison: WardComparison, folder: Path) -> list[Path]:
    """Every figure as PNG and SVG; the files written."""
    drawings: list[tuple[str, Any, list[str]]] = [("survival", survival, [])]
    for need in sorted(set(comparison.months["need"])):
        drawings += [(f"{need}_over_time", over_time, [need]), (f"{need}_waits", waits, [need])]
    paths = []
    for name, draw, more in drawings:
        with page() as figure:
            draw(figure, comparison, *more)
            paths += save(figure, folder, name)
    return paths
