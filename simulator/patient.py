"""The patient: one flat record, each field with its meaning, its unit and the phase that owns it.

Only the owner writes a field; everybody may read. A test reads the rules' syntax trees and holds them to it.
Days are floats from day 1 of the first dose (day 1 = 0.0); a day that has not come is NaN or NEVER as stated.
"""

from enum import IntEnum

import numpy as np

from simulator.calendar import NEVER, SLOTS
from simulator.compiled import compiled, leaf

NOT_YET = np.nan
OVERT_LOG10 = np.log10(0.05)  # 5 % blasts: remission below, morphologic relapse from here on (K042)


class Cause(IntEnum):
    """Causes of death."""

    ALIVE = 0
    BACKGROUND = 1
    EARLY = 2  # within 28 days of the first dose
    REMISSION = 3  # non-relapse, in remission, without SCT
    TRANSPLANT = 4  # non-relapse, after SCT, not SOS
    SOS = 5
    LEUKAEMIA = 6


class State(IntEnum):
    """Where a patient stands; for state occupancy."""

    ACTIVE = 0  # before remission, or refractory
    REMISSION = 1  # first remission, no SCT
    REMISSION_AFTER_SCT = 2
    RELAPSED = 3
    LATER_REMISSION = 4
    DEAD = 5


class Remission(IntEnum):
    """Kind of response."""

    NONE = 0
    CR = 1
    CRP = 2  # platelets below 100
    CRI = 3  # neutrophils below 1 and platelets below 100


