"""Posterior problems that cannot be used are refused with one line: no traceback, exit code 2, nothing written."""

import json

import numpy as np
import pytest

from calibration.problem import POSTERIORS, load_problem, problem_path
from simulator.parameters import ParameterError

SHIPPED = POSTERIORS / "joint.npz"


def parts():
    with np.load(SHIPPED) as stored:
        return {name: stored[name] for name in stored.files}


def rewritten(path, **changes):
    kept = {name: value for name, value in (parts() | changes).items() if value is not None}
    np.savez_compressed(path, **kept)


def test_the_shipped_one_is_found_by_id_file_and_draws():
    assert problem_path("joint") == SHIPPED
    assert problem_path(SHIPPED.with_suffix(".parquet")) == SHIPPED
    assert load_problem("joint").about["id"] == "joint"


@pytest.mark.parametrize(
    "broken",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(SHIPPED.read_bytes()[:5000]),
        lambda path: rewritten(path, about="{}"),
        lambda path: rewritten(path, about="[]"),
        lambda path: rewritten(path, about="no json"),
        lambda path: rewritten(path, emulator_slope=None),
    ],
    ids=["empty", "cut", "no_keys", "a_list", "no_json", "no_slope"],
)
def test_a_broken_file_is_one_line(tmp_path, broken):
    path = tmp_path / "broken.npz"
    broken(path)
    with pytest.raises(ParameterError) as found:
        load_problem(path)
    assert found.value.faults == ["broken.npz: cannot be read; `allpath posterior` writes it"]


def test_one_made_for_other_values_says_so(tmp_path):
    about = json.loads(str(parts()["about"]))
    rewritten(tmp_path / "other.npz", about=json.dumps(about | {"parameter_values": "0" * 16}))
    with pytest.raises(ParameterError, match="made for other values of joint-point"):
        load_problem(tmp_path / "other.npz")


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ParameterError, match="nope: no such posterior, allowed joint or a file"):
        load_problem("nope")


def test_commands_refuse_before_the_work(allpath, tmp_path):
    (tmp_path / "file").write_text("x")
    for arguments in (("identify", "--out", tmp_path / "file"), ("recover", "--out", tmp_path / "file")):
        code, out, err = allpath(*arguments)
        assert (code, out) == (2, "") and err.count("\n") == 1 and "is a file, not a folder" in err
    code, out, err = allpath("calibrate", "--out", tmp_path / "a.json", "--json")
    assert (code, out) == (2, "") and "--json: needs --data" in err
    (tmp_path / "folder.json").mkdir()
    code, out, err = allpath("calibrate", "--out", tmp_path / "folder.json")
    assert (code, out) == (2, "") and "allowed is a .json file in an existing folder" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.json"]
