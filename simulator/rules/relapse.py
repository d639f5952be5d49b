"""Relapse: one threshold per line, consumed by a bounded hazard on a latency clock that treatment slows or spares.

H = theta m F(tau). theta is fixed at remission (frailty, genetics, line, burden). Eradicating treatment lowers m for
good; suppressing treatment slows tau while it lasts. SCT, blinatumomab and MRD results never reset the clock.
Reaching the threshold is *molecular* relapse: from there the clone grows at its doubling time to 5 % blasts. In the
promotion-time reading each clone survives an eradicating treatment of factor f with probability f, and so does a
clone already growing; if it is eradicated the clock runs on for the next one.
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot, clear_plans
from simulator.compiled import compiled, leaf
from simulator.draws import exponential, normal, uniform
from simulator.hazards import log_logistic_days, log_logistic_share, log_normal_days
from simulator.patient import OVERT_LOG10, in_strategy_line

LOG10_2 = np.log10(2.0)
MOST_CLONES = 64  # molecular relapses counted within one line


@leaf
def retime_relapse(patient, parameters, now):
    """After each event in remission: begin the clock, or accrue and re-time where a factor has changed."""
    if not patient.in_remission:
        return
    if patient.relapse_line != patient.line:
        begin_clock(patient, parameters, now)
        return
    multiplier = eradication(patient) / patient.relapse_eradication_at_start
    speed = clock_speed(patient)
    if multiplier == patient.relapse_multiplier and speed == patient.relapse_speed:
        return
    if np.isnan(patient.molecular_relapse_day):
        turn_clock(patient, now)
        if multiplier != patient.relapse_multiplier:
            accrue(patient, parameters)
            patient.relapse_multiplier = multiplier
            aim(patient, parameters)
        patient.relapse_speed = speed
        schedule_molecular_relapse(patient, now)
    else:
        treat_growing_clone(patient, parameters, multiplier, speed, now)


@leaf
def eradication(patient):
    """What all treatments so far have left of the clones that were to come."""
    return patient.course_factor * patient.blinatumomab_factor * patient.transplant_factor * patient.antibody_factor


@leaf
def clock_speed(patient):
    """Suppression acts in the remission of its line, before SCT, where those treatments are given."""
    if patient.line == patient.blinatumomab_line:
        return 1.0 if patient.latest_transplant_day > patient.antibody_day else patient.antibody_speed
    if patient.line != patient.protocol_line or patient.latest_transplant_day > patient.remission_day:
        return 1.0
    return patient.maintenance_speed * patient.blinatumomab_speed


@compiled
def begin_clock(patient, parameters, now):
    """First event of a remission: theta, threshold, clock at zero.

    Who enters in remission has lived through a part of the latency without a relapse; what is left of a
    unit-exponential threshold is unit-exponential again, so that only the clock's reading tells.
    """
    patient.relapse_line = patient.line
    patient.relapse_eradication_at_start = eradication(patient)
    patient.relapse_multiplier = 1.0
    patient.relapse_speed = clock_speed(patient)
    entered = patient.entered_in_remission and patient.line == patient.line_at_entry
    patient.relapse_latency_days = patient.entry_latency_days + now if entered else 0.0
    patient.relapse_share = log_logistic_share(
        patient.relapse_latency_days, parameters.relapse_latency_median_days, parameters.relapse_latency_shape
    )
    patient.relapse_accrued_day = now
    patient.molecular_relapses = 0
    patient.molecular_relapse_day = np.nan
    patient.relapse_rate = np.exp(relapse_log_theta(patient, parameters))
    patient.relapse_left = exponential(patient, draws.RELAPSE, patient.line * MOST_CLONES)
    aim(patient, parameters)
    schedule_molecular_relapse(patient, now)


@compiled
def relapse_log_theta(patient, parameters):
    """log expected number of clones at remission."""
    log_theta = (
        parameters.relapse_log_theta
        + parameters.relapse_log_theta_per_frailty * patient.frailty
        + parameters.relapse_log_theta_tp53 * patient.tp53_mutated
        + parameters.relapse_log_theta_low_hypodiploid * patient.low_hypodiploid
        + parameters.relapse_log_theta_kmt2a * patient.kmt2a
        + parameters.relapse_log_theta_complex * patient.complex_karyotype
        + parameters.relapse_log_theta_crlf2 * patient.crlf2
        + parameters.relapse_log_theta_philadelphia * patient.philadelphia
        + parameters.relapse_log_theta_per_percent_blasts * patient.peripheral_blasts_percent
        + parameters.relapse_log_theta_later_line * (patient.line > 1)
        + parameters.relapse_log_theta_first_remission * (patient.line == 0)
    )
    if in_strategy_line(patient):
        log_theta += parameters.relapse_log_theta_without_chemotherapy * patient.without_chemotherapy
        return log_theta + parameters.relapse_log_theta_per_log10_burden * (patient.burden_at_remission_log10 + 4.0)
    return log_theta + parameters.relapse_log_theta_after_relapse


@compiled
def turn_clock(patient, now):
    """Bring the latency clock to now at the speed in force."""
    patient.relapse_latency_days += (now - patient.relapse_accrued_day) * patient.relapse_speed
    patient.relapse_accrued_day = now


@compiled
def accrue(patient, parameters):
    """Consume the threshold up to the clock's reading at the rate in force since the last accrual."""
    median, shape = parameters.relapse_latency_median_days, parameters.relapse_latency_shape
    share = log_logistic_share(patient.relapse_latency_days, median, shape)
    patient.relapse_left -= patient.relapse_rate * patient.relapse_multiplier * (share - patient.relapse_share)
    patient.relapse_share = share


