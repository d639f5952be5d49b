"""Trials of other groups, predicted and scored: whether intervals cover, and whether they beat a naive transport.

None of these figures is fitted. `calibration/outside/` holds a description of each trial (what its paper says of the
patients before any result) and `results.csv` what it printed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.described import load_study
from calibration.interval_score import Interval, naive_transport, scored
from calibration.predict import Prediction, predict
from calibration.printed import Printed
from simulator.parameters import ParameterSet
from simulator.posterior import Posterior

FOLDER = Path(__file__).parent / "outside"


@dataclass(frozen=True)
class Result:
    """One printed figure of an outside trial."""

    trial: str
    study: str
    quantity: str
    value: float
    n: int
    source: str
    note: str


@dataclass(frozen=True)
class Scored:
    """A figure beside both intervals; `naive` None where Kantarjian prints no such quantity."""

    result: Result
    predicted: Interval
    naive: Interval | None
    score: float
    naive_score: float | None

    @property
    def covered(self) -> bool:
        """Whether the predictive interval holds the printed value."""
        return self.predicted.covers(self.result.value)


def load_results() -> list[Result]:
    """Every printed figure."""
    with (FOLDER / "results.csv").open(encoding="utf-8", newline="") as file:
        return [
            Result(
                line["trial"], line["study"], line["quantity"], float(line["value"]), int(line["n"]), line["source"],
                line["note"],
            )
            for line in csv.DictReader(file)
        ]  # fmt: skip


def score_outside(
    point: ParameterSet, posterior: Posterior, replicates: int = 1000, between_trials: bool = True
) -> list[Scored]:
    """Predict each outside trial at its own size and score its printed figures against the naive transport."""
    predictions: dict[str, Prediction] = {}
    found = []
    for result in load_results():
        if result.study not in predictions:
            study = load_study(FOLDER / f"{result.study}.toml")
            predictions[result.study] = predict(study, point, posterior, replicates, between_trials)
        prediction = predictions[result.study]
        cell = prediction.quantity(Printed(result.quantity, "", ""))
        longest = prediction.study.head.follow_up.longest_months
        assert cell["low"] is not None, f"{result.study} never has {result.quantity}"
        predicted, naive = Interval(cell["low"], cell["high"]), naive_transport(result.quantity, result.n)
        found.append(
            Scored(
                result, predicted, naive,
                scored(result.quantity, predicted, result.value, longest),
                scored(result.quantity, naive, result.value, longest) if naive else None,
            )
        )  # fmt: skip
    return found


def summary(rows: Sequence[Scored]) -> dict[str, float]:
    """How many are covered by each, and the mean scores where both exist."""
    both = [row for row in rows if row.naive is not None]
    return {
        "n": len(rows),
        "covered": sum(row.covered for row in rows),
        "n_naive": len(both),
        "covered_of_those": sum(row.covered for row in both),
        "naive_covered": sum(bool(row.naive and row.naive.covers(row.result.value)) for row in both),
        "mean_score": sum(row.score for row in both) / len(both),
        "naive_mean_score": sum(row.naive_score or 0.0 for row in both) / len(both),
    }
