"""Further salvage: each line is worse than the one before (X196-X206)."""

import numpy as np

from simulator import draws
from simulator.calendar import Slot
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.hazards import log_normal_days, probability
from simulator.patient import in_strategy_line
from simulator.strategy import LinePlace


@compiled
def begin(patient, strategy):
    """The line on day 1, and those that the strategy describes."""
    patient.line = patient.line_at_entry
    patient.protocol_line = patient.line
    if strategy.blinatumomab_line == LinePlace.BEFORE_PROTOCOL:
        patient.blinatumomab_line = patient.line
        patient.protocol_line = patient.line + 1
    elif strategy.blinatumomab_line == LinePlace.AFTER_PROTOCOL:
        patient.blinatumomab_line = patient.line + 1


@compiled
def treat_in_next_line(patient, parameters, strategy, now):
    """SALVAGE: a further line begins, or its result is read."""
    if not patient.salvage_running:
        start_line(patient, parameters, strategy, now)
        return
    patient.salvage_running = 0
    u = uniform_pair(patient.seed, patient.id, draws.SALVAGE_RESPONSE // 2, patient.line)[0]
    log_odds = (
        parameters.salvage_log_odds
        + parameters.salvage_log_odds_per_line * (patient.line - 2)
        + parameters.salvage_log_odds_per_frailty * patient.frailty
        + parameters.salvage_log_odds_after_transplant * (patient.transplants > 0 or patient.prior_transplant)
    )
    if u < probability(log_odds):
        patient.in_remission = 1
        if np.isnan(patient.later_remission_day):
            patient.later_remission_day = now
        if strategy.later_transplant:
            patient.calendar[Slot.TRANSPLANT_DECISION] = now
    else:
        start_line(patient, parameters, strategy, now)


@compiled
def start_line(patient, parameters, strategy, now):
    """Open the next line if the strategy tries one; without it the disease takes its course."""
    patient.line += 1
    if in_strategy_line(patient):
        change_antibody(patient, parameters, now)
        return
    if patient.salvage_attempts >= strategy.salvage_lines:
        return
    patient.salvage_attempts += 1
    patient.salvage_running = 1
    u = uniform_pair(patient.seed, patient.id, draws.SALVAGE_RESPONSE // 2, patient.line)[1]
    days = log_normal_days(normal_from(u), parameters.salvage_median_days, parameters.salvage_sigma)
    patient.calendar[Slot.SALVAGE] = now + days


@compiled
def change_antibody(patient, parameters, now):
    """From blinatumomab alone to the courses or back: at once, or after other treatment in between."""
    u_interim, u_days = uniform_pair(patient.seed, patient.id, draws.INTERIM_THERAPY // 2, patient.line)
    patient.interim_therapy = u_interim < parameters.interim_therapy
    days = parameters.antibody_change_days
    if patient.interim_therapy:
        days = log_normal_days(normal_from(u_days), parameters.interim_median_days, parameters.interim_sigma)
    patient.calendar[Slot.COURSE if patient.line == patient.protocol_line else Slot.BLINATUMOMAB] = now + days
