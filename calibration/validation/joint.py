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
from calibration.published_size import as_printed, own_denominators
from calibration.refit import Laplace, refit
from calibration.validation.predictive import WORKERS, Report, Statistics

Floats = NDArray[np.float64]

FEWEST_TARGETS = 10  # of a study that is judged as a whole


@dataclass(frozen=True)
class JointFit:
    """Residual deviance of one study at the fit beside those of `replicates` simulated and refitted ones."""

    study: str
    targets: int
    deviance: float
    expected: float
    joint_p: float
    replicates: int


def joint_fits(problem: Problem, fit: Laplace, simulated: Sequence[Statistics], report: Report) -> list[JointFit]:
    """One for each study with at least FEWEST_TARGETS targets, from studies simulated at the fit."""
    own = {
        name: np.array([one.study == name for one in problem.targets])
        for name in dict.fromkeys(one.study for one in problem.targets)
    }
    judged = {name: mine for name, mine in own.items() if np.count_nonzero(mine) >= FEWEST_TARGETS}

    def again(seen: Statistics) -> list[float]:
        own_size = replace(problem, targets=own_denominators(problem.targets, seen))
        refitted = refit(own_size, as_printed(problem.targets, seen), start=fit.x)
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
