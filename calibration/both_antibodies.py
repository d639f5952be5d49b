"""Wudhikarn 2022 selected as it was: of all who start one antibody, those who receive the other as well.

Day 1 is the first dose of the first antibody. Both were given from 2012 to 2019 (W002) and everybody was followed to
June 2020 (W003). Who starts too late, dies first, or is cured by the first antibody is not in the study (W001).
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
STARTERS_A_ROUND = 128  # looked at together, for one replicate
ROUND_IDS = 2**37  # numbers of one round of all replicates
MOST_ROUNDS = 64
REPLICATES_AT_ONCE = 100  # whose first round is simulated together


def start_days(patients: np.recarray) -> Floats:
    """Day of the first antibody since January 2012 (n,), keyed by patient."""
    drawn = observation_draws(np.uint64(patients.seed[0]), patients.id)[:, 0]
    return PERIOD_DAYS * drawn ** (1.0 / GROWTH)


def observe(patients: np.recarray) -> Followed:
    """Lives (n,) up to the data cut."""
    return followed(patients, CUT_DAYS - start_days(patients))


def received_both(patients: np.recarray) -> Flags:
    """Whether the second antibody was given, and begun within the period of treatment (n,)."""
    second = np.maximum(patients.antibody_day, patients.protocol_day)  # NaN where one of them was never reached
    return (patients.inotuzumab_courses > 0) & (start_days(patients) + second < PERIOD_DAYS)


def simulate_selected(
    care: Care, size: int, first_id: int, parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0
) -> Followed:
    """`replicates` studies of `size` selected patients: replicate r has rows [size r, size r + size).

    Each replicate looks at the patients who start, in rounds and in the order of their numbers, until it has `size`;
    `first_id` is a multiple of STARTERS_A_ROUND. Raises ValueError where MOST_ROUNDS are not enough.
    """

    def starters(replicate: int, round_: int, count: int) -> np.recarray:
        first = first_id + round_ * ROUND_IDS + replicate * STARTERS_A_ROUND
        return lives(care, parameters, seed, first, count * STARTERS_A_ROUND, CUT_DAYS)

    def completed(chosen: np.recarray, replicate: int) -> np.recarray:
        for round_ in range(1, MOST_ROUNDS):
            if len(chosen) >= size:
                return chosen[:size].view(np.recarray)
            more = starters(replicate, round_, 1)
            chosen = np.concatenate([chosen, more[received_both(more)]]).view(np.recarray)
        raise ValueError(
            f"{len(chosen)} of {MOST_ROUNDS * STARTERS_A_ROUND:,} who start one antibody receive both: {size} needed"
        )

    found = []
    for first in range(first_replicate, first_replicate + replicates, REPLICATES_AT_ONCE):
        count = min(REPLICATES_AT_ONCE, first_replicate + replicates - first)
        table = starters(first, 0, count)
        both = received_both(table)
        for r in range(count):
            own = slice(r * STARTERS_A_ROUND, (r + 1) * STARTERS_A_ROUND)
            found.append(completed(table[own][both[own]].view(np.recarray), first + r))
    return observe(np.concatenate(found).view(np.recarray))


def acceptance(selected: Followed, size: int) -> float:
    """Selected per patient who started the first antibody and was looked at, over whole replicates."""
    last = selected.lives.id.reshape(-1, size)[:, -1]
    started = last // ROUND_IDS % MOST_ROUNDS * STARTERS_A_ROUND + last % STARTERS_A_ROUND + 1
    return float(len(selected.lives) / np.sum(started))
