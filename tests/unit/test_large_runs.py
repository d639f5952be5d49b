"""A thousand million patients an arm: constant memory, and sums that do not overflow.

Rank of proof: the runner with a kernel that only counts heads, for 5,000 blocks.
"""

import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from simulator import runner
from simulator.counts import REPLICATE_GROUPS, Counts
from simulator.endpoints import BINS_PER_MONTH
from simulator.scenario import json_schema, load_scenario

SCENARIO = load_scenario("original_vs_modified", patients=1, seed=1)
PATIENTS = 10**9
BLOCKS = 5_000


def count_heads(kernel, space, first, stop):
    space.counts.patients[0] += stop - first
    time.sleep(1e-5)  # like the compiled loop it lets the thread that reports go on


def peak_bytes(blocks, monkeypatch):
    """Of Python's and NumPy's memory, in a run of so many blocks."""
    monkeypatch.setattr(runner, "run_range", count_heads)
    scenario = replace(SCENARIO, patients=PATIENTS)
    tracemalloc.start()
    counts = runner.run(scenario, workers=1, block=PATIENTS // blocks, progress=lambda done, total: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts.patients[0] == PATIENTS
    return peak


def judge_constant_memory(few, many):
    """5,000 blocks may take a tenth of a megabyte more than ten do, for instance as reports on their way."""
    assert many - few < 100_000


def test_memory_does_not_grow_with_the_blocks(monkeypatch):
    judge_constant_memory(peak_bytes(10, monkeypatch), peak_bytes(BLOCKS, monkeypatch))


def test_sabotage_a_list_of_all_blocks_is_seen(monkeypatch):
    cut = runner.blocks_of
    monkeypatch.setattr(runner, "blocks_of", lambda ranges, size: iter(list(cut(ranges, size))))
    with pytest.raises(AssertionError):
        judge_constant_memory(peak_bytes(10, monkeypatch), peak_bytes(BLOCKS, monkeypatch))


def fits(counts: Counts, horizon_months):
    """Whether the largest possible sum of each kind fits, with every patient in one cell."""
    half_bins = 2 * horizon_months * BINS_PER_MONTH
    largest = {name: PATIENTS for name in Counts._fields}
    largest |= {"groups": -(-PATIENTS // REPLICATE_GROUPS), "restricted": PATIENTS * half_bins**2}
    return all(largest[name] <= np.iinfo(getattr(counts, name).dtype).max for name in Counts._fields)


def test_no_sum_overflows():
    """Up to the most patients and the longest horizon that a scenario may ask for."""
    allowed = json_schema()["properties"]
    assert allowed["patients"]["maximum"] == PATIENTS
    longest = allowed["horizon_months"]["maximum"]
    counts = runner.workspace_of(SCENARIO).counts
    assert fits(counts, longest)
    for narrow in ({"groups": counts.groups.astype(np.int16)}, {"restricted": counts.restricted.astype(np.int32)}):
        assert not fits(counts._replace(**narrow), longest)
