"""The way to SCT: offered, accepted, donor sought, ready, admitted; or too late.

Two of these steps need what patients may have to share, a search desk and a bed, and wait for them; the rules here do
not know for how long. The deadline runs all the time.
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot, clear_plans
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.hazards import log_normal_days, probability
from simulator.strategy import (
    WAITING_REVIEW_DAYS,
    Donor,
    GeneticsCriterion,
    IntervalAct,
    MrdCriterion,
    TransplantPolicy,
)

CONDITIONING_DAYS = 7.0  # from admission to the graft (judgement)
FIRST_STEP, LAST_STEP = int(Slot.DONOR_SEARCH), int(Slot.TRANSPLANT)
SECOND_LOOK_DAYS = 42.0  # an MRD criterion is judged on the marrow after the next course (judgement)


@compiled
def decide_transplant(patient, parameters, strategy, now):
    """TRANSPLANT_DECISION: eligible, offered, accepted; then a donor is sought."""
    first_look = patient.line == patient.protocol_line and now < patient.remission_day + SECOND_LOOK_DAYS
    if strategy.transplant_mrd != MrdCriterion.ANY and first_look:
        patient.calendar[Slot.TRANSPLANT_DECISION] = patient.remission_day + SECOND_LOOK_DAYS
        return
    patient.transplant_decision = -1
    if not offered(patient, strategy):
        return
    if strategy.transplant_policy == TransplantPolicy.AS_PRACTISED:
        accepts = probability(uptake_log_odds(patient, parameters))
    else:
        accepts = 1.0 - parameters.transplant_refusal
    u_uptake = uniform_pair(patient.seed, patient.id, draws.TRANSPLANT_UPTAKE // 2, patient.transplants + 1)[0]
    if u_uptake >= accepts:
        return
    patient.transplant_decision = 1
    patient.transplant_planned_day = NEVER
    patient.search_asked_day = now
    patient.bed_asked_day = np.nan
    in_first = patient.line == patient.protocol_line
    patient.transplant_deadline_day = (patient.remission_day if in_first else now) + strategy.transplant_grace_days
    patient.calendar[Slot.TRANSPLANT_LAPSE] = max(patient.transplant_deadline_day - CONDITIONING_DAYS, now)
    patient.calendar[Slot.DONOR_SEARCH] = now


@compiled
def fail_line(patient):
    """The plan of the line before no longer withholds InO."""
    patient.inotuzumab_stop_day = NEVER


@compiled
def offered(patient, strategy):
    """Eligibility and the policy's own criteria."""
    if strategy.transplant_policy == TransplantPolicy.NONE or patient.donor < 0:
        return False
    if patient.unfit_for_transplant or patient.ecog > 2 or not np.isnan(patient.sos_day):
        return False
    if patient.age_years > strategy.transplant_max_age_years or not strategy.transplant_donors[patient.donor]:
        return False
    line = min(max(patient.line, 1), 3)  # a first remission ever is offered what the first salvage is
    if line < strategy.transplant_earliest_line or line > strategy.transplant_latest_line:
        return False
    if not genetics_fit(patient, strategy):
        return False
    if patient.line != patient.protocol_line:
        # MRD is not read in a later remission: a criterion on it cannot be met
        return strategy.transplant_mrd == MrdCriterion.ANY
    if strategy.transplant_mrd == MrdCriterion.POSITIVE:
        return not patient.mrd_negative
    if strategy.transplant_mrd == MrdCriterion.NEGATIVE:
        return patient.mrd_negative == 1
    return True


@compiled
def genetics_fit(patient, strategy):
    """High-risk cytogenetics as the paper counts it (K061: low-hypodiploid or KMT2A), with or without TP53."""
    high_risk = patient.low_hypodiploid or patient.kmt2a
    if strategy.transplant_genetics == GeneticsCriterion.HIGH_RISK:
        return high_risk
    if strategy.transplant_genetics == GeneticsCriterion.HIGH_RISK_OR_TP53:
        return high_risk or patient.tp53_mutated
    return True


@compiled
def uptake_log_odds(patient, parameters):
    """Practice: MRD, line, age, prior SCT, genetics, and the frailty that nobody measured."""
    alone = patient.line == patient.blinatumomab_line
    negative = patient.antibody_mrd_negative if alone else patient.mrd_negative
    return (
        parameters.uptake_log_odds
        + parameters.uptake_log_odds_later_line * (patient.line > 1)
        + parameters.uptake_log_odds_mrd_negative * negative
        + parameters.uptake_log_odds_per_decade * (patient.age_years - 40.0) / 10.0
        + parameters.uptake_log_odds_prior_transplant * (patient.prior_transplant or patient.transplants > 0)
        + parameters.uptake_log_odds_high_risk * (patient.low_hypodiploid or patient.kmt2a)
        + parameters.uptake_log_odds_per_frailty * patient.frailty
    )


@compiled
def donor_search_days(patient, parameters):
    """Related donors 3-5 weeks, unrelated 6-10 (X222)."""
    related = patient.donor == Donor.MATCHED_RELATED or patient.donor == Donor.HAPLOIDENTICAL
    median = parameters.search_related_median_days if related else parameters.search_unrelated_median_days
    return log_normal_days(normal_from(patient.donor_search_luck), median, parameters.search_sigma)