# (field, kind, unit, owner, meaning). Kinds: f = float64, i = int64, u = uint64.
FIELDS = (
    ("seed", "u", "", "identity", "64-bit seed of the run"),
    ("id", "i", "", "identity", "patient number"),
    # baseline
    ("age_years", "f", "years", "population", "age on day 1"),
    ("male", "i", "0/1", "population", "sex"),
    ("line_at_entry", "i", "line", "population", "salvage line on day 1; 3 = third or later"),
    ("first_remission_over_12_months", "i", "0/1", "population", "first remission lasted > 12 months"),
    ("prior_transplant", "i", "0/1", "population", "SCT before day 1"),
    ("low_hypodiploid", "i", "0/1", "population", "low-hypodiploid or near-triploid"),
    ("kmt2a", "i", "0/1", "population", "KMT2A rearranged"),
    ("complex_karyotype", "i", "0/1", "population", "complex karyotype"),
    ("tp53_mutated", "i", "0/1", "population", "TP53 mutation"),
    ("crlf2", "i", "0/1", "population", "CRLF2 overexpression"),
    ("philadelphia", "i", "0/1", "population", "Ph-positive"),
    ("entered_in_remission", "i", "0/1", "population", "in MRD-positive remission on day 1"),
    ("entry_burden_log10", "f", "log10", "population", "latent burden on day 1 of those"),
    ("entry_latency_days", "f", "days", "population", "since that remission began"),
    ("peripheral_blasts_percent", "f", "%", "population", "blasts in peripheral blood"),
    ("ecog", "i", "score", "population", "performance status"),
    ("cd19_percent", "f", "%", "population", "blasts expressing CD19"),
    ("cd22_percent", "f", "%", "population", "blasts expressing CD22"),
    ("frailty", "f", "SD", "population", "resistance of the leukaemia; 0 = average of first salvage"),
    ("unfit_for_transplant", "i", "0/1", "population", "comorbidity forbids SCT"),
    ("donor", "i", "code", "population", "best donor (strategy.Donor); -1 = none"),
    ("donor_search_luck", "f", "probability", "population", "quantile of the search time"),
    # therapy before and in remission
    ("line", "i", "line", "salvage", "salvage line now; 0 = first remission ever"),
    ("protocol_line", "i", "line", "salvage", "line in which the courses of the strategy are given"),
    ("blinatumomab_line", "i", "line", "salvage", "line of blinatumomab alone, before or after those; -1 = none"),
    ("interim_therapy", "i", "0/1", "salvage", "other treatment between blinatumomab alone and the courses"),
    ("cd19_now_percent", "f", "%", "antigen", "blasts expressing CD19 now"),
    ("cd22_now_percent", "f", "%", "antigen", "blasts expressing CD22 now"),
    ("cd19_lost", "i", "0/1", "antigen", "CD19 lost at a failure after blinatumomab"),
    ("cd22_lost", "i", "0/1", "antigen", "CD22 lost at a failure after InO"),
    ("antigen_blinatumomab_counted", "i", "courses", "antigen", "courses that a failure has already answered"),
    ("antigen_inotuzumab_counted", "f", "mg/m2", "antigen", "InO that a failure has already answered"),
    ("antibody_day", "f", "day", "antibody", "blinatumomab alone began; NaN = not"),
    ("antibody_courses", "i", "courses", "antibody", "courses of blinatumomab alone started"),
    ("antibody_completed", "i", "courses", "antibody", "of them completed"),
    ("antibody_remission_day", "f", "day", "antibody", "remission under it; NaN = none"),
    ("antibody_mrd_negative", "i", "0/1", "mrd", "MRD-negative in that remission, ever"),
    ("antibody_failure_day", "f", "day", "antibody", "refractory to it, or relapse after it; NaN = not"),
    ("antibody_factor", "f", "ratio", "antibody", "on the relapse hazard (eradicating)"),
    ("antibody_kill_log10", "f", "log10", "antibody", "burden removed in remission"),
    ("antibody_speed", "f", "ratio", "antibody", "of the relapse clock during infusion (suppressing)"),
    ("protocol_day", "f", "day", "course", "day 1 of course 1; NaN = never reached"),
    ("courses", "i", "courses", "course", "chemotherapy courses started"),
    ("course_day", "f", "day", "course", "start of the latest course"),
    ("course_doses_given", "i", "doses", "course", "InO doses given in this course"),
    ("inotuzumab_courses", "i", "courses", "course", "courses with at least one InO dose"),
    ("inotuzumab_mg_per_m2", "f", "mg/m2", "course", "cumulative InO"),
    ("course_inotuzumab_mg_per_m2", "f", "mg/m2", "course", "InO in this course"),
    ("last_inotuzumab_day", "f", "day", "course", "latest InO dose; NaN = none"),
    ("course_kill_luck", "f", "probability", "course", "quantile of this course's kill"),
    ("course_end_day", "f", "day", "course", "earliest start of the next block"),
    ("platelets_day", "f", "day", "course", "platelets recovered after this course; NEVER = not within six weeks"),
    ("thrombocytopenia_induction", "i", "0/1", "course", "platelets <= 50 beyond six weeks after course 1"),
    ("thrombocytopenia_later", "i", "0/1", "course", "same after a later course"),
    ("burden_active_log10", "f", "log10", "response antibody", "leukaemic fraction of marrow while active"),
    ("burden_at_remission_log10", "f", "log10", "response antibody", "latent burden at remission"),
    ("kill_before_remission_log10", "f", "log10", "response antibody", "burden removed in earlier remissions"),
    ("remission_day", "f", "day", "response", "remission by the courses (day 1 if entered in it); NaN = none"),
    ("remission_kind", "i", "code", "response antibody", "patient.Remission"),
    ("without_chemotherapy", "i", "0/1", "response antibody", "remission reached by an antibody alone"),
    ("response_course", "i", "course", "response", "course after which remission was found"),
    ("failed_assessments", "i", "marrows", "response", "marrows without remission"),
    ("refractory_day", "f", "day", "response", "declared refractory; NaN = not"),
    ("mrd_negative", "i", "0/1", "mrd", "latest marrow MRD-negative"),
    ("mrd_negative_at_response", "i", "0/1", "mrd", "first marrow in remission"),
    ("mrd_negative_within_3_courses", "i", "0/1", "mrd", "any marrow up to course 3"),
    ("mrd_negative_day", "f", "day", "mrd", "first MRD-negative marrow; NaN = none"),
    ("mrd_relapse_found_day", "f", "day", "mrd", "MRD found positive after having been negative; NaN = not"),
    ("kill_in_remission_log10", "f", "log10", "consolidation", "burden removed by courses in remission"),
    ("course_factor", "f", "ratio", "consolidation", "courses in remission on the relapse hazard (eradicating)"),
    ("remission_courses", "i", "courses", "consolidation", "courses completed in remission"),
    ("blinatumomab_courses", "i", "courses", "blinatumomab", "courses started"),
    ("blinatumomab_completed", "i", "courses", "blinatumomab", "infusions completed"),
    ("blinatumomab_in_maintenance", "i", "courses", "blinatumomab", "courses started during maintenance"),
    ("blinatumomab_day", "f", "day", "blinatumomab", "first course; NaN = none"),
    ("blinatumomab_end_day", "f", "day", "blinatumomab", "latest infusion completed; NaN = none"),
    ("blinatumomab_factor", "f", "ratio", "blinatumomab", "on the relapse hazard (eradicating)"),
    ("blinatumomab_kill_log10", "f", "log10", "blinatumomab", "burden removed"),
    ("blinatumomab_speed", "f", "ratio", "blinatumomab", "of the relapse clock during infusion (suppressing)"),
    ("blinatumomab_ended", "i", "0/1", "blinatumomab", "no further consolidation courses"),
    ("maintenance_day", "f", "day", "maintenance", "POMP began; NaN = not"),
    ("maintenance_months", "f", "months", "maintenance", "POMP given"),
    ("maintenance_speed", "f", "ratio", "maintenance", "of the relapse clock during POMP (suppressing)"),
    # SCT and its toxicity
    ("transplant_decision", "i", "code", "referral transplant", "0 open, 1 planned, -1 not"),
    ("transplant_planned_day", "f", "day", "referral", "day now planned; NEVER = none"),
    ("transplant_deadline_day", "f", "day", "referral", "grace period ends"),
    ("inotuzumab_stop_day", "f", "day", "referral", "no InO dose after this day; NEVER = no limit"),
    ("search_asked_day", "f", "day", "referral", "latest donor search asked for; NaN = none"),
    ("donor_ready_day", "f", "day", "referral", "donor found"),
    ("bed_asked_day", "f", "day", "referral", "bed first asked for, latest planned SCT; NaN = not"),
    ("admission_day", "f", "day", "referral", "latest admission for SCT; NaN = none"),
    ("transplants", "i", "SCT", "transplant", "SCTs done since day 1"),
    ("transplant_day", "f", "day", "transplant", "first SCT; NaN = none"),
    ("transplant_line", "i", "line", "transplant", "line in whose remission the latest SCT was done; -1 = none"),
    ("latest_transplant_day", "f", "day", "transplant", "latest SCT; NaN = none"),
    ("transplant_interval_days", "f", "days", "transplant", "last InO to first SCT"),
    ("transplant_inotuzumab_courses", "i", "courses", "transplant", "InO courses before first SCT"),
    ("conditioning_myeloablative", "i", "0/1", "transplant", "of the latest SCT"),
    ("conditioning_alkylators", "i", "0-2", "transplant", "of the latest SCT"),
    ("conditioning_busulfan", "i", "0/1", "transplant", "of the latest SCT"),
    ("conditioning_thiotepa", "i", "0/1", "transplant", "of the latest SCT"),
    ("conditioning_tbi", "i", "0/1", "transplant", "of the latest SCT"),
    ("transplant_factor", "f", "ratio", "transplant", "on the relapse hazard (eradicating)"),
    ("transplant_kill_log10", "f", "log10", "transplant", "burden removed"),
    ("engraftment_day", "f", "day", "transplant", "neutrophils recovered; NEVER = graft failure"),
    ("acute_gvhd_grade", "i", "0-4", "transplant", "0 none; 2 = II, 3 = III-IV"),
    ("chronic_gvhd", "i", "0/1", "transplant", "chronic GVHD"),
    ("gvhd_factor", "f", "ratio", "transplant", "on mortality after SCT"),
    ("transplant_death_left", "f", "hazard", "transplant", "threshold not yet consumed"),
    ("transplant_death_rate", "f", "hazard", "transplant", "theta before GVHD and SOS"),
    ("transplant_death_multiplier", "f", "ratio", "transplant", "multiplier in force"),
    ("transplant_death_share", "f", "share", "transplant", "F at the last accrual"),
    ("ursodiol", "i", "0/1", "sos", "receives ursodiol"),
    ("sos_day", "f", "day", "sos", "onset; NaN = none"),
    ("sos_severe", "i", "0/1", "sos", "severe or very severe"),
    ("sos_fatal", "i", "0/1", "sos", "lethal course drawn (death attributed to SOS unless another comes first)"),
    ("sos_after_transplant", "i", "0/1", "sos", "peri-SCT"),
    ("sos_courses", "i", "courses", "sos", "courses before onset"),
    ("sos_factor", "f", "ratio", "sos", "on mortality after SCT in survivors of SOS"),
    ("sos_drug_rate", "f", "hazard per mg/m2", "sos", "drug-only hazard that a dose adds"),
    ("sos_drug_left", "f", "hazard", "sos", "drug-only threshold not yet consumed"),
    ("sos_drug_outstanding", "f", "hazard", "sos", "hazard of doses given, not yet spent"),
    ("sos_drug_day", "f", "day", "sos", "last accrual"),
    ("sos_dose_counted", "f", "mg/m2", "sos", "cumulative InO already turned into hazard"),
    ("sos_transplants_counted", "i", "SCT", "sos", "SCTs already turned into risk"),
    # relapse
    ("in_remission", "i", "0/1", "response antibody relapse salvage", "no morphologic disease"),
    ("relapse_line", "i", "line", "relapse", "line whose latency clock runs; -1 = none"),
    ("relapse_left", "f", "hazard", "relapse", "threshold not yet consumed"),
    ("relapse_rate", "f", "hazard", "relapse", "theta at remission"),
    ("relapse_multiplier", "f", "ratio", "relapse", "eradicating multiplier in force"),
    ("relapse_eradication_at_start", "f", "ratio", "relapse", "product of the factors when the clock began"),
    ("relapse_speed", "f", "ratio", "relapse", "clock speed in force"),
    ("relapse_latency_days", "f", "days", "relapse", "clock reading when it was last turned"),
    ("relapse_share", "f", "share", "relapse", "F at the last accrual of hazard"),
    ("relapse_due_latency_days", "f", "days", "relapse", "clock reading at which the threshold is reached"),
    ("relapse_accrued_day", "f", "day", "relapse", "day of that clock reading"),
    ("molecular_relapse_day", "f", "day", "relapse", "molecular relapse under way since; NaN = not"),
    ("molecular_relapses", "i", "count", "relapse", "molecular relapses in this line"),
    ("molecular_growth_days", "f", "days", "relapse", "growth days left to overt relapse"),
    ("doubling_days", "f", "days", "relapse", "doubling time of the clone"),
    ("relapse_day", "f", "day", "relapse", "first morphologic relapse; NaN = none"),
    # later lines and death
    ("salvage_attempts", "i", "lines", "salvage", "further lines tried"),
    ("later_remission_day", "f", "day", "salvage", "first later remission; NaN = none"),
    ("salvage_running", "i", "0/1", "salvage", "a further line is under way"),
    (
        "leukaemia_death_line",
        "i",
        "line",
        "death",
        "line whose threshold for disease death runs; -1 = none",
    ),
    ("remission_death_line", "i", "line", "death", "line whose threshold for death in remission was drawn"),
    ("death_day", "f", "day", "death", "NaN = alive"),
    ("death_cause", "i", "code", "death", "patient.Cause"),
)

