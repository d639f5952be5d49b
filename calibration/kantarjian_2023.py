"""The estimators of Kantarjian 2023, applied to observed lives exactly as published; ids as in the catalogue.

Percentages are per cent, counts are expected counts at the published denominator (a share times n), times are in
the catalogue's unit. A statistic without patients is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from calibration.observe import MODIFIED, ORIGINAL, Observed
from calibration.summaries import Flags, in_units, middle, rate, share
from simulator.estimators import cox, logrank, median_survival, split_at
from simulator.patient import Cause, Remission
from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK

STUDY = "kantarjian-2023"
SIZE = {ORIGINAL: 67, MODIFIED: 43}  # K048, K049
LANDMARK_MONTHS = 4.0
MONTHS_OF_RATES = 36.0
SOS_WINDOW_DAYS = 730.5  # K043: all SOS within two years after InO


def statistics(observed: Observed, median_of_integers: Callable[..., float] = middle) -> dict[str, float]:
    """Every modelled row of the paper, by id."""
    shares, other = _shares(observed), _times(observed, median_of_integers)
    return in_units(shares, STUDY) | other | survival_statistics(observed) | cox_statistics(observed)


def _shares(o: Observed) -> dict[str, float]:
    """Counts and proportions, as shares of their denominator."""
    p = o.lives
    everyone = np.ones(len(p), bool)
    original, modified = o.arm == ORIGINAL, o.arm == MODIFIED
    first, second, later = p.line_at_entry == 1, p.line_at_entry == 2, p.line_at_entry > 1
    responder = ~np.isnan(p.remission_day)
    early = p.death_day <= 28.0
    follow_up_days = o.follow_up_months * DAYS_PER_MONTH
    negative = p.mrd_negative_day < np.inf
    sct = p.transplant_day <= follow_up_days
    sos = sos_cases(o)
    in_first_remission = responder & ~o.dead & ~(p.relapse_day <= follow_up_days)
    consolidation_courses = p.blinatumomab_courses - p.blinatumomab_in_maintenance
    prolonged = (p.thrombocytopenia_induction + p.thrombocytopenia_later) > 0
    landmark_no_sct = landmark_set(o) & ~sct
    return {
        "K051": share(p.blinatumomab_courses > 0, modified),
        "K054": share(consolidation_courses >= 4, modified),
        "K055": share(p.inotuzumab_courses == 4, everyone),
        "K074": share(responder, everyone),
        "K075": share(p.remission_kind == Remission.CR, everyone),
        "K076": share(p.remission_kind == Remission.CRP, everyone),
        "K077": share(p.remission_kind == Remission.CRI, everyone),
        "K079": share(p.response_course == 1, responder),
        "K081": share(responder, first),
        "K082": share(responder, first & (p.first_remission_over_12_months == 1)),
        "K083": share(responder, second),
        "K084": share(responder, p.line_at_entry == 3),
        "K086": share(p.mrd_negative_at_response == 1, responder & o.mrd_assessed),
        "K087": share(p.mrd_negative_within_3_courses == 1, responder & o.mrd_assessed),
        "K088": share(negative, responder & first),
        "K089": share(negative, responder & later),
        "K091": share(early, everyone),
        "K093": share(later, early),
        "K095": share(early, modified),
        "K101": share(~o.dead, everyone),
        "K103": share(in_first_remission, sct),
        "K123": share(~o.dead, o.tp53_tested & (p.tp53_mutated == 1)),
        "K142": share(sct, original),
        "K143": share(sct, modified),
        "K151": share(in_first_remission, ~sct),
        "K153": share(o.dead, sct),
        "K154": share(o.dead, landmark_no_sct),
        "K160": share(sos, first),
        "K163": share(sos & (p.sos_after_transplant == 1), sct),
        "K164": share(sos, ~sct),
        "K165": share(sos & (p.sos_after_transplant == 1), sct & original),
        "K166": share(sos & (p.sos_after_transplant == 1), sct & modified),
        "K167": share(sos, original),
        "K168": share(sos, modified),
        "K176": share(o.dead, sos),
        "K177": share(o.dead & (p.death_cause == Cause.SOS), sos),
        "K192": share(p.thrombocytopenia_induction == 1, everyone),
        "K193": share(p.thrombocytopenia_later == 1, p.courses >= 2),
        "K194": share(prolonged, original),
        "K195": share(prolonged, modified),
    }


def _times(o: Observed, median_of_integers: Callable[..., float]) -> dict[str, float]:
    """Medians among those who had the event."""
    p = o.lives
    responder = ~np.isnan(p.remission_day)
    early = p.death_day <= 28.0
    follow_up_days = o.follow_up_months * DAYS_PER_MONTH
    sct = p.transplant_day <= follow_up_days
    had_inotuzumab = sct & ~np.isnan(p.last_inotuzumab_day)
    treated = p.blinatumomab_courses > 0
    sos = sos_cases(o)
    weeks = p.transplant_interval_days / DAYS_PER_WEEK
    return {
        "K053": median_of_integers((p.blinatumomab_courses - p.blinatumomab_in_maintenance)[treated]),
        "K056": median_of_integers(p.courses),
        "K078": middle(p.remission_day[responder]),
        "K092": middle(p.death_day[early]),
        "K114": middle(p.blinatumomab_day[treated]) / DAYS_PER_MONTH,
        "K137": middle(p.transplant_day[sct]) / DAYS_PER_MONTH,
        "K159": median_of_integers(p.sos_courses[sos]),
        "K170": middle(weeks[had_inotuzumab & (o.arm == ORIGINAL)]),
        "K171": middle(weeks[had_inotuzumab & (o.arm == MODIFIED)]),
    }


def sos_cases(o: Observed) -> Flags:
    """SOS seen, within two years of the last InO dose (K043)."""
    p = o.lives
    since_inotuzumab = p.sos_day - np.where(np.isnan(p.last_inotuzumab_day), 0.0, p.last_inotuzumab_day)
    return (p.sos_day <= o.follow_up_months * DAYS_PER_MONTH) & (since_inotuzumab <= SOS_WINDOW_DAYS)


def chi_square_p(event: Flags, group: Flags) -> float:
    """Uncorrected chi-square P of a 2 x 2 table, as the paper's P-values reproduce (readings A15)."""
    n1, n2 = np.count_nonzero(group), np.count_nonzero(~group)
    pooled = np.mean(event)
    if not 0.0 < pooled < 1.0 or not n1 or not n2:
        return np.nan
    difference = np.mean(event[group]) - np.mean(event[~group])
    return float(erfc(abs(difference) / math.sqrt(2.0 * pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2))))


