"""Between-trial variation: how far another centre's trial of the same treatment lies from the pooled evidence.

One random effect per mechanism and trial, normal around zero; its standard deviation is itself uncertain,
half-normal with the scale below. Two or three cohorts from two centres cannot estimate it: these are priors, printed
apart from everything else, and never part of a reproduction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.parameters import DEFINITIONS

LOGISTIC_SD = math.pi / math.sqrt(3.0)
BOUNDS = {one.name: (one.low, one.high) for one in DEFINITIONS}


@dataclass(frozen=True)
class Effect:
    """A random effect: half-normal `scale` of its standard deviation, and the parameters that it shifts."""

    name: str
    scale: float
    unit: str
    parameters: tuple[str, ...]
    reason: str


KILL = {  # log10 cells, with the two parameters of its spread between patients
    "log_kill_course_1": ("log_kill_sigma", "log_kill_loss_per_frailty"),
    "log_kill_later_course": ("log_kill_sigma", "log_kill_loss_per_frailty"),
    "log_kill_in_remission": ("log_kill_sigma_in_remission", "log_kill_loss_per_frailty"),
    "blinatumomab_log_kill": ("log_kill_sigma_in_remission", "log_kill_loss_per_frailty"),
    "antibody_log_kill": ("antibody_log_kill_sigma", "antibody_log_kill_loss_per_frailty"),
}
EFFECTS = (
    Effect(
        "response", 0.3, "log odds of remission",
        ("log_kill_course_1", "log_kill_later_course", "antibody_log_kill"),
        "CR ran from 50 to 83 % in the arms of one trial of inotuzumab (X042); less beyond case mix (judgement)",
    ),
    Effect(
        "mrd_clearance", 0.4, "log odds of MRD negativity", ("log_kill_in_remission", "blinatumomab_log_kill"),
        "assays, laboratories and days of marrows differ; 10 points between trials of one antibody (judgement)",
    ),
    Effect(
        "relapse", 0.3, "log hazard", ("relapse_log_theta",),
        "marrow schedules, maintenance and definitions differ; a third of the hazard (judgement)",
    ),
    Effect(
        "nrm", 0.4, "log hazard",
        ("transplant_death_log_theta", "remission_death_log_theta", "early_death_log_odds"),
        "centre, era, donor and supportive care differ; 12 % at one year, 28 % at ten elsewhere (X215, X216)",
    ),
    Effect(
        "sos", 0.5, "log odds", ("sos_log_odds", "sos_drug_log_rate_per_mg_per_m2"),
        "SOS after inotuzumab and SCT ran from 4 to 29 % in published cohorts (K165, K166, X036, X039)",
    ),
    Effect(
        "sct_uptake", 0.5, "log odds", ("uptake_log_odds",),
        "SCT was given to 43 and 56 % in two periods of one centre (K142, K143); policies differ more between centres",
    ),
    Effect(
        "after_failure", 0.3, "log days, log odds", ("leukaemia_death_log_scale_days", "salvage_log_odds"),
        "median survival after failure ran from 3 to 8.4 months, not all of it by line (X175, X199, X203, X205)",
    ),
)  # fmt: skip


def drawn_effects(count: int, seed: int, effects: Sequence[Effect] = EFFECTS) -> NDArray[np.float64]:
    """(count, effects) effects on their scales, one trial a row: sd half-normal, effect normal given sd."""
    normal = np.random.default_rng([seed, 1]).standard_normal((2, count, len(effects)))
    return np.abs(normal[0]) * [one.scale for one in effects] * normal[1]


def shift(records: np.recarray, drawn: NDArray[np.float64], effects: Sequence[Effect] = EFFECTS) -> None:
    """Add the effects (n, effects) to parameter records (n,) in place, kept inside the hard bounds.

    Response and MRD clearance act through kills: log odds become log10 cells by the spread of kill between patients,
    of which one standard deviation is worth pi / sqrt(3) log odds.
    """
    for effect, each in zip(effects, drawn.T, strict=True):
        for name in effect.parameters:
            worth = np.hypot(*(records[of] for of in KILL[name])) / LOGISTIC_SD if name in KILL else 1.0
            records[name] = np.clip(records[name] + each * worth, *BOUNDS[name])
