"""A reader's own figures beside a described study: curves and printed statistics, read and checked.

The study file (`described`) has three keys more: `fit` (parameters to refit), `[[curves]]` (files of `curves`) and
`statistics` (a CSV of name, value, n, low, high with the names of `allpath predict`). All faults are raised together.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from calibration.curves import DigitisedCurve, read_curve
from calibration.described import BESIDE, FOLDER, DescribedStudy, load_study
from calibration.printed import Printed, printed
from calibration.subgroups import known_subgroup, subgroup_words
from simulator.posterior import Posterior
from simulator.scenario.faults import Fault, ScenarioError, nearest, shown
from simulator.scenario.fields import checked
from simulator.scenario.reading import find_scenario, read_toml
from simulator.scenario.tree import Place, plain, stamped
from simulator.strategy import Section, number

COLUMNS = ("name", "value", "n", "low", "high")


class CurveFile(Section):
    """One `[[curves]]` table."""

    file: Annotated[str, Field(min_length=1, description="a CSV file of time,survival beside the study")]
    endpoint: Literal["os", "rfs", "efs"] = "os"
    arm: Annotated[str, Field(description="name of an arm, where there are several")] = ""
    subgroup: Annotated[str, Field(description="name of a subgroup")] = ""
    time_unit: Literal["days", "weeks", "months", "years"] = "months"
    at_risk: Annotated[str, Field(description="a CSV file of time,at_risk beside the study")] = ""
    total_events: Annotated[int | None, number("events", 0, 5000, "events printed with the curve")] = None
    points: Annotated[int, number("points", 5, 20, "points of the curve that are scored")] = 8


class Data(Section):
    """What the study file has for a fit."""

    fit: list[str] = Field(min_length=1, max_length=20, description="parameters to refit")
    statistics: Annotated[str, Field(description="a CSV file of name,value,n,low,high beside the study")] = ""


@dataclass(frozen=True)
class ReadCurve:
    """A curve and whose it is."""

    stated: CurveFile
    curve: DigitisedCurve


@dataclass(frozen=True)
class Statistic:
    """A printed number; NaN where n or the interval is not printed."""

    printed: Printed
    value: float
    n: float
    low: float
    high: float


@dataclass(frozen=True)
class OwnData:
    """A study with its figures and the parameters to refit."""

    study: DescribedStudy
    fit: tuple[str, ...]
    curves: tuple[ReadCurve, ...]
    statistics: tuple[Statistic, ...]


def load_own_data(name_or_path: str | Path, posterior: Posterior) -> OwnData:
    """The study of a file with its data; ScenarioError carries every fault of all its files."""
    faults: list[Fault] = []
    path = find_scenario(name_or_path, FOLDER)
    study = None
    try:
        study = load_study(path)
    except ScenarioError as error:
        faults += error.faults
    document = read_toml(path)
    tree = stamped({key: document[key] for key in BESIDE if key in document and key != "curves"}, path.name)
    data = checked(Data, plain(tree), Place(tree, path.name), faults, others=("curves",))
    for name in data.fit if data else ():
        if name not in posterior.names:
            faults.append(
                Fault(path.name, "fit", shown(name), nearest(name, posterior.names), what="no such parameter")
            )
    if data and len(set(data.fit)) < len(data.fit):
        faults.append(Fault(path.name, "fit", shown(data.fit), "each parameter once"))
    curves = list(_curves(document.get("curves", []), path, study, faults))
    statistics = list(_statistics(path.parent / data.statistics, study, faults)) if data and data.statistics else []
    if data and not document.get("curves") and not data.statistics:
        faults.append(Fault(path.name, what="nothing to fit to", allowed="[[curves]] or statistics"))
    if faults or study is None or data is None:
        raise ScenarioError(faults)
    return OwnData(study, tuple(data.fit), tuple(curves), tuple(statistics))


def _curves(tables: Any, path: Path, study: DescribedStudy | None, faults: list[Fault]) -> Iterator[ReadCurve]:
    """The curves that can be had; the rest are faults."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        faults.append(Fault(path.name, "curves", shown(tables), "tables [[curves]]"))
        return
    for position, table in enumerate(tables, 1):
        key = f"curves[{position}]"
        own: list[Fault] = []
        stated = checked(CurveFile, table, Place({}, path.name), own)
        faults += [replace(fault, key=f"{key}.{fault.key}") for fault in own]
        if stated is None:
            continue
        if stated.subgroup and not known_subgroup(stated.subgroup):
            faults.append(Fault(path.name, f"{key}.subgroup", shown(stated.subgroup), subgroup_words()))
        arm = _arm_of(stated, study)
        if study and arm is None:
            names = ", ".join(one.name for one in study.arms)
            faults.append(Fault(path.name, f"{key}.arm", shown(stated.arm), names, what="names no arm"))
        whole = arm is not None and stated.endpoint != "rfs" and not stated.subgroup
        at_risk = path.parent / stated.at_risk if stated.at_risk else None
        try:
            patients = arm.patients if arm and whole else None
            curve = read_curve(path.parent / stated.file, patients, stated.time_unit, at_risk, stated.total_events)
        except ScenarioError as error:
            faults += error.faults
            continue
        if study and curve.months[-1] > study.head.follow_up.longest_months + 1.0:
            what = f"the curve runs to month {curve.months[-1]:.3g}, beyond the follow-up"
            longest = f"{study.head.follow_up.longest_months:g}"
            faults.append(Fault(path.name, f"{key}.file", shown(stated.file), f"up to {longest}", "months", what))
        yield ReadCurve(stated, curve)


