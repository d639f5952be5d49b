"""The targets of the fit: the reviewed, non-redundant list of `targets.csv`, and the scale on which each is compared.

A row of the catalogue that the simulator computes is either a target or stands there with the reason why it is none.
A count is `count` of `out_of`; `share` says how its probability follows from the statistics of a simulated study,
where that is not the row itself: counts of the same patients are split into a chain (of the seven early deaths, how
many in later lines), so that the product of their binomials is their joint probability. Anything else is compared
as printed: to within half a unit of `rounding`.
"""

from __future__ import annotations

import ast
import csv
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from calibration.catalogue import Row, load_catalogue

Floats = NDArray[np.float64]

FILE = Path(__file__).with_suffix(".csv")
COUNT, RATE, MEDIAN, INTEGER_MEDIAN, RATIO, NONE = "count", "rate", "median", "integer_median", "ratio", "none"
KINDS = {
    COUNT: "patients, binomial on the logit scale",
    RATE: "Kaplan-Meier rate in per cent, complementary log-log",
    MEDIAN: "time, log",
    INTEGER_MEDIAN: "median of whole numbers, as it is",
    RATIO: "hazard ratio, log",
    NONE: "no target; the note says why",
}
SMALLEST_SHARE = 1e-4  # of a pooled simulation, below which a probability is not told from zero
_OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


@dataclass(frozen=True)
class Target:
    """One published figure to be met. `inflation`: factor on its variance.

    `longest`: follow-up, for medians of survival; one that was not reached is infinite where measured, and beyond it.
    """

    id: str
    study: str
    blocks: tuple[str, ...]
    kind: str
    count: int
    out_of: int
    share: str
    rounding: float
    longest: float
    inflation: float
    note: str

    @property
    def row(self) -> Row:
        """The row of the catalogue."""
        return load_catalogue(self.study)[self.id]

    @property
    def published(self) -> float:
        """The share for a count, else the printed value in its unit; infinite where it was not reached."""
        return self.count / self.out_of if self.kind == COUNT else self.row.value

    def measured(self, statistics: Mapping[str, float]) -> float:
        """The same of a simulated study: a share, or a value in the printed unit. NaN where there is nobody."""
        if self.kind != COUNT:
            return statistics[self.id]
        if self.share:
            share = arithmetic(self.share, statistics)
        else:
            share = statistics[self.id] / (100.0 if self.row.unit == "%" else float(self.row.n or 1))
        return min(max(share, 0.0), 1.0) if math.isfinite(share) else math.nan

    def on_scale(self, measured: float) -> float:
        """Working scale: logit of a share, complementary log-log of a rate, log of a time or ratio."""
        if self.kind == COUNT:
            return float(logit(min(max(measured, SMALLEST_SHARE), 1.0 - SMALLEST_SHARE)))
        if self.kind == RATE:
            return math.log(-math.log(min(max(measured / 100.0, SMALLEST_SHARE), 1.0 - SMALLEST_SHARE)))
        if self.kind == INTEGER_MEDIAN:
            return measured
        return math.log(min(max(measured, 1e-6), self.longest)) if not math.isnan(measured) else math.nan

    def inside(self, measured: float) -> float:
        """A study's own value; rates of 0 and 100 % half a patient inside, where their scale is finite."""
        edge = 50.0 / self.out_of if self.kind == RATE else 0.0
        return min(max(measured, edge), 100.0 - edge) if edge else measured

    def natural(self, scaled: float) -> float:
        """Inverse of `on_scale`."""
        if self.kind == COUNT:
            return float(expit(scaled))
        if self.kind == RATE:
            return 100.0 * math.exp(-math.exp(scaled))
        return scaled if self.kind == INTEGER_MEDIAN else math.exp(scaled)

    def printed_as(self, measured: float) -> tuple[float, float]:
        """(low, high) on the working scale of what would be printed as `measured`: half a unit to either side."""
        half = self.rounding / 2.0
        ends = sorted((self.on_scale(measured - half), self.on_scale(measured + half)))
        return ends[0], ends[1]


@cache
def all_lines() -> tuple[Target, ...]:
    """Every line of the file, targets and reasons."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_target(line) for line in csv.DictReader(file))


def load_targets(studies: Iterable[str]) -> tuple[Target, ...]:
    """The targets of some studies, in the order of the file."""
    wanted = set(studies)
    return tuple(one for one in all_lines() if one.kind != NONE and one.study in wanted)


def blocks(targets: Iterable[Target]) -> tuple[str, ...]:
    """Names of the blocks, in order of appearance."""
    return tuple(dict.fromkeys(name for one in targets for name in one.blocks))


def outside(targets: Iterable[Target], block: str) -> NDArray[np.bool_]:
    """(targets,) mask that keeps all but one block."""
    return np.array([block not in one.blocks for one in targets])


def published(targets: Iterable[Target]) -> Floats:
    """(targets,) what was printed: shares and values."""
    return np.array([one.published for one in targets])


def measured(targets: Iterable[Target], statistics: Mapping[str, float]) -> Floats:
    """(targets,) the same of a simulated study."""
    return np.array([one.measured(statistics) for one in targets])


def on_scale(targets: Iterable[Target], values: Floats) -> Floats:
    """(targets,) shares and values on their working scales."""
    return np.array([one.on_scale(float(value)) for one, value in zip(targets, values, strict=True)])


def arithmetic(text: str, values: Mapping[str, float]) -> float:
    """Sums, products and quotients of numbers and named values; NaN for a quotient by zero."""
    try:
        return _parsed(text)(values)
    except ZeroDivisionError:
        return math.nan


@cache
def _parsed(text: str) -> Callable[[Mapping[str, float]], float]:
    return _node(ast.parse(text, mode="eval").body)


def _node(node: ast.expr) -> Callable[[Mapping[str, float]], float]:
    if isinstance(node, ast.Name):
        return lambda values: float(values[node.id])
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        number = float(node.value)
        return lambda values: number
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right, operate = _node(node.left), _node(node.right), _OPERATIONS[type(node.op)]
        return lambda values: operate(left(values), right(values))
    raise ValueError(f"{ast.unparse(node)}: allowed are + - * / of numbers and ids")


def _target(line: dict[str, str]) -> Target:
    if line["kind"] not in KINDS:
        raise ValueError(f"{FILE.name}: {line['id']}: kind {line['kind']!r} is none of {', '.join(KINDS)}")
    return Target(
        id=line["id"],
        study=line["study"],
        blocks=tuple(line["blocks"].split()),
        kind=line["kind"],
        count=int(line["count"] or 0),
        out_of=int(line["out_of"] or 0),
        share=line["share"],
        rounding=float(line["rounding"] or 0),
        longest=float(line["longest"] or "inf"),
        inflation=float(line["inflation"] or 1),
        note=line["note"],
    )
