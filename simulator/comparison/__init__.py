"""Compare strategies on the same patients with the same luck: from counts to estimates and differences.

    quantities      one number with its interval     paired        two arms in the same patients
    arm_estimates   the numbers of one arm           differences   one arm against the reference
    lives           who lives longer                 contrasts     SCT v no SCT within an arm
    summary         what summary.json holds          frames        the same as tables, with curves and states
    not_identified  what no simulation answers   influence     what the main difference rests on
    pairs           a few patients, twice        watched       one life, event by event
    uncertain       what posterior draws add

Intervals are Monte Carlo 95 % intervals: they say how far the simulation is from its own limit, not how sure
the model is. Differences are paired within patients; from first remission only where two arms share every
rule and choice up to it. Only endpoints that the scenario asks for are reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from simulator import counts as tally
from simulator.comparison.contrasts import CONTRAST_COLUMNS, contrast_rows
from simulator.comparison.frames import (
    curves_frame,
    differences_frame,
    estimates_frame,
    frame_of,
    occupancy_frame,
)
from simulator.comparison.lives import LIFE_COLUMNS, life_rows
from simulator.comparison.summary import summary_of
from simulator.comparison.uncertain import Uncertainty
from simulator.counts import Counts
from simulator.runner import Checkpoint, Progress, run
from simulator.scenario import Scenario
from simulator.trajectory import delivered_of

__all__ = ["Comparison", "compare", "comparison_of"]


@dataclass(frozen=True)
class Comparison:
    """Everything that a comparison found; equal counts give equal bytes."""

    scenario: Scenario
    summary: dict[str, Any]
    estimates: pd.DataFrame
    curves: pd.DataFrame
    occupancy: pd.DataFrame
    differences: pd.DataFrame
    longer_shorter: pd.DataFrame
    contrasts: pd.DataFrame
    delivered: pd.DataFrame
    counts: Counts
    uncertainty: Uncertainty | None = None
    """Of parameters and attribution, where `uncertainty.add_uncertainty` worked it out."""


def compare(
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    block: int | None = None,
    checkpoint: Checkpoint | None = None,
) -> Comparison:
    """Run every patient, alone, under every arm and compare; `progress(done, patients)` follows each block.

    With a `checkpoint` (of `store.open_run`) the run goes on from where an earlier one was stopped. A scenario
    that limits what patients share is for `ward.compare_wards`: `ScenarioError`.
    """
    counts = run(scenario, workers=workers, block=block, progress=progress, checkpoint=checkpoint)
    return comparison_of(scenario, counts, delivered_of(scenario))


def comparison_of(scenario: Scenario, counts: Counts, delivered: pd.DataFrame) -> Comparison:
    """The comparison that the counts of a finished run contain."""
    if counts.tallies[:, tally.LATE_REMISSIONS].any():
        raise RuntimeError("a first remission came later than 12 months: endpoints from remission would be censored")
    summary = summary_of(scenario, counts)
    return Comparison(
        scenario=scenario,
        summary=summary,
        estimates=estimates_frame(scenario, counts, summary["arms"]),
        curves=curves_frame(scenario, counts),
        occupancy=occupancy_frame(scenario, counts),
        differences=differences_frame(scenario, summary["differences"]),
        longer_shorter=frame_of(life_rows(scenario, counts), LIFE_COLUMNS),
        contrasts=frame_of(contrast_rows(scenario, counts), CONTRAST_COLUMNS),
        delivered=delivered,
        counts=counts,
    )
