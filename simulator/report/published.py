"""Published against simulated: the table of `allpath reproduce` and curves with the points a paper prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulator.report.page import (
    ROW,
    at_risk,
    axes_at,
    curve,
    foot,
    page,
    sample,
    save,
    short,
    time_axis,
    write,
    year_ticks,
)
from simulator.report.style import COLOURS, LINES, MARKERS, REFERENCE, ArmStyle, plain, span
from simulator.report.text import aligned, text_width

ROLES = {"fitted": "Fitted", "predicted": "Predicted, never fitted"}
UNITS = (  # a word in the quantity's name, the unit it means, decimals; the first that fits
    ("hazard ratio", "HR", 3),
    ("log-rank p", "P", 3),
    ("count", "", 0),
    ("rate", "%", 1),
    ("share", "%", 1),
    ("percent", "%", 1),
    ("recovery", "days", 1),
    ("courses", "courses", 1),
    ("interval", "weeks", 1),
    ("age", "years", 1),
    ("median", "months", 1),
)


def unit(row: Mapping[str, Any]) -> tuple[str, int]:
    """Unit and decimals of a published quantity, from its row's unit or else its name."""
    words, told = str(row.get("quantity", "")).lower(), str(row.get("unit") or "")
    for sign, key, decimals in UNITS:
        if (key and told.startswith(key)) or (not told and sign in words):
            return key, decimals
    return {"patients": ("", 0)}.get(told, (told, 1))


def reproduction_table(rows: Iterable[Mapping[str, Any]], width: int | None = None) -> str:
    """Published against simulated, grouped by role; CI, PI: the simulated value is outside it."""
    width, parts, rows = text_width(width), [], list(rows)
    for role in dict.fromkeys(row["role"] for row in rows):
        lines, mine = [], [row for row in rows if row["role"] == role]
        for row in mine:
            name, decimals = unit(row)
            where = [word for word in (row["quantity"], row.get("subgroup"), row.get("reading")) if word]
            published = span(row.get("published_low"), row.get("published_high"), decimals)
            predicted = span(row.get("predictive_low"), row.get("predictive_high"), decimals)
            flags = [
                flag
                for flag, key in (("CI", "inside_published"), ("PI", "inside_predictive"))
                if row.get(key) is not None and not row[key]
            ]
            lines.append(
                [
                    str(row["id"]),
                    "; ".join(map(str, where)),
                    plain(row.get("n"), 0),
                    name,
                    f"{plain(row.get('reported'), decimals)}\n{published}".rstrip(),
                    f"{plain(row.get('simulated'), decimals)}\n{predicted}".rstrip(),
                    plain(row.get("z"), 1, sign=True),
                    "\n".join(flags),
                ]
            )
        heads = ["Id", "Quantity", "n", "Unit", "Published\n95 % CI", "Simulated\n95 % PI", "z", "Out"]
        judged = [
            [row.get(key) for row in mine if row.get(key) is not None]
            for key in ("inside_published", "inside_predictive")
        ]
        out = [f"{sum(not inside for inside in each)} of {len(each)}" for each in judged]
        note = f"outside the published interval (CI): {out[0]}; outside the predictive (PI): {out[1]}"
        parts.append(f"{ROLES.get(role, str(role))}\n{aligned(heads, lines, width, (0, 1))}\n{note}")
    return "\n\n".join(parts) + "\n"


def published_points(
    figure: Any, curves: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]], title: str = ""
) -> None:
    """Simulated curves with the band of trials of the published size, and what the paper prints."""
    palette = [(REFERENCE, LINES[0], "o"), *zip(COLOURS, LINES[1:], MARKERS)]
    arms = {str(c["label"]): ArmStyle(str(c["label"]), *palette[k % len(palette)]) for k, c in enumerate(curves)}
    last = max(float(np.max(c["month"])) for c in curves)
    base = 0.62 + len(curves) * (2 * ROW + 0.06) + ROW + 0.62
    figure.set_size_inches(7.6, base + 3.9 + (0.5 if title else 0.3))
    axes = axes_at(figure, 0.8, base, 6.45, 3.9)
    time_axis(axes, last, "Months")
    axes.set(ylim=(0, 1), yticks=np.arange(0, 1.01, 0.2), ylabel="Probability", title=title)
    y = base - 0.62
    write(figure, 0.8, y, "Simulated number at risk, trial of the published size", weight="bold", va="center")
    for each in curves:
        arm = arms[str(each["label"])]
        frame = pd.DataFrame(
            {"month": each["month"], "value": each["median"], "low": each["low"], "high": each["high"]}
        )
        curve(axes, frame, arm)
        for end in ("low", "high"):
            axes.plot(frame["month"], frame[end], color=arm.colour, linestyle=arm.line, linewidth=0.7, alpha=0.7)
        y -= ROW + 0.06
        sample(figure, 0.8, y, arm)
        write(figure, 1.32, y, short(arm.title), va="center")
        y -= ROW
        at_risk(axes, y, each.get("n_at_risk") or {}, year_ticks(last))
    order = sorted(points, key=lambda p: (p["month"], p["value"]))
    labels: list[tuple[float, float]] = []  # where a label stands already
    for point in order:
        arm = arms.get(str(point["label"]), ArmStyle("", "#555555", LINES[0], "o"))
        twins = [p for p in order if abs(p["month"] - point["month"]) < 0.02 * last]
        x = float(point["month"]) + last * 0.012 * (twins.index(point) - (len(twins) - 1) / 2)
        value = float(point["value"])
        low, high = (value if point.get(end) is None else float(point[end]) for end in ("low", "high"))
        axes.errorbar(
            [x],
            [value],
            yerr=[[value - low], [high - value]],
            fmt=arm.marker,
            color=arm.colour,
            capsize=4,
            markersize=7,
            markeredgecolor="white",
            elinewidth=1.6,
            zorder=7,  # above the labels
            clip_on=False,
        )
        near = [taken for month, taken in labels if abs(month - point["month"]) < 0.3 * last]
        steps = (0, 1, -1, 2, -2, 3, -3, 4)  # the nearest free height
        free = [h for h in (value + 0.055 * k for k in steps) if all(abs(h - taken) > 0.05 for taken in near)]
        height = free[0] if free else value
        labels.append((float(point["month"]), height))
        axes.annotate(
            str(point.get("text", "")),
            (float(point["month"]) + last * 0.006 * len(twins), height),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=arm.colour,
            zorder=6,
            annotation_clip=False,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )
    foot(
        figure,
        "Line: median of simulated trials of the published size; band: 95 % of them. "
        "Points: published, with their 95 % confidence intervals.",
    )


def published_points_figure(
    curves: Sequence[Mapping[str, Any]],
    points: Sequence[Mapping[str, Any]],
    folder: Path | str,
    name: str,
    title: str = "",
) -> list[Path]:
    """`published_points` as PNG and SVG; the files written."""
    with page() as figure:
        published_points(figure, curves, points, title)
        return save(figure, Path(folder), name)
