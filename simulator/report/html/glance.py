"""The arms side by side: what came of them, what was delivered, and in which settings they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.report.html.document import Table
from simulator.report.style import ABBREVIATIONS, interval, nearest, number, plain, short_name, titles_of
from simulator.report.text import both, chosen
from simulator.scenario import differing

MOST_MONTHS = 4
SURVIVAL = {"os": "Overall survival", "efs": "Event-free survival", "rfs": "Relapse-free survival, from remission"}
INCIDENCE = {"relapse": "Relapse, from remission", "nrm": "Non-relapse mortality, from remission"}
EARLY = {
    "response": "Response (CR, CRp or CRi)",
    "cr": "CR with full recovery of counts",
    "mrd_negative_at_response": "MRD-negative at response, of responders",
    "dead_by_day_28": "Dead by day 28",
}
DELIVERED = (  # column of `delivered`, words, decimals, scale
    ("inotuzumab_courses_median", "Inotuzumab courses, median", 0, 1),
    ("inotuzumab_mg_per_m2_median", "Inotuzumab in all, median mg/m2", 2, 1),
    ("blinatumomab_share", "Any blinatumomab, %", 1, 100),
    ("blinatumomab_courses_mean", "Blinatumomab courses, mean", 2, 1),
    ("sct_month_median", "Month of SCT, median", 1, 1),
    ("interval_weeks_median", "Last inotuzumab to SCT, median weeks (quartiles)", 1, 1),
)


def months_shown(comparison: Any) -> list[int]:
    """At most four report months: the first, the one nearest 36, the last, and those between as room allows."""
    months = sorted(comparison.scenario.report_months)
    if len(months) <= MOST_MONTHS:
        return months
    return sorted({months[0], int(nearest(months, 36)), months[-1], int(nearest(months, 24))})


def outcomes(comparison: Any) -> Table:
    """One column for each arm; percentages with their intervals."""
    titles, arms, main = titles_of(comparison), comparison.summary["arms"], nearest(months_shown(comparison), 36)
    rows: list[list[str]] = []

    def row(words: str, cell: Callable[[Any], Any], shown: Callable[[Any], str] = both) -> None:
        rows.append([words, *(shown(cell(arms[name])) for name in titles)])

    for end, words in SURVIVAL.items():
        if end not in arms[comparison.scenario.reference]:
            continue
        rows.append([words])
        for month in months_shown(comparison) if end == "os" else [int(main)]:
            row(f"at {month} months, %", lambda arm, end=end, month=month: arm[end][str(month)])  # type: ignore[misc]
        row("median, months", lambda arm, end=end: arm[f"median_{end}_months"], _median)  # type: ignore[misc]
    if any(end in arms[comparison.scenario.reference] for end in INCIDENCE):
        rows.append([f"Cumulative incidence at {main:g} months, as competing risks, %"])
        for end, words in INCIDENCE.items():
            if end in arms[comparison.scenario.reference]:
                row(words, lambda arm, end=end: arm[end][str(int(main))])  # type: ignore[misc]
    rows.append(["Response and early death, %"])
    for key, words in EARLY.items():
        row(words, lambda arm, key=key: arm[key])  # type: ignore[misc]
    rows.append(["SCT and SOS by the horizon, %"])
    row("First SCT", lambda arm: arm["sct"])
    if "sos" in arms[comparison.scenario.reference]:
        for grade in ("any", "severe", "fatal"):
            row(f"SOS, {grade}", lambda arm, grade=grade: arm["sos"][grade])  # type: ignore[misc]
    rows += _delivered(comparison)
    return Table("Outcomes and delivered treatment, with 95 % Monte Carlo intervals", ["", *titles.values()], rows,
                 note="NR: not reached. Delivered treatment is that of the first patients simulated, at most 20,000; "
                 "it follows from each life and is less than was planned.")  # fmt: skip


def _median(cell: Any) -> str:
    return f"{plain(cell, 1, none='not reached')}\n{interval(cell)}".rstrip()


def _delivered(comparison: Any) -> list[list[str]]:
    titles, frame = titles_of(comparison), comparison.delivered
    rows: list[list[str]] = [["Delivered"]]
    for column, words, decimals, scale in DELIVERED:
        if column not in frame:
            continue
        cells = []
        for name in titles:
            found = chosen(frame, arm=name)
            value = number(found[column].iloc[0]) if len(found) else None
            cell = plain(None if value is None else scale * value, decimals)
            if column == "interval_weeks_median" and value is not None:
                low, high = (found[f"interval_weeks_{end}_quartile"].iloc[0] for end in ("lower", "upper"))
                cell = f"{cell}\n{plain(low)}–{plain(high)}"
            cells.append(cell)
        rows.append([words, *cells])
    return rows


def settings(comparison: Any) -> Table:
    """What was planned differently, in words with units."""
    titles = titles_of(comparison)
    rows = [
        [in_words(key) + ("" if in_words(key).endswith(unit) else f"\n{unit}"), *(_setting(cell) for cell in cells)]
        for key, unit, cells in differing(comparison.scenario)
    ]
    return Table(
        "Settings in which the arms differ; all others are the same", ["Setting", *titles.values()], rows,
        words=range(len(titles) + 1), note="What is planned. What a patient gets follows from the life that he "
        "or she has."
    )  # fmt: skip


def in_words(key: str) -> str:
    """A dotted key as words: its table, then its name."""
    *tables, name = key.split(".")
    for ending in ("_mg_per_m2", "_ug_per_day", "_months", "_weeks", "_years", "_days"):
        name = name.removesuffix(ending)
    head = " ".join(short_name(table) for table in tables)
    words = f"{head}: {short_name(name)}".removeprefix(": ")
    return words if words.split()[0].lower().strip(":") in ABBREVIATIONS else words[0].upper() + words[1:]


def _setting(cell: str) -> str:
    return {"true": "yes", "false": "no", "[]": "none"}.get(cell, cell.strip("[]").replace("_", " "))
