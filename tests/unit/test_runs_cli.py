"""`allpath runs`, and commands whose folder is in use, damaged or half done.

Rank of proof: contract, on folders of units.py (no simulation).
"""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime

import pytest
from commands import TWO_ARMS, one_document
from units import IDENTITY, run, write

from calibration.studies import STUDIES
from simulator.cli import folders
from simulator.cli.folders import size_in_words
from simulator.store import open_run

KEYS = set(
    [
        "run",
        "kind",
        "state",
        "done",
        "of",
        "unit",
        "patients",
        "arms",
        "seed",
        "scenario",
        "question",
        "last_written",
        "bytes",
        "fault",
    ]
)
START_AGAIN = "remove checkpoint to start from the first patient"
WHOLE = IDENTITY | {
    "seed": 7,
    "scenario": {"name": "units", "question": "How many?", "arms": [{"name": "a"}, {"name": "b"}]},
}


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A folder with one run folder of every state, and what else may lie about."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "results" / "runs"
    place.mkdir(parents=True)

    class EnoughError(Exception):
        pass

    def enough():
        raise EnoughError

    def unfinished(name):
        with pytest.raises(EnoughError), open_run(place / name, WHOLE) as run_folder:
            run(run_folder.checkpoint, enough)
        return place / name

    with open_run(place / "a_finished", WHOLE) as run_folder:
        run_folder.finish(write(run(run_folder.checkpoint)[0]))
    monkeypatch.setattr("simulator.store.checkpoint.SAVE_SECONDS", 0.0)
    unfinished("b_interrupted")
    torn = (unfinished("c_torn") / "checkpoint").read_bytes()
    (place / "c_torn" / "checkpoint").write_bytes(torn[:30])
    (unfinished("d_no_identity") / "run.json").write_text("{")
    (place / "e_foreign").mkdir()
    (place / "e_foreign" / "thesis.txt").write_text("mine")
    (place / "f_empty").mkdir()
    (place / "g_strange").mkdir()
    (place / "g_strange" / "run.json").write_text('{"scenario": 7, "patients": "many"}')
    (place / ".hidden").mkdir()
    (place / "a_file").write_text("mine")
    return place


def by_name(listed):
    return {each["run"]: each for each in listed}


def judge_zoo(listed):
    """Each folder's state, how far it is, and what is wrong with it."""
    assert all(set(each) == KEYS for each in listed)
    found = {name: (each["state"], each["done"], each["fault"]) for name, each in by_name(listed).items()}
    assert found == {
        "a_finished": ("finished", 60, None),
        "b_interrupted": ("interrupted", 10, None),
        "c_torn": ("damaged", None, f"checkpoint cannot be used: damaged; {START_AGAIN}"),
        "d_no_identity": ("damaged", None, "run.json cannot be read: not JSON"),
        "e_foreign": ("foreign", None, "not empty and not a run folder; give another name"),
        "f_empty": ("empty", None, None),
        "g_strange": ("interrupted", 0, None),
    }  # fmt: skip


def test_every_state_is_listed(allpath, zoo):
    code, out, err = allpath("runs", "--json")
    listed = one_document(out)
    assert (code, err) == (0, "")
    judge_zoo(listed)
    one = by_name(listed)["b_interrupted"]
    assert (one["kind"], one["patients"], one["arms"], one["seed"], one["scenario"], one["question"]) == (
        "compare", 60, 2, 7, "units", "How many?",
    )  # fmt: skip
    assert one["bytes"] == sum(path.stat().st_size for path in (zoo / "b_interrupted").iterdir())
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(one["last_written"])).total_seconds()) < 60


def test_the_table_is_aligned_and_says_the_same(allpath, zoo):
    code, out, _ = allpath("runs")
    head, rule, *rows = out.splitlines()
    assert code == 0 and len(rows) == 7
    for start, name in ((head.index(name), name) for name in ("Kind", "State", "Last", "Question")):
        assert all(line[start - 1] == " " and line[start : start + 1].strip() for line in (rule, *rows[:1])), name
    table = {row.split()[0]: row for row in rows}
    assert "interrupted at 10 of 60" in table["b_interrupted"] and table["b_interrupted"].endswith("How many?")
    assert "foreign: not empty" in table["e_foreign"] and "damaged: run.json" in table["d_no_identity"]


