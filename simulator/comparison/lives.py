"""Two lives of one patient, under an arm and under the reference: who lives longer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from simulator import counts as tally
from simulator.comparison.differences import reference_of
from simulator.comparison.quantities import proportion
from simulator.counts import Counts
from simulator.endpoints import Endpoint
from simulator.runner import pair_months
from simulator.scenario import Scenario

LIFE_COLUMNS = ("arm", "quantity", "month", "luck", "value", "low", "high")


def life_rows(scenario: Scenario, counts: Counts) -> Iterator[dict[str, Any]]:
    """Who lives longer: under shared luck, under independent luck, and the bounds that no trial could narrow.

    The joint law of two lives of one patient is an assumption of the model; only the margins can be tested.
    """
    if "os" not in scenario.endpoints:
        return
    n = int(counts.patients[0])
    reference = reference_of(scenario)
    for arm, name in enumerate(each.name for each in scenario.arms):
        if arm == reference:
            continue
        for quantity, position in (
            ("longer", tally.LONGER),
            ("equal", tally.EQUAL),
            ("shorter", tally.SHORTER),
        ):
            numbers = proportion(counts.lives[arm, position], n)
            place = {"arm": name, "quantity": quantity, "month": scenario.horizon_months}
            yield place | {"luck": "shared"} | numbers
            value = independent(counts.events[[arm, reference], Endpoint.OS], n)[quantity]
            yield place | {"luck": "independent", "value": value, "low": math.nan, "high": math.nan}
        for position, month in enumerate(pair_months(scenario)):
            pairs = counts.pairs[arm, Endpoint.OS, position]
            alive, dead_there = int(pairs[0].sum()) / n, int(pairs[:, 1].sum()) / n
            place = {"arm": name, "quantity": "alive_here_dead_in_reference", "month": month}
            yield place | {"luck": "shared"} | proportion(pairs[0, 1], n)
            none = {"low": math.nan, "high": math.nan}
            yield place | {"luck": "independent", "value": alive * dead_there} | none
            bounds = {"low": max(0.0, alive + dead_there - 1.0), "high": min(alive, dead_there)}
            yield place | {"luck": "frechet_bounds", "value": math.nan} | bounds


def independent(events: np.ndarray, n: int) -> dict[str, float]:
    """Longer, equal, shorter if the two lives shared nothing but the population; by bins of 1.01 days."""
    here, there = (np.append(each, n - each.sum()) / n for each in events)
    equal = float(here @ there)
    longer = float(here[1:] @ np.cumsum(there)[:-1])
    return {"longer": longer, "equal": equal, "shorter": 1.0 - equal - longer}
