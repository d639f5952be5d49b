"""A reader's own study: read, scored jointly, refitted; the truth behind simulated figures is found again.

Rank of proof: closed forms of the normal step; recovery of a known truth.
"""

import csv
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import one_document
from scipy.stats import chi2
from synthetic_posterior import write_posterior

from calibration.described import load_study
from calibration.own_data import load_own_data
from calibration.own_fit import correlations, refit, regressed, step, whitener
from calibration.own_targets import measured, off_scale, on_scale, reading_errors, spreads, targets_of
from calibration.predict import seen_arm, study_quantities
from calibration.printed import Printed
from simulator.estimators import kaplan_meier, numbers_at_risk
from simulator.parameters import load_parameters
from simulator.posterior import load_posterior
from simulator.scenario.faults import ScenarioError
from simulator.scenario.model import DEFAULT_PARAMETERS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = ("my_study.toml", "my_curve.csv", "my_at_risk.csv", "my_statistics.csv")


@pytest.fixture(scope="module")
def point():
    return load_parameters(DEFAULT_PARAMETERS)


@pytest.fixture(scope="module")
def posterior_file(tmp_path_factory, point):
    return write_posterior(tmp_path_factory.mktemp("posterior") / "joint.parquet", point)


@pytest.fixture(scope="module")
def posterior(point, posterior_file):
    return load_posterior(point, posterior_file)


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return tmp_path


def faults(folder, posterior):
    with pytest.raises(ScenarioError) as error:
        load_own_data(folder / "my_study.toml", posterior)
    return [str(fault) for fault in error.value.faults]


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# Reading


def test_the_example_reads(folder, posterior):
    data = load_own_data(folder / "my_study.toml", posterior)
    targets = targets_of(data)
    assert len(data.curves) == 1 and len(data.statistics) == 3 and len(targets) == 11
    assert {one.kind for one in targets} == {"survival", "share", "months"}
    assert load_study(folder / "my_study.toml").patients == 80  # the same file can be predicted


