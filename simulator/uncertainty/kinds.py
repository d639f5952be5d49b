"""Which values the parameters take under each kind of uncertainty.

joint         draws of the posterior as they are
parameters    attribution parameters at their posterior means, all others drawn
attribution   attribution parameters drawn, all others at their posterior means

Means are those on the scale of a parameter. The evidence ties the two groups together (a larger effect of one cause of
SOS goes with a lower common level), so that each group is moved along with the other by the linear regression of the
draws: every set agrees with the evidence as well as the joint draws do, and in a linear model with a normal posterior
the variances of the two kinds add up to that of the joint draws.
"""

from __future__ import annotations

import numpy as np

from simulator.posterior import Floats, Posterior

JOINT, PARAMETERS, ATTRIBUTION = "joint", "parameters", "attribution"
KINDS = (PARAMETERS, ATTRIBUTION, JOINT)
TIED = 0.15  # a correlation; 4.7 standard errors of a thousand effective draws, seldom exceeded by any of 2,000 pairs


def values_by_kind(posterior: Posterior, draws: int) -> dict[str, Floats]:
    """Kind -> values (draws, P) in natural units; a row belongs to the same posterior draw in every kind.

    Without attribution parameters, or without others, the joint draws are of one kind only.
    """
    rows, working = posterior.spaced(draws), posterior.working
    cause = np.isin(posterior.names, posterior.attribution)
    sets = {JOINT: posterior.values[rows]}
    if not cause.any():
        return sets | {PARAMETERS: sets[JOINT]}
    if cause.all():
        return sets | {ATTRIBUTION: sets[JOINT]}
    centre = working.mean(axis=0)
    away = working - centre
    follows = away[rows][:, cause] @ slopes_of(away[:, cause], away[:, ~cause])
    held, drawn = np.tile(centre, (len(rows), 1)), working[rows].copy()
    drawn[:, cause] = centre[cause]
    drawn[:, ~cause] -= follows
    held[:, cause] = working[rows][:, cause]
    held[:, ~cause] += follows
    return sets | {PARAMETERS: posterior.to_natural(drawn), ATTRIBUTION: posterior.to_natural(held)}


def centre_of(posterior: Posterior) -> Floats:
    """Posterior means (P,) on the scales of the parameters, in natural units."""
    return posterior.to_natural(posterior.working.mean(axis=0))


def slopes_of(causes: Floats, others: Floats) -> Floats:
    """(C, O) slopes of the other parameters (D, O) on those of attribution (D, C), all about their means.

    Each on the ones that it is tied to: the noise of hundreds of slopes that are none would look like a spread.
    """
    scale = np.outer(np.linalg.norm(causes, axis=0), np.linalg.norm(others, axis=0))
    tied = np.abs(causes.T @ others) > TIED * np.where(scale > 0.0, scale, np.inf)
    slopes = np.zeros(tied.shape)
    for other, mine in enumerate(tied.T):
        slopes[mine, other] = np.linalg.lstsq(causes[:, mine], others[:, other])[0]
    return slopes
