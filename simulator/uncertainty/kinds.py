"""Which values the parameters take under each kind of uncertainty.

joint         draws of the posterior as they are
parameters    attribution parameters at their posterior means, all others drawn
attribution   attribution parameters drawn, all others at their posterior means

Whatever is held is held on the scale of the parameter. The evidence ties the two groups together (a larger effect of
one cause of SOS goes with a lower common level), so that what is drawn is moved along with what is held, by the linear
regression of the draws: each set agrees with the evidence as well as the joint draws do, and in a linear model with a
normal posterior the variances of the two kinds add up to that of the joint draws.
"""

from __future__ import annotations

import numpy as np

from simulator.posterior import Floats, Posterior

JOINT, PARAMETERS, ATTRIBUTION = "joint", "parameters", "attribution"
KINDS = (PARAMETERS, ATTRIBUTION, JOINT)


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
    slopes, *_ = np.linalg.lstsq(away[:, cause], away[:, ~cause])
    follows = away[rows][:, cause] @ slopes
    held, drawn = np.tile(centre, (len(rows), 1)), working[rows].copy()
    drawn[:, cause] = centre[cause]
    drawn[:, ~cause] -= follows
    held[:, cause] = working[rows][:, cause]
    held[:, ~cause] += follows
    return sets | {PARAMETERS: posterior.to_natural(drawn), ATTRIBUTION: posterior.to_natural(held)}
