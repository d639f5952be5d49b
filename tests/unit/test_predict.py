"""Predictions: what each quantity counts, what each kind of uncertainty adds, and that intervals cover.

Rank of proof: closed forms on hand-made lives; moments of random effects; coverage against the model itself.
"""

import math

import numpy as np
import pytest
from commands import one_document
from synthetic_posterior import ATTRIBUTION, write_posterior

from calibration.between_trials import EFFECTS, KILL, LOGISTIC_SD, drawn_effects, shift
from calibration.described import load_study
from calibration.predict import predict, seen_arm, simulate, study_quantities
from calibration.printed import Printed, printed
from calibration.quantities import names_of, quantities, unit_of, words_of
from calibration.seen import Seen, censored_by, see
from calibration.subgroups import SUBGROUPS, members
from calibration.told_apart import variance_shares
from calibration.worlds import KINDS, given_attribution, worlds
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.posterior import load_posterior
from simulator.scenario.model import DEFAULT_PARAMETERS
from simulator.strategy import DAYS_PER_MONTH

STUDY = """
title = "A study"
disease = "relapsed_or_refractory"
months = [12, 24]
subgroups = ["salvage_1", "age_from_60"]

[follow_up]
accrual_months = 24
minimum_follow_up_months = 12

[population]
base = "kantarjian-2023"

[[arms]]
name = "combination"
patients = 40
base = "fractionated_ino_blinatumomab"
"""
TWO_ARMS = STUDY + '\n[[arms]]\nname = "original"\npatients = 30\nbase = "mini_hyper_cvd_ino"\n'


@pytest.fixture(scope="module")
def point():
    return load_parameters(DEFAULT_PARAMETERS)


@pytest.fixture(scope="module")
def posterior_file(tmp_path_factory, point):
    return write_posterior(tmp_path_factory.mktemp("posterior") / "joint.parquet", point)


