"""A scenario for people, in lines that a terminal holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from string import ascii_lowercase
from textwrap import wrap
from typing import Any

from pydantic import BaseModel

from simulator.parameters import DEFINITIONS
from simulator.scenario.faults import shown
from simulator.scenario.fields import followed, schema_of, unit_of
from simulator.scenario.machine import resolved
from simulator.scenario.model import Plan, Scenario
from simulator.scenario.sharing import Sharing
from simulator.strategy import Strategy

WIDTH = 140
GAP = "  "
DEFAULT = "default"

Row = tuple[str, ...]


def described(scenario: Scenario) -> str:
    """The arms and what differs between them first, then each value with its unit and its origin."""
    tables = {
        "Arms": table(_arms(scenario)),
        "What differs between the arms": _differing(scenario),
        "How they are run": table(plan_rows(scenario)),
        "The same in all arms": table(common_rows(scenario)),
        f"Population {scenario.population_name}": table(population_rows(scenario)),
    }
    return document(f"Scenario {scenario.name}: {scenario.question}", tables)


def document(title: str, tables: Mapping[str, Sequence[str]]) -> str:
    """A title, and tables under their headings."""
    blocks = [wrap(title, WIDTH, subsequent_indent=GAP), *([head, *lines] for head, lines in tables.items())]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def differing(scenario: Scenario) -> list[tuple[str, str, list[str]]]:
    """(dotted key, unit, its value in each arm) of every setting in which the arms differ."""
    units = _units_of_an_arm()
    return [(key, units[key], cells) for key, cells, _ in _side_by_side(scenario) if len(set(cells)) > 1]


def _arms(scenario: Scenario) -> Iterator[Row]:
    for number, arm in enumerate(scenario.arms, 1):
        reference = ", reference" if arm.name == scenario.reference else ""
        yield str(number), arm.name, arm.title, f"base {arm.base}{reference}"


def plan_rows(scenario: Scenario) -> Iterator[Row]:
    """How it is run: key, value, unit, origin."""
    units = _units(Plan)
    for key, value in _flat(resolved(scenario)):
        if key in units and key != "question" and value not in (None, []):
            yield key, _cell(value), units[key], scenario.origins.get(key, DEFAULT)


def population_rows(scenario: Scenario) -> Iterator[Row]:
    """The case mix: key, value, unit, origin."""
    units = _units(type(scenario.population))
    own_file = f" ({scenario.population_name.split(',')[0]}.toml)"  # the heading names it
    for key, value in scenario.population.model_dump().items():
        origin = scenario.origins.get(f"population.{key}", DEFAULT)
        yield key, _cell(value), units[key], origin.removesuffix(own_file)


def common_rows(scenario: Scenario) -> Iterator[Row]:
    """What is the same in all arms: key, value, unit, origin."""
    units = _units_of_an_arm()
    for key, cells, origins in _side_by_side(scenario):
        if len(set(cells)) == 1:
            yield key, cells[0], units[key], ", ".join(dict.fromkeys(origins))


def _differing(scenario: Scenario) -> list[str]:
    """A column for each arm, each value marked with its origin; below each other where they are too many."""
    units = _units_of_an_arm()
    marks: dict[str, str] = {}
    rows: list[Row] = [("arm", "", *(str(number) for number in range(1, len(scenario.arms) + 1)))]
    for key, cells, origins in _side_by_side(scenario):
        if len(set(cells)) > 1:
            for origin in origins:
                marks.setdefault(origin, f"[{ascii_lowercase[len(marks) % 26]}]")
            rows.append((key, units[key], *(f"{c} {marks[o]}" for c, o in zip(cells, origins, strict=True))))
    key_column, unit_column, *arms = zip(*rows, strict=True)
    lines: list[str] = []
    while arms:
        fitting = len(arms)
        while fitting > 1 and _needed([key_column, unit_column, *arms[:fitting]]) > WIDTH:
            fitting -= 1
        lines += [*table(zip(key_column, unit_column, *arms[:fitting], strict=True)), ""]
        arms = arms[fitting:]
    told = "origin: " + ", ".join(f"{mark} {origin}" for origin, mark in marks.items())
    return lines[:-1] + wrap(told, WIDTH, initial_indent=GAP, subsequent_indent=GAP)


def _side_by_side(scenario: Scenario) -> Iterator[tuple[str, list[str], list[str]]]:
    """For each key of a strategy: its value in each arm, and where each arm has it from."""
    shared = any(arm.sharing.limited() for arm in scenario.arms)
    changed = list(dict.fromkeys(name for arm in scenario.arms for name in arm.parameters))
    flat = [
        dict(_flat(arm.strategy.model_dump() | ({"ward": arm.sharing.model_dump()} if shared else {})))
        | {f"parameters.{name}": arm.parameters.get(name, "as in the set") for name in changed}
        for arm in scenario.arms
    ]
    for key in flat[0]:
        # what an arm does not state of its ward is the scenario's
        common = scenario.origins.get(key, DEFAULT)
        origins = [scenario.origins.get(f"arms.{arm.name}.{key}", common) for arm in scenario.arms]
        yield key, [_cell(values[key]) for values in flat], origins


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _cell(value: Any) -> str:
    if value is None:
        return "no limit"
    return value if isinstance(value, str) else shown(value, longest=200).replace('"', "")


def _units(model: type[BaseModel]) -> dict[str, str]:
    """Unit of each field of a model, by dotted key."""
    schema = schema_of(model)

    def walk(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
        for key, each in node.get("properties", {}).items():
            yield prefix + key, unit_of(each)
            yield from walk(followed(each, schema), f"{prefix}{key}.")

    parameters = {f"parameters.{one.name}": one.unit for one in DEFINITIONS}
    return dict(walk(schema, "")) | parameters


def _units_of_an_arm() -> dict[str, str]:
    return _units(Strategy) | {f"ward.{key}": unit for key, unit in _units(Sharing).items()}


def table(rows: Iterable[Row]) -> list[str]:
    """Aligned columns; the widest are narrowed and wrapped until a line fits, but no word is broken."""
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in columns]
    words = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    for _ in range(_needed(columns) - WIDTH):
        spare = [number for number, width in enumerate(widths) if width > words[number]]
        if spare:
            widths[max(spare, key=widths.__getitem__)] -= 1
    lines = []
    for row in zip(*columns, strict=True):
        cells = [
            wrap(cell, width, break_long_words=False, break_on_hyphens=False)
            for cell, width in zip(row, widths, strict=True)
        ]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
            lines.append((GAP + GAP.join(padded)).rstrip())
    return lines


def _needed(columns: Iterable[Sequence[str]]) -> int:
    """The width of a table in which nothing is wrapped."""
    return sum(len(GAP) + max(map(len, column)) for column in columns)
