"""OS and RFS curves of simulated studies: their median, their middle 95 %, and the median numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.described import DescribedStudy
from calibration.quantities import relapse_free
from calibration.seen import Seen
from simulator.estimators.kaplan_meier import kaplan_meier, numbers_at_risk

RISK_EVERY_MONTHS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """OS or RFS of one arm on a monthly grid: median and 95 % of simulated studies, and median numbers at risk."""

    arm: str
    endpoint: str
    months: Floats
    median: Floats
    low: Floats
    high: Floats
    at_risk_months: Floats
    at_risk: Floats


def _grid(study: DescribedStudy) -> tuple[Floats, Floats]:
    last = study.head.follow_up.longest_months
    return np.arange(0.0, last + 1e-9, 1.0), np.arange(0.0, last + 1e-9, RISK_EVERY_MONTHS)


def study_curves(study: DescribedStudy, arms: Sequence[Seen]) -> list[Floats]:
    """Per arm and endpoint: survival on the grid, then numbers at risk."""
    months, risk_months = _grid(study)
    drawn = []
    for seen in arms:
        rfs_months, rfs_event = relapse_free(seen)
        for time, event in (
            (seen.follow_up_months, seen.dead),
            (rfs_months[seen.responder], rfs_event[seen.responder]),
        ):
            survival = kaplan_meier(time, event, months).survival if len(time) else np.full(len(months), np.nan)
            drawn.append(np.r_[survival, numbers_at_risk(time, risk_months)])
    return drawn


def bands(study: DescribedStudy, drawn: Sequence[Sequence[Floats]]) -> tuple[Curve, ...]:
    months, risk_months = _grid(study)
    labels = [(arm.name, endpoint) for arm in study.arms for endpoint in ("os", "rfs")]
    found = []
    for place, (arm, endpoint) in enumerate(labels):
        low, median, high = np.nanpercentile([one[place] for one in drawn], [2.5, 50.0, 97.5], axis=0)
        m = len(months)
        found.append(Curve(arm, endpoint, months, median[:m], low[:m], high[:m], risk_months, median[m:]))
    return tuple(found)
