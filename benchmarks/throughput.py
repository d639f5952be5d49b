"""Speed of the cohort clock: `python -m benchmarks.throughput [--no-cold]`.

Times are CPU time of the thread, best of several: a shared machine moves them by ten per cent and more. The shares of
draws and of logarithms are estimates: a micro-benchmark of each, times how often a life needs it, over the time of a
life. In a life the processor overlaps them with other work, so that the shares are upper bounds.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks import peers
from calibration.observe import MODIFIED, ORIGINAL
from calibration.trial import END_DAY, load_arms
from simulator.clocks.cohort import live_table
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.parameters import load_parameters
from simulator.patient import PATIENT_DTYPE, new_patients

PARAMETERS = "joint-point"
SEED = np.uint64(20230523)
LIVES = 4_000
REPEATS = 15
ARMS = {ORIGINAL: "original", MODIFIED: "modified"}
TRANSCENDENTALS = 25  # exp, log and pow a life, roughly: the project's earlier count, not measured here
COUNTED_LIVES = 200  # interpreted, for the number of Philox blocks and normal quantiles


@compiled
def many_pairs(n, seed):
    """n Philox blocks."""
    total = 0.0
    for i in range(n):
        total += uniform_pair(seed, i, 7, 3)[0]
    return total


@compiled
def many_normals(n):
    """n normal quantiles."""
    total = 0.0
    for i in range(n):
        total += normal_from((i * 0.6180339887) % 1.0)
    return total


@compiled
def many_exponentials(n):
    """n of exp, log and pow in turn, a third each."""
    total = 0.0
    for i in range(n // 3):
        u = 0.1 + (i * 0.6180339887) % 1.0
        total += np.exp(u) + np.log(u) + u**1.37
    return total


def best_ns(work, n: int, repeats: int = 9) -> float:  # type: ignore[no-untyped-def]
    """Nanoseconds of CPU per unit of work."""
    work()
    best = np.inf
    for _ in range(repeats):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return float(best / n * 1e9)


def cold_compile_seconds() -> float:
    """Wall time of the first `compare_range` in a fresh process with an empty cache, imports included."""
    code = (
        "from simulator.runner import warm_up\nfrom simulator.scenario import load_scenario\n"
        "warm_up(load_scenario('original_vs_modified'))"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ALLPATH_CACHE_DIR": folder}
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parent.parent)
        return time.perf_counter() - start


def calls_a_life() -> tuple[float, float]:
    """(Philox blocks, normal quantiles) a life, mean of both arms: counted in plain Python, the compiler off."""
    code = f"""
import sys
from collections import Counter
from benchmarks.throughput import ARMS, END_DAY, PARAMETERS, SEED
from calibration.trial import load_arms
from simulator.clocks.cohort import live_table
from simulator.parameters import load_parameters
from simulator.patient import new_patients
found = Counter()
def count(frame, event, argument):
    if event == "call":
        found[frame.f_code.co_name] += 1
arms, numbers = load_arms(), load_parameters(PARAMETERS).record()
for arm in ARMS:
    table = new_patients({COUNTED_LIVES})
    parts = arms[arm]
    sys.setprofile(count)
    live_table(table, new_patients(1), SEED, 0, parts.population, numbers, parts.strategy, END_DAY)
    sys.setprofile(None)
print(found["philox_4x32_10"], found["normal_from"])
"""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        check=True, env=environment, cwd=Path(__file__).parent.parent, capture_output=True, text=True,
    )  # fmt: skip
    blocks, normals = map(int, done.stdout.split())
    return blocks / (len(ARMS) * COUNTED_LIVES), normals / (len(ARMS) * COUNTED_LIVES)


def main() -> None:
    """Measure and print."""
    parameters, blank = load_parameters(PARAMETERS).record(), new_patients(1)
    tables = [new_patients(LIVES) for _ in range(2)]
    arms = load_arms()

    def run(arm: int, table: int) -> int:
        parts = arms[arm]
        return live_table(
            tables[table], blank, SEED, table * LIVES, parts.population, parameters, parts.strategy, END_DAY
        )

    of_life = []
    for arm, name in ARMS.items():
        events = run(arm, 0) / LIVES
        ns = best_ns(lambda arm=arm: run(arm, 0), LIVES, REPEATS)
        of_life.append(ns)
        print(f"{name:9s} {1e3 / ns:6.3f} M patients/s  {events * 1e3 / ns:6.2f} M events/s  "
              f"{ns:6.0f} ns a life  {events:5.1f} events a life")  # fmt: skip
    ns = sum(of_life) / len(of_life)
    print(f"both      {1e3 / ns:6.3f} M patients/s, one core")

    def wall(threads: int) -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda table: [run(arm, table) for arm in ARMS for _ in range(5)], range(threads)))
        return time.perf_counter() - start

    one, two = (min(wall(threads) for _ in range(5)) for threads in (1, 2))
    blocks, normals = calls_a_life()
    print(f"two threads, wall: {2 * one / two:.2f} times one ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f})")
    print(f"{PATIENT_DTYPE.itemsize} bytes a patient")
    pair = best_ns(lambda: many_pairs(100_000, SEED), 100_000)
    normal = best_ns(lambda: many_normals(100_000), 100_000)
    power = best_ns(lambda: many_exponentials(99_999), 99_999)
    print(f"at most {2 * blocks:.0f} draws a life in {blocks:.1f} blocks of {pair:.1f} ns: {blocks * pair / ns:.0%}")
    print(f"{normals:.1f} normal quantiles of {normal:.1f} ns: {normals * normal / ns:.0%}")
    print(f"about {TRANSCENDENTALS} exp, log, pow of {power:.1f} ns: {TRANSCENDENTALS * power / ns:.0%}")
    for name, speed, alive in peers.measured():
        print(f"peer model, {name:24s} {speed / 1e6:7.3f} M patients/s  (alive at 120 months {alive:.3f})")
    if "--no-cold" not in sys.argv:
        print(f"cold compile of the comparison, imports included: {cold_compile_seconds():.1f} s wall")


if __name__ == "__main__":
    main()