@pytest.fixture(scope="module")
def posterior(point, posterior_file):
    return load_posterior(point, posterior_file)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "small.toml"
    path.write_text(STUDY, encoding="utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def prediction(study, point, posterior):
    return predict(study, point, posterior, replicates=300, workers=2)


# What is counted


def lives(**days):
    """Lives from day numbers: each keyword a field, each value (n,)."""
    table = new_patients(len(next(iter(days.values()))))
    table["line_at_entry"] = 1
    table["protocol_line"] = 1
    for name, values in days.items():
        table[name] = values
    return table


def seen(months, **days):
    """Lives observed for so many months, deaths included."""
    table = lives(**days)
    death = np.where(np.isnan(table.death_day), np.inf, table.death_day / DAYS_PER_MONTH)
    limit = np.asarray(months, float)
    return Seen(table, np.minimum(death, limit), death <= limit)


NAN = np.nan


def test_counts_on_four_hand_made_lives():
    """One early death, one refractory, one relapse after SCT with SOS, one alive in MRD-negative remission."""
    found = quantities(
        seen(
            [30.0] * 4,
            death_day=[20.0, 300.0, 600.0, NAN],
            remission_day=[NAN, NAN, 30.0, 40.0],
            remission_kind=[0, 0, 1, 2],
            refractory_day=[NAN, 60.0, NAN, NAN],
            relapse_day=[NAN, NAN, 400.0, NAN],
            transplant_day=[NAN, NAN, 150.0, NAN],
            sos_day=[NAN, NAN, 170.0, NAN],
            sos_after_transplant=[0, 0, 1, 0],
            mrd_negative_day=[NAN, NAN, NAN, 60.0],
        ),
        [12, 24], 4, "ever",
    )  # fmt: skip
    assert found["response_rate"] == 0.5 and found["cr_rate"] == 0.25
    assert found["mrd_negative_rate"] == 0.5 and found["early_death_rate"] == 0.25
    assert found["sct_rate"] == 0.25 and found["sos_count"] == 1.0 and found["sos_rate"] == 0.25
    assert found["sos_after_sct_rate"] == 1.0
    assert found["nrm_after_sct_12"] == 0.0 and found["relapse_after_sct_24"] == 1.0
    assert found["os_12"] == 0.5 and found["os_24"] == 0.25
    assert found["efs_12"] == 0.5 and found["efs_24"] == 0.25
    assert found["rfs_12"] == 1.0 and found["rfs_24"] == 0.5
    assert found["os_24_landmark_4_sct"] == 0.0 and found["os_24_landmark_4_no_sct"] == 1.0
    assert found["median_os_months"] == pytest.approx(300.0 / DAYS_PER_MONTH)
    assert found["median_rfs_months"] == pytest.approx(370.0 / DAYS_PER_MONTH)


def test_what_comes_after_the_data_cut_is_not_seen():
    found = quantities(
        seen([5.0, 5.0], death_day=[200.0, NAN], remission_day=[30.0, 200.0],
             remission_kind=[1, 1], relapse_day=[170.0, NAN], transplant_day=[160.0, NAN],
             sos_day=[165.0, NAN], mrd_negative_day=[180.0, NAN]),
        [3], 4, "ever",
    )  # fmt: skip
    assert found["response_rate"] == 0.5 and found["mrd_negative_rate"] == 0.0
    assert found["sct_rate"] == 0.0 and found["sos_count"] == 0.0 and found["rfs_3"] == 1.0
    assert math.isinf(found["median_os_months"])


def test_landmark_by_sct_status_then_or_ever():
    """SCT in month 6: transplanted ever, not by the landmark at month 4."""
    table = {"death_day": [NAN, 400.0], "remission_day": [30.0, 30.0], "transplant_day": [180.0, NAN]}
    ever, then = (quantities(seen([30.0, 30.0], **table), [24], 4, word) for word in ("ever", "by_landmark"))
    assert (ever["os_24_landmark_4_sct"], ever["os_24_landmark_4_no_sct"]) == (1.0, 0.0)
    assert math.isnan(then["os_24_landmark_4_sct"]) and then["os_24_landmark_4_no_sct"] == 0.5


def test_blinatumomab_first_is_judged_by_its_own_line():
    """Remission to blinatumomab, lost at day 200; inotuzumab brings another, which is not the study's response."""
    table = seen(
        [20.0, 20.0], blinatumomab_line=[1, 1], protocol_line=[2, 2], antibody_remission_day=[30.0, NAN],
        antibody_failure_day=[200.0, 70.0], antibody_mrd_negative=[1, 0], remission_day=[260.0, 110.0],
        relapse_day=[NAN, 500.0], refractory_day=[NAN, NAN], death_day=[NAN, NAN],
    )  # fmt: skip
    found = quantities(table, [12], 4, "ever")
    assert found["response_rate"] == 0.5 and found["mrd_negative_rate"] == 1.0
    assert found["rfs_12"] == 0.0 and found["efs_12"] == 0.0


def test_every_name_has_words_and_a_unit():
    names = names_of([3, 12], 4)
    found = quantities(seen([5.0], death_day=[NAN]), [3, 12], 4, "ever")
    assert sorted(names) == sorted(found) and "os_3_landmark_4_sct" not in names
    assert all(words_of(name) for name in names)
    assert {unit_of(name) for name in names} == {"months", "patients", "probability"}


def test_a_median_that_is_not_reached(prediction):
    """Reached by half of the studies: open above; by none: at least the longest follow-up, no value."""
    from dataclasses import replace

    key = Printed("median_os_months", "", "")
    half = replace(prediction, drawn={key: np.r_[np.full(50, 12.0), np.full(50, np.inf)]})
    none = replace(prediction, drawn={key: np.full(100, np.inf)})
    assert half.quantity(key) == {"value": None, "low": 12.0, "high": None} and half.not_reached(key) == 0.5
    assert none.quantity(key) == {"value": None, "low": 36.0, "high": None}


def test_subgroups_partition_the_patients(study, point):
    one = seen_arm(study, 0, point.record(), 0)
    for name, other in (("salvage_1", "salvage_2_plus"), ("ph_positive", "ph_negative"),
                        ("age_under_60", "age_from_60"), ("prior_sct", "no_prior_sct"),
                        ("tp53_mutated", "tp53_wild_type")):  # fmt: skip
        assert np.array_equal(members(name, one), ~members(other, one))
    assert np.array_equal(members("mrd_negative", one) | members("mrd_positive", one), one.responder)
    assert all(members(name, one).shape == (40,) for name in SUBGROUPS)


def test_follow_up_is_even_over_the_accrual_and_loss_exponential(study, point):
    """n = 4,000 survivors: mean cut within 4 standard errors; 10 % a year lost (z below 4)."""
    table = new_patients(4000)
    table["seed"], table["id"] = 5, np.arange(4000)
    cut = see(table, 12.0, 36.0, 0.0).follow_up_months
    assert cut.min() >= 12.0 and cut.max() <= 36.0
    assert abs(cut.mean() - 24.0) < 4 * (24.0 / math.sqrt(12.0)) / math.sqrt(4000)
    lost = np.mean(see(table, 24.0, 24.0, 0.10).follow_up_months < 12.0)
    assert abs(lost - 0.10) < 4 * math.sqrt(0.09 / 4000)


def test_censoring_from_numbers_at_risk():
    """Half of the survivors are no longer seen at month 12, all but a tenth at month 24 (n = 4,000, z below 4)."""
    table = new_patients(4000)
    table["seed"], table["id"] = 5, np.arange(4000)
    months = censored_by(see(table, 60.0, 60.0, 0.0), np.array([0.0, 12.0, 24.0]), np.array([1.0, 0.5, 0.1]), 40.0)
    for month, share in ((12.0, 0.5), (23.99, 0.1), (39.9, 0.1)):
        found = np.mean(months.follow_up_months > month)
        assert abs(found - share) < 4 * math.sqrt(0.25 / 4000), month
    assert months.follow_up_months.max() == 40.0


# Kinds of uncertainty


def test_random_effects_have_their_marginal_variance():
    """Normal with a half-normal SD of scale s has variance s^2; n = 200,000, relative error below 3 % (z about 4)."""
    drawn = drawn_effects(200_000, 3)
    for each, effect in zip(drawn.T, EFFECTS, strict=True):
        assert abs(each.mean()) < 4 * effect.scale / math.sqrt(200_000)
        assert each.var() == pytest.approx(effect.scale**2, rel=0.03)
        kurtosis = np.mean(each**4) / each.var() ** 2
        assert 8.0 < kurtosis < 10.0  # 9 for a normal scaled by a half-normal: heavier than a normal's 3


def test_effects_shift_their_own_parameters_only(point):
    records = np.repeat(point.record(), len(EFFECTS)).view(np.recarray)
    before = records.copy()
    shift(records, np.eye(len(EFFECTS)) * 0.1)
    for row, effect in enumerate(EFFECTS):
        moved = {name for name in records.dtype.names if not np.array_equal(records[name][row], before[name][row])}
        assert moved == set(effect.parameters)
        for name in effect.parameters:
            step = records[name][row] - before[name][row]
            worth = np.hypot(*(before[of][row] for of in KILL[name])) / LOGISTIC_SD if name in KILL else 1.0
            assert step == pytest.approx(0.1 * worth)


def test_effects_stay_within_what_is_possible(point):
    records = point.record()
    shift(records, np.full((1, len(EFFECTS)), 50.0))
    assert records.early_death_log_odds[0] <= 0.0 and records.relapse_log_theta[0] <= 4.0


def test_worlds_of_patients_are_one_world(point, posterior):
    alike = worlds(point, posterior, "patients", 5, 1)
    assert all(np.ptp(alike[name]) == 0.0 for name in posterior.names)


def test_attribution_is_held_still_and_the_rest_drawn_given_it(point, posterior):
    """A parameter made to depend on an attribution parameter keeps only what does not come from it."""
    from dataclasses import replace

    rng = np.random.default_rng(1)
    noise = rng.standard_normal((4000, 2))
    values = np.column_stack([noise[:, 0], 2.0 * noise[:, 0] + 0.5 * noise[:, 1]])
    two = replace(
        posterior, names=("uptake_log_odds_per_frailty", "relapse_log_theta"), values=values,
        scales=("identity",) * 2, attribution=("uptake_log_odds_per_frailty",), shrinkage=(0.1, 0.5),
    )  # fmt: skip
    held = given_attribution(two)
    assert np.ptp(held[:, 0]) == 0.0
    assert held[:, 1].std() == pytest.approx(0.5, rel=0.05)
    still = worlds(point, two, "parameters", 100, 1)
    assert np.ptp(still.uptake_log_odds_per_frailty) == 0.0 and np.ptp(still.relapse_log_theta) > 0.0
    assert np.ptp(worlds(point, two, "attribution", 100, 1).uptake_log_odds_per_frailty) > 0.0


def test_attribution_of_the_file_is_known(posterior):
    assert set(posterior.attribution) <= set(ATTRIBUTION) and posterior.attribution


def test_variance_shares_are_the_steps():
    rng = np.random.default_rng(2)
    steps = [np.cumsum(rng.standard_normal((4, 2000)), axis=0)[k] for k in range(4)]
    shares = variance_shares(KINDS, steps)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert all(share == pytest.approx(0.25, abs=0.06) for share in shares.values())
    assert variance_shares(KINDS, [np.full(20, np.inf)] * 4) == {}
    assert variance_shares(KINDS, [np.ones(20)] * 4) == {}


# Predictions


def test_a_prediction_has_every_quantity_and_shares_that_sum_to_one(prediction, study):
    assert list(prediction.drawn) == printed(study)
    form = prediction.as_json()
    assert form["n"] == 40 and set(form["quantities"]) == {key.name for key in prediction.drawn}
    for name, cell in form["quantities"].items():
        known = [cell[key] for key in ("low", "value", "high") if cell[key] is not None]
        assert known == sorted(known), name
    for shares in prediction.shares.values():
        assert not shares or sum(shares.values()) == pytest.approx(1.0)
    assert form["quantities"]["os_24_salvage_1"]["value"] > form["quantities"]["os_24"]["value"]


def test_workers_do_not_matter(study, point, posterior):
    records = worlds(point, posterior, "between_trials", 60, 1)
    one, two = (simulate(study, records, workers)[0] for workers in (1, 2))
    assert all(np.array_equal(one[key], two[key], equal_nan=True) for key in one)


def test_between_trials_widens_and_can_be_left_out(study, point, posterior, prediction):
    without = predict(study, point, posterior, replicates=300, between_trials=False)
    key = Printed("nrm_after_sct_12", "", "")
    assert np.nanstd(without.drawn[key]) < np.nanstd(prediction.drawn[key])
    assert without.as_json()["between_trials"] is None and "between_trials" not in without.shares[key]


def test_a_larger_study_has_less_chance(study, point, posterior):
    from dataclasses import replace

    large = replace(study, arms=(replace(study.arms[0], patients=400),))
    key, worlds_of_chance = Printed("os_12", "", ""), worlds(point, posterior, "patients", 100, 1)
    small_sd, large_sd = (np.std(simulate(one, worlds_of_chance)[0][key]) for one in (study, large))
    assert large_sd == pytest.approx(small_sd / math.sqrt(10.0), rel=0.35)


@pytest.mark.slow
def test_intervals_cover_studies_from_the_same_worlds(study, point, posterior, prediction):
    """200 new studies: 95 % intervals cover 91 to 99 % of them, quantity by quantity (binomial, beyond 3.2 SD of 95 %;
    false alarm about 1 in 1,000 each; catches a coverage of 88 % with probability 0.9)."""
    fresh = worlds(point, posterior, "between_trials", 200, 99)
    new = [study_quantities(study, [seen_arm(study, 0, fresh[[r]].view(np.recarray), 5000 + r)]) for r in range(200)]
    for name in ("response_rate", "os_24", "rfs_12", "sct_rate", "efs_12", "mrd_negative_rate"):
        key = Printed(name, "", "")
        cell = prediction.quantity(key)
        inside = np.mean([cell["low"] <= one[key] <= cell["high"] for one in new])
        assert 0.90 <= inside <= 1.0, (name, inside)


def test_two_arms_have_names_of_their_own(tmp_path, point, posterior):
    path = tmp_path / "two.toml"
    path.write_text(TWO_ARMS, encoding="utf-8")
    two = load_study(path)
    drawn, curves = simulate(two, worlds(point, posterior, "patients", 30, 1), with_curves=True)
    assert Printed("os_24", "", "original").name == "os_24_original"
    assert Printed("os_24", "salvage_1", "combination") in drawn
    assert {(curve.arm, curve.endpoint) for curve in curves} == {
        (arm, endpoint) for arm in ("combination", "original") for endpoint in ("os", "rfs")
    }
    assert not np.array_equal(drawn[Printed("os_24", "", "combination")], drawn[Printed("os_24", "", "original")])


# The command


def test_command(allpath, tmp_path, posterior_file):
    (tmp_path / "small.toml").write_text(STUDY, encoding="utf-8")
    arguments = ("predict", "small.toml", "--posterior", posterior_file, "--replicates", "100")
    code, out, _ = allpath(*arguments, "--json")
    form = one_document(out)
    assert code == 0 and form["n"] == 40 and {"value", "low", "high"} == set(form["quantities"]["os_24"])
    code, out, err = allpath(*arguments, "--no-between-trials", "--out", "found")
    assert code == 0 and "OS, month 24" in out and "left out" in out and "found" in err
    names = sorted(path.name for path in (tmp_path / "found").iterdir())
    assert names == ["os.png", "os.svg", "prediction.json", "rfs.png", "rfs.svg"]


def test_command_refuses_in_words(allpath, tmp_path):
    (tmp_path / "small.toml").write_text(STUDY.replace("relapsed_or_refractory", "frontline"), encoding="utf-8")
    code, out, err = allpath("predict", "small.toml")
    assert code == 2 and out == "" and "outside the model" in err and "Traceback" not in err
    code, _, err = allpath("predict", "nothing")
    assert code == 2 and err.startswith("nothing: no such file")
