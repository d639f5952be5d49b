"""What the evidence can tell about every parameter, and what it cannot: prior beside posterior, and through which rows.

Means, standard deviations and shrinkage are those of the posterior draws; correlations, directions and the influence
of single rows are those of the normal approximation at the fit (`refit`), which has no sampling noise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from calibration.coordinates import fixed
from calibration.priors import Prior
from calibration.problem import Problem
from calibration.refit import Laplace, refit
from calibration.targets import published
from simulator.parameters import DEFINITIONS, Definition, ParameterError
from simulator.posterior import LEARNED

Floats = NDArray[np.float64]

PRIOR_QUANTILES = ndtri((np.arange(2000) + 0.5) / 2000)  # positions that stand for a prior
GRID = np.linspace(-3.0, 3.0, 25)  # of a profile, prior standard deviations
BY_NAME = {one.name: one for one in DEFINITIONS}


@dataclass(frozen=True)
class Believed:
    """A prior or posterior in natural units, and `mean`, `sd` on the working scale."""

    natural_mean: float
    natural_sd: float
    low: float  # 95 %
    high: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Parameter:
    """One uncertain parameter: `shrinkage` 1 - posterior SD / prior SD on the working scale."""

    definition: Definition
    origin: str
    scale: str
    prior: Believed
    posterior: Believed
    shrinkage: float

    @property
    def phase(self) -> str:
        """The first of the phases that may read it."""
        return self.definition.phases.split()[0]

    @property
    def label(self) -> str:
        """`prior` where the evidence taught next to nothing."""
        return "prior" if self.shrinkage < LEARNED else "informed"


@dataclass(frozen=True)
class Influence:
    """Of leaving one target out, (T, P): `shift` of the mean in posterior SDs, `growth` of the SD as a share of it."""

    shift: Floats
    growth: Floats


@dataclass(frozen=True)
class Direction:
    """A combination of parameters in prior SDs, unit length; `shrinkage` along it."""

    shrinkage: float
    weights: Floats  # (P,)


@dataclass(frozen=True)
class Identified:
    """Everything `allpath identify` knows: P parameters, T targets."""

    problem: Problem
    laplace: Laplace
    parameters: tuple[Parameter, ...]
    correlation: Floats  # (P, P)
    influence: Influence
    best: tuple[Direction, ...]
    worst: tuple[Direction, ...]  # among the informed parameters alone
    worth: float  # parameters that the evidence determines, as a sum of 1 - variance ratios

    def column(self, name: str) -> int:
        """Of a parameter; `ParameterError` if it has no range."""
        names = [one.definition.name for one in self.parameters]
        if name not in names:
            what = "has no range: it is not uncertain" if name in BY_NAME else "unknown parameter"
            raise ParameterError([f"--parameter = {name}: {what}; `allpath parameters` lists them"])
        return names.index(name)


def identify(problem: Problem, draws: Path, directions: int = 6) -> Identified:
    """From the problem and the draws (Parquet) written with it; `ParameterError` if they do not belong together."""
    positions, told = read_draws(problem, draws)
    laplace = refit(problem)
    sd = np.sqrt(np.diagonal(laplace.covariance))
    parameters = tuple(
        _parameter(one, positions[:, i], told[one.name]["shrinkage"]) for i, one in enumerate(problem.priors)
    )
    informed = np.array([one.label == "informed" for one in parameters])
    return Identified(
        problem,
        laplace,
        parameters,
        laplace.covariance / np.outer(sd, sd),
        influence(problem, laplace, published(problem.targets)),
        directions_of(laplace.covariance)[:directions],
        directions_of(laplace.covariance, np.flatnonzero(informed))[::-1][:directions],
        float(np.trace(np.eye(len(sd)) - laplace.covariance)),
    )


def read_draws(problem: Problem, path: Path) -> tuple[Floats, dict[str, Any]]:
    """Positions (draws, P), and what the file tells of each parameter."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[b"allpath"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ParameterError([f"{path.name}: cannot be read; `allpath posterior` writes it"]) from None
    keys = ("id", "parameter_values", "targets_sha256")
    differ = [key for key in keys if about[key] != problem.about[key]]
    if differ or any(one.name not in about["parameters"] for one in problem.priors):
        raise ParameterError([f"{path.name}: not of the same fit as {problem.about['id']}.npz ({', '.join(differ)})"])
    columns = [[one.position(float(value)) for value in table.column(one.name).to_numpy()] for one in problem.priors]
    return np.array(columns).T, about["parameters"]


def influence(problem: Problem, laplace: Laplace, data: Floats) -> Influence:
    """Each target of data (T,) left out in turn; what is not there (NaN) moves nothing. `laplace`: fit to all."""
    sd = np.sqrt(np.diagonal(laplace.covariance))
    size = (len(problem.targets), len(sd))
    shift, growth = np.zeros(size), np.zeros(size)
    for t in np.flatnonzero(~np.isnan(data)):
        keep = np.arange(size[0]) != t
        without = refit(problem, data, keep, laplace.x)
        shift[t] = (laplace.x - without.x) / sd
        growth[t] = np.sqrt(np.diagonal(without.covariance)) / sd - 1.0
    return Influence(shift, growth)


def directions_of(covariance: Floats, columns: NDArray[np.int64] | None = None) -> tuple[Direction, ...]:
    """Principal directions of a covariance (P, P) in prior units, or of some of its columns; best informed first."""
    size = len(covariance)
    columns = np.arange(size) if columns is None else columns
    variances, vectors = np.linalg.eigh(covariance[np.ix_(columns, columns)])
    found = []
    for variance, vector in zip(variances, vectors.T, strict=True):
        weights = np.zeros(size)
        weights[columns] = vector * np.sign(vector[np.argmax(np.abs(vector))])
        found.append(Direction(1.0 - float(np.sqrt(variance)), weights))
    return tuple(found)


def profile(problem: Problem, column: int, data: Floats, grid: Floats = GRID) -> Floats:
    """(grid,) log likelihood with one parameter held at each position, all others refitted, less its greatest value.

    The priors of the others count, that of the parameter does not: a flat profile means that the evidence is silent.
    """
    found = np.array([refit(fixed(problem, {column: float(position)}), data).log_density for position in grid])
    return found - found.max()


def _parameter(prior: Prior, positions: Floats, shrinkage: float) -> Parameter:
    return Parameter(
        BY_NAME[prior.name],
        prior.origin,
        prior.scale,
        _believed(prior, PRIOR_QUANTILES),
        _believed(prior, positions),
        float(shrinkage),
    )


def _believed(prior: Prior, positions: Floats) -> Believed:
    natural = prior.value(positions)
    low, high = np.quantile(natural, [0.025, 0.975])
    working = prior.mean + prior.sd * positions
    return Believed(
        float(natural.mean()),
        float(natural.std()),
        float(low),
        float(high),
        float(working.mean()),
        float(working.std()),
    )
