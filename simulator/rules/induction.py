"""Day 1: the first course is due and the risk of early death (within 28 days) opens."""

from simulator import draws
from simulator.calendar import Slot
from simulator.compiled import compiled
from simulator.draws import exponential_from, uniform
from simulator.hazards import bounded_rate, kumaraswamy_days, probability

EARLY_WINDOW_DAYS = 28.0  # definition in K091


@compiled
def begin(patient, parameters, strategy):
    """Open the early-death risk: age, performance and line act, the regimen does not (no evidence that it does)."""
    first_slot = Slot.COURSE if patient.line == patient.protocol_line else Slot.BLINATUMOMAB
    patient.calendar[first_slot] = 0.0
    if patient.entered_in_remission:
        return  # what kills early is active disease and its treatment
    log_odds = (
        parameters.early_death_log_odds
        + parameters.early_death_log_odds_later_line * (patient.line_at_entry > 1)
        + parameters.early_death_log_odds_per_decade * (patient.age_years - 40.0) / 10.0
        + parameters.early_death_log_odds_ecog_2_plus * (patient.ecog >= 2)
    )
    risk = probability(log_odds)
    u = uniform(patient, draws.EARLY_DEATH, 1)
    # u < risk is where the threshold lies within the hazard; most lives need no logarithm to know that it does not
    if u < risk:
        share = exponential_from(u) / bounded_rate(risk)
        patient.calendar[Slot.EARLY_DEATH] = kumaraswamy_days(
            share, EARLY_WINDOW_DAYS, parameters.early_death_shape_a, parameters.early_death_shape_b
        )
