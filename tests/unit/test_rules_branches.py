"""Rare branches, reached by constructed patients and parameters instead of long searches.

Rank of proof: known answers (the quiet world of `tests/golden/worlds.py` makes every day of a life a given
number).
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import LONG, lives, quiet_parameters, quiet_population, quiet_strategy

from simulator.patient import Cause
from simulator.strategy import (
    DAYS_PER_MONTH,
    Donor,
    GeneticsCriterion,
    IntervalAct,
    MrdCriterion,
    TransplantPolicy,
    WhileWaiting,
)

N = 2000
SCT = {"transplant_policy": int(TransplantPolicy.EVERYONE_ELIGIBLE)}
SCT_DAY = 31.0
INO = {
    "inotuzumab_courses": 1,
    "inotuzumab_doses_per_course": 1,
    "inotuzumab_days": [3.0],
    "inotuzumab_first_doses": [1.5],
    "inotuzumab_later_doses": [1.0],
}
BLINATUMOMAB = {
    "blinatumomab_courses": 1,
    "blinatumomab_after_course": 1,
    "blinatumomab_switch_early": 1,
    "blinatumomab_infusion_days": 28.0,
    "blinatumomab_course_days": 42.0,
    "blinatumomab_first_course_intensity": 1.0,
    "blinatumomab_intensity": 1.0,
}


def live(fields, strategy=None, parameters=None, population=None, n=N):
    """Lives in a quiet world; the three dicts say what is not quiet."""
    return lives(
        fields,
        n,
        parameters=quiet_parameters(**(parameters or {})),
        strategy=quiet_strategy(**(strategy or {})),
        population=quiet_population(**(population or {})),
    )


def test_the_quiet_world_is_what_it_says():
    remission, courses, death = live(["remission_day", "courses", "death_day"])
    assert set(remission) == {21.0}
    assert set(courses) == {1}
    assert np.isnan(death).all()


# SOS before SCT


def test_fatal_drug_only_sos_during_induction():
    parameters = {
        "sos_drug_log_rate_per_mg_per_m2": 5.0,
        "sos_drug_mean_days": 3.0,
        "sos_lethality": 1.0,
        "sos_severe": 1.0,
        "sos_death_median_days": 5.0,
        "sos_death_sigma": 0.0,
    }
    sos, death, cause, fatal, after, remission, mg = live(
        [
            "sos_day",
            "death_day",
            "death_cause",
            "sos_fatal",
            "sos_after_transplant",
            "remission_day",
            "inotuzumab_mg_per_m2",
        ],
        INO | {"courses": 4, "inotuzumab_courses": 4},
        parameters,
    )
    assert sos.min() > 2.0
    assert sos.max() < 16.0
    np.testing.assert_allclose(death, sos + 5.0)
    assert set(cause) == {Cause.SOS}
    assert set(fatal) == {1}
    assert set(after) == {0}
    assert np.isnan(remission).all() == bool((sos + 5.0 < 21.0).all())
    assert set(mg) == {1.5}


def test_sos_withholds_every_later_dose_and_transplant():
    parameters = {"sos_drug_log_rate_per_mg_per_m2": 5.0, "sos_drug_mean_days": 3.0}
    sos, mg, transplants, courses = live(
        ["sos_day", "inotuzumab_mg_per_m2", "transplants", "courses"],
        SCT | INO | {"courses": 4, "inotuzumab_courses": 4, "transplant_while_waiting": 0},
        parameters,
    )
    assert sos.max() < 21.0
    assert set(mg) == {1.5}
    assert set(transplants) == {0}
    assert set(courses) == {1}


def test_sos_ends_a_transplant_plan_at_once():
    """The protocol goes on from the day of SOS (or of the course's end), not from the day of the lost SCT, 221."""
    parameters = {
        "sos_drug_log_rate_per_mg_per_m2": 0.0,
        "sos_drug_mean_days": 40.0,
        "search_related_median_days": 193.0,
    }
    strategy = SCT | INO | {"pomp_months": 12.0, "transplant_while_waiting": int(WhileWaiting.NOTHING)}
    fields = ["sos_day", "maintenance_day", "transplant_day", "transplant_decision"]
    sos, maintenance, sct, decision = live(fields, strategy, parameters)
    had = np.isfinite(sos)
    assert (sos > 28.0).sum() > 100
    assert (sos < 28.0).sum() > 100
    assert np.array_equal(maintenance[had], np.maximum(sos[had], 28.0))
    assert np.isnan(sct[had]).all()
    assert set(decision[had]) == {-1}
    assert set(sct[~had]) == {221.0}


# SCT: interval, grace, infusion


def test_transplant_takes_place_on_the_planned_day():
    day, interval = live(["transplant_day", "transplant_interval_days"], SCT | INO)
    assert set(day) == {SCT_DAY}
    assert set(interval) == {SCT_DAY - 2.0}


def test_conditioning_takes_the_week_before_the_graft():
    asked, admitted, day, found = live(["bed_asked_day", "admission_day", "transplant_day", "donor_ready_day"], SCT)
    assert set(found) == set(asked) == set(admitted) == {SCT_DAY - 7.0}
    assert set(day) == {SCT_DAY}


def test_sos_of_a_conditioned_patient_calls_the_graft_off_and_maintenance_goes_on():
    parameters = {
        "sos_drug_log_rate_per_mg_per_m2": 0.0,
        "sos_drug_mean_days": 40.0,
        "search_related_median_days": 40.0,
    }
    strategy = SCT | INO | {"pomp_months": 12.0, "transplant_while_waiting": int(WhileWaiting.POMP)}
    fields = ["sos_day", "admission_day", "transplants", "transplant_decision", "maintenance_months"]
    sos, admitted, transplants, decision, months = live(fields, strategy, parameters, n=20_000)
    conditioned = sos > admitted
    conditioned &= sos < admitted + 7.0
    assert conditioned.sum() > 100
    assert set(transplants[conditioned]) == {0}
    assert set(decision[conditioned]) == {-1}
    assert set(months[conditioned]) == {12.0}
    assert set(transplants[np.isnan(sos)]) == {1}


def test_what_the_course_before_conditioning_has_achieved_counts():
    """Course 2 of days 28-56, admission planned for day 52: it is credited although its last days are not awaited."""
    strategy = SCT | {"courses": 2}
    parameters = {"search_related_median_days": 31.0, "log_kill_in_remission": 2.0, "inotuzumab_share_of_kill": 0.0}
    kill, courses, day = live(["kill_in_remission_log10", "courses", "transplant_day"], strategy, parameters)
    assert set(courses) == {2}
    assert set(day) == {59.0}
    assert set(kill) == {2.0}


def test_transplant_waits_for_the_interval():
    day, interval = live(
        ["transplant_day", "transplant_interval_days"], SCT | INO | {"transplant_minimum_interval_days": 70.0}
    )
    assert set(day) == {72.0}
    assert set(interval) == {70.0}


def test_transplant_postponed_beyond_the_grace_period_lapses_and_maintenance_follows():
    strategy = (
        SCT
        | INO
        | {
            "transplant_minimum_interval_days": 364.0,
            "transplant_grace_days": DAYS_PER_MONTH,
            "pomp_months": 12.0,
            "transplant_while_waiting": int(WhileWaiting.NOTHING),
        }
    )
    transplants, decision, maintenance, months = live(
        ["transplants", "transplant_decision", "maintenance_day", "maintenance_months"], strategy
    )
    assert set(transplants) == {0}
    assert set(decision) == {-1}
    assert set(maintenance) == {21.0 + DAYS_PER_MONTH - 7.0}  # too late to be admitted
    assert set(months) == {12.0}


def test_transplant_waits_for_the_end_of_a_running_course():
    """Course 2 on day 28, fitting before day 61; platelets take it to day 70."""
    parameters = {
        "search_related_median_days": 33.0,
        "rest_before_transplant_days": 28.0,
        "thrombocytopenia_log_odds_later_course": 60.0,
    }
    courses, end, day = live(["courses", "course_end_day", "transplant_day"], SCT | {"courses": 2}, parameters)
    assert set(courses) == {2}
    assert set(end) == {28.0 + 42.0}
    assert set(day) == {70.0}


def test_the_grace_period_runs_from_remission_not_from_the_decision():
    """MRD is judged on day 63, SCT planned for day 73, remission on day 21."""
    for grace, done in ((50.0, 0), (54.0, 1)):
        strategy = SCT | {"transplant_mrd": int(MrdCriterion.NEGATIVE), "transplant_grace_days": grace}
        assert set(live("transplants", strategy)) == {done}


@pytest.mark.parametrize("wait", [0.0, 14.0])
def test_transplant_waits_for_the_courses_asked_for_and_a_week_from_the_infusion(wait):
    strategy = SCT | INO | BLINATUMOMAB | {"transplant_after_blinatumomab_courses": 1}
    begins, completed, day = live(
        ["blinatumomab_day", "blinatumomab_completed", "transplant_day"], strategy, {"blinatumomab_wait_days": wait}
    )
    assert set(begins) == {28.0 + wait}
    assert set(completed) == {1}
    assert set(day) == {28.0 + wait + 28.0 + 7.0}


def test_transplant_does_not_wait_for_blinatumomab_courses_that_will_not_come():
    strategy = SCT | INO | BLINATUMOMAB | {"blinatumomab_courses": 2, "transplant_after_blinatumomab_courses": 2}
    fields = ["blinatumomab_completed", "blinatumomab_ended", "transplant_day"]
    completed, ended, day = live(fields, strategy, {"blinatumomab_stop": 1.0})
    assert set(completed) == {1}
    assert set(ended) == {1}
    assert set(day) == {63.0}
    completed, _, day = live(fields, strategy)
    assert set(completed) == {2}
    assert set(day) == {28.0 + 42.0 + 28.0 + 7.0}


@pytest.mark.parametrize("search", [28.0, 30.0, 34.0])
def test_transplant_keeps_a_week_from_an_infusion_that_has_ended_by_the_planned_day(search):
    """Infusion of days 28-56; SCT planned for day 56, 58 or 62."""
    strategy = SCT | INO | BLINATUMOMAB | {
        "transplant_minimum_interval_days": 50.0,
        "transplant_interval_act": int(IntervalAct.STOP_INO_EARLY_AND_BLINATUMOMAB),
    }  # fmt: skip
    begins, completed, day = live(
        ["blinatumomab_day", "blinatumomab_completed", "transplant_day"],
        strategy,
        {"search_related_median_days": search},
    )
    assert np.isfinite(day).all()
    gap = day - (begins + 28.0)
    assert not np.any((completed > 0) & (gap < 7.0))


def test_transplant_does_not_wait_for_blinatumomab_once_maintenance_has_begun():
    """Left the protocol after course 1, POMP from day 28; MRD is judged, and SCT decided, on day 63."""
    strategy = SCT | BLINATUMOMAB | {
        "courses": 4,
        "blinatumomab_after_course": 4,
        "blinatumomab_switch_early": 0,
        "transplant_after_blinatumomab_courses": 1,
        "transplant_mrd": int(MrdCriterion.NEGATIVE),
        "pomp_months": 12.0,
    }  # fmt: skip
    maintenance, transplants = live(["maintenance_day", "transplants"], strategy, {"leave_consolidation": 1.0})
    assert set(maintenance) == {28.0}
    assert set(transplants) == {1}


def test_a_transplant_that_lapses_before_the_first_infusion_leaves_the_infusion_alone():
    """First infusion planned for day 58, lapse on day 44: neither a course nor maintenance may begin meanwhile."""
    strategy = SCT | INO | BLINATUMOMAB | {
        "courses": 4,
        "inotuzumab_courses": 4,
        "blinatumomab_after_course": 4,
        "transplant_interval_act": int(IntervalAct.STOP_INO_EARLY_AND_BLINATUMOMAB),
        "transplant_minimum_interval_days": 364.0,
        "transplant_grace_days": 30.0,
        "pomp_months": 12.0,
    }  # fmt: skip
    courses, begins, maintenance, transplants = live(
        ["courses", "blinatumomab_day", "maintenance_day", "transplants"], strategy, {"blinatumomab_wait_days": 30.0}
    )
    assert set(transplants) == {0}
    assert set(begins) == {58.0}
    assert set(courses) == {1}
    assert set(maintenance) == {58.0 + 42.0}


def test_without_inotuzumab_transplant_waits_for_a_running_infusion_too():
    """No InO: the day of the last dose is NaN, which must not make every other wait vanish."""
    strategy = SCT | BLINATUMOMAB | {"transplant_after_blinatumomab_courses": 1}
    begins, completed, day = live(["blinatumomab_day", "blinatumomab_completed", "transplant_day"], strategy)
    assert set(begins) == {28.0}
    assert set(day) == {63.0}
    assert set(completed) == {1}


@pytest.mark.parametrize(
    ("act", "doses", "day", "blinatumomab"),
    [
        (IntervalAct.DELAY_SCT, 2, 100.0, 0),
        (IntervalAct.STOP_INO_EARLY, 1, 81.0, 0),
        (IntervalAct.STOP_INO_EARLY_AND_BLINATUMOMAB, 1, 81.0, 1),
    ],
)
def test_the_acts_that_lengthen_the_interval(act, doses, day, blinatumomab):
    """SCT planned on day 81 (donor after 53 days); 70 days without InO. Course k: InO on day 28 k - 26.

    The rest of 28 days ends InO on day 53 where SCT is delayed: the course of day 56 comes without, and SCT is 70
    days after day 30. Where InO stops early, day 11 is the last, and after day 53 no course begins.
    """
    strategy = (
        SCT
        | INO
        | BLINATUMOMAB
        | {
            "courses": 8,
            "inotuzumab_courses": 4,
            "transplant_minimum_interval_days": 70.0,
            "transplant_interval_act": int(act),
            "transplant_while_waiting": int(WhileWaiting.NOTHING),
            "blinatumomab_after_course": 8,
            "blinatumomab_switch_early": 1,
        }
    )
    if act != IntervalAct.STOP_INO_EARLY_AND_BLINATUMOMAB:
        strategy["blinatumomab_courses"] = 0
    given, sct, interval, courses = live(
        [
            "transplant_inotuzumab_courses",
            "transplant_day",
            "transplant_interval_days",
            "blinatumomab_courses",
        ],
        strategy,
        {"search_related_median_days": 53.0, "rest_before_transplant_days": 28.0},
    )
    assert set(given) == {doses}
    assert set(sct) == {day}
    assert interval.min() >= 70.0
    assert set(courses) == {blinatumomab}


# whom SCT is offered to


@pytest.mark.parametrize(("kill", "negative"), [(7.0, 1), (2.0, 0)])
@pytest.mark.parametrize("criterion", list(MrdCriterion))
def test_policy_by_mrd_at_the_second_look(criterion, kill, negative):
    transplants, day, seen = live(
        ["transplants", "transplant_day", "mrd_negative"],
        SCT | {"transplant_mrd": int(criterion)},
        {"log_kill_course_1": kill},
    )
    wanted = {
        MrdCriterion.ANY: True,
        MrdCriterion.POSITIVE: not negative,
        MrdCriterion.NEGATIVE: bool(negative),
    }
    assert set(seen) == {negative}
    assert set(transplants) == {int(wanted[criterion])}
    if wanted[criterion]:
        assert set(day) == {SCT_DAY if criterion == MrdCriterion.ANY else 21.0 + 42.0 + 10.0}


@pytest.mark.parametrize(
    ("strategy", "population", "offered"),
    [
        ({}, {}, 1),
        ({"transplant_policy": 0}, {}, 0),
        ({"transplant_max_age_years": 40.0}, {}, 1),
        ({"transplant_max_age_years": 39.9}, {}, 0),
        ({}, {"unfit_for_transplant": 1.0}, 0),
        ({}, {"ecog_shares": [0.0, 0.0, 1.0, 0.0]}, 1),
        ({}, {"ecog_shares": [0.0, 0.0, 0.0, 1.0]}, 0),
        ({}, {"no_donor": 1.0}, 0),
        ({"transplant_donors": [0, 1, 1, 1]}, {}, 0),
        ({"transplant_donors": [0, 0, 0, 1]}, {"donor_shares": [0.0, 0.0, 0.0, 1.0]}, 1),
        ({"transplant_earliest_line": 2}, {}, 0),
        ({"transplant_latest_line": 2}, {"salvage_3_plus": 1.0}, 0),
        ({"transplant_earliest_line": 3}, {"salvage_3_plus": 1.0}, 1),
        *(
            ({"transplant_genetics": int(criterion)}, {name: 1.0} if name else {}, int(criterion in fit))
            for name, fit in (
                (None, (GeneticsCriterion.ANY,)),
                ("low_hypodiploid", tuple(GeneticsCriterion)),
                ("kmt2a", tuple(GeneticsCriterion)),
                ("complex_karyotype", (GeneticsCriterion.ANY,)),
                ("tp53_in_others", (GeneticsCriterion.ANY, GeneticsCriterion.HIGH_RISK_OR_TP53)),
                ("crlf2", (GeneticsCriterion.ANY,)),
            )
            for criterion in GeneticsCriterion
        ),
    ],
    ids=str,
)
def test_who_is_offered_transplant(strategy, population, offered):
    assert set(live("transplants", SCT | strategy, population=population, n=200)) == {offered}


def test_refusal_and_practice_are_probabilities():
    refused = live("transplants", SCT, {"transplant_refusal": 0.3}, n=20_000)
    assert abs(refused.mean() - 0.7) < 3.9 * np.sqrt(0.21 / 20_000)
    practised = live("transplants", {"transplant_policy": 1}, {"uptake_log_odds": 0.0}, n=20_000)
    assert abs(practised.mean() - 0.5) < 3.9 * np.sqrt(0.25 / 20_000)


def test_an_unrelated_donor_is_searched_for_longer():
    parameters = {"search_unrelated_median_days": 43.0}
    for donor, day in ((Donor.MATCHED_UNRELATED, 71.0), (Donor.HAPLOIDENTICAL, 31.0), (Donor.CORD, 71.0)):
        shares = np.eye(len(Donor))[donor]
        assert set(live("transplant_day", SCT, parameters, {"donor_shares": shares}, n=200)) == {day}


# relapse and SCT


def test_a_molecular_relapse_under_way_is_eradicated_by_transplant():
    parameters = {
        "relapse_log_theta": 4.0,
        "relapse_latency_median_days": 30.0,
        "doubling_median_days": 10.0,
        "transplant_log_factor": -80.0,
    }
    found, molecular, relapse, transplants = live(
        ["molecular_relapses", "molecular_relapse_day", "relapse_day", "transplants"], SCT, parameters
    )
    assert set(transplants) == {1}
    assert (found >= 1).mean() > 0.9
    assert np.isnan(molecular).all()
    assert np.isnan(relapse).all()


def test_a_transplant_that_eradicates_nothing_leaves_the_relapse_where_it_was():
    parameters = {"relapse_log_theta": 1.0, "doubling_median_days": 10.0}
    assert np.array_equal(live("relapse_day", SCT, parameters), live("relapse_day", None, parameters), equal_nan=True)


def test_relapse_before_the_planned_day_ends_the_plan():
    parameters = {"relapse_log_theta": 20.0}
    relapse, transplants, death = live(["relapse_day", "transplants", "death_cause"], SCT, parameters)
    assert relapse.max() < SCT_DAY
    assert set(transplants) == {0}
    assert set(death) == {Cause.LEUKAEMIA}


def test_blinatumomab_at_a_molecular_relapse_found_by_surveillance():
    strategy = BLINATUMOMAB | {
        "blinatumomab_courses": 0,
        "blinatumomab_at_molecular_relapse": 1,
        "mrd_every_days": 30.0,
        "mrd_until_days": 2000.0,
        "mrd_limit_log10": -4.0,
    }
    parameters = {
        "relapse_log_theta": 8.0,
        "relapse_latency_shape": 3.0,
        "doubling_median_days": 20.0,
        "blinatumomab_log_factor": -80.0,
    }
    found, given, relapse, molecular = live(
        ["mrd_relapse_found_day", "blinatumomab_day", "relapse_day", "molecular_relapses"],
        strategy,
        parameters,
    )
    assert np.array_equal(found, given)
    assert np.isfinite(found).all()
    assert np.allclose((found - 21.0) % 30.0, 0.0)
    assert np.isnan(relapse).all()
    assert set(molecular) == {1}


SURVEILLANCE = {
    "blinatumomab_courses": 0,
    "blinatumomab_at_molecular_relapse": 1,
    "mrd_limit_log10": -4.0,
    "pomp_months": 6.0,
}


def test_one_infusion_at_a_time():
    """Planned infusion of days 119-147 between POMP blocks; a marrow of day 141 asks for another one."""
    strategy = BLINATUMOMAB | SURVEILLANCE | {
        "mrd_every_days": 30.0,
        "mrd_until_days": 2000.0,
        "maintenance_blinatumomab_courses": 1,
        "pomp_months_between": 3.0,
    }  # fmt: skip
    parameters = {"relapse_log_theta": 3.0, "relapse_latency_median_days": 200.0, "doubling_median_days": 10.0}
    found, begins, courses, completed, relapse = live(
        ["mrd_relapse_found_day", "blinatumomab_day", "blinatumomab_courses", "blinatumomab_completed", "relapse_day"],
        strategy,
        parameters,
    )
    asked = found == 141.0
    assert asked.sum() > 50
    assert np.allclose(begins[asked], 28.0 + 3.0 * DAYS_PER_MONTH)
    assert set(courses[asked]) == {1}
    assert set(completed[asked & ~(relapse < 148.0)]) == {1}


def test_blinatumomab_withdraws_the_inotuzumab_of_the_same_days():
    strategy = INO | BLINATUMOMAB | SURVEILLANCE | {"courses": 6, "inotuzumab_courses": 6}
    parameters = {"relapse_log_theta": 3.0, "relapse_latency_median_days": 60.0, "doubling_median_days": 5.0}
    begins, last = live(["blinatumomab_day", "last_inotuzumab_day"], strategy, parameters)
    treated = np.isfinite(begins)
    assert treated.sum() > 500
    assert (last[treated] < begins[treated]).all()


def test_blinatumomab_withdraws_a_course_due_the_same_day():
    """A marrow at the end of a course finds MRD again: blinatumomab instead of the next course."""
    strategy = BLINATUMOMAB | SURVEILLANCE | {"courses": 6}
    parameters = {"relapse_log_theta": 3.0, "relapse_latency_median_days": 60.0, "doubling_median_days": 5.0}
    begins, course, courses = live(["blinatumomab_day", "course_day", "courses"], strategy, parameters)
    treated = np.isfinite(begins)
    assert treated.sum() > 500
    assert (course[treated] <= begins[treated] - 28.0).all()
    assert np.array_equal(courses[treated], begins[treated] / 28.0)


def test_the_wait_comes_before_the_first_infusion_only():
    strategy = BLINATUMOMAB | {"blinatumomab_courses": 2, "pomp_months": 12.0}
    begins, maintenance = live(["blinatumomab_day", "maintenance_day"], strategy, {"blinatumomab_wait_days": 14.0})
    assert set(begins) == {42.0}
    assert set(maintenance) == {42.0 + 2 * 42.0}


@pytest.mark.parametrize(("courses", "effective"), [(3, 3), (4, 4), (6, 4)])
def test_blinatumomab_eradicates_in_its_first_four_courses_only(courses, effective):
    factor, cd19, completed = live(
        ["blinatumomab_factor", "cd19_percent", "blinatumomab_completed"],
        BLINATUMOMAB | {"blinatumomab_courses": courses},
        {"blinatumomab_log_factor": -0.4},
    )
    assert set(completed) == {courses}
    np.testing.assert_allclose(factor, np.exp(-0.4 * effective * cd19 / 99.9))


NEVER_NEGATIVE = {"burden_at_start_log10": -0.1, "log_kill_course_1": 2.4, "log_kill_in_remission": 0.0}


def persistent(**strategy):
    """Burden of -2.5 at remission (day 21), marrows every 30 days, no relapse: positive by flow for ever."""
    plan = BLINATUMOMAB | {
        "blinatumomab_courses": 0, "mrd_limit_log10": -4.0, "mrd_every_days": 30.0, "mrd_until_days": 400.0,
        "pomp_months": 6.0,
    }  # fmt: skip
    fields = ["blinatumomab_day", "blinatumomab_courses", "mrd_relapse_found_day", "mrd_negative_day"]
    return live(fields, plan | strategy, NEVER_NEGATIVE)


def test_persistent_mrd_sets_off_one_course_at_the_first_marrow_after_84_days():
    begins, courses, found, negative = persistent(blinatumomab_at_persistence=1)
    assert np.isnan(negative).all() and np.isnan(found).all(), "never negative, hence never found again"
    assert set(courses) == {1}
    assert begins.min() >= 21.0 + 84.0 and begins.max() < 21.0 + 84.0 + 30.0


@pytest.mark.parametrize("plan", [{}, {"blinatumomab_at_molecular_relapse": 1}, {"mrd_limit_log10": -2.0}])
def test_without_that_plan_or_without_persistence_it_does_not(plan):
    at = {} if len(plan) == 0 or "blinatumomab_at_molecular_relapse" in plan else {"blinatumomab_at_persistence": 1}
    begins, courses, _, _ = persistent(**plan, **at)
    assert np.isnan(begins).all() and set(courses) == {0}


# inotuzumab alone


@pytest.mark.parametrize(("until_remission", "dose"), [(0, 1.5 + 1.0 + 1.0), (1, 1.5 + 1.5 + 1.0)])
def test_first_doses_may_be_repeated_until_remission(until_remission, dose):
    """Remission after course 2 of 3: course 2 is begun in active disease, course 3 in remission."""
    parameters = {
        "log_kill_course_1": 1.0,
        "log_kill_later_course": 1.0,
        "leave_after_failed_course": 0.0,
        "leukaemia_death_log_scale_days": 20.0,
    }
    strategy = INO | {
        "courses": 3, "inotuzumab_courses": 3, "inotuzumab_first_doses_until_remission": until_remission,
    }  # fmt: skip
    course, given, mg = live(["response_course", "inotuzumab_courses", "inotuzumab_mg_per_m2"], strategy, parameters)
    assert set(course) == {2} and set(given) == {3}
    np.testing.assert_allclose(mg, dose)


def test_remission_within_a_course_leaves_its_doses_as_they_were():
    """Remission by the marrow on day 21 of course 2, dose on its day 24: 1.5 as planned at its start, then 1.0."""
    parameters = {
        "log_kill_course_1": 1.0,
        "log_kill_later_course": 1.0,
        "leave_after_failed_course": 0.0,
        "leukaemia_death_log_scale_days": 20.0,
    }
    strategy = INO | {
        "courses": 3,
        "inotuzumab_courses": 3,
        "inotuzumab_days": [24.0],
        "inotuzumab_first_doses_until_remission": 1,
    }
    remission, mg = live(["remission_day", "inotuzumab_mg_per_m2"], strategy, parameters)
    assert set(remission) == {28.0 + 21.0}
    np.testing.assert_allclose(mg, 1.5 + 1.5 + 1.0)


@pytest.mark.parametrize("first", [21.0, 28.0, 42.0])
def test_the_first_course_has_a_length_of_its_own(first):
    """Course 2 begins when course 1 ends, course 3 after 28 days more; the marrow is no later than the end."""
    day = live("course_day", {"courses": 2, "first_course_days": first})
    assert set(day) == {first}
    assert set(live("course_day", {"courses": 3, "first_course_days": first})) == {first + 28.0}
    assert set(live("remission_day", {"first_course_days": first}, {"assessment_median_days": 35.0})) == {
        min(first, 35.0)
    }


# the backbone


@pytest.mark.parametrize("backbone", [0, 1])
def test_without_a_backbone_only_the_inotuzumab_kills(backbone):
    """1 mg/m2 is the reference dose: its effect is CD22 over 95.4 %, of 40 % of the kill."""
    parameters = {"inotuzumab_share_of_kill": 0.4, "log_kill_in_remission": 2.0, "course_log_factor": -0.5}
    strategy = INO | {
        "inotuzumab_first_doses": [1.0],
        "inotuzumab_courses": 2,
        "courses": 2,
        "backbone": backbone,
    }
    burden, kill, factor, cd22 = live(
        ["burden_at_remission_log10", "kill_in_remission_log10", "course_factor", "cd22_percent"],
        strategy,
        parameters,
    )
    drug = 0.6 * backbone + 0.4 * cd22 / 95.4
    np.testing.assert_allclose(burden, -0.1 - 7.0 * drug)
    np.testing.assert_allclose(kill, 2.0 * drug)
    np.testing.assert_allclose(factor, np.exp(-0.5 * drug))


@pytest.mark.parametrize(("backbone", "remits"), [(0, False), (1, True)])
def test_neither_backbone_nor_inotuzumab_is_no_treatment(backbone, remits):
    days = live("remission_day", {"backbone": backbone}, {"inotuzumab_share_of_kill": 0.4})
    assert np.isfinite(days).all() == remits
    assert np.isnan(days).all() != remits


# later lines


LATER = {"log_kill_course_1": -5.0, "salvage_log_odds": 60.0, "leukaemia_death_log_scale_days": 20.0}


@pytest.mark.parametrize("criterion", list(MrdCriterion))
def test_a_criterion_on_mrd_cannot_be_met_in_a_later_remission(criterion):
    strategy = SCT | {"salvage_lines": 1, "later_transplant": 1, "transplant_mrd": int(criterion)}
    later, transplants = live(["later_remission_day", "transplants"], strategy, LATER)
    assert set(later) == {51.0}
    assert set(transplants) == {int(criterion == MrdCriterion.ANY)}


def test_a_transplant_in_a_later_remission_waits_for_no_blinatumomab():
    strategy = SCT | BLINATUMOMAB | {
        "salvage_lines": 1,
        "later_transplant": 1,
        "transplant_after_blinatumomab_courses": 1,
    }  # fmt: skip
    assert set(live("transplant_day", strategy, LATER)) == {61.0}


def test_in_a_later_remission_the_grace_period_runs_from_that_remission():
    strategy = SCT | {"salvage_lines": 1, "later_transplant": 1, "transplant_grace_days": 20.0}
    parameters = {
        "relapse_log_theta": 20.0,
        "relapse_log_theta_after_relapse": -80.0,
        "salvage_log_odds": 60.0,
        "leukaemia_death_log_scale_days": 20.0,
        "salvage_median_days": 60.0,
    }
    relapse, later, day = live(["relapse_day", "later_remission_day", "transplant_day"], strategy, parameters)
    assert relapse.max() < SCT_DAY
    np.testing.assert_allclose(later, relapse + 60.0)
    np.testing.assert_allclose(day, later + 10.0)


def test_mrd_is_not_read_in_a_later_remission():
    """Refractory, never in first remission: no marrow of that remission can be MRD-negative."""
    strategy = SCT | {"salvage_lines": 1, "later_transplant": 1}
    first, transplants, negative, within = live(
        ["remission_day", "transplants", "mrd_negative_day", "mrd_negative_within_3_courses"],
        strategy,
        LATER | {"transplant_log_kill": 6.0},
    )
    assert np.isnan(first).all()
    assert set(transplants) == {1}
    assert np.isnan(negative).all()
    assert set(within) == {0}


def test_refractory_disease_goes_through_every_line_and_ends_in_leukaemia_death():
    parameters = {"log_kill_course_1": -5.0, "leukaemia_death_log_scale_days": 20.0}
    refractory, lines, attempts, later, cause = live(
        ["refractory_day", "line", "salvage_attempts", "later_remission_day", "death_cause"],
        {"salvage_lines": 3},
        parameters,
    )
    assert set(refractory) == {21.0}
    assert set(attempts) == {3}
    assert set(lines) == {5}
    assert np.isnan(later).all()
    assert set(cause) <= {Cause.LEUKAEMIA, Cause.ALIVE}


def test_transplant_in_a_later_remission():
    parameters = {
        "log_kill_course_1": -5.0,
        "salvage_log_odds": 60.0,
        "leukaemia_death_log_scale_days": 20.0,
        "salvage_sigma": 0.0,
    }
    first, later, day, courses = live(
        ["remission_day", "later_remission_day", "transplant_day", "courses"],
        SCT | {"salvage_lines": 1, "later_transplant": 1},
        parameters,
    )
    assert np.isnan(first).all()
    assert set(later) == {51.0}
    assert set(day) == {61.0}
    assert set(courses) == {1}


def test_a_lapsed_transplant_in_a_later_remission_does_not_reopen_the_first_protocol():
    parameters = {"log_kill_course_1": -5.0, "salvage_log_odds": 60.0, "leukaemia_death_log_scale_days": 20.0}
    strategy = (
        SCT
        | INO
        | {
            "salvage_lines": 1,
            "later_transplant": 1,
            "transplant_minimum_interval_days": 364.0,
            "transplant_grace_days": DAYS_PER_MONTH,
            "courses": 4,
        }
    )
    transplants, courses = live(["transplants", "courses"], strategy, parameters)
    assert set(transplants) == {0}
    assert set(courses) == {1}


def test_death_in_a_later_remission_is_possible_after_transplant():
    """Relapse after SCT, then remission again: some risk of dying without relapse must be running."""
    parameters = {
        "relapse_log_theta": 1.0,
        "salvage_log_odds": 60.0,
        "relapse_log_theta_after_relapse": -80.0,
        "remission_death_log_theta": 3.0,
        "transplant_death_log_theta": -1.0,
        "relapse_latency_median_days": 60.0,
        "leukaemia_death_log_scale_days": 20.0,
    }
    day, later, cause = live(
        ["transplant_day", "later_remission_day", "death_cause"], SCT | {"salvage_lines": 1}, parameters
    )
    again = np.isfinite(day) & np.isfinite(later)
    assert again.sum() > 100
    assert np.isin(cause[again], (Cause.REMISSION, Cause.TRANSPLANT)).any()


# marrow and platelets


def test_graft_failure_is_never_engrafting():
    assert np.isinf(live("engraftment_day", SCT, {"graft_failure": 1.0})).all()
    assert np.isfinite(live("engraftment_day", SCT)).all()


@pytest.mark.parametrize(("leaves", "courses"), [(1.0, 1), (0.0, 4)])
def test_prolonged_thrombocytopenia_may_end_chemotherapy(leaves, courses):
    parameters = {
        "thrombocytopenia_log_odds_course_1": 60.0,
        "leave_after_prolonged_thrombocytopenia": leaves,
    }
    given, flagged, platelets = live(
        ["courses", "thrombocytopenia_induction", "thrombocytopenia_later"],
        {"courses": 4, "stop_at_prolonged_thrombocytopenia": 1},
        parameters,
    )
    assert set(given) == {courses}
    assert set(flagged) == {1}
    assert set(platelets) == {0}


def test_a_strategy_that_waits_for_platelets_goes_on_two_weeks_late():
    parameters = {"thrombocytopenia_log_odds_course_1": 60.0, "leave_after_prolonged_thrombocytopenia": 1.0}
    given, day = live(
        ["courses", "course_day"],
        {"courses": 2, "stop_at_prolonged_thrombocytopenia": 0},
        parameters,
    )
    assert set(given) == {2}
    assert set(day) == {42.0}


def test_remission_after_a_second_induction_course():
    """Kill 1 a course from -0.1: -1.1 is not remission (5 % = -1.30), -2.1 is."""
    parameters = {
        "log_kill_course_1": 1.0,
        "log_kill_later_course": 1.0,
        "leave_after_failed_course": 0.0,
        "leukaemia_death_log_scale_days": 20.0,
    }
    day, failed, course = live(["remission_day", "failed_assessments", "response_course"], {"courses": 4}, parameters)
    assert set(day) == {28.0 + 21.0}
    assert set(failed) == {1}
    assert set(course) == {2}


def test_nothing_is_ever_scheduled_in_the_past():
    """The clock is monotone: a life of the shipped model never ends before its last event."""
    names = ["death_day", "relapse_day", "transplant_day", "remission_day", "sos_day", "last_inotuzumab_day"]
    parameters = {
        "relapse_log_theta": 1.0,
        "transplant_death_log_theta": 0.0,
        "remission_death_log_theta": 0.0,
        "sos_log_odds": 0.0,
        "leukaemia_death_log_scale_days": 5.0,
    }
    death, *others = live(names, SCT | INO, parameters)
    for day in others:
        assert not np.any(day > death)
        assert not np.any(day < 0.0)
    assert np.nanmax(death) < LONG
