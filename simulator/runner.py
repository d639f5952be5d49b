"""Patient ranges over threads: any number of workers and any block size give the same bytes.

The kernels release the GIL, and results are integer sums, so that blocks may end in any order. A worker's
sums are lent to one block at a time and added up at the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed

from simulator.clocks.cohort import compare_range
from simulator.counts import Counts, merge, new_counts
from simulator.endpoints import BINS_PER_MONTH, ENDPOINT_COUNT, REMISSION_WITHIN_MONTHS
from simulator.parameters import acting_in, load_parameters
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.scenario import Scenario, alike_until_remission
from simulator.strategy import DAYS_PER_MONTH, strategy_record

LIVES_PER_BLOCK = 24_000  # about a tenth of a second: Ctrl-C is heard between blocks

Progress = Callable[[int, int], None]
"""Called with (patients done, patients in all)."""


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


def kernel_of(scenario: Scenario) -> Kernel:
    """A scenario as the records that the compiled loop reads."""
    strategies = np.concatenate([strategy_record(arm.strategy) for arm in scenario.arms]).view(np.recarray)
    parameters = load_parameters(scenario.parameters)
    changed = {name for arm in scenario.arms for name in arm.parameters}
    rows = [parameters.record(**arm.parameters) for arm in scenario.arms] if changed else [parameters.record()]
    report_bins = np.array(pair_months(scenario), np.int64) * BINS_PER_MONTH
    last_bin = scenario.horizon_months * BINS_PER_MONTH
    shared = all(alike_until_remission(arm, scenario.arms[0]) for arm in scenario.arms)
    own_baseline = bool(changed & acting_in({"population"}))
    plan = (end_day(scenario.horizon_months), last_bin, pairs_of(scenario), report_bins, shared, own_baseline)
    return Kernel(
        new_patients(1),
        np.uint64(scenario.seed),
        population_record(scenario.population),
        np.concatenate(rows).view(np.recarray),
        strategies,
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


def run(
    scenario: Scenario,
    *,
    workers: int | None = None,
    block: int | None = None,
    progress: Progress | None = None,
    patients: range | None = None,
) -> Counts:
    """The counts of a scenario; `workers` None = one per core, `block` patients a call, `patients` a part."""
    everyone = patients if patients is not None else range(scenario.patients)
    workers = workers or usable_cores()
    block = block or max(1, LIVES_PER_BLOCK // len(scenario.arms))
    kernel = kernel_of(scenario)
    spaces = [workspace_of(scenario) for _ in range(workers)]
    run_range(kernel, spaces[0], 0, 0)
    free: SimpleQueue[Workspace] = SimpleQueue()
    for space in spaces:
        free.put(space)

    def work(first: int, stop: int) -> int:
        space = free.get()
        try:
            run_range(kernel, space, first, stop)
        finally:
            free.put(space)
        return stop - first

    starts = range(everyone.start, everyone.stop, block)
    ranges = [(first, min(first + block, everyone.stop)) for first in starts]
    done = 0
    for finished in _unordered(work, ranges, workers):
        done += finished
        if progress:
            progress(done, len(everyone))
    total = spaces[0].counts
    for space in spaces[1:]:
        merge(total, space.counts)
    if total.patients[0] != len(everyone):
        raise RuntimeError(f"{total.patients[0]} patients counted, {len(everyone)} asked for")
    return total


def _unordered(work: Callable[[int, int], int], ranges: list[tuple[int, int]], workers: int) -> Iterator[int]:
    if workers == 1:
        return (work(first, stop) for first, stop in ranges)
    pool: Any = Parallel(n_jobs=workers, backend="threading", return_as="generator_unordered", batch_size=1)
    return pool(delayed(work)(first, stop) for first, stop in ranges)


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
