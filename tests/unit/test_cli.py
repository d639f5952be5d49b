"""The commands, as a user and as a program meet them: exit codes, faults, JSON, run folders.

Rank of proof: contract. The judges (functions that take what a command gave and assert) are shown wrong answers
in tests/sabotage/test_cli_sabotage.py. Simulating commands run on a few patients, the rest without any.
"""

import csv
import math
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import jsonschema
import pytest
from commands import PATIENTS, SMALL, TWO_ARMS, one_document

import simulator as ap
from simulator.sweep import shipped_sweeps

HEAVY = ("numba", "matplotlib", "lifelines", "pandas")
INVALID = Path(__file__).resolve().parents[1] / "scenarios" / "invalid"

FIGURES = ("os", "rfs", "os_from_cr", "relapse_and_nrm", "states", "os_differences")
COLUMNS = {
    "estimates": "arm endpoint month value low high n",
    "differences": "arm endpoint month value low high mc_se variance_reduction nnt",
    "curves": "arm endpoint month value low high at_risk",
    "occupancy": "arm month state share",
    "longer_shorter": "arm quantity month luck value low high",
    "contrasts": "arm contrast label month n_sct survival_sct n_no_sct survival_no_sct difference low high",
    "delivered": "arm patients inotuzumab_courses_mean inotuzumab_courses_median inotuzumab_mg_per_m2_median "
    "blinatumomab_share blinatumomab_courses_mean blinatumomab_courses_median sct_share sct_month_median "
    "interval_weeks_median interval_weeks_lower_quartile interval_weeks_upper_quartile",
    "influence": "parameter kind low high arm shift_low shift_high change mc_se patients screened_only",
}
RUN_FOLDER = {
    "run.json", "journal.jsonl", "summary.json", "answer.txt", "report.html", "results.parquet",
    *(f"{name}.csv" for name in COLUMNS),
    *(f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")),
}  # fmt: skip

# The JSON form of `compare --json`, docs/json.md.
TOP = [
    "scenario", "question", "patients", "seed", "parameter_set", "reference", "horizon_months", "report_months",
    "uncertainty", "endpoints", "arms", "differences", "longer_shorter", "contrasts", "not_identified",
]  # fmt: skip
FROM_DAY_1, FROM_REMISSION = ("os", "efs"), ("rfs", "os_from_cr")
INCIDENCE_FROM_DAY_1 = ("refractory", "relapse_from_day_1", "nrm_from_day_1")
INCIDENCE_FROM_REMISSION = ("relapse", "nrm")
AT_ONCE = ("response", "cr", "crp", "cri", "dead_by_day_28", "mrd_negative_at_response")
IN_REMISSION = ("alive_in_remission_with_sct", "alive_in_remission_without_sct")

# The rows of `reproduce --json`.
ROW = (
    "id quantity subgroup n unit role reported simulated published_low published_high predictive_low predictive_high "
    "inside_published inside_predictive z reading"
)


# The lines of Fig. 1F in it.
COMPARATOR_ROW = (
    "id regimen quantity unit n published published_low published_high "
    "case_mix simulated predictive_low predictive_high"
)


# Judges


def only_faults(outcome, lines, *words):
    """Exit code 2, nothing on stdout, so many lines on stderr, no traceback, each word said."""
    code, out, err = outcome
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == lines and all(line.strip() for line in err.splitlines()), err
    assert "Traceback" not in err and "pydantic" not in err and "http" not in err
    for word in words:
        assert word in err, err


def usage(outcome, *words):
    """The parser's own words: usage, an empty line, one error."""
    code, out, err = outcome
    assert (code, out) == (2, "") and err.startswith("Usage: allpath") and "Traceback" not in err
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0], err


