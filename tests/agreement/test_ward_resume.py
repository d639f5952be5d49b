"""Wards that were stopped, failed or killed go on from what they left and end with the same numbers.

Rank of proof: identity of every byte of every table with a run that was never stopped.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from simulator.counts import Counts
from simulator.processes import over_processes
from simulator.ranges import Ranges
from simulator.scenario import load_scenario
from simulator.store import FileCheckpoint
from simulator.ward import compare_by_ward_clock, compare_wards
from simulator.ward.folder import FRAMES
from simulator.ward.kept import Kept
from simulator.ward.measures import NEEDS
from simulator.ward.replicate import run_replicate

SETTINGS = [
    "ward.patients_per_replicate=100", "ward.warm_up_months=1", "ward.run_out_months=1",
    "arms.eight_beds.ward.sct_beds=3", "arms.six_beds.ward.sct_beds=1", "arms.six_beds.ward.donor_search_desks=6",
]  # fmt: skip
SCENARIO = load_scenario("two_beds_fewer", patients=500, settings=SETTINGS)


def kept_in(folder):
    return FileCheckpoint(folder, "k" * 64, pytest.fail)


@pytest.fixture(scope="module")
def whole():
    return compare_wards(SCENARIO, workers=1)


def judge_same(one, other):
    assert one.summary == other.summary
    for name in FRAMES:
        assert getattr(one, name).to_csv() == getattr(other, name).to_csv(), name


def stop_after(many, error):
    def progress(done, _):
        if done >= many:
            raise error

    return progress


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_stopped_wards_go_on(tmp_path, whole, workers, error):
    for many in (1, 3):
        with pytest.raises(error):
            compare_wards(SCENARIO, workers=workers, progress=stop_after(many, error), checkpoint=kept_in(tmp_path))
        assert len(kept_in(tmp_path).done) == many
    seen = []
    again = compare_wards(
        SCENARIO, workers=workers, progress=lambda *each: seen.append(each), checkpoint=kept_in(tmp_path)
    )
    judge_same(again, whole)
    assert seen == [(3, 5), (4, 5), (5, 5)]


def test_what_is_kept_is_what_was_found(whole):
    """Every number of a replicate, in its order; arms that limit different needs."""
    kept, found = Kept(SCENARIO, 2), [run_replicate(SCENARIO, number) for number in range(2)]
    for number in (1, 0):
        kept.put(number, found[number])
    for one, other in zip(kept.replicates(), found, strict=True):
        for here, there in zip(one, other, strict=True):
            assert list(here) == list(there)
            for arm in here:
                assert list(here[arm].values) == list(there[arm].values)
                assert np.array_equal([*here[arm].values.values()], [*there[arm].values.values()], equal_nan=True)
                assert np.array_equal(here[arm].survival, there[arm].survival)
                for name in ("in_use", "waiting", "served"):
                    mine, its = getattr(here[arm], name), getattr(there[arm], name)
                    assert list(mine) == list(its) and all(np.array_equal(mine[need], its[need]) for need in its)
    assert set(kept.needs) == set(NEEDS.values())


def test_sabotage_a_ward_that_is_not_there_or_another_number_is_seen(tmp_path, whole):
    """A checkpoint that names a ward which it does not hold."""
    kept = Kept(SCENARIO, 5)
    for number in range(1, 5):
        kept.put(number, run_replicate(SCENARIO, number))
    kept_in(tmp_path).save(kept.tables._asdict(), Ranges([(0, 5)]))
    with pytest.raises(AssertionError):
        judge_same(compare_wards(SCENARIO, checkpoint=kept_in(tmp_path)), whole)


def test_the_ward_clock_with_nothing_limited_goes_on_too(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.ward.unlimited.PATIENTS_PER_TASK", 200)
    scenario = load_scenario("original_vs_modified", patients=900, seed=3)
    with pytest.raises(KeyboardInterrupt):
        compare_by_ward_clock(
            scenario, workers=2, progress=stop_after(400, KeyboardInterrupt), checkpoint=kept_in(tmp_path)
        )
    assert 400 <= len(kept_in(tmp_path).done) < 900
    again = compare_by_ward_clock(scenario, workers=1, checkpoint=kept_in(tmp_path))
    once = compare_by_ward_clock(scenario, workers=1)
    assert all(getattr(again.counts, name).tobytes() == getattr(once.counts, name).tobytes() for name in Counts._fields)


def test_a_killed_process_is_a_broken_pool_and_an_error_is_its_own():
    with closing(over_processes(os._exit, [9, 9], 2)) as lost, pytest.raises(Exception, match="was killed"):
        list(lost)
    with closing(over_processes(int, ["1", "x"], 2)) as failing, pytest.raises(ValueError, match="'x'"):
        list(failing)
    with closing(over_processes(abs, [-1, -2, -3], 2)) as fine:
        assert sorted(fine) == [(-3, 3), (-2, 2), (-1, 1)]


def children(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_command_stops_within_a_second_and_no_process_lingers(tmp_path, number):
    """2 s are allowed here: machines that run tests are shared."""
    options = [each for setting in SETTINGS for each in ("--set", setting)]
    call = [sys.executable, "-m", "simulator.cli", "compare", "two_beds_fewer", *options, "--patients", "100000"]
    with subprocess.Popen(
        [*call, "--workers", "2", "--out", tmp_path / "run"], stderr=subprocess.PIPE, text=True
    ) as run:
        while not (tmp_path / "run" / "checkpoint").exists():
            assert run.poll() is None
            time.sleep(0.01)
        started = children(run.pid)
        begin = time.monotonic()
        run.send_signal(number)
        try:
            err = run.communicate(timeout=20)[1]
        finally:
            run.kill()
        assert time.monotonic() - begin < 2.0
        time.sleep(1.0)
        assert len(started) == 2 and not any(map(alive, started))
    if number == signal.SIGINT:
        assert run.returncode == 130 and "Traceback" not in err
        assert re.search(r"interrupted at [\d,]+ of 1,000 wards; the same command goes on from there: .+run", err)
    listed = subprocess.run([*call[:3], "runs", tmp_path / "run"], capture_output=True, text=True).stdout
    assert re.search(r"interrupted at \d+ of 1,000 wards", listed)
