"""Kill a run with SIGKILL before each call that touches the disk, go on, and compare: `kill_moments.py FOLDER`.

A process of its own, without threads, so that it may fork; one line of JSON for each moment.
"""

import io
import json
import os
import signal
import sys
from pathlib import Path

from units import IDENTITY, contents, run, write

from simulator.store import checkpoint, open_run
from simulator.store.listing import described

CALLS = (os, ("mkdir", "replace", "fsync", "unlink", "rmdir")), (io, ("open",))


def die_before(number):
    """Let this process be killed before call `number`."""
    left = number

    def mortal(call):
        def called(*arguments, **options):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return called

    for module, names in CALLS:
        for name in names:
            setattr(module, name, mortal(getattr(module, name)))


def whole_run(folder, after_each=lambda: None):
    with open_run(folder, IDENTITY) as run_folder:
        if run_folder.finished:
            return 0
        sums, worked = run(run_folder.checkpoint, after_each)
        run_folder.finish(write(sums))
        return worked


def in_a_child(task):
    """(whether it was killed, what it wrote into its pipe)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        task(writing)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status != 0, said


def moment(number, folder):
    """Kill before call `number`; what was there then, and after the same command again."""

    def mortal_run(pipe):
        die_before(number)
        whole_run(folder, lambda: os.write(pipe, b"x"))

    killed, saves = in_a_child(mortal_run)
    left = described(folder) if folder.exists() else {"state": None, "done": None}
    worked = whole_run(folder)
    return {
        "killed": killed, "saved": 10 * len(saves), "state": left["state"], "done": left["done"], "worked": worked,
        "files": {name: data.decode() for name, data in contents(folder).items()},
    }  # fmt: skip


if __name__ == "__main__":
    checkpoint.SAVE_SECONDS = 0.0
    root = Path(sys.argv[1])
    number, alive = 1, False
    while not alive:
        found = moment(number, root / str(number))
        print(json.dumps(found))
        alive, number = not found["killed"], number + 1
