"""A run folder survives a kill at any moment, keeps others out, and never touches what is not its own.

Rank of proof: exhaustive over the moments of a small run (units.py): a kill before every call that touches the disk.
"""

import errno
import json
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from units import IDENTITY, contents, run, write

from simulator.store import FolderError, open_run
from simulator.store.journal import Journal, entries

HERE = Path(__file__).resolve().parent
SQUARES = sum(n * n for n in range(60))
FINISHED = {
    "run.json": json.dumps(IDENTITY, indent=2) + "\n",
    "summary.json": '{"n": 1770}',
    "squares.csv": str([[SQUARES] * 3] * 2),
    "figures/one.svg": "<svg/>",
}


def whole(folder):
    with open_run(folder, IDENTITY) as run_folder:
        if not run_folder.finished:
            run_folder.finish(write(run(run_folder.checkpoint)[0]))
    return folder


def text(folder):
    return {name: data.decode() for name, data in contents(folder).items()}


@contextmanager
def no_file_larger_than(size):
    """The kernel refuses writes beyond `size` bytes, in the midst of a file."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


# Kills


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    call = [sys.executable, HERE / "kill_moments.py", tmp_path_factory.mktemp("moments")]
    shown = subprocess.run(call, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in shown.stdout.splitlines()]


def judge_moments(moments):
    """Whatever the moment: the same files in the end, nothing lost that was saved, nothing simulated twice."""
    assert [each["killed"] for each in moments] == [True] * (len(moments) - 1) + [False]
    for each in moments:
        assert each["files"] == FINISHED
        if each["state"] == "finished":
            assert each["worked"] == 0
        elif each["state"] == "interrupted":
            assert each["done"] >= each["saved"] and each["worked"] == 60 - each["done"]
        else:  # before there was a run.json: no folder, or one that counts as empty
            assert each["state"] in (None, "empty")
            assert each["saved"] == 0 and each["worked"] == 60


def test_a_kill_at_any_moment_loses_nothing(moments):
    judge_moments(moments)
    assert {each["state"] for each in moments} == {None, "empty", "interrupted", "finished"}
    assert {each["done"] for each in moments} >= {0, 10, 20, 30, 40, 50, 60}
    assert len(moments) > 50


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": FINISHED | {"checkpoint": ""}},
        {"files": FINISHED | {"squares.csv": "[]"}},
        {"state": "interrupted", "saved": 30, "done": 20, "worked": 40},
        {"state": "interrupted", "saved": 30, "done": 30, "worked": 60},
        {"state": "finished", "worked": 60},
        {"state": "damaged"},
        {"killed": False},
    ],
)
def test_sabotage_a_lossy_moment_is_seen(moments, wrong):
    judge_moments(moments)
    with pytest.raises(AssertionError):
        judge_moments([moments[40] | wrong, *moments[41:]])


def test_torn_leftovers_are_replaced(tmp_path):
    """What a power cut can leave under the names that are written before they count."""
    for leftover in (".run.json.partial", ".checkpoint.partial", ".finishing/summary.json", "figures/old.svg"):
        path = tmp_path / "run" / leftover
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"torn")
        if leftover == ".run.json.partial":
            with open_run(tmp_path / "run", IDENTITY):
                pass
    assert text(whole(tmp_path / "run")) == FINISHED


# What else may be there


@pytest.mark.parametrize("name", ["thesis.txt", "journal.jsonl", "summary.json", ".hidden"])
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(FolderError, match="not empty and not a run folder") as error:
        whole(tmp_path)
    assert "\n" not in str(error.value)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "mine"}


@pytest.mark.parametrize("name", ["a_file", "a_file/run", "a_file/deep/run"])
def test_a_file_in_the_way(tmp_path, name):
    (tmp_path / "a_file").write_text("mine")
    with pytest.raises(FolderError, match="a_file: is a file, not a folder"):
        whole(tmp_path / name)
    assert (tmp_path / "a_file").read_text() == "mine"


def test_a_reader_s_own_files_stay(tmp_path):
    with open_run(tmp_path, IDENTITY):
        (tmp_path / "notes.txt").write_text("mine")
    assert text(whole(tmp_path)) == FINISHED | {"notes.txt": "mine"}


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["run.json", "summary.json"])
def test_broken_files_are_one_line_and_left_alone(tmp_path, name, broken):
    before = contents(whole(tmp_path)) | {name: broken}
    (tmp_path / name).write_bytes(broken)
    with pytest.raises(FolderError, match=name) as error:
        whole(tmp_path)
    assert "\n" not in str(error.value) and contents(tmp_path) == before


def test_a_missing_text_says_how_to_make_it_anew(tmp_path):
    whole(tmp_path)
    with open_run(tmp_path, IDENTITY) as run_folder, pytest.raises(FolderError, match=r"remove summary\.json to make"):
        run_folder.text("answer.txt")


def test_an_unfinished_run_of_another_identity_is_refused(tmp_path):
    with open_run(tmp_path, IDENTITY):
        pass
    with (
        pytest.raises(FolderError, match=r"different: patients \(60 there, 61 asked\)"),
        open_run(tmp_path, IDENTITY | {"patients": 61}),
    ):
        pass


def test_each_kind_has_the_output_that_finishes_it(tmp_path):
    identity = IDENTITY | {"kind": "reproduce"}
    with open_run(tmp_path, identity) as run_folder:
        run_folder.finish(lambda folder: (folder / "rows.json").write_text("{}"))
    with open_run(tmp_path, identity) as run_folder:
        assert run_folder.finished and run_folder.json() == {}


# Two processes


def test_another_process_is_named(tmp_path):
    with open_run(tmp_path, IDENTITY):
        with pytest.raises(FolderError, match=rf"another process works on it \(process {os.getpid()} on .+ since 20"):
            whole(tmp_path)
        held = contents(tmp_path)
    assert contents(tmp_path) == held
    assert text(whole(tmp_path)) == FINISHED


def test_a_listing_s_instant_is_waited_for(tmp_path, monkeypatch):
    calls = iter([False, False, True])
    monkeypatch.setattr("simulator.store.journal._locked", lambda *_, **__: next(calls))
    Journal(tmp_path).close()
    assert next(calls, None) is None


def test_what_another_process_finished_meanwhile_is_reprinted(tmp_path, monkeypatch):
    def finish_first(folder, identity):
        whole(folder)
        return begin(folder, identity)

    from simulator.store import folder as module

    begin = module._begin
    monkeypatch.setattr(module, "_begin", lambda *arguments: (monkeypatch.undo(), finish_first(*arguments))[1])
    with open_run(tmp_path, IDENTITY) as run_folder:
        assert run_folder.finished and run_folder.json() == {"n": 1770}


# Disks


def test_an_unwritable_place():
    with pytest.raises(FolderError, match="cannot be written"):
        whole("/sys/allpath-cannot-be-here")


@pytest.mark.parametrize("size", [0, 20])
def test_no_room_for_the_identity(tmp_path, size):
    with no_file_larger_than(size), pytest.raises(FolderError, match="run: cannot be written: File too large"):
        whole(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    assert text(whole(tmp_path / "run")) == FINISHED


def test_no_room_for_a_checkpoint_is_said_once_and_the_run_goes_on(tmp_path):
    warnings = []
    with open_run(tmp_path, IDENTITY, warn=warnings.append) as run_folder:
        with no_file_larger_than(100):
            sums, _ = run(run_folder.checkpoint)
        assert warnings == [f"{tmp_path}: the checkpoint cannot be written: File too large; going on without"]
        assert run_folder.done == 0 and set(contents(tmp_path)) == {"run.json"}
        run_folder.finish(write(sums))
    assert text(tmp_path) == FINISHED


def test_no_room_for_the_results_keeps_what_was_simulated(tmp_path):
    def write_much(folder):
        write(sums)(folder)
        (folder / "large.csv").write_bytes(bytes(10_000))

    with open_run(tmp_path, IDENTITY) as run_folder:
        sums, _ = run(run_folder.checkpoint)
        kept = contents(tmp_path)
        with (
            no_file_larger_than(5_000),
            pytest.raises(FolderError, match="File too large; 60 are kept, the same command"),
        ):
            run_folder.finish(write_much)
        assert contents(tmp_path) == kept and "checkpoint" in kept
    with open_run(tmp_path, IDENTITY) as run_folder:
        sums, worked = run(run_folder.checkpoint)
        assert worked == 0
        run_folder.finish(write(sums))
    assert text(tmp_path) == FINISHED


def test_a_disk_that_fills_while_results_are_put_into_place(tmp_path, monkeypatch):
    """Also then the run is not finished, and its checkpoint is there."""
    with open_run(tmp_path, IDENTITY) as run_folder:
        sums, _ = run(run_folder.checkpoint)
        replace = os.replace

        def fail_at_the_second(source, target, calls=[0]):  # noqa: B006
            calls[0] += 1
            if calls[0] == 2:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            replace(source, target)

        monkeypatch.setattr(os, "replace", fail_at_the_second)
        with pytest.raises(FolderError, match="No space left on device"):
            run_folder.finish(write(sums))
        monkeypatch.undo()
    assert {"run.json", "checkpoint"} <= set(contents(tmp_path)) and "summary.json" not in contents(tmp_path)
    assert text(whole(tmp_path)) == FINISHED


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path):
    whole(tmp_path / "full")
    journal = Journal(tmp_path)
    with no_file_larger_than(0):
        journal.append("started")
    journal.close()
    assert entries(tmp_path) == []


# The journal


def test_the_journal_tells_the_story(tmp_path):
    for error in (KeyboardInterrupt, ZeroDivisionError("no such luck")):
        with pytest.raises((KeyboardInterrupt, ZeroDivisionError)), open_run(tmp_path, IDENTITY) as run_folder:
            run_folder.note("simulated", seconds=1.5)
            raise error
    whole(tmp_path)
    told = entries(tmp_path)
    assert [each["event"] for each in told] == [
        "started", "simulated", "interrupted", "started", "simulated", "failed", "started", "finished",
    ]  # fmt: skip
    assert told[1]["seconds"] == 1.5 and told[5]["reason"] == "ZeroDivisionError: no such luck"
    assert all(each["pid"] == os.getpid() and each["at"].endswith("+00:00") for each in told)


@pytest.mark.parametrize("torn", [b'{"event": "sta', b"\xff\xfe", b"7"])
def test_a_torn_line_is_passed_over(tmp_path, torn):
    with open_run(tmp_path, IDENTITY):
        pass
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(torn)
    whole(tmp_path)
    assert [each["event"] for each in entries(tmp_path)] == ["started", "started", "finished"]
