"""`allpath compare --clock`: what a user sees of wards.

Rank of proof: contract of the command line; the numbers are judged elsewhere.
"""

import json

import pytest

from simulator import cli
from simulator.comparison.not_identified import SCT_EFFECT, SOS_ATTRIBUTION
from simulator.ward.folder import FRAMES

SMALL = (
    "--patients", "240", "--set", "ward.patients_per_replicate=120", "--set", "ward.warm_up_months=1",
    "--set", "ward.run_out_months=1", "--set", "arms.eight_beds.ward.sct_beds=3",
    "--set", "arms.six_beds.ward.sct_beds=1", "--set", "ward.donor_search_desks=6",
)  # fmt: skip
FIGURES = ("survival", "bed_over_time", "bed_waits", "search_over_time", "search_waits")


def run(capsys, *arguments):
    code = cli.run(["compare", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("wards") / "run"
    assert cli.run(["compare", "two_beds_fewer", *SMALL, "--out", str(target), "--workers", "1"]) == 0
    return target


def test_the_run_folder_is_whole(folder):
    files = {
        "run.json",
        "journal.jsonl",
        "report.html",
        "summary.json",
        "answer.txt",
        *(f"{name}.csv" for name in FRAMES),
    }
    assert {path.name for path in folder.iterdir()} == files | {
        f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")
    }
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["clock"], summary["replicates"], summary["patients"]) == ("ward", 2, 240)
    assert set(summary["arms"]) == {"eight_beds", "six_beds", "six_beds_mrd_first"}
    assert summary["not_identified"][:2] == [SCT_EFFECT, SOS_ATTRIBUTION]
    run_json = json.loads((folder / "run.json").read_text())
    assert run_json["scenario"]["ward"]["donor_search_desks"] == 6


def test_the_answer_says_who_waits_and_what_is_not_identified(folder):
    text = (folder / "answer.txt").read_text()
    for words in (
        "2 wards of 120 patients", "Nothing scarce", "Bed: had to wait", "Search desk: had to wait",
        "Difference from: Eight beds", "with nothing scarce", "not identified", "t-intervals over replicates",
    ):  # fmt: skip
        assert words in text.replace("\n", " "), words
    assert max(map(len, text.splitlines())) <= 110


def test_a_finished_run_is_printed_and_another_refused(folder, capsys):
    code, out, err = run(capsys, "two_beds_fewer", *SMALL, "--out", str(folder))
    assert code == 0 and "already done" in err and out.strip() == (folder / "answer.txt").read_text().strip()
    code, out, err = run(capsys, "two_beds_fewer", *SMALL, "--seed", "5", "--out", str(folder))
    assert code == 2 and out == "" and "holds another run" in err


def test_the_same_bytes_again_with_two_workers(folder, tmp_path, capsys):
    target = tmp_path / "again"
    assert run(capsys, "two_beds_fewer", *SMALL, "--out", str(target), "--workers", "2")[0] == 0
    for path in folder.iterdir():
        if path.name == "journal.jsonl":
            continue
        assert (target / path.name).read_bytes() == path.read_bytes(), path.name


def test_json_is_the_summary(folder, capsys):
    code, out, _ = run(capsys, "two_beds_fewer", *SMALL, "--json")
    assert code == 0 and json.loads(out) == json.loads((folder / "summary.json").read_text())


def test_too_few_patients_are_one_line(tmp_path, capsys):
    code, out, err = run(capsys, "two_beds_fewer", "--patients", "1000", "--out", str(tmp_path / "x"))
    assert code == 2 and out == "" and len(err.strip().splitlines()) == 1 and "two wards" in err
    assert not (tmp_path / "x").exists()


def test_by_the_cohort_clock_the_limits_are_left_out_and_that_is_said(capsys):
    code, out, err = run(capsys, "two_beds_fewer", "--patients", "200", "--clock", "cohort", "--json")
    assert code == 0 and "nothing is scarce" in err
    assert json.loads(out)["differences"]["six_beds"]["os"]["36"]["value"] == 0.0


def test_by_the_ward_clock_an_ordinary_scenario_gives_the_same_bytes(capsys):
    arguments = ("original_vs_modified", "--patients", "300", "--json")
    ward, cohort = (run(capsys, *arguments, "--clock", clock) for clock in ("ward", "cohort"))
    assert ward[0] == cohort[0] == 0 and ward[1] == cohort[1]


def test_no_other_clock(capsys):
    code, out, err = run(capsys, "original_vs_modified", "--clock", "wall")
    assert code == 2 and out == "" and "cohort" in err and "ward" in err
