"""Draws from the posterior of the parameters: `scenarios/posterior/joint.parquet`, written by calibration.

One row a draw, equally weighted: `chain`, `draw`, then one column for each uncertain parameter in natural units. The
schema says for which point set the draws were made, which parameters the evidence cannot tell apart, and what it
taught about each. A file that is missing, malformed or made for other values is refused, all faults at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.special import expit, logit

import scenarios
from simulator.parameters import DEFINITIONS, ParameterSet
from simulator.scenario import Fault, ScenarioError

FILE = scenarios.FOLDER / "posterior" / "joint.parquet"
KEY = b"allpath"  # of the schema's metadata
LEARNED = 0.20  # a parameter whose spread shrank by less is labelled prior
FEWEST = 50  # draws: the ends of the middle 95 % are then the second of them from either side
SCALES = {"identity": (lambda x: x, lambda x: x), "log": (np.log, np.exp), "logit": (logit, expit)}
ABOUT = {"id": str, "parameter_set": str, "parameter_values": str, "attribution": list, "parameters": dict}
JSON_NAMES = {str: "string", list: "array", dict: "object"}
NUMBERS = ("chain", "draw")

Floats = NDArray[np.float64]


class PosteriorError(ScenarioError):
    """Draws that cannot be used; `faults` has one line per fault."""


@dataclass(frozen=True)
class Posterior:
    """Draws `values` (D, P) in natural units, by chain and draw, of the parameters `names` (P,).

    `scales` (P,) are those on which each is about normal; `attribution`: what the evidence cannot tell apart;
    `shrinkage` (P,): 1 - posterior SD / prior SD on that scale; `sha256` of the file.
    """

    id: str
    parameter_set: str
    names: tuple[str, ...]
    values: Floats
    chain_and_draw: NDArray[np.int64]
    scales: tuple[str, ...]
    attribution: tuple[str, ...]
    shrinkage: tuple[float, ...]
    sha256: str

    @property
    def prior(self) -> tuple[str, ...]:
        """Parameters about which the evidence taught next to nothing: what is said of them is their prior."""
        return tuple(name for name, each in zip(self.names, self.shrinkage, strict=True) if each < LEARNED)

    @cached_property
    def working(self) -> Floats:
        """The draws (D, P) on the scales of the parameters."""
        return self.to_working(self.values)

    def to_working(self, values: Floats) -> Floats:
        """Natural units (..., P) on the scales of the parameters."""
        columns = [SCALES[scale][0](values[..., at]) for at, scale in enumerate(self.scales)]
        return np.stack(columns, axis=-1)

    def to_natural(self, working: Floats) -> Floats:
        """The scales of the parameters (..., P) in natural units, kept within what is possible."""
        bounds = {each.name: (each.low, each.high) for each in DEFINITIONS}
        columns = [
            np.clip(SCALES[scale][1](working[..., at]), *bounds[name])
            for at, (name, scale) in enumerate(zip(self.names, self.scales, strict=True))
        ]
        return np.stack(columns, axis=-1)

    def checked(self, draws: int | None, usual: int) -> int:
        """How many draws to take: as asked, else the usual number or all; `PosteriorError` if there are not as many."""
        draws = min(usual, len(self.values)) if draws is None else draws
        if not FEWEST <= draws <= len(self.values):
            allowed = f"{FEWEST} to {len(self.values)}"
            raise PosteriorError([Fault("", "--draws", str(draws), allowed, "draws")])
        return draws

    def spaced(self, draws: int) -> NDArray[np.intp]:
        """Rows (draws,) evenly spaced over the chains."""
        return np.linspace(0, len(self.values) - 1, draws).round().astype(np.intp)


def fingerprint(parameters: ParameterSet) -> str:
    """Of the values of a set: draws are made for these values and no others."""
    return hashlib.sha256(json.dumps(parameters.values, sort_keys=True).encode()).hexdigest()[:16]


def load_posterior(parameters: ParameterSet, path: Path | None = None) -> Posterior:
    """The shipped draws, or those at `path`; `PosteriorError` if they cannot be used with this parameter set."""
    path = path or FILE
    name = "/".join(path.parts[-3:])
    table = _table(path, name)
    about, faults = _about(table, name)
    if not faults:
        faults = _faults(table, about, name)
        if about["parameter_values"] != fingerprint(parameters):
            made, asked = about["parameter_values"], fingerprint(parameters)
            what = f"made for other values of {about['parameter_set']}"
            faults.append(Fault(name, "parameter_values", made, f"{asked}, those of {parameters.id}", what=what))
    if faults:
        raise PosteriorError(faults)
    frame = table.to_pandas().sort_values(list(NUMBERS))
    names = tuple(column for column in frame.columns if column not in NUMBERS)
    told = [about["parameters"][each] for each in names]
    return Posterior(
        about["id"], about["parameter_set"], names,
        frame[list(names)].to_numpy(float), frame[list(NUMBERS)].to_numpy(np.int64),
        tuple(each["scale"] for each in told), tuple(about["attribution"]),
        tuple(float(each["shrinkage"]) for each in told), hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


def _table(path: Path, name: str) -> pa.Table:
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        what = "no such file: there are no posterior draws to propagate"
    except (OSError, pa.ArrowException):
        what = "truncated, or not a Parquet file"
    raise PosteriorError([Fault(name, what=what)])


def _about(table: pa.Table, name: str) -> tuple[dict[str, Any], list[Fault]]:
    """What the file says of itself, and what is wrong with that."""
    where = f"metadata {KEY.decode()}"
    try:
        about = json.loads((table.schema.metadata or {})[KEY])
    except (KeyError, ValueError) as error:
        what = "missing" if isinstance(error, KeyError) else "not JSON"
        return {}, [Fault(name, where, what=what, allowed="a JSON object")]
    if not isinstance(about, dict):
        return {}, [Fault(name, where, what=type(about).__name__, allowed="a JSON object")]
    return about, [
        Fault(name, f"{where}.{key}", what="" if key in about else "missing", allowed=f"a JSON {JSON_NAMES[kind]}")
        for key, kind in ABOUT.items()
        if not isinstance(about.get(key), kind)
    ]


def _faults(table: pa.Table, about: dict[str, Any], name: str) -> list[Fault]:
    """Columns against the metadata and against what is possible."""
    columns = [each for each in table.column_names if each not in NUMBERS]
    missing = [*NUMBERS, *sorted(about["parameters"])]
    faults = [Fault(name, f"column {key}", what="missing") for key in missing if key not in table.column_names]
    if not table.num_rows or not columns:
        what = f"{table.num_rows} draws of {len(columns)} parameters"
        faults.append(Fault(name, what=what, allowed="at least one of each"))
    for key in sorted({str(each) for each in about["attribution"]} - set(columns)):
        faults.append(Fault(name, "attribution", key, what="no column of this name"))
    for key in columns:
        faults += _column_faults(name, key, table.column(key), about["parameters"].get(key))
    return faults


def _column_faults(name: str, key: str, column: pa.ChunkedArray, told: Any) -> list[Fault]:
    """One parameter: its name, what is told of it, its values."""
    definition, where = next((each for each in DEFINITIONS if each.name == key), None), f"column {key}"
    if definition is None:
        return [Fault(name, where, what="no parameter of this name")]
    if not isinstance(told, dict) or told.get("scale") not in SCALES or not _is_number(told.get("shrinkage")):
        what = f"metadata parameters.{key} lacks scale ({', '.join(SCALES)}) or shrinkage (a number)"
        return [Fault(name, where, what=what)]
    values = np.asarray(pd.to_numeric(column.to_pandas(), errors="coerce"), float)  # NaN where there is no number
    wrong = values[~((values >= definition.low) & (values <= definition.high))]
    if len(wrong):
        allowed = f"{definition.low:g} to {definition.high:g}"
        return [Fault(name, where, f"{wrong[0]:g}", allowed, definition.unit)]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = values[~np.isfinite(SCALES[told["scale"]][0](values))]
    if len(off):
        return [Fault(name, where, f"{off[0]:g}", what=f"has no value on its scale ({told['scale']})")]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
