"""The simulated side of the fit: statistics of all studies at given parameters, kept so that nothing is run twice.

An evaluation pools `replicates` studies of each kind into very large ones. The journal has one line for each, keyed by
a hash of what determines it; a command that was stopped starts again from the beginning and finds its evaluations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from calibration.priors import Prior, values
from calibration.studies import Study
from calibration.targets import Target, measured, on_scale
from simulator.parameters import ParameterSet
from simulator.store.identity import PACKAGE, sources_hash

Floats = NDArray[np.float64]
Report = Callable[[int, int], None]  # done, of how many

WORKERS = 2
DECIMALS = 6


@dataclass(frozen=True)
class Evaluations:
    """Positions (parameters,) -> population statistics of the targets on their working scales (targets,)."""

    studies: tuple[Study, ...]
    targets: tuple[Target, ...]
    parameters: ParameterSet
    priors: tuple[Prior, ...]
    replicates: int
    seed: int
    journal: Path

    def one(self, x: Floats, first_replicate: int = 0) -> Floats:
        """Simulate; NaN where nobody is left to be counted. Other replicates are other patients."""
        record = self.parameters.record(**values(self.priors, x))
        found: dict[str, float] = {}
        for study in self.studies:
            found |= study.statistics(study.simulate(record, self.replicates, self.seed, first_replicate))
        return on_scale(self.targets, measured(self.targets, found))

    def many(self, xs: Sequence[Floats], first_replicates: Sequence[int], report: Report) -> Floats:
        """(len(xs), targets), two at a time; what the journal has is not simulated again.

        Positions are rounded, so that the last bits of linear algebra do not tell a run from its resumption.
        """
        xs = [np.round(x, DECIMALS) for x in xs]
        keys = [self._key(x, first) for x, first in zip(xs, first_replicates, strict=True)]
        known = self._read()
        missing = [i for i, key in enumerate(keys) if key not in known]
        report(len(xs) - len(missing), len(xs))
        with self.journal.open("a", encoding="utf-8") as file:
            work = (delayed(self.one)(xs[i], first_replicates[i]) for i in missing)
            results = Parallel(n_jobs=WORKERS, backend="threading", return_as="generator")(work)
            for done, (i, m) in enumerate(zip(missing, results, strict=True), len(xs) - len(missing) + 1):
                known[keys[i]] = m.tolist()
                file.write(json.dumps({"key": keys[i], "m": known[keys[i]]}) + "\n")
                file.flush()
                report(done, len(xs))
        return np.array([known[key] for key in keys])

    def same(self, xs: Sequence[Floats], report: Report) -> Floats:
        """(len(xs), targets), all on the same patients: differences are smooth."""
        return self.many(xs, [0] * len(xs), report)

    def identity(self) -> dict[str, object]:
        """What determines an evaluation beside the positions."""
        return {
            "studies": [study.name for study in self.studies],
            "targets": [one.id for one in self.targets],
            "values": self.parameters.values,
            "priors": [[one.name, one.mean, one.sd] for one in self.priors],
            "replicates": self.replicates,
            "seed": self.seed,
            "code": [sources_hash(PACKAGE), sources_hash(Path(__file__).parent)],
        }

    def _key(self, x: Floats, first_replicate: int) -> str:
        head = json.dumps([self.identity(), first_replicate], sort_keys=True).encode()
        return hashlib.sha256(head + np.ascontiguousarray(x).tobytes()).hexdigest()

    def _read(self) -> dict[str, list[float]]:
        """The lines that are whole; the last one may be torn."""
        known: dict[str, list[float]] = {}
        if self.journal.exists():
            for line in self.journal.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                known[entry["key"]] = entry["m"]
        return known
