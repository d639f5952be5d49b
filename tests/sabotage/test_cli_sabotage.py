"""Every judge of the commands is shown the right answer, then a wrong one, and must go red."""

import copy
import json
import shutil

import pytest
import test_cli as judge

import simulator as ap

ARMS = {arm.name for arm in ap.load_scenario("sct_vs_no_sct").arms}


def red(judgement, *wrong):
    with pytest.raises(AssertionError):
        judgement(*wrong)


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1}{"b": 2}', '{"a": 1} done', '{"a": 1, "a": 2}']
)
def test_json_that_is_none(text):
    judge.one_document('{"a": 1}\n')
    red(judge.one_document, text)


@pytest.mark.parametrize(
    "outcome",
    [
        (0, "", "a.toml: wrong\n"),
        (1, "", "a.toml: wrong\n"),
        (2, "{}", "a.toml: wrong\n"),
        (2, "", "a.toml: wrong\na.toml: also\n"),
        (2, "", ""),
        (2, "", "\n"),
        (2, "", "Traceback a.toml: wrong\n"),
        (2, "", "a.toml: right\n"),
    ],
)
def test_faults_said_wrongly(outcome):
    judge.only_faults((2, "", "a.toml: wrong\n"), 1, "wrong")
    red(judge.only_faults, outcome, 1, "wrong")


@pytest.mark.parametrize(
    "outcome",
    [
        (1, "", "Usage: allpath\n\nError: No such option: --x\n"),
        (2, "x", "Usage: allpath\n\nError: No such option: --x\n"),
        (2, "", "Error: No such option: --x\n"),
        (2, "", "Usage: allpath\n\nError: No such option: --y\n"),
        (2, "", "Usage: allpath\nTraceback\nError: No such option: --x\n"),
    ],
)
def test_usage_said_wrongly(outcome):
    judge.usage((2, "", "Usage: allpath\n\nError: No such option: --x\n"), "--x")
    red(judge.usage, outcome, "--x")


def without(key, *path):
    def spoil(found):
        for part in path:
            found = found[part]
        del found[key]

    return spoil


def put(value, key, *path):
    def spoil(found):
        for part in path:
            found = found[part]
        found[key] = value

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        without("uncertainty"),
        put(1, "more"),
        without("sct", "arms"),
        put({}, "no_sct", "differences"),
        without("nrm", "arms", "sct"),
        without("36", "arms", "sct", "os"),
        put(0.5, "11", "arms", "sct", "os"),
        put(0.5, "12", "arms", "sct", "os"),
        without("low", "arms", "sct", "sct"),
        put(float("nan"), "low", "arms", "sct", "sct"),
        put("0.5", "value", "arms", "sct", "sct"),
        put(True, "value", "arms", "sct", "sct"),
        put(2.0, "low", "arms", "sct", "sct"),
        without("fatal", "arms", "sct", "sos"),
        without("60", "arms", "sct", "alive_in_remission_with_sct"),
        without("rfs", "differences", "sct"),
        without("nnt", "differences", "sct", "os", "36"),
        put(1.0, "nnt", "differences", "sct", "nrm", "36"),
        without("mc_se", "differences", "sct", "sct"),
        without("sos_any", "endpoints"),
    ],
)
def test_a_form_that_is_not_the_documented_one(summary, spoil):
    judge.form(summary, ARMS, True, True)
    wrong = copy.deepcopy(summary)
    spoil(wrong)
    red(judge.form, wrong, ARMS, True, True)


@pytest.mark.parametrize(("from_remission", "offers_differ"), [(False, True), (True, False)])
def test_a_form_for_another_scenario(summary, from_remission, offers_differ):
    red(judge.form, summary, ARMS, from_remission, offers_differ)


@pytest.mark.parametrize(
    "spoil",
    [
        without("fitted"),
        put(1, "more"),
        without("z", "rows", 0),
        put(1, "more", "rows", -1),
        put("restated", "role", "rows", 0),
        without("published", "ledger", 0),
        without("inside", "fitted"),
    ],
)
def test_a_reproduction_that_is_not_the_documented_one(reproduced, spoil):
    judge.reproduce_form(reproduced)
    wrong = copy.deepcopy(reproduced)
    spoil(wrong)
    red(judge.reproduce_form, wrong)


def test_shares_that_are_not_those_of_the_patients(summary):
    scenario = ap.load_scenario("sct_vs_no_sct", patients=judge.PATIENTS, seed=5)
    patients = ap.patients_table(scenario, "sct", judge.PATIENTS)
    arm, months = summary["arms"]["sct"], summary["report_months"]
    judge.shares_of_patients(arm, patients, months)
    red(judge.shares_of_patients, arm, patients.iloc[:-1], months)
    red(judge.shares_of_patients, summary["arms"]["no_sct"], patients, months)
    for change in (
        {"transplanted": 1 - patients["transplanted"]},
        {"sos": 1},
        {"os_months": patients["os_months"] + 6},
    ):
        red(judge.shares_of_patients, arm, patients.assign(**change), months)


def test_intervals_that_are_not_wilsons():
    judge.wilson({"value": 0.5, "low": 0.4038315303659956, "high": 0.5961684696340044}, 50, 100)
    judge.wilson({"value": 0.0, "low": 0.0, "high": 0.03699349820698437}, 0, 100)
    wald = {"value": 0.5, "low": 0.402001, "high": 0.597999}
    exact = {"value": 0.5, "low": 0.398321, "high": 0.601679}
    flat = {"value": 0.0, "low": 0.0, "high": 0.0}
    for wrong, x in ((wald, 50), (exact, 50), (flat, 0)):
        red(judge.wilson, wrong, x, 100)


def lost(name):
    return lambda folder: (folder / name).unlink()


def written(name, text):
    return lambda folder: (folder / name).write_text(text)


def added(name, text):
    return lambda folder: (folder / name).write_text((folder / name).read_text() + text)


@pytest.mark.parametrize(
    "spoil",
    [
        lost("os.svg"),
        lost("delivered.csv"),
        lost("report.html"),
        written("report.html", "no page"),
        written("influence.csv", "parameter,kind\n"),
        written("notes.txt", ""),
        written("os.png", "no picture"),
        written("occupancy.csv", "arm,month,state\n"),
        written("occupancy.csv", "arm,month,state,share\n"),
        added("occupancy.csv", "modified,60.0,dead,nan\n"),
        written("run.json", json.dumps({"patients": 91, "seed": 5, "scenario": {"name": "x", "question": ""}})),
        added("summary.json", "{}"),
        written("answer.txt", "No answer."),
        lambda folder: written("answer.txt", f"{(folder / 'answer.txt').read_text()} {folder}")(folder),
    ],
)
def test_a_folder_that_is_not_whole(finished, tmp_path, spoil):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    judge.run_folder(folder, 90, 5, "original_vs_modified")
    judge.same_files(finished[0], folder)
    spoil(folder)
    red(judge.run_folder, folder, 90, 5, "original_vs_modified")
    red(judge.same_files, finished[0], folder)


def test_an_answer_that_says_too_much():
    judge.an_answer("Is it?\nIntervals are Monte Carlo only. The rest is\nnot included.", "Is it?")
    for wrong in ("Is it? Yes.", "So it is. Monte Carlo only, the rest is not included."):
        red(judge.an_answer, wrong, "Is it?")
