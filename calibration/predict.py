"""Predictive intervals for a described study at its own size, before its results are seen.

Each simulated study is a world (`worlds`: parameters, attribution, between-trial effects) with its own patients. The
same patients are simulated again in worlds that hold fewer kinds of uncertainty; the steps in variance are what each
kind adds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.described import DescribedStudy
from calibration.prediction_curves import Curve, bands, study_curves
from calibration.printed import Printed, printed
from calibration.quantities import quantities
from calibration.seen import Seen, see
from calibration.subgroups import members
from calibration.told_apart import prior_behind, variance_shares
from calibration.worlds import KINDS, worlds
from simulator.clocks.cohort import live_table
from simulator.parameters import ParameterSet
from simulator.patient import new_patients
from simulator.posterior import Posterior
from simulator.strategy import DAYS_PER_MONTH

LEVEL = 0.95
BLANK = new_patients(1)
CHUNK = 25  # studies per piece of work
ARM_IDS = 2**40  # each arm has patients of its own
END_MARGIN_DAYS = 400.0  # lives go on beyond the cut, as everywhere in the simulator
LADDER = 1000  # studies with fewer kinds of uncertainty: a variance within 9 % (95 %)

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Prediction:
    """Drawn quantities (studies,) by name, what each kind of uncertainty adds, curves, and what it rests on."""

    study: DescribedStudy
    posterior: Posterior
    replicates: int
    between_trials: bool
    drawn: dict[Printed, Floats]
    shares: dict[Printed, dict[str, float]]
    rests_on: dict[Printed, list[str]]
    """Prior parameters with which a quantity moves: what it says of them is an assumption."""
    curves: tuple[Curve, ...]

    def quantity(self, key: Printed) -> dict[str, float | None]:
        """{value, low, high}: the mean (of medians the median) and the middle 95 %; null: undefined, not reached.

        Where nearly all studies do not reach a median, it is at least the longest follow-up.
        """
        drawn = self.drawn[key][~np.isnan(self.drawn[key])]
        if not len(drawn):
            return {"value": None, "low": None, "high": None}
        tail = 100.0 * (1.0 - LEVEL) / 2.0
        low = float(np.percentile(drawn, tail, method="lower"))
        high = float(np.percentile(drawn, 100.0 - tail, method="higher"))
        value = float(np.median(drawn)) if key.quantity.startswith("median_") else float(np.mean(drawn))
        if np.isinf(low):
            low = self.study.head.follow_up.longest_months
        cell = {"value": value, "low": low, "high": high}
        return {word: each if np.isfinite(each) else None for word, each in cell.items()}

    def not_reached(self, key: Printed) -> float:
        """Share of simulated studies in which a median is not reached."""
        return float(np.mean(np.isinf(self.drawn[key])))

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form; nothing undefined but null."""
        from calibration.prediction_text import extra_keys

        return extra_keys(self) | {"quantities": {key.name: self.quantity(key) for key in self.drawn}}


def predict(
    study: DescribedStudy,
    point: ParameterSet,
    posterior: Posterior,
    replicates: int = 2000,
    between_trials: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prediction:
    """Simulate `replicates` studies in worlds of every kind of uncertainty, and again with fewer kinds."""
    kinds = KINDS if between_trials else KINDS[:-1]
    few = min(replicates, LADDER)
    counts = [few] * (len(kinds) - 1) + [replicates]
    before = 0

    def step(done: int, _: int) -> None:
        if progress is not None:
            progress(before + done, sum(counts))

    found: list[dict[Printed, Floats]] = []
    for kind, count in zip(kinds, counts, strict=True):
        records = worlds(point, posterior, kind, count, study.head.seed)
        drawn, curves = simulate(study, records, workers, step, with_curves=kind == kinds[-1])
        found.append(drawn)
        before += count
    shares = {key: variance_shares(kinds, [one[key][:few] for one in found]) for key in drawn}
    rests_on = prior_behind(drawn, records, posterior.prior)
    return Prediction(study, posterior, replicates, between_trials, drawn, shares, rests_on, curves)


def simulate(
    study: DescribedStudy,
    records: np.recarray,
    workers: int | None = None,
    progress: Progress | None = None,
    with_curves: bool = False,
) -> tuple[dict[Printed, Floats], tuple[Curve, ...]]:
    """One study in each world of `records` (R,): quantities (R,) by what is printed, and the curves of all of them."""
    count = len(records)
    pieces = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    run = Parallel(n_jobs=workers or 2, backend="threading", return_as="generator")
    found: list[dict[Printed, float]] = []
    drawn_curves: list[list[Floats]] = []
    for rows, curves in run(delayed(_studies)(study, records, piece, with_curves) for piece in pieces):
        found += rows
        drawn_curves += curves
        if progress is not None:
            progress(len(found), count)
    by_key = {key: np.array([row[key] for row in found]) for key in found[0]}
    return by_key, bands(study, drawn_curves) if with_curves else ()


def _studies(
    study: DescribedStudy, records: np.recarray, piece: range, with_curves: bool
) -> tuple[list[dict[Printed, float]], list[list[Floats]]]:
    rows, curves = [], []
    for replicate in piece:
        arms = [
            seen_arm(study, arm, records[[replicate]].view(np.recarray), replicate) for arm in range(len(study.arms))
        ]
        rows.append(study_quantities(study, arms))
        if with_curves:
            curves.append(study_curves(study, arms))
    return rows, curves


def seen_arm(study: DescribedStudy, arm: int, parameters: np.recarray, replicate: int) -> Seen:
    """The patients of one arm of one simulated study, as the study sees them."""
    size, follow_up = study.arms[arm].patients, study.head.follow_up
    table = np.empty(size, BLANK.dtype).view(np.recarray)
    live_table(
        table, BLANK, np.uint64(study.head.seed), arm * ARM_IDS + replicate * size,
        study.population_record, parameters, study.arms[arm].record,
        follow_up.longest_months * DAYS_PER_MONTH + END_MARGIN_DAYS,
    )  # fmt: skip
    return see(table, follow_up.shortest_months, follow_up.longest_months, follow_up.lost_per_year)


def study_quantities(study: DescribedStudy, arms: Sequence[Seen]) -> dict[Printed, float]:
    """Every quantity of one simulated study, from its arms as seen."""
    head = study.head
    found = {}
    for arm, seen in zip(study.arms, arms, strict=True):
        for subgroup in ("", *head.subgroups):
            part = seen.part(members(subgroup, seen)) if subgroup else seen
            for name, value in quantities(part, head.months, head.landmark_months, head.landmark_sct).items():
                found[Printed(name, subgroup, arm.name if len(study.arms) > 1 else "")] = value
    return {key: found[key] for key in printed(study)}
