"""Three kinds of uncertainty on paper: intervals by kind, OS with the band of the draws, drivers of a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.page import SMALL, axes_at, foot, sample, short, time_axis, write
from simulator.report.style import REFERENCE, arm_styles, percent, plain, short_name
from simulator.report.text import chosen
from simulator.report.tornado import MEANING
from simulator.report.uncertain import KIND_NAMES, driver_ends, kind_span, kinds_in, label, widest_arm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {"monte_carlo": ("#777777", "o"), "parameters": ("#0072B2", "s"), "attribution": ("#E69F00", "D"),
         "joint": ("#000000", "v")}  # fmt: skip
ROW = 0.24
MOST_BARS = 10


def intervals(figure: Figure, comparison: Any) -> None:
    """The difference in OS at the month of the decision: for each arm a line for each kind, none added to another."""
    found, styles = comparison.summary["posterior"], arm_styles(comparison)
    month = found["month"]
    cells = {name: each[str(month)] for name, each in found["differences"].items()}
    kinds, y = kinds_in(found["differences"], month), 0.0
    height = ROW * len(cells) * (len(kinds) + 1.4)
    figure.set_size_inches(8.2, height + 1.75)
    axes = axes_at(figure, 2.0, 1.0, 3.7, height)
    beside = axes.get_yaxis_transform()
    for name, cell in cells.items():
        y -= 1
        axes.text(-0.5, y, short(styles[name].title), transform=beside, fontsize=9.5, weight="bold", va="center",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        for kind in kinds:
            y -= 1
            colour, marker = LOOKS[kind]
            each = cell[kind]
            low, high, middle = (100 * value for value in (each["low"], each["high"], each.get("mean", cell["value"])))
            axes.text(-0.5, y, KIND_NAMES[kind].replace("\n", " "), transform=beside, fontsize=9, va="center")
            axes.text(
                1.04,
                y,
                f"{plain(middle, 1, True)} ({kind_span(each, True)})",
                transform=beside,
                fontsize=9,
                va="center",
            )
            axes.plot([low, high], [y, y], color=colour, linewidth=2.6 if kind != "joint" else 1.4, zorder=3)
            axes.plot([middle], [y], marker, color=colour, markersize=5.5, zorder=4)
        y -= 0.4
    axes.axvline(0, color=REFERENCE, linewidth=1)
    axes.set(ylim=(y, 0), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    against = short(styles[comparison.scenario.reference].title.removesuffix(" (reference)"), 60)
    axes.set_xlabel(f"Difference in OS at {month} months, percentage points")
    write(figure, 0.3, height + 1.57, f"Kinds of uncertainty of the difference from: {against}", 11, weight="bold",
          va="top")  # fmt: skip
    foot(figure, f"95 %. {drawn(found)} Markers: the whole run for Monte Carlo, else the mean of the draws. The kinds "
         "are not added up.")  # fmt: skip


def bands(figure: Figure, comparison: Any) -> None:
    """OS of every arm under the point set, with the middle 95 % of the joint draws: a panel for each arm."""
    found, frame, styles = comparison.summary["posterior"], comparison.uncertainty.bands, arm_styles(comparison)
    across = min(3, len(styles))
    down = -(-len(styles) // across)
    width, height, gap = 9.6 / across - 0.35, 2.4, 0.75
    figure.set_size_inches(10.2, 1.0 + down * (height + gap))
    last = comparison.scenario.horizon_months
    for place, (name, arm) in enumerate(styles.items()):
        row, column = divmod(place, across)
        axes = axes_at(figure, 0.75 + column * (width + 0.3), 0.95 + (down - 1 - row) * (height + gap), width - 0.1,
                       height)  # fmt: skip
        mine = frame[frame["arm"] == name]
        for kind, shade in (("joint", 0.18), ("attribution", 0.6)):
            each = mine[mine["kind"] == kind]
            if len(each):
                axes.fill_between(each["month"], each["low"], each["high"], color=LOOKS[kind][0] if kind != "joint" else
                                  arm.colour, alpha=shade, linewidth=0)  # fmt: skip
        middle = mine[mine["kind"] == "joint"]
        axes.plot(middle["month"], middle["mean"], color=arm.colour)
        point = chosen(comparison.curves, arm=name, endpoint="os")
        axes.plot(point["month"], point["value"], color=arm.colour, linewidth=1.1, linestyle=(0, (1, 1.5)))
        axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="" if column else "Overall survival")
        axes.set_title(short(arm.title, int(width * 11)), fontsize=10)
        time_axis(axes, last, "Months from start of treatment" if place + across >= len(styles) else "")
        axes.tick_params(labelleft=not column)
    foot(figure, "Line: mean of the joint draws; wide band: their middle 95 %; orange: attribution alone; dotted: the "
         f"point set. {drawn(found)} No band holds Monte Carlo error.")  # fmt: skip


def drivers(figure: Figure, comparison: Any) -> None:
    """The parameters that drive the widest difference: where it lies with each at the ends of its draws."""
    found, styles = comparison.summary["posterior"], arm_styles(comparison)
    month = found["month"]
    arm = widest_arm(found)
    rows = found["drivers"][arm]["parameters"][:MOST_BARS]
    step, foot_room = 0.4, 1.25
    height = step * max(1, len(rows))
    figure.set_size_inches(8.2, height + foot_room + 0.5)
    axes = axes_at(figure, 3.85, foot_room, 3.3, height)
    style = styles[arm]
    for place, row in enumerate(rows):
        y = height - step * (place + 0.5)
        name = short(short_name(row["parameter"]), 44 - len(label(row))) + label(row)
        write(figure, 0.12, foot_room + y + 0.08, name, SMALL, va="center")
        unit = MEANING[row["parameter"]]
        about = short(f"{driver_ends(row)} {unit.unit} · {unit.meaning}", 66)
        write(figure, 0.12, foot_room + y - 0.08, about, 6.8, va="center", color="#555555")
        low, high = 100 * row["outcome_low"], 100 * row["outcome_high"]
        axes.plot([low, high], [y, y], color=style.colour, linewidth=4, solid_capstyle="butt", zorder=3)
        axes.plot([low], [y], "o", color="white", markeredgecolor=style.colour, markersize=4.5, zorder=4)
        axes.plot([high], [y], "o", color=style.colour, markersize=4.5, zorder=4)
        axes.text(1.04, y, f"{percent(row['share'], 0)} %", transform=axes.get_yaxis_transform(), va="center",
                  fontsize=9)  # fmt: skip
    mean = 100 * found["differences"][arm][str(month)]["joint"]["mean"]
    axes.axvline(mean, color=style.colour, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.axvline(0, color=REFERENCE, linewidth=1, zorder=1)
    axes.set(ylim=(0, height), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel(f"Difference in OS at {month} months, percentage points")
    write(figure, 0.12, foot_room + height + 0.25, "What drives the difference", 11, weight="bold", va="center")
    write(figure, 7.05, foot_room + height + 0.25, "share of variance", SMALL, va="center", color="#444444")
    sample(figure, 0.14, foot_room - 0.6, style._replace(line="solid"))
    write(figure, 0.66, foot_room - 0.6, short(style.title, 40), SMALL, va="center")
    foot(figure, f"Open circle: parameter at 2.5 % of its draws; filled: at 97.5 %; others where the evidence then has "
         f"them; dotted: mean. {drawn(found)}")  # fmt: skip


def drawn(found: Any) -> str:
    """How many draws and patients, for the foot of a figure."""
    return f"{found['draws']} posterior draws ({found['id']}), {found['patients_per_draw']:,} patients each."
