"""Sinusoidal obstruction syndrome: a drug-only risk after each InO dose and a peri-SCT risk; severity, lethality.

The interval effect is not identified by K: dose, schedule, ursodiol, blinatumomab, interval and experience changed
together (readings A13). The coefficients of those terms are assumptions with ranges, labelled so in every report.
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled, leaf
from simulator.draws import exponential, exponential_from, normal_from, uniform, uniform_pair
from simulator.hazards import bounded_rate, log_normal_days, probability

REFERENCE_INTERVAL_DAYS = 49.0  # K170, 7 weeks
REFERENCE_DOSE_MG_PER_M2 = 3.85  # three original courses, DER025
FOUR_WEEKS = 28.0


@compiled
def begin(patient, parameters, strategy):
    """Prophylaxis, the drug-only threshold and the hazard that a dose adds."""
    if strategy.ursodiol_share > 0.0:
        patient.ursodiol = uniform(patient, draws.URSODIOL, 0) < strategy.ursodiol_share
    patient.sos_drug_left = exponential(patient, draws.SOS_DRUG, 1)
    patient.sos_drug_rate = np.exp(
        parameters.sos_drug_log_rate_per_mg_per_m2
        + parameters.sos_log_odds_ursodiol * patient.ursodiol
        + parameters.sos_log_odds_prior_transplant * patient.prior_transplant
    )


@leaf
def retime_sos(patient, parameters, strategy, now):
    """A dose has been given or an SCT done: re-time."""
    if not np.isnan(patient.sos_day):
        return
    if patient.transplants > patient.sos_transplants_counted:
        open_transplant_risk(patient, parameters, strategy, now)
    elif patient.inotuzumab_mg_per_m2 > patient.sos_dose_counted:
        add_dose_risk(patient, parameters, now)


@compiled
def add_dose_risk(patient, parameters, now):
    """Each dose adds hazard that is spent exponentially over the following weeks (latest case day 56, X014)."""
    days = parameters.sos_drug_mean_days
    if patient.sos_drug_outstanding > 0.0:
        spent = patient.sos_drug_outstanding * (1.0 - np.exp(-(now - patient.sos_drug_day) / days))
        patient.sos_drug_left -= spent
        patient.sos_drug_outstanding -= spent
    dose = patient.inotuzumab_mg_per_m2 - patient.sos_dose_counted
    patient.sos_drug_outstanding += patient.sos_drug_rate * dose
    patient.sos_dose_counted = patient.inotuzumab_mg_per_m2
    patient.sos_drug_day = now
    if patient.sos_drug_left < patient.sos_drug_outstanding:
        share = patient.sos_drug_left / patient.sos_drug_outstanding
        patient.calendar[Slot.SOS] = now - days * np.log(1.0 - share)
    else:
        patient.calendar[Slot.SOS] = NEVER


@compiled
def open_transplant_risk(patient, parameters, strategy, now):
    """P = 1 - exp(-theta); onset median day 15, 22 % after day 21 (X013, X185). Replaces the drug-only risk."""
    patient.sos_transplants_counted = patient.transplants
    risk = probability(transplant_log_odds(patient, parameters, strategy, now))
    u = uniform(patient, draws.SOS_TRANSPLANT, patient.transplants)
    if u < risk:
        z = normal_from(exponential_from(u) / bounded_rate(risk))
        onset = log_normal_days(z, parameters.sos_onset_median_days, parameters.sos_onset_sigma)
        patient.calendar[Slot.SOS] = now + onset
    else:
        patient.calendar[Slot.SOS] = NEVER


@compiled
def transplant_log_odds(patient, parameters, strategy, now):
    """Conditioning, InO dose and interval, prior SCT, line, ursodiol, era."""
    log_odds = (
        parameters.sos_log_odds
        + parameters.sos_log_odds_dual_alkylators * (patient.conditioning_alkylators > 1)
        + parameters.sos_log_odds_busulfan * patient.conditioning_busulfan
        + parameters.sos_log_odds_thiotepa * patient.conditioning_thiotepa
        + parameters.sos_log_odds_tbi * patient.conditioning_tbi
        + parameters.sos_log_odds_reduced_intensity * (1 - patient.conditioning_myeloablative)
        + parameters.sos_log_odds_prior_transplant * (patient.prior_transplant or patient.transplants > 1)
        + parameters.sos_log_odds_later_line * (patient.line > 1)
        + parameters.sos_log_odds_ursodiol * patient.ursodiol
        + parameters.sos_log_odds_era_from_2017 * strategy.era_from_2017
    )
    if patient.inotuzumab_mg_per_m2 > 0.0:
        steps = (now - patient.last_inotuzumab_day - REFERENCE_INTERVAL_DAYS) / FOUR_WEEKS
        # beyond 20 weeks the evidence is silent: the effect stops growing
        steps = min(max(steps, -1.5), 3.25)
        log_odds += parameters.sos_log_odds_per_four_weeks * steps
        log_odds += parameters.sos_log_odds_per_four_weeks_squared * steps * steps
        log_odds += parameters.sos_log_odds_per_mg_per_m2 * (patient.inotuzumab_mg_per_m2 - REFERENCE_DOSE_MG_PER_M2)
    else:
        log_odds += parameters.sos_log_odds_no_inotuzumab
    return log_odds


@compiled
def develop_sos(patient, parameters, strategy, now):
    """SOS: onset; severe and lethal courses are nested in one draw."""
    u, u_day = uniform_pair(patient.seed, patient.id, draws.SOS_SEVERITY // 2, 1)
    patient.sos_day = now
    patient.sos_courses = patient.courses
    dosed_since = patient.last_inotuzumab_day > patient.latest_transplant_day
    patient.sos_after_transplant = patient.transplants > 0 and not dosed_since
    if patient.calendar[Slot.TRANSPLANT_LAPSE] < NEVER or patient.calendar[Slot.TRANSPLANT] < NEVER:
        patient.calendar[Slot.TRANSPLANT_LAPSE] = now  # no SCT after SOS, not even in a conditioned patient
    patient.sos_severe = u < parameters.sos_severe
    patient.sos_fatal = u < parameters.sos_lethality
    if patient.sos_fatal:
        day = now + log_normal_days(normal_from(u_day), parameters.sos_death_median_days, parameters.sos_death_sigma)
        patient.calendar[Slot.SOS_DEATH] = day
    else:
        patient.sos_factor = np.exp(parameters.sos_survivor_log_factor)
