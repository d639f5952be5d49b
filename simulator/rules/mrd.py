"""MRD: a read-out of latent burden by an assay with a limit of detection and an error; never a cause.

It acts only through what the strategy does about a result.
"""

import numpy as np

from simulator import draws
from simulator.calendar import Slot
from simulator.compiled import compiled
from simulator.draws import normal
from simulator.patient import OVERT_LOG10

LOG10_2 = np.log10(2.0)
PERSISTENCE_DAYS = 84.0  # three courses from remission (judgement; by then most who turn negative have, K087)


@compiled
def assess_mrd(patient, parameters, strategy, now):
    """MRD: a marrow in remission, on its date."""
    at_response = now == patient.remission_day
    negative = measured_log10(patient, parameters, now) < strategy.mrd_limit_log10
    found_again = patient.mrd_negative and not negative and np.isnan(patient.mrd_relapse_found_day)
    asked = strategy.blinatumomab_at_persistence and persists(patient, negative, now)
    if found_again:
        patient.mrd_relapse_found_day = now
        asked = strategy.blinatumomab_at_molecular_relapse
    if asked and not patient.latest_transplant_day > patient.remission_day and not patient.blinatumomab_ended:
        patient.calendar[Slot.BLINATUMOMAB] = now
    patient.mrd_negative = negative
    if negative:
        if np.isnan(patient.mrd_negative_day):
            patient.mrd_negative_day = now
        if at_response:
            patient.mrd_negative_at_response = 1
        if patient.courses <= 3:
            patient.mrd_negative_within_3_courses = 1
    # once negative, later marrows are simulated only where a result can change care; otherwise nobody reads them
    if not negative or strategy.blinatumomab_at_molecular_relapse:
        next_day = now + strategy.mrd_every_days
        ends = patient.remission_day + strategy.mrd_until_days
        patient.calendar[Slot.MRD] = next_day if strategy.mrd_every_days > 0.0 and next_day <= ends else np.inf


@compiled
def assess_mrd_alone(patient, parameters, strategy, now):
    """MRD in a line of blinatumomab alone: the marrow after a course in remission; nothing hangs on it but SCT."""
    error = parameters.mrd_error_sd_log10 * normal(patient, draws.ANTIBODY_MRD, patient.antibody_completed)
    if burden_log10(patient, now) + error < strategy.mrd_limit_log10:
        patient.antibody_mrd_negative = 1


@compiled
def persists(patient, negative, now):
    """Never negative three courses after remission, and no blinatumomab yet."""
    late = now >= patient.remission_day + PERSISTENCE_DAYS
    return late and not negative and np.isnan(patient.mrd_negative_day) and patient.blinatumomab_courses == 0


@compiled
def measured_log10(patient, parameters, now):
    """What the assay reads, log10; the nominal day since the remission's marrow names the draw of its error."""
    occurrence = int(np.rint(now - patient.remission_day))
    return burden_log10(patient, now) + parameters.mrd_error_sd_log10 * normal(patient, draws.MRD_ERROR, occurrence)


@compiled
def burden_log10(patient, now):
    """Latent leukaemic fraction of the marrow in first remission, log10."""
    remaining = (
        patient.burden_at_remission_log10
        - patient.kill_in_remission_log10
        - patient.blinatumomab_kill_log10
        - patient.transplant_kill_log10
        - patient.antibody_kill_log10
        + patient.kill_before_remission_log10
    )
    if np.isnan(patient.molecular_relapse_day):
        return remaining
    left = patient.molecular_growth_days - (now - patient.relapse_accrued_day) * patient.relapse_speed
    return max(remaining, OVERT_LOG10 - left / patient.doubling_days * LOG10_2)
