"""What a study prints of one arm or subgroup, by name: the quantities of `allpath predict`.

Rates are shares of 1 (unit `probability`), medians months, counts patients. A statistic without patients is NaN; a
median that is not reached is inf.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.seen import SHORTEST_MONTHS, Flags, Floats, Seen
from simulator.estimators.aalen_johansen import incidence_at
from simulator.estimators.kaplan_meier import median_survival, survival_at
from simulator.patient import Remission
from simulator.strategy import DAYS_PER_MONTH

EARLY_DAYS = 28.0
WORDS = {
    "response_rate": "response (CR, CRp, CRi)",
    "cr_rate": "CR",
    "mrd_negative_rate": "MRD-negative, of responders",
    "early_death_rate": "dead by day 28",
    "sct_rate": "SCT",
    "sos_count": "SOS, patients",
    "sos_rate": "SOS",
    "sos_after_sct_rate": "SOS after SCT, of those",
    "nrm_after_sct_12": "NRM 12 months after SCT",
    "relapse_after_sct_24": "relapse 24 months after SCT",
    "median_os_months": "median OS",
    "median_rfs_months": "median RFS",
}


def names_of(months: Sequence[int], landmark_months: int) -> list[str]:
    """The names of `quantities`, in its order."""
    found = list(WORDS)
    for month in months:
        found += [f"{kind}_{month}" for kind in ("os", "efs", "rfs")]
        if month > landmark_months:
            found += [f"os_{month}_landmark_{landmark_months}_{word}" for word in ("sct", "no_sct")]
    return found


def unit_of(name: str) -> str:
    """Of a quantity, by its name."""
    if name.startswith("median_"):
        return "months"
    return "patients" if name == "sos_count" else "probability"


def words_of(name: str) -> str:
    """A quantity in few words."""
    if name in WORDS:
        return WORDS[name]
    kind, month, *landmark = name.split("_")
    words = f"{kind.upper()}, month {month}"
    return f"{words}, {'no ' * ('no' in landmark)}SCT*" if landmark else words


def share(part: Flags, whole: Flags) -> float:
    """Share of `whole` that is also `part`; NaN of nobody."""
    total = np.count_nonzero(whole)
    return float(np.count_nonzero(part & whole) / total) if total else np.nan


def rate_at(months: Floats, event: Flags, group: Flags, month: float) -> float:
    """Kaplan-Meier rate of a group; NaN of nobody."""
    return float(survival_at(months[group], event[group], month))


def median_of(months: Floats, event: Flags, group: Flags) -> float:
    """Kaplan-Meier median of a group; inf: not reached, NaN of nobody."""
    if not group.any():
        return np.nan
    found = float(median_survival(months[group], event[group]))
    return np.inf if np.isnan(found) else found


def relapse_free(seen: Seen) -> tuple[Floats, Flags]:
    """RFS (n,) months from remission and whether relapse or death was seen; responders only have a meaning."""
    start = np.where(seen.responder, seen.remission_day, 0.0) / DAYS_PER_MONTH
    relapsed = seen.by_now(seen.relapse_day)
    end = np.where(relapsed, seen.relapse_day / DAYS_PER_MONTH, seen.follow_up_months)
    return np.maximum(end - start, SHORTEST_MONTHS), relapsed | seen.dead


def event_free(seen: Seen) -> tuple[Floats, Flags]:
    """EFS (n,) months from day 1: refractory disease on the day it is declared, relapse or death."""
    failure = np.fmin(seen.refractory_day, seen.relapse_day)
    failed = seen.by_now(failure)
    end = np.where(failed, failure / DAYS_PER_MONTH, seen.follow_up_months)
    return np.maximum(end, SHORTEST_MONTHS), failed | seen.dead


def after_transplant(seen: Seen, sct: Flags) -> tuple[Floats, NDArray[np.int64]]:
    """(months from SCT, 1 = death without relapse, 2 = relapse, 0 = neither seen) of those with SCT."""
    p = seen.part(sct)
    transplant_day, days = p.lives.transplant_day, (p.lives.antibody_failure_day, p.lives.relapse_day)
    relapse_day = np.fmin(*(np.where(day > transplant_day, day, np.nan) for day in days))
    relapsed = p.by_now(relapse_day)
    end = np.where(relapsed, relapse_day / DAYS_PER_MONTH, p.follow_up_months)
    causes = np.where(relapsed, 2, np.where(p.dead, 1, 0))
    return np.maximum(end - transplant_day / DAYS_PER_MONTH, SHORTEST_MONTHS), causes


def quantities(seen: Seen, months: Sequence[int], landmark_months: int, landmark_sct: str) -> dict[str, float]:
    """Every quantity of the patients seen, by name."""
    p = seen.lives
    everyone = np.ones(len(p), bool)
    responder, sct = seen.responder, seen.by_now(p.transplant_day)
    sos = seen.by_now(p.sos_day)
    rfs_months, rfs_event = relapse_free(seen)
    efs_months, efs_event = event_free(seen)
    since_sct, causes = after_transplant(seen, sct)
    found = {
        "response_rate": share(responder, everyone),
        "cr_rate": share(responder & (p.remission_kind == Remission.CR), everyone),
        "mrd_negative_rate": share(seen.mrd_negative, responder),
        "early_death_rate": share(seen.dead & (p.death_day <= EARLY_DAYS), everyone),
        "sct_rate": share(sct, everyone),
        "sos_count": float(np.count_nonzero(sos)),
        "sos_rate": share(sos, everyone),
        "sos_after_sct_rate": share(sos & (p.sos_after_transplant == 1), sct),
        "nrm_after_sct_12": float(incidence_at(since_sct, causes, 1, 12.0)),
        "relapse_after_sct_24": float(incidence_at(since_sct, causes, 2, 24.0)),
        "median_os_months": median_of(seen.follow_up_months, seen.dead, everyone),
        "median_rfs_months": median_of(rfs_months, rfs_event, responder),
    }
    at_landmark = (seen.remission_day <= landmark_months * DAYS_PER_MONTH) & (seen.follow_up_months > landmark_months)
    treated = sct if landmark_sct == "ever" else p.transplant_day <= landmark_months * DAYS_PER_MONTH
    for month in months:
        found[f"os_{month}"] = rate_at(seen.follow_up_months, seen.dead, everyone, month)
        found[f"efs_{month}"] = rate_at(efs_months, efs_event, everyone, month)
        found[f"rfs_{month}"] = rate_at(rfs_months, rfs_event, responder, month)
        if month > landmark_months:
            for word, group in (("sct", treated), ("no_sct", ~treated)):
                name = f"os_{month}_landmark_{landmark_months}_{word}"
                found[name] = rate_at(seen.follow_up_months, seen.dead, at_landmark & group, month)
    return found
