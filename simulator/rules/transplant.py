"""SCT: who is offered it and goes, donor and delay, conditioning, engraftment, GVHD, and death after it."""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot, clear_plans
from simulator.compiled import compiled, leaf
from simulator.draws import exponential, normal_from, uniform, uniform_pair
from simulator.hazards import log_normal_days, probability, weibull_days, weibull_share
from simulator.strategy import Donor, GeneticsCriterion, IntervalAct, MrdCriterion, TransplantPolicy

CONDITIONING_DAYS = 7.0  # from the end of an infusion to the graft (judgement)
FIRST_MARROW_DAYS = 91.0  # after SCT (judgement)
SECOND_LOOK_DAYS = 42.0  # an MRD criterion is judged on the marrow after the next course (judgement)


@compiled
def decide_transplant(patient, parameters, strategy, now):
    """TRANSPLANT_DECISION: eligible, offered, accepted; then the donor search and the date."""
    first_look = patient.line == patient.line_at_entry and now < patient.remission_day + SECOND_LOOK_DAYS
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
    u_uptake, u_delay = uniform_pair(patient.seed, patient.id, draws.TRANSPLANT_UPTAKE // 2, patient.transplants + 1)
    if u_uptake >= accepts:
        return
    patient.transplant_decision = 1
    search = donor_search_days(patient, parameters)
    patient.donor_ready_day = now + search
    delay = log_normal_days(
        normal_from(u_delay), parameters.transplant_delay_median_days, parameters.transplant_delay_sigma
    )
    if strategy.transplant_policy == TransplantPolicy.EVERYONE_ELIGIBLE:
        delay = min(delay, parameters.transplant_workup_days)
    patient.transplant_planned_day = max(patient.donor_ready_day + delay, patient.course_end_day)
    in_first = patient.line == patient.line_at_entry
    patient.transplant_deadline_day = (patient.remission_day if in_first else now) + strategy.transplant_grace_days
    rest = parameters.rest_before_transplant_days
    if strategy.transplant_interval_act != IntervalAct.DELAY_SCT:
        rest = max(rest, strategy.transplant_minimum_interval_days)
    stop = patient.transplant_planned_day - rest
    patient.inotuzumab_stop_day = stop
    patient.calendar[Slot.TRANSPLANT] = patient.transplant_planned_day
    if patient.calendar[Slot.INOTUZUMAB] > stop:
        patient.calendar[Slot.INOTUZUMAB] = NEVER


@compiled
def offered(patient, strategy):
    """Eligibility and the policy's own criteria."""
    if strategy.transplant_policy == TransplantPolicy.NONE or patient.donor < 0:
        return False
    if patient.unfit_for_transplant or patient.ecog > 2 or not np.isnan(patient.sos_day):
        return False
    if patient.age_years > strategy.transplant_max_age_years or not strategy.transplant_donors[patient.donor]:
        return False
    line = min(patient.line, 3)
    if line < strategy.transplant_earliest_line or line > strategy.transplant_latest_line:
        return False
    if not genetics_fit(patient, strategy):
        return False
    if patient.line != patient.line_at_entry:
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
    return (
        parameters.uptake_log_odds
        + parameters.uptake_log_odds_later_line * (patient.line_at_entry > 1)
        + parameters.uptake_log_odds_mrd_negative * patient.mrd_negative
        + parameters.uptake_log_odds_per_decade * (patient.age_years - 40.0) / 10.0
        + parameters.uptake_log_odds_prior_transplant * patient.prior_transplant
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
def transplant(patient, parameters, strategy, now):
    """TRANSPLANT: the planned day; it waits for the interval and a running infusion, and lapses with the grace."""
    if now > patient.transplant_deadline_day or not np.isnan(patient.sos_day):
        lapse(patient, now)
        return
    earliest = earliest_day(patient, strategy, now)
    if earliest > now:
        patient.calendar[Slot.TRANSPLANT] = min(earliest, patient.transplant_deadline_day + 1.0)
        return
    patient.transplants += 1
    patient.transplant_decision = 0
    if patient.transplants == 1:
        patient.transplant_day = now
        patient.transplant_interval_days = now - patient.last_inotuzumab_day
        patient.transplant_inotuzumab_courses = patient.inotuzumab_courses
    patient.latest_transplant_day = now
    clear_plans(patient)
    patient.calendar[Slot.REMISSION_DEATH] = NEVER
    reads_mrd = np.isnan(patient.mrd_negative_day) or strategy.blinatumomab_at_molecular_relapse
    if reads_mrd and patient.line == patient.line_at_entry:
        patient.calendar[Slot.MRD] = now + FIRST_MARROW_DAYS
    condition(patient, parameters, strategy)
    graft_against_leukaemia(patient, parameters)
    open_transplant_death(patient, parameters, now)
    engraft(patient, parameters, now)


@compiled
def earliest_day(patient, strategy, now):
    """Courses over, the interval kept, no infusion within a week, the blinatumomab that the policy asks for given."""
    earliest = patient.course_end_day
    if patient.inotuzumab_courses > 0:
        earliest = max(earliest, patient.last_inotuzumab_day + strategy.transplant_minimum_interval_days)
    if patient.calendar[Slot.BLINATUMOMAB_END] < NEVER:
        earliest = max(earliest, patient.calendar[Slot.BLINATUMOMAB_END] + CONDITIONING_DAYS)
    elif patient.blinatumomab_completed > 0:
        earliest = max(earliest, patient.blinatumomab_end_day + CONDITIONING_DAYS)
    owed = patient.blinatumomab_completed < strategy.transplant_after_blinatumomab_courses
    still_given = not patient.blinatumomab_ended and np.isnan(patient.maintenance_day)
    if owed and still_given and patient.line == patient.line_at_entry:
        earliest = max(earliest, now + CONDITIONING_DAYS)
    return earliest


@compiled
def lapse(patient, now):
    """Not done: the protocol goes on where it stood, if this is still its remission."""
    patient.transplant_decision = -1
    patient.transplant_planned_day = NEVER
    idle = (
        patient.calendar[Slot.NEXT_TREATMENT] == NEVER
        and patient.calendar[Slot.COURSE] == NEVER
        and patient.calendar[Slot.BLINATUMOMAB] == NEVER
    )
    if idle and np.isnan(patient.maintenance_day) and patient.line == patient.line_at_entry:
        patient.calendar[Slot.NEXT_TREATMENT] = max(now, patient.course_end_day)


@compiled
def condition(patient, parameters, strategy):
    """Conditioning as stated by the strategy, or a draw from practice (fit and young: myeloablative)."""
    if strategy.conditioning_stated:
        patient.conditioning_myeloablative = strategy.conditioning_myeloablative
        patient.conditioning_alkylators = strategy.conditioning_alkylators
        patient.conditioning_busulfan = strategy.conditioning_busulfan
        patient.conditioning_thiotepa = strategy.conditioning_thiotepa
        patient.conditioning_tbi = strategy.conditioning_tbi
        return
    u = uniform(patient, draws.CONDITIONING, patient.transplants)
    myeloablative = parameters.conditioning_myeloablative_share if patient.age_years < 55.0 else 0.0
    patient.conditioning_myeloablative = u < myeloablative
    patient.conditioning_alkylators = 1
    patient.conditioning_busulfan = u < parameters.conditioning_busulfan_share
    patient.conditioning_thiotepa = 0
    patient.conditioning_tbi = u >= 0.85
    if patient.conditioning_tbi and patient.conditioning_myeloablative:
        patient.conditioning_alkylators = 0


@compiled
def graft_against_leukaemia(patient, parameters):
    """What SCT eradicates: conditioning and graft."""
    log_factor = parameters.transplant_log_factor
    if not patient.conditioning_myeloablative:
        log_factor += parameters.transplant_log_factor_reduced
    patient.transplant_factor *= np.exp(log_factor)
    patient.transplant_kill_log10 = parameters.transplant_log_kill


@compiled
def open_transplant_death(patient, parameters, now):
    """Non-relapse mortality after SCT: a bounded hazard from the day of SCT."""
    log_theta = parameters.transplant_death_log_theta
    log_theta += parameters.transplant_death_per_decade * (patient.age_years - 40.0) / 10.0
    log_theta += parameters.transplant_death_second_transplant * (patient.prior_transplant or patient.transplants > 1)
    if patient.donor == Donor.HAPLOIDENTICAL:
        log_theta += parameters.transplant_death_haploidentical
    elif patient.donor == Donor.CORD:
        log_theta += parameters.transplant_death_cord
    if patient.conditioning_myeloablative:
        log_theta += parameters.transplant_death_myeloablative
    patient.transplant_death_rate = np.exp(log_theta)
    patient.transplant_death_left = exponential(patient, draws.TRANSPLANT_DEATH, patient.transplants)
    patient.transplant_death_share = 0.0
    patient.gvhd_factor = 1.0
    # forces the first timing
    patient.transplant_death_multiplier = 0.0


@compiled
def engraft(patient, parameters, now):
    """Neutrophils, and the days on which GVHD begins, if it does."""
    u_engraft, u_acute = uniform_pair(patient.seed, patient.id, draws.ENGRAFTMENT // 2, patient.transplants)
    u_chronic, u_day = uniform_pair(patient.seed, patient.id, draws.CHRONIC_GVHD // 2, patient.transplants)
    failure = parameters.graft_failure
    if u_engraft < failure:
        patient.engraftment_day = NEVER
    else:
        z = normal_from((u_engraft - failure) / (1.0 - failure))
        patient.engraftment_day = now + log_normal_days(z, parameters.engraftment_median_days, 0.3)
    patient.acute_gvhd_grade = 0
    patient.chronic_gvhd = 0
    if u_acute < parameters.acute_gvhd_3_4:
        patient.acute_gvhd_grade = 3
    elif u_acute < parameters.acute_gvhd_2_4:
        patient.acute_gvhd_grade = 2
    # set now, in force from its onset: gvhd_factor changes at the GVHD event
    patient.chronic_gvhd = u_chronic < parameters.chronic_gvhd
    if patient.acute_gvhd_grade > 0:
        patient.calendar[Slot.GVHD] = now + log_normal_days(normal_from(u_day), parameters.acute_gvhd_median_days, 0.4)
    elif patient.chronic_gvhd:
        patient.calendar[Slot.GVHD] = now + parameters.chronic_gvhd_day


@compiled
def develop_gvhd(patient, parameters, strategy, now):
    """GVHD: acute first, chronic from about day 180; each raises mortality from then on."""
    acute_now = now < patient.latest_transplant_day + parameters.chronic_gvhd_day
    if acute_now:
        if patient.acute_gvhd_grade == 3:
            patient.gvhd_factor = np.exp(parameters.acute_gvhd_3_4_log_factor)
        if patient.chronic_gvhd:
            patient.calendar[Slot.GVHD] = patient.latest_transplant_day + parameters.chronic_gvhd_day
    elif patient.chronic_gvhd:
        patient.gvhd_factor *= np.exp(parameters.chronic_gvhd_log_factor)


@leaf
def retime_transplant_death(patient, parameters, now):
    """Accrue and re-time when GVHD or SOS has changed the multiplier."""
    if patient.transplants == 0 or not patient.in_remission:
        return
    multiplier = patient.gvhd_factor * patient.sos_factor
    if multiplier == patient.transplant_death_multiplier:
        return
    scale, shape = parameters.transplant_death_scale_days, parameters.transplant_death_shape
    share = weibull_share(now - patient.latest_transplant_day, scale, shape)
    spent = (
        patient.transplant_death_rate * patient.transplant_death_multiplier * (share - patient.transplant_death_share)
    )
    patient.transplant_death_left -= spent
    patient.transplant_death_share = share
    patient.transplant_death_multiplier = multiplier
    due = share + patient.transplant_death_left / (patient.transplant_death_rate * multiplier)
    patient.calendar[Slot.TRANSPLANT_DEATH] = patient.latest_transplant_day + weibull_days(due, scale, shape)
