"""What single fields allow: a table becomes a model, or faults.

Bounds, units and choices come from the model's JSON schema, so a message cannot disagree with the check.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from simulator.scenario.faults import Fault, nearest, shown
from simulator.scenario.tree import Place

Model = TypeVar("Model", bound=BaseModel)


def checked(
    model: type[Model], table: dict[str, Any], place: Place, faults: list[Fault], others: tuple[str, ...] = ()
) -> Model | None:
    """The table as a model, or None and its faults. `others`: keys of the table that someone else reads."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        errors = [
            # numbers in `loc` are positions in a list: the list as a whole is blamed
            (one["type"], tuple(part for part in one["loc"] if isinstance(part, str)))
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    schema = schema_of(model)
    misspelt: set[tuple[str, ...]] = set()
    for kind, path in errors:
        if kind == "extra_forbidden":
            *above, key = path
            known = [*_node(schema, tuple(above)).get("properties", ()), *(() if above else others)]
            misspelt.update((*above, name) for name in get_close_matches(key[:100], known, n=1))
            value = shown(_within(table, path))
            faults.append(place.fault(path, value, what="unknown key", allowed=nearest(key, known)))
    for kind, path in errors:
        allowed, unit = _allowed(_node(schema, path), schema)
        if kind == "missing" and path not in misspelt:
            faults.append(place.fault(path, what="missing", allowed=allowed, unit=unit))
        elif kind not in ("missing", "extra_forbidden"):
            faults.append(place.fault(path, shown(_within(table, path)), allowed=allowed, unit=unit))
    return None


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model; not to be changed."""
    return model.model_json_schema()


def followed(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or the one it refers to."""
    found: dict[str, Any] = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node
    return found


def unit_of(node: dict[str, Any]) -> str:
    """The unit of a field or of the values in its list; empty if it has none."""
    return str(node.get("unit") or node.get("items", {}).get("unit", ""))


def _allowed(node: dict[str, Any], schema: dict[str, Any]) -> tuple[str, str]:
    """What a node of a JSON schema allows, in words, and its unit."""
    unit = unit_of(node)
    if "anyOf" in node:  # a value or nothing
        node = node["anyOf"][0]
    kind, unit = node.get("type"), unit or unit_of(node)
    if "enum" in node:
        return " or ".join([", ".join(node["enum"][:-1]), node["enum"][-1]]), unit
    if kind == "boolean":
        return "true or false", unit
    if kind in ("integer", "number"):
        bounds = f"{node['minimum']} to {node['maximum']}" if "minimum" in node else "a number"
        return ("whole number " if kind == "integer" else "") + bounds.replace(".0", ""), unit
    if kind == "array":
        each, _ = _allowed(followed(node["items"], schema), schema)
        low, high = node.get("minItems", 0), node.get("maxItems")
        length = str(low) if low == high else f"{low} to {high}" if high else f"{low} or more"
        return f"a list of {length} values, each {each}", unit
    return ("a table" if kind == "object" else str(node.get("description", "text"))), unit


def _node(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    node = schema
    for part in path:
        node = followed(node.get("properties", {}).get(part, {}), schema)
    return node


def _within(table: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        table = table[part]
    return table
