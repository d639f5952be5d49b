"""What surviving costs: `python -m benchmarks.checkpoints`.

Time of the same run with and without a checkpoint, alternately; the smallest of several, because other work on the
machine only adds. Then the largest resident memory of one process (there are no others), each time for ten times as
many patients.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator.runner import run
from simulator.scenario import load_scenario
from simulator.store import FileCheckpoint

SCENARIOS = {"original_vs_modified": 600_000, "sct_vs_no_sct": 250_000}
REPEATS = 5
PATIENTS = (100_000, 1_000_000, 10_000_000)
MEMORY = (
    "import resource, sys; from simulator.cli import run;"
    "run(['compare', 'original_vs_modified', '--patients', sys.argv[1], '--json', '--out', sys.argv[2]]);"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
)


class TimedCheckpoint(FileCheckpoint):
    """Adds up the seconds spent saving."""

    seconds, saves = 0.0, 0

    def save(self, arrays, done):
        begin = time.perf_counter()
        super().save(arrays, done)
        self.seconds, self.saves = self.seconds + time.perf_counter() - begin, self.saves + 1


def seconds_of(scenario, checkpoint=None):
    """Wall and processor time of one run."""
    wall, processor = time.perf_counter(), time.process_time()
    run(scenario, checkpoint=checkpoint)
    return time.perf_counter() - wall, time.process_time() - processor


def overhead(name, patients):
    """Three lines."""
    scenario = load_scenario(name, patients=patients, seed=3)
    run(scenario, patients=range(100))
    plain, kept, saving, saves = [], [], 0.0, 0
    for _ in range(REPEATS):
        plain.append(seconds_of(scenario))
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = TimedCheckpoint(Path(folder), "key", print)
            kept.append(seconds_of(scenario, checkpoint))
        saving, saves = saving + checkpoint.seconds, saves + checkpoint.saves
    (wall, processor), (wall_kept, processor_kept) = (tuple(map(min, zip(*times))) for times in (plain, kept))
    share = 100.0 * saving / sum(times[0] for times in kept)
    print(name)
    for what, without, with_one in (("wall", wall, wall_kept), ("processor", processor, processor_kept)):
        more = 100.0 * (with_one / without - 1.0)
        print(f"  {what:<10} {without:6.2f} s without, {with_one:6.2f} s with a checkpoint ({more:+.1f} %)")
    print(f"  {saves} saves of {1000.0 * saving / saves:.0f} ms, {share:.1f} % of the wall time", flush=True)


def memory(patients):
    """One line."""
    with tempfile.TemporaryDirectory() as folder:
        call = [sys.executable, "-c", MEMORY, str(patients), f"{folder}/run"]
        shown = subprocess.run(call, capture_output=True, text=True, check=True)
    print(f"{patients:>12,} patients, 2 arms: {shown.stderr.split()[-1]} MiB")


if __name__ == "__main__":
    for name, patients in SCENARIOS.items():
        overhead(name, patients)
    for patients in PATIENTS:
        memory(patients)
