"""How results look, in one place: words for endpoints and states, numbers as text, colours.

Colours are those of Okabe & Ito 2008 (distinct under the common colour-vision deficiencies); arms
differ in line style and marker as well, so that print in black and white is enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

ENDPOINTS = {
    "os": "Overall survival, from start of treatment",
    "rfs": "Relapse-free survival, from CR",
    "efs": "Event-free survival, from start of treatment",
    "relapse": "Cumulative incidence of relapse, from CR",
    "nrm": "Cumulative incidence of non-relapse mortality, from CR",
    "os_from_cr": "Overall survival, from CR",
    "refractory": "Cumulative incidence of refractory disease, from start of treatment",
    "relapse_from_day_1": "Cumulative incidence of relapse, from start of treatment",
    "nrm_from_day_1": "Cumulative incidence of non-relapse mortality, from start of treatment",
    "sct": "Cumulative incidence of first SCT, from start of treatment",
    "sos_any": "Cumulative incidence of sinusoidal obstruction syndrome (SOS), any grade",
    "sos_severe": "Cumulative incidence of severe SOS",
    "sos_fatal": "Cumulative incidence of death from SOS",
}
ABBREVIATIONS = {
    "os", "efs", "rfs", "rmst", "cr", "crp", "cri", "sct", "sos", "mrd", "nrm", "pomp", "gvhd", "tp53", "kmt2a",
    "crlf2", "ecog", "tbi",
}  # fmt: skip
STATES = {  # drawn from the bottom; the upper edge of the last but one is overall survival
    "remission_after_sct": ("In remission, after SCT", "#0072B2"),
    "remission": ("In first remission, no SCT", "#56B4E9"),
    "later_remission": ("In later remission", "#009E73"),
    "active": ("Active disease, before remission or refractory", "#F0E442"),
    "relapsed": ("Relapsed", "#D55E00"),
    "dead": ("Dead", "#BBBBBB"),
}
REFERENCE = "#000000"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#777777")
LINES = (
    "solid",
    (0, (6, 2)),
    (0, (2, 1.2)),
    (0, (7, 2, 1.5, 2)),
    (0, (9, 3)),
    (0, (4, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
MARKERS = ("s", "^", "D", "v", "P", "X", "o")
LONGEST_TITLE = 36  # of an arm, in characters: fits the first column of a table in two or three lines
MONTE_CARLO = "intervals: Monte Carlo, 95 %"


class ArmStyle(NamedTuple):
    """How one arm is drawn in every figure."""

    title: str
    colour: str
    line: Any
    marker: str


def short_name(endpoint: str) -> str:
    """The key of an endpoint, or of another number of the summary, with its abbreviations in capitals."""
    words = endpoint.removesuffix("_months").split("_")
    return " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)


def words_of(endpoint: str) -> str:
    """An endpoint in full."""
    return ENDPOINTS.get(endpoint) or short_name(endpoint)


def titles_of(comparison: Any) -> dict[str, str]:
    """How each arm is called in tables and figures, the reference marked."""
    s = comparison.scenario
    return {a.name: _called(a) + " (reference)" * (a.name == s.reference) for a in s.arms}


def _called(arm: Any) -> str:
    """The title of an arm where it is short or the name no shorter; else the name as words."""
    title, words = str(arm.title), short_name(arm.name)
    if len(title) <= LONGEST_TITLE or len(words) >= len(title):
        return title
    return words[0].upper() + words[1:]


def arm_styles(comparison: Any) -> dict[str, ArmStyle]:
    """A style for each arm, in the order of the scenario: the reference black and solid."""
    styles: dict[str, ArmStyle] = {}
    place = 0
    for name, title in titles_of(comparison).items():
        if name == comparison.scenario.reference:
            styles[name] = ArmStyle(title, REFERENCE, LINES[0], "o")
            continue
        line = LINES[1 + (place + place // len(COLOURS)) % (len(LINES) - 1)]
        styles[name] = ArmStyle(title, COLOURS[place % len(COLOURS)], line, MARKERS[place % len(MARKERS)])
        place += 1
    return styles


def number(value: Any) -> float | None:
    """The number in a table cell or in a {value, low, high}; None where it is undefined."""
    if isinstance(value, Mapping):
        value = value.get("value")
    try:
        value = float(value)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def plain(value: Any, decimals: int = 1, sign: bool = False, none: str = "–") -> str:
    """A number with so many decimals; `none` where undefined; never a negative zero."""
    value = number(value)
    if value is None:
        return none
    value = round(value, decimals) + 0.0
    return f"{value:{'+' if sign and value else ''},.{decimals}f}"


def percent(value: Any, decimals: int = 1, sign: bool = False) -> str:
    """A share in percent, without the sign of percent, which stands in the column's heading."""
    value = number(value)
    return plain(None if value is None else 100 * value, decimals, sign)


def span(low: Any, high: Any, decimals: int = 1, scale: float = 1.0, sign: bool = False) -> str:
    """An interval as text, or nothing when both ends are undefined; NR: not reached."""
    ends = [number(low), number(high)]
    if ends == [None, None]:
        return ""
    low, high = (plain(None if end is None else scale * end, decimals, sign, "NR") for end in ends)
    return f"{low} to {high}" if sign else f"{low}–{high}"


def interval(cell: Any, decimals: int = 1, scale: float = 1.0) -> str:
    """The interval of a {value, low, high}."""
    return span(cell.get("low"), cell.get("high"), decimals, scale) if isinstance(cell, Mapping) else ""


def nearest(months: Iterable[float], wanted: float) -> float:
    """The month closest to the one wanted; the earlier of two."""
    return min(sorted(months), key=lambda month: abs(month - wanted))


def caption(comparison: Any) -> str:
    """n, seed, parameter set and what the intervals are: under every figure."""
    s = comparison.summary
    return (
        f"{s['patients']:,} simulated patients, the same in every arm · seed {s['seed']} · "
        f"parameters {s['parameter_set']} · {MONTE_CARLO}"
    )
