"""The numbers the rules use: what they are in parameters.csv (name, phase, unit, bounds), values and origins in a set.

A parameter set is a JSON file in `scenarios/parameters/`, written by calibration. Every value carries an origin:
`source` (which published number, how derived), `fitted` (to which rows) or `assumption` (why, and a range).
A set with a missing, unknown or out-of-bounds parameter, or one without an origin, is refused, all faults at once.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PARAMETERS_FOLDER = Path(__file__).resolve().parent.parent / "scenarios" / "parameters"
MODEL_VERSION = 1
KINDS = ("source", "fitted", "assumption")
LIFE_TABLE_AGES = 13


@dataclass(frozen=True)
class Definition:
    """One number: `phases` may read it; values outside [low, high] are impossible, not merely unlikely."""

    name: str
    phases: str
    unit: str
    low: float
    high: float
    meaning: str


def _definitions() -> tuple[Definition, ...]:
    with (Path(__file__).with_suffix(".csv")).open(encoding="utf-8", newline="") as file:
        return tuple(
            Definition(
                line["name"], line["phases"], line["unit"], float(line["low"]), float(line["high"]), line["meaning"]
            )
            for line in csv.DictReader(file)
        )


DEFINITIONS = _definitions()


def acting_in(phases: set[str]) -> set[str]:
    """Names of the parameters that any of these phases may read."""
    return {definition.name for definition in DEFINITIONS if phases & set(definition.phases.split())}


PARAMETERS_DTYPE = np.dtype(
    [
        *((definition.name, "f8") for definition in DEFINITIONS),
        ("background_age_years", "f8", (LIFE_TABLE_AGES,)),
        ("background_log_rate_male", "f8", (LIFE_TABLE_AGES,)),
        ("background_log_rate_female", "f8", (LIFE_TABLE_AGES,)),
    ]
)


class ParameterError(ValueError):
    """A parameter set that cannot be used; `faults` has one line per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Origin:
    """Where a value comes from, and the range within which it may well lie."""

    kind: str
    text: str
    low: float
    high: float


@dataclass(frozen=True)
class ParameterSet:
    """A named, complete set of values with their origins."""

    id: str
    title: str
    values: dict[str, float]
    origins: dict[str, Origin]
    life_table: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Every number with unit, phase, range and origin."""
        listed = {}
        for definition in DEFINITIONS:
            origin = self.origins[definition.name]
            listed[definition.name] = {
                "value": self.values[definition.name],
                "unit": definition.unit,
                "phases": definition.phases.split(),
                "meaning": definition.meaning,
                "kind": origin.kind,
                "origin": origin.text,
                "low": origin.low,
                "high": origin.high,
            }
        return {"id": self.id, "title": self.title, "parameters": listed, "background_mortality": self.life_table}

    def as_file(self) -> dict[str, Any]:
        """The JSON form that `load_parameters` reads."""
        return {
            "id": self.id,
            "model_version": MODEL_VERSION,
            "title": self.title,
            "parameters": {
                name: {
                    "value": self.values[name],
                    "low": origin.low,
                    "high": origin.high,
                    "kind": origin.kind,
                    "origin": origin.text,
                }
                for name, origin in self.origins.items()
            },
            "background_mortality": self.life_table,
        }

    def record(self, **changes: float) -> np.recarray:
        """The set as shape (1,) recarray of PARAMETERS_DTYPE, with some values replaced."""
        unknown = set(changes) - set(self.values)
        if unknown:
            raise KeyError(f"no parameter named {', '.join(sorted(unknown))}")
        record = np.zeros(1, PARAMETERS_DTYPE).view(np.recarray)
        for name, value in (self.values | changes).items():
            record[name][0] = value
        record.background_age_years[0] = self.life_table["age_years"]
        for sex in ("male", "female"):
            # force of mortality from an annual death probability
            record[f"background_log_rate_{sex}"][0] = np.log(-np.log1p(-np.array(self.life_table[f"{sex}_q"])))
        return record


def load_parameters(name_or_path: str | Path) -> ParameterSet:
    """Read a set by id (shipped) or path; ParameterError lists everything wrong with it."""
    path = Path(name_or_path)
    if path.suffix != ".json":
        path = PARAMETERS_FOLDER / f"{name_or_path}.json"
        if not path.is_file():
            shipped = ", ".join(sorted(one.stem for one in PARAMETERS_FOLDER.glob("*.json")))
            raise ParameterError([f"{name_or_path}: no such parameter set, allowed a .json file or {shipped}"])
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ParameterError([f"{path.name}: cannot be read as JSON: {reason}"]) from None
    if not isinstance(data, dict):
        raise ParameterError([f"{path.name}: must be an object with id, model_version, title, parameters"])
    return parameters_from(data, path.name)


def parameters_from(data: dict[str, Any], file: str) -> ParameterSet:
    """Check and build a set from its JSON form."""
    faults = [f"{file}: {key} is missing" for key in ("id", "title", "parameters") if key not in data]
    if data.get("model_version") != MODEL_VERSION:
        faults.append(f"{file}: model_version = {data.get('model_version')}: allowed {MODEL_VERSION}")
    table = data.get("background_mortality", {})
    for key in ("age_years", "male_q", "female_q"):
        if len(table.get(key, ())) != LIFE_TABLE_AGES:
            faults.append(f"{file}: background_mortality.{key}: allowed {LIFE_TABLE_AGES} numbers")
    entries = data.get("parameters", {})
    known = {definition.name for definition in DEFINITIONS}
    faults += [f"{file}: parameters.{name}: unknown parameter" for name in entries if name not in known]
    values: dict[str, float] = {}
    origins: dict[str, Origin] = {}
    for definition in DEFINITIONS:
        name = definition.name
        entry = entries.get(name)
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), int | float):
            faults.append(f"{file}: parameters.{name}: a value is missing ({definition.unit})")
            continue
        value = float(entry["value"])
        if not definition.low <= value <= definition.high:
            allowed = f"{definition.low:g} to {definition.high:g} {definition.unit}"
            faults.append(f"{file}: parameters.{name} = {value:g}: allowed {allowed}")
        if entry.get("kind") not in KINDS or not str(entry.get("origin", "")).strip():
            faults.append(f"{file}: parameters.{name}: no origin; allowed kinds are {', '.join(KINDS)}, with a text")
            continue
        if not isinstance(entry.get("low"), int | float) or not isinstance(entry.get("high"), int | float):
            faults.append(f"{file}: parameters.{name}: a range (low, high) is missing")
            continue
        values[name] = value
        origins[name] = Origin(entry["kind"], entry["origin"], float(entry["low"]), float(entry["high"]))
    if faults:
        raise ParameterError(faults)
    return ParameterSet(data["id"], data["title"], values, origins, table)


def described(parameters: ParameterSet) -> str:
    """Aligned text, one line a number, grouped by the phase that reads it first."""
    lines = [
        f"{parameters.id}: {parameters.title}",
        "ranges are those of the stated origin, not posterior intervals",
        "",
    ]
    rows = []
    for definition in DEFINITIONS:
        origin = parameters.origins[definition.name]
        rows.append(
            (
                definition.phases.split()[0],
                definition.name,
                f"{parameters.values[definition.name]:.4g}",
                f"[{origin.low:g}, {origin.high:g}]",
                definition.unit,
                origin.kind,
                origin.text,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:6], widths, strict=True)]
        lines.append("  ".join([*cells, row[6]]))
    table = parameters.life_table
    lines += ["", f"background mortality: {table['origin']}, ages {table['age_years'][0]} to {table['age_years'][-1]}"]
    return "\n".join(lines)
