"""Python-bound work over processes that end with this one; compiled work goes over `threads`.

Ctrl-C is for this process alone, which ends the others. They leave by themselves when it is gone, however it went.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from multiprocessing import resource_tracker
from threading import Thread
from typing import TypeVar

Work = TypeVar("Work")
Found = TypeVar("Found")
LOOK_SECONDS = 0.2  # how often a process looks whether its parent is still there


def over_processes(
    task: Callable[[Work], Found], work: Sequence[Work], workers: int
) -> Generator[tuple[Work, Found], None, None]:
    """Yields (work, what `task` made of it) as they end, in any order; all three must pickle.

    What fails ends the rest: its error is raised here, `concurrent.futures.BrokenExecutor` where a process was killed.
    Use it under `contextlib.closing`: leaving early, for whatever reason, kills the processes. One worker, or one
    piece of work: all happens in this process.
    """
    workers = min(workers, len(work))
    if workers <= 1:
        for each in work:
            yield each, task(each)
        return
    from joblib.externals.loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(workers, initializer=_leave_with, initargs=(os.getpid(),))
    try:
        resource_tracker.ensure_running()  # it would let Ctrl-C through again
        with _without_interrupts():  # processes inherit it, and the first work starts them
            futures = {pool.submit(task, each): each for each in work}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(kill_workers=True)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C is heard after the block. Windows has no such mask."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_with(parent: int) -> None:
    """End this process when its parent is gone."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    Thread(target=look, daemon=True).start()
