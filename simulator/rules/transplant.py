"""SCT: conditioning, graft, engraftment and discharge, GVHD, and death after it."""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot, clear_plans
from simulator.compiled import compiled, leaf
from simulator.draws import exponential, normal_from, uniform, uniform_pair
from simulator.hazards import log_normal_days, weibull_days, weibull_share
from simulator.strategy import Donor

FIRST_MARROW_DAYS = 91.0  # after SCT (judgement)
TBI_WITH_THIOTEPA = 0.6  # W107-W109: three of five regimens with two alkylators and thiotepa


@compiled
def transplant(patient, parameters, strategy, now):
    """TRANSPLANT: the graft, a week after admission."""
    patient.transplants += 1
    patient.transplant_decision = 0
    if patient.transplants == 1:
        patient.transplant_day = now
        patient.transplant_interval_days = now - patient.last_inotuzumab_day
        patient.transplant_inotuzumab_courses = patient.inotuzumab_courses
    patient.latest_transplant_day = now
    patient.transplant_line = patient.line
    clear_plans(patient)
    patient.calendar[Slot.REMISSION_DEATH] = NEVER
    reads_mrd = np.isnan(patient.mrd_negative_day) or strategy.blinatumomab_at_molecular_relapse
    if reads_mrd and patient.line == patient.protocol_line:
        patient.calendar[Slot.MRD] = now + FIRST_MARROW_DAYS
    condition(patient, parameters, strategy)
    graft_against_leukaemia(patient, parameters)
    open_transplant_death(patient, parameters, now)
    engraft(patient, parameters, now)


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
    if strategy.conditioning_dual_alkylators_share > 0.0 and patient.conditioning_myeloablative:
        u_dual, u_tbi = uniform_pair(patient.seed, patient.id, draws.DUAL_ALKYLATORS // 2, patient.transplants)
        if u_dual < strategy.conditioning_dual_alkylators_share:
            patient.conditioning_alkylators = 2
            patient.conditioning_thiotepa = 1
            patient.conditioning_busulfan = 0
            patient.conditioning_tbi = u_tbi < TBI_WITH_THIOTEPA


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
    """Neutrophils, the way home, and the days on which GVHD begins, if it does."""
    u_engraft, u_acute = uniform_pair(patient.seed, patient.id, draws.ENGRAFTMENT // 2, patient.transplants)
    u_chronic, u_day = uniform_pair(patient.seed, patient.id, draws.CHRONIC_GVHD // 2, patient.transplants)
    failure = parameters.graft_failure
    if u_engraft < failure:
        patient.engraftment_day = NEVER
        patient.calendar[Slot.DISCHARGE] = now + parameters.stay_after_graft_failure_days
    else:
        z = normal_from((u_engraft - failure) / (1.0 - failure))
        patient.engraftment_day = now + log_normal_days(z, parameters.engraftment_median_days, 0.3)
        patient.calendar[Slot.DISCHARGE] = patient.engraftment_day + parameters.discharge_after_engraftment_days
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
    """Accrue and re-time when GVHD or SOS has changed the multiplier, in the remission of the SCT; relapse ends it."""
    if patient.transplant_line != patient.line or not patient.in_remission:
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
