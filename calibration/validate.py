"""`allpath validate`: the validation report of a calibrated problem, into a run folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import scenarios
import simulator
from calibration import comparator, reverse_order
from calibration.emulation import RUN_REPLICATES
from calibration.evaluations import Evaluations
from calibration.fit import chosen
from calibration.priors import values
from calibration.problem import Problem, load_problem, problem_path
from calibration.studies import STUDIES as ALL_STUDIES
from calibration.targets import load_targets
from calibration.validation.predictive import Floats, Report, simulator_of
from calibration.validation.report import Beside, Validation, validated
from simulator.parameters import ParameterError
from simulator.store import parameters_hash, sources_hash, versions

PROBLEM = "joint"
STUDIES = 600  # simulated at each step; 500 is the least
SEED = 20240608
DOCUMENT, PAGE, ANSWER = "validation.json", "report.html", "answer.txt"
JOURNAL = ".evaluations.jsonl"


def identity(name: str, studies: int, seed: int) -> dict[str, Any]:
    """What determines every byte of the report (`simulator.store`)."""
    problem = load_problem(name)
    path = problem_path(name)
    if problem.about["studies"] != list(ALL_STUDIES):
        made_for = ", ".join(problem.about["studies"])
        raise ParameterError([f"{path.name}: made for {made_for} alone; a validation needs all studies"])
    return {
        "kind": "validate",
        "problem": problem.about["id"],
        "problem_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "studies": studies,
        "seed": seed,
        "parameter_set": problem.parameters.id,
        "parameters_sha256": parameters_hash(problem.parameters.id),
        "sources_sha256": sources_hash(Path(simulator.__file__).parent),
        "scenarios_sha256": sources_hash(scenarios.FOLDER),
        "calibration_sha256": sources_hash(Path(__file__).parent),
        "versions": versions(),
    }


def validate(
    name: str, studies: int, seed: int, folder: Path, report: Report, say: Callable[[str], None]
) -> Validation:
    """The judgements; `folder` keeps the pooled runs, so that they are not made twice when it is stopped."""
    problem = load_problem(name)
    kinds = chosen(PROBLEM)
    targets = load_targets(study.name for study in kinds)
    runs = Evaluations(kinds, targets, problem.parameters, problem.priors, RUN_REPLICATES, seed + 1, folder / JOURNAL)

    def pooled(xs: Floats, first: int) -> Floats:
        return runs.many(list(xs), [RUN_REPLICATES * (first + k + 1) for k in range(len(xs))], report)

    simulate = simulator_of(kinds, problem.parameters, problem.priors, seed, report)
    found = validated(problem, simulate, pooled, others(problem, seed, report), studies, seed, report, say)
    runs.journal.unlink(missing_ok=True)
    return found


def others(problem: Problem, seed: int, report: Report) -> Beside:
    """Patients outside the fitted studies that were printed beside them: a comparator, and the reverse order."""

    def beside(xs: Floats, first: int) -> list[dict[str, Any]]:
        compared: list[Any] = []
        reverse: list[Any] = []
        for done, x in enumerate(xs):
            record = problem.parameters.record(**values(problem.priors, x))
            compared += comparator.trials(record, seed, first + done, 1)
            reverse += reverse_order.trials(record, seed, first + done, 1)
            report(done + 1, len(xs))
        alone = [row for row in comparator.shown_rows(compared) if row["regimen"] == comparator.ALONE]
        return [*alone, *reverse_order.shown_rows(reverse)]

    return beside


def write(result: Validation, folder: Path) -> None:
    """The document, the table, the figures and the page into `folder`."""
    from calibration.validation.figures import draw
    from calibration.validation.page import validation_page
    from calibration.validation.text import described
    from simulator.report.html import written

    folder.mkdir(parents=True, exist_ok=True)
    (folder / ANSWER).write_text(described(result) + "\n", encoding="utf-8")
    (folder / DOCUMENT).write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    figures = draw(result, folder)
    page = written(validation_page(result, figures))
    (folder / PAGE).write_text(page, encoding="utf-8", newline="\n")