def form(summary, at_all, from_remission, offers_differ):
    """The exact keys of `compare --json` with all endpoints; the flags say what the scenario's arms share."""
    assert list(summary) == TOP
    months = [str(month) for month in summary["report_months"]]
    horizon = sorted({*months, str(summary["horizon_months"])}, key=int)
    survival = FROM_DAY_1 + FROM_REMISSION
    incidence = INCIDENCE_FROM_DAY_1 + INCIDENCE_FROM_REMISSION
    assert set(summary["endpoints"]) == {*survival, *incidence, "sct", "sos_any", "sos_severe", "sos_fatal"}
    assert set(summary["arms"]) == at_all
    for arm in summary["arms"].values():
        medians = {f"{kind}_{end}_months" for kind in ("median", "rmst") for end in survival}
        assert set(arm) == {*survival, *incidence, *medians, "sos", "sct", *AT_ONCE, *IN_REMISSION}
        for end in (*survival, *incidence, *(f"rmst_{end}_months" for end in survival)):
            by_month(arm[end], months, set())
        for end in IN_REMISSION:
            by_month(arm[end], horizon, set())
        by_month(arm["sos"], ["any", "severe", "fatal"], set())
        for end in ("sct", *AT_ONCE, *(f"median_{end}_months" for end in survival)):
            number(arm[end], set())
    assert set(summary["differences"]) == at_all - {summary["reference"]}
    for difference in summary["differences"].values():
        lasting = FROM_DAY_1 + FROM_REMISSION * from_remission
        falling = INCIDENCE_FROM_DAY_1 + INCIDENCE_FROM_REMISSION * from_remission
        medians = {f"{kind}_{end}_months" for kind in ("median", "rmst") for end in lasting}
        assert set(difference) == {*lasting, *falling, *medians, "sos", "sct"}
        more = {"mc_se", "variance_reduction"}
        for end in lasting:
            by_month(difference[end], months, more | ({"nnt"} if offers_differ else set()))
            by_month(difference[f"rmst_{end}_months"], months, more)
            number(difference[f"median_{end}_months"], more)
        for end in falling:
            by_month(difference[end], months, more)
        by_month(difference["sos"], ["any", "severe", "fatal"], more)
        number(difference["sct"], more)


def reproduce_form(found):
    """The exact keys of `reproduce --json`."""
    assert set(found) == {"study", "replicates", "seed", "parameter_set", "rows", "ledger", "comparator", "fitted"}
    assert all(set(each) == set(COMPARATOR_ROW.split()) for each in found["comparator"])
    assert all(set(each) == set(ROW.split()) for each in found["rows"])
    assert {each["role"] for each in found["rows"]} == {"fitted", "predicted"}
    assert all(set(each) == {"quantity", "published", "simulated", "low", "high"} for each in found["ledger"])
    assert set(found["fitted"]) == {"n", "inside", "largest_abs_z", "rows_without_interval"}


def by_month(numbers, keys, more):
    assert list(numbers) == list(keys)
    for each in numbers.values():
        number(each, more)


def number(found, more):
    """value, low, high and `more`, each a finite number or null, low <= value <= high."""
    assert isinstance(found, dict) and set(found) == {"value", "low", "high"} | more
    assert all(each is None or (type(each) in (int, float) and math.isfinite(each)) for each in found.values())
    if None not in (found["value"], found["low"], found["high"]):
        assert found["low"] <= found["value"] <= found["high"]


def wilson(found, x, n):
    """A share x of n with its Wilson interval: the roots p of (x/n - p)^2 = z^2 p (1 - p) / n."""
    assert found["value"] == x / n
    z2 = 1.959963984540054**2
    for bound in (found["low"], found["high"]):
        assert (x / n - bound) ** 2 == pytest.approx(z2 * bound * (1 - bound) / n, rel=1e-7, abs=1e-12)
    assert found["low"] <= x / n <= found["high"] and found["low"] < found["high"]


def shares_of_patients(arm, patients, months):
    """Survival, SCT and SOS of one arm of the summary against counts of a patients table."""
    n = len(patients)
    for month in months:
        dead = int(((patients["os_event"] == 1) & (patients["os_months"] <= month)).sum())
        wilson(arm["os"][str(month)], n - dead, n)
    wilson(arm["sct"], int(patients["transplanted"].sum()), n)
    for grade, column in (("any", "sos"), ("severe", "sos_severe"), ("fatal", "sos_fatal")):
        wilson(arm["sos"][grade], int(patients[column].sum()), n)


def same_files(one, other):
    """Two folders hold the same files, byte for byte, but for the journal."""
    one, other = (
        {path.name: path.read_bytes() if path.name != "journal.jsonl" else b"" for path in folder.iterdir()}
        for folder in (one, other)
    )
    assert one == other