@compiled
def search_donor(patient, parameters, strategy, now):
    """DONOR_SEARCH: a desk begins the search; the day of SCT is planned from its end, and InO stops in time."""
    u_delay = uniform_pair(patient.seed, patient.id, draws.TRANSPLANT_UPTAKE // 2, patient.transplants + 1)[1]
    delay = log_normal_days(
        normal_from(u_delay), parameters.transplant_delay_median_days, parameters.transplant_delay_sigma
    )
    if strategy.transplant_policy == TransplantPolicy.EVERYONE_ELIGIBLE:
        delay = min(delay, parameters.transplant_workup_days)
    delay = max(delay, CONDITIONING_DAYS)
    patient.donor_ready_day = now + donor_search_days(patient, parameters)
    patient.transplant_planned_day = max(patient.donor_ready_day + delay, patient.course_end_day)
    rest = parameters.rest_before_transplant_days
    if strategy.transplant_interval_act != IntervalAct.DELAY_SCT:
        rest = max(rest, strategy.transplant_minimum_interval_days)
    patient.inotuzumab_stop_day = patient.transplant_planned_day - rest
    if patient.calendar[Slot.INOTUZUMAB] > patient.inotuzumab_stop_day:
        patient.calendar[Slot.INOTUZUMAB] = NEVER
    patient.calendar[Slot.DONOR_FOUND] = patient.donor_ready_day
    admission = patient.transplant_planned_day - CONDITIONING_DAYS
    patient.calendar[Slot.TRANSPLANT_READY] = max(admission, patient.donor_ready_day)


@compiled
def ask_for_bed(patient, parameters, strategy, now):
    """TRANSPLANT_READY: the planned day of admission; it waits for what runs, then asks for a bed."""
    earliest = earliest_admission_day(patient, strategy, now)
    if earliest > now:
        patient.calendar[Slot.TRANSPLANT_READY] = earliest
        return
    if np.isnan(patient.bed_asked_day):
        patient.bed_asked_day = now
    patient.calendar[Slot.ADMISSION] = now
    # whoever waits long is treated meanwhile; a patient on maintenance already is
    first_line = patient.line == patient.protocol_line and np.isnan(patient.maintenance_day)
    if first_line and patient.calendar[Slot.NEXT_TREATMENT] == NEVER:
        patient.calendar[Slot.NEXT_TREATMENT] = now + WAITING_REVIEW_DAYS


@compiled
def admit(patient, parameters, strategy, now):
    """ADMISSION: a bed is there and conditioning begins, unless a treatment given while waiting still runs."""
    earliest = earliest_admission_day(patient, strategy, now)
    if earliest > now:
        patient.calendar[Slot.TRANSPLANT_READY] = earliest
        return
    course_open = patient.courses - patient.response_course > patient.remission_courses
    closes = course_open and patient.calendar[Slot.NEXT_TREATMENT] < NEVER
    clear_plans(patient)
    if closes:
        patient.calendar[Slot.NEXT_TREATMENT] = now  # what the last course has achieved counts
    patient.admission_day = now
    patient.calendar[Slot.TRANSPLANT] = now + CONDITIONING_DAYS


@compiled
def earliest_admission_day(patient, strategy, now):
    """By the graft courses over and the interval kept; no infusion running; blinatumomab that is owed given."""
    earliest = patient.course_end_day - CONDITIONING_DAYS
    if patient.inotuzumab_courses > 0:
        interval_ends = patient.last_inotuzumab_day + strategy.transplant_minimum_interval_days
        earliest = max(earliest, interval_ends - CONDITIONING_DAYS)
    if patient.calendar[Slot.BLINATUMOMAB_END] < NEVER:
        earliest = max(earliest, patient.calendar[Slot.BLINATUMOMAB_END])
    owed = patient.blinatumomab_completed < strategy.transplant_after_blinatumomab_courses
    still_given = not patient.blinatumomab_ended and np.isnan(patient.maintenance_day)
    if owed and still_given and patient.line == patient.protocol_line:
        earliest = max(earliest, now + CONDITIONING_DAYS)
    return earliest


@compiled
def lapse(patient, now):
    """TRANSPLANT_LAPSE: no SCT; the protocol goes on where it stood, if this is still its remission."""
    patient.transplant_decision = -1
    patient.transplant_planned_day = NEVER
    for slot in range(FIRST_STEP, LAST_STEP + 1):
        patient.calendar[slot] = NEVER
    if patient.line != patient.protocol_line:
        return
    if not np.isnan(patient.maintenance_day):
        if patient.calendar[Slot.MAINTENANCE] == NEVER:
            patient.calendar[Slot.MAINTENANCE] = now  # withdrawn at admission
        return
    idle = (
        patient.calendar[Slot.NEXT_TREATMENT] == NEVER
        and patient.calendar[Slot.COURSE] == NEVER
        and patient.calendar[Slot.BLINATUMOMAB] == NEVER
    )
    if idle:
        patient.calendar[Slot.NEXT_TREATMENT] = max(now, patient.course_end_day)
