"""Studies simulated at some parameters: one of each kind as it would have been printed, or many of them pooled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.priors import values
from calibration.problem import Problem
from calibration.refit import Laplace, refit
from calibration.studies import STUDIES, Study
from calibration.targets import COUNT, Target, arithmetic, measured, on_scale

Floats = NDArray[np.float64]

# Of how many a share is one, in a simulated study, where that differs from study to study. Of the twelve SCT of
# Wudhikarn ten are those of W067 (B16).
_SCT = "12 / 10 * W052 * W067 / 17"
OUT_OF = {
    "K093": "K091", "K095": "K091", "K079": "K074", "K075": "K074", "K076": "K074 - K075", "K054": "K051",
    "K153": "K142 + K143", "K103": "(K142 + K143) * (1 - K153 / 53)",
    "K160": "K167 + K168", "K163": "K167 + K168", "K176": "K167 + K168", "K177": "(K167 + K168) * K176 / 10",
    "W043": "W042", "W052": "25 - W046", "W053": "W052", "W054": "W046", "W067": "W052",
    "W095": _SCT, "W115": _SCT, "W116": _SCT, "W124": f"{_SCT} * (1 - W116 / 12)",
}  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """What a simulated study of each kind printed: `data` (T,), and `targets` with the denominators it had."""

    data: Floats
    targets: tuple[Target, ...]

    def sized(self, problem: Problem) -> Problem:
        """`problem` with these denominators, so that a share of few weighs as one of few."""
        return replace(problem, targets=self.targets)

    def fitted(self, problem: Problem) -> Laplace:
        """The problem's refit to these data."""
        return refit(self.sized(problem), self.data)


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


def own_denominators(targets: Iterable[Target], statistics: Mapping[str, float]) -> tuple[Target, ...]:
    """The targets with the denominators of a simulated study; where it had nobody, the printed one stays."""
    return tuple(_sized(one, arithmetic(OUT_OF[one.id], statistics)) if one.id in OUT_OF else one for one in targets)


def _sized(target: Target, patients: float) -> Target:
    return replace(target, out_of=round(patients)) if patients >= 0.5 else target


def printed_at(problem: Problem, studies: Iterable[Study], x: Floats, seed: int, replicate: int) -> Printed:
    """One study of each kind at position x (P,); another replicate is another set of patients."""
    found = _statistics(problem, studies, x, seed, replicate, 1)
    return Printed(as_printed(problem.targets, found), own_denominators(problem.targets, found))


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
