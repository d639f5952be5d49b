"""A linear-Gaussian problem whose posterior and predictions are known: y = A x + noise, prior x ~ N(0, 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.emulator import Emulator
from calibration.priors import priors
from calibration.problem import Problem
from calibration.spread import Spread
from calibration.targets import INTEGER_MEDIAN, Target
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

STUDIES = {"one": 12, "two": 10}  # targets of each
PARAMETERS = 6
FINE = 1e-6  # rounding: none to speak of
ROWS = sum(STUDIES.values())


@dataclass(frozen=True)
class Toy:
    """`a` (T, P) effects, `sd` (T,) of the noise; targets of study two are block `two`, the last four of one `late`."""

    a: np.ndarray
    sd: np.ndarray
    problem: Problem

    def studies(self, xs: np.ndarray, seed: int, shift: np.ndarray | float = 0.0) -> list[dict[str, float]]:
        """One study of each kind at each position, shifted by so many of its standard deviations."""
        noise = np.random.default_rng(seed).standard_normal((len(xs), ROWS))
        ys = xs @ self.a.T + (noise + shift) * self.sd
        return [{f"T{i}": float(y) for i, y in enumerate(each)} for each in ys]

    def values(self, seen: dict[str, float]) -> np.ndarray:
        return np.array([seen[f"T{i}"] for i in range(ROWS)])


def toy(seed: int = 7) -> Toy:
    rng = np.random.default_rng(seed)
    a, sd = rng.standard_normal((ROWS, PARAMETERS)), rng.uniform(0.5, 2.0, ROWS)
    targets = tuple(target(i) for i in range(ROWS))
    spread = Spread(np.diag(sd**2), np.zeros(ROWS), 10**6, np.zeros(ROWS))
    emulator = Emulator(np.zeros(PARAMETERS), np.zeros(ROWS), a, np.zeros((ROWS, PARAMETERS, PARAMETERS)))
    parameters = load_parameters(DEFAULT_PARAMETERS)
    return Toy(a, sd, Problem(parameters, priors(parameters)[:PARAMETERS], targets, spread, emulator, {}))


def target(i: int) -> Target:
    study = "one" if i < STUDIES["one"] else "two"
    block = "two" if study == "two" else "late" if i >= STUDIES["one"] - 4 else "early"
    return Target(f"T{i}", study, (block,), INTEGER_MEDIAN, 0, 0, "", FINE, np.inf, 1.0, "")
