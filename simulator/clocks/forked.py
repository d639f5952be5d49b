"""Lives that fork at SCT: the same patient once spared SOS after SCT and once struck by it.

A chance of SOS then becomes a weight: with P(SOS) = p a quantity is (1 - p) x spared + p x struck, for any p. So one
pair of lives answers every attribution of SOS risk, without its noise.
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.clocks.cohort import admit, step
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform
from simulator.hazards import log_normal_days
from simulator.rules import begin
from simulator.rules.sos import transplant_log_odds


@compiled
def fork_table(spared, struck, log_odds, covariates, blank, seed, first_id, population, parameters, strategy, end_day):
    """Fill `spared` and `struck` (n,) with patients first_id .. first_id + n - 1; the same life where no SCT is done.

    `parameters` (1 + K,): the set, and the set with one coefficient raised by 1 in each further row. The log odds
    of SOS after SCT are linear in their coefficients, so that such a step reads a covariate off the rule itself:
    `log_odds` (n,) and `covariates` (n, K), NaN without SCT. SOS before SCT, and after a second SCT, is as it is.
    """
    for row in range(len(spared)):
        admit(spared[row : row + 1], blank, seed, first_id + row, population, parameters)
        patient = spared[row]
        log_odds[row] = np.nan
        begin(patient, parameters[0], strategy[0], end_day)
        while patient.transplants == 0 and step(patient, parameters[0], strategy[0], end_day) < NEVER:
            pass
        forked = patient.transplants > 0 and np.isnan(patient.sos_day)
        struck[row] = patient
        if forked:
            now = patient.transplant_day
            log_odds[row] = transplant_log_odds(patient, parameters[0], strategy[0], now)
            for column in range(covariates.shape[1]):
                raised = transplant_log_odds(patient, parameters[column + 1], strategy[0], now)
                covariates[row, column] = raised - log_odds[row]
            patient.calendar[Slot.SOS] = NEVER
            z = normal_from(uniform(patient, draws.SOS_TRANSPLANT, 1))
            onset = log_normal_days(z, parameters[0].sos_onset_median_days, parameters[0].sos_onset_sigma)
            struck[row].calendar[Slot.SOS] = now + onset
            while step(struck[row], parameters[0], strategy[0], end_day) < NEVER:
                pass
        while step(patient, parameters[0], strategy[0], end_day) < NEVER:
            pass
        if not forked:
            struck[row] = patient
