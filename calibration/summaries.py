"""What every study's estimators share: shares, medians and Kaplan-Meier rates of groups, in the catalogue's units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.catalogue import load_catalogue
from simulator.estimators import survival_at

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def share(part: Flags, whole: Flags) -> float:
    """Share of `whole` that is also `part`; NaN without any."""
    total = np.count_nonzero(whole)
    return float(np.count_nonzero(part & whole) / total) if total else np.nan


def middle(values: Floats) -> float:
    """Median; NaN without values."""
    return float(np.median(values)) if len(values) else np.nan


def grouped_median(values: Floats) -> float:
    """Median of integers, interpolated within the middle class so that it moves smoothly with its share."""
    if not len(values):
        return np.nan
    m = np.median(values)
    below, at = np.mean(values < m), np.mean(values == m)
    return float(m - 0.5 + (0.5 - below) / at) if at else float(m)


def rate(time: Floats, event: Flags, group: Flags, at: float) -> float:
    """Kaplan-Meier survival of a group at a time, per cent; NaN without patients."""
    return 100.0 * survival_at(time[group], event[group], at) if group.any() else np.nan


def in_units(shares: dict[str, float], study: str) -> dict[str, float]:
    """Shares as the catalogue has them: per cent, or the expected count at the printed denominator."""
    rows = load_catalogue(study)
    return {key: part * (100.0 if rows[key].unit == "%" else float(rows[key].n or 1)) for key, part in shares.items()}
