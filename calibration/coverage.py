"""The catalogue for people and programs: how many rows have which role, and every row with its place and reason."""

from __future__ import annotations

import math
import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from typing import Any

from calibration.catalogue import (
    ROLES,
    Row,
    Source,
    UnknownSourceError,
    lines,
    load_catalogue,
    load_readings,
    load_sources,
)

WIDTH = 100
COMPARED = ("fitted", "predicted", "restated")
KINDS = {"ci95": "95 % CI", "range": "range", "iqr": "quartiles"}


def coverage() -> dict[str, dict[str, int]]:
    """source -> role -> number of rows, for every role."""
    found = {}
    for name in load_sources():
        counted = Counter(row.role for row in load_catalogue(name).values())
        found[name] = {role: counted[role] for role in ROLES}
    return found


def coverage_json() -> dict[str, Any]:
    """Roles with their meaning, sources with their state and rows by role."""
    table = coverage()
    sources = [
        {
            "source": source.name,
            "title": source.title,
            "patients": source.patients,
            "state": source.state,
            "at_hand": source.at_hand,
            "second_entry": source.second_entry,
            "rows": sum(table[source.name].values()),
            "roles": table[source.name],
        }
        for source in load_sources().values()
    ]
    return {"roles": ROLES, "sources": sources, "disagreements": lines("disagreements")}


def coverage_text() -> str:
    """A table of roles by source, what the roles mean, and the sources."""
    table, sources = coverage(), load_sources()
    head = [source.name.split("-") for source in sources.values()]
    widths = [max(len(word) for word in words) + 2 for words in head]
    label = max(len(role) for role in ROLES)

    def line(name: str, cells: list[str]) -> str:
        return (f"{name:<{label}}" + "".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))).rstrip()

    def counts(role: str) -> list[str]:
        return [str(table[name][role] or "·") for name in sources]

    rule = "─" * (label + sum(widths))
    total = [str(sum(table[name].values())) for name in sources]
    of = {role: sum(table[name][role] for name in table) for role in ROLES}
    studies = [name for name, source in sources.items() if source.patients]
    counted = sum(sum(table[name].values()) - table[name]["quoted"] for name in studies)
    meaning = [f"{role:<{label}}  {text}" for role, text in ROLES.items()]
    about = [
        f"{name:<17}{'' if source.patients is None else f'n = {source.patients}':<9}{source.state}; {source.title}"
        for name, source in sources.items()
    ]
    return "\n".join(
        [
            "Published numbers by role (rows of the catalogue)",
            "",
            line("", [words[0] for words in head]),
            line("", [words[1] if len(words) > 1 else "" for words in head]),
            rule,
            *(line(role, counts(role)) for role in ROLES),
            rule,
            line("all", total),
            "",
            *filled(
                f"{len(studies)} studies print {counted} numbers of their own: {of['fitted']} are fitted, "
                f"{of['predicted']} predicted. Quoted rows never count.",
                0,
            ),
            "",
            *(part for text in meaning for part in filled(text, label + 2)),
            "",
            *(part for text in about for part in filled(text, 26)),
            "",
            "Rows of one source with place, definition and reason:   allpath evidence kantarjian-2023",
            "One row with both entries, its sums and readings:       allpath evidence K104",
        ]
    )


def source_of(name: str) -> Source:
    """The source, or UnknownSourceError."""
    if name not in load_sources():
        raise UnknownSourceError(name)
    return load_sources()[name]


def source_json(name: str) -> dict[str, Any]:
    """Every row of a source, numbers as numbers, and the readings that its rows name."""
    source = source_of(name)
    rows = [row_json(load_catalogue(name)[line["id"]], line) for line in lines(name)]
    readings = [
        {"id": key, "conflict": one, "reading": two}
        for key, (one, two) in readings_in(load_catalogue(name).values()).items()
    ]
    return {"source": name, "title": source.title, "state": source.state, "rows": rows, "readings": readings}


def row_json(row: Row, printed: dict[str, str]) -> dict[str, Any]:
    """A row with numbers as numbers; `compared_…` is the interval that a simulated number is held against."""
    low, high = row.interval if row.role in COMPARED else (math.nan, math.nan)
    return {
        "id": row.id,
        "cohort": row.cohort,
        "subgroup": row.subgroup,
        "quantity": row.quantity,
        "unit": row.unit,
        "value": row.value if math.isfinite(row.value) else printed["value"],
        "n": row.n if row.n is not None else printed["n"] or None,
        "low": _finite(row.printed_low),
        "high": _finite(row.printed_high),
        "interval": row.interval_kind or None,
        "compared_low": _finite(low),
        "compared_high": _finite(high),
        "definition": row.definition,
        "place": row.place,
        "role": row.role,
        "reading": row.reading,
    }


def source_text(name: str) -> str:
    """Every row of a source by role: number, interval, n, what it is; beneath it definition, place and reason."""
    source = source_of(name)
    rows = load_catalogue(name)
    printed = {line["id"]: line for line in lines(name)}
    shown = [
        *filled(f"{name}: {source.title}", 2),
        *filled(f"{source.state}; at hand: {source.at_hand}; second entry: {source.second_entry}", 2),
    ]
    for role, meaning in ROLES.items():
        inside = [row for row in rows.values() if row.role == role]
        if inside:
            shown += ["", f"── {role} ({len(inside)}): {meaning}"]
        for cohort in dict.fromkeys(row.cohort for row in inside):
            shown += ["", cohort]
            shown += [part for row in inside if row.cohort == cohort for part in entry_lines(row, printed[row.id])]
    named = readings_in(rows.values())
    if named:
        shown += ["", "── readings that these rows name", ""]
        for key, (conflict, reading) in named.items():
            shown += filled(f"{key:<5}{conflict}. Read as: {reading}.", 5)
    return "\n".join(line.rstrip() for line in shown)


def readings_in(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """The readings whose id stands in one of the rows."""
    text = " ".join(f"{row.reading} {row.place} {row.definition}" for row in rows)
    ids = set(re.findall(r"\b[ABC]\d{1,2}\b", text))
    return {key: both for key, both in load_readings().items() if key in ids}


def entry_lines(row: Row, printed: dict[str, str]) -> list[str]:
    """Number, interval, n and quantity; beneath them subgroup, definition, place, and the reason."""
    n = f"n {printed['n']}" if printed["n"] else ""
    number = f"{printed['value']} {row.unit}"
    first = f"  {row.id:<8}{number:<19} {_interval(row, printed):<25} {n:<7} "
    subgroup = "" if row.subgroup == "all" else row.subgroup
    beneath = [part for part in (subgroup, row.definition, row.place) if part]
    return [
        *filled(first + row.quantity, len(first)),
        *filled(" " * 10 + " · ".join(beneath), 10),
        *(filled(" " * 10 + "→ " + row.reading, 12) if row.reading else []),
    ]


def _interval(row: Row, printed: dict[str, str]) -> str:
    if row.interval_kind:
        return f"{KINDS[row.interval_kind]} {printed['low']} to {printed['high']}"
    low, high = row.interval
    return f"exact 95 % {low:.1f} to {high:.1f}" if row.role in COMPARED and math.isfinite(low) else ""


def filled(text: str, indent: int) -> list[str]:
    """Wrapped to WIDTH, all lines but the first indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
