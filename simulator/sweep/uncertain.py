"""A sweep under posterior draws: the points are the arms, against the reference point, on the same patients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.comparison.quantities import NORMAL_975
from simulator.posterior import Posterior
from simulator.runner import Progress
from simulator.sweep.optimum import deaths_by_group, paired_se
from simulator.sweep.result import SweepResult, os_at_month
from simulator.sweep.words import called
from simulator.uncertainty import APART, DRAWS, propagate, uncertainty_of

ATTRIBUTION_DRAWN = "its place is taken by the posterior draws (--uncertainty)"


def add_uncertainty(
    result: SweepResult,
    posterior: Posterior,
    *,
    draws: int | None = None,
    month: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """The result with `uncertainty`, which is also the key `posterior` of its summary and replaces the SOS band.

    `month` of the decision: by default that of the result. Errors as in `propagate`.
    """
    scenario = result.sweep.scenario
    month = result.month if month is None else month
    found = propagate(
        scenario,
        posterior,
        draws=posterior.checked(draws, DRAWS),
        months=scenario.report_months,
        month=month,
        workers=workers,
        progress=progress,
    )
    uncertainty = uncertainty_of(found, monte_carlo(result), month)
    told = {"uncertainty": APART, "attribution": {"none": ATTRIBUTION_DRAWN}, "posterior": uncertainty.summary}
    return replace(
        result, summary=result.summary | told, band=None, why_no_band=ATTRIBUTION_DRAWN, uncertainty=uncertainty
    )


def titles_of_points(result: SweepResult) -> dict[str, str]:
    """Points in words, by name."""
    return {arm.name: called(result.sweep, at) for at, arm in enumerate(result.sweep.scenario.arms)}


def monte_carlo(result: SweepResult) -> dict[str, Any]:
    """OS of each point and its paired difference from the reference, in the form of a comparison's summary."""
    scenario = result.sweep.scenario
    names = [arm.name for arm in scenario.arms]
    reference, n = names.index(scenario.reference), scenario.patients
    differences: dict[str, Any] = {name: {"os": {}} for name in names if name != scenario.reference}
    for month in scenario.report_months:
        alive = os_at_month(result.counts, month)
        errors = paired_se(deaths_by_group(result.counts, month), reference, n)
        for name, os, se in zip(names, alive, errors, strict=True):
            if name != scenario.reference:
                value, half = float(os - alive[reference]), NORMAL_975 * float(se)
                cell = {"value": value, "low": value - half, "high": value + half}
                differences[name]["os"][str(month)] = cell
    points = {one["point"]: {"os": one["os"]} for one in result.summary["points"]}
    return {"arms": points, "differences": differences}
