"""A published study simulated at its own size, many times, row by row beside what it printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

import scenarios
import simulator
from calibration.catalogue import load_catalogue
from calibration.compared import compared, inside_counts, ledger_lines
from calibration.figures import bands, curves, draw, points
from calibration.papers import PAPERS
from calibration.studies import STUDIES
from calibration.summaries import Floats
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS
from simulator.store import parameters_hash, sources_hash, versions

ROWS = "rows.json"
CHUNK = 50  # replicates per piece of work


class UnknownStudyError(ValueError):
    """No such study; one fault."""

    def __init__(self, study: str, allowed: tuple[str, ...]) -> None:
        self.faults = [f"{study}: unknown study: allowed {', '.join(allowed)}"]
        super().__init__(self.faults[0])


def known(study: str, allowed: tuple[str, ...] = tuple(STUDIES)) -> None:
    """Refuse a study that is not simulated, or not one of those allowed."""
    if study not in allowed:
        raise UnknownStudyError(study, allowed)


def identity(study: str, replicates: int, seed: int) -> dict[str, Any]:
    """What determines every byte of a reproduction (`simulator.store`)."""
    return {
        "kind": "reproduce",
        "study": study,
        "replicates": replicates,
        "seed": seed,
        "parameter_set": DEFAULT_PARAMETERS,
        "parameters_sha256": parameters_hash(DEFAULT_PARAMETERS),
        "sources_sha256": sources_hash(Path(simulator.__file__).parent),
        "scenarios_sha256": sources_hash(scenarios.FOLDER),
        "calibration_sha256": sources_hash(Path(__file__).parent),
        "versions": versions(),
    }


@dataclass(frozen=True)
class Replicate:
    """What is kept of one simulated study."""

    statistics: dict[str, float]
    ledger: dict[str, float]
    curves: dict[str, Floats]
    beside: Any


@dataclass(frozen=True)
class Reproduction:
    """Rows, ledger and what stands beside as data, and the curves of the figures by panel."""

    study: str
    replicates: int
    seed: int
    rows: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    comparator: list[dict[str, Any]]
    curves: dict[str, list[dict[str, Any]]]

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form; nothing undefined but null."""
        return {
            "study": self.study,
            "replicates": self.replicates,
            "seed": self.seed,
            "parameter_set": DEFAULT_PARAMETERS,
            "rows": self.rows,
            "ledger": self.ledger,
            "comparator": self.comparator,
            "fitted": inside_counts(self.rows),
        }


def reproduce(
    study: str,
    replicates: int,
    seed: int,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reproduction:
    """Simulate the study `replicates` times at its own size and compare row by row."""
    parameters = load_parameters(DEFAULT_PARAMETERS).record()
    pieces = [(first, min(CHUNK, replicates - first)) for first in range(0, replicates, CHUNK)]
    run = Parallel(n_jobs=workers or 2, backend="threading", return_as="generator")
    found: list[Replicate] = []
    for piece in run(delayed(_replicates)(study, parameters, seed, first, count) for first, count in pieces):
        found += piece
        if progress is not None:
            progress(len(found), replicates)
    paper = PAPERS[study]
    rows = [
        compared(row, np.array([one.statistics[row.id] for one in found]))
        for row in load_catalogue(study).values()
        if row.role in ("fitted", "predicted") and row.id in found[0].statistics
    ]
    return Reproduction(
        study,
        replicates,
        seed,
        rows,
        ledger_lines(paper.ledger, [one.ledger for one in found]),
        paper.beside.rows([one.beside for one in found]) if paper.beside else [],
        bands([one.curves for one in found], paper.figures),
    )


def _replicates(study: str, parameters: np.recarray, seed: int, first: int, count: int) -> list[Replicate]:
    paper, simulated = PAPERS[study], STUDIES[study]
    observed = simulated.simulate(parameters, count, seed, first)
    beside = paper.beside.trials(parameters, seed, first, count) if paper.beside else [None] * count
    found = []
    for r in range(count):
        one = observed.part(simulated.replicate_rows(r, count))
        times = paper.times(one) | (paper.beside.times(beside[r]) if paper.beside else {})
        found.append(
            Replicate(paper.statistics(one), paper.ledger_counts(one), curves(times, paper.figures), beside[r])
        )
    return found


def described(result: Reproduction) -> str:
    """For the terminal: the rows, the ledger, and what the comparison is worth."""
    from simulator.report.tables import reproduction_table

    paper, share, size = PAPERS[result.study], inside_counts(result.rows), STUDIES[result.study].size
    lines = [
        f"{paper.title} simulated {result.replicates:,} times at its own size (n = {size}); {DEFAULT_PARAMETERS}",
        "",
        reproduction_table(result.rows),
        "",
        f"Ledger of the cohort (counts of {size}; S = Kaplan-Meier survival)",
        *(
            f"  {line['quantity']:<52} published {_printed(line['published']):>7}   simulated {line['simulated']:>7.2f}"
            f"   ({line['low']:.2f} to {line['high']:.2f})"
            for line in result.ledger
        ),
        "",
        *([*paper.beside.lines(result.comparator), ""] if paper.beside else []),
        f"Fitted rows inside the published 95 % interval: {share['inside']} of {share['n']}; "
        f"largest |z| {share['largest_abs_z']:.2f} over all fitted rows.",
        "This checks the optimiser, not the model: as many numbers were fitted to them. Predicted rows were not.",
        paper.note,
    ]
    return "\n".join(lines)


def _printed(published: float | None) -> str:
    return "-" if published is None else f"{published:g}"


def write(result: Reproduction, folder: Path) -> None:
    """rows.json, the figures (PNG, SVG) and report.html into `folder`."""
    from calibration.reproduction_page import write_report

    folder.mkdir(parents=True, exist_ok=True)
    (folder / ROWS).write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    paper, printed = PAPERS[result.study], load_catalogue(result.study)
    drawn = []
    for panel in paper.figures.panels:
        shown = points(panel, paper.figures, printed)
        drawn.append((panel.title, draw(panel, result.curves[panel.name], shown, folder, paper.title)))
    write_report(result, inside_counts(result.rows), drawn, folder)
