"""The axes and series of a sweep file: checked, and expanded to positions that know which tables they lay down."""

from __future__ import annotations

import re
from typing import Any

from simulator.parameters import DEFINITIONS
from simulator.scenario import Fault
from simulator.scenario.faults import nearest, shown
from simulator.scenario.fields import followed, schema_of, unit_of
from simulator.scenario.tree import Stated, Tree, stamped
from simulator.strategy import Strategy
from simulator.sweep.grid import MOST_AXES, MOST_POINTS, Axis

AXIS_KEYS = ("key", "values", "from", "to", "step", "name", "title", "levels")
NAME = r"[a-z][a-z0-9_]{0,39}"
NAME_ALLOWED = "a name of a-z, 0-9 and _ that begins with a letter, at most 40 characters"
STEP_TOLERANCE = 1e-9
LARGEST = 1e9  # no field of a strategy or parameter comes near

Branch = tuple[Any, str, Tree]
"""One position on an axis: its value or name, its label, and the tables laid over the strategy."""


def directions_of(document: dict[str, Any], file: str, faults: list[Fault]) -> list[tuple[Axis, list[Branch]]]:
    """Series and axes, each with its positions; empty where one is faulty."""
    before = len(faults)
    found = []
    if "series" in document:
        branches = _levels(document["series"], file, "series", faults)
        found.append((_axis("series", "", "", branches), branches))
    axes = document.get("axes")
    if not isinstance(axes, list) or not all(isinstance(axis, dict) for axis in axes) or not axes:
        value = "" if axes is None else shown(axes)
        faults.append(Fault(file, "axes", value, "tables [[axes]]", what="missing" if axes is None else ""))
    elif len(axes) > MOST_AXES:
        faults.append(Fault(file, "axes", what=f"{len(axes)} given", allowed=f"1 to {MOST_AXES}"))
    else:
        found += [_one_axis(axis, file, f"axes[{number}]", faults) for number, axis in enumerate(axes, 1)]
    keys = [axis.key for axis, _ in found if axis.key]
    if len(keys) > len(set(keys)):
        faults.append(Fault(file, "axes[2].key", shown(keys[-1]), "another field than the first", what="duplicate"))
    return found if len(faults) == before else []


def _one_axis(table: dict[str, Any], file: str, place: str, faults: list[Fault]) -> tuple[Axis, list[Branch]]:
    """One `[[axes]]` table: a field with its values, or levels."""
    for key in [key for key in table if key not in AXIS_KEYS]:
        faults.append(Fault(file, f"{place}.{key}", shown(table[key]), nearest(key, AXIS_KEYS), what="unknown key"))
    title = table.get("title", "")
    if not isinstance(title, str) or not title.isprintable():
        faults.append(Fault(file, f"{place}.title", shown(title), "a title in one line"))
        title = ""
    if "levels" in table or "name" in table:
        return _level_axis(table, title, file, place, faults)
    stated = table.get("key")
    fields = swept_fields()
    key = stated if isinstance(stated, str) and stated in fields else ""
    if not key:
        what = "missing" if stated is None else "no field of a strategy or a parameter"
        allowed = "a field such as transplant.minimum_interval_weeks" if stated is None else nearest(stated, fields)
        faults.append(Fault(file, f"{place}.key", "" if stated is None else shown(stated), allowed, what=what))
    unit, meaning = fields.get(key, ("", ""))
    branches: list[Branch] = []
    for value, where in _values(table, file, place, faults):
        label = f"{value:g}" if isinstance(value, float) else str(value).lower().replace("_", " ")
        branch: Any = Stated(value, file, where)
        for part in reversed(key.split(".")):
            branch = {part: branch}
        branches.append((value, label, branch))
    return _axis(key.rsplit(".", 1)[-1], title or meaning, unit, branches, key), branches


def _level_axis(
    table: dict[str, Any], title: str, file: str, place: str, faults: list[Fault]
) -> tuple[Axis, list[Branch]]:
    """An axis whose positions change several fields at once."""
    for key in ("key", "values", "from", "to", "step"):
        if key in table:
            faults.append(Fault(file, f"{place}.{key}", shown(table[key]), what="not beside levels"))
    name = table.get("name")
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        what = "missing" if name is None else ""
        faults.append(Fault(file, f"{place}.name", "" if name is None else shown(name), NAME_ALLOWED, what=what))
        name = "levels"
    branches = _levels(table.get("levels"), file, f"{place}.levels", faults)
    return _axis(name, title or name.replace("_", " "), "", branches), branches


