"""Quiet worlds for tests: everything that could happen is switched off, and a test switches on what it asks
about

Quiet worlds for tests: everything that could happen is switched off, and a test switches on what it asks
about.

In a quiet world every patient is 40 years old, enters in first salvage, is in remission on day 21 after one
course without drugs, and lives for ever. All lives go through the shipped compiled rules and the cohort
clock. `lives` is the only place in these tests that knows how the clock is called.
"""

import math
from functools import cache, lru_cache

import numpy as np

from simulator.clocks.cohort import live_table
from simulator.parameters import DEFINITIONS, load_parameters
from simulator.patient import new_patients
from simulator.population import POPULATION_DTYPE
from simulator.scenario import load_scenario
from simulator.strategy import strategy_record

SEED = 20_240_229
MANY = 200_000
CHUNK = 20_000
FALSE_ALARM = 1e-4
OFF = -60.0  # a log odds or log hazard under which nothing happens
REMISSION_DAY = 21.0
SECOND_BLOCK_DAY = 28.0
LONG = 1e6
EARLIEST_SCT_DAY = 31.0  # donor found three days after remission, conditioning begins at once

ON_BY_DEFAULT = {
    "blasts_skew": 1.0,
    "earlier_salvage_failure": 0.5,
    "early_death_shape_a": 2.0,
    "early_death_shape_b": 3.0,
    "assessment_median_days": REMISSION_DAY,
    "inotuzumab_saturation_mg_per_m2": 1.0,
    "platelets_median_days_course_1": 20.0,
    "platelets_median_days_later_course": 20.0,
    "burden_at_start_log10": -0.1,
    "log_kill_course_1": 7.0,
    "log_kill_later_course": 7.0,
    "leave_after_failed_course": 1.0,
    "blinatumomab_clock_speed": 0.999,
    "blinatumomab_eradicating_courses": 4.0,
    "pomp_clock_speed": 0.999,
    "search_related_median_days": 3.0,
    "search_unrelated_median_days": 3.0,
    "transplant_delay_median_days": 10.0,
    "engraftment_median_days": 15.0,
    "acute_gvhd_median_days": 30.0,
    "chronic_gvhd_day": 180.0,
    "transplant_death_scale_days": 200.0,
    "transplant_death_shape": 1.3,
    "sos_drug_mean_days": 20.0,
    "sos_onset_median_days": 15.0,
    "sos_onset_sigma": 0.6,
    "sos_death_median_days": 14.0,
    "sos_death_sigma": 0.5,
    "relapse_latency_median_days": 300.0,
    "relapse_latency_shape": 1.7,
    "doubling_median_days": 1e-9,  # overt at once
    "escape_burden_log10": -7.0,
    "salvage_median_days": 30.0,
    "remission_death_mean_days": 150.0,
    "leukaemia_death_log_scale_days": 5.0,
    "leukaemia_death_shape": 1.2,
}
SILENT = (
    "early_death_log_odds",
    "thrombocytopenia_log_odds_course_1",
    "thrombocytopenia_log_odds_later_course",
    "uptake_log_odds",
    "transplant_death_log_theta",
    "sos_log_odds",
    "sos_drug_log_rate_per_mg_per_m2",
    "relapse_log_theta",
    "salvage_log_odds",
    "remission_death_log_theta",
)


@lru_cache(maxsize=1)
def shipped():
    """The shipped parameter set."""
    return load_parameters("joint-point")


def quiet_parameters(**changes):
    """Every coefficient 0 and every risk off, but for `changes`; no background mortality."""
    values = {definition.name: 0.0 for definition in DEFINITIONS} | ON_BY_DEFAULT | dict.fromkeys(SILENT, OFF)
    record = shipped().record(**(values | changes))
    record.background_log_rate_male[0] = record.background_log_rate_female[0] = OFF
    return record


