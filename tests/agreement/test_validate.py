"""`allpath validate` from the problem to the folder: real studies, few of them, on a problem that knows nothing.

Rank of proof: agreement. The emulator of this problem says that every statistic is as published, whatever the
parameters: nothing can be learnt, so that draws are those of the prior and the judgements need not be good.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from calibration import validate
from calibration.emulator import Emulator
from calibration.priors import priors
from calibration.problem import Problem, save_problem
from calibration.spread import Spread
from calibration.studies import STUDIES
from calibration.targets import load_targets, on_scale, published
from calibration.validation import cross
from simulator.cli import run
from simulator.parameters import ParameterError, load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS
from simulator.sweep.attribution import fingerprint

FEW = 20


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """Written as `allpath posterior` writes it."""
    parameters, targets = load_parameters(DEFAULT_PARAMETERS), load_targets(STUDIES)
    found, t = priors(parameters), len(targets)
    p = len(found)
    middle = on_scale(targets, published(targets))
    emulator = Emulator(np.zeros(p), middle, np.zeros((t, p)), np.zeros((t, p, p)))
    about = {
        "id": "nothing",
        "parameter_set": parameters.id,
        "parameter_values": fingerprint(parameters),
        "studies": list(STUDIES),
        "targets": [one.id for one in targets],
        "parameters": [one.name for one in found],
    }
    path = tmp_path_factory.mktemp("problem") / "nothing.npz"
    spread = Spread(0.04 * np.eye(t), np.zeros(t), 4000, np.zeros(t))
    save_problem(Problem(parameters, found, targets, spread, emulator, about), path)
    return str(path)


@pytest.fixture(scope="module")
def result(problem, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross, "CHECKED", 3)
        patch.setattr(cross, "DESIGN", 6)
        patch.setattr(cross, "STEPS", 200)
        patch.setattr(validate, "RUN_REPLICATES", 4)
        folder = tmp_path_factory.mktemp("run")
        found = validate.validate(problem, FEW, 5, folder, lambda done, total: None, lambda words: None)
        assert not list(folder.iterdir())  # the journal of pooled runs goes when all is done
        return found


def test_every_judgement_is_there(result):
    data = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert set(data["studies"]) == {"kantarjian-2023", "wudhikarn-2022"}
    assert [block for block, one in data["left_out"].items() if not 0 < one["joint_p"] <= 1] == []
    assert {row["id"] for row in data["beside"]} == {"K128", "K129", "W078", "W081"}
    assert sum(row["simulated"] is not None for row in data["rows"]) > 100


def test_the_command_writes_a_folder_and_prints_it_again(result, problem, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(validate, "validate", lambda *_: result)
    out = tmp_path / "validation"
    assert run(["validate", "--problem", problem, "--out", str(out), "--studies", "500"]) == 0
    printed = capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert {"answer.txt", "report.html", "validation.json", "run.json", "positions.svg"} <= names
    monkeypatch.setattr(validate, "validate", None)  # a finished run is not made again
    assert run(["validate", "--problem", problem, "--out", str(out), "--studies", "500"]) == 0
    assert capsys.readouterr().out == printed
    assert run(["validate", "--problem", problem, "--out", str(out), "--studies", "500", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == result.as_json()
    assert run(["validate", "--problem", problem, "--out", str(out), "--studies", "600"]) == 2
    assert "studies" in capsys.readouterr().err


def test_bad_input_is_one_line(tmp_path, capsys):
    assert run(["validate", "--problem", str(tmp_path / "none.npz")]) == 2
    err = capsys.readouterr().err
    assert "none.npz" in err and "Traceback" not in err
    Path(tmp_path / "bad.npz").write_text("no archive")
    with pytest.raises(ParameterError):
        validate.identity(str(tmp_path / "bad.npz"), 500, 1)