def test_all_faults_of_all_files_at_once(folder, posterior):
    change(folder / "my_study.toml", "patients = 80", "patients = 2")
    change(folder / "my_study.toml", '"relapse_log_theta"', '"relapse_log_thetta"')
    change(folder / "my_curve.csv", "0,1\n", "0,1.3\n")
    change(folder / "my_statistics.csv", "response_rate,", "response_rate,9")
    found = faults(folder, posterior)
    for words in ("patients = 2", "relapse_log_thetta", "line 2: survival = 1.3"):
        assert sum(words in line for line in found) == 1, (words, found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("response_rate,", "respons_rate,", 'line 2: name = "respons_rate": no such quantity, allowed response_rate'),
        ("name,value,n,low,high", "name,number,n,low,high", "columns"),
        (",,,\n", ",,0.1,\n", "line 2: low, high: one of them alone, allowed both or neither"),
        (",,,\n", ",,0.1,0.2\n", "line 2: low, high = 0.1, 0.2: allowed an interval around"),
        (",,,\n", ",2.5,,\n", "line 2: n = 2.5: allowed a whole number of 1 or more (patients)"),
        (",,,\n", ",many,,\n", 'line 2: n = "many": allowed a number'),
    ],
)
def test_a_bad_statistic_is_named(folder, posterior, old, new, expected):
    text = (folder / "my_statistics.csv").read_text(encoding="utf-8")
    (folder / "my_statistics.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = faults(folder, posterior)
    assert len(found) == 1 and expected in found[0], found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('file = "my_curve.csv"', 'file = "no.csv"', "no.csv: cannot be read: No such file or directory"),
        ('file = "my_curve.csv"', 'file = "my_curve.csv"\narm = "x"', 'curves[1].arm = "x": names no arm'),
        ('file = "my_curve.csv"', 'file = "my_curve.csv"\npoints = 3',
         "curves[1].points = 3: allowed whole number 5 to 20 points"),
        ('file = "my_curve.csv"', 'file = "my_curve.csv"\nendpoint = "pfs"',
         'curves[1].endpoint = "pfs": allowed os, rfs or efs'),
        ('statistics = "my_statistics.csv"', 'statistics = "no.csv"', "no.csv: cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_key_of_the_data_is_named(folder, posterior, old, new, expected):
    change(folder / "my_study.toml", old, new)
    found = faults(folder, posterior)
    assert len(found) == 1 and expected in found[0], found


def test_a_curve_beyond_the_follow_up(folder, posterior):
    change(folder / "my_study.toml", "minimum_follow_up_months = 18", "minimum_follow_up_months = 8")
    assert any("beyond the follow-up" in line for line in faults(folder, posterior))


# Scoring


def test_scales_have_inverses(folder, posterior):
    for target in targets_of(load_own_data(folder / "my_study.toml", posterior)):
        assert off_scale(target, on_scale(target, target.reported)) == pytest.approx(target.reported)
        edges = [on_scale(target, value) for value in (0.0, 1.0, math.nan, math.inf)]
        assert all(map(math.isfinite, edges))


def test_events_are_a_target(folder, posterior, point):
    """As many deaths as are seen in simulated studies of that size, pooled or not (n = 6,000 against 30 x 80)."""
    change(folder / "my_study.toml", 'at_risk = "my_at_risk.csv"', 'at_risk = "my_at_risk.csv"\ntotal_events = 43')
    data = load_own_data(folder / "my_study.toml", posterior)
    targets = targets_of(data)
    (at,) = [at for at, one in enumerate(targets) if one.label == "OS events"]
    assert targets[at].reported == 43 and targets[at].kind == "count"
    record = point.record()
    pooled = off_scale(targets[at], measured(data, targets, record, 6000, 0)[at])
    small = [off_scale(targets[at], measured(data, targets, record, 0, r)[at]) for r in range(30)]
    assert abs(np.mean(small) - pooled) < 4 * np.std(small) / math.sqrt(30)
    assert reading_errors(targets)[at] == 0.0 and reading_errors(targets)[0] > 0.0


def test_spread_from_the_interval_then_from_n_then_as_simulated(folder, posterior):
    change(folder / "my_statistics.csv", "response_rate,", "response_rate,0.9,,0.8,0.95\nsct_rate,0.5,40,,\ncr_rate,")
    targets = targets_of(load_own_data(folder / "my_study.toml", posterior))[8:11]
    drawn = np.random.default_rng(1).normal(0.0, 0.7, (2000, 3))
    found = spreads(targets, drawn)
    assert found[0] == pytest.approx((math.log(19.0) - math.log(4.0)) / 3.919927969)
    assert found[1] == pytest.approx(1.0 / math.sqrt(40 * 0.25))
    assert found[2] == pytest.approx(0.7, rel=0.06)


def test_whitener_leaves_singular_directions_out():
    """Two of three targets are the same number: two directions, unit covariance in each but for the finite sample."""
    rng = np.random.default_rng(5)
    base = rng.standard_normal((500, 2))
    covariance = np.cov(np.column_stack([base, base[:, 0]]), rowvar=False)
    white = whitener(covariance, 500)
    assert white.shape == (2, 3)
    assert white @ covariance @ white.T == pytest.approx(np.eye(2) * (500 - 4) / 499)


def test_a_target_that_never_varies_has_no_correlation():
    drawn = np.column_stack([np.random.default_rng(1).standard_normal(50), np.ones(50)])
    assert correlations(drawn) == pytest.approx(np.eye(2))


def test_step_is_the_normal_posterior():
    """One parameter, one target, prior N(0, 1), y = 3 x + N(0, 0.5^2), observed 3: by hand."""
    mean, covariance = step(
        np.zeros(1), np.eye(1), np.array([0.2]), np.array([0.6]), np.array([[3.0]]), np.array([3.0]), np.array([[2.0]])
    )
    precision = 1.0 + 9.0 / 0.25
    assert covariance[0, 0] == pytest.approx(1.0 / precision)
    assert mean[0] == pytest.approx(3.0 * 3.0 / 0.25 / precision)


def test_step_covers():
    """400 linear problems with 2 parameters and 5 correlated targets: the sum of squared z is chi-squared with 800
    degrees of freedom (mean 800, SD 40; within 4 SD)."""
    rng = np.random.default_rng(6)
    slopes, root = rng.standard_normal((5, 2)), np.tril(rng.standard_normal((5, 5))) + 2.0 * np.eye(5)
    prior = np.array([[1.0, 0.4], [0.4, 0.5]])
    white, total = np.linalg.inv(root), 0.0
    for _ in range(400):
        truth = rng.multivariate_normal(np.zeros(2), prior)
        observed = slopes @ truth + root @ rng.standard_normal(5)
        mean, covariance = step(np.zeros(2), prior, np.zeros(2), np.zeros(5), slopes, observed, white)
        total += (truth - mean) @ np.linalg.solve(covariance, truth - mean)
    assert abs(total - 800.0) < 160.0


def test_regression_tells_how_far_it_misses():
    moves = np.random.default_rng(7).standard_normal((60, 2))
    slopes, missed = regressed(moves, moves @ np.array([[1.0, 2.0], [0.5, -1.0]]))
    assert pytest.approx(np.array([[1.0, 2.0], [0.5, -1.0]])) == slopes.T and missed < 1e-12
    _, missed = regressed(moves, moves[:, :1] ** 2)
    assert missed > 0.5


# Recovery


def invent(folder, study, record, replicate=3):
    """Write what a paper would show of one simulated study: curve every two months, numbers at risk, response."""
    seen = seen_arm(study, 0, record, replicate)
    grid, risk = np.arange(0.0, 48.1, 2.0), np.arange(0.0, 48.1, 12.0)
    survival = np.minimum.accumulate(np.round(kaplan_meier(seen.follow_up_months, seen.dead, grid).survival, 3))
    at_risk = numbers_at_risk(seen.follow_up_months, risk)
    found = study_quantities(study, [seen])
    rows = [[name, round(found[Printed(name, "", "")], 4), "", "", ""] for name in ("response_rate", "rfs_24")]
    for name, head, lines in (
        ("my_curve.csv", ["time", "survival"], zip(grid, survival, strict=True)),
        ("my_at_risk.csv", ["time", "at_risk"], zip(risk, at_risk, strict=True)),
        ("my_statistics.csv", ["name", "value", "n", "low", "high"], rows),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *lines])


@pytest.mark.slow
def test_recovery_of_a_known_truth(folder, point, posterior):
    """n = 1,500, truth 1.5 prior SDs from the prior mean in both parameters: found within 4 posterior SDs, and the
    posterior is less than two thirds as wide as the prior (a fit that stayed at the prior would miss by 1.5 prior SDs,
    more than 2.25 posterior SDs each). The misfit is beyond what chance makes in
    99 % of studies before, and within it after."""
    change(folder / "my_study.toml", "patients = 80", "patients = 1500")
    names = ("relapse_log_theta", "log_kill_course_1")
    chosen = [posterior.names.index(name) for name in names]
    mean, sd = posterior.working[:, chosen].mean(axis=0), posterior.working[:, chosen].std(axis=0)
    truth = mean + 1.5 * sd * np.array([1.0, -1.0])
    invent(folder, load_study(folder / "my_study.toml"), point.record(**dict(zip(names, truth, strict=True))))
    found = refit(load_own_data(folder / "my_study.toml", posterior), point, posterior)
    narrow = np.sqrt(np.diag(found.covariance))
    assert np.all(np.abs(found.mean - truth) < 4.0 * narrow + 0.1 * sd), (found.mean, truth, narrow)
    assert np.all(np.abs(found.mean - mean) > 0.75 * sd)
    assert np.all(narrow < 0.67 * np.sqrt(np.diag(found.prior_covariance)))
    chance = chi2.isf(0.01, len(found.targets))
    assert found.misfit_after < chance < found.misfit_before


# The command


def test_command_writes_a_set_that_compare_takes(allpath, folder, posterior_file, monkeypatch):
    monkeypatch.setattr("calibration.own_fit.WAVES", 1)
    monkeypatch.setattr("calibration.own_fit.POOLED", 1000)
    arguments = ("calibrate", "--data", folder / "my_study.toml", "--posterior", posterior_file, "--out", "mine.json")
    code, out, err = allpath(*arguments)
    assert code == 0 and "relapse_log_theta" in out and "Joint misfit of 11 targets" in out and "mine.json" in err
    written = load_parameters("mine.json")
    assert written.origins["relapse_log_theta"].kind == "fitted"
    assert "refitted to" in written.origins["relapse_log_theta"].text
    shipped = load_parameters(DEFAULT_PARAMETERS)
    moved = {name for name in written.values if written.values[name] != shipped.values[name]}
    assert moved <= {"relapse_log_theta", "log_kill_course_1"}
    code, out, _ = allpath(
        "compare", "original_vs_modified", "--patients", "90", "--set", "parameters=mine.json", "--json"
    )
    assert code == 0 and one_document(out)["parameter_set"] == "mine.json"
    assert json.loads(Path("mine.json").read_text(encoding="utf-8"))["fit"]["n"] == 80


def test_command_refuses_in_words(allpath, folder, posterior_file):
    change(folder / "my_curve.csv", "0,1\n", "0,1.3\n")
    data = ("calibrate", "--data", folder / "my_study.toml", "--posterior", posterior_file)
    code, out, err = allpath(*data, "--out", "mine.json")
    assert code == 2 and out == "" and "line 2: survival = 1.3" in err and not Path("mine.json").exists()
    code, _, err = allpath(*data, "--out", "mine.txt")
    assert code == 2 and "allowed is a .json file" in err


def test_refit_of_pseudo_numbers_needs_no_curve(folder, posterior):
    change(folder / "my_study.toml", '[[curves]]\nfile = "my_curve.csv"\nat_risk = "my_at_risk.csv"\n', "")
    data = load_own_data(folder / "my_study.toml", posterior)
    assert data.curves == () and len(targets_of(data)) == 3
    assert replace(data, statistics=()).fit == data.fit
