"""Cumulative-hazard shapes and inverses.

Rank of proof: theory (scipy.stats, numerical integration of a life table).
"""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from simulator import hazards
from simulator.parameters import load_parameters

DAYS = np.concatenate([[-3.0, 0.0], np.logspace(-3, 5, 200)])
SHARES = np.concatenate([[0.0], np.logspace(-12, -1, 50), np.linspace(0.1, 0.999, 50), 1.0 - np.logspace(-12, -4, 9)])
scales = st.floats(1.0, 2000.0)
shapes = st.floats(0.3, 5.0)
inner_shares = st.floats(1e-9, 1.0 - 1e-6)
quick = settings(max_examples=150, deadline=None, derandomize=True)


def over(function, points, *arguments):
    return np.array([function(point, *arguments) for point in points])


@pytest.mark.parametrize(("scale", "shape"), [(200.0, 1.3), (5.0, 0.4), (1500.0, 4.0)])
def test_theory_weibull_v_scipy(scale, shape):
    law = stats.weibull_min(shape, scale=scale)
    np.testing.assert_allclose(over(hazards.weibull_share, DAYS, scale, shape), law.cdf(DAYS), rtol=1e-12)
    np.testing.assert_allclose(over(hazards.weibull_days, SHARES, scale, shape), law.ppf(SHARES), rtol=1e-11)


@pytest.mark.parametrize(("median", "shape"), [(300.0, 1.7), (40.0, 0.5), (2000.0, 5.0)])
def test_theory_log_logistic_v_scipy_fisk(median, shape):
    law = stats.fisk(shape, scale=median)
    np.testing.assert_allclose(over(hazards.log_logistic_share, DAYS, median, shape), law.cdf(DAYS), rtol=1e-12)
    ours, middle = over(hazards.log_logistic_days, SHARES, median, shape), SHARES <= 0.999
    np.testing.assert_allclose(ours[middle], law.ppf(SHARES[middle]), rtol=1e-11)
    # scipy loses digits near 1: exact odds instead
    odds = np.array([float(Fraction(share) / (1 - Fraction(share))) for share in SHARES])
    np.testing.assert_allclose(ours, median * odds ** (1.0 / shape), rtol=1e-12)
    assert hazards.log_logistic_share(median, median, shape) == 0.5


@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (0.5, 0.5), (10.0, 1.0), (1.0, 1.0)])
def test_theory_kumaraswamy_closed_form_and_mean(a, b):
    window = 28.0
    t = np.linspace(0.0, window, 200)
    expected = -np.expm1(b * np.log1p(-((t[:-1] / window) ** a)))
    np.testing.assert_allclose(over(hazards.kumaraswamy_share, t[:-1], window, a, b), expected, rtol=1e-11, atol=1e-15)
    assert [hazards.kumaraswamy_share(day, window, a, b) for day in (-1.0, 0.0, 28.0, 99.0)] == [
        0.0,
        0.0,
        1.0,
        1.0,
    ]
    # E[T] = W b B(1 + 1/a, b)
    mean = integrate.quad(lambda u: hazards.kumaraswamy_days(u, window, a, b), 0.0, 1.0)[0]
    assert mean == pytest.approx(
        window * b * math.gamma(1 + 1 / a) * math.gamma(b) / math.gamma(1 + 1 / a + b), rel=1e-6
    )


def test_theory_log_normal_probability_and_bounded_rate():
    u = np.linspace(0.001, 0.999, 99)
    days = over(hazards.log_normal_days, stats.norm.ppf(u), 15.0, 0.6)
    np.testing.assert_allclose(days, stats.lognorm(0.6, scale=15.0).ppf(u), rtol=1e-13)
    for p in (1e-12, 0.03, 0.5, 0.97):
        assert hazards.probability(math.log(p / (1.0 - p))) == pytest.approx(p, rel=1e-9)
        assert 1.0 - math.exp(-hazards.bounded_rate(p)) == pytest.approx(p, abs=1e-16, rel=1e-12)


@quick
@given(inner_shares, scales, shapes)
def test_roundtrip_weibull(share, scale, shape):
    assert hazards.weibull_share(hazards.weibull_days(share, scale, shape), scale, shape) == pytest.approx(
        share, rel=1e-8
    )


@quick
@given(inner_shares, scales, shapes)
def test_roundtrip_log_logistic(share, median, shape):
    back = hazards.log_logistic_share(hazards.log_logistic_days(share, median, shape), median, shape)
    assert back == pytest.approx(share, rel=1e-8)


@quick
@given(st.floats(1e-5, 1.0 - 1e-5), st.floats(0.5, 10.0), st.floats(0.5, 10.0))
def test_roundtrip_kumaraswamy(share, a, b):
    day = hazards.kumaraswamy_days(share, 28.0, a, b)
    assert 0.0 < day <= 28.0
    assert hazards.kumaraswamy_share(day, 28.0, a, b) == pytest.approx(share, rel=1e-5)


@quick
@given(scales, shapes, st.floats(0.0, 5000.0), st.floats(0.0, 5000.0))
def test_shares_rise_with_time(scale, shape, one, other):
    early, late = min(one, other), max(one, other)
    for share in (hazards.weibull_share, hazards.log_logistic_share):
        assert 0.0 <= share(early, scale, shape) <= share(late, scale, shape) <= 1.0