@compiled
def aim(patient, parameters):
    """The clock reading at which, at the rate in force, the threshold is reached; NEVER if it is not."""
    share = patient.relapse_share + patient.relapse_left / (patient.relapse_rate * patient.relapse_multiplier)
    latency = log_logistic_days(share, parameters.relapse_latency_median_days, parameters.relapse_latency_shape)
    patient.relapse_due_latency_days = latency


@compiled
def schedule_molecular_relapse(patient, now):
    """The day on which the clock gets there at the speed in force."""
    wait = max(patient.relapse_due_latency_days - patient.relapse_latency_days, 0.0) / patient.relapse_speed
    patient.calendar[Slot.MOLECULAR_RELAPSE] = now + wait


@compiled
def relapse_molecularly(patient, parameters, strategy, now):
    """MOLECULAR_RELAPSE: the clone grows from what is there (at least the escape burden) to 5 % blasts."""
    turn_clock(patient, now)
    # a clone born while another, since eradicated, was growing has grown since its own birth
    grown = max(patient.relapse_latency_days - patient.relapse_due_latency_days, 0.0)
    patient.relapse_share += patient.relapse_left / (patient.relapse_rate * patient.relapse_multiplier)
    remaining = parameters.escape_burden_log10
    if in_strategy_line(patient):
        treated = patient.kill_in_remission_log10 + patient.blinatumomab_kill_log10 + patient.transplant_kill_log10
        treated += patient.antibody_kill_log10 - patient.kill_before_remission_log10
        remaining = max(remaining, patient.burden_at_remission_log10 - treated)
    patient.molecular_relapses += 1
    patient.molecular_relapse_day = now
    z = normal(patient, draws.DOUBLING_TIME, patient.line)
    patient.doubling_days = log_normal_days(z, parameters.doubling_median_days, parameters.doubling_sigma)
    growth = (OVERT_LOG10 - remaining) / LOG10_2 * patient.doubling_days
    patient.molecular_growth_days = max(growth - grown, 0.0)
    patient.calendar[Slot.MOLECULAR_RELAPSE] = NEVER
    patient.calendar[Slot.RELAPSE] = now + patient.molecular_growth_days / patient.relapse_speed


@compiled
def treat_growing_clone(patient, parameters, multiplier, speed, now):
    """A factor changed during molecular relapse: growth slows, or the clone is eradicated with probability 1 - f."""
    grown = (now - patient.relapse_accrued_day) * patient.relapse_speed
    patient.molecular_growth_days = max(patient.molecular_growth_days - grown, 0.0)
    turn_clock(patient, now)
    survival = multiplier / patient.relapse_multiplier
    patient.relapse_multiplier, patient.relapse_speed = multiplier, speed
    infusions = patient.blinatumomab_completed + patient.antibody_completed
    treatments = patient.remission_courses + 8 * infusions + 256 * patient.transplants
    if survival < 1.0 and uniform(patient, draws.CLONE_RESCUE, patient.line * 4096 + treatments) >= survival:
        patient.molecular_relapse_day = np.nan
        patient.calendar[Slot.RELAPSE] = NEVER
        clone = patient.line * MOST_CLONES + min(patient.molecular_relapses, MOST_CLONES - 1)
        patient.relapse_left = exponential(patient, draws.RELAPSE, clone)
        # the hazard goes on from the eradicated clone's birth: others may have been born while it grew, and
        # each of them, too, has had to survive this treatment
        aim(patient, parameters)
        schedule_molecular_relapse(patient, now)
    else:
        patient.calendar[Slot.RELAPSE] = now + patient.molecular_growth_days / speed


@compiled
def relapse(patient, parameters, strategy, now):
    """RELAPSE: 5 % blasts; all plans and the risks of remission end, a new line opens."""
    if np.isnan(patient.relapse_day) and patient.line == patient.protocol_line:
        patient.relapse_day = now
    patient.in_remission = 0
    patient.molecular_relapse_day = np.nan
    clear_plans(patient)
    patient.calendar[Slot.RELAPSE] = NEVER
    patient.calendar[Slot.REMISSION_DEATH] = NEVER
    patient.calendar[Slot.TRANSPLANT_DEATH] = NEVER
    patient.calendar[Slot.GVHD] = NEVER
    patient.calendar[Slot.SALVAGE] = now
