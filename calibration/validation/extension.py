"""An emulator corrected where it has not been: more runs, along the directions that a left-out block frees."""

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

    The penalty of each statistic is chosen by generalised cross-validation, so that noise alone corrects little.
    """
    along = (xs - emulator.centre) @ directions
    d = directions.shape[1]
    i, j = np.triu_indices(d)
    design = np.hstack([along, along[:, i] * along[:, j]])
    average, scale = design.mean(axis=0), np.maximum(design.std(axis=0), SMALLEST_SPREAD)
    missed = ms - emulator.predict(xs)
    middle = missed.mean(axis=0)
    coefficients = np.array([ridge((design - average) / scale, one) / scale for one in (missed - middle).T])
    square = np.zeros((len(coefficients), d, d))
    square[:, i, j] += coefficients[:, d:] / 2.0
    square[:, j, i] += coefficients[:, d:] / 2.0
    return replace(
        emulator,
        reference=emulator.reference + middle - coefficients @ average,
        slope=emulator.slope + coefficients[:, :d] @ directions.T,
        bend=emulator.bend + directions @ square @ directions.T,
    )
