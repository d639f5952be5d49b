"""Selection as in Wudhikarn 2022: nobody without both antibodies, in the order in which they started, none twice.

Rank of proof: contract, and a brute-force recount.
"""

import numpy as np
import pytest
from scipy.stats import binomtest

from calibration import reverse_order
from calibration import wudhikarn_2022 as study
from calibration.both_antibodies import (
    CUT_DAYS,
    PERIOD_DAYS,
    ROUND_IDS,
    STARTERS_A_ROUND,
    acceptance,
    observe,
    received_both,
    simulate_selected,
    start_days,
)
from calibration.care import lives, load_care
from calibration.catalogue import load_catalogue
from simulator.estimators import median_follow_up
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.scenario.model import DEFAULT_PARAMETERS

REPLICATES, SEED = 120, 7  # more than one piece of 100


@pytest.fixture(scope="module")
def parameters():
    return load_parameters(DEFAULT_PARAMETERS).record()


@pytest.fixture(scope="module")
def selected(parameters):
    return study.simulate(parameters, REPLICATES, SEED)


def all_received_both(o):
    """Judge: blinatumomab, its failure, then inotuzumab, all seen, both begun by the end of 2019."""
    p = o.lives
    assert np.all(p.antibody_day == 0.0) and np.all(p.antibody_courses > 0)
    assert np.all(p.antibody_failure_day < p.protocol_day) and np.all(p.protocol_day <= o.follow_up_days)
    assert np.all(p.inotuzumab_mg_per_m2 > 0.0) and np.all(p.inotuzumab_courses > 0)
    assert np.all(start_days(p) + p.protocol_day < PERIOD_DAYS)
    assert np.all((start_days(p) + o.follow_up_days)[~o.dead] == pytest.approx(CUT_DAYS))


def test_nobody_without_both_antibodies(selected):
    all_received_both(selected)
    assert len(selected.lives) == REPLICATES * study.SIZE


def test_replicates_share_no_patient_and_are_whole(selected):
    rows = np.concatenate([study.replicate_rows(r, REPLICATES) for r in range(REPLICATES)])
    np.testing.assert_array_equal(rows, np.arange(len(selected.lives)))
    assert len(np.unique(selected.lives.id)) == len(rows)
    in_round_0 = selected.lives.id < study.FIRST_ID + ROUND_IDS
    replicate = (selected.lives.id % ROUND_IDS) // STARTERS_A_ROUND
    np.testing.assert_array_equal(replicate, np.repeat(np.arange(REPLICATES), study.SIZE))
    assert in_round_0.mean() > 0.8


def test_the_selected_are_the_first_who_received_both(parameters, selected):
    """Recounted for each of ten replicates from all who start in the first two rounds."""
    care = load_care(study.CASE_MIX, study.REGIMEN)
    looked_at = 0
    for r in range(10):
        started = np.concatenate(
            [
                lives(care, parameters, SEED, first, STARTERS_A_ROUND, CUT_DAYS)
                for first in (study.FIRST_ID + k * ROUND_IDS + r * STARTERS_A_ROUND for k in (0, 1))
            ]
        ).view(np.recarray)
        both = (start_days(started) + started.protocol_day < PERIOD_DAYS) & (started.inotuzumab_mg_per_m2 > 0)
        expected = np.flatnonzero(both)[: study.SIZE]
        own = selected.part(study.replicate_rows(r, REPLICATES))
        np.testing.assert_array_equal(own.lives.id, started.id[expected])
        looked_at += expected[-1] + 1
    ten = selected.part(slice(0, 10 * study.SIZE))
    assert acceptance(ten, study.SIZE) == pytest.approx(10 * study.SIZE / looked_at, rel=1e-12)


def test_a_replicate_stays_when_more_are_run_or_others_come_first(parameters, selected):
    few, late = study.simulate(parameters, 3, SEED), study.simulate(parameters, 4, SEED, first_replicate=98)
    for r in range(3):
        rows = study.replicate_rows(r, REPLICATES)
        assert few.part(rows).lives.tobytes() == selected.part(rows).lives.tobytes()
    for r in range(4):
        one, same = late.part(study.replicate_rows(r, 4)), selected.part(study.replicate_rows(98 + r, REPLICATES))
        assert one.lives.tobytes() == same.lives.tobytes()
        np.testing.assert_array_equal(one.follow_up_days, same.follow_up_days)


def six():
    """Both in time; too late by an instant; never reached; withheld; dead first; the reverse order."""
    p = new_patients(6)
    p.seed, p.id = 3, np.arange(6)
    left = PERIOD_DAYS - start_days(p)
    p.antibody_day = 0.0
    p.protocol_day = left - 1e-6
    p.inotuzumab_courses = 1
    p.protocol_day[1] = left[1] + 1e-6
    p.protocol_day[2] = np.nan
    p.inotuzumab_courses[3] = 0
    p.protocol_day[4], p.inotuzumab_courses[4], p.death_day[4] = np.nan, 0, 50.0
    p.protocol_day[5], p.antibody_day[5] = 0.0, left[5] - 1e-6
    return p


def test_received_both_by_its_edges():
    np.testing.assert_array_equal(received_both(six()), [True, False, False, False, False, True])


def test_the_cut_is_in_june_2020():
    o = observe(six())
    assert PERIOD_DAYS == 2922 and CUT_DAYS == 2922 + 181
    assert o.dead.tolist() == [False] * 4 + [bool((CUT_DAYS - start_days(six()))[4] >= 50.0)] + [False]
    assert np.all(o.follow_up_days[:4] >= 181.0)


