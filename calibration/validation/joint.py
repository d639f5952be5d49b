"""Does a whole study fit? Its residuals at the fit against those of simulated studies, each fitted the same way.

The fit has moved towards the data, so that residuals are smaller than those of a study it has not seen; studies
simulated at the fit are therefore refitted too, under the same priors, before their residuals are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.problem import Problem
from calibration.refit import Laplace, refit
from calibration.targets import COUNT, Target, arithmetic, measured
from calibration.validation.predictive import WORKERS, Report, Statistics

Floats = NDArray[np.float64]

FEWEST_TARGETS = 10  # of a study that is judged as a whole
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
class JointFit:
    """Residual deviance of one study at the fit beside those of `replicates` simulated and refitted ones."""

    study: str
    targets: int
    deviance: float
    expected: float
    joint_p: float
    replicates: int


def would_print(targets: Sequence[Target], seen: Statistics) -> Floats:
    """(T,) data of a simulated study: shares, and values rounded as printed; infinite for a median not reached."""
    found = measured(targets, seen)
    for i, one in enumerate(targets):
        if one.kind != COUNT:
            not_reached = np.isnan(found[i]) and np.isfinite(one.longest)
            found[i] = np.inf if not_reached else np.round(found[i] / one.rounding) * one.rounding
    return found


def out_of(targets: Sequence[Target], seen: Statistics) -> tuple[Target, ...]:
    """The targets with the denominators of a simulated study, so that a share of few weighs as one of few."""
    return tuple(_sized(one, arithmetic(OUT_OF[one.id], seen)) if one.id in OUT_OF else one for one in targets)


def _sized(target: Target, patients: float) -> Target:
    return replace(target, out_of=round(patients)) if patients >= 0.5 else target  # of nobody there is no share


def joint_fits(problem: Problem, fit: Laplace, simulated: Sequence[Statistics], report: Report) -> list[JointFit]:
    """One for each study with at least FEWEST_TARGETS targets, from studies simulated at the fit."""
    own = {
        name: np.array([one.study == name for one in problem.targets])
        for name in dict.fromkeys(one.study for one in problem.targets)
    }
    judged = {name: mine for name, mine in own.items() if np.count_nonzero(mine) >= FEWEST_TARGETS}

    def again(seen: Statistics) -> list[float]:
        own_size = replace(problem, targets=out_of(problem.targets, seen))
        refitted = refit(own_size, would_print(problem.targets, seen), start=fit.x)
        return [deviance(refitted, mine) for mine in judged.values()]

    drawn = []
    run = Parallel(n_jobs=WORKERS, backend="threading", return_as="generator")
    for one in run(delayed(again)(seen) for seen in simulated):
        drawn.append(one)
        report(len(drawn), len(simulated))
    return [
        judgement(name, int(np.count_nonzero(mine)), deviance(fit, mine), np.array(drawn)[:, at])
        for at, (name, mine) in enumerate(judged.items())
    ]


def deviance(fit: Laplace, rows: NDArray[np.bool_]) -> float:
    """Sum of squared residuals of some targets."""
    return float(np.nansum(fit.residuals[rows] ** 2))


def judgement(study: str, targets: int, observed: float, drawn: Floats) -> JointFit:
    """p: share of studies, the published one among them, with residuals at least as large."""
    p = (1.0 + np.count_nonzero(drawn >= observed)) / (len(drawn) + 1.0)
    return JointFit(study, targets, observed, float(drawn.mean()), p, len(drawn))
