"""Maintenance: POMP slows the relapse clock while it lasts; blinatumomab courses may stand between its blocks."""

import numpy as np

from simulator.calendar import Slot
from simulator.compiled import compiled
from simulator.strategy import DAYS_PER_MONTH


@compiled
def maintain(patient, parameters, strategy, now):
    """MAINTENANCE: POMP begins, a block of it has ended, or a blinatumomab course between blocks has."""
    if np.isnan(patient.maintenance_day):
        patient.maintenance_day = now
    elif patient.maintenance_speed < 1.0:
        end_block(patient, strategy, now)
        return
    if patient.maintenance_months < strategy.pomp_months:
        patient.maintenance_speed = parameters.pomp_clock_speed
        patient.calendar[Slot.MAINTENANCE] = now + block_months(patient, strategy) * DAYS_PER_MONTH


@compiled
def end_block(patient, strategy, now):
    """After a block: blinatumomab if one is planned here, then POMP again until its months are given."""
    patient.maintenance_months += block_months(patient, strategy)
    patient.maintenance_speed = 1.0
    blinatumomab = patient.blinatumomab_in_maintenance < strategy.maintenance_blinatumomab_courses
    if blinatumomab and not patient.blinatumomab_ended:
        patient.calendar[Slot.BLINATUMOMAB] = now
        patient.calendar[Slot.MAINTENANCE] = now + strategy.blinatumomab_course_days
    elif patient.maintenance_months < strategy.pomp_months:
        patient.calendar[Slot.MAINTENANCE] = now


@compiled
def block_months(patient, strategy):
    """POMP until the next blinatumomab course, or until its end."""
    left = strategy.pomp_months - patient.maintenance_months
    if patient.blinatumomab_in_maintenance < strategy.maintenance_blinatumomab_courses:
        return min(strategy.pomp_months_between, left)
    return left
