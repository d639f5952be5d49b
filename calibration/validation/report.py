"""The validation of a calibrated problem: internal, of whole studies, and with each block left out in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.catalogue import load_catalogue
from calibration.problem import Problem
from calibration.refit import refit
from calibration.targets import outside, published
from calibration.validation.cross import RUNS, LeftOut, Pooled, draws, left_out
from calibration.validation.internal import SATURATED, leverage
from calibration.validation.joint import JointFit, joint_fits
from calibration.validation.judged import BLOCKS, left_out_rows
from calibration.validation.predictive import Report, Simulate, Statistics
from calibration.validation.rows import Outcome, all_rows, outcome, p_values, sources, together

Floats = NDArray[np.float64]
Say = Callable[[str], None]
Beside = Callable[[Floats, int], list[dict[str, Any]]]
"""Positions (n, parameters) and number of the first replicate -> rows of other patients: shown, never counted."""


@dataclass(frozen=True)
class Block:
    """One block left out: its rows that count, each with its outcome, how many inside, and their joint p."""

    block: str
    outcomes: dict[str, Outcome]
    n: int
    inside: int
    joint_p: float
    fit: LeftOut

    @property
    def title(self) -> str:
        """In words."""
        return BLOCKS[self.block]


@dataclass(frozen=True)
class Validation:
    """All judgements; `rows` is every row of the catalogue, `beside` other patients."""

    parameter_set: str
    studies_simulated: int
    seed: int
    accepted: float
    determined: float
    fitted: dict[str, Any]
    joint: list[JointFit]
    blocks: list[Block]
    rows: list[dict[str, Any]]
    p_values: list[dict[str, Any]]
    beside: list[dict[str, Any]]

    @property
    def held_out(self) -> dict[str, Any]:
        """Rows left out, each counted once: inside only where it is inside with every block that leaves it out."""
        judged = [row for row in self.rows if row["left_out"]]
        inside = sum(all(one["inside"] for one in row["left_out"]) for row in judged)
        return {"n": len(judged), "inside": inside}

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form; nothing undefined but null."""
        return {
            "parameter_set": self.parameter_set,
            "studies_simulated": self.studies_simulated,
            "seed": self.seed,
            "fitted": self.fitted,
            "left_out": {one.block: _block_json(one) for one in self.blocks},
            "left_out_once": self.held_out,
            "studies": {one.study: asdict(one) for one in self.joint},
            "determined_parameters": self.determined,
            "p_values": self.p_values,
            "beside": self.beside,
            "rows": self.rows,
        }


def _block_json(one: Block) -> dict[str, Any]:
    fit = {key: value for key, value in asdict(one.fit).items() if key != "draws"}
    return {"title": one.title, "n": one.n, "inside": one.inside, "joint_p": one.joint_p, "emulator": fit}


def validated(
    problem: Problem,
    simulate: Simulate,
    pooled: Pooled,
    beside: Beside,
    studies: int,
    seed: int,
    report: Report,
    say: Say,
) -> Validation:
    """Everything, from `studies` simulated studies of each kind at each step.

    `simulate` gives studies of the published sizes, `pooled` very large ones.
    """
    data = published(problem.targets)
    fit = refit(problem, data)
    say("studies at draws of the posterior")
    xs, accepted = draws(problem, data, None, fit, studies, seed, report)
    drawn = simulate(xs, 0)
    own = leverage(problem, data, fit)
    say("studies at the fit, each fitted again")
    joint = joint_fits(problem, fit, simulate(np.tile(fit.x, (studies, 1)), studies), report)
    found, source_of = [], sources()
    for number, block in enumerate(BLOCKS):
        ids = left_out_rows(block, problem.targets)
        if ids:
            say(f"without {BLOCKS[block]}")
            keep = outside(problem.targets, block)
            runs = partial(numbered, pooled, number * RUNS)
            without = left_out(problem, data, keep, fit, runs, studies, seed, report)
            predicted = simulate(without.draws, (2 + number) * studies)
            found.append(_block(block, ids, source_of, predicted, without))
    leverages = {one.id: float(h) for one, h in zip(problem.targets, own, strict=True)}
    rows = all_rows(drawn, problem.targets, leverages, SATURATED, {one.block: one.outcomes for one in found})
    return Validation(
        parameter_set=problem.parameters.id,
        studies_simulated=studies,
        seed=seed,
        accepted=accepted,
        determined=float(own.sum()),
        fitted=internal(rows),
        joint=joint,
        blocks=found,
        rows=rows,
        p_values=p_values(rows, drawn),
        beside=beside(xs, 0),
    )


def numbered(pooled: Pooled, first: int, xs: Floats, number: int) -> Floats:
    """Pooled runs whose numbers begin at `first`."""
    return pooled(xs, first + number)


def internal(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Fitted, non-redundant rows: how many lie in their interval, saturated ones apart."""
    targets = [row for row in rows if row["leverage"] is not None]
    saturated = [row for row in targets if row["leverage"] >= SATURATED]
    judged = [row for row in targets if row["leverage"] < SATURATED]
    return {
        "n": len(judged),
        "inside": sum(row["inside_predictive"] for row in judged),
        "saturated": [row["id"] for row in saturated],
        "saturated_inside": sum(row["inside_predictive"] for row in saturated),
    }


def _block(
    block: str, ids: Sequence[str], source_of: dict[str, str], predicted: Sequence[Statistics], without: LeftOut
) -> Block:
    rows = {key: load_catalogue(source_of[key])[key] for key in ids}
    outcomes = {key: outcome(source_of[key], row, predicted) for key, row in rows.items()}
    inside = sum(outcomes[key].inside(row.value) for key, row in rows.items())
    return Block(block, outcomes, len(ids), inside, together(source_of, ids, predicted), without)