def relapse_free(o: Observed) -> tuple[Flags, NDArray[np.float64], Flags]:
    """(responders, RFS months from remission, relapse or death seen), for all n."""
    p = o.lives
    responder = p.remission_day <= o.follow_up_months * DAYS_PER_MONTH
    start = np.where(responder, p.remission_day, 0.0) / DAYS_PER_MONTH
    relapse = np.where(np.isnan(p.relapse_day), np.inf, p.relapse_day) / DAYS_PER_MONTH
    end = np.minimum(o.follow_up_months, relapse)
    return responder, np.maximum(end - start, 1e-3), o.dead | (relapse <= o.follow_up_months)


def landmark_set(o: Observed) -> Flags:
    """Responders alive and under observation at four months (readings A5)."""
    responder = o.lives.remission_day <= LANDMARK_MONTHS * DAYS_PER_MONTH
    return responder & (o.follow_up_months > LANDMARK_MONTHS)


def survival_groups(o: Observed) -> dict[str, Flags]:
    """The groups whose overall survival the paper prints, by the id of the 3-year rate."""
    p = o.lives
    responder = ~np.isnan(p.remission_day)
    negative = p.mrd_negative_day < np.inf
    sct = p.transplant_day <= o.follow_up_months * DAYS_PER_MONTH
    at_four_months = landmark_set(o)
    # as received, in first salvage, among those alive and seen at two months (A6)
    at_two_months = (p.line_at_entry == 1) & (o.follow_up_months > 2.0)
    return {
        "K104": np.ones(len(p), bool),
        "K108": o.arm == ORIGINAL,
        "K109": o.arm == MODIFIED,
        "K111": at_two_months & (p.blinatumomab_courses > 0),
        "K112": at_two_months & (p.blinatumomab_courses == 0),
        "K115": p.line_at_entry == 1,
        "K116": p.line_at_entry > 1,
        "K118": responder & negative & o.mrd_assessed,
        "K119": responder & ~negative & o.mrd_assessed,
        "K121": o.tp53_tested & (p.tp53_mutated == 0),
        "K122": o.tp53_tested & (p.tp53_mutated == 1),
        "K125": o.low_risk,
        "K126": o.high_risk,
        "K147": at_four_months & sct,
        "K148": at_four_months & ~sct,
        "K150": at_four_months,
    }