def run_folder(folder, patients, seed, scenario):
    """A finished folder: every file, figures that open, tables with their columns, nothing undefined, no path."""
    assert {path.name for path in folder.iterdir()} == RUN_FOLDER
    for name in FIGURES:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        assert xml.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open(newline="") as file:
            head, *rows = csv.reader(file)
        assert head == columns.split() and rows
        assert not {"nan", "inf", "-inf"} & {cell.lower() for row in rows for cell in row}
    identity = one_document((folder / "run.json").read_text())
    assert (identity["patients"], identity["seed"], identity["scenario"]["name"]) == (patients, seed, scenario)
    assert {"python", "numpy", "numba", "llvmlite"} <= set(identity["versions"])
    one_document((folder / "summary.json").read_text())
    an_answer((folder / "answer.txt").read_text(), identity["scenario"]["question"])
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert str(folder.parent) not in "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


def an_answer(text, question):
    """The question first; what the intervals are not, last."""
    words = " ".join(text.split())
    assert words.startswith(question) and "Monte Carlo only" in words and "not included" in words


# Help, and what is not a command


def test_help_needs_nothing_heavy():
    for arguments in (["--help"], ["compare", "--help"], ["reproduce", "--help"]):
        code = (
            "import sys; from simulator.cli import run; done = run(sys.argv[1:]);"
            f"print('heavy:', [name for name in {HEAVY} if name in sys.modules], 'code:', done)"
        )
        shown = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        assert shown.stdout.endswith("heavy: [] code: 0\n"), shown.stdout
        assert "Usage: allpath" in shown.stdout


def test_the_module_is_a_command():
    """`python -m simulator.cli` hands the exit code on."""
    call = [sys.executable, "-m", "simulator.cli"]
    assert subprocess.run([*call, "scenarios"], capture_output=True).returncode == 0
    wrong = subprocess.run([*call, "compare", "sct_vs_no_sc"], capture_output=True, text=True)
    assert wrong.returncode == 2 and wrong.stdout == "" and "sct_vs_no_sct (the nearest)" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("compre sct_vs_no_sct", ["compre", "compare"]),
        ("compare sct_vs_no_sct --patient 5", ["--patient", "--patients"]),
        ("compare", ["FILE"]),
        ("compare sct_vs_no_sct original_vs_modified", ["original_vs_modified"]),
        ("compare sct_vs_no_sct --patients many", ["--patients", "integer"]),
        ("compare sct_vs_no_sct --seed 1.5", ["--seed", "integer"]),
        ("compare sct_vs_no_sct --workers 0", ["--workers", "1"]),
        ("reproduce kantarjian-2023 --replicates 3", ["--replicates", "20"]),
        ("reproduce kantarjian-2023 --seed -1", ["--seed", "0"]),
        ("calibrate kantarjian-2023", ["--out"]),
    ],
)
def test_unknown_commands_options_and_types(allpath, no_simulation, tmp_path, arguments, words):
    usage(allpath(*arguments.split()), *words)
    assert list(tmp_path.iterdir()) == []


