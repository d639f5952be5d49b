"""Targets of a reader's own study: curve points and printed numbers on near-normal scales, and their spread.

Survival is on the complementary log-log scale, other shares on logits, months on logs, counts on square roots. What
lies on the edge of its scale is moved half a patient inwards; a median that is not reached counts as twice the
longest follow-up. Numbers at risk from day 1 say who was censored when, and replace the study's follow-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.own_data import OwnData, ReadCurve
from calibration.predict import seen_arm, study_quantities
from calibration.printed import Printed
from calibration.quantities import event_free, rate_at, relapse_free
from calibration.seen import Seen, censored_by
from calibration.subgroups import members

READING_SD = 0.005  # of survival: half a point of a hundred
NORMAL_975 = 1.959963984540054

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """One number to be met: natural value, its scale, patients behind it, and the printed interval (NaN: none)."""

    label: str
    kind: str
    """survival, share, months or count."""
    reported: float
    patients: int
    low: float = math.nan
    high: float = math.nan
    n: float = math.nan
    curve: ReadCurve | None = None
    month: float = math.nan
    printed: Printed | None = None
    longest_months: float = math.nan


def targets_of(data: OwnData) -> tuple[Target, ...]:
    """Curve points first, then printed numbers."""
    sizes = {arm.name: arm.patients for arm in data.study.arms}
    only = next(iter(sizes))
    longest = data.study.head.follow_up.longest_months
    found = []
    for one in data.curves:
        arm = one.stated.arm or only
        months = one.curve.points(one.stated.points)
        whose = " ".join(word for word in (one.stated.endpoint.upper(), one.stated.subgroup, one.stated.arm) if word)
        for month, survival in zip(months, one.curve.at(months), strict=True):
            label = f"{whose} at month {month:.3g}"
            found.append(Target(label, "survival", float(survival), sizes[arm], curve=one, month=float(month)))
        if one.stated.total_events is not None:
            found.append(Target(f"{whose} events", "count", float(one.stated.total_events), sizes[arm], curve=one))
    for row in data.statistics:
        size = sizes[row.printed.arm or only]
        found.append(
            Target(
                row.printed.name, _kind(row.printed), row.value, size, row.low, row.high, row.n,
                printed=row.printed, longest_months=longest,
            )
        )  # fmt: skip
    return tuple(found)


def _kind(key: Printed) -> str:
    if key.unit != "probability":
        return "months" if key.unit == "months" else "count"
    return "survival" if key.quantity.split("_")[0] in ("os", "rfs", "efs") else "share"


def on_scale(target: Target, value: float) -> float:
    """A natural value on the target's scale."""
    if target.kind == "months":
        limit = 2.0 * target.longest_months
        return math.log(min(max(value, 0.01), limit)) if not math.isnan(value) else math.log(limit)
    if target.kind == "count":
        return math.sqrt(max(value, 0.0))
    edge = 0.5 / target.patients
    p = min(max(value if not math.isnan(value) else 0.5, edge), 1.0 - edge)
    return math.log(-math.log(p)) if target.kind == "survival" else math.log(p / (1.0 - p))


def off_scale(target: Target, y: float) -> float:
    """Inverse of `on_scale`."""
    if target.kind == "months":
        return math.exp(y)
    if target.kind == "count":
        return y * y
    return math.exp(-math.exp(y)) if target.kind == "survival" else 1.0 / (1.0 + math.exp(-y))


def measured(
    data: OwnData, targets: tuple[Target, ...], parameters: np.recarray, pooled: int, replicate: int
) -> Floats:
    """(k,) targets on their scales in one simulated study: of its own size, or of `pooled` patients an arm."""
    study = data.study
    if pooled:
        study = replace(study, arms=tuple(replace(arm, patients=pooled) for arm in study.arms))
    arms = [_observed(data, seen_arm(study, at, parameters, replicate), at) for at in range(len(study.arms))]
    numbers = study_quantities(study, arms) if data.statistics else {}
    place = {arm.name: at for at, arm in enumerate(study.arms)}
    found = []
    for one in targets:
        if one.curve:
            value = _on_curve(arms[place.get(one.curve.stated.arm, 0)], one.curve, one.month)
        else:
            assert one.printed
            value = numbers[one.printed]
        found.append(on_scale(one, value * (one.patients / pooled if pooled and one.kind == "count" else 1.0)))
    return np.array(found)


def _observed(data: OwnData, seen: Seen, arm: int) -> Seen:
    """An arm as seen: with numbers at risk of all its patients from day 1, they say who was censored when."""
    name = data.study.arms[arm].name
    for one in data.curves:
        stated = one.stated
        share = one.curve.observed_share()
        if share and stated.endpoint == "os" and not stated.subgroup and stated.arm in (name, ""):
            return censored_by(seen, *share, data.study.head.follow_up.longest_months)
    return seen


def _on_curve(seen: Seen, one: ReadCurve, month: float) -> float:
    """Kaplan-Meier survival of the curve's endpoint and subgroup at a month; without one (NaN) all its events."""
    part = seen.part(members(one.stated.subgroup, seen)) if one.stated.subgroup else seen
    group = part.responder if one.stated.endpoint == "rfs" else np.ones(len(part.lives), bool)
    if one.stated.endpoint == "os":
        months, event = part.follow_up_months, part.dead
    else:
        months, event = relapse_free(part) if one.stated.endpoint == "rfs" else event_free(part)
    return float(np.count_nonzero(event & group)) if math.isnan(month) else rate_at(months, event, group, month)


def spreads(targets: tuple[Target, ...], at_size: Floats) -> Floats:
    """Standard error (k,) of each target on its scale: from its printed interval, else from n, else as simulated."""
    simulated = np.maximum(at_size.std(axis=0, ddof=1), 1e-3)
    found = []
    for target, spread in zip(targets, simulated, strict=True):
        if not math.isnan(target.low):
            width = abs(on_scale(target, target.high) - on_scale(target, target.low))
            spread = max(width / (2.0 * NORMAL_975), 1e-3)
        elif target.kind == "share" and not math.isnan(target.n):
            p = min(max(target.reported, 0.5 / target.n), 1.0 - 0.5 / target.n)
            spread = 1.0 / math.sqrt(target.n * p * (1.0 - p))
        found.append(float(spread))
    return np.array(found)


def reading_errors(targets: tuple[Target, ...]) -> Floats:
    """Standard error (k,) of reading each curve point off a picture, on its scale; 0 for printed numbers."""
    found = np.zeros(len(targets))
    for place, target in enumerate(targets):
        if target.kind == "survival" and target.curve:
            higher, lower = (on_scale(target, target.reported + step) for step in (READING_SD, -READING_SD))
            found[place] = abs(higher - lower) / 2.0
    return found