def _arm_of(stated: CurveFile, study: DescribedStudy | None) -> Any:
    """The arm of a curve; without a name the only one."""
    arms = study.arms if study else ()
    named = [arm for arm in arms if arm.name == stated.arm or (not stated.arm and len(arms) == 1)]
    return named[0] if named else None


def _statistics(path: Path, study: DescribedStudy | None, faults: list[Fault]) -> Iterator[Statistic]:
    """The printed numbers that can be used; the rest are faults, row by row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            rows, columns = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "not CSV in UTF-8"
        faults.append(Fault(path.name, what=f"cannot be read: {reason}"))
        return
    if not {"name", "value"} <= set(columns) <= set(COLUMNS):
        faults.append(Fault(path.name, "line 1", ",".join(columns), ",".join(COLUMNS), what="columns"))
        return
    known = {key.name: key for key in printed(study)} if study else {}
    for line, row in enumerate(rows, 2):
        numbers = {name: _number(path.name, line, name, row.get(name), faults) for name in COLUMNS[1:]}
        key = known.get(row["name"] or "")
        if study and key is None:
            allowed = nearest(row["name"], known)
            faults.append(Fault(path.name, f"line {line}: name", shown(row["name"]), allowed, what="no such quantity"))
        if key is None:
            continue
        faults += list(_statistic_faults(path.name, line, key, numbers))
        yield Statistic(key, **numbers)


def _number(file: str, line: int, column: str, word: str | None, faults: list[Fault]) -> float:
    """A cell as a number; NaN where it is empty."""
    if not (word or "").strip() and column != "value":
        return math.nan
    try:
        value = float(word or "")
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        faults.append(Fault(file, f"line {line}: {column}", shown(word or ""), "a number"))
        return math.nan
    return value


def _statistic_faults(file: str, line: int, key: Printed, numbers: dict[str, float]) -> Iterator[Fault]:
    """Values outside what the quantity can be, and intervals that do not hold their value."""
    unit = key.unit
    highest = 1.0 if unit == "probability" else 1000.0
    for column in ("value", "low", "high"):
        value = numbers[column]
        if not math.isnan(value) and not 0.0 <= value <= highest:
            yield Fault(file, f"line {line}: {column}", f"{value:g}", f"0 to {highest:g}", unit)
    low, value, high, n = (numbers[column] for column in ("low", "value", "high", "n"))
    if math.isnan(low) != math.isnan(high):
        yield Fault(file, f"line {line}: low, high", what="one of them alone", allowed="both or neither")
    elif not math.isnan(low) and not low <= value <= high:
        yield Fault(file, f"line {line}: low, high", f"{low:g}, {high:g}", f"an interval around {value:g}")
    if not math.isnan(n) and (n < 1 or n != int(n)):
        yield Fault(file, f"line {line}: n", f"{n:g}", "a whole number of 1 or more", "patients")
