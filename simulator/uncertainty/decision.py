"""The decision that the draws are for: which strategy has the higher OS, and what it would be worth to know more."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from simulator.comparison.influence import leading
from simulator.parameters import DEFINITIONS
from simulator.posterior import Floats, Posterior
from simulator.scenario import Fault, Scenario, ScenarioError
from simulator.uncertainty.information import Value, best_on_average, partial, perfect
from simulator.uncertainty.kinds import JOINT
from simulator.uncertainty.propagation import Propagated

PHASES = {each.name: each.phases.split()[0] for each in DEFINITIONS}
OTHER_WORLDS = "the arms differ in parameters of the model, which nobody can choose"


def refuse_without_os(scenario: Scenario) -> None:
    """`ScenarioError` where a scenario does not ask for OS, which the draws are propagated to."""
    if "os" not in scenario.endpoints:
        allowed = '[..., "os"]'
        raise ScenarioError([Fault(scenario.path.name, "endpoints", what="--uncertainty is of os", allowed=allowed)])


def decision_month(scenario: Scenario, decision: str | None) -> int:
    """The month of `os_<month>`, by default the report month nearest 36; `ScenarioError` if it is not reported."""
    months = sorted(scenario.report_months)
    if decision is None:
        main = leading(scenario)
        return main.month if main else months[-1]
    found = re.fullmatch(r"os_(\d+)", decision)
    if not found or int(found[1]) not in months:
        allowed = ", ".join(f"os_{month}" for month in months)
        raise ScenarioError([Fault("", "--decision", decision, allowed=f"{allowed} (OS at a report month)")])
    return int(found[1])


def decision_of(found: Propagated, month: int) -> dict[str, Any]:
    """What to choose by OS at the month, how often that is right, and EVPI and EVPPI in points and patients."""
    worlds = {tuple(sorted(arm.parameters.items())) for arm in found.scenario.arms}
    if len(worlds) > 1:
        return {"name": f"os_{month}", "none": OTHER_WORLDS}
    names = found.names
    outcomes, working = outcomes_of(found, month), found.posterior.working[found.rows]
    best = outcomes.argmax(axis=1)
    single = {name: partial(working[:, [at]], outcomes) for at, name in enumerate(found.posterior.names)}
    groups = {
        label: (members, partial(working[:, np.isin(found.posterior.names, members)], outcomes))
        for label, members in groups_of(found.posterior).items()
    }
    return {
        "name": f"os_{month}",
        "month": month,
        "best": names[best_on_average(outcomes)],
        "probability_best": {name: float((best == arm).mean()) for arm, name in enumerate(names)},
        "evpi": in_units(perfect(outcomes)),
        "evppi_groups": [{"group": label, "parameters": members} | in_units(value)
                         for label, (members, value) in sorted(groups.items(), key=lambda item: -item[1][1].value)],
        "evppi": [{"parameter": name, "prior": name in found.posterior.prior} | in_units(value)
                  for name, value in sorted(single.items(), key=lambda item: -item[1].value)],
    }  # fmt: skip


def outcomes_of(found: Propagated, month: int) -> Floats:
    """OS (K, A) under each joint draw; differences from the reference are rid of chance."""
    reference = found.names.index(found.scenario.reference)
    against = [found.difference(JOINT, arm, reference, month).values for arm in range(len(found.names))]
    return np.asarray(found.os(JOINT, reference, month).values[:, None] + np.column_stack(against))


def groups_of(posterior: Posterior) -> dict[str, list[str]]:
    """Parameters that one study would teach together: by clinical phase, by attribution, and all that are prior."""
    groups = {"attribution": list(posterior.attribution), "prior": list(posterior.prior)}
    for name in posterior.names:
        groups.setdefault(f"phase: {PHASES[name]}", []).append(name)
    return {label: members for label, members in groups.items() if members}


def in_units(value: Value) -> dict[str, Any]:
    """Percentage points of OS, their standard error, and patients of 1,000 who are alive at the month for it."""
    return {
        "points": 100.0 * value.value,
        "se_points": 100.0 * value.se,
        "per_1000": 1000.0 * value.value,
        "clear": value.clear,
    }
