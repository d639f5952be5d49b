"""A few patients, each living twice: under the reference and under another arm.

Which patients is not a matter of taste: of each group (lives longer, shorter, as long by another way, the very same
life) the first by number. The groups' shares tell how common each kind of pair is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.comparison.quantities import Numbers, proportion
from simulator.comparison.watched import Life, life
from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.scenario import Scenario
from simulator.trajectory import lives

LOOKED_AT = 2_000
SHOWN = {"longer": 2, "shorter": 2, "equal": 1, "identical": 1}


class Pair(NamedTuple):
    """One patient under the reference and under the arm; `group` is a key of SHOWN."""

    patient: int
    group: str
    age_years: float
    line_at_entry: int
    reference: Life
    arm: Life


class Pairs(NamedTuple):
    """The pairs shown, and the share of each group among the first `patients`."""

    arm: str
    patients: int
    shares: dict[str, Numbers]
    shown: list[Pair]


def pairs(scenario: Scenario, arm: str) -> Pairs:
    """The first patients of each group, under the reference and under `arm`."""
    patients = min(LOOKED_AT, scenario.patients)
    there, here = (lives(scenario, name, patients) for name in (scenario.reference, arm))
    groups = groups_of(here, there, edge_days(scenario.horizon_months * BINS_PER_MONTH))
    shown = [
        Pair(
            int(patient),
            group,
            float(there.age_years[patient]),
            int(there.line_at_entry[patient]),
            *(life(scenario, name, int(patient)) for name in (scenario.reference, arm)),
        )
        for group, most in SHOWN.items()
        for patient in np.flatnonzero(groups == group)[:most]
    ]
    shares = {group: proportion(int((groups == group).sum()), patients) for group in SHOWN}
    return Pairs(arm, patients, shares, shown)


def groups_of(here: np.recarray, there: np.recarray, horizon_days: float) -> np.ndarray:
    """How each life in `here` compares with the same row's in `there`.

    longer, shorter and equal: in whole days up to the horizon, as in `counts`; identical: every field of the record.
    """
    days = [np.floor(np.fmin(table.death_day, horizon_days)) for table in (here, there)]
    same = [one.tobytes() == two.tobytes() for one, two in zip(here, there, strict=True)]
    return np.select([same, days[0] > days[1], days[0] < days[1]], ["identical", "longer", "shorter"], "equal")
