"""Estimates of one arm, for the endpoints that the scenario asks for."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator import counts as tally
from simulator.comparison.quantities import median_months, proportion, restricted_mean_months
from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH, DEFINITIONS, Definition, Endpoint
from simulator.patient import State
from simulator.scenario import Scenario

SOS_GRADES = {"any": Endpoint.SOS_ANY, "severe": Endpoint.SOS_SEVERE, "fatal": Endpoint.SOS_FATAL}
IN_REMISSION = {
    "alive_in_remission_with_sct": State.REMISSION_AFTER_SCT,
    "alive_in_remission_without_sct": State.REMISSION,
}
TALLIED = {
    "response": tally.RESPONDERS,
    "cr": tally.CR,
    "crp": tally.CRP,
    "cri": tally.CRI,
    "mrd_negative_at_response": tally.MRD_NEGATIVE_AT_RESPONSE,
    "dead_by_day_28": tally.DEAD_BY_DAY_28,
}
COMES_WITH = {
    "os_from_cr": "os",
    "refractory": "efs",
    "relapse_from_day_1": "relapse",
    "nrm_from_day_1": "nrm",
    "sos_any": "sos",
    "sos_severe": "sos",
    "sos_fatal": "sos",
}
"""Endpoints that a scenario does not name, by the one that brings them; SCT is always reported."""


def asked(scenario: Scenario) -> list[tuple[int, Definition]]:
    """Row and definition of each endpoint that the scenario asks for."""
    wanted = {*scenario.endpoints, "sct"}
    return [(row, each) for row, each in enumerate(DEFINITIONS) if COMES_WITH.get(each.name, each.name) in wanted]


def arm_estimates(scenario: Scenario, counts: Counts, arm: int) -> dict[str, Any]:
    """The summary of one arm."""
    n = int(counts.patients[0])
    horizon = scenario.horizon_months
    found: dict[str, Any] = {}
    for endpoint, definition in asked(scenario):
        if definition.name.startswith(("sos", "sct")):
            continue
        cumulative = np.cumsum(counts.events[arm, endpoint])
        size = population_size(counts, arm, endpoint)
        found[definition.name] = {
            str(month): proportion(signed(cumulative[month * BINS_PER_MONTH], size, definition.survival), size)
            for month in scenario.report_months
        }
        if definition.survival:
            found[f"median_{definition.name}_months"] = median_months(cumulative, size)
            found[f"rmst_{definition.name}_months"] = {
                str(month): restricted_mean_months(counts.events[arm, endpoint], size, month)
                for month in scenario.report_months
            }
    by_horizon = counts.events[arm].sum(axis=1)
    if "sos" in scenario.endpoints:
        found["sos"] = {grade: proportion(by_horizon[row], n) for grade, row in SOS_GRADES.items()}
    found["sct"] = proportion(by_horizon[Endpoint.SCT], n)
    for name, row in TALLIED.items():
        size = int(counts.tallies[arm, tally.RESPONDERS]) if name.startswith("mrd") else n
        found[name] = proportion(counts.tallies[arm, row], size)
    for name, state in IN_REMISSION.items():
        present = np.cumsum(counts.occupancy[arm, state])
        months = sorted({*scenario.report_months, horizon})
        found[name] = {str(month): proportion(present[month * BINS_PER_MONTH], n) for month in months}
    return found


def population_size(counts: Counts, arm: int, endpoint: int) -> int:
    """Patients in the population of an endpoint."""
    if DEFINITIONS[endpoint].responders:
        return int(counts.tallies[arm, tally.RESPONDERS])
    return int(counts.patients[0])


def of_responders(endpoint: str) -> bool:
    """Whether a row of the estimates is over responders only."""
    core = endpoint.removeprefix("median_").removeprefix("rmst_").removesuffix("_months")
    return core == "mrd_negative_at_response" or any(d.responders and d.name == core for d in DEFINITIONS)


def signed(events: Any, n: int, survival: bool) -> Any:
    """Patients without the event for survival, with it for incidence."""
    return n - events if survival else events
