"""Chosen parameters refitted to a reader's own study, from the shipped posterior as prior.

The targets (curve points and printed statistics) are on near-normal scales and scored jointly: their covariance comes
from simulated studies of the same size. Their expectation is taken as linear in the chosen parameters near the answer:
three waves of simulated designs, each around the last answer, regress it (Gauss-Newton steps by regression).
All other parameters stay at the point set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.own_data import OwnData
from calibration.own_targets import Target, measured, on_scale, reading_errors, spreads, targets_of
from simulator.parameters import ParameterSet
from simulator.posterior import Posterior

POOLED = 6000  # patients of an arm in one evaluation: expectations within 1.3 points (95 %) at one half
WAVES = 3
DESIGN_PER_PARAMETER = 12
DESIGN_LEAST = 24
FEWEST_STUDIES = 400
STUDIES_PER_TARGET = 20
INFLATION = 1.5  # of a design over the spread of the answer
SINGULAR = 1e-6  # directions with less than this share of the largest variance say nothing of their own

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Refit:
    """What moved: means and covariances on the working scale of `names`; targets before and after."""

    data: OwnData
    names: tuple[str, ...]
    scales: tuple[str, ...]
    prior_mean: Floats
    prior_covariance: Floats
    mean: Floats
    covariance: Floats
    to_natural: Callable[[Floats], Floats]
    """Working scale (p,) to natural units."""
    prior_values: Floats
    values: Floats
    targets: tuple[Target, ...]
    before: Floats
    after: Floats
    standard_errors: Floats
    misfit_before: float
    misfit_after: float
    emulator_error: float
    """How far the last regression misses held-out evaluations, in standard errors of a target (root mean square)."""

    @property
    def shifts(self) -> Floats:
        """Moves in prior standard deviations."""
        return (self.mean - self.prior_mean) / np.sqrt(np.diag(self.prior_covariance))


def whitener(covariance: Floats, studies: int) -> Floats:
    """(r, k) matrix W with W C W' = 1 over the r directions that are not singular, shrunk for a finite sample.

    The inverse of a covariance from m samples is too large by (m - 1) / (m - k - 2) on average (Hartlap 2007).
    """
    values, vectors = np.linalg.eigh(covariance)
    kept = values > SINGULAR * values[-1]
    finite = (studies - np.count_nonzero(kept) - 2) / (studies - 1)
    return np.sqrt(finite / values[kept])[:, None] * vectors[:, kept].T


def step(
    prior_mean: Floats, prior_covariance: Floats, centre: Floats, at_centre: Floats, slopes: Floats, observed: Floats,
    white: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Posterior mean and covariance of the linear-normal problem: y = at_centre + slopes (x - centre) + noise."""
    precision = np.linalg.inv(prior_covariance)
    design = white @ slopes
    gap = white @ (observed - at_centre + slopes @ centre)
    covariance = np.linalg.inv(precision + design.T @ design)
    return np.asarray(covariance @ (precision @ prior_mean + design.T @ gap)), np.asarray(covariance)


