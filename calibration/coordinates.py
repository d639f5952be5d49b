"""A problem seen in other coordinates, so that `refit` answers other questions without being told.

fixed(problem, {i: position})   without some parameters, which stand where they are put
around(problem, laplace)        with a posterior as the prior: N(0, 1) in the new coordinates
with_amount(problem, change)    with one more parameter: how much of a change of the statistics that no rule makes

Each may be seen in other coordinates again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from calibration.emulator import Emulator
from calibration.problem import Problem
from calibration.refit import Laplace

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coordinates:
    """m(z) = emulator(origin + axes z) + beyond z, with Z coordinates, P positions and T statistics."""

    emulator: Emulator
    origin: Floats  # (P,)
    axes: Floats  # (P, Z)
    beyond: Floats  # (T, Z)
    centre: Floats  # (Z,) where a refit starts

    def positions(self, zs: Floats) -> Floats:
        """(n, P) of zs (n, Z), or (P,) of one (Z,)."""
        return self.origin + zs @ self.axes.T

    def predict(self, zs: Floats) -> Floats:
        """(n, T) at zs (n, Z)."""
        return self.emulator.predict(self.positions(zs)) + zs @ self.beyond.T

    def jacobian(self, z: Floats) -> Floats:
        """(T, Z) at z (Z,)."""
        return self.emulator.jacobian(self.positions(z)) @ self.axes + self.beyond


def fixed(problem: Problem, held: Mapping[int, float]) -> Problem:
    """`problem` with the parameters of these columns held at positions; the prior of the others stays."""
    columns = list(held)
    origin = np.zeros(len(problem.x))
    origin[columns] = list(held.values())
    axes = np.delete(np.eye(len(origin)), columns, axis=1)
    return _seen(problem, origin, axes, problem.x @ axes)


def around(problem: Problem, laplace: Laplace) -> Problem:
    """`problem` with N(laplace.x, laplace.covariance) as its prior."""
    factor: Floats = np.linalg.cholesky(laplace.covariance).astype(np.float64)
    return _seen(problem, laplace.x, factor, np.zeros(len(laplace.x)))


def with_amount(problem: Problem, change: Floats) -> Problem:
    """`problem` with the amount of `change` (T,) as its last parameter; 0 is the model as it is, the prior N(0, 1)."""
    size = len(problem.x)
    beyond = np.zeros((len(change), size + 1))
    beyond[:, -1] = change
    return _seen(problem, np.zeros(size), np.eye(size, size + 1), np.append(problem.x, 0.0), beyond)


def positions(seen: Problem, zs: Floats) -> Floats:
    """Positions (n, P) or (P,) in the problem that `seen` was made of."""
    return cast(Coordinates, seen.emulator).positions(zs)


def _seen(problem: Problem, origin: Floats, axes: Floats, centre: Floats, beyond: Floats | None = None) -> Problem:
    if beyond is None:
        beyond = np.zeros((len(problem.targets), axes.shape[1]))
    seen = Coordinates(problem.emulator, origin, axes, beyond, centre)
    return replace(problem, emulator=cast(Emulator, seen))  # a refit asks for centre, predict and jacobian only
