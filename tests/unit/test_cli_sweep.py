"""`allpath sweep` and `allpath attribute` as a user meets them: exit codes, faults, folders, JSON.

Rank of proof: contract.
"""

import json

import pytest

from simulator.cli import run

TEXT = """
question = "How long?"
population = "kantarjian-2023"
horizon_months = 36
report_months = [12, 36]
patients = 200
seed = 7
base = "mini_hyper_cvd_ino"
[[axes]]
key = "transplant.minimum_interval_weeks"
values = [4, 12]
"""


@pytest.fixture
def allpath(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.toml").write_text(TEXT, encoding="utf-8")

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_sweep_prints_its_answer_and_keeps_it(allpath, tmp_path):
    code, out, err = allpath("sweep", "my.toml", "--attribution", "100")
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    assert code == 0
    assert folder.name.startswith("my-")
    assert f"figures, tables and summary.json: results/runs/{folder.name}" in err
    assert "2 points x 200 simulated patients" in out
    assert "OS at 36 months is highest at" in " ".join(out.split())
    code, again, err = allpath("sweep", "my.toml", "--attribution", "100")
    assert (code, again) == (0, (folder / "answer.txt").read_text(encoding="utf-8") + "\n")
    assert "already done" in err


def test_json_is_the_summary_and_writes_nothing_unasked(allpath, tmp_path):
    code, out, _ = allpath("sweep", "my.toml", "--json", "--attribution", "0")
    assert code == 0
    assert not (tmp_path / "results").exists()
    document = json.loads(out)
    code, _, _ = allpath("sweep", "my.toml", "--out", "kept", "--attribution", "0", "--workers", "1")
    assert document == json.loads((tmp_path / "kept" / "summary.json").read_text(encoding="utf-8"))
    assert document["attribution"] == {"none": "not asked for (--attribution 0)"}


def test_all_faults_one_line_each_nothing_written(allpath, tmp_path):
    (tmp_path / "my.toml").write_text(TEXT.replace("12]", "120]").replace("seed = 7", "seed = -7"), encoding="utf-8")
    code, out, err = allpath("sweep", "my.toml")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 2
    assert "axes[1].values = 120" in err
    assert "seed = -7" in err
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sweep", "interval_by_acts"), "no such file, allowed a file or a shipped name: interval_by_act"),
        (("sweep", "my.toml", "--patients", "0"), "patients = 0"),
        (("sweep", "my.toml", "--set", "strategy.transplant.mrd=some"), 'strategy.transplant.mrd = "some"'),
        (("sweep", "my.toml", "--attribution", "-1"), "attribution"),
        (("sweep", "my.toml", "--out", "my.toml"), "is a file, not a folder"),
        (("attribute", "kantarjian-2024", "--out", "x.json"), "unknown study"),
        (("attribute", "kantarjian-2023", "--out", "x.csv"), "allowed is a .json file in an existing folder"),
        (("attribute", "kantarjian-2023", "--out", "x.json", "--parameters", "none"), "no such parameter set"),
    ],
)
def test_bad_input_is_exit_code_2(allpath, tmp_path, arguments, said):
    code, out, err = allpath(*arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]


def test_a_folder_of_something_else_is_refused(allpath, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thing.txt").write_text("mine", encoding="utf-8")
    code, _, err = allpath("sweep", "my.toml", "--out", "other")
    assert code == 2
    assert "not empty and not a run folder" in err
