"""Does the method recover what is known? Simulation-based calibration, conditional on what was published.

Which truths? The emulator and the spread of the studies are made for where the posterior lies; a truth from the prior
would most often print figures far from any that were published, where no fit by these means is meant to be right.
So truths are drawn from the posterior given what was published, each has all studies simulated anew at their own
sizes by the model itself, and the posterior of that truth, given what was published *and* what was simulated, must
hold it at uniform ranks (posterior SBC, Säilynoja et al. 2025). That is Talts' check with the posterior in the place
of the prior: it is exact whatever that posterior is, as long as truths and fits use the same one, here the normal
approximation. Fitted is by `refit`; what it leaves out (curvature of the posterior, errors of the emulator, of the
likelihood) counts against it, as it should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.coordinates import around, positions
from calibration.evaluations import Report
from calibration.likelihood import likelihood
from calibration.posterior import SURVIVAL
from calibration.problem import Problem
from calibration.published_size import Printed, population_at, printed_at
from calibration.ranks import Judged, false_alarm_each, judged, rank
from calibration.refit import Laplace
from calibration.studies import Study
from simulator.posterior import LEARNED

Floats = NDArray[np.float64]
# a true position (P,), number of the study -> what is printed, true values of the `SURVIVAL` targets
Simulate = Callable[[Floats, int], tuple[Printed, Floats]]

SEED = 20240611
POOLED = 300  # further studies at each truth, whose pooled survival is the true one
FIRST_POOLED = 10**6  # replicate from which on studies are pooled
DRAWS = 199
LOG_LIKELIHOOD = "log_likelihood"
WORKERS = 2


@dataclass(frozen=True)
class Recovery:
    """Ranks (studies, quantities) of the truths, by name of the quantity."""

    names: tuple[str, ...]
    ranks: Floats

    def judged(self) -> tuple[Judged, ...]:
        """Each quantity, tested so that all tests together raise a false alarm in at most one run of twenty."""
        false_alarm = false_alarm_each(len(self.names))
        return tuple(judged(name, self.ranks[:, i], false_alarm) for i, name in enumerate(self.names))


def informed(posterior: Laplace) -> NDArray[np.int64]:
    """Columns of the parameters that the published figures narrow enough to be called informed."""
    return np.flatnonzero(1.0 - np.sqrt(np.diagonal(posterior.covariance)) >= LEARNED)


def by_simulation(problem: Problem, studies: Iterable[Study], seed: int, pooled: int = POOLED) -> Simulate:
    """All studies by the model itself, with patients of their own for each k."""
    studies = tuple(studies)
    survival = [problem.targets[i] for i in survival_rows(problem)]
    theirs = [study for study in studies if study.name in {one.study for one in survival}]

    def simulate(x: Floats, k: int) -> tuple[Printed, Floats]:
        first = FIRST_POOLED + k * pooled
        true = population_at(problem, theirs, survival, x, seed, first, pooled)
        return printed_at(problem, studies, x, seed, k), true

    return simulate


def survival_rows(problem: Problem) -> list[int]:
    """Columns of the targets that are OS at 36 months of each regimen."""
    return [i for i, one in enumerate(problem.targets) if one.id in SURVIVAL]


def recover(
    problem: Problem, posterior: Laplace, simulate: Simulate, studies: int, seed: int, progress: Report
) -> Recovery:
    """Ranks of truths drawn from `posterior`, in `studies` simulated sets of studies.

    Of informed parameters, of OS, and of log L as a whole, which sees errors that no single parameter shows
    (Modrák et al. 2023).
    """
    seen = around(problem, posterior)
    columns = informed(posterior)
    rows = survival_rows(problem)
    names = (*(problem.priors[i].name for i in columns), *(problem.targets[i].id for i in rows), LOG_LIKELIHOOD)
    truths = np.random.default_rng(seed).standard_normal((studies, len(problem.x)))

    def one(k: int) -> Floats:
        x = positions(seen, truths[k])
        printed, survival = simulate(x, k)
        fitted = printed.fitted(seen)
        drawn = positions(seen, fitted.draws(DRAWS, seed + k))
        m, ms = problem.emulator.predict(x[None]), problem.emulator.predict(drawn)
        wanted = likelihood(printed.targets, problem.spread, printed.data)
        truth = np.concatenate([x[columns], survival, wanted.value(m)])
        return rank(truth, np.column_stack([drawn[:, columns], ms[:, rows], wanted.value(ms)]))

    found = []
    work = Parallel(n_jobs=WORKERS, backend="threading", return_as="generator")(delayed(one)(k) for k in range(studies))
    for ranks in work:
        found.append(ranks)
        progress(len(found), studies)
    return Recovery(names, np.array(found))
