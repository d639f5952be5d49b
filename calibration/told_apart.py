"""The kinds of uncertainty in a prediction told apart, and the assumptions that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from calibration.printed import Printed

MOSTLY = 0.95  # of simulated studies in which a median must be reached for its variance to have a meaning
CHANCE_SDS = 4.0  # of a rank correlation under no relation: one false name in 16,000

Floats = NDArray[np.float64]


def variance_shares(kinds: Sequence[str], by_kind: Sequence[Floats]) -> dict[str, float]:
    """What each kind adds to the variance, as shares that sum to 1; empty where a median is often not reached."""
    variances = []
    for drawn in by_kind:
        if np.mean(np.isfinite(drawn)) < MOSTLY:
            return {}
        variances.append(float(np.var(drawn[np.isfinite(drawn)])))
    steps = np.maximum(np.diff([0.0, *variances]), 0.0)  # chance can make a small step negative
    return dict(zip(kinds, (steps / steps.sum()).tolist(), strict=True)) if steps.sum() > 0.0 else {}


def prior_behind(
    drawn: Mapping[Printed, Floats], records: np.recarray, prior: Sequence[str]
) -> dict[Printed, list[str]]:
    """Prior parameters whose rank correlation with a quantity over the worlds is beyond chance, strongest first."""
    beyond_chance = max(0.1, CHANCE_SDS / np.sqrt(len(records)))
    varied = [name for name in prior if np.ptp(records[name]) > 0.0]
    ranks = {name: rankdata(records[name]) for name in varied}
    found: dict[Printed, list[str]] = {}
    for key, values in drawn.items():
        known = ~np.isnan(values)
        if np.count_nonzero(known) < len(records) / 2 or np.ptp(np.minimum(values[known], 1e9)) == 0.0:
            found[key] = []
            continue
        own = rankdata(values[known])
        strength = {name: abs(np.corrcoef(rank[known], own)[0, 1]) for name, rank in ranks.items()}
        strong = [name for name in varied if strength[name] > beyond_chance]
        found[key] = sorted(strong, key=lambda name: -strength[name])
    return found
