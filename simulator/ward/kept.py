"""What all replicates found, in arrays of fixed size, so that a checkpoint can keep them.

Each replicate has a row of its own and nothing is added up: a run that goes on has the very same numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.scenario import Scenario
from simulator.ward.measures import LONGEST_WAIT_DAYS, NEEDS, Measured, Quantity, quantities_of, ward_months
from simulator.ward.replicate import Replicate, needs_of, places_of

SHARED, NOTHING_SCARCE = 0, 1


class Tables(NamedTuple):
    """Replicates x (shared, nothing scarce) x arms x what; NaN and 0 where an arm does not limit a need."""

    values: np.ndarray
    """(replicates, 2, arms, quantities) float64."""
    survival: np.ndarray
    """(replicates, 2, arms, horizon months + 1) float64, share alive."""
    in_use: np.ndarray
    """(replicates, 2, arms, needs, months of the ward) float64, mean places held."""
    waiting: np.ndarray
    """(replicates, 2, arms, needs, months of the ward) float64, mean patients waiting."""
    served: np.ndarray
    """(replicates, 2, arms, needs, LONGEST_WAIT_DAYS + 1) int64, as `Measured.served`."""


def _named(needs: set[int]) -> list[str]:
    """In the order in which a ward is measured."""
    return [name for need, name in NEEDS.items() if need in needs]


class Kept:
    """The tables of a scenario's replicates, filled one replicate at a time."""

    def __init__(self, scenario: Scenario, replicates: int) -> None:
        self.arms = [arm.name for arm in scenario.arms]
        own = [_named(set(places_of(arm.sharing))) for arm in scenario.arms]
        self.needs = _named(needs_of(scenario))
        self.limited = {SHARED: own, NOTHING_SCARCE: [self.needs] * len(own)}
        self.quantities = {quantity: at for at, quantity in enumerate(quantities_of(scenario, self.needs))}
        n, months = (replicates, 2, len(self.arms)), ward_months(scenario)
        self.tables = Tables(
            np.full((*n, len(self.quantities)), np.nan),
            np.zeros((*n, scenario.horizon_months + 1)),
            np.zeros((*n, len(self.needs), months)),
            np.zeros((*n, len(self.needs), months)),
            np.zeros((*n, len(self.needs), LONGEST_WAIT_DAYS + 1), np.int64),
        )

    def put(self, number: int, found: Replicate) -> None:
        """Take in what one replicate found."""
        for ward, by_arm in enumerate(found):
            for arm, name in enumerate(self.arms):
                measured, place = by_arm[name], (number, ward, arm)
                for quantity, value in measured.values.items():
                    self.tables.values[(*place, self.quantities[quantity])] = value
                self.tables.survival[place] = measured.survival
                for need in measured.served:
                    row = (*place, self.needs.index(need))
                    self.tables.in_use[row] = measured.in_use[need]
                    self.tables.waiting[row] = measured.waiting[need]
                    self.tables.served[row] = measured.served[need]

    def replicates(self) -> list[Replicate]:
        """All of them, as they were put in."""
        return [
            Replicate(*({name: self._measured(number, ward, arm) for arm, name in enumerate(self.arms)}
                        for ward in (SHARED, NOTHING_SCARCE)))
            for number in range(len(self.tables.values))
        ]  # fmt: skip

    def _measured(self, number: int, ward: int, arm: int) -> Measured:
        place = number, ward, arm
        limited = {need: self.needs.index(need) for need in self.limited[ward][arm]}
        absent = tuple(f"{need}_" for need in self.needs if need not in limited)
        values: dict[Quantity, float] = {
            quantity: float(self.tables.values[(*place, at)])
            for quantity, at in self.quantities.items()
            if not quantity[0].startswith(absent)
        }
        return Measured(
            values,
            self.tables.survival[place],
            {need: self.tables.in_use[(*place, at)] for need, at in limited.items()},
            {need: self.tables.waiting[(*place, at)] for need, at in limited.items()},
            {need: self.tables.served[(*place, at)] for need, at in limited.items()},
        )
