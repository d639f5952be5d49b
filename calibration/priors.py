"""Priors: the stated range of every parameter read as 95 % of a normal on its working scale.

Probabilities vary on the logit scale, times in days on the log scale, anything else as it is; a value outside its
hard bounds is put on the bound. Positions are in prior standard deviations from the prior mean, so that the prior of
a position is N(0, 1) for every parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.parameters import DEFINITIONS, Definition, ParameterSet

Floats = NDArray[np.float64]

NORMAL_975 = 1.959963985
SCALES = {"probability": "logit", "days": "log"}  # by unit; others: identity
NEAREST = 1e-3  # a probability of 0 or 1 stands this far inside


@dataclass(frozen=True)
class Prior:
    """N(mean, sd) on the working scale; `origin`: kind of the parameter's origin."""

    name: str
    scale: str
    mean: float
    sd: float
    low: float
    high: float
    origin: str

    def value(self, x: Floats) -> Floats:
        """Natural values at positions x, inside the hard bounds."""
        y = self.mean + np.asarray(x) * self.sd
        natural = expit(y) if self.scale == "logit" else np.exp(y) if self.scale == "log" else y
        return np.clip(natural, self.low, self.high)

    def position(self, value: float) -> float:
        """Inverse of `value`."""
        return (_working(self.scale, value) - self.mean) / self.sd


def priors(parameters: ParameterSet) -> tuple[Prior, ...]:
    """One for each parameter whose range is not a point, in the order of the definitions."""
    found = []
    for definition in DEFINITIONS:
        origin = parameters.origins[definition.name]
        if origin.low < origin.high:
            found.append(_prior(definition, origin.low, origin.high, origin.kind))
    return tuple(found)


def positions(found: Sequence[Prior], parameters: ParameterSet) -> Floats:
    """(parameters,) where the set's values lie."""
    return np.array([one.position(parameters.values[one.name]) for one in found])


def values(found: Sequence[Prior], x: Floats) -> dict[str, float]:
    """Natural values by name at positions x (parameters,)."""
    return {one.name: float(one.value(xi)) for one, xi in zip(found, x, strict=True)}


def _prior(definition: Definition, low: float, high: float, origin: str) -> Prior:
    scale = SCALES.get(definition.unit, "identity")
    a, b = _working(scale, low), _working(scale, high)
    sd = (b - a) / (2.0 * NORMAL_975)
    return Prior(definition.name, scale, (a + b) / 2.0, sd, definition.low, definition.high, origin)


def _working(scale: str, value: float) -> float:
    if scale == "logit":
        return float(logit(min(max(value, NEAREST), 1.0 - NEAREST)))
    return float(np.log(value)) if scale == "log" else value
