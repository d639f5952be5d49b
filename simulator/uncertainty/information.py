"""What it would be worth to know more: the expected value of perfect information for the choice between arms.

The decision takes the arm with the highest outcome. Knowing everything, one would take the best arm under each draw;
knowing some parameters, the arm that is best on average given them (Strong, Oakley and Brennan 2014: the average is a
regression on the draws). The regression that chooses for a draw has not seen it, so that chance cannot look like value.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulator.posterior import Floats
from simulator.uncertainty.surface import surface_of


class Value(NamedTuple):
    """In units of the outcome, with the standard error from the number of draws."""

    value: float
    se: float

    @property
    def clear(self) -> bool:
        """More than two standard errors from nothing."""
        return self.value > 2.0 * self.se


def perfect(outcomes: Floats) -> Value:
    """EVPI of outcomes (K, A) by draw and arm."""
    chosen = outcomes.argmax(axis=1)
    return _gain(outcomes, chosen)


def partial(working: Floats, outcomes: Floats) -> Value:
    """EVPPI of some parameters (K, M) for outcomes (K, A) by draw and arm."""
    usual = best_on_average(outcomes)
    against = outcomes - outcomes[:, [usual]]  # what arms share does not matter for the choice
    others = np.delete(np.arange(outcomes.shape[1]), usual)
    expected = np.zeros_like(outcomes)
    expected[:, others] = surface_of(working, against[:, others]).left_out
    return _gain(outcomes, expected.argmax(axis=1))


def best_on_average(outcomes: Floats) -> int:
    """The arm to take as things stand."""
    return int(outcomes.mean(axis=0).argmax())


def _gain(outcomes: Floats, chosen: np.ndarray) -> Value:
    """Mean gain of the chosen arms over the one that is best on average; never below nothing."""
    gains = outcomes[np.arange(len(outcomes)), chosen] - outcomes[:, best_on_average(outcomes)]
    return Value(max(0.0, float(gains.mean())), float(gains.std(ddof=1)) / math.sqrt(len(gains)))
