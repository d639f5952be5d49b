"""Comparisons as text: aligned columns, no colour, no frames, the same characters in a terminal and in a pipe."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from simulator.report.published import reproduction_table
from simulator.report.style import (
    ENDPOINTS,
    aligned,
    filled,
    interval,
    nearest,
    number,
    percent,
    plain,
    span,
    text_width,
)

NAIVE = "Naive ever-SCT contrast (immortal-time prone, not an effect)"
LANDMARK = "Published 4-month landmark (ever-SCT status)"
CAUSAL = "Causal: this policy minus the reference"
NOT_INCLUDED = "Parameter and attribution uncertainty are not included."


def _titles(comparison: Any) -> dict[str, str]:
    s = comparison.scenario
    return {a.name: f"{a.title} (reference)" if a.name == s.reference else str(a.title) for a in s.arms}


def _at(frame: pd.DataFrame, **where: Any) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def _both(cell: Any, decimals: int = 1, scale: float = 100.0, none: str = "–") -> str:
    """A value over its interval."""
    value = number(cell)
    first = plain(None if value is None else scale * value, decimals, none=none)
    return f"{first}\n{interval(cell, decimals, scale)}".rstrip()


def _fold(value: Any) -> str:
    return "–" if number(value) is None else f"{plain(value)}x"


def _treat(value: float | None) -> str:
    """The number needed to treat, rounded up; a negative one is a number needed to harm."""
    return "–" if value is None else f"{'harm ' if value < 0 else ''}{math.ceil(abs(value) - 1e-9):,}"


def _outcomes(comparison: Any, width: int) -> str:
    """One row for each arm: survival with its interval, then what it is made of."""
    scenario, arms = comparison.scenario, comparison.summary["arms"]
    months = sorted(int(m) for m in scenario.report_months)
    main = int(nearest(months, 36))
    room = max(2, (width - 80) // 11 + 2)
    shown = sorted(sorted(months, key=lambda m: (m != main, m))[:room])
    heads = ["Arm", *(f"OS at\n{m} mo\n%" for m in shown), "Median\nOS\nmonths", f"Relapse\n{main} mo\n% *",
             f"NRM\n{main} mo\n% *", "SOS any/\nfatal\n%", "SCT\n\n%"]  # fmt: skip
    rows = []
    for name, title in _titles(comparison).items():
        arm = arms[name]
        at = {end: arm.get(end) or {} for end in ("os", "relapse", "nrm", "sos")}
        median = arm.get("median_os_months")
        rows.append([
            title, *(_both(at["os"].get(str(m))) for m in shown),
            plain(median, none="not\nreached") + f"\n{interval(median)}".rstrip(),
            percent(at["relapse"].get(str(main))), percent(at["nrm"].get(str(main))),
            f"{percent(at['sos'].get('any'))}/{percent(at['sos'].get('fatal'))}", percent(arm.get("sct")),
        ])  # fmt: skip
    return aligned(heads, rows, width) + "\n* cumulative incidence from CR, in patients who reach CR"


def _against(comparison: Any, month: int, width: int) -> str:
    """Paired differences in OS, and who lives longer under shared luck."""
    scenario, rows = comparison.scenario, []
    nnt = False
    for name, title in _titles(comparison).items():
        if name == scenario.reference:
            continue
        found = _at(comparison.differences, arm=name, endpoint="os", month=month)
        row = found.iloc[0].to_dict() if len(found) else {}
        lives = _at(comparison.longer_shorter, arm=name)
        shares = lives.iloc[0].to_dict() if len(lives) else {}
        treat = number(row.get("nnt"))
        nnt = nnt or treat is not None
        rows.append([
            title, percent(row.get("value"), sign=True), span(row.get("low"), row.get("high"), 1, 100.0, True),
            _fold(row.get("variance_reduction")), _treat(treat),
            " / ".join(percent(shares.get(key)) for key in ("longer", "equal", "shorter")),
        ])  # fmt: skip
    if not rows:
        return ""
    heads = ["Arm", "OS\npoints", "95 % MC\ninterval", "Variance\ncut by", "NNT\n", "Lives longer/\nequally/shorter % +"]
    if not nnt:
        heads, rows = heads[:4] + heads[5:], [row[:4] + row[5:] for row in rows]
    reference = _titles(comparison)[scenario.reference].removesuffix(" (reference)")
    top = f"Paired difference in OS at {month} months, in percentage points, against: {reference}"
    note = "+ lives longer / equally long / shorter than there: under shared luck, which no trial can test"
    return f"{filled(top, width)}\n{aligned(heads, rows, width)}\n{filled(note, width)}"


def _pair(found: pd.DataFrame) -> tuple[str, str]:
    """'+16.1' and '57.1 v 41.0' from the rows of two groups, treated first; the later month where there are two."""
    found = found[found["month"] == found["month"].max()] if found["month"].notna().any() else found
    without = found["group"].astype(str).str.contains(r"\b(?:no|non|never|without|0|False)(?:\b|_)|^no_", regex=True)
    if (~without).sum() != 1 or without.sum() != 1:
        return "–", " v ".join(percent(value) for value in found["value"])
    treated, untreated = number(found[~without]["value"].iloc[0]), number(found[without]["value"].iloc[0])
    gap = None if treated is None or untreated is None else treated - untreated
    return percent(gap, sign=True), f"{percent(treated)} v {percent(untreated)}"


def _readings(comparison: Any, month: int, width: int) -> str:
    """What a paper's contrasts would print beside the effect of choosing the arm."""
    contrasts, rows = comparison.contrasts, []
    for name, title in _titles(comparison).items():
        cells = [title]
        for word in ("naive", "landmark"):
            mine = contrasts[(contrasts["arm"] == name) & contrasts["contrast"].str.contains(word)]
            cells.append("\n".join(_pair(mine)) if len(mine) else "–")
        policy = _at(comparison.differences, arm=name, endpoint="os", month=month)
        cells.append(percent(policy["value"].iloc[0], sign=True) if len(policy) else "–")
        rows.append(cells)
    heads = ["Arm", *("\n".join(textwrap.wrap(words, 19)) for words in (NAIVE, LANDMARK, CAUSAL))]
    top = "The same lives, read three ways: OS in percentage points, SCT v no SCT within an arm, and arm v reference"
    return f"{filled(top, width)}\n{aligned(heads, rows, width)}"


