"""Blinatumomab alone, in a line of its own before or after the courses: overt disease, or MRD in remission.

Against overt disease it kills in proportion to CD19, with a wide spread: some marrows clear, others do not move. In
remission it does what it does as consolidation. W: 25 patients given inotuzumab after it had failed.
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.patient import OVERT_LOG10, Remission

CD19_REFERENCE_PERCENT = 99.9  # K069
MOST_COURSES_WITHOUT_REMISSION = 2  # a second course is the last chance (label; W031)


@compiled
def begin(patient, parameters):
    """Overt disease, or the remission in which a patient enters."""
    if patient.line != patient.blinatumomab_line:
        return
    patient.burden_active_log10 = parameters.burden_at_start_log10
    if patient.entered_in_remission:
        patient.in_remission = 1
        patient.antibody_remission_day = 0.0
        patient.remission_kind = Remission.CR
        patient.burden_at_remission_log10 = patient.entry_burden_log10


@compiled
def start_course(patient, parameters, strategy, now):
    """BLINATUMOMAB in this line: an infusion begins."""
    if np.isnan(patient.antibody_day):
        patient.antibody_day = now
        patient.burden_active_log10 = parameters.burden_at_start_log10
        if patient.in_remission and strategy.blinatumomab_line_transplant:
            patient.calendar[Slot.TRANSPLANT_DECISION] = now
    patient.antibody_courses += 1
    patient.antibody_speed = parameters.blinatumomab_clock_speed
    patient.calendar[Slot.BLINATUMOMAB_END] = now + strategy.blinatumomab_infusion_days
    if patient.in_remission:
        patient.calendar[Slot.NEXT_TREATMENT] = now + strategy.blinatumomab_course_days


@compiled
def finish_course(patient, parameters, strategy, now):
    """BLINATUMOMAB_END in this line: in remission its lasting effect, in overt disease its kill is due to be read."""
    intensity = strategy.blinatumomab_intensity
    if patient.antibody_courses == 1:
        intensity = strategy.blinatumomab_first_course_intensity
    effect = intensity * patient.cd19_now_percent / CD19_REFERENCE_PERCENT
    patient.antibody_completed += 1
    patient.antibody_speed = 1.0
    if patient.in_remission:
        if patient.antibody_completed <= parameters.blinatumomab_eradicating_courses:
            patient.antibody_factor *= np.exp(parameters.blinatumomab_log_factor * effect)
        patient.antibody_kill_log10 += parameters.blinatumomab_log_kill * effect
        patient.calendar[Slot.MRD] = now
    else:
        u_kill = uniform_pair(patient.seed, patient.id, draws.ANTIBODY_KILL // 2, patient.antibody_courses)[0]
        kill = (
            parameters.antibody_log_kill * effect
            - parameters.antibody_log_kill_loss_per_frailty * patient.frailty
            + parameters.antibody_log_kill_sigma * normal_from(u_kill)
        )
        patient.burden_active_log10 = min(patient.burden_active_log10 - max(kill, 0.0), 0.0)
        patient.calendar[Slot.RESPONSE] = now


@compiled
def assess_response(patient, parameters, strategy, now):
    """RESPONSE in this line: remission below 5 % blasts, else one more course or the line has failed."""
    rest = strategy.blinatumomab_course_days - strategy.blinatumomab_infusion_days
    if patient.burden_active_log10 < OVERT_LOG10:
        patient.in_remission = 1
        patient.antibody_remission_day = now
        patient.without_chemotherapy = 1
        patient.remission_kind = Remission.CR
        patient.burden_at_remission_log10 = patient.burden_active_log10
        patient.kill_before_remission_log10 = (
            patient.kill_in_remission_log10
            + patient.blinatumomab_kill_log10
            + patient.transplant_kill_log10
            + patient.antibody_kill_log10
        )
        patient.calendar[Slot.MRD] = now
        if strategy.blinatumomab_line_transplant:
            patient.calendar[Slot.TRANSPLANT_DECISION] = now
        patient.calendar[Slot.NEXT_TREATMENT] = now + rest
        return
    u_leave = uniform_pair(patient.seed, patient.id, draws.ANTIBODY_KILL // 2, patient.antibody_courses)[1]
    most = min(MOST_COURSES_WITHOUT_REMISSION, strategy.blinatumomab_line_courses)
    if patient.antibody_courses < most and u_leave >= parameters.leave_after_failed_blinatumomab:
        patient.calendar[Slot.BLINATUMOMAB] = now + rest
    else:
        fail(patient, parameters, now)
        patient.calendar[Slot.SALVAGE] = now


@compiled
def go_on(patient, strategy, now):
    """NEXT_TREATMENT in this line: the next planned course, else observation."""
    planned = patient.antibody_courses < strategy.blinatumomab_line_courses
    transplanted = patient.latest_transplant_day > patient.antibody_day
    if planned and not transplanted and patient.calendar[Slot.ADMISSION] == NEVER:
        patient.calendar[Slot.BLINATUMOMAB] = now


@compiled
def fail(patient, parameters, now):
    """Refractory to it, or relapse after it: overt disease again."""
    patient.antibody_failure_day = now
    patient.burden_active_log10 = parameters.burden_at_start_log10