def _levels(tables: Any, file: str, place: str, faults: list[Fault]) -> list[Branch]:
    """Levels by name, each with its tables."""
    if not isinstance(tables, list) or len(tables) < 2 or not all(isinstance(table, dict) for table in tables):
        value = "" if tables is None else shown(tables)
        faults.append(Fault(file, place, value, f"two or more tables [[{place.split('[')[0]}…]]"))
        return []
    branches: list[Branch] = []
    for number, table in enumerate(tables, 1):
        own, where = dict(table), f"{place}[{number}]"
        name, title = own.pop("name", None), own.pop("title", None)
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            what = "missing" if name is None else ""
            faults.append(Fault(file, f"{where}.name", "" if name is None else shown(name), NAME_ALLOWED, what=what))
            name = ""
        elif name in [each for each, _, _ in branches]:
            faults.append(Fault(file, f"{where}.name", shown(name), "a name that no other has", what="duplicate"))
        if title is not None and (not isinstance(title, str) or not title.isprintable() or not title.strip()):
            faults.append(Fault(file, f"{where}.title", shown(title), "a title in one line"))
            title = None
        branches.append((name, title or name.replace("_", " "), stamped(own, file, (where,))))
    return branches


def _axis(name: str, title: str, unit: str, branches: list[Branch], key: str = "") -> Axis:
    values, labels = [each for each, _, _ in branches], [label for _, label, _ in branches]
    return Axis(name, title, unit, tuple(values), tuple(labels), key)


def _values(table: dict[str, Any], file: str, place: str, faults: list[Fault]) -> list[tuple[Any, str]]:
    """The values of an axis, each with the key that states it."""
    steps = [key for key in ("from", "to", "step") if key in table]
    if ("values" in table) == bool(steps):
        faults.append(Fault(file, place, what="one of two is needed", allowed="values, or from with to and step"))
        return []
    if steps:
        return [(value, f"{place}.from") for value in _stepped(table, file, place, faults)]
    values = table["values"]
    plain = isinstance(values, list) and all(isinstance(value, bool | int | float | str) for value in values)
    if not plain or len(values) < 2:
        allowed = "a list of two or more numbers, words or flags (lists: use levels)"
        faults.append(Fault(file, f"{place}.values", shown(values), allowed))
        return []
    if len(set(values)) < len(values):
        faults.append(Fault(file, f"{place}.values", shown(values), "each value once"))
    elif all(isinstance(value, int | float) for value in values) and values != sorted(values):
        faults.append(Fault(file, f"{place}.values", shown(values), "increasing numbers"))
    return [(value, f"{place}.values") for value in values]


def _stepped(table: dict[str, Any], file: str, place: str, faults: list[Fault]) -> list[float | int]:
    """first, first + step, … up to and with `to`; whole numbers stay whole."""
    ends: dict[str, float | int] = {}
    for key in ("from", "to", "step"):
        value = table.get(key)
        number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
        if number and value is not None and (key != "step" or value > 0):
            ends[key] = value
            continue
        what = "missing" if value is None else ""
        allowed = "a number above 0" if key == "step" else "a number"
        faults.append(Fault(file, f"{place}.{key}", "" if value is None else shown(value), allowed, what=what))
    if len(ends) < 3:
        return []
    first, last, step = ends["from"], ends["to"], ends["step"]
    count = (last - first) / step
    whole = round(count) if abs(count) < 1e6 else 0
    if whole < 1 or abs(count - whole) > STEP_TOLERANCE * max(1.0, count):
        faults.append(Fault(file, f"{place}.to", shown(last), f"from = {first:g} and whole steps of {step:g} above it"))
        return []
    if whole >= MOST_POINTS:
        faults.append(Fault(file, f"{place}.step", shown(step), f"at most {MOST_POINTS} points", "points"))
        return []
    if all(isinstance(number, int) for number in (first, step)):
        return [first + step * position for position in range(whole + 1)]
    return [float(f"{first + step * position:.12g}") for position in range(whole + 1)]


def swept_fields() -> dict[str, tuple[str, str]]:
    """Unit and meaning of every field that an axis may move, by dotted key."""
    schema = schema_of(Strategy)
    found: dict[str, tuple[str, str]] = {}

    def walk(node: dict[str, Any], prefix: str) -> None:
        for key, each in node.get("properties", {}).items():
            inner = followed(each["allOf"][0] if "allOf" in each else each, schema)
            if "properties" in inner:
                walk(inner, f"{prefix}{key}.")
            elif each.get("type") != "array":
                found[prefix + key] = (unit_of(each), str(each.get("description") or key.replace("_", " ")))

    walk(schema, "")
    return found | {f"parameters.{one.name}": (one.unit, one.meaning) for one in DEFINITIONS}
