"""Blinatumomab: suppresses the relapse clock while it runs, and what it eradicates is eradicated for good."""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled
from simulator.draws import uniform

CD19_REFERENCE_PERCENT = 99.9  # K069


@compiled
def start_blinatumomab(patient, parameters, strategy, now):
    """BLINATUMOMAB: a course begins (consolidation, between POMP blocks, or at molecular relapse)."""
    if patient.calendar[Slot.BLINATUMOMAB_END] < NEVER:
        return  # one infusion at a time
    patient.calendar[Slot.COURSE] = NEVER
    patient.calendar[Slot.INOTUZUMAB] = NEVER
    patient.blinatumomab_courses += 1
    if np.isnan(patient.blinatumomab_day):
        patient.blinatumomab_day = now
    patient.blinatumomab_speed = parameters.blinatumomab_clock_speed
    patient.calendar[Slot.BLINATUMOMAB_END] = now + strategy.blinatumomab_infusion_days
    if not np.isnan(patient.maintenance_day):
        patient.blinatumomab_in_maintenance += 1
        return
    course_ends = now + strategy.blinatumomab_course_days
    patient.calendar[Slot.NEXT_TREATMENT] = course_ends
    patient.calendar[Slot.MRD] = course_ends


@compiled
def finish_blinatumomab(patient, parameters, strategy, now):
    """BLINATUMOMAB_END: the infusion is complete; its effect follows the antigen's density."""
    first = patient.blinatumomab_courses == 1
    intensity = strategy.blinatumomab_first_course_intensity if first else strategy.blinatumomab_intensity
    effect = intensity * patient.cd19_now_percent / CD19_REFERENCE_PERCENT
    patient.blinatumomab_completed += 1
    patient.blinatumomab_end_day = now
    patient.blinatumomab_speed = 1.0
    # the evidence for a lasting effect is of about four courses (X165); later ones suppress, no more
    if patient.blinatumomab_completed <= parameters.blinatumomab_eradicating_courses:
        patient.blinatumomab_factor *= np.exp(parameters.blinatumomab_log_factor * effect)
    patient.blinatumomab_kill_log10 += parameters.blinatumomab_log_kill * effect
    u = uniform(patient, draws.BLINATUMOMAB_STOP, patient.blinatumomab_courses)
    if u < parameters.blinatumomab_stop:
        patient.blinatumomab_ended = 1
