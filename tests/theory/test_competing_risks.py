"""Deaths, SOS and competing risks through the shipped rules and the cohort clock, against closed forms.

Rank of proof: theory (closed forms; where risks compete, numerical integration). n = 200,000 lives a case,
fixed seed. Verdict: sup |F_n - F| of each cause's incidence within the DKW band 0.0050, false-alarm rate
1e-4; an error of 0.010 in an incidence is always seen.
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
    OFF,
    REMISSION_DAY,
    agrees,
    band,
    lives,
    log_logistic,
    quiet_parameters,
    quiet_population,
    quiet_strategy,
    shipped,
)

from simulator.patient import Cause

SCT_DAY = 31.0
SCT = {"transplant_policy": 2}


def deaths(cause, *, parameters, strategy=None, population=None, n=MANY):
    """Day of death from one cause; inf where another came first or none."""
    strategy = quiet_strategy() if strategy is None else strategy
    day, seen = lives(["death_day", "death_cause"], n, parameters=parameters, strategy=strategy, population=population)
    return np.where(seen == cause, day, np.inf)


def kumaraswamy(t, a=2.0, b=3.0, window=28.0):
    return 1.0 - (1.0 - np.clip(t / window, 0.0, 1.0) ** a) ** b


def exponential_share(t, mean):
    return -np.expm1(-np.maximum(t, 0.0) / mean)


def weibull_share(t, scale=200.0, shape=1.3):
    return -np.expm1(-((np.maximum(t, 0.0) / scale) ** shape))


def incidence(grid, own, other):
    """Cause-specific incidence on a grid from two cumulative hazards, by the trapezoid in the hazard."""
    survival = np.exp(-own - other)
    return np.concatenate([[0.0], np.cumsum(0.5 * (survival[1:] + survival[:-1]) * np.diff(own))])


def test_nobody_dies_in_a_quiet_world():
    day = lives("death_day", 20_000, parameters=quiet_parameters(), strategy=quiet_strategy(**SCT))
    assert np.isnan(day).all()


@pytest.mark.parametrize("log_odds", [-3.0, -1.0, 1.5])
def test_theory_early_death_has_the_stated_probability_and_day(log_odds):
    """P = expit(log odds) by day 28, exactly; H = -log(1 - P) K(t)."""
    days = deaths(Cause.EARLY, parameters=quiet_parameters(early_death_log_odds=log_odds))
    p = expit(log_odds)
    assert agrees(days, lambda t: 1.0 - (1.0 - p) ** kumaraswamy(t))
    assert days[np.isfinite(days)].max() <= 28.0
    assert abs(np.isfinite(days).mean() - p) < stats.norm.isf(5e-5) * np.sqrt(p * (1 - p) / MANY)


def test_theory_early_death_by_line_ecog_and_age():
    parameters = quiet_parameters(
        early_death_log_odds=-3.0,
        early_death_log_odds_later_line=1.2,
        early_death_log_odds_per_decade=0.3,
        early_death_log_odds_ecog_2_plus=0.7,
    )
    population = quiet_population(age_quantiles_years=60.0, salvage_2=1.0, ecog_shares=[0.0, 0.0, 1.0, 0.0])
    p = expit(-3.0 + 1.2 + 0.6 + 0.7)
    days = deaths(Cause.EARLY, parameters=parameters, population=population)
    assert agrees(days, lambda t: 1.0 - (1.0 - p) ** kumaraswamy(t))


def test_theory_background_mortality_is_the_life_table():
    parameters = quiet_parameters()
    record = shipped().record()
    parameters.background_log_rate_male[0] = record.background_log_rate_male[0]
    ages = record.background_age_years[0]
    days = deaths(Cause.BACKGROUND, parameters=parameters, population=quiet_population(male=1.0))
    at = np.linspace(40.0, 140.0, 200_001)
    slope = (record.background_log_rate_male[0, -1] - record.background_log_rate_male[0, -2]) / (ages[-1] - ages[-2])
    log_mu = np.interp(at, ages, record.background_log_rate_male[0])
    log_mu += slope * np.maximum(at - ages[-1], 0.0)
    mu = np.exp(log_mu)
    H = np.concatenate([[0.0], np.cumsum(0.5 * (mu[1:] + mu[:-1]) * np.diff(at))])
    assert agrees(days, lambda t: -np.expm1(-np.interp(t / 365.25 + 40.0, at, H)))


def test_theory_death_in_remission_is_bounded():
    days = deaths(Cause.REMISSION, parameters=quiet_parameters(remission_death_log_theta=-0.3))
    assert agrees(days, lambda t: -np.expm1(-np.exp(-0.3) * exponential_share(t - REMISSION_DAY, 150.0)))


def test_theory_death_from_active_disease_is_weibull_from_the_line_that_nobody_tries():
    """Refractory on day 21, no further line: the risk of the second line from there."""
    parameters = quiet_parameters(log_kill_course_1=-5.0, leukaemia_death_log_scale_loss_per_decade=0.1)
    days = deaths(Cause.LEUKAEMIA, parameters=parameters, population=quiet_population(age_quantiles_years=60.0))
    law = stats.weibull_min(1.2, scale=np.exp(5.0 - 0.2))
    assert agrees(days, lambda t: law.cdf(t - REMISSION_DAY))


def test_theory_each_further_line_is_worse():
    parameters = quiet_parameters(log_kill_course_1=-5.0, leukaemia_death_log_scale_loss_per_line=0.4)
    days = deaths(Cause.LEUKAEMIA, parameters=parameters, population=quiet_population(salvage_2=1.0))
    law = stats.weibull_min(1.2, scale=np.exp(5.0 - 0.4))
    assert agrees(days, lambda t: law.cdf(t - REMISSION_DAY))


def test_theory_relapse_and_death_in_remission_compete():
    """Two bounded risks from the same day; salvage is not tried, so that each first event is seen."""
    theta, nu = 1.4, 0.8
    parameters = quiet_parameters(relapse_log_theta=np.log(theta), remission_death_log_theta=np.log(nu))
    relapse_day, death_day, cause = lives(
        ["relapse_day", "death_day", "death_cause"], parameters=parameters, strategy=quiet_strategy()
    )
    t = np.concatenate([[0.0], np.geomspace(0.01, 1e7, 40_000), [np.inf]])
    own, other = theta * log_logistic(t), nu * exponential_share(t, 150.0)
    for days, law in (
        (relapse_day, incidence(t, own, other)),
        (np.where(cause == Cause.REMISSION, death_day, np.inf), incidence(t, other, own)),
    ):
        assert agrees(days, lambda day, law=law: np.interp(day - REMISSION_DAY, t, law))
    assert not np.any(np.isfinite(relapse_day) & (cause == Cause.REMISSION))


def test_theory_death_after_transplant_is_bounded_and_replaces_death_in_remission():
    theta, nu = 0.7, 0.8
    parameters = quiet_parameters(transplant_death_log_theta=np.log(theta), remission_death_log_theta=np.log(nu))
    strategy = quiet_strategy(**SCT)
    at = nu * exponential_share(SCT_DAY - REMISSION_DAY, 150.0)
    before = deaths(Cause.REMISSION, parameters=parameters, strategy=strategy)
    after = deaths(Cause.TRANSPLANT, parameters=parameters, strategy=strategy)
    assert agrees(before, lambda t: -np.expm1(-np.minimum(nu * exponential_share(t - REMISSION_DAY, 150.0), at)))
    assert agrees(after, lambda t: -np.exp(-at) * np.expm1(-theta * weibull_share(t - SCT_DAY)))


def test_theory_death_in_a_later_remission_after_transplant():
    """Relapse after SCT, then remission again, in which the risk of remission is open from its first day."""
    nu = 0.8
    parameters = quiet_parameters(
        relapse_log_theta=3.0,
        relapse_latency_median_days=60.0,
        relapse_log_theta_after_relapse=-80.0,
        salvage_log_odds=60.0,
        leukaemia_death_log_scale_days=20.0,
        remission_death_log_theta=np.log(nu),
    )
    sct, later, day, cause = lives(
        ["transplant_day", "later_remission_day", "death_day", "death_cause"],
        parameters=parameters,
        strategy=quiet_strategy(**SCT, salvage_lines=1),
    )
    again = np.isfinite(sct) & np.isfinite(later)
    assert again.sum() > 50_000  # a band of 0.010
    days = np.where(cause == Cause.REMISSION, day, np.inf)[again] - later[again]
    assert agrees(days, lambda t: -np.expm1(-nu * exponential_share(t, 150.0)))


def test_theory_gvhd_multiplies_death_after_transplant_from_its_day():
    theta, ratio, day = 0.7, 2.5, 180.0
    parameters = quiet_parameters(
        transplant_death_log_theta=np.log(theta), chronic_gvhd=1.0, chronic_gvhd_log_factor=np.log(ratio)
    )
    days = deaths(Cause.TRANSPLANT, parameters=parameters, strategy=quiet_strategy(**SCT))
    at = weibull_share(np.array([day]))[0]

    def law(t):
        share = weibull_share(t - SCT_DAY)
        return -np.expm1(-theta * (np.minimum(share, at) + ratio * np.maximum(share - at, 0.0)))

    assert agrees(days, law)


def test_theory_acute_gvhd_begins_on_a_log_normal_day():
    """The multiplier switches at a random day: average the closed form over its law."""
    theta, ratio = 0.7, 4.0
    parameters = quiet_parameters(
        transplant_death_log_theta=np.log(theta),
        acute_gvhd_3_4=1.0,
        acute_gvhd_2_4=1.0,
        acute_gvhd_3_4_log_factor=np.log(ratio),
        acute_gvhd_median_days=60.0,
    )
    days = deaths(Cause.TRANSPLANT, parameters=parameters, strategy=quiet_strategy(**SCT))
    onset = 60.0 * np.exp(0.4 * stats.norm.ppf((np.arange(500) + 0.5) / 500))
    # an onset at or after the day of chronic GVHD counts as chronic, whose factor is 1 here: far tail only
    assert stats.lognorm(0.4, scale=60.0).sf(180.0) < 0.004
    at = np.where(onset < 180.0, weibull_share(onset), 1.0)
    grid = np.concatenate([np.linspace(0.0, 3000.0, 3000), [np.inf]])
    share = weibull_share(grid)[:, None]
    table = -np.expm1(-theta * (np.minimum(share, at) + ratio * np.maximum(share - at, 0.0))).mean(axis=1)
    assert agrees(days, lambda t: np.interp(t - SCT_DAY, grid, table))


def test_theory_relapse_and_death_after_transplant_compete():
    theta, nu, factor = 2.0, 0.6, 0.5
    parameters = quiet_parameters(
        relapse_log_theta=np.log(theta),
        transplant_log_factor=np.log(factor),
        transplant_death_log_theta=np.log(nu),
    )
    relapse_day, death_day, cause = lives(
        ["relapse_day", "death_day", "death_cause"], parameters=parameters, strategy=quiet_strategy(**SCT)
    )
    t = np.concatenate([[0.0], np.geomspace(0.01, 10.0, 4000), np.geomspace(10.0001, 1e7, 40_000), [np.inf]])
    share = log_logistic(t)
    at = log_logistic(np.array([10.0]))[0]
    own = theta * (np.minimum(share, at) + factor * np.maximum(share - at, 0.0))
    other = nu * weibull_share(t - 10.0)
    assert agrees(relapse_day, lambda day: np.interp(day - REMISSION_DAY, t, incidence(t, own, other)))
    after = np.where(cause == Cause.TRANSPLANT, death_day, np.inf)
    assert agrees(after, lambda day: np.interp(day - REMISSION_DAY, t, incidence(t, other, own)))


INO = {
    "courses": 3,
    "inotuzumab_courses": 3,
    "inotuzumab_doses_per_course": 2,
    "inotuzumab_days": [2.0, 8.0],
    "inotuzumab_first_doses": [0.6, 0.3],
    "inotuzumab_later_doses": [0.3, 0.2],
}
DOSES = ((1.0, 0.6), (7.0, 0.3), (29.0, 0.3), (35.0, 0.2), (57.0, 0.3), (63.0, 0.2))


@pytest.mark.parametrize("mean", [12.0, 60.0])
def test_theory_drug_only_sos_of_six_doses(mean):
    """H(t) = sum over doses of rate mg (1 - exp(-(t - dose day) / mean))."""
    rate = 0.5
    parameters = quiet_parameters(sos_drug_log_rate_per_mg_per_m2=np.log(rate), sos_drug_mean_days=mean)
    days = lives("sos_day", parameters=parameters, strategy=quiet_strategy(**INO))
    hazard = lambda t: rate * sum(mg * exponential_share(t - day, mean) for day, mg in DOSES)  # noqa: E731
    assert agrees(days, lambda t: -np.expm1(-hazard(t)))


def test_theory_drug_only_sos_ends_at_transplant():
    rate, mean = 1.5, 20.0
    parameters = quiet_parameters(
        sos_drug_log_rate_per_mg_per_m2=np.log(rate), sos_drug_mean_days=mean, search_related_median_days=8.0
    )
    days, sct = lives(["sos_day", "transplant_day"], parameters=parameters, strategy=quiet_strategy(**(INO | SCT)))
    # SCT is planned for day 36 and waits for course 2 to end; InO ends with day 36, so that of course 2 the doses of
    # days 29 and 35 count; then the risk of SCT (off) replaces it. After SOS there is no SCT.
    waited = 56.0
    assert set(sct[np.isnan(days)]) == {waited}
    assert np.isnan(sct[np.isfinite(days)]).all()
    hazard = lambda t: rate * sum(mg * exponential_share(t - day, mean) for day, mg in DOSES[:4])  # noqa: E731
    assert agrees(days, lambda t: -np.expm1(-hazard(np.minimum(t, waited))))


def test_theory_sos_after_transplant_has_the_stated_log_odds_and_onset():
    """P = expit(log odds), H = -log(1 - P) Phi(log(t / 15) / 0.6)."""
    terms = {
        "sos_log_odds": -1.0,
        "sos_log_odds_dual_alkylators": 0.9,
        "sos_log_odds_thiotepa": 0.3,
        "sos_log_odds_busulfan": 0.2,
        "sos_log_odds_tbi": 0.15,
        "sos_log_odds_prior_transplant": 0.4,
        "sos_log_odds_later_line": 0.25,
        "sos_log_odds_ursodiol": -0.35,
        "sos_log_odds_era_from_2017": -0.45,
        "sos_log_odds_per_four_weeks": -0.5,
        "sos_log_odds_per_four_weeks_squared": 0.1,
        "sos_log_odds_per_mg_per_m2": 0.6,
        "sos_log_odds_no_inotuzumab": -1.0,
        "sos_log_odds_reduced_intensity": -0.7,
    }
    strategy = quiet_strategy(
        **SCT,
        courses=1,
        inotuzumab_courses=1,
        inotuzumab_doses_per_course=1,
        inotuzumab_days=[3.0],
        inotuzumab_first_doses=[1.55],
        conditioning_alkylators=2,
        conditioning_thiotepa=1,
        conditioning_busulfan=1,
        conditioning_tbi=1,
        conditioning_myeloablative=1,
        ursodiol_share=1.0,
        era_from_2017=1,
    )
    population = quiet_population(salvage_2=1.0, prior_transplant_salvage_2_plus=1.0)
    days = lives("sos_day", parameters=quiet_parameters(**terms), strategy=strategy, population=population)
    weeks = (31.0 - 2.0) / 7.0
    step = (weeks - 7.0) / 4.0
    log_odds = -1.0 + 0.9 + 0.3 + 0.2 + 0.15 + 0.4 + 0.25 - 0.35 - 0.45 - 0.5 * step + 0.1 * step**2
    log_odds += 0.6 * (1.55 - 3.85)
    theta = -np.log1p(-expit(log_odds))
    assert 0.05 < expit(log_odds) < 0.6
    assert agrees(days, lambda t: -np.expm1(-theta * stats.lognorm(0.6, scale=15.0).cdf(t - SCT_DAY)))


def test_theory_sos_after_transplant_without_inotuzumab_and_with_reduced_intensity():
    parameters = quiet_parameters(
        sos_log_odds=1.0,
        sos_log_odds_no_inotuzumab=-0.8,
        sos_log_odds_reduced_intensity=-0.5,
        sos_log_odds_dual_alkylators=0.9,
    )
    strategy = quiet_strategy(**SCT, conditioning_myeloablative=0, conditioning_alkylators=0)
    theta = -np.log1p(-expit(1.0 - 0.8 - 0.5))  # none is as one
    days = lives("sos_day", parameters=parameters, strategy=strategy)
    assert agrees(days, lambda t: -np.expm1(-theta * stats.lognorm(0.6, scale=15.0).cdf(t - SCT_DAY)))


def test_theory_severe_and_fatal_sos_are_nested_shares():
    parameters = quiet_parameters(sos_log_odds=0.5, sos_severe=0.6, sos_lethality=0.25)
    strategy = quiet_strategy(**SCT)
    sos, severe, fatal, day, cause = lives(
        ["sos_day", "sos_severe", "sos_fatal", "death_day", "death_cause"],
        parameters=parameters,
        strategy=strategy,
    )
    had = np.isfinite(sos)
    for flag, p in ((severe, 0.6), (fatal, 0.25)):
        assert abs(flag[had].mean() - p) < stats.norm.isf(5e-5) * np.sqrt(p * (1 - p) / had.sum())
    assert not np.any((fatal == 1) & (severe == 0))
    assert np.array_equal(cause == Cause.SOS, fatal == 1)
    assert agrees((day - sos)[had & (fatal == 1)], stats.lognorm(0.5, scale=14.0).cdf)


def test_the_band_is_what_the_heading_says():
    assert band(MANY) == pytest.approx(0.0050, abs=5e-5)
    assert np.exp(OFF) < 1e-20
