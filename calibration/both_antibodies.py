"""Wudhikarn 2022 selected as it was: of all who start one antibody, those who receive the other as well.

Day 1 is the first dose of the first antibody. Both were given from 2012 to 2019 (W002) and everybody was followed to
June 2020 (W003). Who starts too late, dies first, or is cured by the first antibody is not in the study.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from calibration.care import Care, lives
from calibration.followed import Followed, followed
from calibration.observe import observation_draws
from calibration.summaries import Flags, Floats

TREATED_FROM, TREATED_UNTIL, CUT = date(2012, 1, 1), date(2020, 1, 1), date(2020, 6, 30)
PERIOD_DAYS = float((TREATED_UNTIL - TREATED_FROM).days)
CUT_DAYS = float((CUT - TREATED_FROM).days)
# Starts by a time grow as this power of it, since both antibodies were new: gives the printed median follow-up from
# the second antibody, 16.8 months (W142; W127 has 18 from SCT). Assumption, 2.5-6; nobody is lost (DER029).
GROWTH = 4.0
STARTERS_AT_ONCE = 64
MOST_STARTERS = 2**16  # in one replicate: each has so many numbers of its own


def start_days(patients: np.recarray) -> Floats:
    """Day of the first antibody since January 2012 (n,), keyed by patient."""
    drawn = observation_draws(np.uint64(patients.seed[0]), patients.id)[:, 0]
    return PERIOD_DAYS * drawn ** (1.0 / GROWTH)


def observe(patients: np.recarray) -> Followed:
    """Lives (n,) up to the data cut."""
    return followed(patients, CUT_DAYS - start_days(patients))


def received_both(patients: np.recarray) -> Flags:
    """Whether the second antibody was begun, and within the period of treatment (n,)."""
    second = np.maximum(patients.antibody_day, patients.protocol_day)  # NaN where one of them was never given
    return start_days(patients) + second < PERIOD_DAYS


def simulate_selected(
    care: Care, size: int, first_id: int, parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0
) -> Followed:
    """`replicates` studies of `size` selected patients: replicate r has rows [size r, size r + size).

    Those who start in replicate r are numbered from `first_id` + MOST_STARTERS r (a multiple of it) on, in the order
    in which they are looked at. Raises ValueError where fewer than `size` of MOST_STARTERS receive both.
    """
    found = []
    for replicate in range(first_replicate, first_replicate + replicates):
        chosen, started = 0, 0
        while chosen < size:
            if started >= MOST_STARTERS:
                raise ValueError(f"{chosen} of {started} who start one antibody receive both: {size} are needed")
            first = first_id + replicate * MOST_STARTERS + started
            starters = lives(care, parameters, seed, first, STARTERS_AT_ONCE, CUT_DAYS)
            both = starters[received_both(starters)][: size - chosen]
            found.append(both)
            chosen, started = chosen + len(both), started + STARTERS_AT_ONCE
    return observe(np.concatenate(found).view(np.recarray))


def acceptance(selected: Followed, size: int) -> float:
    """Selected per patient who started the first antibody, over whole replicates."""
    last = selected.lives.id.reshape(-1, size)[:, -1]
    return float(len(selected.lives) / np.sum(last % MOST_STARTERS + 1))
