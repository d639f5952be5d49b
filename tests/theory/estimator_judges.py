"""Comparators of the estimators: each is given what was found and goes red unless a reference agrees.

They are separate from the tests so that ``tests/sabotage`` can hand each of them a wrong value.
"""

import itertools
import math

import numpy as np
import pandas as pd
import scipy.stats
from lifelines import AalenJohansenFitter, CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test
from lifelines.utils import restricted_mean_survival_time

# Two correct programs differ by the order of about n = 200 additions and multiplications of numbers near 1.
ROUNDING = 1e-12
# lifelines stops Newton at a decrement of 1e-7 (set to 1e-14 here): coefficients then agree to about 1e-8.
NEWTON = 1e-7
# lifelines' RMST integrates a pandas table of 64-bit steps: rounding again, relative to an area of hundreds.
AREA = 1e-9


def close(found, expected, tolerance=ROUNDING):
    """Equal within ``tolerance``, absolute and relative; NaN equals NaN."""
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def survival_is_lifelines(found, durations, events, times):
    reference = KaplanMeierFitter().fit(durations, events)
    close(found, reference.survival_function_at_times(times).to_numpy())


def interval_is_lifelines(lower, upper, durations, events, times):
    table = KaplanMeierFitter().fit(durations, events).confidence_interval_
    row = table.index.searchsorted(times, side="right") - 1
    close(lower, table.iloc[row, 0].to_numpy())
    close(upper, table.iloc[row, 1].to_numpy())


def incidence_is_lifelines(found, variance, durations, causes, cause, times):
    """Only for data without ties: lifelines jitters those, and reseeds numpy's global generator."""
    assert np.unique(durations).size == durations.size
    state = np.random.get_state()
    try:
        reference = AalenJohansenFitter(calculate_variance=True).fit(durations, causes, event_of_interest=cause)
    finally:
        np.random.set_state(state)
    row = reference.cumulative_density_.index.searchsorted(times, side="right") - 1
    close(found, reference.cumulative_density_.iloc[row, 0].to_numpy())
    close(variance, reference.variance_.to_numpy().ravel()[row])


def logrank_is_lifelines(found, durations, events, group, rho=0.0, gamma=0.0):
    weights = {"weightings": "fleming-harrington", "p": rho, "q": gamma} if rho or gamma else {}
    reference = logrank_test(durations[group], durations[~group], events[group], events[~group], **weights)
    close(found.statistic, reference.test_statistic, 1e-10)
    close(found.p_value, reference.p_value, 1e-10)
    close(found.z**2, reference.test_statistic, 1e-10)


def cox_is_lifelines(found, durations, events, covariates):
    frame = pd.DataFrame(covariates, columns=[f"x{a}" for a in range(covariates.shape[1])])
    frame["duration"], frame["event"] = durations, events
    reference = CoxPHFitter().fit(frame, "duration", "event", fit_options={"precision": 1e-14})
    assert found.converged
    close(found.coefficients, reference.params_.to_numpy(), NEWTON)
    close(found.standard_errors, reference.standard_errors_.to_numpy(), NEWTON)
    close(found.log_likelihood, reference.log_likelihood_, NEWTON)


def cox_rows_are_lifelines(found, patient, start, stop, event, covariates):
    frame = pd.DataFrame(covariates, columns=[f"x{a}" for a in range(covariates.shape[1])])
    frame["id"], frame["start"], frame["stop"], frame["event"] = patient, start, stop, event
    fitter = CoxTimeVaryingFitter()
    reference = fitter.fit(frame, event_col="event", id_col="id", fit_options={"precision": 1e-14})
    assert found.converged
    close(found.coefficients, reference.params_.to_numpy(), NEWTON)
    close(found.standard_errors, reference.standard_errors_.to_numpy(), NEWTON)
    close(found.log_likelihood, reference.log_likelihood_, NEWTON)


def cox_is_stationary(found, start, stop, event, covariates):
    """Efron's likelihood written out death by death has the value found, and no slope there."""

    def log_likelihood(beta):
        risk = np.exp(covariates @ beta)
        total = 0.0
        for t in np.unique(stop[event]):
            at_risk = (start < t) & (stop >= t)
            dead = event & (stop == t)
            for tie in range(dead.sum()):
                total -= math.log(risk[at_risk].sum() - tie / dead.sum() * risk[dead].sum())
            total += np.log(risk[dead]).sum()
        return total

    assert found.converged
    close(found.log_likelihood, log_likelihood(found.coefficients), 1e-10)
    for a in range(covariates.shape[1]):
        h = 1e-4 * found.standard_errors[a]
        step = np.zeros(covariates.shape[1])
        step[a] = h
        up, down = log_likelihood(found.coefficients + step), log_likelihood(found.coefficients - step)
        # Slope per standard error: a coefficient off by 1e-4 standard errors would show 1e-4.
        assert abs(up - down) / (2 * h) * found.standard_errors[a] < 1e-6


def mean_is_lifelines(found, durations, events, tau):
    reference = restricted_mean_survival_time(KaplanMeierFitter().fit(durations, events), t=tau)
    close(found, reference, AREA)


def interval_is_scipy(found, successes, trials, method):
    for x, n, lower, upper in zip(successes, trials, found.lower, found.upper, strict=True):
        reference = scipy.stats.binomtest(int(x), int(n)).proportion_ci(0.95, method)
        # binomtest solves for the exact bounds by root finding to about 1e-12 and clips at 0 and 1
        close([lower, upper], [reference.low, reference.high], 1e-9)


def survival_falls(survival):
    assert np.all(np.diff(survival) <= 0.0)
    assert np.all((survival >= 0.0) & (survival <= 1.0))


def all_adds_up(incidences, survival):
    """The incidences of all causes and survival from any sum to one."""
    close(np.sum(incidences, axis=0) + survival, np.ones(len(survival)))


def rows_conserve_time(rows, start, stop, event, switch):
    """Time, exposed time and events per patient are what they were, rows touch and never overlap."""
    for i in range(len(start)):
        mine = rows.patient == i
        begin, end = rows.start_day[mine], rows.stop_day[mine]
        assert begin[0] == start[i] and end[-1] == stop[i]
        assert np.all(begin < end) and np.array_equal(begin[1:], end[:-1])
        exposed = rows.exposed[mine]
        close((end - begin)[exposed].sum(), max(0.0, stop[i] - max(start[i], switch[i])))
        assert np.array_equal(rows.event[mine], [False] * (mine.sum() - 1) + [bool(event[i])])


def landmark_is(found, durations, events, treatment, landmark, shift, ever):
    """Patient by patient, from the words of the definition."""
    expected = [
        (i, t - shift, bool(e), bool(w <= t if ever else w <= landmark))
        for i, t, e, w in zip(itertools.count(), durations, events, treatment, strict=False)
        if t > landmark
    ]
    assert list(zip(*(part.tolist() for part in found), strict=True)) == expected


def is_standard_normal(z):
    """Mean 0 and variance 1 within 4 Monte-Carlo standard errors."""
    n = len(z)
    assert abs(np.mean(z)) < 4 / math.sqrt(n)
    assert abs(np.var(z) - 1) < 4 * math.sqrt(2 / n)
