"""One published number and all that is known of it: both entries, an earlier extraction, sums and readings."""

from __future__ import annotations

import re
from typing import Any

from calibration.catalogue import ROLES, lines, load_catalogue, load_sources
from calibration.coverage import entry_lines, filled, readings_in, row_json
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS


def row_source(key: str) -> str | None:
    """The source that holds a row, or None."""
    return next((name for name in load_sources() if key in load_catalogue(name)), None)


def ids_in(text: str) -> set[str]:
    """Ids of rows that a text names, ranges such as X196-X206 spelt out."""
    found = set(re.findall(r"\b(?:[KWJHNX]|DER)\d{3}\b", text))
    for letters, first, last in re.findall(r"\b([A-Z]+)(\d{3}) ?[-–] ?\1(\d{3})\b", text):
        found |= {f"{letters}{number:03d}" for number in range(int(first), int(last) + 1)}
    return found


def parameters_from(key: str) -> dict[str, float]:
    """Parameters of the shipped set whose origin names the row, with their values."""
    shipped = load_parameters(DEFAULT_PARAMETERS)
    return {name: shipped.values[name] for name, origin in shipped.origins.items() if key in ids_in(origin.text)}


def provenance(name: str, key: str) -> dict[str, Any]:
    """The row as in the JSON of its source, and what speaks to it."""
    (line,) = [line for line in lines(name) if line["id"] == key]
    row = load_catalogue(name)[key]
    once = ("outside", "derived")
    entries = [] if name in once else [_line(f"{name}.reading-{one}", key) for one in (1, 2)]
    return {
        "source": name,
        **row_json(row, line),
        "entries": entries,
        "parameters": parameters_from(key),
        "disagreements": [one for one in lines("disagreements") if one["id"] == key],
        "sums": [one for one in lines("identities") if key in one["sum_zero"].split()],
        "readings": [{"id": each, "conflict": one, "reading": two} for each, (one, two) in readings_in([row]).items()],
    }


def provenance_text(name: str, key: str) -> str:
    """The same for people."""
    found = provenance(name, key)
    row = load_catalogue(name)[key]
    (line,) = [line for line in lines(name) if line["id"] == key]
    shown = [f"{name}, {row.cohort}", "", *entry_lines(row, line), ""]
    shown += _item(row.role, ROLES[row.role])
    for i, entry in enumerate(found["entries"], 1):
        limits = f", {entry['interval']} {entry['low']} to {entry['high']}" if entry["interval"] else ""
        n = f", n {entry['n']}" if entry["n"] else ""
        shown += _item(f"entry {i}", f"{entry['value']} {entry['unit']}{limits}{n}; {entry['place']}")
    for parameter, value in found["parameters"].items():
        shown += _item("named as origin by", f"{parameter} = {value:g}")
    for one in found["disagreements"]:
        there = one["third_opinion"] or "(empty)"
        shown += _item("differs", f"an earlier extraction has {one['field']} {there}: {one['why']}")
    for one in found["sums"]:
        sign = "≠" if one["in_print"] == "broken" else "="
        shown += _item("sum", f"{one['sum_zero']} {sign} 0; {one['what']}")
    for one in found["readings"]:
        shown += _item(one["id"], f"{one['conflict']}. Read as: {one['reading']}.")
    return "\n".join(part.rstrip() for part in shown)


def _line(file: str, key: str) -> dict[str, str]:
    (line,) = [line for line in lines(file) if line["id"] == key]
    return line


def _item(label: str, text: str) -> list[str]:
    return filled(f"  {label:<20}{text}", 22)
