"""Death: from background mortality, in remission, or from active leukaemia; the cause of each is the slot's."""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled, leaf
from simulator.draws import exponential
from simulator.hazards import exponential_days, years_to_background_death
from simulator.patient import Cause

DAYS_PER_YEAR = 365.25

SLOT_CAUSE = np.array(
    [Cause.BACKGROUND, Cause.EARLY, Cause.REMISSION, Cause.TRANSPLANT, Cause.SOS, Cause.LEUKAEMIA], dtype=np.int64
)


@compiled
def begin(patient, parameters, limit_days):
    """Background mortality by age and sex (X225-X250): one threshold a life."""
    rates = parameters.background_log_rate_male if patient.male else parameters.background_log_rate_female
    threshold = exponential(patient, draws.BACKGROUND_DEATH, 0)
    years = years_to_background_death(
        patient.age_years, threshold, parameters.background_age_years, rates, limit_days / DAYS_PER_YEAR
    )
    patient.calendar[Slot.BACKGROUND_DEATH] = years * DAYS_PER_YEAR


@compiled
def die(patient, slot, now):
    """Any death slot."""
    patient.death_day = now
    patient.death_cause = SLOT_CAUSE[slot]


@leaf
def retime_disease_death(patient, parameters, now):
    """Open the risk of remission, or of active disease, once per line; each closes when the other opens."""
    if patient.in_remission:
        if patient.leukaemia_death_line >= 0:
            patient.leukaemia_death_line = -1
            patient.calendar[Slot.LEUKAEMIA_DEATH] = NEVER
        if patient.remission_death_line != patient.line:
            open_remission_death(patient, parameters, now)
    elif patient.failed_assessments > 0 or patient.remission_day <= now or patient.antibody_failure_day <= now:
        if patient.leukaemia_death_line != patient.line:
            open_leukaemia_death(patient, parameters, now)


@compiled
def open_remission_death(patient, parameters, now):
    """Infection and toxicity in remission: bounded, most of it during treatment."""
    patient.remission_death_line = patient.line
    theta = np.exp(
        parameters.remission_death_log_theta
        + parameters.remission_death_per_decade * (patient.age_years - 40.0) / 10.0
        + parameters.remission_death_ecog_2_plus * (patient.ecog >= 2)
    )
    share = exponential(patient, draws.REMISSION_DEATH, patient.line) / theta
    patient.calendar[Slot.REMISSION_DEATH] = now + exponential_days(share, parameters.remission_death_mean_days)


@compiled
def open_leukaemia_death(patient, parameters, now):
    """Active disease: a Weibull hazard, faster in each later line."""
    patient.leukaemia_death_line = patient.line
    log_scale = parameters.leukaemia_death_log_scale_days
    log_scale -= parameters.leukaemia_death_log_scale_loss_per_line * (patient.line - 2)
    log_scale -= parameters.leukaemia_death_log_scale_loss_per_decade * (patient.age_years - 40.0) / 10.0
    threshold = exponential(patient, draws.LEUKAEMIA_DEATH, patient.line)
    days = np.exp(log_scale) * threshold ** (1.0 / parameters.leukaemia_death_shape)
    patient.calendar[Slot.LEUKAEMIA_DEATH] = now + days
