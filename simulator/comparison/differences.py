"""One arm against the reference, the same patients; from remission only where both share all up to it."""

from __future__ import annotations

from typing import Any

from simulator.comparison.arm_estimates import asked
from simulator.comparison.paired import paired_medians, paired_proportions, paired_restricted_means
from simulator.comparison.quantities import Numbers
from simulator.counts import Counts
from simulator.runner import pair_months
from simulator.scenario import Scenario, alike_until_remission
from simulator.strategy import Strategy


def arm_differences(scenario: Scenario, counts: Counts, arm: int) -> dict[str, Any]:
    """One arm against the reference; endpoints from remission only where pairing is fair."""
    reference = reference_of(scenario)
    here, there = scenario.arms[arm].strategy, scenario.arms[reference].strategy
    from_remission = alike_until_remission(scenario.arms[arm], scenario.arms[reference])
    if from_remission and counts.unlike_remissions[arm]:
        raise RuntimeError(f"{scenario.arms[arm].name}: remissions differ although all rules up to them are shared")
    months = pair_months(scenario)
    found: dict[str, Any] = {}
    for endpoint, definition in asked(scenario):
        if definition.responders and not from_remission:
            continue
        by_month = {
            str(month): paired_proportions(counts.pairs[arm, endpoint, position], definition.survival)
            for position, month in enumerate(months)
        }
        if definition.name.startswith("sos"):
            found.setdefault("sos", {})[definition.name[4:]] = by_month[str(scenario.horizon_months)]
        elif definition.name == "sct":
            found["sct"] = by_month[str(scenario.horizon_months)]
        else:
            found[definition.name] = {str(month): by_month[str(month)] for month in scenario.report_months}
        if not definition.survival:
            continue
        if sct_policy(here) != sct_policy(there):
            for numbers in found[definition.name].values():
                numbers["nnt"] = number_needed(numbers)
        found[f"rmst_{definition.name}_months"] = {
            str(month): paired_restricted_means(counts, arm, reference, endpoint, month, months.index(month))
            for month in scenario.report_months
        }
        found[f"median_{definition.name}_months"] = paired_medians(counts, arm, reference, endpoint)
    return found


def number_needed(numbers: Numbers) -> float | None:
    """1 / difference where its interval excludes zero: patients under the policy for one more event-free."""
    if numbers["value"] is None or numbers["low"] <= 0.0 <= numbers["high"] or numbers["value"] == 0.0:
        return None
    return float(1.0 / numbers["value"])


def reference_of(scenario: Scenario) -> int:
    """Position of the reference arm."""
    return [arm.name for arm in scenario.arms].index(scenario.reference)


def sct_contrasts(scenario: Scenario) -> list[str]:
    """Arms that differ from the reference in who is offered SCT and how, and in nothing else; the reference has none.

    Only there is the difference from the reference one between SCT and no SCT.
    """
    reference = scenario.arms[reference_of(scenario)]
    if reference.strategy.transplant.policy != "none":
        return []
    return [
        arm.name
        for arm in scenario.arms
        if sct_policy(arm.strategy) != sct_policy(reference.strategy)
        and arm.parameters == reference.parameters
        and arm.strategy.model_copy(update={"transplant": reference.strategy.transplant}) == reference.strategy
    ]


def sct_policy(strategy: Strategy) -> tuple[Any, ...]:
    """Who is offered SCT."""
    sct = strategy.transplant
    return (
        sct.policy, sct.mrd, sct.genetics, sct.earliest_line, sct.latest_line, sct.max_age_years,
        tuple(sct.donors),
    )  # fmt: skip
