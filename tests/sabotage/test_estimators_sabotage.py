"""Every comparator of the estimators is shown the right answer, then a wrong one, and must go red."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "theory"))

import estimator_judges as judge

from simulator.estimators import (
    cox,
    cumulative_incidence,
    exact_interval,
    kaplan_meier,
    landmark_set,
    logrank,
    restricted_mean,
    split_at,
    wilson_interval,
)

N = 110
TIMES = np.array([60.0, 180.0, 365.0, 720.0])


def cohort(step_days):
    """Durations rounded up to steps (0: no ties), causes 0 to 2, a group, a treatment day (inf = never)."""
    rng = np.random.default_rng(5)
    event_day, censor_day = rng.exponential(400.0, N), rng.uniform(200.0, 1500.0, N)
    durations = np.minimum(event_day, censor_day)
    if step_days:
        durations = np.ceil(durations / step_days) * step_days
    causes = np.where(event_day <= censor_day, rng.integers(1, 3, N), 0)
    group = rng.random(N) < 0.5
    treatment = np.where(rng.random(N) < 0.5, np.ceil(rng.uniform(20.0, 200.0, N)), np.inf)
    return durations, causes, group, treatment


TIED, CAUSES, GROUP, TREATMENT = cohort(30)
EVENTS = CAUSES > 0
SMOOTH = cohort(0)[0]
COVARIATES = np.column_stack([GROUP, np.random.default_rng(6).normal(size=N)]).astype(float)
ROWS = split_at(np.zeros(N), TIED, EVENTS, TREATMENT)
ROW_COVARIATES = np.column_stack((ROWS.exposed, COVARIATES[ROWS.patient]))


def red(judgement, right, wrong, *rest):
    """``right`` and ``wrong`` are tuples of what was found: it takes the first and rejects the second."""
    judgement(*right, *rest)
    with pytest.raises(AssertionError):
        judgement(*wrong, *rest)


def one_moved():
    """The first patient whose event was before day 365 has it the next step instead."""
    moved = TIED.copy()
    moved[np.flatnonzero(EVENTS & (TIED <= 150))[0]] = 210.0
    return moved


def test_close():
    red(judge.close, (1.0,), (1.0 + 1e-11,), 1.0)
    red(judge.close, (np.nan,), (0.0,), np.nan)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: kaplan_meier(one_moved(), EVENTS, TIMES).survival,
        lambda: kaplan_meier(TIED, EVENTS, TIMES - 1e-9).survival,  # left limit instead of right-continuous
        lambda: kaplan_meier(TIED, CAUSES == 1, TIMES).survival,  # one cause taken for all
        lambda: kaplan_meier(TIED, EVENTS, TIMES).survival * (1 + 1e-9),
    ],
)
def test_survival(wrong):
    right = kaplan_meier(TIED, EVENTS, TIMES).survival
    red(judge.survival_is_lifelines, (right,), (wrong(),), TIED, EVENTS, TIMES)


def test_greenwood_interval():
    km = kaplan_meier(TIED, EVENTS, TIMES)
    plain = (km.survival - 1.96 * km.standard_error, km.survival + 1.96 * km.standard_error)
    data = (TIED, EVENTS, TIMES)
    red(judge.interval_is_lifelines, (km.lower, km.upper), plain, *data)
    red(judge.interval_is_lifelines, (km.lower, km.upper), (km.upper, km.lower), *data)


def test_incidence():
    first = cumulative_incidence(SMOOTH, CAUSES, 1, TIMES)
    data = (SMOOTH, CAUSES, 1, TIMES)
    complement = 1 - kaplan_meier(SMOOTH, CAUSES == 1, TIMES).survival  # 1 - KM, competing deaths censored
    binomial = first.incidence * (1 - first.incidence) / N
    red(judge.incidence_is_lifelines, first[1:], (complement, first.variance), *data)
    red(judge.incidence_is_lifelines, first[1:], (first.incidence, binomial), *data)
    second = cumulative_incidence(SMOOTH, CAUSES, 2, TIMES)
    red(judge.incidence_is_lifelines, first[1:], second[1:], *data)


def test_incidence_refuses_ties():
    with pytest.raises(AssertionError):
        judge.incidence_is_lifelines(*cumulative_incidence(TIED, CAUSES, 1, TIMES)[1:], TIED, CAUSES, 1, TIMES)


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_logrank(weights):
    found = logrank(TIED, EVENTS, GROUP, *weights)
    # ties broken at random instead of the hypergeometric variance
    broken = logrank(TIED + 1e-6 * np.random.default_rng(0).random(N), EVENTS, GROUP, *weights)
    other_weights = logrank(TIED, EVENTS, GROUP, 0.5, 0.5)
    for wrong in (broken, other_weights, found._replace(p_value=found.p_value / 2), found._replace(z=0.0)):
        red(judge.logrank_is_lifelines, (found,), (wrong,), TIED, EVENTS, GROUP, *weights)


def spoilt(fit):
    return [
        fit._replace(coefficients=fit.coefficients * 1.02),
        fit._replace(standard_errors=fit.standard_errors * 1.0001),
        fit._replace(log_likelihood=fit.log_likelihood + 0.001),
        fit._replace(converged=False),
    ]


def test_cox():
    zeros = np.zeros(N)
    fit = cox(zeros, TIED, EVENTS, COVARIATES)
    untied = cox(zeros, TIED + 1e-6 * np.random.default_rng(0).random(N), EVENTS, COVARIATES)
    for wrong in [*spoilt(fit), untied]:
        red(judge.cox_is_lifelines, (fit,), (wrong,), TIED, EVENTS, COVARIATES)
    for wrong in [s for s in spoilt(fit) if s.standard_errors is fit.standard_errors] + [untied]:
        red(judge.cox_is_stationary, (fit,), (wrong,), zeros, TIED, EVENTS, COVARIATES)


def test_cox_rows():
    fit = cox(ROWS.start_day, ROWS.stop_day, ROWS.event, ROW_COVARIATES)
    from_start = np.column_stack((np.isfinite(TREATMENT), COVARIATES)).astype(float)
    immortal = cox(np.zeros(N), TIED, EVENTS, from_start)  # treated from day 0
    no_entry = cox(np.zeros(len(ROWS.patient)), ROWS.stop_day, ROWS.event, ROW_COVARIATES)  # start forgotten
    for wrong in [*spoilt(fit), immortal, no_entry]:
        red(judge.cox_rows_are_lifelines, (fit,), (wrong,), *ROWS[:4], ROW_COVARIATES)
    red(judge.cox_is_stationary, (fit,), (immortal,), *ROWS[1:4], ROW_COVARIATES)


def test_restricted_mean():
    right = restricted_mean(TIED, EVENTS, 730.0).mean
    for wrong in (restricted_mean(one_moved(), EVENTS, 730.0).mean, np.minimum(TIED, 730.0).mean()):
        red(judge.mean_is_lifelines, (right,), (wrong,), TIED, EVENTS, 730.0)


def test_intervals():
    x, n = np.array([0, 3, 30]), np.array([10, 10, 110])
    wilson, exact = wilson_interval(x, n), exact_interval(x, n)
    red(judge.interval_is_scipy, (wilson,), (exact,), x, n, "wilson")
    red(judge.interval_is_scipy, (exact,), (wilson,), x, n, "exact")
    red(judge.interval_is_scipy, (exact,), (exact._replace(upper=exact.upper * (1 + 1e-6)),), x, n, "exact")


def test_laws():
    km = kaplan_meier(TIED, EVENTS, TIMES)
    incidences = [cumulative_incidence(TIED, CAUSES, cause, TIMES).incidence for cause in (1, 2)]
    red(judge.survival_falls, (km.survival,), (km.survival[::-1],))
    red(judge.survival_falls, (km.survival,), (km.survival - 1,))
    red(judge.all_adds_up, (incidences,), (incidences[:1],), km.survival)
    complements = [1 - kaplan_meier(TIED, cause == CAUSES, TIMES).survival for cause in (1, 2)]
    red(judge.all_adds_up, (incidences,), (complements,), km.survival)


def test_rows():
    data = (np.zeros(N), TIED, EVENTS, TREATMENT)
    twice = ROWS._replace(event=EVENTS[ROWS.patient])  # the event told in both rows of a patient
    swapped = ROWS._replace(exposed=~ROWS.exposed)
    late = split_at(np.zeros(N), TIED, EVENTS, TREATMENT + 1)
    overlap = ROWS._replace(start_day=np.zeros(len(ROWS.patient)))
    for wrong in (twice, swapped, late, overlap):
        red(judge.rows_conserve_time, (ROWS,), (wrong,), *data)


def test_landmark():
    def found(landmark, origin, status):
        return landmark_set(TIED, EVENTS, TREATMENT, landmark, origin=origin, status=status)

    right = found(60.0, "landmark", "at_landmark")
    for wrong in (
        found(60.0, "landmark", "ever"),
        found(60.0, "start", "at_landmark"),
        found(59.0, "landmark", "at_landmark"),
    ):
        red(judge.landmark_is, (right,), (wrong,), TIED, EVENTS, TREATMENT, 60.0, 60.0, False)


def test_standard_normal():
    z = np.random.default_rng(1).normal(size=2000)
    for wrong in (z + 0.15, z * 1.1, z * 0.9):
        red(judge.is_standard_normal, (z,), (wrong,))
