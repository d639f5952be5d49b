"""Would the evidence tell, if a rule of the model were not true? Misspecified worlds simulated and fitted by the model.

Every world is first fitted to what was published, so that it is told from the model by what no other value of the
parameters can imitate, and truths are drawn around that fit. A study set of that world, simulated at its own sizes, is
refitted by the model, and is detected if

    deviance   the sum of squared residuals of the fit, or
    amount     of the change of the figures that this world would make, fitted as one more parameter,

is larger than in 95 % of studies of a world in which the model is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.coordinates import fixed, positions, with_amount
from calibration.evaluations import Report
from calibration.misspecified import World, study_in
from calibration.problem import Problem
from calibration.published_size import Printed, population_at, printed_at
from calibration.refit import Laplace, refit
from calibration.studies import Study
from calibration.targets import published

Floats = NDArray[np.float64]

FALSE_ALARM = 0.05  # of each statistic
DETECTED = 0.8  # rate from which on the evidence would tell
POOLED = 400  # studies behind a change of the population statistics
ROUNDS = 3  # of fitting a world to what was published
WORKERS = 2


@dataclass(frozen=True)
class Detection:
    """Statistics of one world: under the model (N,), in the world (n,), and of what was published."""

    world: World
    null_deviance: Floats
    null_amount: Floats
    deviance: Floats
    amount: Floats
    published_deviance: float
    published_amount: float

    def rate(self, statistic: str) -> float:
        """Share of the world's studies beyond the 95th percentile under the model, of `deviance` or `amount`."""
        bar = np.quantile(getattr(self, f"null_{statistic}"), 1.0 - FALSE_ALARM)
        return float(np.mean(getattr(self, statistic) > bar))

    def p(self, statistic: str) -> float:
        """Share of studies under the model whose statistic is at least that of what was published."""
        null, seen = getattr(self, f"null_{statistic}"), getattr(self, f"published_{statistic}")
        return float((np.sum(null >= seen) + 1) / (len(null) + 1))

    @property
    def detected(self) -> bool:
        """Whether either statistic finds this world often enough."""
        return max(self.rate("deviance"), self.rate("amount")) >= DETECTED


def detect(
    problem: Problem, best: Laplace, studies: Iterable[Study], worlds: Sequence[World], count: int, seed: int,
    progress: Report,
) -> list[Detection]:  # fmt: skip
    """`count` simulated sets of studies under the model and in each world, each refitted by the model.

    `best`: the fit to what was published.
    """
    studies, total = tuple(studies), count * (1 + len(worlds))
    as_published = Printed(published(problem.targets), problem.targets)

    def simulated(here: tuple[Study, ...], xs: Floats, done: int) -> list[Printed]:
        """One of each kind at each of the truths xs (count, P)."""
        run = Parallel(n_jobs=WORKERS, backend="threading", return_as="generator")
        found = []
        for one in run(delayed(printed_at)(problem, here, x, seed, k) for k, x in enumerate(xs)):
            found.append(one)
            progress(done + len(found), total)
        return found

    null = simulated(studies, best.draws(count, seed), 0)
    null_deviance = deviances(problem, null)
    found = []
    for i, world in enumerate(worlds, 1):
        xs, change = fitted_world(problem, best, studies, world, count, seed)
        inside = simulated(in_world(world, studies), xs, i * count)
        found.append(
            Detection(
                world,
                null_deviance,
                amounts(problem, change, null),
                deviances(problem, inside),
                amounts(problem, change, inside),
                best.deviance(),
                float(amounts(problem, change, [as_published])[0]),
            )
        )
    return found


def in_world(world: World, studies: Iterable[Study]) -> tuple[Study, ...]:
    """The studies as they would have gone in that world."""
    return tuple(study_in(world, study) for study in studies)


def fitted_world(
    problem: Problem, best: Laplace, studies: tuple[Study, ...], world: World, count: int, seed: int
) -> tuple[Floats, Floats]:
    """Truths (count, P) with which a world is close to what was published, and what it changes there (T,)."""
    here, size = in_world(world, studies), len(problem.x)
    columns = {one.name: i for i, one in enumerate(problem.priors)}
    held = {columns[name]: problem.priors[columns[name]].position(value) for name, value in world.held.items()}
    x = best.x.copy()
    x[list(held)] = list(held.values())

    def population(those: tuple[Study, ...], where: Floats) -> Floats:
        return population_at(problem, those, problem.targets, where, seed, 0, POOLED)

    for _ in range(ROUNDS):
        change = population(here, x) - problem.emulator.predict(x[None])[0]
        seen = fixed(with_amount(problem, change), held | {size: 1.0})
        fitted = refit(seen)
        x = positions(seen, fitted.x)[:size]
    modelled = x.copy()
    modelled[list(held)] = best.x[list(held)]
    return positions(seen, fitted.draws(count, seed))[:, :size], population(here, x) - population(studies, modelled)


def deviances(problem: Problem, printed: Iterable[Printed]) -> Floats:
    """(n,) of the model's fit to each."""
    return np.array([one.fitted(problem).deviance() for one in printed])


def amounts(problem: Problem, change: Floats, printed: Iterable[Printed]) -> Floats:
    """(n,) how much of a change (T,) of the figures fits each best."""
    seen = with_amount(problem, change)
    return np.array([one.fitted(seen).x[-1] for one in printed])
