"""Parameter records for simulated studies: which of the kinds of uncertainty a set of worlds holds.

The kinds build up in the order of `KINDS`: chance of the patients alone (one world), then the parameters that the
evidence speaks to, then those it cannot tell apart (attribution), then variation between trials. Where attribution
is held still, the other parameters are drawn *given* it (normal on the working scale), so that what the evidence
fixes jointly stays fixed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.between_trials import EFFECTS, Effect, drawn_effects, shift
from simulator.parameters import ParameterSet
from simulator.posterior import Posterior

KINDS = ("patients", "parameters", "attribution", "between_trials")


def given_attribution(posterior: Posterior) -> NDArray[np.float64]:
    """Working draws (D, P) with attribution at its mean and the rest drawn given that (normal regression)."""
    working = posterior.working.copy()
    apart = np.isin(posterior.names, posterior.attribution)
    if not apart.any():
        return working
    moved = working[:, apart] - working[:, apart].mean(axis=0)
    rest = working[:, ~apart]
    slopes = np.linalg.lstsq(moved, rest - rest.mean(axis=0), rcond=None)[0]
    working[:, ~apart] = rest - moved @ slopes
    working[:, apart] = working[:, apart].mean(axis=0)
    return working


def worlds(
    point: ParameterSet,
    posterior: Posterior,
    kind: str,
    count: int,
    seed: int,
    effects: Sequence[Effect] = EFFECTS,
) -> np.recarray:
    """(count,) parameter records with the kinds of uncertainty up to `kind`, one world per simulated study."""
    level = KINDS.index(kind)
    working = given_attribution(posterior) if kind == "parameters" else posterior.working
    order = np.random.default_rng([seed, 0]).permutation(len(working))
    chosen = working[order[np.arange(count) % len(working)]]
    if level == 0:
        chosen = np.tile(working.mean(axis=0), (count, 1))
    records = np.repeat(point.record(), count).view(np.recarray)
    for name, values in zip(posterior.names, posterior.to_natural(chosen).T, strict=True):
        records[name] = values
    if kind == "between_trials":
        shift(records, drawn_effects(count, seed, effects), effects)
    return records
