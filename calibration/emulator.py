"""Population statistics as a function of the parameters, without simulating: a regularised quadratic for each.

    m(x) = reference + slope · u + u' bend u,    u = x - centre

in standardised positions x. Every parameter has its own slope and bend in every statistic; products enter between
the parameters that move a statistic most. Coefficients by ridge regression on simulated runs: a parameter that moves
a statistic little, by a first regression without products, is shrunk more; generalised cross-validation chooses how
much. What such a function cannot follow is measured on held-out runs and enters the likelihood as variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEADING = 25  # parameters of a statistic between which products enter
PENALTIES = np.logspace(-3, 6, 37)
LEAST_WEIGHT = 0.05  # of a parameter that seems to do nothing, against the average one


@dataclass(frozen=True)
class Emulator:
    """P parameters, T statistics. `predict` and `jacobian` are all that is used of it."""

    centre: Floats  # (P,)
    reference: Floats  # (T,)
    slope: Floats  # (T, P)
    bend: Floats  # (T, P, P), symmetric

    def predict(self, xs: Floats) -> Floats:
        """(n, T) at positions xs (n, P)."""
        u = xs - self.centre
        curved = [np.einsum("np,np->n", u @ bend, u) for bend in self.bend]
        return self.reference + u @ self.slope.T + np.column_stack(curved)

    def jacobian(self, x: Floats) -> Floats:
        """(T, P) at x (P,)."""
        return self.slope + 2.0 * self.bend @ (x - self.centre)


def fit_emulator(xs: Floats, ms: Floats, centre: Floats) -> Emulator:
    """From runs at xs (n, P) with statistics ms (n, T)."""
    u = xs - centre
    p = u.shape[1]
    own = _standardised(np.hstack([u, u**2]))
    average = ms.mean(axis=0)
    first = np.column_stack([ridge(own[0], y) for y in (ms - average).T])
    influence = first[:p] ** 2 + 2.0 * first[p:] ** 2  # variance of a linear and of a squared normal
    slope, bend = np.zeros((ms.shape[1], p)), np.zeros((ms.shape[1], p, p))
    reference = np.zeros(ms.shape[1])
    for t in range(ms.shape[1]):
        weight = np.sqrt(np.maximum(influence[:, t] / max(influence[:, t].mean(), 1e-300), LEAST_WEIGHT**2))
        leading = np.argsort(-weight)[: min(LEADING, p)]
        i, j = (leading[k] for k in np.triu_indices(len(leading), 1))
        features, middle, scale = _standardised(np.hstack([u, u**2, u[:, i] * u[:, j]]))
        relative = np.sqrt(np.concatenate([weight, weight, np.sqrt(weight[i] * weight[j])]))
        coefficients = ridge(features * relative, ms[:, t] - average[t]) * relative / scale
        slope[t] = coefficients[:p]
        bend[t][np.diag_indices(p)] = coefficients[p : 2 * p]
        bend[t][i, j] = bend[t][j, i] = coefficients[2 * p :] / 2.0
        reference[t] = average[t] - middle @ coefficients
    return Emulator(centre, reference, slope, bend)


def ridge(features: Floats, outcome: Floats) -> Floats:
    """(F,) coefficients of centred features (n, F) for a centred outcome (n,); generalised cross-validation."""
    n = len(features)
    values, vectors = np.linalg.eigh(features.T @ features)
    values = np.maximum(values, 0.0)
    along = vectors.T @ (features.T @ outcome)
    shrunk = values / (values + PENALTIES[:, None])
    left = outcome @ outcome - np.sum(along**2 * (2.0 - shrunk) / (values + PENALTIES[:, None]), axis=1)
    score = left / (n - 1.0 - np.minimum(shrunk.sum(axis=1), n - 2.0)) ** 2
    return vectors @ (along / (values + PENALTIES[np.argmin(score)]))


def _standardised(features: Floats) -> tuple[Floats, Floats, Floats]:
    """(features with mean 0 and SD 1, their means, their SDs); a constant one stays 0."""
    middle, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-12)
    return (features - middle) / scale, middle, scale
