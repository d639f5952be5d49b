"""`--uncertainty` as a user meets it: faults, folders, JSON, interruption.

Rank of proof: contract.
"""

import csv
import io
import json

import posteriors
import pytest
from commands import one_document

from simulator import posterior as reader
from simulator.comparison.uncertain import FRAMES

CALL = ("compare", "original_vs_modified", "--patients", "256", "--seed", "5")
ASKED = (*CALL, "--uncertainty", "--draws", "50", "--workers", "2")


@pytest.fixture(autouse=True)
def drawn(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("draws") / "posterior" / "joint.parquet"
    frame = posteriors.drawn(80, ["relapse_log_theta", "graft_failure", "sos_log_odds", *posteriors.CAUSES])
    monkeypatch.setattr(reader, "FILE", posteriors.write(path, frame))
    monkeypatch.setattr("simulator.uncertainty.propagation.FEWEST", 256)
    monkeypatch.setattr("simulator.uncertainty.spread.FEWEST", 256)
    monkeypatch.setattr("simulator.uncertainty.spread.MOST", 256)
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "journal.jsonl"}


def test_three_kinds_apart_in_the_answer_the_tables_the_figures_and_the_page(allpath, tmp_path):
    code, out, _ = allpath(*ASKED, "--out", "run")
    said = " ".join(out.split())
    assert code == 0
    for words in ("Monte Carlo Parameters Attribution jointly", "kinds are not added up", "50 posterior draws (test)",
                  "Which parameters drive the difference", "(EVPI)", "Chance is", "of them are prior"):  # fmt: skip
        assert words in said, words
    assert "Parameter and attribution uncertainty are not included" not in said
    names = contents(tmp_path / "run").keys()
    assert {f"{name}.csv" for name in FRAMES} | {"os_uncertainty.svg", "os_bands.png", "drivers.svg"} <= names
    assert "influence.csv" not in names
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for words in ("Attribution: no number of patients helps.", "Expected value of perfect information",
                  "by kind of uncertainty", "jointly"):  # fmt: skip
        assert words in page, words
    rows = list(csv.DictReader(io.StringIO((tmp_path / "run" / "uncertainty.csv").read_text(encoding="utf-8"))))
    assert {row["kind"] for row in rows} == {"monte_carlo", "parameters", "attribution", "joint"}
    assert all(len(line) <= 80 for line in out.splitlines())


def test_json_is_the_summary_and_writes_nothing_unasked(allpath, tmp_path):
    code, out, _ = allpath(*ASKED, "--json")
    document = one_document(out)
    assert code == 0 and not (tmp_path / "results").exists()
    assert document["posterior"]["draws"] == 50 and document["posterior"]["decision"]["name"] == "os_36"
    assert allpath(*ASKED, "--workers", "1", "--out", "kept", "--decision", "os_36")[0] == 0
    assert document == json.loads((tmp_path / "kept" / "summary.json").read_text(encoding="utf-8"))


def test_without_it_nothing_changes(allpath):
    document = one_document(allpath(*CALL, "--json")[1])
    assert "posterior" not in document


def test_stopped_among_the_draws_it_goes_on_to_the_same_bytes(allpath, tmp_path, monkeypatch):
    assert allpath(*ASKED, "--out", "whole")[0] == 0

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("simulator.uncertainty.added.propagate", stopped)
        code, out, err = allpath(*ASKED, "--out", "run")
    assert (code, out) == (130, "") and "the same command" in err
    assert contents(tmp_path / "run").keys() <= {"run.json", "checkpoint"}
    assert allpath(*ASKED, "--out", "run", "--workers", "1")[0] == 0
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_other_draws_or_another_decision_are_another_run(allpath, drawn):
    assert allpath(*ASKED, "--out", "run")[0] == 0
    for other, words in (
        (("--draws", "51"), "uncertainty.draws (50 there, 51 asked)"),
        (("--decision", "os_12"), 'uncertainty.decision ("os_36" there, "os_12" asked)'),
    ):
        code, out, err = allpath(*ASKED, *other, "--out", "run")
        assert (code, out) == (2, "") and words in err
    assert "uncertainty" in allpath(*CALL, "--out", "run")[2]
    posteriors.write(drawn, posteriors.drawn(80, ["relapse_log_theta", *posteriors.CAUSES], seed=2))
    code, _, err = allpath(*ASKED, "--out", "run")
    assert code == 2 and "uncertainty.posterior_sha256" in err


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [
        (("--draws", "60"), ["--draws: needs --uncertainty"]),
        (("--decision", "os_12", "--draws", "60"), ["--draws: needs --uncertainty", "--decision: needs --uncertainty"]),
        (("--uncertainty", "--draws", "81"), ["--draws = 81: allowed 50 to 80 draws"]),
        (
            ("--uncertainty", "--draws", "1", "--decision", "os_13", "--clock", "ward"),
            [
                "--uncertainty: is of the cohort clock, allowed --clock cohort",
                "--decision = os_13: allowed os_12, os_24, os_36, os_60 (OS at a report month)",
                "--draws = 1: allowed 50 to 80 draws",
            ],
        ),
        (
            ("--uncertainty", "--set", 'endpoints=["efs"]'),
            ['original_vs_modified.toml: endpoints: --uncertainty is of os, allowed [..., "os"]'],
        ),
    ],
)
def test_bad_input_is_refused_before_anything_is_simulated(allpath, no_simulation, arguments, faults):
    code, out, err = allpath(*CALL, *arguments)
    assert (code, out) == (2, "")
    assert err.splitlines() == faults


