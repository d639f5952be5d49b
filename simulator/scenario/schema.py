"""The JSON Schema of scenario files, by which editors complete and check."""

from __future__ import annotations

from typing import Any

from simulator.parameters import DEFINITIONS
from simulator.scenario.fields import schema_of, unit_of
from simulator.scenario.model import ArmHead, Plan
from simulator.scenario.sharing import Sharing
from simulator.strategy import Strategy


def json_schema() -> dict[str, Any]:
    """JSON Schema (Draft 2020-12) of the human form."""
    from simulator.population import Population  # slow: it needs the compiler

    plan, strategy = schema_of(Plan), schema_of(Strategy)
    mix, head = schema_of(Population), schema_of(ArmHead)
    base = {"type": "string", "description": "case mix that the other keys change"}
    changes = {
        "type": "object",
        "description": "parameters of the model that this arm changes, by name",
        "propertyNames": {"enum": [definition.name for definition in DEFINITIONS]},
        "additionalProperties": {"type": "number"},
    }
    shared = {"ward": {"$ref": "#/$defs/Sharing", "description": "what patients of this arm share"}}
    own = shared | {"parameters": changes}
    arm = head | {"properties": head["properties"] | own | strategy["properties"]}
    tables = {**plan["$defs"], **strategy["$defs"], "Sharing": schema_of(Sharing), "Population": mix, "Arm": arm}
    defs = {name: _human(node) for name, node in tables.items()}
    defs["Population"]["properties"]["base"] = base
    defs["Arm"]["required"] = ["name"]
    keys = {key: _human_field(node) for key, node in plan["properties"].items()}
    keys["ward"].pop("default")
    keys["extends"] = {"type": "string", "description": "scenario that this one changes"}
    case_mix = {"type": "string", "description": "case mix"}
    keys["population"] = {"anyOf": [case_mix, {"$ref": "#/$defs/Population"}]}
    keys["arms"] = {"type": "array", "items": {"$ref": "#/$defs/Arm"}, "description": "strategies compared"}
    whole = {
        "required": [*plan["required"], "population", "arms"],
        "properties": {"arms": {"minItems": 2, "items": {"required": ["name", "base"]}}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "allpath scenario",
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "anyOf": [{"required": ["extends"]}, whole],
        "$defs": defs,
    }


def _human(node: dict[str, Any]) -> dict[str, Any]:
    """A table of the human form: nothing is required, and a base, not a default, fills what is not stated."""
    fields = {key: _human_field(each) for key, each in node["properties"].items()}
    for each in fields.values():
        each.pop("default", None)
    described_as = {"type": "object", "description": node["description"]}
    return described_as | {"properties": fields, "additionalProperties": False}


def _human_field(node: dict[str, Any]) -> dict[str, Any]:
    field = {key: value for key, value in node.items() if key != "title"}
    unit = unit_of(node)
    if unit:
        field["description"] = f"{node.get('description') or node['items'].get('description', '')} ({unit})"
    return field
