"""The ledger of the Kantarjian cohort: where the 110 patients are at the data cut, published and simulated."""

from __future__ import annotations

import numpy as np

from calibration.kantarjian_2023 import SIZE, sos_cases
from calibration.observe import MODIFIED, ORIGINAL, Observed
from simulator.estimators import survival_at
from simulator.strategy import DAYS_PER_MONTH

# quantity -> published (K rows and counts derived from them)
PUBLISHED: dict[str, float | None] = {
    "responders (K074)": 91,
    "  after course 1 (K079)": 73,
    "  after a later course (K080)": 18,
    "dead by day 28 (K091)": 7,
    "refractory: no remission, alive on day 28": 12,
    "SCT (K136)": 53,
    "  alive in first remission (K103)": 24,
    "  alive after relapse (DER006)": 3,
    "  dead (K153)": 26,
    "without SCT": 57,
    "  alive in first remission (K151)": 10,
    "  alive otherwise (DER007)": 4,
    "  dead (DER008)": 43,
    "SOS (K157)": 10,
    "  without SCT (K164)": 3,
    "S(1 month)": 0.936,
    "S(17 months)": 0.50,
    "S(36 months)": 0.40,
    "S(1 month), original": 0.896,
    "S(1 month), modified": 1.00,
    "S(36 months), original": 0.34,
    "S(36 months), modified": 0.52,
}


def ledger_counts(o: Observed) -> dict[str, float]:
    """The ledger of one trial."""
    p = o.lives
    days = o.follow_up_months * DAYS_PER_MONTH
    responder = ~np.isnan(p.remission_day)
    early = p.death_day <= 28.0
    sct = p.transplant_day <= days
    in_remission = responder & ~o.dead & ~(p.relapse_day <= days)
    otherwise = ~o.dead & ~in_remission
    sos = sos_cases(o)
    sos_without = sos & (p.sos_after_transplant == 0)
    counts = [
        responder,
        responder & (p.response_course == 1),
        responder & (p.response_course > 1),
        early,
        ~responder & ~early,
        sct,
        sct & in_remission,
        sct & otherwise,
        sct & o.dead,
        ~sct,
        ~sct & in_remission,
        ~sct & otherwise,
        ~sct & o.dead,
        sos,
        sos_without,
    ]
    original, modified = o.arm == ORIGINAL, o.arm == MODIFIED
    everyone = original | modified
    rates = [
        survival_at(o.follow_up_months[group], o.dead[group], month)
        for group, month in (
            (everyone, 1.0),
            (everyone, 17.0),
            (everyone, 36.0),
            (original, 1.0),
            (modified, 1.0),
            (original, 36.0),
            (modified, 36.0),
        )
    ]
    scale = sum(SIZE.values()) / len(p)
    return dict(zip(PUBLISHED, [*(np.count_nonzero(flag) * scale for flag in counts), *rates], strict=True))