def test_a_terminal_cuts_the_question(zoo, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((60, 24)))
    listed = folders.table([["x" * 10, "compare", "finished", "1", "2", "2026-01-01 10:00", "1 kB", "Why? " * 30]])
    assert all(len(line) <= 60 for line in listed.splitlines()) and listed.splitlines()[-1].endswith("…")


def test_one_folder_and_another_place(allpath, zoo):
    assert by_name(one_document(allpath("runs", zoo / "a_finished", "--json")[1])).keys() == {"a_finished"}
    assert len(one_document(allpath("runs", zoo, "--json")[1])) == 7
    assert [each["run"] for each in one_document(allpath("runs", zoo.parent, "--json")[1])] == ["runs"]


def test_a_run_in_work_is_running(allpath, zoo):
    with open_run(zoo / "b_interrupted", WHOLE):
        assert by_name(one_document(allpath("runs", "--json")[1]))["b_interrupted"]["state"] == "running"
        assert "running at 10 of 60" in allpath("runs")[1]


def test_the_last_written_comes_first(allpath, zoo):
    for name, day in (("a_finished", 20), ("b_interrupted", 22)):
        line = {"event": "started", "at": f"2126-11-{day}T00:00:00+00:00"}
        (zoo / name / "journal.jsonl").write_text(json.dumps(line))
    os.utime(zoo / "b_interrupted" / "checkpoint", (6e9, 6e9))
    assert [each["run"] for each in one_document(allpath("runs", "--json")[1])][:2] == ["b_interrupted", "a_finished"]


def test_no_runs(allpath, tmp_path):
    assert allpath("runs") == (0, "", "no runs yet: results/runs\n")
    code, out, _ = allpath("runs", "--json")
    assert code == 0 and one_document(out) == []
    for wrong in ("nowhere", tmp_path / "a_file"):
        (tmp_path / "a_file").write_text("mine")
        code, out, err = allpath("runs", wrong)
        assert (code, out) == (2, "") and len(err.splitlines()) == 1 and "cannot be read" in err


def test_nothing_is_changed(allpath, zoo):
    before = {path: path.stat().st_mtime_ns for path in zoo.rglob("*")}
    allpath("runs")
    assert {path: path.stat().st_mtime_ns for path in zoo.rglob("*")} == before


def test_sizes():
    assert [size_in_words(size) for size in (0, 999, 1000, 2_215_901, 999_600_000, 10**12)] == [
        "0 B", "999 B", "1 kB", "2 MB", "1.0 GB", "1,000.0 GB",
    ]  # fmt: skip


def test_listing_needs_nothing_heavy(zoo):
    code = (
        "import sys; from simulator.cli import run; done = run(['runs', sys.argv[1]]);"
        "print('heavy:', [name for name in ('numba', 'pandas', 'matplotlib', 'joblib') if name in sys.modules], done)"
    )
    shown = subprocess.run([sys.executable, "-c", code, zoo], capture_output=True, text=True, check=True)
    assert shown.stdout.endswith("heavy: [] 0\n"), shown.stdout


# A command and its folder


def fault(outcome, *words):
    """Exit code 2 and one line."""
    code, out, err = outcome
    assert (code, out) == (2, "") and len(err.splitlines()) == 1 and "Traceback" not in err
    assert all(word in err for word in words), err


def test_a_folder_in_use(allpath, no_simulation, tmp_path, finished):
    identity = json.loads((finished[0] / "run.json").read_text())
    with open_run(tmp_path / "run", identity):
        before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
        fault(allpath("compare", *TWO_ARMS, "--out", "run"), "run: another process works on it", str(os.getpid()))
        assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_damaged_checkpoint(allpath, no_simulation, tmp_path, finished):
    identity = json.loads((finished[0] / "run.json").read_text())
    with open_run(tmp_path / "run", identity):
        (tmp_path / "run" / "checkpoint").write_bytes(b"spoiled")
    fault(allpath("compare", *TWO_ARMS, "--out", "run"), "run: checkpoint cannot be used", "remove checkpoint")
    assert (tmp_path / "run" / "checkpoint").read_bytes() == b"spoiled"


