"""The cohort clock: a compiled loop over independent patients.

Everything a patient waits for is granted at once. The record is reused, nothing is allocated per patient.
"""

from simulator.calendar import next_slot
from simulator.compiled import compiled
from simulator.population import draw_baseline
from simulator.rules import begin, happen


@compiled
def admit(patient, blank, seed, patient_id, population, parameters):
    """A patient on day 1 with the baseline drawn; the same under every strategy."""
    patient[0] = blank[0]
    patient[0].seed = seed
    patient[0].id = patient_id
    draw_baseline(patient[0], population[0], parameters[0])


@compiled
def live(patient, parameters, strategy, end_day):
    """Run one life to death or `end_day`; returns the number of events."""
    begin(patient, parameters, strategy, end_day)
    events = 0
    while True:
        slot, now = next_slot(patient)
        if now > end_day:
            return events
        happen(patient, parameters, strategy, slot, now)
        events += 1
        if patient.death_cause != 0:
            return events


@compiled
def live_table(table, blank, seed, first_id, population, parameters, strategy, end_day):
    """Fill `table` (n,) with the lives of patients first_id .. first_id + n - 1; returns the number of events."""
    events = 0
    for row in range(len(table)):
        admit(table[row : row + 1], blank, seed, first_id + row, population, parameters)
        events += live(table[row], parameters[0], strategy[0], end_day)
    return events
