"""Relapse through the shipped rules and the cohort clock, against closed forms. Rank of proof: theory.

Promotion-time cure (Yakovlev and Tsodikov 1996): clones arise as a Poisson process of intensity theta
f(tau), tau the latency clock. P(no overt relapse by t) = exp(-expected number of clones that are overt by
t).

n = 200,000 lives a case, fixed seed. Verdict: sup |F_n - F| within the DKW band 0.0050, false-alarm rate
1e-4. An error of 0.010 anywhere in the distribution function is always seen, one of 0.008 nearly always: in
a hazard ratio that is 3 % at theta = 1 (and in `tests/sabotage/test_engine_sabotage.py` each is shown to go
red).
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import (
    LONG,
    MANY,
    OFF,
    REMISSION_DAY,
    agrees,
    band,
    lives,
    log_logistic,
    quiet_parameters,
    quiet_population,
    quiet_strategy,
)

from simulator.patient import OVERT_LOG10
from simulator.strategy import DAYS_PER_MONTH, WhileWaiting

THETA = 1.1
ON = {"relapse_log_theta": np.log(THETA)}
SECOND_COURSE_ENDS = 56.0
TWO_COURSES = {"courses": 2}
SCT_DAY = 31.0
SCT = {"transplant_policy": 2}
INFUSION = {
    "blinatumomab_courses": 1,
    "blinatumomab_after_course": 1,
    "blinatumomab_infusion_days": 28.0,
    "blinatumomab_course_days": 42.0,
    "blinatumomab_first_course_intensity": 1.0,
    "blinatumomab_intensity": 1.0,
}
INFUSION_BEGINS, INFUSION_ENDS = 28.0, 56.0
CD19 = 99.9


def F(day):
    """Share of the latency law reached by a day since day 1, without suppression."""
    return log_logistic(day - REMISSION_DAY)


def relapse_days(parameters, strategy=None, population=None, n=MANY, **options):
    strategy = quiet_strategy() if strategy is None else strategy
    return lives("relapse_day", n, parameters=parameters, strategy=strategy, population=population, **options)


def switched_off_from(day, factor):
    """Expected clones by t per theta when an eradicating factor comes in force on a day."""
    return lambda t: F(np.minimum(t, day)) + factor * np.maximum(F(t) - F(day), 0.0)


def slowed(day, begins, ends, speed):
    """Latency clock as a day count, running at `speed` between two days."""
    return np.minimum(day, begins) + speed * np.clip(day - begins, 0.0, ends - begins) + np.maximum(day - ends, 0.0)


def test_nobody_relapses_in_a_quiet_world():
    assert np.isnan(relapse_days(quiet_parameters(), n=20_000)).all()


@pytest.mark.parametrize("theta", [0.2, 1.1, 4.0])
def test_theory_promotion_time_cure(theta):
    days = relapse_days(quiet_parameters(relapse_log_theta=np.log(theta)))
    assert agrees(days, lambda t: -np.expm1(-theta * F(t)))


def test_theory_theta_is_log_linear_in_what_the_patient_carries():
    """TP53 in 30 %: a mixture of two promotion-time laws."""
    parameters = quiet_parameters(**ON, relapse_log_theta_tp53=0.8)
    days = relapse_days(parameters, population=quiet_population(tp53_in_others=0.3))
    assert agrees(days, lambda t: 1 - 0.3 * np.exp(-THETA * np.exp(0.8) * F(t)) - 0.7 * np.exp(-THETA * F(t)))


def test_theory_a_frailty_makes_a_log_normal_mixture():
    days = relapse_days(quiet_parameters(**ON, relapse_log_theta_per_frailty=0.9))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    survival = lambda t: np.exp(-THETA * np.exp(0.9 * nodes)[:, None] * F(t)[None, :]).T @ weights  # noqa: E731
    assert agrees(days, lambda t: 1.0 - survival(t))


def test_theory_burden_at_remission_enters_theta_once():
    """Kill 7 of burden -0.1: 3.1 below the reference of 1e-4."""
    days = relapse_days(quiet_parameters(**ON, relapse_log_theta_per_log10_burden=0.25))
    assert agrees(days, lambda t: -np.expm1(-THETA * np.exp(-0.25 * 3.1) * F(t)))


def test_theory_an_eradicating_course_lowers_the_hazard_for_good():
    factor = 0.35
    parameters = quiet_parameters(
        relapse_log_theta=1.5, course_log_factor=np.log(factor), relapse_latency_median_days=60.0
    )
    days = relapse_days(parameters, quiet_strategy(**TWO_COURSES))
    G = lambda t: log_logistic(t - REMISSION_DAY, 60.0)  # noqa: E731
    at = G(SECOND_COURSE_ENDS)
    expected = lambda t: np.minimum(G(t), at) + factor * np.maximum(G(t) - at, 0.0)  # noqa: E731
    assert 0.1 < at < 0.4
    assert agrees(days, lambda t: -np.expm1(-np.exp(1.5) * expected(t)))


def test_theory_three_eradicating_courses_multiply():
    factor, theta = 0.6, 3.0
    parameters = quiet_parameters(relapse_log_theta=np.log(theta), course_log_factor=np.log(factor))
    days = relapse_days(parameters, quiet_strategy(courses=4))
    knots = F(np.array([0.0, 56.0, 84.0, 112.0, LONG]))

    def clones(t):
        return sum(factor**k * np.clip(F(t) - knots[k], 0.0, knots[k + 1] - knots[k]) for k in range(4))

    assert agrees(days, lambda t: -np.expm1(-theta * clones(t)))


def test_theory_transplant_eradicates_from_its_day():
    factor = 0.3
    days = relapse_days(quiet_parameters(**ON, transplant_log_factor=np.log(factor)), quiet_strategy(**SCT))
    assert agrees(days, lambda t: -np.expm1(-THETA * switched_off_from(SCT_DAY, factor)(t)))


def test_theory_suppression_postpones_the_hazard_and_spares_nobody():
    """Twelve months of POMP at speed 0.3; the cured fraction is exp(-theta) with it and without."""
    speed, months = 0.3, 12.0
    parameters = quiet_parameters(**ON, pomp_clock_speed=speed)
    days = relapse_days(parameters, quiet_strategy(pomp_months=months, maintenance_blinatumomab_courses=0))
    begins = 28.0
    ends = begins + months * DAYS_PER_MONTH
    assert agrees(days, lambda t: -np.expm1(-THETA * F(slowed(t, begins, ends, speed))))
    untreated = relapse_days(quiet_parameters(**ON))
    # the same luck: the same patients relapse, and each later, by at most the time that the clock lost
    late = np.isfinite(days) & (days < LONG / 2)
    # LONG cuts the last of a heavy tail
    assert np.mean(np.isfinite(days) != np.isfinite(untreated)) < 1e-4
    delay = (days - untreated)[late & np.isfinite(untreated)]
    assert delay.min() >= -1e-6
    assert delay.max() == pytest.approx((1.0 - speed) * months * DAYS_PER_MONTH, abs=1e-6)
    assert abs(np.isnan(days).mean() - np.exp(-THETA)) < band(MANY)


def test_theory_blinatumomab_suppresses_while_it_runs_and_eradicates_at_its_end():
    speed, factor = 0.2, 0.45
    parameters = quiet_parameters(
        **ON,
        blinatumomab_clock_speed=speed,
        blinatumomab_log_factor=np.log(factor),
        relapse_latency_median_days=60.0,
    )
    population = quiet_population(cd19_low=0.0, cd22_low=0.0)
    # CD19 is 90-100 % of blasts, so that the effect varies by patient: each its own factor
    days, cd19 = lives(
        ["relapse_day", "cd19_percent"],
        parameters=parameters,
        strategy=quiet_strategy(**INFUSION),
        population=population,
    )
    tau_end = slowed(INFUSION_ENDS, INFUSION_BEGINS, INFUSION_ENDS, speed)
    at = log_logistic(np.array([tau_end - REMISSION_DAY]), 60.0)[0]
    own = np.exp(np.log(factor) * np.linspace(90.0, 100.0, 401) / CD19)

    def law(t):
        share = log_logistic(slowed(t, INFUSION_BEGINS, INFUSION_ENDS, speed) - REMISSION_DAY, 60.0)
        clones = np.minimum(share, at)[:, None] + own[None, :] * np.maximum(share - at, 0.0)[:, None]
        return 1.0 - np.exp(-THETA * clones).mean(axis=1)

    assert cd19.min() >= 90.0
    grid = np.concatenate([np.linspace(REMISSION_DAY, 400.0, 800), np.geomspace(401.0, LONG, 800), [np.inf]])
    table = law(grid)
    assert agrees(days, lambda t: np.interp(t, grid, table))


def growth(parameters_changes, doubling):
    """Parameters in which every clone needs the same days from the escape burden to 5 % blasts."""
    days = (OVERT_LOG10 + 7.0) / np.log10(2.0) * doubling
    return quiet_parameters(**(ON | {"doubling_median_days": doubling} | parameters_changes)), days


def test_theory_overt_relapse_comes_one_growth_after_the_molecular():
    parameters, grow = growth({}, 8.0)
    assert 140.0 < grow < 160.0
    assert agrees(relapse_days(parameters), lambda t: -np.expm1(-THETA * F(t - grow)))


def test_theory_doubling_time_is_log_normal():
    """Overt = latency + growth; the convolution over doubling times by quadrature."""
    parameters, grow = growth({"doubling_sigma": 0.5}, 8.0)
    z = (np.arange(400) + 0.5) / 400
    factors = np.exp(0.5 * norm.ppf(z))
    grid = np.concatenate([np.linspace(0.0, 3000.0, 3000), np.geomspace(3001.0, LONG, 500), [np.inf]])
    table = np.mean([-np.expm1(-THETA * F(grid - grow * factor)) for factor in factors], axis=0)
    assert agrees(relapse_days(parameters), lambda t: np.interp(t, grid, table))


@pytest.mark.parametrize("theta", [0.5, 1.5, 4.0])
def test_theory_clones_growing_at_transplant_are_thinned_like_those_to_come(theta):
    """Every clone, born before SCT or after, survives it with probability f unless it is already overt.

    Expected overt clones by t, with growth g and SCT on day T: theta (F(v) + f (F(t - g) - F(v))), where
    v = min(t - g, T - g).
    """
    factor, median = 0.4, 15.0
    changes = {
        "relapse_log_theta": np.log(theta),
        "transplant_log_factor": np.log(factor),
        "relapse_latency_median_days": median,
        "search_related_median_days": 53.0,
    }
    parameters, grow = growth(changes, 3.0)
    sct = REMISSION_DAY + 60.0
    assert REMISSION_DAY < sct - grow < sct  # some overt before, some growing, some to come
    days = relapse_days(parameters, quiet_strategy(**SCT))
    G = lambda t: log_logistic(t - REMISSION_DAY, median)  # noqa: E731
    before = G(np.array([sct - grow]))[0]

    def law(t):
        share = G(t - grow)
        return -np.expm1(-theta * (np.minimum(share, before) + factor * np.maximum(share - before, 0.0)))

    assert agrees(days, law)


@pytest.mark.parametrize("theta", [1.0, 6.0])
def test_theory_every_treatment_thins_every_clone_that_is_not_yet_overt(theta):
    """Three courses (credited on days 56, 84, 112) while clones need some 60 days to grow.

    A clone overt on day s has had to survive the courses before s, whenever it was born.
    """
    factor, median = 0.5, 40.0
    changes = {
        "relapse_log_theta": np.log(theta),
        "course_log_factor": np.log(factor),
        "relapse_latency_median_days": median,
    }
    parameters, grow = growth(changes, 3.2)
    assert 56.0 < grow < 63.0
    days = relapse_days(parameters, quiet_strategy(courses=4))
    G = lambda t: log_logistic(t - REMISSION_DAY - grow, median)  # noqa: E731
    knots = G(np.array([0.0, 56.0, 84.0, 112.0, LONG]))

    def clones(t):
        return sum(factor**k * np.clip(G(t) - knots[k], 0.0, knots[k + 1] - knots[k]) for k in range(4))

    assert agrees(days, lambda t: -np.expm1(-theta * clones(t)))


def test_theory_the_slowing_by_pomp_ends_with_transplant():
    """POMP while waiting, from day 28; SCT on day 81, planned months of POMP beyond it are not given."""
    speed, sct = 0.2, REMISSION_DAY + 60.0
    parameters = quiet_parameters(
        **ON, pomp_clock_speed=speed, relapse_latency_median_days=60.0, search_related_median_days=53.0
    )
    strategy = quiet_strategy(**SCT, pomp_months=36.0, transplant_while_waiting=int(WhileWaiting.POMP))
    days, begins, day = lives(
        ["relapse_day", "maintenance_day", "transplant_day"], parameters=parameters, strategy=strategy
    )
    assert set(begins[~(days < 28.0)]) == {28.0}
    assert set(day[~(days < sct)]) == {sct}
    G = lambda t: log_logistic(t - REMISSION_DAY, 60.0)  # noqa: E731
    assert agrees(days, lambda t: -np.expm1(-THETA * G(slowed(t, 28.0, sct, speed))))


def test_theory_suppression_slows_a_growing_clone_as_it_slows_latency():
    """POMP from day 28: latency and growth share one clock, overt relapse is at latency + growth on it."""
    speed, months = 0.4, 6.0
    parameters, grow = growth({"pomp_clock_speed": speed}, 8.0)
    days = relapse_days(parameters, quiet_strategy(pomp_months=months, maintenance_blinatumomab_courses=0))
    ends = 28.0 + months * DAYS_PER_MONTH
    assert agrees(days, lambda t: -np.expm1(-THETA * F(slowed(t, 28.0, ends, speed) - grow)))


def test_theory_a_cured_patient_stays_cured_and_relapse_needs_remission():
    days, cause = lives(
        ["relapse_day", "death_cause"],
        20_000,
        parameters=quiet_parameters(log_kill_course_1=-5.0, **ON),
        strategy=quiet_strategy(),
    )
    assert np.isnan(days).all()
    assert (cause == 6).all()


def test_off_means_off():
    assert np.exp(OFF) < 1e-20
