"""Results as pandas frames: estimates, differences, curves, states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulator import counts as tally
from simulator.comparison.arm_estimates import asked, of_responders, population_size, signed
from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH
from simulator.estimators.intervals import wilson_interval
from simulator.patient import State
from simulator.scenario import Scenario

CURVE_STEP_BINS = BINS_PER_MONTH // 2
ESTIMATE_COLUMNS = ("arm", "endpoint", "month", "value", "low", "high", "n")
DIFFERENCE_COLUMNS = (
    "arm", "endpoint", "month", "value", "low", "high", "mc_se", "variance_reduction", "nnt",
)  # fmt: skip


def estimates_frame(scenario: Scenario, counts: Counts, estimates: dict[str, Any]) -> pd.DataFrame:
    """Every estimate of `estimates`, the summary's by arm, with the size of its population."""
    frame = frame_of(rows_of(estimates, scenario.horizon_months), ESTIMATE_COLUMNS)
    names = [arm.name for arm in scenario.arms]
    responders = dict(zip(names, counts.tallies[:, tally.RESPONDERS], strict=True))
    frame["n"] = [
        int(responders[arm]) if of_responders(endpoint) else int(counts.patients[0])
        for arm, endpoint in zip(frame["arm"], frame["endpoint"], strict=True)
    ]
    return frame


def differences_frame(scenario: Scenario, differences: dict[str, Any]) -> pd.DataFrame:
    """Every difference of `differences`, the summary's by arm."""
    return frame_of(rows_of(differences, scenario.horizon_months), DIFFERENCE_COLUMNS)


def curves_frame(scenario: Scenario, counts: Counts) -> pd.DataFrame:
    """Every endpoint asked for on a grid of half months; at_risk = patients whom no event has yet removed."""
    parts = []
    for arm, name in enumerate(each.name for each in scenario.arms):
        cumulative = np.cumsum(counts.events[arm], axis=1)[:, ::CURVE_STEP_BINS]
        months = np.arange(cumulative.shape[1]) * CURVE_STEP_BINS / BINS_PER_MONTH
        for endpoint, definition in asked(scenario):
            n = population_size(counts, arm, endpoint)
            x = signed(cumulative[endpoint], n, definition.survival)
            interval = wilson_interval(x, n)
            columns = {
                "arm": name,
                "endpoint": definition.name,
                "month": months,
                "value": x / n if n else np.full(len(x), np.nan),
                "low": interval.lower,
                "high": interval.upper,
                "at_risk": n - cumulative[definition.at_risk],
            }
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def occupancy_frame(scenario: Scenario, counts: Counts) -> pd.DataFrame:
    """Share of all patients in each state on a grid of half months."""
    n = int(counts.patients[0])
    parts = []
    for arm, name in enumerate(each.name for each in scenario.arms):
        present = np.cumsum(counts.occupancy[arm], axis=1)[:, ::CURVE_STEP_BINS]
        months = np.arange(present.shape[1]) * CURVE_STEP_BINS / BINS_PER_MONTH
        for state in State:
            columns = {"arm": name, "month": months, "state": state.name.lower(), "share": present[state] / n}
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def rows_of(found: dict[str, Any], horizon: int) -> Iterator[dict[str, Any]]:
    """Nested summaries as rows; what has no month of its own holds at the horizon, medians have none."""
    for arm, endpoints in found.items():
        for endpoint, numbers in endpoints.items():
            if "value" in numbers:
                # what happens at the start or has no date in the question carries no month
                month = float(horizon) if endpoint == "sct" else math.nan
                yield {"arm": arm, "endpoint": endpoint, "month": month, **numbers}
                continue
            for key, each in numbers.items():
                if endpoint == "sos":
                    yield {"arm": arm, "endpoint": f"sos_{key}", "month": float(horizon), **each}
                else:
                    yield {"arm": arm, "endpoint": endpoint, "month": float(key), **each}


def frame_of(rows: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame of floats and strings; None becomes NaN."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    for column in frame.columns:
        if frame[column].dtype == object and not frame[column].map(lambda cell: isinstance(cell, str)).any():
            frame[column] = frame[column].astype(float)
    return frame