def survival_statistics(o: Observed) -> dict[str, float]:
    """Kaplan-Meier rates and medians, and the P-values (shown, never fitted)."""
    groups = survival_groups(o)
    time, dead = o.follow_up_months, o.dead
    found = {key: rate(time, dead, group, MONTHS_OF_RATES) for key, group in groups.items()}
    found["K106"] = median_survival(time, dead)
    found["K145"] = median_survival(time[groups["K147"]], dead[groups["K147"]])
    found["K146"] = median_survival(time[groups["K148"]], dead[groups["K148"]])
    responder, months, event = relapse_free(o)
    found["K105"] = rate(months, event, responder, MONTHS_OF_RATES)
    found["K107"] = median_survival(months[responder], event[responder])
    at_landmark, landmark_sct = groups["K150"], groups["K147"]
    for key, group in (("K155", landmark_sct), ("K156", at_landmark & ~landmark_sct)):
        found[key] = rate(months, event, group, MONTHS_OF_RATES)
    found["K144"] = chi_square_p(o.lives.transplant_day <= time * DAYS_PER_MONTH, o.arm == MODIFIED)
    found["K169"] = chi_square_p(sos_cases(o), o.arm == MODIFIED)
    for key, one, both in (
        ("K110", groups["K109"], groups["K104"]),
        ("K113", groups["K111"], groups["K111"] | groups["K112"]),
        ("K117", groups["K115"], groups["K104"]),
        ("K120", groups["K118"], groups["K118"] | groups["K119"]),
        ("K124", groups["K121"], o.tp53_tested),
        ("K127", groups["K125"], groups["K125"] | groups["K126"]),
        ("K149", groups["K147"], groups["K150"]),
    ):
        found[key] = logrank(time[both], dead[both], one[both]).p_value if both.any() else np.nan
    return found


def cox_statistics(o: Observed) -> dict[str, float]:
    """The multivariate Cox model: n = 110, untested TP53 as not mutated, SCT time-dependent (readings A7)."""
    p = o.lives
    switch = np.where(np.isnan(p.transplant_day), np.inf, p.transplant_day / DAYS_PER_MONTH)
    rows = split_at(np.zeros(len(p)), o.follow_up_months, o.dead, switch)
    fixed = np.column_stack(
        [
            p.peripheral_blasts_percent,
            o.high_risk,
            o.tp53_tested & (p.tp53_mutated == 1),
            o.arm == MODIFIED,
        ]
    ).astype(float)
    covariates = np.column_stack([fixed[rows.patient], rows.exposed])
    fit = cox(rows.start_day, rows.stop_day, rows.event, covariates)
    ratios = np.exp(fit.coefficients) if fit.converged else np.full(5, np.nan)
    return dict(zip(("K132", "K133", "K134", "K135"), ratios[:4].tolist(), strict=True))
