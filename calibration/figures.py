"""The Kaplan-Meier figures of a reproduction: simulated curves with their band, and the points that papers print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration.catalogue import Row
from calibration.summaries import Flags, Floats
from simulator.estimators import kaplan_meier, numbers_at_risk
from simulator.strategy import DAYS_PER_MONTH

Times = dict[str, tuple[Floats, Flags]]  # group -> months and whether the event was seen, each (n,); n may be 0


@dataclass(frozen=True)
class Line:
    """A group of simulated patients (empty: printed only), and the rows that print its rate and median survival."""

    label: str
    group: str = ""
    rate: str = ""
    median: str = ""


@dataclass(frozen=True)
class Panel:
    """One figure, written as `name` (PNG, SVG)."""

    name: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Figures:
    """The panels of a study, their last month, and the month of the rates that it prints."""

    panels: tuple[Panel, ...]
    last_month: int
    rate_month: float

    @property
    def months(self) -> Floats:
        """Where curves are drawn."""
        return np.arange(0.0, self.last_month + 0.5)

    @property
    def at_risk_months(self) -> Floats:
        """Where patients at risk are counted."""
        return np.arange(0.0, self.last_month + 1.0, 12.0)


def curves(times: Times, figures: Figures) -> dict[str, Floats]:
    """For each group drawn: Kaplan-Meier curve at `months`, followed by the numbers at risk."""
    groups = {line.group for panel in figures.panels for line in panel.lines if line.group}
    drawn = {}
    for group in sorted(groups):
        months, event = times[group]
        curve = (
            kaplan_meier(months, event, figures.months).survival
            if len(months)
            else np.full(len(figures.months), np.nan)
        )
        drawn[group] = np.r_[curve, numbers_at_risk(months, figures.at_risk_months)]
    return drawn


def bands(drawn: list[dict[str, Floats]], figures: Figures) -> dict[str, list[dict[str, Any]]]:
    """Panel name -> lines with the median and 95 % of the curves of replicates, and the median numbers at risk."""
    return {
        panel.name: [_band(line, [one[line.group] for one in drawn], figures) for line in panel.lines if line.group]
        for panel in figures.panels
    }


def _band(line: Line, drawn: list[Floats], figures: Figures) -> dict[str, Any]:
    low, median, high = np.nanpercentile(np.array(drawn), [2.5, 50.0, 97.5], axis=0)
    m = len(figures.months)
    at_risk = median[m:].round().astype(int).tolist()
    return {
        "label": line.label,
        "month": figures.months,
        "median": median[:m],
        "low": low[:m],
        "high": high[:m],
        "n_at_risk": dict(zip(figures.at_risk_months.astype(int).tolist(), at_risk, strict=True)),
    }


def points(panel: Panel, figures: Figures, rows: dict[str, Row]) -> list[dict[str, Any]]:
    """The printed rates and medians of a panel's lines."""
    found = []
    for line in panel.lines:
        if line.rate:
            row = rows[line.rate]
            low, high = (None if np.isnan(bound) else bound / 100.0 for bound in row.interval)
            text = f"{row.value:g} % ({row.id})"
            found.append(
                {
                    "label": line.label,
                    "month": figures.rate_month,
                    "value": row.value / 100.0,
                    "low": low,
                    "high": high,
                    "text": text,
                }
            )
        if line.median:
            row = rows[line.median]
            month = row.value / DAYS_PER_MONTH if row.unit == "days" else row.value
            text = f"median {row.value:g} {row.unit} ({row.id})"
            found.append({"label": line.label, "month": month, "value": 0.5, "low": None, "high": None, "text": text})
    return found


def draw(panel: Panel, drawn: list[dict[str, Any]], printed: list[dict[str, Any]], folder: Path, title: str) -> Path:
    """A panel as PNG and SVG into `folder`; the SVG."""
    from simulator.report.figures import published_points_figure

    _, svg = published_points_figure(drawn, printed, folder, panel.name, f"{title}, {panel.title}")
    return svg
