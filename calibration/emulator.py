"""Population statistics as a function of the parameters, without simulating: a regularised quadratic.

    m(x) = reference + slope · u + bend · f(u) + arch (index · u)^2,    u = x - centre

in standardised positions x. `f` holds the squares of every position and the products of the positions along the few
directions that the data inform most; `index` is a statistic's own gradient at the centre, by differences.
Coefficients by ridge regression (generalised cross-validation chooses the penalty of each statistic) of what the
differences at the centre leave over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIRECTIONS = 12  # along which products enter
PENALTIES = np.logspace(-2, 5, 36)  # in units of a design run
UNIT_FEATURE = 1e-12


@dataclass(frozen=True)
class Emulator:
    """P parameters, T statistics, F features. `predict` and `jacobian` are all that is used of it."""

    centre: Floats  # (P,)
    reference: Floats  # (T,)
    slope: Floats  # (T, P)
    index: Floats  # (T, P)
    directions: Floats  # (P, D)
    bend: Floats  # (T, F): squares of P positions, then D (D + 1) / 2 products
    arch: Floats  # (T,)

    def predict(self, xs: Floats) -> Floats:
        """(n, T) at positions xs (n, P)."""
        u = xs - self.centre
        curved = features(u, self.directions) @ self.bend.T + self.arch * (u @ self.index.T) ** 2
        return self.reference + u @ self.slope.T + curved

    def jacobian(self, x: Floats) -> Floats:
        """(T, P) at x (P,)."""
        u = x - self.centre
        along = u @ self.directions
        i, j = np.triu_indices(self.directions.shape[1])
        products = self.directions[:, i] * along[j] + self.directions[:, j] * along[i]
        squares, crossed = self.bend[:, : len(u)], self.bend[:, len(u) :]
        own = 2.0 * (self.arch * (self.index @ u))[:, None] * self.index
        return self.slope + squares * (2.0 * u) + crossed @ products.T + own


def features(u: Floats, directions: Floats) -> Floats:
    """(n, F) squares of u (n, P) and products along the directions (P, D)."""
    along = u @ directions
    i, j = np.triu_indices(directions.shape[1])
    return np.hstack([u**2, along[:, i] * along[:, j]])


def informed_directions(curvature: Floats, count: int = DIRECTIONS) -> Floats:
    """(P, count) directions along which the data say most, from the curvature of log L in positions (P, P)."""
    vectors = np.linalg.eigh(curvature)[1]
    return vectors[:, ::-1][:, :count]


def fit_emulator(xs: Floats, ms: Floats, centre: Floats, jacobian: Floats, directions: Floats) -> Emulator:
    """From a design xs (n, P) and its statistics ms (n, T); `jacobian` (T, P) by differences at the centre."""
    u = xs - centre
    linear = u @ jacobian.T
    left = ms - linear
    arch = np.array([_own_curvature(linear[:, t], left[:, t]) for t in range(ms.shape[1])])
    left = left - arch * linear**2
    design = np.hstack([u, features(u, directions)])
    average = design.mean(axis=0)
    scale = np.maximum(design.std(axis=0), UNIT_FEATURE)
    coefficients = ridge((design - average) / scale, left - left.mean(axis=0)) / scale[:, None]
    reference = left.mean(axis=0) - average @ coefficients
    slope, bend = jacobian + coefficients[: u.shape[1]].T, coefficients[u.shape[1] :].T
    return Emulator(centre, reference, slope, jacobian, directions, bend, arch)


def ridge(design: Floats, outcomes: Floats) -> Floats:
    """(F, T) coefficients; the penalty of each outcome by generalised cross-validation."""
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    n = len(design)
    projected = left.T @ outcomes
    rest = np.sum(outcomes**2, axis=0) - np.sum(projected**2, axis=0)
    scores = []
    for penalty in PENALTIES:
        shrink = singular**2 / (singular**2 + penalty)
        residual = rest + np.sum(((1.0 - shrink)[:, None] * projected) ** 2, axis=0)
        scores.append(n * residual / (n - 1.0 - shrink.sum()) ** 2)
    chosen = PENALTIES[np.argmin(scores, axis=0)]
    weights = singular[:, None] / (singular[:, None] ** 2 + chosen)
    return right.T @ (weights * projected)


def _own_curvature(index: Floats, left: Floats) -> float:
    """Least-squares coefficient of index^2 beside a constant and the index."""
    design = np.column_stack([np.ones_like(index), index, index**2])
    return float(np.linalg.lstsq(design, left, rcond=None)[0][2])
