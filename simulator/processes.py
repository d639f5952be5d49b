"""Python-bound work over processes that end with this one; compiled work goes over `threads`.

Each process is asked through a pipe, one piece of work at a time. Ctrl-C is for the asking process alone, which ends
the others; they leave by themselves when it is gone, however it went, and leave nothing behind.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

Work = TypeVar("Work")
Found = TypeVar("Found")
JOIN_SECONDS = 0.2
LOOK_SECONDS = 0.2  # how often a process looks whether the one that asks is still there


def over_processes(
    task: Callable[[Work], Found], work: Sequence[Work], workers: int
) -> Generator[tuple[Work, Found], None, None]:
    """Yields (work, what `task` made of it) as they end, in any order; all three must pickle.

    What fails ends the rest: its error is raised here, `BrokenProcessPool` where a process was killed. Use it under
    `contextlib.closing`: leaving early, for whatever reason, kills the processes. One worker, or one piece of work:
    all happens in this process.
    """
    workers = min(workers, len(work))
    if workers <= 1:
        for each in work:
            yield each, task(each)
        return
    reports: SimpleQueue[tuple[Any, Any] | BaseException] = SimpleQueue()
    left, taking = iter(work), Lock()
    crew: list[tuple[subprocess.Popen[bytes], Thread]] = []

    def labour(process: subprocess.Popen[bytes]) -> None:
        try:
            while True:
                with taking:
                    each = next(left)
                reports.put((each, _asked(process, task, each)))
        except StopIteration:
            pass
        except BaseException as error:
            reports.put(error)

    try:
        for _ in range(workers):
            process = _started()
            crew.append((process, Thread(target=labour, args=(process,), daemon=True)))
            crew[-1][1].start()
        for _ in work:
            report = reports.get()
            if isinstance(report, BaseException):
                raise report
            yield report
    finally:
        for process, _ in crew:
            process.kill()
        for process, thread in crew:
            process.wait()
            thread.join(JOIN_SECONDS)  # its pipe has ended
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def serve() -> None:
    """What each process does: tasks from standard input, results to standard output, until there are no more."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print is no result
    Thread(target=_leave_after, args=(os.getppid(),), daemon=True).start()
    while True:
        try:
            task, work = pickle.load(questions)
        except EOFError:
            return
        try:
            answer = pickle.dumps((task(work), None))
        except Exception as error:
            answer = pickle.dumps((None, error))
        answers.write(answer)
        answers.flush()


def _started() -> subprocess.Popen[bytes]:
    """A process that imports from where this one does, out of reach of this terminal's Ctrl-C."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from simulator.processes import serve; serve()"
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def _asked(process: subprocess.Popen[bytes], task: Callable[[Work], Found], work: Work) -> Found:
    """What a process made of one piece of work."""
    assert process.stdin and process.stdout
    try:
        pickle.dump((task, work), process.stdin)
        process.stdin.flush()
        found, error = pickle.load(process.stdout)
    except (OSError, EOFError, pickle.UnpicklingError):
        raise BrokenProcessPool("a worker process was killed") from None
    if error is not None:
        raise error
    return found


def _leave_after(parent: int) -> None:
    """End this process when the one that asks is gone; standard input tells that only between two tasks."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
