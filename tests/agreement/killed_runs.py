"""Kill simulations with SIGKILL at random times until one ends: `killed_runs.py FOLDER`; one line of JSON.

A process of its own that forks when its threads are gone.
"""

import json
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

from simulator import runner
from simulator.scenario import load_scenario
from simulator.store import FileCheckpoint, checkpoint, identity
from simulator.store.identity import key_of

SCENARIO = load_scenario("original_vs_modified", patients=200_000, seed=4)
SECONDS = 0.25  # a whole run takes several times as long


def counts_in_hex(counts):
    return [array.tobytes().hex() for array in counts]


def simulate(folder, workers, block):
    kept = FileCheckpoint(folder, key_of(identity(SCENARIO)), warn=print)
    return runner.run(SCENARIO, workers=workers, block=block, checkpoint=kept)


def killed_after(seconds, folder, workers, block):
    """Whether it had to be killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # no other thread is running
        child = os.fork()
    if child == 0:
        simulate(folder, workers, block)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    whole = runner.run(SCENARIO, workers=1)
    checkpoint.SAVE_SECONDS = runner.HAND_IN_SECONDS = 0.02
    checkpoint.SHARE_OF_TIME = runner.SHARE_OF_TIME = 1e9
    folder, luck = Path(sys.argv[1]), random.Random(3)
    kills, kept = 0, []
    while killed_after(SECONDS * luck.random(), folder, workers=luck.choice([1, 2]), block=luck.choice([500, 1300])):
        kills += 1
        kept.append(checkpoint.finished_in(folder, key_of(identity(SCENARIO))))
    again = simulate(folder, 2, 900)  # everything is in the checkpoint
    print(json.dumps({"kills": kills, "kept": kept, "same": counts_in_hex(whole) == counts_in_hex(again)}))
