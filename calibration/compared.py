"""A published number beside the same statistic of many simulated studies of the published size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from calibration.catalogue import Row
from calibration.summaries import Floats


def compared(row: Row, drawn: Floats) -> dict[str, Any]:
    """One row: the mean of shares and rates, the median of medians and ratios; z on the scale of its spread."""
    a_median = row.quantity.startswith("median")
    if a_median:
        # a median that is not reached lies beyond every number
        drawn = np.where(np.isnan(drawn), np.inf, drawn)
    else:
        drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        drawn = np.array([np.nan])
    by_middle = a_median or row.unit in ("HR", "P", "P (<)")
    simulated = float(np.median(drawn) if by_middle else drawn.mean())
    low, high = np.percentile(drawn, [2.5, 97.5], method="nearest").tolist()
    published_low, published_high = row.interval
    return {
        "id": row.id,
        "quantity": row.quantity,
        "subgroup": row.subgroup if row.subgroup not in ("all", "") else row.cohort,
        "n": row.n,
        "unit": row.unit,
        "role": row.role,
        "reported": row.value,
        "simulated": defined(simulated),
        "published_low": defined(published_low),
        "published_high": defined(published_high),
        "predictive_low": defined(low),
        "predictive_high": defined(high),
        "inside_published": None if math.isnan(published_low) else bool(published_low <= simulated <= published_high),
        "inside_predictive": bool(low <= row.value <= high),
        "z": defined(_z(row, drawn, simulated)),
        "reading": row.reading,
    }


def _z(row: Row, drawn: Floats, simulated: float) -> float:
    """(reported - simulated) / spread; P-values have none."""
    if row.unit.startswith("P") or not math.isfinite(simulated):
        return math.nan
    finite = drawn[np.isfinite(drawn)]
    if row.unit == "HR":
        return float((math.log(row.value) - math.log(simulated)) / np.std(np.log(finite)))
    spread = float(np.std(finite))
    return (row.value - simulated) / spread if spread > 0 else math.nan


def defined(value: float) -> float | None:
    """A finite number, else None."""
    return value if math.isfinite(value) else None


def inside_counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many fitted rows lie inside the published interval, and the largest |z|."""
    judged = [row for row in rows if row["role"] == "fitted" and row["inside_published"] is not None]
    z = [abs(row["z"]) for row in rows if row["role"] == "fitted" and row["z"] is not None]
    return {
        "n": len(judged),
        "inside": sum(row["inside_published"] for row in judged),
        "largest_abs_z": max(z, default=None),
        "rows_without_interval": sum(row["role"] == "fitted" for row in rows) - len(judged),
    }


def ledger_lines(published: dict[str, float | None], ledgers: list[dict[str, float]]) -> list[dict[str, Any]]:
    """What was printed (None: nothing), and the mean and 95 % of replicate studies, line by line."""
    lines = []
    for quantity, printed in published.items():
        drawn = np.array([one[quantity] for one in ledgers])
        low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
        lines.append(
            {"quantity": quantity, "published": printed, "simulated": float(drawn.mean()), "low": low, "high": high}
        )
    return lines
