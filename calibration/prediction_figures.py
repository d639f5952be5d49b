"""What a prediction leaves in a folder: `prediction.json`, and fans of OS and RFS with numbers at risk."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from calibration.predict import Prediction
from calibration.prediction_curves import Curve
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
    year_ticks,
)
from simulator.report.page import (
    write as write_words,
)
from simulator.report.style import COLOURS, LINES, MARKERS, ArmStyle

TITLES = {"os": "Overall survival", "rfs": "Relapse-free survival of responders"}
ORIGINS = {"os": "start of treatment", "rfs": "remission"}


def write(prediction: Prediction, folder: Path) -> list[Path]:
    """prediction.json, os and rfs as PNG and SVG into `folder`, made if need be; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "prediction.json"
    document.write_text(json.dumps(prediction.as_json(), indent=1) + "\n", encoding="utf-8")
    paths = [document]
    for endpoint in TITLES:
        curves = [one for one in prediction.curves if one.endpoint == endpoint]
        paths += _fan(prediction, endpoint, curves, folder)
    return paths


def _fan(prediction: Prediction, endpoint: str, curves: list[Curve], folder: Path) -> list[Path]:
    """One endpoint: the median of simulated studies and the middle 95 % of their curves, arm by arm."""
    words = f"{prediction.study.head.title}. Band: 95 % of the curves of {prediction.replicates:,} simulated studies"
    titles = {arm.name: f"{arm.title}, n = {arm.patients}" for arm in prediction.study.arms}
    base = 1.05 + len(curves) * 2 * ROW
    with page() as figure:
        figure.set_size_inches(7.6, base + 4.3)
        axes = axes_at(figure, 0.8, base, 6.45, 3.7)
        last = float(curves[0].months[-1])
        time_axis(axes, last, f"Months from {ORIGINS[endpoint]}")
        axes.set(ylim=(0, 1), ylabel="Probability", title=TITLES[endpoint])
        y = base - 0.6
        write_words(figure, 0.8, y, "Number at risk, median of simulated studies", weight="bold", va="center")
        for place, one in enumerate(curves):
            look = place % len(LINES)
            style = ArmStyle(titles[one.arm], COLOURS[place % len(COLOURS)], LINES[look], MARKERS[look])
            frame = {"month": one.months, "value": one.median, "low": one.low, "high": one.high}
            curve(axes, pd.DataFrame(frame), style)
            y -= ROW
            sample(figure, 0.8, y, style)
            write_words(figure, 1.32, y, short(style.title), va="center")
            y -= ROW
            ticks = year_ticks(last)
            at_risk(axes, y, dict(zip(one.at_risk_months, one.at_risk, strict=True)), ticks)
        foot(figure, f"{words}: {_kinds(prediction)}.")
        return save(figure, folder, endpoint)


def _kinds(prediction: Prediction) -> str:
    kinds = "chance of the patients, parameters, attribution"
    return f"{kinds} and variation between trials" if prediction.between_trials else kinds