def test_a_ward_is_refused(allpath, no_simulation):
    code, out, err = allpath("compare", "two_beds_fewer", "--uncertainty")
    assert (code, out) == (2, "") and err.startswith("--uncertainty: is of the cohort clock")


def test_draws_that_are_missing_or_of_other_values_are_refused(allpath, no_simulation, drawn):
    metadata = posteriors.about(posteriors.CAUSES, parameter_values="f" * 16)
    posteriors.write(drawn, posteriors.drawn(80, posteriors.CAUSES), metadata)
    code, out, err = allpath(*ASKED)
    assert (code, out) == (2, "") and "posterior/joint.parquet: parameter_values = ffffffffffffffff: made for" in err
    drawn.unlink()
    code, out, err = allpath(*ASKED)
    assert (code, out) == (2, "")
    assert err.endswith("posterior/joint.parquet: no such file: there are no posterior draws to propagate\n")


SWEEP = """
question = "How long?"
population = "kantarjian-2023"
horizon_months = 36
report_months = [12, 36]
patients = 256
seed = 7
base = "mini_hyper_cvd_ino"
[[axes]]
key = "transplant.minimum_interval_weeks"
values = [4, 12, 16]
"""


def test_a_sweep_in_answer_tables_figure_and_page(allpath, tmp_path):
    (tmp_path / "my.toml").write_text(SWEEP, encoding="utf-8")
    call = ("sweep", "my.toml", "--uncertainty", "--draws", "50", "--decision", "os_12")
    code, out, _ = allpath(*call, "--workers", "2", "--out", "run")
    said = " ".join(out.split())
    assert code == 0 and "Difference in OS at 12 months by kind of uncertainty" in said and "(EVPI)" in said
    assert "attribution band" not in said.lower()
    document = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    found = document["posterior"]
    assert set(found["os"]) == {"at_4", "at_12", "at_16"} and set(found["differences"]) == {"at_12", "at_16"}
    assert document["attribution"] == {"none": "its place is taken by the posterior draws (--uncertainty)"}
    for point in document["points"]:
        assert found["os"][point["point"]]["12"]["value"] == point["os"]["12"]["value"]
    (step,) = (one for one in document["neighbours"] if (one["point"], one["endpoint"]) == ("at_12", "os"))
    assert found["differences"]["at_12"]["36"]["value"] == pytest.approx(step["value"], abs=1e-12)
    assert {f"{name}.csv" for name in FRAMES} | {"sweep_uncertainty.svg"} <= contents(tmp_path / "run").keys()
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Expected value of perfect information" in page and "Parameters: drawn." in page
    assert one_document(allpath(*call, "--json", "--workers", "1")[1]) == document
    code, _, err = allpath("sweep", "my.toml", "--out", "run")
    assert code == 2 and "uncertainty" in err


def test_bad_input_of_a_sweep(allpath, tmp_path):
    (tmp_path / "my.toml").write_text(SWEEP, encoding="utf-8")
    code, out, err = allpath("sweep", "my.toml", "--uncertainty", "--decision", "os_13", "--draws", "3")
    assert (code, out) == (2, "") and err.splitlines() == [
        "--decision = os_13: allowed os_12, os_36 (OS at a report month)",
        "--draws = 3: allowed 50 to 80 draws",
    ]


def test_an_unknown_kind_of_number_of_draws(allpath, no_simulation):
    code, out, err = allpath(*CALL, "--uncertainty", "--draws", "many")
    assert (code, out) == (2, "") and "Invalid value for '--draws'" in err


def test_sabotage_the_answer_without_draws_says_so(allpath):
    code, out, _ = allpath(*CALL)
    assert code == 0 and "Parameter and attribution uncertainty are not included" in " ".join(out.split())