def refit(
    data: OwnData,
    point: ParameterSet,
    posterior: Posterior,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Refit:
    """Fit `data.fit` to the targets of `data`."""
    chosen = [posterior.names.index(name) for name in data.fit]
    scales = tuple(posterior.scales[at] for at in chosen)
    draws = posterior.working[:, chosen]
    prior_mean, prior_covariance = draws.mean(axis=0), np.atleast_2d(np.cov(draws, rowvar=False))
    own = replace(
        posterior,
        names=data.fit,
        scales=scales,
        values=posterior.values[:, chosen],
        shrinkage=tuple(posterior.shrinkage[at] for at in chosen),
    )
    targets = targets_of(data)
    observed = np.array([on_scale(one, one.reported) for one in targets])
    sizes, reading = np.array([one.patients for one in targets]), reading_errors(targets)
    design_size = max(DESIGN_LEAST, DESIGN_PER_PARAMETER * len(chosen))
    studies = max(FEWEST_STUDIES, STUDIES_PER_TARGET * len(targets))
    done, total = 0, WAVES * (design_size + 1 + studies) + 1

    def advance(by: int) -> None:
        nonlocal done
        done += by
        if progress is not None:
            progress(done, total)

    def record(x: Floats) -> np.recarray:
        return point.record(**dict(zip(data.fit, own.to_natural(x).tolist(), strict=True)))

    def expected(xs: Floats) -> Floats:
        run = Parallel(n_jobs=workers or 2, backend="threading", return_as="generator")
        found = []
        for one in run(delayed(measured)(data, targets, record(x), POOLED, 0) for x in xs):
            found.append(one)
            advance(1)
        return np.array(found)

    rng = np.random.default_rng([data.study.head.seed, 2])
    centre, spread = prior_mean, prior_covariance
    mean, covariance = prior_mean, prior_covariance
    before: Floats | None = None
    for _ in range(WAVES):
        at_size = sampled(data, targets, record(centre), studies, workers, advance)
        errors = spreads(targets, at_size)
        noise = np.outer(errors, errors) * (1.0 + np.sqrt(np.outer(sizes, sizes)) / POOLED)
        white = whitener(correlations(at_size) * noise + np.diag(reading**2), studies)
        design = centre + rng.multivariate_normal(np.zeros(len(centre)), spread, design_size)
        found = expected(design)
        at_centre = expected(centre[None])[0]
        slopes, emulator_error = regressed(design - centre, (found - at_centre) / errors)
        slopes *= errors[:, None]
        before = at_centre if before is None else before
        mean, covariance = step(prior_mean, prior_covariance, centre, at_centre, slopes, observed, white)
        reach = 2.0 * np.sqrt(np.diag(spread))  # the regression knows nothing far beyond its design
        centre = np.clip(mean, centre - reach, centre + reach)
        spread = INFLATION**2 * covariance
    after = expected(centre[None])[0]
    assert before is not None
    return Refit(
        data, data.fit, scales, prior_mean, prior_covariance, centre, covariance,
        own.to_natural, own.to_natural(prior_mean), own.to_natural(centre), targets, before, after, errors,
        misfit(observed - before, white), misfit(observed - after, white), emulator_error,
    )  # fmt: skip


def correlations(drawn: Floats) -> Floats:
    """(k, k) correlations over simulated studies (n, k); a target that never varies has none."""
    sd = drawn.std(axis=0)
    whole = (drawn - drawn.mean(axis=0)) / np.where(sd > 0.0, sd, 1.0)
    found = whole.T @ whole / len(drawn)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def misfit(residuals: Floats, white: Floats) -> float:
    """Joint squared distance of observed from expected, in units of the sampling covariance."""
    return float(np.sum((white @ residuals) ** 2))


def regressed(moves: Floats, changes: Floats) -> tuple[Floats, float]:
    """Slopes (k, p) of changes (n, k) on moves (n, p) without intercept, and the root mean square by which they miss
    the fifth of the design that is held out."""
    held = np.arange(len(moves)) % 5 == 0
    partial = np.linalg.lstsq(moves[~held], changes[~held], rcond=None)[0]
    missed = float(np.sqrt(np.mean((changes[held] - moves[held] @ partial) ** 2)))
    return np.asarray(np.linalg.lstsq(moves, changes, rcond=None)[0].T), missed


def sampled(
    data: OwnData, targets: tuple[Target, ...], record: np.recarray, studies: int, workers: int | None,
    advance: Callable[[int], None],
) -> Floats:  # fmt: skip
    """(studies, k) targets on their scales in simulated studies of the study's own size."""
    run = Parallel(n_jobs=workers or 2, backend="threading", return_as="generator")
    found = []
    for one in run(delayed(measured)(data, targets, record, 0, replicate) for replicate in range(studies)):
        found.append(one)
        advance(1)
    return np.array(found)
