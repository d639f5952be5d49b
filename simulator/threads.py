"""Blocks of work over threads that can be stopped between two blocks.

Threads, not processes: the compiled loops release the interpreter's lock. The calling thread only waits, so that
it hears Ctrl-C at once, also while the first block compiles.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Protocol

STOP_SECONDS = 0.5  # a block lasts about 0.1 s; whoever takes longer is left behind


class Worker(Protocol):
    """What one thread does."""

    def work(self, first: int, stop: int) -> None:
        """One block."""

    def hand_in(self) -> None:
        """No further block follows; not called after a block that failed."""


Block = tuple[int, int]
"""First patient, and the one after the last."""


def over_threads(workers: Sequence[Worker], blocks: Iterator[Block]) -> Generator[Block, None, None]:
    """Give each block to the next free worker; yields the blocks as they end, in any order.

    A block that fails ends the rest: its error is raised here. Use it under `contextlib.closing`: leaving early, for
    whatever reason, lets every thread end its block and hand in, for at most `STOP_SECONDS`.
    """
    reports: SimpleQueue[Block | BaseException | None] = SimpleQueue()
    stopping, taking = Event(), Lock()

    def take() -> Block | None:
        with taking:
            return None if stopping.is_set() else next(blocks, None)

    def labour(worker: Worker) -> None:
        try:
            while (block := take()) is not None:
                worker.work(*block)
                reports.put(block)
            worker.hand_in()
            reports.put(None)
        except BaseException as error:
            reports.put(error)

    threads = [Thread(target=labour, args=(worker,), daemon=True) for worker in workers]
    started: list[Thread] = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        working = len(threads)
        while working:
            report = reports.get()
            if report is None:
                working -= 1
            elif isinstance(report, BaseException):
                raise report
            else:
                yield report
    finally:
        stopping.set()
        latest = time.monotonic() + STOP_SECONDS
        for thread in started:
            thread.join(max(0.0, latest - time.monotonic()))
