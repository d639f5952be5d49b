"""The cohort clock: a compiled loop over independent patients.

Everything a patient waits for is granted at once. The record is reused, nothing is allocated per patient.
"""

import numpy as np

from simulator.calendar import NEVER, next_slot
from simulator.compiled import compiled
from simulator.counts import add_life, add_pairs, add_waiting
from simulator.endpoints import ENDPOINT_COUNT, bin_of, endpoint_days
from simulator.patient import State, first_line_days, state_now
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
def step(patient, parameters, strategy, end_day):
    """Let the next event happen; returns its day, or NEVER when the life or the time is over."""
    slot, now = next_slot(patient)
    if patient.death_cause != 0 or now > end_day:
        return NEVER
    happen(patient, parameters, strategy, slot, now)
    return now


@compiled
def live(patient, parameters, strategy, end_day):
    """Run one life to death or `end_day`; returns the number of events."""
    begin(patient, parameters, strategy, end_day)
    events = 0
    while step(patient, parameters, strategy, end_day) < NEVER:
        events += 1
    return events


@compiled
def live_table(table, blank, seed, first_id, population, parameters, strategy, end_day):
    """Fill `table` (n,) with patients first_id .. first_id + n - 1; returns the number of events."""
    events = 0
    for row in range(len(table)):
        admit(table[row : row + 1], blank, seed, first_id + row, population, parameters)
        events += live(table[row], parameters[0], strategy[0], end_day)
    return events


@compiled
def live_to_remission(patient, parameters, strategy, end_day):
    """A life up to the event that ends the search for remission: remission, refractory disease or death."""
    begin(patient, parameters, strategy, end_day)
    while not patient.in_remission and np.isnan(patient.refractory_day):
        if step(patient, parameters, strategy, end_day) == NEVER:
            return


@compiled
def live_watched(patient, parameters, strategy, end_day, occupancy):
    """The rest of a life, with each change of state since day 1 entered into `occupancy` (State, last bin + 1)."""
    last_bin = occupancy.shape[1] - 1
    state = State.ACTIVE + 0  # + 0: a plain integer, so that the variable keeps one type
    occupancy[state, 0] += 1
    now = patient.death_day if patient.death_cause != 0 else first_line_days(patient)[0]
    while now != NEVER:
        state_after = state_now(patient) + 0
        if state_after != state:
            bin_ = bin_of(now, last_bin)
            if bin_ <= last_bin:
                occupancy[state, bin_] -= 1
                occupancy[state_after, bin_] += 1
            state = state_after
        now = step(patient, parameters, strategy, end_day)


@compiled
def compare_range(
    counts, baseline, records, days, bins, blank, seed, first, stop, population, parameters, strategies, plan
):
    """Add to `counts` patients first .. stop - 1, each under every arm from the same baseline and luck.

    `baseline` (1,) and `records` (arms,) patient records, `days` (endpoints,) and `bins` (arms, endpoints)
    are scratch. `parameters` has one row, or one for each arm. `plan` = (end_day, last_bin, pairs, report_bins,
    shared, own_baseline): `pairs` (P, 2) arms counted against each other, an arm against itself is passed over;
    `shared`: the arms do the same until remission, so that part of a life is lived once; `own_baseline`: a
    parameter of the baseline differs, so that each arm draws its own, by the same luck.
    """
    end_day, last_bin, pairs, report_bins, shared, own_baseline = plan
    own = 1 if len(parameters) > 1 else 0
    for patient_id in range(first, stop):
        admit(baseline, blank, seed, patient_id, population, parameters)
        if shared:
            live_to_remission(baseline[0], parameters[0], strategies[0], end_day)
        for arm in range(len(records)):
            if own_baseline:
                admit(records[arm : arm + 1], blank, seed, patient_id, population, parameters[arm : arm + 1])
            else:
                records[arm] = baseline[0]
            if not shared:
                begin(records[arm], parameters[arm * own], strategies[arm], end_day)
            live_watched(records[arm], parameters[arm * own], strategies[arm], end_day, counts.occupancy[arm])
            endpoint_days(records[arm], days)
            for endpoint in range(ENDPOINT_COUNT):
                bins[arm, endpoint] = bin_of(days[endpoint], last_bin)
            add_life(counts, arm, records[arm], bins[arm])
            add_waiting(counts.tallies[arm], records[arm], strategies[arm])
        add_pairs(counts, pairs, records, bins, report_bins)
        counts.patients[0] += 1