def answer(comparison: Any, width: int | None = None) -> str:
    """The question and its answer."""
    width = text_width(width)
    scenario, summary = comparison.scenario, comparison.summary
    month = int(nearest(scenario.report_months, 36))
    count = f"{summary['patients']:,} simulated patients, the same in every arm, seed {summary['seed']}"
    parts = [f"{filled(scenario.question, width)}\n{count}", _outcomes(comparison, width),
             _against(comparison, month, width)]  # fmt: skip
    if len(comparison.contrasts):
        parts.append(_readings(comparison, month, width))
    close = f"Intervals are Monte Carlo only. {NOT_INCLUDED} Parameter set: {summary['parameter_set']}."
    return "\n\n".join(part for part in [*parts, filled(close, width)] if part) + "\n"


def details(comparison: Any, width: int | None = None) -> str:
    """Every estimate with its interval, every paired difference, what was delivered, every contrast with its n."""
    width, titles = text_width(width), _titles(comparison)
    parts, frame = [], comparison.estimates
    for end in dict.fromkeys(frame["endpoint"]):
        mine = _at(frame, endpoint=end)
        months = sorted(mine["month"].dropna().unique())[: (width - 30) // 11] or [None]
        heads = ["Arm", "n", *("%" if m is None else f"{m:g} mo\n%" for m in months)]
        rows = []
        for name, title in titles.items():
            at = [_at(mine, arm=name) if m is None else _at(mine, arm=name, month=m) for m in months]
            n = plain(at[0]["n"].iloc[0] if len(at[0]) else None, 0)
            rows.append([title, n, *(_both(f.iloc[0].to_dict()) if len(f) else "–" for f in at)])
        parts.append(f"{ENDPOINTS.get(end, str(end))}\n{aligned(heads, rows, width)}")
    heads = ["Arm", "Endpoint", "Month", "Points", "95 % MC\ninterval", "MC s.e.\npoints", "Variance\ncut by"]
    rows = [[titles.get(r["arm"], r["arm"]), str(r["endpoint"]), plain(r["month"], 0), percent(r["value"], sign=True),
             span(r["low"], r["high"], 1, 100.0, True), percent(r["mc_se"], 3), _fold(r["variance_reduction"])]
            for r in comparison.differences.to_dict("records")]  # fmt: skip
    if rows:
        parts.append(f"Paired differences against the reference\n{aligned(heads, rows, width, (0, 1))}")
    given = [column for column in comparison.delivered.columns if column != "arm"]
    rows = [[column.replace("_", " "), *(plain(value, 2) for value in comparison.delivered[column])] for column in given]
    letters = [chr(ord("A") + k) for k in range(len(comparison.delivered))]
    key = "\n".join(f"{x}: {titles.get(name, name)}" for x, name in zip(letters, comparison.delivered["arm"]))
    if rows:
        parts.append(f"Delivered: medians in those treated, and shares\n{key}\n{aligned(['', *letters], rows, width)}")
    rows = [[titles.get(r["arm"], r["arm"]), str(r["label"]), str(r["group"]), plain(r["month"], 0), percent(r["value"]),
             plain(r["n"], 0)] for r in comparison.contrasts.to_dict("records")]  # fmt: skip
    if rows:
        heads = ["Arm", "Contrast", "Group", "Month", "OS %", "n"]
        parts.append(f"Contrasts within an arm, as papers print them\n{aligned(heads, rows, width, (0, 1, 2))}")
    return "\n\n".join(parts) + "\n"
