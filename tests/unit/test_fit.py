"""The journal of evaluations, priors, the small fit on Kantarjian 2023, and what the commands refuse.

Rank of proof: contract; the search itself is judged in test_emulator.py, the likelihood in test_likelihood.py.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from commands import command
from toys import linear_normal

from calibration.evaluations import Evaluations
from calibration.fit import chosen, described, diagnostics, targets_hash
from calibration.likelihood import likelihood
from calibration.optimum import Optimum
from calibration.priors import NORMAL_975, positions, priors, values
from calibration.problem import load_problem, save_problem
from calibration.spread import estimate_spread
from calibration.studies import STUDIES
from calibration.targets import load_targets, published
from simulator.parameters import DEFINITIONS, ParameterError, load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

PARAMETERS = load_parameters(DEFAULT_PARAMETERS)
PRIORS = priors(PARAMETERS)
STUDY = STUDIES["kantarjian-2023"]
TARGETS = load_targets([STUDY.name])


def quiet(done, total):
    """No progress."""


@pytest.fixture
def evaluations(tmp_path):
    return Evaluations((STUDY,), TARGETS, PARAMETERS, PRIORS, 4, 1, tmp_path / "journal.jsonl")


def test_every_parameter_with_a_range_has_a_prior_that_its_range_gives():
    ranged = [one.name for one in DEFINITIONS if PARAMETERS.origins[one.name].low < PARAMETERS.origins[one.name].high]
    assert [one.name for one in PRIORS] == ranged
    for one in PRIORS:
        origin = PARAMETERS.origins[one.name]
        low, high = one.value(np.array([-NORMAL_975, NORMAL_975]))
        assert (low, high) == pytest.approx((max(origin.low, one.low), min(origin.high, one.high)), abs=2e-3)


def test_positions_and_values_are_inverse_and_stay_inside_the_bounds():
    x = positions(PRIORS, PARAMETERS)
    for name, value in values(PRIORS, x).items():
        assert value == pytest.approx(PARAMETERS.values[name], rel=1e-9, abs=1e-3)
    far = values(PRIORS, np.full(len(PRIORS), 40.0))
    assert all(one.low <= far[one.name] <= one.high for one in PRIORS)


def test_a_stopped_run_finds_its_evaluations_again(evaluations):
    xs = [np.zeros(len(PRIORS)), np.full(len(PRIORS), 0.1)]
    first = evaluations.many(xs, [0, 0], quiet)
    with evaluations.journal.open("a") as file:
        file.write('{"key": "torn')
    seen = []
    again = evaluations.many([*xs, xs[0]], [0, 0, 4], lambda done, total: seen.append((done, total)))
    assert np.array_equal(again[:2], first, equal_nan=True)
    assert seen == [(2, 3), (3, 3)]
    assert not np.array_equal(again[2], first[0])  # other patients


def test_another_parameter_set_or_size_is_another_evaluation(evaluations):
    x = np.zeros(len(PRIORS))
    evaluations.many([x], [0], quiet)
    for other in (replace(evaluations, replicates=5), replace(evaluations, seed=2)):
        seen = []
        other.many([x], [0], lambda done, total, seen=seen: seen.append(done))
        assert seen == [0, 1]
    assert len({json.loads(line)["key"] for line in evaluations.journal.read_text().splitlines()}) == 3


def test_spread_has_the_binomial_variance_and_asks_for_enough_studies():
    """1,200 studies: a share of n has variance p (1 - p) / n to within 15 %, five times its standard error of 4 %."""
    spread = estimate_spread((STUDY,), TARGETS, PARAMETERS.record(), 3, 1200)
    total = next(i for i, one in enumerate(TARGETS) if one.id == "K055")
    observed = STUDY.statistics(STUDY.simulate(PARAMETERS.record(), 200, 4))
    p = TARGETS[total].measured(observed)
    assert spread.covariance[total, total] == pytest.approx(p * (1 - p) / 110, rel=0.2)
    assert np.linalg.eigvalsh(spread.covariance).min() > -1e-12
    with pytest.raises(ValueError, match="at least"):
        estimate_spread((STUDY,), TARGETS, PARAMETERS.record(), 3, 100)


def test_diagnostics_say_how_good_and_made_of_what(evaluations):
    free = np.array([0, 1])
    x = positions(PRIORS, PARAMETERS)
    m = evaluations.one(x)
    spread = estimate_spread((STUDY,), TARGETS, PARAMETERS.record(), 3, 1200)
    wanted = likelihood(TARGETS, spread, published(TARGETS))
    found = diagnostics(evaluations, Optimum(x, m, np.zeros((len(m), 2)), -1.0, False), wanted, free, quiet)
    assert found["targets_sha256"] == targets_hash()
    assert found["deviance"][STUDY.name] == pytest.approx(np.sum(wanted.residuals(m) ** 2), abs=0.01)
    assert found["log_likelihood_noise_sd"] > 0
    assert "NOT converged" in described(found)
    assert "NOT converged" not in described(found | {"converged": True})


def test_a_problem_reads_back_and_is_refused_for_other_values_or_targets(tmp_path):
    toy = linear_normal()[0]
    about = {
        "studies": [STUDY.name],
        "parameter_set": PARAMETERS.id,
        "parameter_values": "0" * 16,
        "targets": ["K001"],
        "parameters": ["none"],
    }
    path = tmp_path / "toy.npz"
    save_problem(replace(toy, about=about), path)
    with pytest.raises(ParameterError) as refused:
        load_problem(path)
    assert len(refused.value.faults) == 3
    with pytest.raises(ParameterError, match=r"nothing\.npz: no such posterior"):
        load_problem(tmp_path / "nothing.npz")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("calibrate kantarjian-2032 --out set.json", ["unknown study", "joint", "kantarjian-2023"]),
        ("calibrate joint --out set.txt", [".json"]),
        ("posterior --out draws.csv", [".parquet"]),
        ("posterior --study nobody --out draws.parquet", ["unknown study"]),
    ],
)
def test_bad_input_is_one_line_each_and_exit_code_2(line, words, capsys):
    code, _, told = command(capsys, *line.split())
    assert code == 2
    assert all(word in told for word in words) and "Traceback" not in told


def test_joint_is_every_study():
    assert [study.name for study in chosen("joint")] == list(STUDIES)
