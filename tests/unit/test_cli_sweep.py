"""`allpath sweep` and `allpath attribute` as a user meets them: exit codes, faults, folders, JSON.

Rank of proof: contract.
"""

import json

import pytest

from simulator.cli import run
from simulator.sweep import attribution

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


# Runs that are stopped


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "journal.jsonl"}


class StoppedHalfWay:
    """A progress bar during which somebody presses Ctrl-C."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __call__(self, done, total):
        if done >= total // 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stopped_in", ["simulation", "band"])
def test_an_interrupted_sweep_goes_on_and_ends_with_the_same_bytes(allpath, tmp_path, monkeypatch, stopped_in):
    """Stopped among its patients, or when all of them are in and the band is worked out."""
    monkeypatch.setattr("simulator.runner.LIVES_PER_BLOCK", 200)
    monkeypatch.setattr("simulator.runner.HAND_IN_SECONDS", 0.0)
    monkeypatch.setattr(attribution, "fingerprint", lambda _: attribution.load_draws().parameter_values)
    patients = 20_000  # 200 blocks
    call = ("sweep", "my.toml", "--patients", patients, "--attribution", "100", "--workers", "1", "--out")
    assert allpath(*call, "whole")[0] == 0
    with monkeypatch.context() as patched:
        if stopped_in == "simulation":
            patched.setattr("simulator.cli.sweeping.Progress", StoppedHalfWay)
        else:
            patched.setattr(attribution, "band_of", lambda *_: StoppedHalfWay()(1, 1))
        code, out, err = allpath(*call, "run")
    (listed,) = json.loads(allpath("runs", "run", "--json")[1])
    assert (code, out) == (130, "")
    assert f"interrupted at {listed['done']:,} of 20,000 patients; the same command goes on from there" in err
    half_way = patients / 2 <= listed["done"] < patients
    assert half_way if stopped_in == "simulation" else listed["done"] == patients
    assert (listed["kind"], listed["state"]) == ("sweep", "interrupted")
    assert (listed["arms"], listed["patients"], listed["scenario"]) == (2, patients, "my")
    code, out, _ = allpath(*call, "run")
    assert code == 0 and "2 points x 20,000" in out
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
    assert {"report.html", "sweep.svg", "answer.txt"} <= contents(tmp_path / "run").keys()
    (listed,) = json.loads(allpath("runs", "run", "--json")[1])
    assert (listed["state"], listed["done"]) == ("finished", patients)


def test_another_grid_or_band_is_another_run(allpath, tmp_path):
    call = ("sweep", "my.toml", "--out", "run", "--attribution")
    assert allpath(*call, "0")[0] == 0
    before = contents(tmp_path / "run")
    code, out, err = allpath(*call, "100")
    assert (code, out) == (2, "") and "attribution.band_patients (0 there, 100 asked)" in err
    (tmp_path / "my.toml").write_text(TEXT.replace("[4, 12]", "[4, 16]"), encoding="utf-8")
    code, out, err = allpath(*call, "0")
    assert (
        (code, out) == (2, "")
        and "different: scenario.arms.at_16, " in err
        and "values ([4, 12] there, [4, 16] asked)" in err
    )
    (tmp_path / "my.toml").write_text(TEXT.replace("[[axes]]", "[[axes]]\ntitle = 'Wait'"), encoding="utf-8")
    code, out, err = allpath(*call, "0")
    assert (code, out) == (2, "") and "sweep.axes" in err
    assert contents(tmp_path / "run") == before


# Shown in full


def test_show_prints_a_sweep_in_full(allpath):
    code, out, err = allpath("show", "interval_by_act")
    assert (code, err) == (0, "")
    assert out.startswith("Sweep interval_by_act: How long should one wait")
    assert all(len(line) <= 140 for line in out.splitlines())
    rows = [line.split() for line in out.splitlines()]
    assert [
        "27",
        "stop_ino_early_and_blinatumomab_20",
        "4",
        "8",
        "false",
        "20.0",
        "stop_ino_early_and_blinatumomab",
    ] in rows
    grid = "axis 1 transplant.minimum_interval_weeks weeks 4, 6, 8, 10, 12, 14, 16, 18, 20"
    assert grid in [" ".join(row) for row in rows]
    assert "27 on base mini_hyper_cvd_ino" in out and "inotuzumab.later_course_doses_mg_per_m2" in out
    assert not any(row[:1] == ["reference"] for row in rows)


def test_show_of_an_own_sweep_with_settings(allpath, tmp_path):
    code, out, _ = allpath("show", "my.toml", "--set", "strategy.transplant.max_age_years=60", "--json")
    found = json.loads(out)
    assert code == 0 and found.keys() == {"scenario", "sweep"}
    ages = [arm["strategy"]["transplant"]["max_age_years"] for arm in found["scenario"]["arms"]]
    assert ages == [60.0, 60.0] and found["sweep"]["axes"][0]["values"] == [4, 12]
    call = ("sweep", "my.toml", "--set", "strategy.transplant.max_age_years=60", "--out", "run", "--attribution", "0")
    assert allpath(*call)[0] == 0
    identity = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert {key: identity[key] for key in found} == found


def test_show_of_a_wrong_sweep_tells_its_faults(allpath, tmp_path):
    (tmp_path / "my.toml").write_text(TEXT.replace("12]", "120]"), encoding="utf-8")
    code, out, err = allpath("show", "my.toml")
    assert (code, out) == (2, "") and "axes[1].values = 120" in err


# Sabotage


def test_sabotage_one_byte_in_one_file_is_seen(allpath, tmp_path):
    assert allpath("sweep", "my.toml", "--attribution", "0", "--out", "run")[0] == 0
    before = contents(tmp_path / "run")
    page = tmp_path / "run" / "report.html"
    page.write_bytes(page.read_bytes() + b" ")
    with pytest.raises(AssertionError):
        assert contents(tmp_path / "run") == before
