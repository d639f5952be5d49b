"""The observation layer of Kantarjian 2023: what the trial sees of a life. Never feeds back into the life.

Entry is uniform over each arm's accrual window (K002, K003, K023); the data cut is June 2022 (DER021). The cut
alone would give a median follow-up of 63-74 months; K100 prints 48 (9-115): survivors are also lost, from month 9.
Being tested depends on era, line, karyotype and survival to day 28, never on a later outcome (A8, A9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.compiled import compiled
from simulator.draws import (
    CYTOGENETICS_CLASSIFIED,
    ENTRY_DATE,
    LOSS_TO_FOLLOW_UP,
    MRD_ASSESSED,
    TP53_TESTED,
    uniform_pair,
)
from simulator.strategy import DAYS_PER_MONTH

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ORIGINAL, MODIFIED = 0, 1
# Months from accrual start to the data cut: November 2012, February 2017, July 2021, June 2022.
FOLLOW_UP_MONTHS = {ORIGINAL: (64.5, 115.0), MODIFIED: (11.0, 64.5)}
LOST_FROM_MONTH = 9.0  # shortest follow-up printed (K100)
LOST_PER_YEAR = 0.04  # gives survivors the printed median follow-up of 48 months (K100); assumption 0.02-0.08
# TP53 was tested in 60 of 110 and tested patients did as well as 0.35 original and 0.65 modified (A9).
TP53_TESTED_SHARE = {ORIGINAL: 0.35, MODIFIED: 0.91}
# About 59 low-risk of the 75 with neither high-risk nor complex karyotype (A8).
CLASSIFIED_SHARE = {1: 0.85, 2: 0.60}
MRD_ASSESSED_SHARE = 87 / 91  # K086
EARLY_DAYS = 28.0


@dataclass(frozen=True)
class Observed:
    """Lives as the trial sees them; all arrays (n,)."""

    lives: np.recarray
    arm: NDArray[np.int64]
    follow_up_months: Floats
    dead: Flags
    tp53_tested: Flags
    low_risk: Flags
    high_risk: Flags
    mrd_assessed: Flags

    def part(self, rows: slice | NDArray[np.int64]) -> Observed:
        """Some of the patients."""
        return Observed(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@compiled
def observation_draws(seed: np.uint64, ids: NDArray[np.int64]) -> Floats:
    """(n, 5) uniforms of the observation layer, keyed like every other draw."""
    drawn = np.empty((len(ids), 5))
    for row in range(len(ids)):
        drawn[row, 0], drawn[row, 1] = uniform_pair(seed, ids[row], ENTRY_DATE // 2, 0)
        drawn[row, 2], drawn[row, 3] = uniform_pair(seed, ids[row], TP53_TESTED // 2, 0)
        drawn[row, 4] = uniform_pair(seed, ids[row], MRD_ASSESSED // 2, 0)[0]
    return drawn


assert (ENTRY_DATE + 1, TP53_TESTED + 1) == (LOSS_TO_FOLLOW_UP, CYTOGENETICS_CLASSIFIED)


def observe(lives: np.recarray, arm: NDArray[np.int64]) -> Observed:
    """Add entry, censoring and testing to lives (n,) of arms (n,)."""
    u = observation_draws(np.uint64(lives.seed[0]), lives.id)
    shortest = np.where(arm == MODIFIED, FOLLOW_UP_MONTHS[MODIFIED][0], FOLLOW_UP_MONTHS[ORIGINAL][0])
    longest = np.where(arm == MODIFIED, FOLLOW_UP_MONTHS[MODIFIED][1], FOLLOW_UP_MONTHS[ORIGINAL][1])
    cut = shortest + u[:, 0] * (longest - shortest)
    lost = LOST_FROM_MONTH - np.log1p(-u[:, 1]) / LOST_PER_YEAR * 12.0
    death = np.where(np.isnan(lives.death_day), np.inf, lives.death_day) / DAYS_PER_MONTH
    censored = np.minimum(cut, lost)
    alive_28 = death * DAYS_PER_MONTH > EARLY_DAYS
    tested = u[:, 2] < np.where(arm == MODIFIED, TP53_TESTED_SHARE[MODIFIED], TP53_TESTED_SHARE[ORIGINAL])
    high_risk = (lives.low_hypodiploid + lives.kmt2a) > 0
    classified = u[:, 3] < np.where(lives.line_at_entry == 1, CLASSIFIED_SHARE[1], CLASSIFIED_SHARE[2])
    standard = ~high_risk & (lives.complex_karyotype == 0)
    return Observed(
        lives=lives,
        arm=arm,
        # a patient seen for less than a minute still has a positive time at risk
        follow_up_months=np.maximum(np.minimum(death, censored), 1e-3),
        dead=death <= censored,
        tp53_tested=tested & alive_28,
        low_risk=standard & classified & alive_28,
        high_risk=high_risk,
        mrd_assessed=u[:, 4] < MRD_ASSESSED_SHARE,
    )
