"""An emulator corrected where it has not been: a few more runs, along the directions that a left-out block frees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from calibration.emulator import Emulator, ridge

Floats = NDArray[np.float64]

FREED = 6  # directions
SMALLEST_SPREAD = 1e-12


def freed_directions(with_block: Floats, without: Floats, count: int = FREED) -> Floats:
    """(P, count) directions in which the posterior covariance (P, P) widens most when a block is left out."""
    vectors = eigh(without, with_block)[1][:, ::-1][:, :count]
    # generalised eigenvectors are gradients; positions move along their image
    moved = without @ vectors
    return moved / np.linalg.norm(moved, axis=0)


def extended(emulator: Emulator, directions: Floats, xs: Floats, ms: Floats) -> Emulator:
    """The emulator plus a quadratic along `directions` (P, D) in what it misses at xs (n, P), where ms (n, T) is so.

    The penalty of each statistic is chosen by generalised cross-validation, so that noise alone corrects nothing.
    """
    u = xs - emulator.centre
    along = u @ directions
    i, j = np.triu_indices(directions.shape[1])
    design = np.hstack([along, along[:, i] * along[:, j]])
    missed = ms - emulator.predict(xs)
    average, scale = design.mean(axis=0), np.maximum(design.std(axis=0), SMALLEST_SPREAD)
    coefficients = (ridge((design - average) / scale, missed - missed.mean(axis=0)) / scale[:, None]).T
    linear, products = coefficients[:, : len(directions.T)], coefficients[:, len(directions.T) :]
    return replace(
        emulator,
        reference=emulator.reference + missed.mean(axis=0) - coefficients @ average,
        slope=emulator.slope + linear @ directions.T,
        directions=np.hstack([emulator.directions, directions]),
        bend=_bend(emulator, products),
    )


def _bend(emulator: Emulator, products: Floats) -> Floats:
    """Coefficients (T, F) of squares and products along the old directions followed by the new ones."""
    parameters, old = emulator.directions.shape
    new = round((np.sqrt(8 * products.shape[1] + 1) - 1) / 2)  # D of D (D + 1) / 2 products
    table = np.zeros((len(products), old + new, old + new))
    i, j = np.triu_indices(old)
    table[:, i, j] = emulator.bend[:, parameters:]
    i, j = np.triu_indices(new)
    table[:, old + i, old + j] = products
    i, j = np.triu_indices(old + new)
    return np.hstack([emulator.bend[:, :parameters], table[:, i, j]])
