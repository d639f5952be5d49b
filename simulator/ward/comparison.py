"""Over replicates: estimates with t-intervals, and differences paired by ward."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from simulator.comparison.not_identified import SCT_EFFECT, SOS_ATTRIBUTION, not_identified
from simulator.processes import over_processes
from simulator.ranges import Ranges
from simulator.runner import Checkpoint, Progress, usable_cores
from simulator.scenario import Fault, Scenario, ScenarioError
from simulator.ward.kept import Kept
from simulator.ward.measures import LONGEST_WAIT_DAYS, Measured, Quantity, is_share, ward_months
from simulator.ward.replicate import Replicate, run_replicate, warm_up

NOTHING_SCARCE = "nothing_scarce"
UNCERTAINTY = (
    "Intervals are Monte Carlo 95 % t-intervals over replicates (whole wards): they shrink with the number of wards "
    "and say nothing about uncertain parameters or about what the evidence cannot identify."
)
Values = dict[Quantity, np.ndarray]
"""Quantity -> (replicates,)."""


@dataclass(frozen=True)
class WardComparison:
    """Everything that a comparison of wards found; a function of the scenario alone."""

    scenario: Scenario
    summary: dict[str, Any]
    estimates: pd.DataFrame
    """arm, ward (shared | nothing_scarce), quantity, month, value, low, high, replicates."""
    differences: pd.DataFrame
    """arm, against (the reference | nothing_scarce), quantity, month, value, low, high, replicates."""
    months: pd.DataFrame
    """arm, need, month, in_use, waiting: means over replicates."""
    waits: pd.DataFrame
    """arm, need, day, served, asked: whole numbers, all replicates together."""
    survival: pd.DataFrame
    """arm, ward, month, value, low, high."""


def replicates_of(scenario: Scenario) -> int:
    """How many whole wards the patients fill; `ScenarioError` if not two: an interval needs two."""
    each = scenario.ward.patients_per_replicate
    many = scenario.patients // each
    if many < 2:
        allowed = f"{2 * each} or more, two wards of ward.patients_per_replicate, {each}"
        raise ScenarioError([Fault(scenario.path.name, "patients", str(scenario.patients), allowed, "patients")])
    return many


def compare_wards(
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> WardComparison:
    """As many whole wards as the scenario's patients fill; `progress(done, replicates)` follows them.

    With a `checkpoint` the run goes on from it and leaves every finished ward in it, however it ends.
    `ScenarioError` if the patients do not fill two wards: an interval needs two.
    """
    many = replicates_of(scenario)
    kept = Kept(scenario, many)
    done = checkpoint.restore(kept.tables._asdict()) if checkpoint else Ranges()
    if progress:
        progress(len(done), many)
    left = [number for first, stop in done.missing(range(many)) for number in range(first, stop)]
    if left:
        warm_up(scenario)
    try:
        with closing(over_processes(partial(run_replicate, scenario), left, workers or usable_cores())) as wards:
            for number, replicate in wards:
                kept.put(number, replicate)
                done.add(number, number + 1)
                if checkpoint and checkpoint.due():
                    checkpoint.save(kept.tables._asdict(), done)
                if progress:
                    progress(len(done), many)
    finally:
        if checkpoint:
            checkpoint.save(kept.tables._asdict(), done)
    if len(done) != many:
        raise RuntimeError(f"{len(done)} wards kept, {many} asked for")
    return comparison_of(scenario, kept.replicates())


def comparison_of(scenario: Scenario, found: list[Replicate]) -> WardComparison:
    """The tables and the summary of replicates."""
    arms = [arm.name for arm in scenario.arms]
    shared = {arm: [replicate.shared[arm] for replicate in found] for arm in arms}
    free = {arm: [replicate.nothing_scarce[arm] for replicate in found] for arm in arms}
    values = {arm: _values(shared[arm]) for arm in arms}
    free_values = {arm: _values(free[arm]) for arm in arms}
    estimates = [
        {"arm": arm, "ward": ward} | row
        for ward, each in (("shared", values), (NOTHING_SCARCE, free_values))
        for arm in arms
        for row in _rows(each[arm], bounded=True)
    ]
    differences = [
        {"arm": arm, "against": scenario.reference} | row
        for arm in arms
        if arm != scenario.reference
        for row in _rows(_minus(values[arm], values[scenario.reference]))
    ]
    differences += [
        {"arm": arm, "against": NOTHING_SCARCE} | row
        for arm in arms
        for row in _rows(_minus(values[arm], free_values[arm]))
    ]
    frames = {"estimates": pd.DataFrame(estimates), "differences": pd.DataFrame(differences)}
    for frame in frames.values():
        frame["month"] = frame["month"].astype("Int64")
    return WardComparison(
        scenario=scenario,
        summary=_summary(scenario, len(found), frames),
        months=pd.DataFrame(_month_rows(scenario, shared)),
        waits=pd.DataFrame(_wait_rows(shared)),
        survival=pd.DataFrame(_survival_rows(scenario, shared, free)),
        **frames,
    )


def mean_with_interval(values: np.ndarray) -> dict[str, Any]:
    """Mean of the replicates (n,) in which it is defined, with the t-interval of n - 1 degrees of freedom."""
    defined = values[np.isfinite(values)]
    n = len(defined)
    if n == 0:
        return {"value": None, "low": None, "high": None, "replicates": 0}
    value = float(defined.mean())
    if n == 1:
        return {"value": value, "low": None, "high": None, "replicates": 1}
    half = float(stdtrit(n - 1, 0.975) * defined.std(ddof=1) / math.sqrt(n))
    return {"value": value, "low": value - half, "high": value + half, "replicates": n}


def _values(wards: list[Measured]) -> Values:
    quantities = wards[0].values
    return {quantity: np.array([ward.values[quantity] for ward in wards]) for quantity in quantities}


def _minus(here: Values, there: Values) -> Values:
    """Replicate by replicate; a quantity that one side lacks (an unlimited need) is left out."""
    return {quantity: here[quantity] - there[quantity] for quantity in here if quantity in there}


def _rows(values: Values, bounded: bool = False) -> Iterable[dict[str, Any]]:
    """One row a quantity. `bounded`: no interval leaves what is possible, 0 or more and for a share at most 1."""
    for (name, month), each in values.items():
        numbers = mean_with_interval(each)
        if bounded and numbers["low"] is not None:
            numbers["low"] = max(numbers["low"], 0.0)
            numbers["high"] = min(numbers["high"], 1.0) if is_share(name) else numbers["high"]
        yield {"quantity": name, "month": month} | numbers


def _month_rows(scenario: Scenario, shared: dict[str, list[Measured]]) -> Iterable[dict[str, Any]]:
    for arm, wards in shared.items():
        for need in wards[0].in_use:
            used = np.mean([ward.in_use[need] for ward in wards], axis=0)
            waiting = np.mean([ward.waiting[need] for ward in wards], axis=0)
            for month in range(ward_months(scenario)):
                row = {"arm": arm, "need": need, "month": month + 1}
                yield row | {"in_use": float(used[month]), "waiting": float(waiting[month])}


def _wait_rows(shared: dict[str, list[Measured]]) -> Iterable[dict[str, Any]]:
    for arm, wards in shared.items():
        for need in wards[0].served:
            served = np.sum([ward.served[need] for ward in wards], axis=0)
            for day in range(LONGEST_WAIT_DAYS):
                yield {"arm": arm, "need": need, "day": day, "served": int(served[day]), "asked": int(served[-1])}


def _survival_rows(
    scenario: Scenario, shared: dict[str, list[Measured]], free: dict[str, list[Measured]]
) -> Iterable[dict[str, Any]]:
    for name, wards in (("shared", shared), (NOTHING_SCARCE, free)):
        for arm, each in wards.items():
            curves = np.array([ward.survival for ward in each])
            for month in range(scenario.horizon_months + 1):
                numbers = mean_with_interval(curves[:, month])
                numbers.pop("replicates")
                yield {"arm": arm, "ward": name, "month": month} | numbers


def _summary(scenario: Scenario, replicates: int, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """What `summary.json` holds: what was asked, and every number by arm."""
    measured = scenario.ward.measured()
    return {
        "scenario": scenario.name,
        "question": scenario.question,
        "clock": "ward",
        "patients": replicates * scenario.ward.patients_per_replicate,
        "replicates": replicates,
        "patients_per_replicate": scenario.ward.patients_per_replicate,
        "measured_per_replicate": len(measured),
        "seed": scenario.seed,
        "parameter_set": scenario.parameters,
        "reference": scenario.reference,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "uncertainty": UNCERTAINTY,
        "arms": _nested(frames["estimates"], "ward"),
        "differences": _nested(frames["differences"], "against"),
        "not_identified": _not_identified(scenario, frames["estimates"]),
    }


def _not_identified(scenario: Scenario, estimates: pd.DataFrame) -> list[str]:
    """Waits act through SCT and SOS, and through the blinatumomab given meanwhile where it differs between any two."""
    given = estimates.loc[estimates["quantity"] == "blinatumomab_courses", "value"].tolist()
    return list(dict.fromkeys([SCT_EFFECT, SOS_ATTRIBUTION, *not_identified(scenario, given)]))


def _nested(frame: pd.DataFrame, second: str) -> dict[str, Any]:
    """arm -> `second` -> list of {quantity, month, value, low, high, replicates}."""
    tree: dict[str, Any] = {}
    for row in frame.to_dict("records"):
        place = tree.setdefault(row.pop("arm"), {}).setdefault(row.pop(second), [])
        place.append({key: None if pd.isna(cell) else cell for key, cell in row.items()})
    return tree
