"""Patient ranges over threads: any number of workers and any block size give the same bytes.

The kernels release the GIL, and results are integer sums, so that blocks may end in any order. A worker counts
on its own and hands in between two blocks; a run can be stopped there and go on later from a checkpoint.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np

from simulator.clocks.cohort import compare_range
from simulator.counts import Counts, clear, merge, new_counts
from simulator.endpoints import BINS_PER_MONTH, ENDPOINT_COUNT, REMISSION_WITHIN_MONTHS
from simulator.parameters import acting_in, load_parameters
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.ranges import Ranges, blocks_of
from simulator.scenario import Fault, Scenario, ScenarioError, alike_until_remission
from simulator.strategy import DAYS_PER_MONTH, strategy_record
from simulator.threads import over_threads

LIVES_PER_BLOCK = 24_000  # about a tenth of a second: Ctrl-C is heard between blocks
HAND_IN_SECONDS = 1.0
SHARE_OF_TIME = 0.01  # handing in costs no more than this share, however large the counts are

Progress = Callable[[int, int], None]
"""Called with (patients done, patients in all), first with what a checkpoint held."""


class Checkpoint(Protocol):
    """Where sums and the numbers of those they are of (patients, replicates) are kept while a run goes on."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Ranges:
        """Fill the arrays with what is kept and say whose sums they are; nothing kept: leave them, nobody's."""

    def due(self) -> bool:
        """Whether it is time to save."""

    def save(self, arrays: Mapping[str, np.ndarray], done: Ranges) -> None:
        """Keep these instead."""


class Kernel(NamedTuple):
    """What every block of a scenario shares, read-only."""

    blank: np.recarray
    seed: np.uint64
    population: np.recarray
    parameters: np.recarray
    strategies: np.recarray
    plan: tuple[float, int, np.ndarray, np.ndarray, bool, bool]


class Workspace(NamedTuple):
    """What one block at a time writes."""

    counts: Counts
    baseline: np.recarray
    records: np.recarray
    days: np.ndarray
    bins: np.ndarray


def end_day(horizon_months: int) -> float:
    """Lives go on beyond the horizon by the latest first remission: none is censored from remission."""
    return (horizon_months + REMISSION_WITHIN_MONTHS) * DAYS_PER_MONTH


def pair_months(scenario: Scenario) -> list[int]:
    """Months at which pairs are counted: those reported and the horizon."""
    return sorted({*scenario.report_months, scenario.horizon_months})


def pairs_of(scenario: Scenario) -> np.ndarray:
    """(P, 2) positions of the arms counted against each other: as stated, else row a is arm a and the reference."""
    names = [arm.name for arm in scenario.arms]
    stated = scenario.pairs or tuple((name, scenario.reference) for name in names)
    return np.array([[names.index(name) for name in pair] for pair in stated], np.int64)


def arm_records(scenario: Scenario, arm: str) -> tuple[np.recarray, np.recarray]:
    """(parameters, strategy) of an arm by its name, each of shape (1,): what its rules read."""
    own = next(each for each in scenario.arms if each.name == arm)
    return load_parameters(scenario.parameters).record(**own.parameters), strategy_record(own.strategy)


def refuse_limits(scenario: Scenario) -> None:
    """`ScenarioError` where patients share what is limited: the cohort clock would grant everything at once."""
    limited = [arm.name for arm in scenario.arms if arm.sharing.limited()]
    if limited:
        what = f"limits what patients share ({', '.join(limited)})"
        allowed = "ap.compare_wards, or ap.without_limits to leave the limits out; a sweep has no ward"
        raise ScenarioError([Fault(scenario.path.name, "ward", what=what, allowed=allowed)])


def kernel_of(scenario: Scenario) -> Kernel:
    """A scenario as the records that the compiled loop reads; `ScenarioError` if it limits what patients share."""
    refuse_limits(scenario)
    records = [arm_records(scenario, arm.name) for arm in scenario.arms]
    changed = {name for arm in scenario.arms for name in arm.parameters}
    rows = [parameters for parameters, _ in records] if changed else [records[0][0]]
    report_bins = np.array(pair_months(scenario), np.int64) * BINS_PER_MONTH
    last_bin = scenario.horizon_months * BINS_PER_MONTH
    shared = all(alike_until_remission(arm, scenario.arms[0]) for arm in scenario.arms)
    # arms that are alike until remission have one baseline, whoever states its parameters
    own_baseline = not shared and bool(changed & acting_in({"population"}))
    plan = (end_day(scenario.horizon_months), last_bin, pairs_of(scenario), report_bins, shared, own_baseline)
    return Kernel(
        new_patients(1),
        np.uint64(scenario.seed),
        population_record(scenario.population),
        np.concatenate(rows).view(np.recarray),
        np.concatenate([strategy for _, strategy in records]).view(np.recarray),
        plan,
    )