def test_starts_grow_with_time():
    """(m / 96)^4 of them by month m: half after 81 months of 96."""
    p = new_patients(4000)
    p.seed, p.id = 5, np.arange(4000)
    months = start_days(p) / PERIOD_DAYS * 96
    # binomial standard error 0.008; four of them, false alarm 6e-5
    assert abs(np.mean(months < 96 * 0.5**0.25) - 0.5) < 0.032
    assert months.min() >= 0.0 and months.max() < 96.0


def as_printed(o):
    """Judge: shares that the case mix sets for all who start come out of the selection within what was printed.

    By the exact 95 % interval of each row; of 3,000 patients the Monte Carlo error is below a tenth of it.
    """
    p, rows = o.lives, load_catalogue(study.STUDY)
    for key, flag in {
        "W041": p.entered_in_remission == 1,  # of the 25
        "W012": p.male == 1,
        "W016": p.philadelphia == 1,
        "W020": p.prior_transplant == 1,
    }.items():
        low, high = np.array(binomtest(int(rows[key].value), rows[key].n).proportion_ci(0.95, "exact"))
        assert low <= flag.mean() <= high, (key, flag.mean())
    age_low, age_high = rows["W010"].printed_low, rows["W010"].printed_high
    lower, upper = np.percentile(p.age_years, [25.0, 75.0])
    assert abs(lower - age_low) < 4.0 and abs(upper - age_high) < 4.0


def test_the_selected_are_those_of_table_1(selected):
    as_printed(selected)


def test_the_printed_follow_up_lies_between_two_ways_to_count_it(selected):
    """16.8 months from inotuzumab, method not stated: survivors alone see less of the early starters."""
    since = (selected.follow_up_days - selected.lives.protocol_day) / 30.4375
    printed = load_catalogue(study.STUDY)["W142"].value
    assert np.median(since[~selected.dead]) < printed < median_follow_up(since, selected.dead)


def test_sabotage_another_case_mix_is_seen(selected):
    as_printed(selected)
    for name, value in (
        ("entered_in_remission", 0),
        ("philadelphia", 0),
        ("prior_transplant", 1),
        ("male", 1),
        ("age_years", 60.0),
    ):
        wrong = selected.part(np.arange(len(selected.lives)))  # a copy
        wrong.lives[name] = value
        with pytest.raises(AssertionError):
            as_printed(wrong)
            pytest.fail(name)


def test_a_strategy_without_the_other_antibody_is_refused(parameters):
    care = load_care(study.CASE_MIX, "ino_monotherapy")
    with pytest.raises(ValueError, match=r"0 of 8,192 who start one antibody receive both: 25 needed"):
        simulate_selected(care, study.SIZE, study.FIRST_ID, parameters, 1, SEED)


def test_the_reverse_order_is_inotuzumab_first(parameters):
    care = load_care(study.CASE_MIX, reverse_order.REGIMEN)
    o = simulate_selected(care, reverse_order.SIZE, reverse_order.FIRST_ID, parameters, 30, SEED)
    assert np.all(o.lives.protocol_day == 0.0) and np.all(o.lives.antibody_day > 0.0)
    assert not set(o.lives.id) & set(study.simulate(parameters, 30, SEED).lives.id)
    found = reverse_order.trials(parameters, SEED, 0, 30)
    dead = [np.count_nonzero(o.dead[4 * r : 4 * r + 4]) for r in range(30)]
    assert [one["W081"] for one in found] == dead
    rows = reverse_order.shown_rows(found)
    assert [(row["id"], row["published"], row["n"]) for row in rows] == [("W078", 3.0, 4), ("W081", 2.0, 4)]
    assert rows[1]["simulated"] == np.mean(dead)
    assert "never judged" in reverse_order.shown_lines(rows)[0]


def test_the_ledger_counts_the_25(parameters):
    o = study.simulate(parameters, 4, SEED)
    found = study.ledger_counts(o)
    dead = found["dead by the data cut (W071)"]
    assert dead == pytest.approx(found["  from leukaemia (W072)"] + found["  otherwise (W073)"])
    assert dead == pytest.approx(study.statistics(o)["W071"])
    assert found["remission with inotuzumab (W052)"] == pytest.approx(study.statistics(o)["W052"])
    assert found["selected, per cent of those who start blinatumomab"] == 100 * acceptance(o, study.SIZE)


def test_the_ledger_prints_what_the_catalogue_holds():
    rows = load_catalogue(study.STUDY)
    printed = {key.rpartition("(")[2].rstrip(")"): value for key, value in study.LEDGER.items() if value is not None}
    assert {key: rows[key].value for key in printed} == printed


def test_sabotage_one_patient_without_both_is_seen(selected):
    all_received_both(selected)
    late = PERIOD_DAYS - start_days(selected.lives)[5] + 1.0
    for name, value in (
        ("inotuzumab_mg_per_m2", 0.0),
        ("protocol_day", np.nan),
        ("protocol_day", late),
        ("antibody_courses", 0),
        ("antibody_failure_day", np.nan),
    ):
        wrong = selected.part(np.arange(25))  # a copy
        wrong.lives[name][5] = value
        with pytest.raises(AssertionError):
            all_received_both(wrong)
            pytest.fail(name)
