"""Wudhikarn 2022: the 25 who received blinatumomab, then inotuzumab, observed and counted as published.

Ids are those of the catalogue. Percentages are per cent, counts are expected counts at the published denominator,
times are in days. Rows of SCT are printed of 12, two of whom had it neither in the remission of inotuzumab nor in this
sequence (B16): they are compared as shares of those simulated in that remission. Groups by CD19 are known at the
failure of blinatumomab, never before.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.both_antibodies import acceptance, simulate_selected
from calibration.care import load_care
from calibration.followed import Followed
from calibration.summaries import Flags, Floats, in_units, middle, rate, share
from simulator.estimators import median_survival
from simulator.patient import Cause
from simulator.strategy import DAYS_PER_MONTH

STUDY = "wudhikarn-2022"
SIZE = 25  # W035
CASE_MIX, REGIMEN = "wudhikarn-2022", "blinatumomab_then_inotuzumab"
FIRST_ID = 2**43  # beyond the other studies'
YEAR_DAYS = 12.0 * DAYS_PER_MONTH
DIM_PERCENT = 100.0 / 3.0  # dim is about a third of the normal density, negative below 20 % (W006)


def simulate(parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0) -> Followed:
    """`replicates` studies of 25 selected patients, one after the other."""
    care = load_care(CASE_MIX, REGIMEN)
    return simulate_selected(care, SIZE, FIRST_ID, parameters, replicates, seed, first_replicate)


def replicate_rows(replicate: int, replicates: int) -> np.ndarray:
    """Rows of one replicate in what `simulate` returns."""
    return np.arange(replicate * SIZE, (replicate + 1) * SIZE)


def statistics(o: Followed, median_of_integers: Callable[[Floats], float] = middle) -> dict[str, float]:
    """Every modelled row of the 25, by id."""
    return in_units(_shares(o), STUDY) | _medians(o, median_of_integers) | _survival(o)


def remission_with_blinatumomab(o: Followed) -> Flags:
    """CR of overt disease, any count recovery; who entered in remission responds by becoming MRD-negative."""
    p = o.lives
    return np.where(p.entered_in_remission == 1, p.antibody_mrd_negative == 1, ~np.isnan(p.antibody_remission_day))


def cd19_dim(o: Followed) -> Flags:
    """CD19 negative or dim at the failure of blinatumomab, after which nothing lowers it."""
    return (o.lives.cd19_lost == 1) | (o.lives.cd19_now_percent < DIM_PERCENT)


def remission_with_inotuzumab(o: Followed) -> Flags:
    """CR with inotuzumab, any count recovery, seen by the data cut."""
    return o.seen(o.lives.remission_day)


def negative_before_transplant(o: Followed) -> Flags:
    """A remission with a marrow below the limit of flow before any SCT."""
    p = o.lives
    return ~np.isnan(p.remission_day) & o.seen(p.mrd_negative_day) & ~(transplant_days(o) < p.mrd_negative_day)


def transplant_days(o: Followed) -> Floats:
    """Day of SCT in the remission of inotuzumab, if seen; NaN = none. An SCT before inotuzumab is not this one."""
    p = o.lives
    in_remission = (p.latest_transplant_day >= p.remission_day) & ~(p.relapse_day < p.latest_transplant_day)
    return np.where(in_remission & o.seen(p.latest_transplant_day), p.latest_transplant_day, np.nan)


def _shares(o: Followed) -> dict[str, float]:
    """Counts and proportions, as shares of their denominator."""
    p = o.lives
    everyone = np.ones(len(p), bool)
    remission, dim, sct_day = remission_with_inotuzumab(o), cd19_dim(o), transplant_days(o)
    response = remission_with_blinatumomab(o)
    sct = ~np.isnan(sct_day)
    relapsed = o.seen(p.relapse_day)
    failed = relapsed | o.seen(p.refractory_day)
    of_leukaemia = o.dead & (p.death_cause == Cause.LEUKAEMIA)
    negative_at_sct = (p.mrd_negative_day <= sct_day) & ~(p.mrd_relapse_found_day <= sct_day)
    return {
        "W042": share(response, everyone),
        "W043": share(response & (p.antibody_mrd_negative == 1), everyone),
        "W046": share(dim, everyone),
        "W051": share(p.transplant_day <= p.protocol_day, everyone),
        "W052": share(remission, everyone),
        "W053": share(negative_before_transplant(o), everyone),
        "W054": share(remission, dim),
        "W056": share(remission, p.interim_therapy == 1),
        "W067": share(sct, remission),
        "W071": share(o.dead, everyone),
        "W073": share(o.dead & ~of_leukaemia, everyone),
        "W074": share(o.dead, dim),
        "W077": share((p.cd22_lost == 1) | (p.cd22_now_percent < DIM_PERCENT), failed),
        "W082": share((p.prior_transplant == 1) | (p.transplants > 1), sct),
        "W088": share(p.acute_gvhd_grade >= 3, sct),
        "W095": share(negative_at_sct, sct),
        "W115": share(o.seen(p.sos_day) & (p.sos_day >= sct_day), sct),
        "W116": share(relapsed, sct),
        "W124": share(o.dead & ~relapsed, sct),
        "W128": share(~remission, ~sct),
    }


def _medians(o: Followed, median_of_integers: Callable[[Floats], float]) -> dict[str, float]:
    """Medians among those who had the event."""
    p = o.lives
    sct_day = transplant_days(o)
    sct = ~np.isnan(sct_day)
    next_line = np.fmin(p.relapse_day, p.refractory_day)
    salvaged = o.seen(next_line) & ~sct & (p.salvage_attempts > 0)
    return {
        "W029": middle(p.protocol_day - p.antibody_day),
        "W031": median_of_integers(p.antibody_courses.astype(float)),
        "W033": middle(p.inotuzumab_mg_per_m2),
        "W050": middle(p.antibody_failure_day - p.antibody_day),
        "W094": middle((sct_day - p.last_inotuzumab_day)[sct]),
        "W135": middle((next_line - p.protocol_day)[salvaged]),
    }


def survival_times(o: Followed) -> dict[str, tuple[Floats, Flags, Flags]]:
    """Days, event seen and group (n,) of every Kaplan-Meier estimate, by the id of its rate at one year."""
    p = o.lives
    everyone, dim = np.ones(len(p), bool), cd19_dim(o)
    sct_day = transplant_days(o)
    sct = ~np.isnan(sct_day)
    from_inotuzumab = o.follow_up_days - p.protocol_day
    from_failure = o.follow_up_days - p.antibody_failure_day  # B17
    to_failure, failed = o.first(p.antibody_failure_day)
    to_relapse, event = o.first(np.where(sct, p.relapse_day, np.nan))
    since_sct = np.where(sct, sct_day, 0.0)
    return {
        "W125": (to_relapse - since_sct, event, sct),
        "W126": (o.follow_up_days - since_sct, o.dead, sct),
        "W139": (from_inotuzumab, o.dead, ~sct),
        "W145": (from_inotuzumab, o.dead, everyone),
        "W146": (to_failure - p.antibody_day, failed, everyone),
        "W147": (to_failure - p.antibody_day, failed, dim),
        "W148": (to_failure - p.antibody_day, failed, ~dim),
        "W149": (from_failure, o.dead, dim),
        "W150": (from_failure, o.dead, ~dim),
    }


def _survival(o: Followed) -> dict[str, float]:
    """Kaplan-Meier rates at one year, and the median of those without SCT."""
    times = survival_times(o)
    days, dead, group = times["W139"]
    found = {key: rate(*one, YEAR_DAYS) for key, one in times.items() if key != "W148"}
    return found | {"W138": median_survival(days[group], dead[group])}


# What became of the 25, and how many of those who start blinatumomab they are; None where nothing was printed.
LEDGER: dict[str, float | None] = {
    "selected, per cent of those who start blinatumomab": None,
    "overt disease at blinatumomab (W040)": 18,
    "remission with blinatumomab (W042)": 13,
    "SCT between the antibodies (W051)": 6,
    "other treatment between the antibodies (W058)": 13,
    "remission with inotuzumab (W052)": 17,
    "  SCT in that remission (W067)": 10,
    "dead by the data cut (W071)": 19,
    "  from leukaemia (W072)": 14,
    "  otherwise (W073)": 5,
}


def ledger_counts(o: Followed) -> dict[str, float]:
    """The ledger of one study."""
    p = o.lives
    of_leukaemia = o.dead & (p.death_cause == Cause.LEUKAEMIA)
    counts = [
        p.entered_in_remission == 0,
        remission_with_blinatumomab(o),
        p.transplant_day <= p.protocol_day,
        p.interim_therapy == 1,
        remission_with_inotuzumab(o),
        ~np.isnan(transplant_days(o)),
        o.dead,
        of_leukaemia,
        o.dead & ~of_leukaemia,
    ]
    scale = SIZE / len(p)
    values = [100.0 * acceptance(o, SIZE), *(np.count_nonzero(flag) * scale for flag in counts)]
    return dict(zip(LEDGER, values, strict=True))
