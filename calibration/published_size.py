"""One simulated study of each kind, at its own size, as it would have been printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.priors import values
from calibration.problem import Problem
from calibration.studies import STUDIES, Study
from calibration.targets import COUNT, Target, measured, on_scale

Floats = NDArray[np.float64]


def problem_studies(problem: Problem) -> tuple[Study, ...]:
    """The studies whose figures are the problem's targets."""
    return tuple(STUDIES[name] for name in problem.about["studies"])


def as_printed(targets: Iterable[Target], statistics: Mapping[str, float]) -> Floats:
    """(T,) shares, and other values rounded as the papers round them; NaN where there is nobody.

    A median of survival that was not reached is infinite.
    """
    targets = tuple(targets)
    found = measured(targets, statistics)
    for i, one in enumerate(targets):
        if one.kind == COUNT:
            continue
        if np.isnan(found[i]) and np.isfinite(one.longest):
            found[i] = np.inf
        elif np.isfinite(found[i]):
            found[i] = np.round(found[i] / one.rounding) * one.rounding
    return found


@dataclass(frozen=True)
class Simulated:
    """Studies simulated together: `first` (T,), what one of each would print; `population` (T,), all of them pooled."""

    first: Floats
    population: Floats


def simulate_at(
    problem: Problem, studies: Iterable[Study], x: Floats, seed: int, first_replicate: int, pooled: int = 1
) -> Simulated:
    """`pooled` studies of each kind at position x (P,); `population` is on the targets' working scales."""
    record = problem.parameters.record(**values(problem.priors, x))
    one: dict[str, float] = {}
    every: dict[str, float] = {}
    for study in studies:
        observed = study.simulate(record, pooled, seed, first_replicate)
        one |= study.statistics(observed.part(study.replicate_rows(0, pooled)))
        if pooled > 1:
            every |= study.statistics(observed)
    population = on_scale(problem.targets, measured(problem.targets, every or one))
    return Simulated(as_printed(problem.targets, one), population)