def workspace_of(scenario: Scenario) -> Workspace:
    """Zero counts and scratch records."""
    arms = len(scenario.arms)
    return Workspace(
        new_counts(arms, scenario.horizon_months, len(pair_months(scenario)), len(pairs_of(scenario))),
        new_patients(1),
        new_patients(arms),
        np.zeros(ENDPOINT_COUNT),
        np.zeros((arms, ENDPOINT_COUNT), np.int64),
    )


def run_range(kernel: Kernel, space: Workspace, first: int, stop: int) -> None:
    """Add patients first .. stop - 1 to the counts of `space`."""
    compare_range(
        space.counts, space.baseline, space.records, space.days, space.bins,
        kernel.blank, kernel.seed, first, stop,
        kernel.population, kernel.parameters, kernel.strategies, kernel.plan,
    )  # fmt: skip


def warm_up(scenario: Scenario) -> None:
    """Compile in this thread (tens of seconds the first time, then cached), before others need the code."""
    run_range(kernel_of(scenario), workspace_of(scenario), 0, 0)


class Sums:
    """Counts, and the patients they are of: changed together, under one lock, so that they can be saved together."""

    def __init__(self, counts: Counts, done: Ranges) -> None:
        self.counts, self.done, self.lock = counts, done, Lock()

    def add(self, counts: Counts, done: Ranges) -> None:
        """Take in what one worker has."""
        with self.lock:
            self.done.update(done)
            merge(self.counts, counts)

    def save(self, checkpoint: Checkpoint) -> None:
        """Put both into a checkpoint; nobody waits for the disk."""
        with self.lock:
            arrays = {name: array.copy() for name, array in self.counts._asdict().items()}
            done = Ranges(self.done.pieces)
        checkpoint.save(arrays, done)


class CohortWorker:
    """One thread's counts, handed in now and then between two of its blocks."""

    def __init__(self, kernel: Kernel, space: Workspace, sums: Sums) -> None:
        self.kernel, self.space, self.sums = kernel, space, sums
        self.done = Ranges()
        self.due = time.monotonic() + HAND_IN_SECONDS

    def work(self, first: int, stop: int) -> None:
        """Count patients first .. stop - 1."""
        run_range(self.kernel, self.space, first, stop)
        self.done.add(first, stop)
        if time.monotonic() >= self.due:
            self.hand_in()

    def hand_in(self) -> None:
        """Move this worker's counts into the sums."""
        begin = time.monotonic()
        self.sums.add(self.space.counts, self.done)
        clear(self.space.counts)
        self.done = Ranges()
        end = time.monotonic()
        self.due = end + max(HAND_IN_SECONDS, (end - begin) / SHARE_OF_TIME)


def run(
    scenario: Scenario,
    *,
    workers: int | None = None,
    block: int | None = None,
    progress: Progress | None = None,
    patients: range | None = None,
    checkpoint: Checkpoint | None = None,
) -> Counts:
    """The counts of a scenario; `workers` None = one per core, `block` patients a call, `patients` a part.

    With a `checkpoint` the run goes on from it and leaves everything finished in it, however it ends.
    """
    everyone = patients if patients is not None else range(scenario.patients)
    block = block or max(1, LIVES_PER_BLOCK // len(scenario.arms))
    kernel, sums = kernel_of(scenario), Sums(workspace_of(scenario).counts, Ranges())
    if checkpoint:
        sums.done = checkpoint.restore(sums.counts._asdict())
    most = max(1, -(-(len(everyone) - len(sums.done)) // block))  # more workers than blocks would only cost memory
    crew = [CohortWorker(kernel, workspace_of(scenario), sums) for _ in range(min(workers or usable_cores(), most))]
    with closing(over_threads(crew[:1], iter([(0, 0)]))) as compiling:  # by one thread, before the others need it
        list(compiling)
    finished = len(sums.done)
    if progress:
        progress(finished, len(everyone))
    try:
        with closing(over_threads(crew, blocks_of(sums.done.missing(everyone), block))) as blocks:
            for first, stop in blocks:
                finished += stop - first
                if progress:
                    progress(finished, len(everyone))
                if checkpoint and checkpoint.due():
                    sums.save(checkpoint)
    finally:
        if checkpoint:
            sums.save(checkpoint)
    if not sums.counts.patients[0] == len(sums.done) == len(everyone):
        raise RuntimeError(f"{sums.counts.patients[0]} patients counted, {len(everyone)} asked for")
    return sums.counts


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
