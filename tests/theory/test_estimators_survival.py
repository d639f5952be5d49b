"""Kaplan-Meier, Aalen-Johansen, log-rank, restricted mean: against lifelines, by hand, and by their laws."""

import estimator_judges as judge
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.datasets import load_leukemia

from simulator.estimators import (
    cumulative_incidence,
    incidence_at,
    kaplan_meier,
    logrank,
    median_follow_up,
    median_survival,
    numbers_at_risk,
    restricted_mean,
    survival_at,
)

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=150)

# Whole-number days force ties between deaths, and between deaths and censorings.
cohorts = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.booleans()), min_size=1, max_size=40).map(
    lambda rows: (
        np.array([r[0] for r in rows], float),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], bool),
    )
)
GRID = np.arange(0.0, 14.0)

# Eight patients; deaths and censorings share days 1 and 3.
#   day 1: 8 at risk, 1 dies   S = 7/8             1/(8·7)
#   day 2: 6 at risk, 1 dies   S = 7/8·5/6 = 35/48 1/(6·5)
#   day 3: 5 at risk, 2 die    S = 35/48·3/5 = 7/16  2/(5·3)   Greenwood sum 1/56 + 1/30 + 2/15 = 31/168
#   day 5: 1 at risk, 1 dies   S = 0
DAYS = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0, 5.0])
DIED = np.array([1, 0, 1, 1, 1, 0, 0, 1], bool)


def cohort(seed, n=110, tied=True):
    rng = np.random.default_rng(seed)
    group = rng.random(n) < 0.4
    event_day = rng.exponential(np.where(group, 700.0, 400.0))
    censor_day = rng.uniform(200.0, 1500.0, n)
    durations = np.minimum(event_day, censor_day)
    causes = np.where(event_day <= censor_day, rng.integers(1, 4, n), 0)
    # 30-day steps: about half of the patients then share their time with another
    return (np.ceil(durations / 30) * 30 if tied else durations), causes, group


def test_survival_by_hand():
    found = kaplan_meier(DAYS, DIED, [0.0, 1.0, 1.5, 2.0, 3.0, 4.9, 5.0, 9.0])
    judge.close(found.survival, [1, 7 / 8, 7 / 8, 35 / 48, 7 / 16, 7 / 16, 0, 0])
    judge.close(found.standard_error[[0, 4]], [0, 7 / 16 * np.sqrt(31 / 168)])
    spread = 1.959963984540054 * np.sqrt(31 / 168) / -np.log(7 / 16)
    judge.close(found.lower[[0, 4]], [1, (7 / 16) ** np.exp(spread)])
    judge.close(found.upper[[0, 4]], [1, (7 / 16) ** np.exp(-spread)])
    assert np.isnan(found.lower[-1]) and np.isnan(found.upper[-1]) and np.isnan(found.standard_error[-1])


def test_medians_and_numbers_at_risk_by_hand():
    judge.close(median_survival(DAYS, DIED), 3.0)
    # reversed: day 1 7/8; day 3 7/8·4/5 = 0.7; day 4 0.7·1/2 = 0.35
    judge.close(median_follow_up(DAYS, DIED), 4.0)
    assert numbers_at_risk(DAYS, [0, 1, 3, 3.5, 4, 6]).tolist() == [8, 8, 5, 2, 2, 0]


@pytest.mark.parametrize("n", range(2, 200, 2))
def test_median_is_not_missed_by_rounding(n):
    """Without censoring S after n/2 of n deaths is one half, whatever the running product rounds to."""
    assert median_survival(np.arange(1.0, n + 1), np.ones(n, bool)) == n / 2


