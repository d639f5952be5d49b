"""Studies simulated at some parameters: one of each kind as it would have been printed, or many of them pooled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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


def printed_at(problem: Problem, studies: Iterable[Study], x: Floats, seed: int, replicate: int) -> Floats:
    """(T,) what one study of each kind prints at position x (P,); another replicate is another set of patients."""
    return as_printed(problem.targets, _statistics(problem, studies, x, seed, replicate, 1))


def population_at(
    problem: Problem,
    studies: Iterable[Study],
    targets: Sequence[Target],
    x: Floats,
    seed: int,
    first_replicate: int,
    pooled: int,
) -> Floats:
    """(targets,) of the studies' own targets at x (P,) on their working scales, from `pooled` studies together."""
    return on_scale(targets, measured(targets, _statistics(problem, studies, x, seed, first_replicate, pooled)))


def _statistics(
    problem: Problem, studies: Iterable[Study], x: Floats, seed: int, first_replicate: int, pooled: int
) -> dict[str, float]:
    record = problem.parameters.record(**values(problem.priors, x))
    found: dict[str, float] = {}
    for study in studies:
        found |= study.statistics(study.simulate(record, pooled, seed, first_replicate))
    return found
