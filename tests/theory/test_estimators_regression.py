"""Cox model, counting-process rows, landmark, intervals: against lifelines, scipy, by hand, and by law."""

import estimator_judges as judge
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.datasets import load_leukemia, load_rossi, load_stanford_heart_transplants

from simulator.estimators import (
    compare_at_landmark,
    cox,
    exact_interval,
    landmark_set,
    logrank,
    split_at,
    survival_at,
    wilson_interval,
)

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def treated_cohort(seed, n=110):
    """Tied days, a treatment that starts late for some and never for others, four baseline covariates."""
    rng = np.random.default_rng(seed)
    baseline = np.column_stack(
        [rng.random(n) < 0.5, rng.normal(40.0, 12.0, n), rng.random(n) < 0.3, rng.normal(size=n)]
    ).astype(float)
    event_day = rng.exponential(400.0 * np.exp(0.6 * baseline[:, 0]))
    censor_day = rng.uniform(200.0, 1500.0, n)
    stop = np.ceil(np.minimum(event_day, censor_day) / 15) * 15
    switch = np.where(rng.random(n) < 0.6, np.ceil(rng.uniform(20.0, 250.0, n)), np.inf)
    return stop, event_day <= censor_day, switch, baseline


def test_cox_by_hand_with_a_tie():
    # Two die on day 1, one with x = 1; a third, x = 0, lives.  Efron: L = θ / ((θ+2) · (θ+2 - (θ+1)/2)).
    # Slope in log θ: 1 - θ/(θ+2) - θ/(θ+3) = 0, so θ² = 6.
    found = cox(np.zeros(3), np.array([1.0, 1, 2]), np.array([1, 1, 0], bool), np.array([[1.0], [0], [0]]))
    t = np.sqrt(6)
    assert found.converged
    judge.close(found.coefficients, [np.log(t)])
    judge.close(found.standard_errors, [(2 * t / (t + 2) ** 2 + 3 * t / (t + 3) ** 2) ** -0.5])
    judge.close(found.log_likelihood, np.log(2 * t / ((t + 2) * (t + 3))))


def test_cox_by_hand_with_a_treatment_that_starts():
    # A dies on day 1 untreated; B, treated from 0.5, dies on day 2; C, untreated, and D, from 1.5, live.
    # Day 1: at risk A 0, B 1, C 0, D 0: 1/(3+θ).  Day 2: B 1, C 0, D 1: θ/(1+2θ).
    # Slope: 1 - θ/(3+θ) - 2θ/(1+2θ) = 0, so θ² = 3/2.  With D treated from day 0 it would not be.
    stop, died = np.array([1.0, 2, 3, 3]), np.array([1, 1, 0, 0], bool)
    rows = split_at(np.zeros(4), stop, died, np.array([np.inf, 0.5, np.inf, 1.5]))
    found = cox(rows.start_day, rows.stop_day, rows.event, rows.exposed.astype(float)[:, None])
    judge.close(found.coefficients, [np.log(1.5) / 2])


def test_leukaemia_trial_as_printed_by_r():
    frame = load_leukemia()
    weeks, relapsed = frame["t"].to_numpy(float), frame["status"].to_numpy(bool)
    found = cox(np.zeros(weeks.size), weeks, relapsed, frame[["Rx"]].to_numpy(float))
    judge.close(found.coefficients, [1.5721], 5e-5)  # coxph(ties = "efron"), four printed digits
    judge.close(found.standard_errors, [0.4124], 5e-5 / 0.4)


@pytest.mark.parametrize("seed", range(4))
def test_cox_against_lifelines(seed):
    stop, event, _, baseline = treated_cohort(seed)
    found = cox(np.zeros(stop.size), stop, event, baseline)
    judge.cox_is_lifelines(found, stop, event, baseline)
    judge.cox_is_stationary(found, np.zeros(stop.size), stop, event, baseline)


def test_cox_against_lifelines_on_recidivism():
    frame = load_rossi()
    covariates = frame.drop(columns=["week", "arrest"]).to_numpy(float)
    week, arrest = frame["week"].to_numpy(float), frame["arrest"].to_numpy(bool)
    judge.cox_is_lifelines(cox(np.zeros(week.size), week, arrest, covariates), week, arrest, covariates)