def test_leukaemia_trial_as_published():
    """6-mercaptopurine against placebo (Freireich 1963), as printed in Kalbfleisch & Prentice and by R."""
    frame = load_leukemia()
    weeks, relapsed = frame["t"].to_numpy(float), frame["status"].to_numpy(bool)
    placebo = frame["Rx"].to_numpy(bool)
    found = kaplan_meier(weeks[~placebo], relapsed[~placebo], [6, 7, 10])
    judge.close(found.survival, [0.857, 0.807, 0.753], 5e-4)  # three printed digits
    judge.close(found.standard_error, [0.0764, 0.0869, 0.0963], 5e-5 / 0.07)
    assert median_survival(weeks[~placebo], relapsed[~placebo]) == 23
    assert median_survival(weeks[placebo], relapsed[placebo]) == 8
    judge.close(logrank(weeks, relapsed, placebo).statistic, 16.79, 5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_survival_against_lifelines(seed):
    durations, causes, _ = cohort(seed)
    events = causes > 0
    times = np.array([0.0, 30.0, 45.0, 180.0, 365.0, 720.0, 1000.0])
    found = kaplan_meier(durations, events, times)
    judge.survival_is_lifelines(found.survival, durations, events, times)
    judge.interval_is_lifelines(found.lower, found.upper, durations, events, times)
    judge.close([survival_at(durations, events, t) for t in times], found.survival)


@pytest.mark.parametrize("seed", range(5))
def test_incidence_against_lifelines(seed):
    durations, causes, _ = cohort(seed, tied=False)
    times = np.array([60.0, 180.0, 365.0, 720.0])
    for cause in (1, 2, 3):
        found = cumulative_incidence(durations, causes, cause, times)
        judge.incidence_is_lifelines(found.incidence, found.variance, durations, causes, cause, times)
        judge.close([incidence_at(durations, causes, cause, t) for t in times], found.incidence)


def test_incidence_by_hand_with_ties():
    # day 1: 6 at risk, causes 1 and 2 once each:  F1 = F2 = 1/6, S = 4/6
    # day 2: 3 at risk, cause 1 twice:             F1 = 1/6 + 2/3·2/3 = 11/18, S = 2/9
    # day 3: 1 at risk, cause 2:                   F2 = 1/6 + 2/9 = 7/18
    days, causes = np.array([1.0, 1, 1, 2, 2, 3]), np.array([1, 2, 0, 1, 1, 2])
    first = cumulative_incidence(days, causes, 1, [0.5, 1.0, 2.0, 3.0])
    judge.close(first.incidence, [0, 1 / 6, 11 / 18, 11 / 18])
    judge.close(cumulative_incidence(days, causes, 2, [1.0, 2.0, 3.0]).incidence, [1 / 6, 1 / 6, 7 / 18])
    # day 1: 1²·1·5/6³ = 5/216
    # day 2, with 4/9 still to come after day 1: (4/9)²·2/(6·4) + 5/216 - 2·(4/9)·1/36 + (4/9)·2·1/27 = 31/648
    judge.close(first.variance[:3], [0, 5 / 216, 31 / 648])


@repeatable
@given(cohorts)
def test_laws_of_survival_and_incidence(data):
    durations, causes, _ = data
    found = kaplan_meier(durations, causes > 0, GRID)
    judge.survival_falls(found.survival)
    incidences = [cumulative_incidence(durations, causes, cause, GRID) for cause in (1, 2)]
    judge.all_adds_up([each.incidence for each in incidences], found.survival)
    mixed = np.random.default_rng(0).permutation(durations.size)
    judge.close(kaplan_meier(durations[mixed], causes[mixed] > 0, GRID).survival, found.survival)
    # one cause alone: the incidence is 1 - S and its variance is Greenwood's
    alone = cumulative_incidence(durations, (causes > 0).astype(np.int64), 1, GRID)
    known = found.survival > 0
    judge.close(alone.incidence, 1 - found.survival)
    judge.close(alone.variance[known], found.standard_error[known] ** 2)


@repeatable
@given(cohorts)
def test_without_censoring_all_are_proportions(data):
    durations, causes, _ = data
    causes = np.where(causes == 0, 3, causes)
    n = durations.size
    share = np.array([np.mean((durations <= t) & (causes == 1)) for t in GRID])
    found = cumulative_incidence(durations, causes, 1, GRID)
    judge.close(found.incidence, share)
    judge.close(found.variance, share * (1 - share) / n)
    area = restricted_mean(durations, np.ones(n, bool), 7.0)
    short = np.minimum(durations, 7.0)
    judge.close(area.mean, short.mean())
    judge.close(area.standard_error, short.std() / np.sqrt(n), 1e-7)  # near 0 a root magnifies rounding


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5)])
@pytest.mark.parametrize("seed", range(4))
def test_logrank_against_lifelines(seed, weights):
    durations, causes, group = cohort(seed)
    found = logrank(durations, causes > 0, group, *weights)
    judge.logrank_is_lifelines(found, durations, causes > 0, group, *weights)


