"""Interrupted, failed and killed runs go on from what they left and end with the same bytes.

Rank of proof: agreement of whole counts (every integer) between a run that was stopped and one that was not.
"""

import json
import re
import signal
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from simulator import runner
from simulator.counts import Counts, merge, new_counts
from simulator.ranges import Ranges
from simulator.runner import run
from simulator.scenario import load_scenario
from simulator.store import FileCheckpoint, FolderError, checkpoint

HERE = Path(__file__).resolve().parent
SCENARIO = load_scenario("sct_vs_no_sct", patients=2_000, seed=11)
KEY = "k" * 64


@lru_cache(maxsize=1)
def whole():
    return run(SCENARIO, workers=1, block=2_000)


def judge_same_counts(one, other):
    """Every integer."""
    for name in Counts._fields:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def kept_in(folder):
    return FileCheckpoint(folder, KEY, pytest.fail)


@pytest.fixture
def eager(monkeypatch):
    """Hand in and save after every block."""
    monkeypatch.setattr(checkpoint, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE_OF_TIME", 1e9)
    monkeypatch.setattr(runner, "HAND_IN_SECONDS", 0.0)
    monkeypatch.setattr(runner, "SHARE_OF_TIME", 1e9)


class Stopped:
    """Progress that raises after so many patients."""

    def __init__(self, after, error):
        self.after, self.error, self.seen = after, error, []

    def __call__(self, done, total):
        self.seen.append(done)
        if done >= self.after:
            raise self.error


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_stopped_run_goes_on(tmp_path, workers, error):
    """Without any timed save: what was finished is saved on the way out."""
    done = 0
    for after, block in ((300, 100), (900, 37), (1500, 250)):
        stopped = Stopped(after, error)
        with pytest.raises(error):
            run(SCENARIO, workers=workers, block=block, progress=stopped, checkpoint=kept_in(tmp_path))
        assert stopped.seen[0] == done
        done = len(kept_in(tmp_path).done)
        assert done >= after
    judge_same_counts(run(SCENARIO, workers=3 - workers, checkpoint=kept_in(tmp_path)), whole())
    judge_same_counts(run(SCENARIO, progress=Stopped(2_001, error), checkpoint=kept_in(tmp_path)), whole())


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_sums_and_patients_are_saved_together(tmp_path, eager, monkeypatch, workers):
    """At every save of a run the counts are those of the very patients that the checkpoint names."""
    saves = []

    class Watched(FileCheckpoint):
        def save(self, arrays, done):
            saves.append((int(arrays["patients"][0]), len(done), arrays["events"].copy(), list(done.pieces)))
            super().save(arrays, done)

    kept = Watched(tmp_path, KEY, pytest.fail)
    judge_same_counts(run(SCENARIO, workers=workers, block=100, checkpoint=kept), whole())
    assert len(saves) > 5 and all(patients == named for patients, named, _, _ in saves)
    middle = saves[len(saves) // 2]
    again = np.zeros_like(middle[2])
    for first, stop in middle[3]:
        again += run(SCENARIO, workers=1, patients=range(first, stop)).events
    assert (again == middle[2]).all()


def test_a_block_that_fails_is_not_counted(tmp_path, eager, monkeypatch):
    """The block adds to the counts before it fails; nothing of it may reach the checkpoint."""
    run_range = runner.run_range

    def fail_at_the_fourth(kernel, space, first, stop):
        run_range(kernel, space, first, stop)
        if first == 300:
            raise MemoryError("no room")

    monkeypatch.setattr(runner, "run_range", fail_at_the_fourth)
    with pytest.raises(MemoryError, match="no room"):
        run(SCENARIO, workers=1, block=100, checkpoint=kept_in(tmp_path))
    monkeypatch.undo()
    assert kept_in(tmp_path).done == Ranges([(0, 300)])
    judge_same_counts(run(SCENARIO, workers=2, checkpoint=kept_in(tmp_path)), whole())


def test_a_part_of_the_patients(tmp_path):
    """Any split into parts, in any order, merges to the same counts."""
    total = new_counts(len(SCENARIO.arms), SCENARIO.horizon_months, len(runner.pair_months(SCENARIO)))
    for first, stop in ((1_300, 2_000), (0, 7), (500, 1_300), (7, 500)):
        merge(total, run(SCENARIO, patients=range(first, stop)))
    judge_same_counts(total, whole())


def test_a_checkpoint_of_other_counts_is_refused(tmp_path):
    run(SCENARIO, checkpoint=kept_in(tmp_path))
    longer = load_scenario("sct_vs_no_sct", patients=2_000, seed=11, settings={"horizon_months": "72"})
    with pytest.raises(FolderError, match="another form"):
        run(longer, checkpoint=kept_in(tmp_path))


def test_sabotage_a_block_twice_or_left_out_is_seen(tmp_path):
    """A checkpoint that lies about its patients: one block is simulated again, or never."""
    for lie in ([(0, 900)], [(0, 1_100)]):
        part = run(SCENARIO, patients=range(0, 1_000))
        kept_in(tmp_path).save(part._asdict(), Ranges(lie))
        with pytest.raises(RuntimeError, match="patients counted, 2000 asked for"):
            run(SCENARIO, checkpoint=kept_in(tmp_path))
    with pytest.raises(AssertionError):
        judge_same_counts(run(SCENARIO, patients=range(1, 2_001)), whole())


def test_killed_at_random_times(tmp_path):
    """SIGKILL within the first quarter second of every run, until one gets to the end."""
    call = [sys.executable, HERE / "killed_runs.py", tmp_path]
    found = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
    assert found["same"] and found["kills"] >= 3
    assert found["kept"] == sorted(found["kept"]), "a later checkpoint holds less"
    assert found["kept"][-1] > 0


def command(folder, patients, *more, what=("compare", "original_vs_modified")):
    options = ("--patients", str(patients), "--seed", "5", "--workers", "2", "--out", folder, *more)
    call = [sys.executable, "-m", "simulator.cli", *what, *options]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_within_a_second_and_says_how_to_go_on(tmp_path, number):
    """2 s are allowed here: machines that run tests are shared. The command allows itself 0.9 s."""
    with command(tmp_path / "run", 10_000_000) as started:
        while not (tmp_path / "run" / "checkpoint").exists():
            assert started.poll() is None
            time.sleep(0.01)
        begin = time.monotonic()
        started.send_signal(number)
        try:
            out, err = started.communicate(timeout=20)
        finally:
            started.kill()
        assert time.monotonic() - begin < 2.0
    assert (started.returncode, out) == (130, "") and "Traceback" not in err, err
    assert re.fullmatch(
        r"interrupted at [\d,]+ of 10,000,000 patients; the same command goes on from there: .+run",
        err.splitlines()[-1],
    )
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "journal.jsonl", "checkpoint"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "patients"),
    [(("compare", "original_vs_modified"), 400_000), (("sweep", "interval_by_ino_courses"), 100_000)],
    ids=["compare", "sweep"],
)
def test_the_command_killed_again_and_again_ends_with_the_same_bytes(tmp_path, what, patients):
    """SIGKILL every few seconds; the bytes are those of an uninterrupted run."""
    kills, seconds = 0, 4.0
    while (started := command(tmp_path / "run", patients, "--json", what=what)).poll() is None:
        try:
            started.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            started.kill()
            started.communicate()
            kills, seconds = kills + 1, seconds + 0.5
            continue
        assert started.returncode == 0
        break
    command(tmp_path / "whole", patients, "--json", what=what).communicate()
    assert kills >= 2

    def contents(folder):
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "journal.jsonl"}

    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
