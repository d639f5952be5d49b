"""A small `allpath recover` on the model itself: one study, five parameters, fitted by the shipped machinery.

Rank of proof: statistical. 150 simulated trials, seed fixed; all tests together raise a false alarm with probability
0.05 at most. A 90 % interval that covers 75 % is caught with probability 0.95 (the test computes it).
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration import forest, identify_report, profile_report, recover_report
from calibration.declared import SAME_FIT, sentences
from calibration.detect import detect
from calibration.emulator import fit_emulator
from calibration.identify import identify
from calibration.misspecified import WORLDS
from calibration.posterior import write_draws
from calibration.power import power
from calibration.priors import positions, priors
from calibration.problem import Problem
from calibration.published_size import population_at
from calibration.ranks import false_alarm_each
from calibration.recover import Recovery, by_simulation, recover
from calibration.refit import refit
from calibration.spread import estimate_spread
from calibration.studies import STUDIES
from calibration.targets import load_targets
from simulator.parameters import ParameterError, load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS
from simulator.sweep.attribution import fingerprint

ROOT = Path(__file__).resolve().parents[2]
FREE = ("early_death_log_odds", "transplant_death_log_theta", "sos_log_odds", "relapse_log_theta", "salvage_log_odds")
ROWS = ("K091", "K142", "K153", "K167", "K177", "K108", "K109", "K105", "K106", "K107", "K159", "K132")
STUDY = STUDIES["kantarjian-2023"]
POOLED, STUDIES_SIMULATED, SEED = 60, 150, 11
DESIGN = 40


def silent(done, total):
    pass


@pytest.fixture(scope="module")
def problem():
    """Priors of the shipped set, a spread and an emulator from a few seconds of simulation."""
    parameters = load_parameters(DEFAULT_PARAMETERS)
    found = tuple(one for one in priors(parameters) if one.name in FREE)
    targets = tuple(one for one in load_targets([STUDY.name]) if one.id in ROWS)
    spread = estimate_spread([STUDY], targets, parameters.record(), SEED, replicates=20 * len(targets))
    about = {
        "id": "small",
        "parameter_set": parameters.id,
        "parameter_values": fingerprint(parameters),
        "targets_sha256": "small",
        "studies": [STUDY.name],
        "targets": [one.id for one in targets],
        "parameters": [one.name for one in found],
    }
    empty = Problem(parameters, found, targets, spread, None, about)

    def simulate(xs):
        return np.array([population_at(empty, [STUDY], targets, x, SEED, 0, POOLED) for x in xs])

    x = positions(found, parameters)
    design = x + 0.5 * np.random.default_rng(SEED).standard_normal((DESIGN, len(x)))
    return replace(empty, emulator=fit_emulator(design, simulate(design), x))


def test_known_truths_are_recovered(problem):
    simulate = by_simulation(problem, [STUDY], SEED, POOLED)
    found = recover(problem, refit(problem), simulate, STUDIES_SIMULATED, SEED, silent)
    wrong = [f"{one.name}: {', '.join(one.flagged)}" for one in found.judged() if one.flagged]
    assert wrong == []
    assert {"K108", "K109", "log_likelihood", "relapse_log_theta"} <= set(found.names)
    assert power(STUDIES_SIMULATED, 0.75, false_alarm_each(len(found.names))) >= 0.95


def test_a_world_with_another_rule_goes_through(problem):
    """The whole way of one world; how often it is found takes more studies than a test has."""
    (world,) = [one for one in WORLDS if one.name == "latency_reset"]
    best = refit(problem)
    (found,) = detect(problem, best, [STUDY], [world], 12, SEED, silent)
    assert found.world is world
    for values in (found.null_deviance, found.null_amount, found.deviance, found.amount):
        assert values.shape == (12,) and np.all(np.isfinite(values))
    assert not np.array_equal(found.deviance, found.null_deviance)
    assert found.published_deviance == best.deviance()
    assert 1 / 13 <= found.p("deviance") <= 1.0
    told = recover_report.as_json(problem, Recovery(("K108",), np.full((50, 1), 0.5)), [found], SEED)
    assert told["misspecifications"][0]["detected"] in (True, False)
    documented(told, "recover")
    text = recover_report.as_text(told)
    assert "OS at 36 months, original" in text and "latency_reset: If the latency" in text
    assert kept_recovery_is_used(problem, told)


def kept_recovery_is_used(problem, told):
    """What `recover` found is what `identify` declares."""
    return told["fit"] == {key: problem.about[key] for key in SAME_FIT} and len(list(sentences(told))) == 1


def documented(data, command):
    """Every key stands in the page of the JSON forms, in the section of its command."""
    section = (ROOT / "docs" / "json.md").read_text(encoding="utf-8").split(f"\n## {command}\n")[1].split("\n## ")[0]
    told = set(re.findall(r"`(\w+)`", section))
    free = {"coverage", "weights"}  # objects whose keys are levels and parameters

    def check(value, key=""):
        if isinstance(value, dict) and key not in free:
            assert set(value) <= told, set(value) - told
            for name, one in value.items():
                check(one, name)
        elif isinstance(value, list):
            for one in value:
                check(one)

    check(data)


def test_identify_tells_the_same_in_words_and_in_json(problem, tmp_path):
    laplace = refit(problem)
    sd = np.sqrt(np.diagonal(laplace.covariance))
    told = {one.name: {"shrinkage": 1.0 - float(sd[i])} for i, one in enumerate(problem.priors)}
    metadata = {key: problem.about[key] for key in ("id", "parameter_values", "targets_sha256")} | {"parameters": told}
    write_draws(tmp_path / "small.parquet", problem, laplace.draws(4000, SEED).reshape(4, 1000, -1), metadata)
    found = identify(problem, tmp_path / "small.parquet")
    data, text = identify_report.as_json(found, None), identify_report.as_text(found, None)
    documented(data, "identify")
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert {one["name"] for one in data["parameters"]} == set(FREE)
    for one in data["parameters"]:
        assert one["label"] == ("prior" if one["shrinkage"] < 0.2 else "informed")
        assert f"  {one['name']} " in text
    # early deaths are what tells of early deaths, and SOS of SOS
    by_name = {one["name"]: one for one in data["parameters"]}
    assert by_name["early_death_log_odds"]["informed_by"][0]["target"] == "K091"
    assert by_name["sos_log_odds"]["informed_by"][0]["target"] == "K167"
    forest.draw(data, tmp_path)
    of_one = profile_report.as_json(found, found.column("sos_log_odds"))
    documented(of_one, "identify")
    assert max(one["log_likelihood"] for one in of_one["profile"]) == 0.0
    assert "sos_log_odds" in profile_report.as_text(of_one)
    profile_report.draw(of_one, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"forest.svg", "forest.png", "profile_sos_log_odds.svg"}
    with pytest.raises(ParameterError, match="--parameter = graft_failure"):
        found.column("graft_failure")
