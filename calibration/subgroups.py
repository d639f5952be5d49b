"""Subgroups that papers print, by name: who belongs, as the study sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from calibration.seen import Flags, Seen

AGE = re.compile(r"age_(under|from)_(\d{2})")

SUBGROUPS: dict[str, Callable[[Seen], Flags]] = {
    "salvage_1": lambda s: s.lives.line_at_entry == 1,
    "salvage_2": lambda s: s.lives.line_at_entry == 2,
    "salvage_2_plus": lambda s: s.lives.line_at_entry > 1,
    "first_remission": lambda s: s.lives.line_at_entry == 0,
    "later_remission": lambda s: s.lives.line_at_entry > 0,
    "long_first_remission": lambda s: s.lives.first_remission_over_12_months == 1,
    "mrd_negative": lambda s: s.mrd_negative,  # best MRD, among responders
    "mrd_positive": lambda s: s.responder & ~s.mrd_negative,
    "ph_positive": lambda s: s.lives.philadelphia == 1,
    "ph_negative": lambda s: s.lives.philadelphia == 0,
    "prior_sct": lambda s: s.lives.prior_transplant == 1,
    "no_prior_sct": lambda s: s.lives.prior_transplant == 0,
    "high_risk_cytogenetics": lambda s: (s.lives.low_hypodiploid + s.lives.kmt2a) > 0,
    "tp53_mutated": lambda s: s.lives.tp53_mutated == 1,
    "tp53_wild_type": lambda s: s.lives.tp53_mutated == 0,
}


def known_subgroup(name: str) -> bool:
    """Whether `members` knows the name."""
    return name in SUBGROUPS or AGE.fullmatch(name) is not None


def subgroup_words() -> str:
    """What is allowed, for messages."""
    return f"{', '.join(SUBGROUPS)}, age_under_60, age_from_60 (any two digits)"


def members(name: str, seen: Seen) -> Flags:
    """(n,) who belongs to a subgroup. KeyError for a name that is not known."""
    age = AGE.fullmatch(name)
    if age is None:
        return np.asarray(SUBGROUPS[name](seen))
    younger = seen.lives.age_years < float(age[2])
    return np.asarray(younger if age[1] == "under" else ~younger)