# Scenarios that cannot be run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("compare sct_vs_no_sc", ["sct_vs_no_sct (the nearest)"]),
        ("show nothing_like_it", ["no such file", "original_vs_modified"]),
        ("compare .", ["is a folder"]),
        ("compare sct_vs_no_sct --patients 0", ["patients = 0", "1 to 1000000000"]),
        ("compare sct_vs_no_sct --patients -3", ["patients = -3", "1 to 1000000000"]),
        ("compare sct_vs_no_sct --patients 1000000001", ["1 to 1000000000"]),
        ("compare sct_vs_no_sct --seed -1", ["seed = -1", "0 to 18446744073709551615"]),
        ("compare sct_vs_no_sct --seed 18446744073709551616", ["0 to 18446744073709551615"]),
        ("compare sct_vs_no_sct --set horizon_months", ["KEY=VALUE"]),
        ("compare sct_vs_no_sct --set horizon_months=500", ["horizon_months = 500", "6 to 240 months"]),
        ("compare sct_vs_no_sct --set arms.sc.transplant.policy=none", ["names no arm", "sct (the nearest)"]),
        ("show sct_vs_no_sct --set arms.sct.transplant.max_age=60", ["max_age", "max_age_years (the nearest)"]),
        ("show sct_vs_no_sct --set parameters=nobody-1900", ["nobody-1900", "joint-point"]),
        ("reproduce kantarjian-2032", ["unknown study", "kantarjian-2023", "wudhikarn-2022", "jabbour-2024", "all"]),
        ("attribute wudhikarn-2022 --out x.json", ["unknown study", "allowed kantarjian-2023"]),
        ("calibrate kantarjian-2032 --out set.json", ["unknown study", "kantarjian-2023"]),
        ("calibrate kantarjian-2023 --out set.txt", [".json"]),
        ("parameters nobody-1900", ["nobody-1900"]),
    ],
)
def test_one_fault_is_one_line(allpath, no_simulation, tmp_path, arguments, words):
    only_faults(allpath(*arguments.split()), 1, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_scenario_lists_all_its_faults_at_once(allpath, no_simulation, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(
        'question = "Is it?"\npopulation = "kantarjian-2032"\nhorizon_months = 500\nreport_months = [12]\n'
        'patients = 0\nseed = -1\nreference = "b"\n'
        '[[arms]]\nname = "a"\nbase = "mini_hyper_cvd_ino"\ntransplant.max_age_year = 60.0\n'
        '[[arms]]\nname = "c"\nbase = "mini_hyper_cvd_in"\n'
    )
    wrong = ("population", "horizon_months", "patients", "seed", "reference", "max_age_year ", "mini_hyper_cvd_in")
    for name in ("compare", "show"):
        outcome = allpath(name, path)
        only_faults(outcome, len(wrong), *wrong)
        assert all(line.startswith("bad.toml: ") and "allowed" in line for line in outcome[2].splitlines())
    assert [each.name for each in tmp_path.iterdir()] == ["bad.toml"]


def test_every_invalid_scenario_ends_in_lines_on_stderr(allpath, no_simulation, tmp_path):
    """What each line says is for test_scenario."""
    for path in sorted(INVALID.glob("*.toml")):
        if "-" not in path.stem:
            only_faults(allpath("compare", path), 1)
    assert list(tmp_path.iterdir()) == []


# Where results go


def test_foreign_folders_and_files_in_the_way(allpath, no_simulation, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    only_faults(allpath("compare", *SMALL, "--out", "mine"), 1, "mine", "not a run folder")
    only_faults(allpath("compare", *SMALL, "--out", "mine/thesis.txt"), 1, "thesis.txt", "is a file")
    only_faults(allpath("compare", *SMALL, "--out", "mine/thesis.txt/run"), 1, "thesis.txt", "is a file")
    only_faults(allpath("compare", *SMALL, "--json", "--out", "mine"), 1, "not a run folder")
    only_faults(allpath("reproduce", "kantarjian-2023", "--out", "mine/thesis.txt"), 1, "is a file")
    assert [path.read_text() for path in tmp_path.rglob("*.*")] == ["mine"]


def test_another_run_in_the_folder_is_refused(allpath, no_simulation, finished):
    folder, _ = finished
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    only_faults(allpath("compare", "original_vs_modified", "--patients", "91", "--out", folder), 1, "patients", "seed")
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_run_folder_holds_what_it_should(finished):
    folder, shown = finished
    run_folder(folder, 90, 5, "original_vs_modified")
    an_answer(shown, ap.load_scenario("original_vs_modified").question)


def test_the_default_folder_is_named_by_scenario_and_run(allpath, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.report.write_figures", lambda *_: [])
    code, out, err = allpath("compare", *TWO_ARMS)
    assert code == 0 and out.startswith("How much better")
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    assert folder.name.startswith("original_vs_modified-") and folder.name in err
    drawn = {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
    assert {path.name for path in folder.iterdir()} == RUN_FOLDER - drawn


def test_a_finished_run_is_printed_without_simulating(allpath, no_simulation, finished):
    folder, _ = finished
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    code, out, err = allpath("compare", *TWO_ARMS, "--out", folder)
    assert (code, out.rstrip("\n")) == (0, (folder / "answer.txt").read_text().rstrip("\n"))
    assert "already done" in err
    code, out, err = allpath("compare", *TWO_ARMS, "--json", "--out", folder)
    assert code == 0 and one_document(out) == one_document((folder / "summary.json").read_text())
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_any_number_of_workers_gives_the_same_bytes(allpath, finished, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.runner.LIVES_PER_BLOCK", 20)  # nine blocks
    assert allpath("compare", *TWO_ARMS, "--workers", "2", "--out", "run")[0] == 0
    same_files(finished[0], tmp_path / "run")


# JSON


def test_json_is_one_document_and_writes_nothing(allpath, tmp_path, summary):
    code, out, err = allpath("compare", *SMALL, "--json")
    assert code == 0 and one_document(out) == summary
    assert "figures" not in err and list(tmp_path.iterdir()) == []


def test_json_has_the_documented_form(summary, finished):
    form(summary, {arm.name for arm in ap.load_scenario("sct_vs_no_sct").arms}, from_remission=True, offers_differ=True)
    other = one_document((finished[0] / "summary.json").read_text())
    form(other, {"original", "modified"}, from_remission=False, offers_differ=False)
    assert (summary["patients"], summary["seed"], summary["reference"]) == (PATIENTS, 5, "no_sct")


def test_intervals_are_wilsons_for_the_counts_of_the_patients(summary):
    """The counts are taken from the patients themselves, not from the run's own sums."""
    scenario = ap.load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=5)
    for name, arm in summary["arms"].items():
        patients = ap.patients_table(scenario, name, PATIENTS)
        assert len(patients) == PATIENTS
        shares_of_patients(arm, patients, summary["report_months"])


def test_tiny_runs_are_still_json(allpath):
    for patients in ("1", "2"):
        code, out, _ = allpath("compare", "sct_vs_no_sct", "--patients", patients, "--json")
        assert code == 0 and one_document(out)["patients"] == int(patients)


def test_reproduce_json_has_the_documented_form(reproduced):
    reproduce_form(reproduced)
    assert (reproduced["study"], reproduced["replicates"]) == ("kantarjian-2023", 20)


# --set


def test_set_changes_an_arm(allpath, summary):
    code, out, _ = allpath("show", "sct_vs_no_sct", "--set", "arms.sct.transplant.mrd=negative", "--json")
    asked = {arm["name"]: arm["strategy"]["transplant"]["mrd"] for arm in one_document(out)["arms"]}
    assert code == 0
    assert (asked["sct"], asked["sct_early"], asked["sct_mrd_positive"]) == ("negative", "any", "positive")
    age = ("--set", "arms.sct.transplant.max_age_years=30", "--set", "report_months=[12, 24]")
    code, out, _ = allpath("compare", *SMALL, *age, "--json")
    younger = one_document(out)
    assert code == 0 and younger["report_months"] == [12, 24] and list(younger["arms"]["sct"]["os"]) == ["12", "24"]
    assert younger["arms"]["sct"]["sct"]["value"] < summary["arms"]["sct"]["sct"]["value"]
    assert younger["arms"]["sct_early"]["sct"] == summary["arms"]["sct_early"]["sct"]


def test_set_cannot_make_two_arms_alike(allpath, no_simulation):
    only_faults(allpath("compare", *SMALL, "--set", "arms.sct.transplant.policy=none"), 1, "the same strategy")


# Commands that only print


def test_show(allpath):
    code, out, err = allpath("show", "interval_7_vs_14_weeks")
    assert (code, err) == (0, "")
    for words in ("minimum_interval_weeks", "weeks", "mini_hyper_cvd_ino.toml", "default", "K044", "reference"):
        assert words in out
    code, out, _ = allpath("show", "interval_7_vs_14_weeks", "--json")
    assert code == 0 and one_document(out) == ap.resolved(ap.load_scenario("interval_7_vs_14_weeks"))


def test_scenarios(allpath, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, _ = allpath("scenarios")
    listed, sweeps = ap.shipped_scenarios(), shipped_sweeps()
    lines = out.splitlines()
    assert code == 0 and max(map(len, lines)) <= 100
    names = [line.split()[0] for line in lines if not line.startswith("   ")]
    assert names == ["Scenarios:", *(name for name, _ in listed), "Sweeps:", *(name for name, _ in sweeps)]
    told = " ".join(out.split())
    assert all(f"{name} {' '.join(question.split())}" in told for name, question in (*listed, *sweeps))
    code, out, _ = allpath("scenarios", "--json")
    assert one_document(out) == [
        {"name": name, "question": question, "command": command}
        for command, those in (("compare", listed), ("sweep", sweeps))
        for name, question in those
    ]
    for name, _ in listed:
        assert allpath("show", name)[0] == 0


def test_schema(allpath):
    code, out, _ = allpath("schema")
    schema = one_document(out)
    assert code == 0
    jsonschema.Draft202012Validator.check_schema(schema)
    arm = {"name": "a", "base": "mini_hyper_cvd_ino", "transplant": {"max_age_years": 60.0}}
    whole = {
        "question": "?", "population": "kantarjian-2023", "horizon_months": 60, "report_months": [12],
        "patients": 10, "seed": 1, "reference": "a", "arms": [arm, arm | {"name": "b"}],
    }  # fmt: skip
    jsonschema.validate(whole, schema)
    arm["transplant"]["max_age_years"] = 600.0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, schema)


def test_parameters(allpath):
    code, out, _ = allpath("parameters", "--json")
    listed = one_document(out)["parameters"]
    assert code == 0 and len(listed) > 50
    for each in listed.values():
        assert each["kind"] in ("source", "fitted", "assumption") and each["origin"].strip() and each["unit"]
        assert each["low"] <= each["high"]
    code, text, _ = allpath("parameters", "joint-point")
    assert code == 0 and all(name in text for name in listed)


# Ends that nobody planned


def test_ctrl_c(allpath, tmp_path, monkeypatch):
    """What was interrupted is listed and starts again; without a folder nothing is left. See test_resume."""

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.comparison.compare", interrupt)
    code, out, err = allpath("compare", *SMALL, "--out", "run")
    assert (code, out) == (130, "") and len(err.splitlines()) == 1 and "starts again: run" in err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "journal.jsonl"}
    code, out, err = allpath("compare", *SMALL, "--json")
    assert (code, out, err) == (130, "", "interrupted\n")
    monkeypatch.setattr("calibration.reproduce.reproduce", interrupt)
    assert allpath("reproduce", "kantarjian-2023", "--json")[0] == 130
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_ctrl_c_while_figures_are_drawn_keeps_the_lives(allpath, tmp_path, monkeypatch, finished):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulator.report.write_figures", interrupt)
        code, out, err = allpath("compare", *TWO_ARMS, "--out", "run")
    assert (code, out) == (130, "") and "interrupted at 90 of 90 patients; the same command goes on" in err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "journal.jsonl", "checkpoint"}
    monkeypatch.setattr("simulator.runner.run_range", only_nobody)
    assert allpath("compare", *TWO_ARMS, "--out", "run")[0] == 0
    same_files(finished[0], tmp_path / "run")


@pytest.mark.parametrize(
    "lose",
    [
        "try: os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\n    except BaseException: time.sleep(60)",
        "value = set(); kept = weakref.ref(value, lambda _: os.kill(os.getpid(), signal.SIGINT)); del value\n"
        "    time.sleep(60)",
    ],
)
def test_a_lost_ctrl_c_ends_the_command_all_the_same(tmp_path, lose):
    """Lost in `except:`, or in a callback of the interpreter, as imports can."""
    code = (
        "import os, signal, sys, time, weakref, simulator.comparison\n"
        "from simulator.cli import main\n"
        "def swallow(*_, **__):\n"
        f"    {lose}\n"
        "simulator.comparison.compare = swallow\n"
        "sys.argv = ['allpath', 'compare', 'sct_vs_no_sct', '--out', 'run']\n"
        "main()"
    )
    begin = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert time.monotonic() - begin < 30
    assert (ended.returncode, ended.stdout) == (130, "") and ended.stderr.splitlines()[-1] == "interrupted"


def only_nobody(kernel, space, first, stop):
    """A simulation of nobody is no simulation."""
    assert first == stop, "simulated"


def test_what_nobody_foresaw_is_one_line_and_exit_1(allpath, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("no such luck")

    monkeypatch.delenv("ALLPATH_DEBUG", raising=False)
    monkeypatch.setattr("simulator.comparison.compare", fail)
    code, out, err = allpath("compare", *SMALL, "--json")
    assert (code, out) == (1, "") and "Traceback" not in err
    assert "ZeroDivisionError: no such luck" in err.splitlines()[-1] and "ALLPATH_DEBUG" in err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("ALLPATH_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        allpath("compare", *SMALL)
