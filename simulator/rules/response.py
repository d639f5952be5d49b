"""The marrow while the disease is active: latent burden falls course by course; below 5 % blasts is remission."""

import numpy as np

from simulator import draws
from simulator.calendar import Slot
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform
from simulator.hazards import inotuzumab_effect
from simulator.patient import OVERT_LOG10, Remission

MOST_INDUCTION_COURSES = 4


@compiled
def begin(patient, parameters):
    """Burden of overt disease, or the remission in which a patient enters."""
    patient.burden_active_log10 = parameters.burden_at_start_log10
    if patient.entered_in_remission and patient.line == patient.protocol_line:
        patient.in_remission = 1
        patient.remission_day = 0.0
        patient.remission_kind = Remission.CR
        patient.burden_at_remission_log10 = patient.entry_burden_log10
        patient.calendar[Slot.TRANSPLANT_DECISION] = 0.0


@compiled
def assess_response(patient, parameters, strategy, now):
    """RESPONSE: the marrow after a course."""
    # a course may fail to hold the disease, but no marrow is more than full
    patient.burden_active_log10 = min(patient.burden_active_log10 - log_kill(patient, parameters, strategy), 0.0)
    if patient.burden_active_log10 < OVERT_LOG10:
        enter_remission(patient, parameters, strategy, now)
        return
    leaves = uniform(patient, draws.LEAVE_PROTOCOL, patient.courses) < parameters.leave_after_failed_course
    most = min(MOST_INDUCTION_COURSES, strategy.courses)
    patient.failed_assessments += 1
    if leaves or patient.courses >= most or not np.isnan(patient.sos_day):
        patient.refractory_day = now
        patient.calendar[Slot.SALVAGE] = now
    else:
        patient.calendar[Slot.COURSE] = patient.course_end_day


@compiled
def log_kill(patient, parameters, strategy):
    """log10 cells killed by the latest course: regimen, line, first remission, frailty, CD22 and chance."""
    first = patient.courses == 1
    mean = parameters.log_kill_course_1 if first else parameters.log_kill_later_course
    effect = inotuzumab_effect(
        patient.course_inotuzumab_mg_per_m2, parameters.inotuzumab_saturation_mg_per_m2, patient.cd22_now_percent
    )
    share = parameters.inotuzumab_share_of_kill
    return (
        mean * ((1.0 - share) * strategy.backbone + share * effect)
        - parameters.log_kill_loss_later_line * (patient.line > 1)
        + parameters.log_kill_gain_long_first_remission * patient.first_remission_over_12_months
        - parameters.log_kill_loss_per_frailty * patient.frailty
        + parameters.log_kill_sigma * normal_from(patient.course_kill_luck)
    )


@compiled
def enter_remission(patient, parameters, strategy, now):
    """CR, CRp or CRi; the marrow is sent for MRD, SCT is discussed, treatment goes on when the course is over."""
    patient.in_remission = 1
    patient.remission_day = now
    patient.response_course = patient.courses
    patient.without_chemotherapy = 1 - strategy.backbone
    patient.burden_at_remission_log10 = patient.burden_active_log10
    # of a remission under blinatumomab alone, if there was one
    patient.kill_before_remission_log10 = patient.antibody_kill_log10 + patient.transplant_kill_log10
    u = uniform(patient, draws.REMISSION_TYPE, patient.courses)
    prolonged = patient.platelets_day == np.inf
    incomplete = parameters.incomplete_platelets_if_prolonged if prolonged else parameters.incomplete_platelets_else
    if u < incomplete * parameters.cri_share_of_incomplete:
        patient.remission_kind = Remission.CRI
    elif u < incomplete:
        patient.remission_kind = Remission.CRP
    else:
        patient.remission_kind = Remission.CR
    patient.calendar[Slot.MRD] = now
    patient.calendar[Slot.TRANSPLANT_DECISION] = now
    patient.calendar[Slot.NEXT_TREATMENT] = patient.course_end_day
