"""`allpath identify --parameter NAME`: the profile likelihood of one parameter as JSON, text and figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from calibration.identify import GRID, Identified, profile
from calibration.targets import published
from simulator.report.page import page, save
from simulator.report.style import COLOURS, REFERENCE

LIKELY = -1.92  # log likelihood below its greatest value at the ends of a 95 % interval, chi-square with one degree


def as_json(found: Identified, column: int) -> dict[str, Any]:
    """Profile over three prior SDs to either side, in natural units, with the labels of the parameter."""
    prior, one = found.problem.priors[column], found.parameters[column]
    values = prior.value(GRID)
    heights = profile(found.problem, column, published(found.problem.targets))
    inside = np.flatnonzero(heights >= LIKELY)
    return {
        "id": found.problem.about["id"],
        "parameter": one.definition.name,
        "unit": one.definition.unit,
        "meaning": one.definition.meaning,
        "shrinkage": round(one.shrinkage, 4),
        "label": one.label,
        "profile": [
            {"value": float(f"{value:.5g}"), "prior_sd": float(position), "log_likelihood": round(float(height), 4)}
            for value, position, height in zip(values, GRID, heights, strict=True)
        ],
        "likely": {
            "low": float(f"{values[inside[0]]:.5g}") if inside[0] > 0 else None,
            "high": float(f"{values[inside[-1]]:.5g}") if inside[-1] < len(values) - 1 else None,
        },
    }


def as_text(data: dict[str, Any]) -> str:
    """For the terminal, from the JSON."""
    return "\n".join(_text(data))


def _text(data: dict[str, Any]) -> Iterator[str]:
    yield f"{data['parameter']} ({data['unit']}): {data['meaning']}"
    yield f"label {data['label']}, narrowed by {100 * data['shrinkage']:.0f} %"
    ends = [
        f"{end} {value:g}"
        for end, value in zip(("from", "to"), data["likely"].values(), strict=True)
        if value is not None
    ]
    if ends:
        yield f"Whatever its prior, the evidence allows it {' '.join(ends)} (95 %)."
    else:
        yield "Whatever its prior, the evidence rules out no value within three prior SDs."
    yield ""
    yield f"{'value':>12}{'prior SDs':>12}{'log likelihood':>16}"
    deepest = min(one["log_likelihood"] for one in data["profile"]) or -1.0
    for one in data["profile"]:
        bar = "·" * round(30 * one["log_likelihood"] / deepest)
        yield f"{one['value']:>12.4g}{one['prior_sd']:>12.2f}{one['log_likelihood']:>16.2f}  {bar}".rstrip()


def draw(data: dict[str, Any], folder: Path) -> None:
    """`profile_<name>.png` and `.svg`: profile likelihood and prior, both with their greatest value at 0."""
    with page() as figure:
        figure.set_size_inches(6.4, 4.2)
        axes = figure.add_axes((0.12, 0.14, 0.84, 0.74))
        positions = [one["prior_sd"] for one in data["profile"]]
        heights = [one["log_likelihood"] for one in data["profile"]]
        axes.plot(positions, heights, color=REFERENCE, marker="o", markersize=3, label="evidence (profile likelihood)")
        axes.plot(positions, [-0.5 * x * x for x in positions], color=COLOURS[0], linestyle=(0, (6, 2)), label="prior")
        axes.axhline(LIKELY, color="#777777", linewidth=0.8, linestyle=(0, (1, 2)))
        shown = data["profile"][::4]
        axes.set_xticks([one["prior_sd"] for one in shown], [f"{one['value']:.3g}" for one in shown])
        axes.set(
            ylim=(-6.0, 0.4), xlabel=f"{data['parameter']}, {data['unit']}", ylabel="log likelihood, less its greatest"
        )
        axes.set_title(f"{data['meaning']}: {data['label']}")
        axes.legend(loc="lower center")
        save(figure, folder, f"profile_{data['parameter']}")