def quiet_population(**changes):
    """Everybody 40 years old, in first salvage, standard risk, fit, with a matched related donor."""
    record = np.zeros(1, POPULATION_DTYPE).view(np.recarray)
    record.age_quantiles_years[0] = 40.0
    record.ecog_shares[0] = record.donor_shares[0] = [1.0, 0.0, 0.0, 0.0]
    record.no_peripheral_blasts[0] = 1.0
    for name, value in changes.items():
        record[name][0] = value
    return record


@cache
def base(name):
    """A shipped strategy: "original" or "modified"."""
    scenario = load_scenario("original_vs_modified")
    return next(arm.strategy for arm in scenario.arms if arm.name == name)


def quiet_strategy(**changes):
    """One course of nothing, no SCT, no maintenance, no later line, but for `changes` to the flat record."""
    record = strategy_record(base("original"))
    plain = {
        "courses": 1,
        "inotuzumab_courses": 0,
        "inotuzumab_doses_per_course": 0,
        "pomp_months": 0.0,
        "transplant_policy": 0,
        "ursodiol_share": 0.0,
        "mrd_every_days": 0.0,
        "salvage_lines": 0,
        "conditioning_stated": 1,
        "conditioning_myeloablative": 1,
        "conditioning_alkylators": 1,
        "conditioning_busulfan": 0,
        "conditioning_thiotepa": 0,
        "conditioning_tbi": 0,
    }
    for name, value in (plain | changes).items():
        if record[name].ndim == 1:
            record[name][0] = value
        else:
            record[name][0, : len(value)] = value
    return record


def shipped_strategy(name, **sections):
    """A shipped strategy with some sections changed: shipped_strategy("modified", mrd={"assay": "ngs"})."""
    strategy = base(name)
    changed = {key: getattr(strategy, key).model_copy(update=update) for key, update in sections.items()}
    return strategy_record(strategy.model_copy(update=changed))


def lives(fields, n=MANY, *, parameters, strategy, population=None, seed=SEED, end_day=LONG, first=0):
    """`fields` (a name or several) of `n` lives, as arrays (n,)."""
    population = quiet_population() if population is None else population
    names = [fields] if isinstance(fields, str) else list(fields)
    table, blank = new_patients(min(n, CHUNK)), new_patients(1)
    parts = {name: [] for name in names}
    for start in range(0, n, CHUNK):
        part = table[: min(CHUNK, n - start)]
        live_table(part, blank, np.uint64(seed), first + start, population, parameters, strategy, end_day)
        for name in names:
            parts[name].append(part[name].copy())
    columns = [np.concatenate(parts[name]) for name in names]
    return columns[0] if isinstance(fields, str) else columns


def band(n, false_alarm=FALSE_ALARM):
    """Dvoretzky, Kiefer, Wolfowitz, Massart: sup |F_n - F| exceeds this with at most this probability."""
    return math.sqrt(math.log(2.0 / false_alarm) / (2.0 * n))


def distance(days, law):
    """sup over t of |F_n - F| for days (n,), inf or NaN = never, and a (sub)distribution function `law`."""
    days = np.where(np.isnan(days), np.inf, days)
    n = len(days)
    seen = np.sort(days[np.isfinite(days)])
    expected = law(seen)
    above = np.abs(np.arange(1, len(seen) + 1) / n - expected).max(initial=0.0)
    below = np.abs(np.arange(len(seen)) / n - expected).max(initial=0.0)
    last = abs(len(seen) / n - float(law(np.array([np.inf]))[0]))
    return max(above, below, last)


def agrees(days, law):
    """The verdict used throughout: within the band at the stated false-alarm rate."""
    return distance(days, law) <= band(len(days))


def log_logistic(days, median=300.0, shape=1.7):
    """Latency of the quiet world, double programmed in another form than `hazards`."""
    days = np.maximum(days, 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        odds = (days / median) ** shape
        return np.where(np.isinf(odds), 1.0, odds / (1.0 + odds))