def test_logrank_by_hand_with_ties():
    # group: 1 dies, 2 dies, 3 censored; others: 1 dies, 2 censored, 4 dies
    # day 1: 6 at risk, 3 in group, 2 die, 1 in group: 1 - 1 = 0,   variance 2·½·½·4/5 = 0.4
    # day 2: 4 at risk, 2 in group, 1 dies, in group:  1 - ½ = ½,   variance ¼;  S before = 2/3
    # day 4: none of the group at risk
    days, died = np.array([1.0, 2, 3, 1, 2, 4]), np.array([1, 1, 0, 1, 0, 1], bool)
    group = np.array([1, 1, 1, 0, 0, 0], bool)
    found = logrank(days, died, group)
    judge.close(found.statistic, 0.25 / 0.65)
    judge.close(found.z, 0.5 / np.sqrt(0.65))
    judge.close(logrank(days, died, group, 1.0, 0.0).statistic, (1 / 9) / (0.4 + 1 / 9))
    judge.close(logrank(days, died, group, 0.0, 1.0).statistic, 1.0)
    judge.close(logrank(days, died, ~group).z, -found.z)


def test_logrank_of_equal_arms_is_standard_normal():
    rng = np.random.default_rng(20)
    z = []
    for _ in range(2000):
        event_day, censor_day = rng.exponential(400.0, 110), rng.uniform(200.0, 1500.0, 110)
        arm = np.arange(110) % 2 == 0
        z.append(logrank(np.ceil(np.minimum(event_day, censor_day)), event_day <= censor_day, arm).z)
    judge.is_standard_normal(z)


def test_restricted_mean_by_hand():
    # area to day 4: 1 + 7/8 + 35/48 + 7/16 = 73/24; still to come after days 1, 2, 3: 49/24, 7/6, 7/16
    found = restricted_mean(DAYS, DIED, 4.0)
    judge.close(found.mean, 73 / 24)
    variance = (49 / 24) ** 2 / 56 + (7 / 6) ** 2 / 30 + (7 / 16) ** 2 * 2 / 15
    judge.close(found.standard_error, np.sqrt(variance))


@pytest.mark.parametrize("seed", range(4))
def test_restricted_mean_against_lifelines(seed):
    durations, causes, _ = cohort(seed)
    judge.mean_is_lifelines(restricted_mean(durations, causes > 0, 730.0).mean, durations, causes > 0, 730.0)


def test_nothing_to_estimate():
    none, nobody = np.empty(0), np.empty(0, bool)
    assert np.isnan(survival_at(none, nobody, 1.0)) and np.isnan(median_survival(none, nobody))
    assert np.isnan(restricted_mean(none, nobody, 1.0).mean)
    assert np.isnan(incidence_at(none, np.empty(0, np.int64), 1, 1.0))
    assert np.isnan(logrank(DAYS, DIED, np.zeros(8, bool)).p_value)
    assert np.isnan(logrank(DAYS, np.zeros(8, bool), DIED).statistic)
    assert np.isnan(median_survival(DAYS, np.zeros(8, bool)))
    with pytest.raises(ValueError, match="no patients"):
        kaplan_meier(none, nobody, [1.0])
    with pytest.raises(ValueError, match="no patients"):
        cumulative_incidence(none, nobody, 1, [1.0])
    with pytest.raises(ValueError, match="tau"):
        restricted_mean(DAYS, DIED, 0.0)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_impossible_durations_are_refused(bad):
    days = np.where(np.arange(8) == 3, bad, DAYS)
    for call in (
        lambda: survival_at(days, DIED, 1.0),
        lambda: kaplan_meier(days, DIED, [1.0]),
        lambda: logrank(days, DIED, DIED),
        lambda: restricted_mean(days, DIED, 4.0),
        lambda: cumulative_incidence(days, DIED.astype(int), 1, [1.0]),
    ):
        with pytest.raises(ValueError, match="finite and not negative"):
            call()
    with pytest.raises(ValueError, match="length"):
        survival_at(DAYS, DIED[:5], 1.0)
    with pytest.raises(ValueError, match="length"):
        logrank(DAYS, DIED, DIED[:5])
    with pytest.raises(ValueError, match="coded"):
        cumulative_incidence(DAYS, DIED.astype(int), 0, [1.0])