def test_an_unwritable_place(allpath, no_simulation):
    fault(allpath("compare", *TWO_ARMS, "--out", "/sys/allpath-cannot-be-here"), "cannot be written")


def test_a_finished_folder_without_its_answer(allpath, no_simulation, tmp_path, finished):
    shutil.copytree(finished[0], tmp_path / "run")
    (tmp_path / "run" / "answer.txt").unlink()
    fault(allpath("compare", *TWO_ARMS, "--out", "run"), "answer.txt cannot be read", "remove summary.json")


def test_a_finished_folder_is_put_together_again(allpath, tmp_path, finished):
    """As that message says: without its summary the run is made anew, with the same bytes."""
    shutil.copytree(finished[0], tmp_path / "run")
    for name in ("answer.txt", "summary.json"):
        (tmp_path / "run" / name).unlink()
    assert allpath("compare", *TWO_ARMS, "--out", "run")[0] == 0
    for path in finished[0].iterdir():
        if path.name != "journal.jsonl":
            assert (tmp_path / "run" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_reproduction_is_kept_and_reprinted(allpath, tmp_path, monkeypatch):
    arguments = ("reproduce", "kantarjian-2023", "--replicates", "20")
    code, first, err = allpath(*arguments)
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    assert code == 0 and folder.name.startswith("reproduce-kantarjian-2023-") and folder.name in err
    assert {"rows.json", "answer.txt", "run.json", "fig-1a.png"} <= {path.name for path in folder.iterdir()}

    def refuse(*_, **__):
        raise AssertionError("simulated")

    monkeypatch.setattr("calibration.reproduce.reproduce", refuse)
    code, again, err = allpath(*arguments)
    assert (code, again) == (0, first) and "already done" in err
    code, out, _ = allpath(*arguments, "--json", "--out", folder)
    assert code == 0 and one_document(out) == json.loads((folder / "rows.json").read_text())
    fault(allpath("reproduce", "kantarjian-2023", "--replicates", "21", "--out", folder), "replicates (20 there, 21")
    (listed,) = one_document(allpath("runs", "--json")[1])
    assert (listed["kind"], listed["state"], listed["scenario"]) == ("reproduce", "finished", "kantarjian-2023")


def test_all_studies_are_reproduced_each_into_its_folder(allpath, tmp_path):
    arguments = ("reproduce", "all", "--replicates", "20", "--out", tmp_path / "all")
    code, out, err = allpath(*arguments)
    assert code == 0 and err.count("report.html, figures and rows") == len(STUDIES)
    written = {path.name: path for path in (tmp_path / "all").iterdir()}
    assert written.keys() == set(STUDIES)
    assert out == "\n".join((written[name] / "answer.txt").read_text() for name in STUDIES)
    code, out, err = allpath(*arguments, "--json")
    assert code == 0 and err.count("already done") == len(STUDIES)
    documents = one_document(out)
    assert [one["study"] for one in documents] == list(STUDIES)
    assert documents == [json.loads((written[name] / "rows.json").read_text()) for name in STUDIES]


def test_a_killed_worker_process_is_one_line(allpath, monkeypatch):
    from joblib import Parallel, delayed

    def lose(*_, **__):
        Parallel(n_jobs=2)(delayed(os._exit)(9) for _ in range(2))

    monkeypatch.delenv("ALLPATH_DEBUG", raising=False)
    monkeypatch.setattr("simulator.comparison.compare", lose)
    code, out, err = allpath("compare", *TWO_ARMS, "--json")
    assert (code, out) == (1, "") and "Traceback" not in err
    assert err.splitlines()[-1].startswith("allpath: a worker process was killed")


# Sabotage


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("a_finished", {"state": "interrupted"}),
        ("b_interrupted", {"done": 20}),
        ("b_interrupted", {"state": "finished"}),
        ("c_torn", {"state": "interrupted", "fault": None}),
        ("e_foreign", {"state": "damaged"}),
        ("g_strange", {"more": 1}),
    ],
)
def test_sabotage_a_wrong_state_is_seen(allpath, zoo, name, wrong):
    listed = one_document(allpath("runs", "--json")[1])
    judge_zoo(listed)
    with pytest.raises(AssertionError):
        judge_zoo([each | wrong if each["run"] == name else each for each in listed])
