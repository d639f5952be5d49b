"""Every comparator of the engine's tests is shown the right answer, then a wrong one, and must go red.

The simulated lives are the right ones throughout; what is wrong is the claim about them, by the smallest
amount that the headings of the theory tests promise to see. Comparators of one file only are sabotaged
there.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import (
    MANY,
    REMISSION_DAY,
    agrees,
    band,
    distance,
    lives,
    log_logistic,
    quiet_parameters,
    quiet_population,
    quiet_strategy,
)

from simulator.draws import RELAPSE, uniform_pair
from simulator.patient import Cause
from simulator.strategy import DAYS_PER_MONTH

THETA = 1.1
SCT = {"transplant_policy": 2}
SCT_DAY = 31.0


def F(t, median=300.0, shape=1.7, origin=REMISSION_DAY):
    return log_logistic(t - origin, median, shape)


def cure(theta, **latency):
    return lambda t: -np.expm1(-theta * F(t, **latency))


@pytest.fixture(scope="module")
def plain():
    return lives("relapse_day", parameters=quiet_parameters(relapse_log_theta=np.log(THETA)), strategy=quiet_strategy())


def test_the_right_cure_model_is_green(plain):
    assert agrees(plain, cure(THETA))


@pytest.mark.parametrize(
    "wrong",
    [
        cure(THETA * 1.03),
        cure(THETA / 1.03),
        cure(THETA, median=315.0),
        cure(THETA, median=285.0),
        cure(THETA, shape=1.8),
        cure(THETA, origin=0.0),
        lambda t: -np.expm1(-THETA) * F(t),  # a mixture cure model with the same cured fraction
        lambda t: 1.0 - (1.0 + THETA * F(t)) ** -1.0,  # a gamma-mixed number of clones
    ],
    ids=[
        "theta +3 %",
        "theta -3 %",
        "median +5 %",
        "median -5 %",
        "shape +6 %",
        "origin day 1",
        "mixture",
        "gamma",
    ],
)
def test_a_wrong_cure_model_is_red(plain, wrong):
    assert not agrees(plain, wrong)


def test_suppression_treated_as_eradication_is_red():
    """POMP for 12 months at speed 0.3: postponed, not spared; and not the reverse."""
    parameters = quiet_parameters(relapse_log_theta=np.log(THETA), pomp_clock_speed=0.3)
    strategy = quiet_strategy(pomp_months=12.0, maintenance_blinatumomab_courses=0)
    days = lives("relapse_day", parameters=parameters, strategy=strategy)
    begins, ends = 28.0, 28.0 + 12.0 * DAYS_PER_MONTH

    def slowed(t, speed=0.3):
        return np.minimum(t, begins) + speed * np.clip(t - begins, 0, ends - begins) + np.maximum(t - ends, 0)

    def multiplied(t):
        first, last = F(np.array([begins, ends]))
        return F(np.minimum(t, begins)) + 0.3 * np.clip(F(t) - first, 0, last - first) + np.maximum(F(t) - last, 0)

    assert agrees(days, lambda t: -np.expm1(-THETA * F(slowed(t))))
    assert not agrees(days, lambda t: -np.expm1(-THETA * multiplied(t)))
    assert not agrees(days, cure(THETA))
    assert not agrees(days, lambda t: -np.expm1(-THETA * F(slowed(t, speed=0.34))))


def eradicated(factor, day, theta=THETA):
    def law(t):
        at = F(np.array([day]))[0]
        return -np.expm1(-theta * (np.minimum(F(t), at) + factor * np.maximum(F(t) - at, 0.0)))

    return law


def test_an_eradicating_factor_3_percent_out_is_red():
    parameters = quiet_parameters(relapse_log_theta=np.log(2.5), transplant_log_factor=np.log(0.4))
    days = lives("relapse_day", parameters=parameters, strategy=quiet_strategy(**SCT))
    assert agrees(days, eradicated(0.4, SCT_DAY, 2.5))
    for factor in (0.4 * 1.03, 0.4 / 1.03):
        assert not agrees(days, eradicated(factor, SCT_DAY, 2.5))
    assert not agrees(days, eradicated(0.4, SCT_DAY + 14.0, 2.5))  # in force too late
    assert not agrees(days, cure(2.5 * 0.4, origin=SCT_DAY))  # SCT resets the clock
    # suppressed instead: the hazard is only postponed
    assert not agrees(days, lambda t: -np.expm1(-2.5 * F(np.minimum(t, SCT_DAY) + 0.4 * np.maximum(t - SCT_DAY, 0))))


def test_a_competing_risk_that_is_ignored_is_red():
    theta, nu = 1.4, 0.8
    parameters = quiet_parameters(relapse_log_theta=np.log(theta), remission_death_log_theta=np.log(nu))
    days = lives("relapse_day", parameters=parameters, strategy=quiet_strategy())
    assert not agrees(days, cure(theta))


def test_a_gvhd_multiplier_3_percent_out_or_in_force_from_day_0_is_red():
    theta, ratio = 1.0, 2.0
    parameters = quiet_parameters(
        transplant_death_log_theta=0.0,
        chronic_gvhd=1.0,
        chronic_gvhd_log_factor=np.log(ratio),
        chronic_gvhd_day=60.0,
    )
    day, cause = lives(["death_day", "death_cause"], parameters=parameters, strategy=quiet_strategy(**SCT))
    days = np.where(cause == Cause.TRANSPLANT, day, np.inf)

    def law(multiplier, onset=60.0):
        share = lambda t: -np.expm1(-((np.maximum(t, 0.0) / 200.0) ** 1.3))  # noqa: E731
        at = share(np.array([onset]))[0]
        return lambda t: (
            -np.expm1(
                -theta * (np.minimum(share(t - SCT_DAY), at) + multiplier * np.maximum(share(t - SCT_DAY) - at, 0.0))
            )
        )

    assert agrees(days, law(ratio))
    assert not agrees(days, law(ratio * 1.06))
    assert not agrees(days, law(ratio, onset=0.0))
    assert not agrees(days, law(1.0))


def test_sos_that_forgets_a_dose_or_a_twentieth_of_the_odds_is_red():
    strategy = quiet_strategy(
        inotuzumab_courses=1,
        inotuzumab_doses_per_course=2,
        inotuzumab_days=[2.0, 8.0],
        inotuzumab_first_doses=[0.6, 0.3],
    )
    days = lives("sos_day", parameters=quiet_parameters(sos_drug_log_rate_per_mg_per_m2=0.0), strategy=strategy)

    def law(doses):
        share = lambda t: -np.expm1(-np.maximum(t, 0.0) / 20.0)  # noqa: E731
        return lambda t: -np.expm1(-sum(mg * share(t - day) for day, mg in doses))

    assert agrees(days, law([(1.0, 0.6), (7.0, 0.3)]))
    assert not agrees(days, law([(1.0, 0.6)]))
    assert not agrees(days, law([(1.0, 0.9)]))
    assert not agrees(days, law([(1.0, 0.6), (8.0, 0.3)]))


def test_an_early_death_probability_one_point_out_is_red():
    parameters = quiet_parameters(early_death_log_odds=-1.0)
    day, cause = lives(["death_day", "death_cause"], parameters=parameters, strategy=quiet_strategy())
    days = np.where(cause == Cause.EARLY, day, np.inf)

    def law(p, b=3.0):
        share = lambda t: 1.0 - (1.0 - np.clip(t / 28.0, 0.0, 1.0) ** 2.0) ** b  # noqa: E731
        return lambda t: 1.0 - (1.0 - p) ** share(t)

    p = expit(-1.0)
    assert agrees(days, law(p))
    assert not agrees(days, law(p + 0.01))
    assert not agrees(days, law(p, b=3.6))


def test_a_leukaemia_death_of_the_wrong_shape_or_line_is_red():
    parameters = quiet_parameters(log_kill_course_1=-5.0)
    days = lives("death_day", parameters=parameters, strategy=quiet_strategy())
    law = lambda shape, scale: lambda t: stats.weibull_min(shape, scale=scale).cdf(t - REMISSION_DAY)  # noqa: E731
    assert agrees(days, law(1.2, np.exp(5.0)))
    assert not agrees(days, law(1.2, np.exp(5.0) * 1.04))
    assert not agrees(days, law(1.26, np.exp(5.0)))


def test_a_coefficient_that_is_not_applied_is_red():
    parameters = quiet_parameters(relapse_log_theta=0.0, relapse_log_theta_tp53=0.8)
    days = lives(
        "relapse_day",
        parameters=parameters,
        strategy=quiet_strategy(),
        population=quiet_population(tp53_in_others=0.3),
    )
    mixture = lambda s: lambda t: 1 - s * np.exp(-np.exp(0.8) * F(t)) - (1 - s) * np.exp(-F(t))  # noqa: E731
    assert agrees(days, mixture(0.3))
    assert not agrees(days, cure(1.0))
    assert not agrees(days, mixture(0.36))


def luck_of(visits, key):
    """Draws of the three courses in a list of visits, keyed by `key` = "course" or "visit"."""
    found, course = [], 0
    for visit, kind in enumerate(visits):
        if kind == "course":
            course += 1
            occurrence = course if key == "course" else visit
            found.append(uniform_pair(np.uint64(1), 7, RELAPSE // 2, occurrence))
    return found


def test_a_draw_keyed_by_visit_is_red_in_the_minimally_different_world():
    plain = ["course", "course", "course"]
    with_marrow = ["course", "marrow", "course", "course"]
    assert luck_of(plain, "course") == luck_of(with_marrow, "course")
    assert luck_of(plain, "visit") != luck_of(with_marrow, "visit")


def test_the_distance_sees_cure_ties_and_the_empty_sample():
    assert distance(np.full(10, np.inf), lambda t: np.zeros(len(t))) == 0.0
    assert distance(np.full(10, np.nan), lambda t: np.full(len(t), 0.25)) == pytest.approx(0.25)
    days = np.array([1.0, 1.0, np.inf, np.inf])
    assert distance(days, lambda t: 0.5 * (t >= 1.0)) == pytest.approx(0.5)  # the left limit of a jump counts
    uniform = (np.arange(1000) + 0.5) / 1000
    assert distance(uniform, lambda t: np.clip(t, 0.0, 1.0)) == pytest.approx(0.0005)
    assert distance(uniform + 0.1, lambda t: np.clip(t, 0.0, 1.0)) == pytest.approx(0.1, abs=0.001)


def test_the_band_is_the_right_size():
    """About 5 % of 400 true samples leave a band of 5 %: it is neither tight nor slack."""
    rng = np.random.default_rng(3)
    reached = [distance(rng.random(500), lambda t: np.clip(t, 0.0, 1.0)) / band(500, 0.05) for _ in range(400)]
    assert 0.02 < np.mean(np.array(reached) > 1.0) < 0.08
    assert band(MANY) < 0.0051
