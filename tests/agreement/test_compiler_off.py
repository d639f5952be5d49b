"""The same rules compiled and plain: 150 patients under each base strategy live the same lives.

Rank of proof: double programmed (numba's machine code v the Python interpreter). Times agree to 1e-9
relative, all integers exactly; a NaN or a never must be one in both.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from lives_without_compiler import STRATEGIES, records

import simulator
from simulator.patient import PATIENT_DTYPE

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PATIENTS = 150
HOUSE = Path(simulator.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "lives.npz"
    subprocess.run(
        [sys.executable, "-W", "ignore", str(GOLDEN / "lives_without_compiler.py"), str(path), str(PATIENTS)],
        check=True, cwd=HOUSE, env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(HOUSE)},
    )  # fmt: skip
    return dict(np.load(path))


def differences(a, b):
    """Names of the fields in which two sets of lives are not the same."""
    found = []
    for name in PATIENT_DTYPE.names:
        if a[name].dtype.kind in "iu":
            same = np.array_equal(a[name], b[name])
        else:
            same = np.allclose(a[name], b[name], rtol=1e-9, atol=1e-9, equal_nan=True)
        if not same:
            found.append(name)
    return found


@pytest.mark.parametrize("name", STRATEGIES)
def test_compiled_and_plain_lives_are_the_same(name, plain):
    ours = {field: plain[f"{name}/{field}"] for field in PATIENT_DTYPE.names}
    compiled_lives = records(name, PATIENTS)
    assert differences(compiled_lives, ours) == []
    assert np.isfinite(ours["remission_day"]).sum() > 50
    assert len(set(ours["death_cause"])) >= 4


def test_the_strategies_differ(plain):
    assert len({plain[f"{name}/death_day"].tobytes() for name in STRATEGIES}) == len(STRATEGIES)


def test_sabotage_a_relative_error_of_1e_7_or_a_count_of_one_is_seen(plain):
    ours = {field: plain[f"modified/{field}"].copy() for field in PATIENT_DTYPE.names}
    row = np.flatnonzero(np.isfinite(ours["death_day"]))[0]
    wrong = ours | {"death_day": ours["death_day"].copy(), "courses": ours["courses"].copy()}
    wrong["death_day"][row] *= 1.0 + 1e-7
    assert differences(ours, wrong) == ["death_day"]
    wrong["courses"][3] += 1
    assert differences(ours, wrong) == ["courses", "death_day"]
    wrong = ours | {"relapse_day": np.where(np.isnan(ours["relapse_day"]), np.inf, ours["relapse_day"])}
    assert differences(ours, wrong) == ["relapse_day"]
