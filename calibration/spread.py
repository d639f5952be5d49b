"""How far the statistics of one study of the published size lie from those of a very large one, and together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.studies import Study
from calibration.targets import COUNT, Target, measured, on_scale

Floats = NDArray[np.float64]

REPLICATES = 4000  # simulated studies; 20 for each of its targets is the least


@dataclass(frozen=True)
class Spread:
    """Of `targets` (T), from `replicates` simulated studies: covariance (T, T) and mean (T,) of (study - population).

    Shares differ as shares, other values on their working scale. Nothing is shared between studies. `error` (T,):
    SD of the error of an emulator that stands for the simulation, in SDs of one study; 0 without one.
    """

    covariance: Floats
    bias: Floats
    replicates: int
    error: Floats


def each_study(study: Study, observed: Any, replicates: int) -> list[dict[str, float]]:
    """The statistics of each of `replicates` studies of the published size that were simulated together, by row id."""
    return Parallel(n_jobs=2, backend="threading")(
        delayed(study.statistics)(observed.part(study.replicate_rows(r, replicates))) for r in range(replicates)
    )


def estimate_spread(
    studies: Iterable[Study],
    targets: tuple[Target, ...],
    parameters: np.recarray,
    seed: int,
    replicates: int = REPLICATES,
) -> Spread:
    """At these parameters. A statistic that a study does not have counts as average, as does an infinite one."""
    covariance, bias = np.zeros((len(targets), len(targets))), np.zeros(len(targets))
    for study in studies:
        own = [i for i, one in enumerate(targets) if one.study == study.name]
        if replicates < 20 * len(own):
            raise ValueError(f"{study.name}: {len(own)} targets need at least {20 * len(own)} simulated studies")
        mine = [targets[i] for i in own]
        observed = study.simulate(parameters, replicates, seed)
        population = _comparable(mine, study.statistics(observed))
        drawn = np.array([_comparable(mine, one, one_study=True) for one in each_study(study, observed, replicates)])
        gap = drawn - population
        gap[~np.isfinite(gap)] = np.nan
        average = np.nanmean(gap, axis=0)
        gap = np.where(np.isnan(gap), average, gap)
        covariance[np.ix_(own, own)] = np.cov(gap.T)
        bias[own] = average
    return Spread(covariance, bias, replicates, np.zeros(len(targets)))


def _comparable(targets: list[Target], statistics: Mapping[str, float], one_study: bool = False) -> Floats:
    """Shares as they are, other values on their working scale."""
    values = measured(targets, statistics)
    if one_study:
        values = np.array([one.inside(float(value)) for one, value in zip(targets, values, strict=True)])
    return np.where([one.kind == COUNT for one in targets], values, on_scale(targets, values))