@pytest.mark.parametrize("seed", range(4))
def test_cox_rows_against_lifelines(seed):
    stop, event, switch, baseline = treated_cohort(seed)
    rows = split_at(np.zeros(stop.size), stop, event, switch)
    covariates = np.column_stack((rows.exposed, baseline[rows.patient]))
    found = cox(rows.start_day, rows.stop_day, rows.event, covariates)
    judge.cox_rows_are_lifelines(found, *rows[:4], covariates)
    judge.cox_is_stationary(found, *rows[1:4], covariates)


def test_cox_rows_against_lifelines_on_heart_transplants():
    frame = load_stanford_heart_transplants()
    covariates = frame[["age", "year", "surgery", "transplant"]].to_numpy(float)
    start, stop = frame["start"].to_numpy(float), frame["stop"].to_numpy(float)
    event = frame["event"].to_numpy(bool)
    found = cox(start, stop, event, covariates)
    judge.cox_rows_are_lifelines(found, frame["id"].to_numpy(), start, stop, event, covariates)


def test_cox_with_late_entry_in_wide_scales():
    """Covariates of very different size, entries spread over years: the running sums must not lose digits."""
    stop, event, _, baseline = treated_cohort(11)
    start = np.floor(np.random.default_rng(11).uniform(0.0, stop))
    covariates = baseline * [1.0, 1e4, 1.0, 1e-4] + [0.0, 1e6, 0.0, 0.0]
    found = cox(start, stop, event, baseline)
    judge.cox_is_stationary(found, start, stop, event, baseline)
    rescaled = cox(start, stop, event, covariates)
    judge.close(rescaled.coefficients * [1.0, 1e4, 1.0, 1e-4], found.coefficients, 1e-8)


def test_cox_without_an_answer_says_so():
    days, ones = np.arange(1.0, 9.0), np.ones(8, bool)
    split = (days <= 4).astype(float)[:, None]
    assert not cox(np.zeros(8), days, ones, split).converged  # all early deaths on one side: separation
    assert not cox(np.zeros(8), days, ones, -split).converged
    assert not cox(np.zeros(8), days, ones, np.ones((8, 1))).converged  # constant
    alternate = (days % 2)[:, None]
    assert not cox(np.zeros(8), days, ones, np.hstack([alternate, 1 - alternate])).converged  # collinear
    assert not cox(np.zeros(8), days, ~ones, alternate).converged  # no event
    assert not cox(np.empty(0), np.empty(0), np.empty(0, bool), np.empty((0, 1))).converged
    assert cox(np.zeros(8), days, ones, alternate).converged


@repeatable
@given(st.integers(0, 10**6), st.integers(4, 25))
def test_cox_never_raises_and_never_claims_a_wrong_maximum(seed, n):
    rng = np.random.default_rng(seed)
    stop, event = rng.integers(1, 6, n).astype(float), rng.random(n) < 0.6
    covariates = rng.integers(0, 2, (n, 2)).astype(float)
    found = cox(np.zeros(n), stop, event, covariates)
    if found.converged:
        assert np.all(np.abs(found.coefficients) < 10)  # separation runs off to 15 and more
        judge.cox_is_stationary(found, np.zeros(n), stop, event, covariates)


@repeatable
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.booleans(), st.integers(0, 25)), min_size=1))
def test_rows_conserve_time(data):
    start = np.array([row[0] for row in data], float)
    stop = start + np.array([row[1] for row in data], float)
    event = np.array([row[2] for row in data], bool)
    switch = np.array([np.inf if row[3] > 20 else row[3] for row in data], float)
    judge.rows_conserve_time(split_at(start, stop, event, switch), start, stop, event, switch)


@pytest.mark.parametrize("ever", [False, True])
@pytest.mark.parametrize("shift", [0.0, 60.0])
def test_landmark_patient_by_patient(shift, ever):
    durations = np.array([10.0, 60, 61, 90, 90, 200, 300, 300])
    events = np.array([1, 1, 1, 0, 1, 1, 0, 1], bool)
    treatment = np.array([5.0, np.inf, 60, 61, 95, 200, np.inf, 30])
    found = landmark_set(
        durations,
        events,
        treatment,
        60.0,
        origin="landmark" if shift else "start",
        status="ever" if ever else "at_landmark",
    )
    judge.landmark_is(found, durations, events, treatment, 60.0, shift, ever)