KIND = {"f": "f8", "i": "i8", "u": "u8"}
PATIENT_DTYPE = np.dtype([("calendar", "f8", (SLOTS,)), *((name, KIND[kind]) for name, kind, *_ in FIELDS)])
OWNERS = {name: tuple(owner.split()) for name, _, _, owner, _ in FIELDS}


# Before anything has happened: days NaN, ratios 1, the rest 0, except these.
INITIAL = {
    name: NEVER
    for name in (
        "platelets_day",
        "transplant_planned_day",
        "transplant_deadline_day",
        "donor_ready_day",
        "inotuzumab_stop_day",
        "engraftment_day",
        "transplant_death_left",
        "sos_drug_left",
        "relapse_left",
    )
} | {
    "sos_drug_day": 0.0, "relapse_accrued_day": 0.0,
    "blinatumomab_line": -1, "transplant_line": -1, "relapse_line": -1,
    "leukaemia_death_line": -1, "remission_death_line": -1,
}  # fmt: skip


def new_patients(count: int) -> np.recarray:
    """`count` blank records; the clocks reuse them."""
    patients = np.zeros(count, PATIENT_DTYPE).view(np.recarray)
    for name, _, unit, *_ in FIELDS:
        patients[name] = INITIAL.get(name, {"day": NOT_YET, "ratio": 1.0}.get(unit, 0))
    patients["calendar"] = NEVER
    return patients


