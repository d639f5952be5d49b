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
from simulator.sweep.attribution import fingerprint

FILE = scenarios.FOLDER / "posterior" / "joint.parquet"
KEY = b"allpath"  # of the schema's metadata
LEARNED = 0.20  # a parameter whose spread shrank by less is labelled prior
FEWEST = 50  # draws: the ends of the middle 95 % are then the second of them from either side
SCALES = {"identity": (lambda x: x, lambda x: x), "log": (np.log, np.exp), "logit": (logit, expit)}
ABOUT = {"id": str, "parameter_set": str, "parameter_values": str, "attribution": list, "parameters": dict}

Floats = NDArray[np.float64]


class PosteriorError(ValueError):
    """Draws that cannot be used; `faults` has one line per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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

    def spaced(self, draws: int) -> NDArray[np.intp]:
        """Rows of so many draws, evenly spaced over the chains; `PosteriorError` if there are not as many."""
        if not FEWEST <= draws <= len(self.values):
            raise PosteriorError([f"--draws = {draws}: allowed {FEWEST} to {len(self.values):,} draws ({self.id})"])
        return np.linspace(0, len(self.values) - 1, draws).round().astype(np.intp)


def load_posterior(parameters: ParameterSet, path: Path | None = None) -> Posterior:
    """The shipped draws, or those at `path`; `PosteriorError` if they cannot be used with this parameter set."""
    path = path or FILE
    name = "/".join(path.parts[-3:])
    table = _table(path, name)
    about, faults = _about(table, name)
    if not faults:
        faults = _faults(table, about, name)
        if about["parameter_values"] != fingerprint(parameters):
            faults.append(
                f"{name}: parameter_values = {about['parameter_values']}: made for other values "
                f"({about['parameter_set']}); allowed {fingerprint(parameters)}, those of {parameters.id}"
            )
    if faults:
        raise PosteriorError(faults)
    frame = table.to_pandas().sort_values(["chain", "draw"])
    names = tuple(column for column in frame.columns if column not in ("chain", "draw"))
    told = [about["parameters"][each] for each in names]
    return Posterior(
        about["id"], about["parameter_set"], names,
        frame[list(names)].to_numpy(float), frame[["chain", "draw"]].to_numpy(np.int64),
        tuple(each["scale"] for each in told), tuple(about["attribution"]),
        tuple(float(each["shrinkage"]) for each in told), hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


def _table(path: Path, name: str) -> pa.Table:
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        raise PosteriorError([f"{name}: no such file: there are no posterior draws to propagate"]) from None
    except (OSError, pa.ArrowException):
        raise PosteriorError([f"{name}: truncated, or not a Parquet file; make it again"]) from None


def _about(table: pa.Table, name: str) -> tuple[dict[str, Any], list[str]]:
    """What the file says of itself, and what is wrong with that."""
    where = f"{name}: metadata {KEY.decode()}"
    try:
        about = json.loads((table.schema.metadata or {})[KEY])
    except KeyError:
        return {}, [f"{where}: missing; allowed a JSON object"]
    except ValueError:
        return {}, [f"{where}: not JSON; allowed a JSON object"]
    if not isinstance(about, dict):
        return {}, [f"{where}: {type(about).__name__}; allowed a JSON object"]
    return about, [
        f"{where}.{key}: {'missing' if key not in about else type(about[key]).__name__}; allowed {kind.__name__}"
        for key, kind in ABOUT.items()
        if not isinstance(about.get(key), kind)
    ]


def _faults(table: pa.Table, about: dict[str, Any], name: str) -> list[str]:
    """Columns against the metadata and against what is possible."""
    faults = [f"{name}: column {key}: missing" for key in ("chain", "draw") if key not in table.column_names]
    columns = [each for each in table.column_names if each not in ("chain", "draw")]
    told, bounds = about["parameters"], {each.name: each for each in DEFINITIONS}
    if not table.num_rows or not columns:
        faults.append(f"{name}: {table.num_rows} draws of {len(columns)} parameters; allowed at least 1 of each")
    for key in sorted(set(told) - set(columns)):
        faults.append(f"{name}: column {key}: missing, although metadata parameters has it")
    for key in sorted({str(each) for each in about["attribution"]} - set(columns)):
        faults.append(f"{name}: attribution: {key} is no column")
    for key in columns:
        where = f"{name}: column {key}"
        if key not in bounds:
            faults.append(f"{where}: no parameter of this name")
            continue
        entry, values = told.get(key), _floats(table.column(key))
        if not isinstance(entry, dict) or entry.get("scale") not in SCALES or not _is_number(entry.get("shrinkage")):
            faults.append(f"{where}: metadata parameters.{key} needs scale ({', '.join(SCALES)}) and shrinkage")
            continue
        low, high = bounds[key].low, bounds[key].high
        wrong = values[~((values >= low) & (values <= high))]
        if len(wrong):
            faults.append(f"{where} = {wrong[0]:g}: allowed {low:g} to {high:g} {bounds[key].unit}")
        elif not np.isfinite(SCALES[entry["scale"]][0](values)).all():
            faults.append(f"{where}: values at the edge of its scale {entry['scale']}")
    return faults


def _floats(column: pa.ChunkedArray) -> Floats:
    """Numbers of a column; NaN where there is none."""
    return np.asarray(pd.to_numeric(column.to_pandas(), errors="coerce"), float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
