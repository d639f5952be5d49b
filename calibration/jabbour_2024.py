"""Jabbour 2024: inotuzumab for MRD in remission, n = 26; observed and counted as published.

Survival runs from the first dose, in all patients (J014, J015). Percentages are per cent, counts are expected counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.care import lives, load_care
from calibration.followed import Followed, followed
from calibration.observe import observation_draws
from calibration.summaries import Flags, Floats, in_units, middle, rate, share
from simulator.strategy import DAYS_PER_MONTH

STUDY = "jabbour-2024"
SIZE = 26  # J001
CASE_MIX, REGIMEN = "jabbour-2024", "ino_for_mrd"
FIRST_ID = 2**44  # beyond the other studies'
FOLLOW_UP_MONTHS = (9.0, 24.0, 43.0)  # shortest, median, longest, J013; between them evenly
END_DAY = FOLLOW_UP_MONTHS[-1] * DAYS_PER_MONTH
RATES_DAYS = 24.0 * DAYS_PER_MONTH


def simulate(parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0) -> Followed:
    """`replicates` studies of 26 patients, one after the other."""
    first = FIRST_ID + first_replicate * SIZE
    return observe(lives(load_care(CASE_MIX, REGIMEN), parameters, seed, first, replicates * SIZE, END_DAY))


def observe(patients: np.recarray) -> Followed:
    """Lives (n,), each censored at its own time."""
    drawn = observation_draws(np.uint64(patients.seed[0]), patients.id)[:, 0]
    return followed(patients, np.interp(drawn, [0.0, 0.5, 1.0], FOLLOW_UP_MONTHS) * DAYS_PER_MONTH)


def replicate_rows(replicate: int, replicates: int) -> np.ndarray:
    """Rows of one replicate in what `simulate` returns."""
    return np.arange(replicate * SIZE, (replicate + 1) * SIZE)


def converted(o: Followed) -> Flags:
    """MRD-negative in any marrow, before SCT and relapse."""
    p = o.lives
    later = (p.transplant_day < p.mrd_negative_day) | (p.relapse_day < p.mrd_negative_day)
    return o.seen(p.mrd_negative_day) & ~later


def survival_times(o: Followed) -> dict[str, tuple[Floats, Flags, Flags]]:
    """Days, event seen and group (n,) of both Kaplan-Meier estimates, by the id of the rate."""
    everyone = np.ones(len(o.lives), bool)
    return {"J014": (*o.first(o.lives.relapse_day), everyone), "J015": (o.follow_up_days, o.dead, everyone)}


def statistics(o: Followed, median_of_integers: Callable[[Floats], float] = middle) -> dict[str, float]:
    """Every modelled row of the abstract, by id."""
    everyone = np.ones(len(o.lives), bool)
    shares = {"J012": share(converted(o), everyone), "J016": share(o.seen(o.lives.sos_day), everyone)}
    rates = {key: rate(*one, RATES_DAYS) for key, one in survival_times(o).items()}
    return in_units(shares, STUDY) | {"J011": median_of_integers(o.lives.courses.astype(float))} | rates


# What became of the 26; None where nothing was printed.
LEDGER: dict[str, float | None] = {
    "MRD-negative before SCT or relapse (J012)": 18,
    "SCT": None,
    "SOS (J016)": 2,
    "  after SCT": None,
    "relapse": None,
    "dead": None,
    "  without relapse": None,
}


def ledger_counts(o: Followed) -> dict[str, float]:
    """The ledger of one study."""
    p = o.lives
    sos, relapsed = o.seen(p.sos_day), o.seen(p.relapse_day)
    counts = [
        converted(o),
        o.seen(p.transplant_day),
        sos,
        sos & (p.sos_after_transplant == 1),
        relapsed,
        o.dead,
        o.dead & ~relapsed,
    ]
    scale = SIZE / len(p)
    return dict(zip(LEDGER, (float(np.count_nonzero(flag) * scale) for flag in counts), strict=True))
