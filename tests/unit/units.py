"""A run that needs no simulator: unit n adds n to one sum and n^2 to another."""

import numpy as np

from simulator.ranges import Ranges, blocks_of

IDENTITY = {"kind": "compare", "patients": 60, "versions": {"python": "3"}, "scenario": {"name": "units"}}
BLOCK = 10


def run(checkpoint, after_each=lambda: None, units=IDENTITY["patients"]):
    """Sums over all units, saved after each block; (sums, units that were worked on here)."""
    sums = {"n": np.zeros(1, np.int64), "squares": np.zeros((2, 3), np.int64)}
    done = checkpoint.restore(sums)
    worked = 0
    for first, stop in blocks_of(done.missing(range(units)), BLOCK):
        sums["n"] += sum(range(first, stop))
        sums["squares"] += sum(n * n for n in range(first, stop))
        done.add(first, stop)
        worked += stop - first
        checkpoint.save(sums, done)
        after_each()
    assert done == Ranges([(0, units)])
    return sums, worked


def write(sums):
    """A writer of several outputs, one of them a folder."""

    def outputs(folder):
        (folder / "summary.json").write_text(f'{{"n": {sums["n"][0]}}}')
        (folder / "squares.csv").write_text(str(sums["squares"].tolist()))
        (folder / "figures").mkdir()
        (folder / "figures" / "one.svg").write_text("<svg/>")

    return outputs


def contents(folder):
    """Every file but the journal, by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "journal.jsonl"
    }