@leaf
def before_protocol(patient):
    """Whether blinatumomab alone is the first line of this strategy."""
    return 0 <= patient.blinatumomab_line < patient.protocol_line


@leaf
def in_strategy_line(patient):
    """Whether the line now is one that the strategy describes: its courses, or blinatumomab alone."""
    return patient.line == patient.protocol_line or patient.line == patient.blinatumomab_line


@compiled
def first_line_days(patient):
    """(remission, relapse, refractory): days of the strategy's first line, NaN = not."""
    if not before_protocol(patient):
        return patient.remission_day, patient.relapse_day, patient.refractory_day
    remission, failure = patient.antibody_remission_day, patient.antibody_failure_day
    if np.isnan(remission):
        return remission, np.nan, failure
    return remission, failure, np.nan


@compiled
def state_now(patient):
    """patient.State, derived from what the phases wrote."""
    if not np.isnan(patient.death_day):
        return State.DEAD
    # where blinatumomab alone comes first, its failure is the end of the first remission or of the hope for it
    failed = before_protocol(patient) and not np.isnan(patient.antibody_failure_day)
    relapsed = failed or not np.isnan(patient.relapse_day)
    if not patient.in_remission:
        return State.RELAPSED if relapsed else State.ACTIVE
    if relapsed or (np.isnan(patient.remission_day) and not before_protocol(patient)):
        return State.LATER_REMISSION
    return State.REMISSION_AFTER_SCT if patient.transplants > 0 else State.REMISSION