def test_landmark_origin_moves_the_curve_not_the_test():
    stop, event, switch, _ = treated_cohort(3)
    from_start = landmark_set(stop, event, switch, 60.0, origin="start", status="at_landmark")
    from_landmark = landmark_set(stop, event, switch, 60.0, origin="landmark", status="at_landmark")
    judge.close(logrank(*from_start[1:]).z, logrank(*from_landmark[1:]).z)
    judge.close(survival_at(*from_start[1:3], 425.0), survival_at(*from_landmark[1:3], 365.0))
    both = compare_at_landmark(stop, event, switch, 60.0, status="at_landmark")
    assert both.n_treated == from_start.treated.sum() and both.n_untreated == (~from_start.treated).sum()
    judge.close(both.logrank.z, logrank(*from_start[1:]).z)
    judge.cox_is_stationary(
        both.cox,
        np.zeros(both.n_treated + both.n_untreated),
        *from_start[1:3],
        from_start.treated[:, None] * 1.0,
    )


def test_useless_treatment_looks_good_only_by_ever_status():
    """Status at the landmark and time-dependent Cox see no effect where there is none; ever-status does."""
    rng = np.random.default_rng(8)
    honest, ever, timed = [], [], []
    for _ in range(300):
        event_day, censor_day = np.ceil(rng.exponential(300.0, 110)), np.ceil(rng.uniform(300.0, 1500.0, 110))
        stop, event = np.minimum(event_day, censor_day), event_day <= censor_day
        switch = np.where(rng.random(110) < 0.7, np.ceil(rng.uniform(20.0, 300.0, 110)), np.inf)
        honest.append(compare_at_landmark(stop, event, switch, 100.0, status="at_landmark").logrank.z)
        ever.append(compare_at_landmark(stop, event, switch, 100.0, status="ever").logrank.z)
        rows = split_at(np.zeros(110), stop, event, switch)
        fit = cox(rows.start_day, rows.stop_day, rows.event, rows.exposed.astype(float)[:, None])
        timed.append(fit.coefficients[0] / fit.standard_errors[0])
    judge.is_standard_normal(honest)
    # Wald statistics are a little narrow at this size, so only their centre is asked for.
    assert abs(np.mean(timed)) < 4 / np.sqrt(300)
    assert np.mean(ever) < -2.0


def test_intervals_against_scipy():
    trials = np.repeat([1, 5, 29, 110], 4)
    successes = np.array([0, 1, 1, 0, 0, 2, 4, 5, 0, 1, 13, 29, 1, 55, 109, 110])
    judge.interval_is_scipy(wilson_interval(successes, trials), successes, trials, "wilson")
    judge.interval_is_scipy(exact_interval(successes, trials), successes, trials, "exact")


def test_intervals_by_hand():
    n = np.array([1, 10, 110])
    judge.close(exact_interval(0, n).upper, 1 - 0.025 ** (1 / n))  # (1 - p)^n = 2.5 %
    judge.close(exact_interval(n, n).lower, 0.025 ** (1 / n))
    z2 = 1.959963984540054**2
    judge.close(wilson_interval(0, n).upper, z2 / (n + z2))
    for interval in (wilson_interval(0, 0), exact_interval(0, 0)):
        assert (interval.lower, interval.upper) == (0.0, 1.0)


def test_impossible_input_is_refused():
    one, yes = np.ones(1), np.ones(1, bool)
    for call in (
        lambda: wilson_interval(3, 2),
        lambda: exact_interval(-1, 2),
        lambda: split_at(one, one, yes, one),
        lambda: split_at(0 * one, one, yes, np.nan * one),
        lambda: split_at(0 * one, one, yes, np.ones(2)),
        lambda: cox(one, one, yes, np.ones((1, 1))),
        lambda: cox(0 * one, one, yes, np.full((1, 1), np.nan)),
        lambda: cox(0 * one, one, yes, np.ones((2, 1))),
        lambda: landmark_set(one, yes, [np.nan], 0.0, origin="start", status="ever"),
        lambda: landmark_set(-one, yes, one, 0.0, origin="start", status="ever"),
        lambda: landmark_set(one, yes, one, -1.0, origin="start", status="ever"),
        lambda: landmark_set(one, yes, [1.0, 2.0], 0.0, origin="start", status="ever"),
        lambda: landmark_set(one, yes, one, 0.0, origin="begin", status="ever"),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            call()
