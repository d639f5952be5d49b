"""How an outcome depends on parameters, from draws: linear and squared terms, each draw predicted from all others.

Left-out predictions do not flatter: a parameter without effect explains nothing, whatever the number of terms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.posterior import Floats

PENALTIES = np.geomspace(1e-6, 1e3, 19)  # per draw and standardised term; the least left-out error chooses


class Standard(NamedTuple):
    """Means and SDs of columns."""

    mean: Floats
    sd: Floats

    def of(self, columns: Floats) -> Floats:
        """Columns with mean 0 and SD 1."""
        return np.asarray((columns - self.mean) / self.sd)


class Surface(NamedTuple):
    """Of outcomes (K, C) on parameters (K, M).

    `left_out` (K, C): each draw predicted from all others; `r_squared` (C,): share of the variance that these
    predictions explain, negative where they do worse than the mean.
    """

    left_out: Floats
    r_squared: Floats
    mean: Floats
    coefficients: Floats
    parameters: Standard
    terms: Standard

    def at(self, working: Floats) -> Floats:
        """Expected outcome (N, C) at parameters (N, M)."""
        terms = self.terms.of(_terms(self.parameters.of(working)))
        return np.asarray(self.mean + terms @ self.coefficients)


def surface_of(working: Floats, outcomes: Floats) -> Surface:
    """Ridge regression of outcomes (K, C) on parameters (K, M), each on a scale on which it is about normal."""
    draws = len(working)
    parameters = _standard(working)
    raw = _terms(parameters.of(working))
    terms = _standard(raw)
    left, singular, right = np.linalg.svd(terms.of(raw), full_matrices=False)
    mean = outcomes.mean(axis=0)
    turned = left.T @ (outcomes - mean)
    best = None
    for penalty in draws * PENALTIES:
        kept = singular**2 / (singular**2 + penalty)
        leverage = 1.0 / draws + (left**2) @ kept
        errors = (outcomes - mean - left @ (kept[:, None] * turned)) / (1.0 - leverage)[:, None]
        # one penalty for all outcomes, each on its own scale
        loss = float(((errors**2).sum(axis=0) / np.maximum(outcomes.var(axis=0), 1e-300)).sum())
        if best is None or loss < best[0]:
            best = loss, penalty, errors
    assert best is not None
    _, penalty, errors = best
    about_others = (outcomes - mean) * draws / (draws - 1)  # from the mean of all other draws
    total = (about_others**2).sum(axis=0)
    explained = np.where(total > 0.0, 1.0 - (errors**2).sum(axis=0) / np.where(total > 0.0, total, 1.0), 0.0)
    coefficients = right.T @ ((singular / (singular**2 + penalty))[:, None] * turned)
    return Surface(outcomes - errors, explained, mean, coefficients, parameters, terms)


def _terms(z: Floats) -> Floats:
    """Linear and squared terms (K, 2M) of standardised parameters."""
    return np.concatenate([z, z**2 - 1.0], axis=1)


def _standard(columns: Floats) -> Standard:
    sd = columns.std(axis=0)
    return Standard(columns.mean(axis=0), np.where(sd > 0.0, sd, 1.0))
