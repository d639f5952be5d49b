"""The ordinary comparison by the ward clock: with nothing scarce the counts, and every byte, are the cohort clock's."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np

from simulator.clocks.ward import Ward, World, admit_table
from simulator.comparison import Comparison, comparison_of
from simulator.compiled import compiled
from simulator.counts import Counts, add_life, add_pairs, add_waiting, clear, new_counts
from simulator.endpoints import BINS_PER_MONTH, ENDPOINT_COUNT, bin_of, endpoint_days
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.processes import over_processes
from simulator.ranges import Ranges, blocks_of
from simulator.runner import Checkpoint, Progress, Sums, arm_records, end_day, pair_months, pairs_of, usable_cores
from simulator.scenario import Scenario
from simulator.scenario.sharing import Sharing
from simulator.trajectory import delivered_of

PATIENTS_PER_TASK = 2_000
PATIENTS_PER_ENVIRONMENT = 100  # one SimPy environment for thousands of processes is several times slower


def without_limits(scenario: Scenario) -> Scenario:
    """The scenario with places for everybody, as the cohort clock sees it."""
    arms = tuple(replace(arm, sharing=Sharing()) for arm in scenario.arms)
    return replace(scenario, arms=arms, ward=scenario.ward.model_copy(update=Sharing().model_dump()))


def compare_by_ward_clock(
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Comparison:
    """`comparison.compare` with every life lived by the ward clock; nothing may be limited.

    A checkpoint of either clock serves the other: they count the same.
    """
    sums = Sums(counts_of(scenario, (0, 1)), Ranges())  # compiles in this process, before others need the code
    clear(sums.counts)
    if checkpoint:
        sums.done = checkpoint.restore(sums.counts._asdict())
    if progress:
        progress(len(sums.done), scenario.patients)
    tasks = list(blocks_of(sums.done.missing(range(scenario.patients)), PATIENTS_PER_TASK))
    try:
        with closing(over_processes(partial(counts_of, scenario), tasks, workers or usable_cores())) as parts:
            for task, part in parts:
                counts = Counts(*(total + more for total, more in zip(sums.counts, part, strict=True)))
                sums = Sums(counts, Ranges([*sums.done.pieces, task]))  # at once: Ctrl-C comes before or after
                if progress:
                    progress(len(sums.done), scenario.patients)
                if checkpoint and checkpoint.due():
                    sums.save(checkpoint)
    finally:
        if checkpoint:
            sums.save(checkpoint)
    if not sums.counts.patients[0] == len(sums.done) == scenario.patients:
        raise RuntimeError(f"{sums.counts.patients[0]} patients counted, {scenario.patients} asked for")
    return comparison_of(scenario, sums.counts, delivered_of(scenario))


def counts_of(scenario: Scenario, task: tuple[int, int]) -> Counts:
    """The counts of patients first .. stop - 1."""
    first, stop = task
    months = pair_months(scenario)
    pairs = pairs_of(scenario)
    counts = new_counts(len(scenario.arms), scenario.horizon_months, len(months), len(pairs))
    population, until = population_record(scenario.population), end_day(scenario.horizon_months)
    n = stop - first
    tables = new_patients(len(scenario.arms) * n).reshape(len(scenario.arms), n)
    for number, arm in enumerate(scenario.arms):
        parameters, strategy = arm_records(scenario, arm.name)
        everyone = tables[number].view(np.recarray)
        admit_table(everyone, new_patients(1), np.uint64(scenario.seed), first, population, parameters)
        world = World(parameters, strategy, until, counts.occupancy[number])
        for start in range(0, n, PATIENTS_PER_ENVIRONMENT):
            part = slice(start, start + PATIENTS_PER_ENVIRONMENT)
            lives = tables[number, part].view(np.recarray)
            Ward(lives, np.zeros(len(lives)), world, {}).live()
    strategies = np.concatenate([arm_records(scenario, arm.name)[1] for arm in scenario.arms]).view(np.recarray)
    report_bins = np.array(months, np.int64) * BINS_PER_MONTH
    last_bin = scenario.horizon_months * BINS_PER_MONTH
    count_lives(counts, tables, strategies, np.zeros(ENDPOINT_COUNT), last_bin, pairs, report_bins)
    return counts


@compiled
def count_lives(
    counts: Counts,
    tables: np.ndarray,
    strategies: np.ndarray,
    days: np.ndarray,
    last_bin: int,
    pairs: np.ndarray,
    report_bins: np.ndarray,
) -> None:
    """Add lives that are over, `tables` (arms, n), to the counts; `days` (endpoints,) is scratch."""
    arms, n = tables.shape
    bins = np.zeros((arms, ENDPOINT_COUNT), np.int64)
    for row in range(n):
        for arm in range(arms):
            endpoint_days(tables[arm, row], days)
            for endpoint in range(ENDPOINT_COUNT):
                bins[arm, endpoint] = bin_of(days[endpoint], last_bin)
            add_life(counts, arm, tables[arm, row], bins[arm])
            add_waiting(counts.tallies[arm], tables[arm, row], strategies[arm])
        add_pairs(counts, pairs, tables[:, row], bins, report_bins)
        counts.patients[0] += 1
