"""Studies of the published sizes simulated at draws of the parameters, and how far a printed number is from them.

An interval or a p from here holds both what is uncertain about the parameters, one draw for each study, and the chance
of a study that small. Simulated numbers are rounded as the paper rounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.catalogue import Row, lines
from calibration.priors import Prior, values
from calibration.studies import Study
from simulator.parameters import ParameterSet

Floats = NDArray[np.float64]
Statistics = dict[str, float]
Simulate = Callable[[Floats, int], list[Statistics]]
"""Positions (n, parameters) and number of the first replicate -> what one study of each kind shows at each position."""
Report = Callable[[int, int], None]  # done, of how many

WORKERS = 2
CHUNK = 8  # positions per piece of work
SMALLEST_TIME = 1e-3


def simulator_of(
    studies: Iterable[Study], parameters: ParameterSet, found: Sequence[Prior], seed: int, report: Report
) -> Simulate:
    """One study of each kind at each position, with patients of its own."""
    studies = tuple(studies)

    def one(x: Floats, replicate: int) -> Statistics:
        record = parameters.record(**values(found, x))
        seen: Statistics = {}
        for study in studies:
            observed = study.simulate(record, 1, seed, replicate)
            seen |= study.statistics(observed.part(study.replicate_rows(0, 1)))
        return seen

    def simulate(xs: Floats, first: int) -> list[Statistics]:
        pieces = [range(at, min(at + CHUNK, len(xs))) for at in range(0, len(xs), CHUNK)]
        run = Parallel(n_jobs=WORKERS, backend="threading", return_as="generator")
        drawn: list[Statistics] = []
        for piece in run(delayed(lambda rows: [one(xs[i], first + i) for i in rows])(rows) for rows in pieces):
            drawn += piece
            report(len(drawn), len(xs))
        return drawn

    return simulate


@cache
def decimals(source: str) -> dict[str, int]:
    """Row id -> decimals that were printed."""
    return {line["id"]: len(line["value"].partition(".")[2]) for line in lines(source)}


def as_printed(source: str, row: Row, drawn: Iterable[Statistics]) -> Floats:
    """(studies,) values of a row in its unit, rounded as the paper rounds; P-values are left as they are."""
    found = np.array([one[row.id] for one in drawn])
    return found if row.unit.startswith("P") else np.round(found, decimals(source)[row.id])


def ordered(row: Row, drawn: Floats) -> Floats:
    """Without studies that had nobody to count; a median that was not reached lies beyond every number."""
    if row.quantity.startswith("median"):
        return np.where(np.isnan(drawn), np.inf, drawn)
    return drawn[~np.isnan(drawn)]


def position_in(drawn: Floats, reported: float) -> float:
    """Probability integral transform: where the reported value lies among those drawn, ties halved; in (0, 1)."""
    below, same = np.count_nonzero(drawn < reported), np.count_nonzero(drawn == reported)
    return float((below + 0.5 * (same + 1)) / (len(drawn) + 1))


def two_sided(position: float) -> float:
    """p of a position: how rare it is to lie as far out on either side."""
    return 2.0 * min(position, 1.0 - position)


def near_normal(row: Row, found: Floats) -> Floats:
    """Values (n,) on a scale on which they are about normal: arcsine of the root of a share, log of a time or ratio."""
    whole = 100.0 if row.unit == "%" else float(row.n or 0) if row.unit == "patients" else 0.0
    if whole:
        return np.arcsin(np.sqrt(np.clip(found / whole, 0.0, 1.0)))
    if row.unit in ("HR", "days", "weeks", "months"):
        return np.log(np.maximum(found, SMALLEST_TIME))
    return found


def joint_p(drawn: Floats, reported: Floats) -> float:
    """p of all rows together: drawn (studies, rows) and reported (rows,) on near-normal scales.

    The squared Mahalanobis distance of the reported study from all of them, itself included, ranked among theirs: if
    the reported study is one like the drawn ones, p is uniform whatever their distribution. Where nobody was counted
    a study has the average; a median that was not reached has the largest that was.
    """
    together = np.vstack([drawn, reported])
    largest = np.max(np.where(np.isfinite(together), together, -np.inf), axis=0)
    together = np.minimum(together, largest)
    together = np.where(np.isnan(together), np.nanmean(together, axis=0), together)
    centred = together - together.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(centred.T)), hermitian=True)
    distance = np.einsum("ij,jk,ik->i", centred, inverse, centred)
    return float(np.mean(distance >= distance[-1] * (1.0 - 1e-12)))


def interval(drawn: Floats) -> tuple[float, float]:
    """Middle 95 % of values that were drawn."""
    low, high = np.percentile(drawn, [2.5, 97.5], method="nearest").tolist()
    return low, high


def defined(value: float) -> float | None:
    """A finite number, else None."""
    return value if math.isfinite(value) else None
