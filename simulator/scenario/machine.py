"""The complete machine form of a scenario, written and read: what a run keeps and what JSON output shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.scenario.build import build
from simulator.scenario.model import Scenario
from simulator.scenario.tree import Tree, stamped


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The complete machine form, ready for JSON: no default left out, nothing about this computer."""
    form = {
        "name": scenario.name,
        "question": scenario.question,
        "population_name": scenario.population_name,
        "population": scenario.population.model_dump(mode="json"),
        "parameters": scenario.parameters,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "patients": scenario.patients,
        "seed": scenario.seed,
        "reference": scenario.reference,
        "endpoints": list(scenario.endpoints),
        "ward": scenario.ward.model_dump(mode="json"),
        "arms": [
            {
                "name": arm.name,
                "title": arm.title,
                "base": arm.base,
                "ward": arm.sharing.model_dump(mode="json"),
                "strategy": arm.strategy.model_dump(mode="json"),
            }
            | ({"parameters": dict(arm.parameters)} if arm.parameters else {})
            for arm in scenario.arms
        ],
    }
    return form | ({"pairs": [list(pair) for pair in scenario.pairs]} if scenario.pairs else {})


def from_resolved(form: Mapping[str, Any]) -> Scenario:
    """The scenario that `resolved` wrote; nothing is looked up."""
    file = "resolved form"
    arms: Tree = {}
    for arm in form.get("arms", ()):
        name = str(arm.get("name"))
        head = {key: arm[key] for key in ("base", "title", "ward", "parameters") if key in arm}
        arms[name] = stamped(head | arm.get("strategy", {}), file, ("arms", name))
    rest = {key: value for key, value in form.items() if key not in ("name", "arms", "population_name", "pairs")}
    path = Path(f"{form.get('name', 'scenario')}.toml")
    scenario = build(stamped(rest, file) | {"arms": arms}, path, str(form.get("population_name")), [])
    return replace(scenario, pairs=tuple((str(here), str(there)) for here, there in form.get("pairs", ())))
