"""Blinatumomab alone as a line, loss of antigens, entry in remission: known answers in the quiet world.

Shares are over n = 20,000 lives with a fixed seed: a false alarm at four standard errors is 6e-5, an error of 1.5
points is always seen. Rank of proof: known answers, and the law of latency given no relapse before entry.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import (
    OFF,
    agrees,
    lives,
    log_logistic,
    quiet_parameters,
    quiet_population,
    quiet_strategy,
)

from simulator.patient import Cause
from simulator.strategy import DAYS_PER_MONTH, LinePlace

N = 20_000
FAILS, CLEARS = {"antibody_log_kill": -5.0}, {"antibody_log_kill": 8.0}
FULL = {"cd19_low": 0.0, "cd22_low": 0.0}
BEFORE = {
    "blinatumomab_line": int(LinePlace.BEFORE_PROTOCOL),
    "blinatumomab_line_courses": 3,
    "blinatumomab_infusion_days": 28.0,
    "blinatumomab_course_days": 42.0,
    "blinatumomab_first_course_intensity": 1.0,
    "blinatumomab_intensity": 1.0,
}
AFTER = BEFORE | {"blinatumomab_line": int(LinePlace.AFTER_PROTOCOL)}
INO = {
    "inotuzumab_courses": 1,
    "inotuzumab_doses_per_course": 1,
    "inotuzumab_days": [3.0],
    "inotuzumab_first_doses": [1.5],
    "inotuzumab_later_doses": [1.0],
}
CHANGE = {"antibody_change_days": 10.0, "leukaemia_death_log_scale_days": 20.0}


def live(fields, strategy=None, parameters=None, population=None, n=N):
    return lives(
        fields,
        n,
        parameters=quiet_parameters(**(CHANGE | (parameters or {}))),
        strategy=quiet_strategy(**(strategy or {})),
        population=quiet_population(**(FULL | (population or {}))),
    )


def within(share, expected):
    """Four standard errors."""
    return abs(share - expected) <= 4.0 * np.sqrt(expected * (1.0 - expected) / N)


def test_remission_under_blinatumomab_alone_and_all_its_courses():
    fields = ["antibody_remission_day", "antibody_courses", "antibody_failure_day", "protocol_day", "courses"]
    remission, courses, failure, protocol, chemotherapy = live(fields, BEFORE, CLEARS)
    assert set(remission) == {28.0}
    assert set(courses) == {3}
    assert np.isnan(failure).all()
    assert np.isnan(protocol).all()
    assert set(chemotherapy) == {0}


@pytest.mark.parametrize(("leaves", "courses", "failure"), [(1.0, 1, 28.0), (0.0, 2, 70.0)])
def test_failure_of_blinatumomab_alone_opens_the_protocol(leaves, courses, failure):
    fields = ["antibody_courses", "antibody_failure_day", "protocol_day", "line", "remission_day"]
    parameters = FAILS | {"leave_after_failed_blinatumomab": leaves}
    given, failed, protocol, line, remission = live(fields, BEFORE, parameters)
    assert set(given) == {courses}
    assert set(failed) == {failure}
    assert set(protocol) == {failure + 10.0}
    assert set(line) == {2}
    assert set(remission) == {failure + 10.0 + 21.0}


def test_interim_therapy_comes_between_with_its_own_time():
    parameters = FAILS | {
        "leave_after_failed_blinatumomab": 1.0, "interim_therapy": 0.3,
        "interim_median_days": 60.0, "interim_sigma": 0.0,
    }  # fmt: skip
    interim, protocol = live(["interim_therapy", "protocol_day"], BEFORE, parameters)
    assert within(interim.mean(), 0.3)
    assert set(protocol[interim == 1]) == {88.0}
    assert set(protocol[interim == 0]) == {38.0}


def test_relapse_after_blinatumomab_alone_starts_overt_disease_again():
    """The kill of the first line must not count for the second: course 1 has to reach remission by itself."""
    parameters = CLEARS | {"relapse_log_theta": 5.0, "log_kill_course_1": 0.0}
    fields = ["antibody_failure_day", "protocol_day", "remission_day", "refractory_day"]
    failure, protocol, remission, refractory = live(fields, BEFORE, parameters)
    assert np.isfinite(failure).all()
    np.testing.assert_allclose(protocol, failure + 10.0)
    assert np.isnan(remission).all()
    np.testing.assert_allclose(refractory, protocol + 21.0)


def test_after_the_protocol_blinatumomab_alone_follows_its_failure():
    parameters = CLEARS | {"log_kill_course_1": 0.0}
    fields = ["refractory_day", "antibody_day", "antibody_remission_day", "line", "protocol_day"]
    refractory, began, remission, line, protocol = live(fields, AFTER, parameters)
    assert set(refractory) == {21.0}
    assert set(began) == {31.0}
    assert set(remission) == {59.0}
    assert set(line) == {2}
    assert set(protocol) == {0.0}


@pytest.mark.parametrize("loss", [0.0, 0.25, 1.0])
def test_cd19_is_lost_at_a_failure_after_blinatumomab_and_cd22_only_after_inotuzumab(loss):
    parameters = FAILS | {"leave_after_failed_blinatumomab": 1.0, "cd19_loss": loss, "cd22_loss": 1.0}
    cd19, cd22, now = live(["cd19_lost", "cd22_lost", "cd19_now_percent"], BEFORE, parameters)
    assert within(cd19.mean(), loss)
    assert set(cd22) == {0}
    assert set(now[cd19 == 1]) <= {10.0}
    assert now[cd19 == 0].min(initial=100.0) >= 90.0


def test_less_cd19_is_less_kill():
    """Kill 2 at full density is enough; the same at a tenth is not."""
    parameters = {"antibody_log_kill": 2.0, "leave_after_failed_blinatumomab": 1.0}
    (full,) = (live("antibody_remission_day", BEFORE, parameters),)
    low = live("antibody_remission_day", BEFORE, parameters, {"cd19_low": 1.0})
    density = live("cd19_percent", BEFORE, parameters, {"cd19_low": 1.0})
    needed = 99.9 * (np.log10(1 / 0.05) - 0.1) / 2.0
    assert np.isfinite(full).all()
    assert np.array_equal(np.isfinite(low), density > needed)


ENTERS = {"in_remission": 1.0, "entry_mrd_log10_quantiles": -3.0}


def test_who_enters_in_remission_has_courses_in_remission_and_no_early_death():
    population = ENTERS | {"first_remission": 0.4, "entry_remission_months_quantiles": 2.0}
    fields = ["remission_day", "line_at_entry", "courses", "death_day", "in_remission", "entry_burden_log10"]
    remission, line, courses, death, inside, burden = live(
        fields, {"courses": 2}, {"early_death_log_odds": 5.0}, population
    )
    assert set(remission) == {0.0}
    assert within(np.mean(line == 0), 0.4)
    assert set(courses) == {2}
    assert np.isnan(death).all()
    assert set(inside) == {1}
    assert set(burden) == {-3.0}


def test_their_latency_is_that_of_those_who_had_not_relapsed_before_entry():
    """P(relapse by t | none by entry at s) = 1 - exp(-theta (F(s + t) - F(s)))."""
    entry, theta = 6.0 * DAYS_PER_MONTH, 1.4
    relapse = live(
        "relapse_day", None, {"relapse_log_theta": np.log(theta)},
        ENTERS | {"entry_remission_months_quantiles": 6.0}, 200_000,
    )  # fmt: skip

    def law(day):
        return -np.expm1(-theta * (log_logistic(day + entry) - log_logistic(entry)))

    def from_the_start(day):
        return -np.expm1(-theta * log_logistic(day))

    assert agrees(relapse, law)
    assert not agrees(relapse, from_the_start)


def test_first_remission_ever_and_a_remission_without_chemotherapy_move_theta():
    def rate(parameters, strategy=None, population=None):
        shift = live("relapse_rate", strategy, {"relapse_log_theta": -1.0} | parameters, population, 10)
        return set(np.round(np.log(shift), 9))

    entry = ENTERS | {"first_remission": 1.0}
    assert rate({"relapse_log_theta_first_remission": -0.7}, None, entry) == {-1.7}
    assert rate({"relapse_log_theta_first_remission": -0.7}, None, ENTERS) == {-1.0}
    alone = {"relapse_log_theta_without_chemotherapy": 0.9, "inotuzumab_share_of_kill": 1.0, "log_kill_course_1": 50.0}
    assert rate(alone, INO | {"backbone": 0}) == {-0.1}
    assert rate(alone, INO | {"backbone": 1}) == {-1.0}
    assert rate(alone, {"backbone": 0}, ENTERS) == {-1.0}, "who enters in remission has had chemotherapy"
    assert rate(alone | CLEARS, BEFORE) == {-0.1}


def test_sct_in_the_remission_of_blinatumomab_is_not_the_sct_after_inotuzumab():
    """Drug-only SOS of the later line is not called peri-SCT; the interval is that of the first SCT: none."""
    strategy = BEFORE | INO | {
        "blinatumomab_line_transplant": 1, "transplant_policy": 2, "blinatumomab_line_courses": 1,
        "transplant_grace_days": 300.0,
    }  # fmt: skip
    parameters = CLEARS | {
        "relapse_log_theta": 5.0, "relapse_latency_median_days": 2000.0, "relapse_latency_shape": 5.0,
        "sos_drug_log_rate_per_mg_per_m2": 5.0, "sos_drug_mean_days": 3.0, "sos_log_odds_no_inotuzumab": OFF,
    }  # fmt: skip
    fields = ["transplant_day", "protocol_day", "sos_day", "sos_after_transplant", "transplant_interval_days"]
    sct, protocol, sos, after, interval = live(fields, strategy, parameters)
    assert (sct < 100.0).all()
    late = np.isfinite(protocol)
    assert late.mean() > 0.9
    assert (sos[late] > protocol[late]).all()
    assert set(after[late]) == {0}
    assert np.isnan(interval).all()


def test_the_mortality_of_an_sct_ends_with_its_remission():
    """SOS under inotuzumab, long after the SCT of the line before, must not be charged with the time between."""
    strategy = BEFORE | INO | {
        "blinatumomab_line_transplant": 1, "transplant_policy": 2, "blinatumomab_line_courses": 1,
        "transplant_grace_days": 300.0, "courses": 2, "inotuzumab_courses": 2,
    }  # fmt: skip
    parameters = CLEARS | {
        "relapse_log_theta": 5.0, "relapse_latency_median_days": 900.0, "relapse_latency_shape": 5.0,
        "sos_drug_log_rate_per_mg_per_m2": 1.0, "sos_drug_mean_days": 20.0, "sos_log_odds_no_inotuzumab": OFF,
        "transplant_death_log_theta": -1.5, "transplant_death_scale_days": 200.0, "sos_survivor_log_factor": 3.0,
    }  # fmt: skip
    fields = ["protocol_day", "remission_day", "sos_day", "death_day", "death_cause", "transplant_line"]
    protocol, remission, sos, death, cause, line = live(fields, strategy, parameters)
    after = np.isfinite(sos) & (sos > remission)
    assert after.sum() > 500
    assert set(line[after]) == {1}
    assert not (death < protocol).any()
    assert not (cause[after] == Cause.TRANSPLANT).any()
