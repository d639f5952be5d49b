"""The summary of a comparison: what `summary.json` holds, plain numbers and None only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulator.comparison.arm_estimates import arm_estimates, asked
from simulator.comparison.contrasts import contrast_rows
from simulator.comparison.differences import arm_differences
from simulator.comparison.lives import life_rows
from simulator.comparison.not_identified import not_identified
from simulator.counts import BLINATUMOMAB_COURSES, Counts
from simulator.scenario import Scenario

UNCERTAINTY = (
    "Intervals are Monte Carlo 95 % intervals only: they shrink with the number of simulated patients and "
    "say nothing about uncertain parameters or about what the evidence cannot identify."
)


def summary_of(scenario: Scenario, counts: Counts) -> dict[str, Any]:
    """Estimates of each arm and paired differences from the reference, with what was asked."""
    positions = {arm.name: position for position, arm in enumerate(scenario.arms)}
    return {
        "scenario": scenario.name,
        "question": scenario.question,
        "patients": scenario.patients,
        "seed": scenario.seed,
        "parameter_set": scenario.parameters,
        "reference": scenario.reference,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "uncertainty": UNCERTAINTY,
        "endpoints": {each.name: each.words for _, each in asked(scenario)},
        "arms": {name: arm_estimates(scenario, counts, arm) for name, arm in positions.items()},
        "differences": {
            name: arm_differences(scenario, counts, arm)
            for name, arm in positions.items()
            if name != scenario.reference
        },
        "longer_shorter": [_plain(row) for row in life_rows(scenario, counts)],
        "contrasts": [_plain(row) for row in contrast_rows(scenario, counts)],
        "not_identified": not_identified(scenario, blinatumomab_courses(counts)),
    }


def blinatumomab_courses(counts: Counts) -> list[float]:
    """Mean courses begun, by arm."""
    histograms = counts.delivered[:, BLINATUMOMAB_COURSES]
    return [float(each @ np.arange(len(each)) / max(each.sum(), 1)) for each in histograms]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN as None."""
    return {key: None if isinstance(cell, float) and math.isnan(cell) else cell for key, cell in row.items()}
