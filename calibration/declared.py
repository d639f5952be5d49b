"""What the full run of `allpath recover` found, kept beside the posterior (`<id>.recovery.json`), in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from calibration.problem import Problem, problem_path

SAME_FIT = ("id", "parameter_values", "targets")


def beside(posterior: str, suffix: str) -> Path:
    """The file of another kind that goes with a posterior, which is given by id or as its file."""
    return problem_path(posterior).with_suffix(suffix)


def kept_recovery(problem: Problem, path: Path) -> dict[str, Any] | None:
    """The kept result; None if there is none, or if it was made for another fit."""
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if all(found["fit"][key] == problem.about[key] for key in SAME_FIT) else None


def sentences(recovery: dict[str, Any] | None) -> Iterator[str]:
    """One for each misspecification: detected, or undetectable with this evidence."""
    if recovery is None:
        yield "Not known for this fit: `allpath recover` has not been run for it, or its result is not kept beside it."
        return
    for one in recovery["misspecifications"]:
        yield sentence(one)


def sentence(one: dict[str, Any]) -> str:
    """Verdict, rates, and where the published figures stand."""
    verdict = "detected" if one["detected"] else "undetectable with this evidence"
    rates = ", ".join(
        f"{100 * one[key]['rate']:.0f} % by {words} (95 % {100 * one[key]['low']:.0f}–{100 * one[key]['high']:.0f})"
        for key, words in (("deviance", "the residuals of the fit"), ("amount", "its own signature"))
    )
    return (
        f"If {one['words']}: {verdict}. Found in {rates} of {one['studies']} simulated sets of studies, at a false "
        f"alarm of 5 % each. The published figures: p = {one['deviance']['published_p']:.2g} and "
        f"{one['amount']['published_p']:.2g}."
    )