@pytest.mark.parametrize("inverse", [hazards.weibull_days, hazards.log_logistic_days])
def test_a_share_of_one_or_more_is_never(inverse):
    assert inverse(1.0, 100.0, 1.5) == inverse(7.0, 100.0, 1.5) == np.inf
    assert inverse(0.0, 100.0, 1.5) == inverse(-0.5, 100.0, 1.5) == 0.0


def test_a_kumaraswamy_share_of_one_is_never():
    assert hazards.kumaraswamy_days(1.0, 28.0, 2.0, 3.0) == np.inf
    assert hazards.kumaraswamy_days(-0.1, 28.0, 2.0, 3.0) == 0.0


# background mortality


def table(sex):
    record = load_parameters("joint-point").record()
    return record.background_age_years[0], record[f"background_log_rate_{sex}"][0]


def force(age, ages, log_rates):
    """mu(age): linear on the log scale between the ages, flat below, the last slope beyond."""
    slope = (log_rates[-1] - log_rates[-2]) / (ages[-1] - ages[-2])
    beyond = log_rates[-1] + slope * (age - ages[-1])
    return math.exp(beyond if age > ages[-1] else np.interp(age, ages, log_rates))


def cumulative(age, years, ages, log_rates):
    knots = [a - age for a in ages if 0.0 < a - age < years]
    edges = [0.0, *knots, years]
    return sum(
        integrate.quad(lambda s: force(age + s, ages, log_rates), low, high, epsabs=1e-13)[0]
        for low, high in pairwise(edges)
    )


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("age", [5.0, 17.0, 37.0, 50.0, 64.9, 87.0])
@pytest.mark.parametrize("threshold", [1e-4, 0.01, 0.3, 1.0, 4.0])
def test_theory_background_death_v_numerical_integration(sex, age, threshold):
    ages, log_rates = table(sex)
    years = hazards.years_to_background_death(age, threshold, ages, log_rates, 150.0)
    assert cumulative(age, years, ages, log_rates) == pytest.approx(threshold, rel=1e-9)


@pytest.mark.parametrize("sex", ["male", "female"])
def test_the_force_of_mortality_at_the_table_ages_is_the_published_probability(sex):
    ages, log_rates = table(sex)
    q = np.array(load_parameters("joint-point").life_table[f"{sex}_q"])
    np.testing.assert_allclose(-np.expm1(-np.exp(log_rates)), q, rtol=1e-12)
    assert np.all(np.diff(ages) > 0.0)


def test_known_answer_life_expectancy_is_that_of_a_rich_country():
    u = (np.arange(4000) + 0.5) / 4000
    expectancy = {}
    for sex in ("male", "female"):
        ages, log_rates = table(sex)
        years = [hazards.years_to_background_death(40.0, -math.log(1 - x), ages, log_rates, 120.0) for x in u]
        expectancy[sex] = np.mean(years)
        years_lived = np.linspace(0.0, 75.0, 301)
        alive = [math.exp(-cumulative(40.0, t, ages, log_rates)) for t in years_lived]
        by_survival = integrate.simpson(alive, x=years_lived)
        assert expectancy[sex] == pytest.approx(by_survival, rel=1e-3)
    assert 36.0 < expectancy["male"] < 43.0
    assert 40.0 < expectancy["female"] < 46.0
    assert expectancy["female"] > expectancy["male"] + 2.0


@quick
@given(st.floats(1.0, 110.0), st.floats(1e-9, 8.0), st.floats(1.0, 1.5))
@example(30.0, 1e-9, 1.0)
def test_background_death_is_monotone_in_the_threshold_and_in_age(age, threshold, ratio):
    ages, log_rates = table("female")
    years = hazards.years_to_background_death(age, threshold, ages, log_rates, 150.0)
    assert years >= 0.0
    assert hazards.years_to_background_death(age, threshold * ratio, ages, log_rates, 150.0) >= years


def test_background_death_beyond_the_limit_is_never_and_the_limit_does_not_move_what_comes_before():
    ages, log_rates = table("male")
    free = hazards.years_to_background_death(40.0, 0.05, ages, log_rates, 150.0)
    assert hazards.years_to_background_death(40.0, 0.05, ages, log_rates, free - 1e-6) == np.inf
    assert hazards.years_to_background_death(40.0, 0.05, ages, log_rates, free + 1e-6) == pytest.approx(free, rel=1e-12)


def test_a_flat_life_table_gives_the_exponential():
    ages = np.array([0.0, 50.0, 100.0])
    flat = np.log(np.full(3, 0.02))
    assert hazards.years_to_background_death(33.0, 1.5, ages, flat, 500.0) == pytest.approx(75.0, rel=1e-12)


def test_sabotage_a_wrong_shape_scale_or_table_is_seen():
    law = stats.weibull_min(1.3, scale=200.0)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(over(hazards.weibull_share, DAYS, 206.0, 1.3), law.cdf(DAYS), rtol=1e-12)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(over(hazards.log_logistic_share, DAYS, 200.0, 1.3), law.cdf(DAYS), rtol=1e-12)
    ages, log_rates = table("male")
    years = hazards.years_to_background_death(40.0, 0.3, ages, log_rates + 1e-6, 150.0)
    assert cumulative(40.0, years, ages, log_rates) != pytest.approx(0.3, rel=1e-9)
