"""Blocks over threads: each block once, errors and interrupts heard at once, finished blocks handed in.

Rank of proof: contract.
"""

import threading
import time
from contextlib import closing

import pytest

from simulator import threads
from simulator.threads import over_threads


class Notebook:
    """A worker that writes down its blocks; `fate` is called with each one."""

    def __init__(self, fate=lambda block: None):
        self.fate, self.blocks, self.handed_in = fate, [], None

    def work(self, first, stop):
        self.fate((first, stop))
        self.blocks.append((first, stop))

    def hand_in(self):
        self.handed_in = list(self.blocks)


def blocks(count):
    return [(number, number + 1) for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_each_block_is_worked_on_and_reported_once(workers, count):
    crew = [Notebook() for _ in range(workers)]
    assert sorted(over_threads(crew, iter(blocks(count)))) == blocks(count)
    assert sorted(block for worker in crew for block in worker.handed_in) == blocks(count)


def test_blocks_are_taken_when_they_are_needed():
    """A list of a quintillion blocks would not come to an end."""
    slow = Notebook(lambda _: time.sleep(0.001))
    with closing(over_threads([slow], ((number, number + 1) for number in range(10**18)))) as reports:
        assert next(reports) == (0, 1)
    assert slow.handed_in[0] == (0, 1)


def test_an_error_ends_the_rest_and_is_raised_here():
    def fail(block):
        if block == (5, 6):
            raise ZeroDivisionError("no such luck")
        time.sleep(0.001)

    crew = [Notebook(fail) for _ in range(2)]
    with pytest.raises(ZeroDivisionError, match="no such luck"):
        list(over_threads(crew, iter(blocks(10_000))))
    failed = [worker for worker in crew if worker.handed_in is None]
    assert len(failed) == 1 and sum(len(worker.blocks) for worker in crew) < 10_000


def test_leaving_early_lets_each_worker_end_its_block_and_hand_in():
    crew = [Notebook(lambda _: time.sleep(0.05)) for _ in range(3)]
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt), closing(over_threads(crew, iter(blocks(10_000)))) as reports:
        for _ in reports:
            raise KeyboardInterrupt
    assert time.monotonic() - begin < 0.6
    assert all(worker.handed_in == worker.blocks != [] for worker in crew)


def test_a_worker_that_takes_too_long_is_left_behind(monkeypatch):
    monkeypatch.setattr(threads, "STOP_SECONDS", 0.1)
    free = threading.Event()
    slow, quick = Notebook(lambda _: free.wait(20)), Notebook(lambda _: time.sleep(0.02))
    begin = time.monotonic()
    with closing(over_threads([slow, quick], iter(blocks(10_000)))) as reports:
        next(reports)
    assert time.monotonic() - begin < 5.0
    assert slow.handed_in is None and quick.handed_in
    free.set()
