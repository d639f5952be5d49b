"""The parts of a page that posterior draws change: how sure, what it rests on, three kinds apart, drivers, value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.comparison.influence import Leading
from simulator.comparison.not_identified import IN_SHORT
from simulator.report.html.document import Block, Bullets, Paragraph, Table
from simulator.report.html.sentences import what_came
from simulator.report.style import percent, plain, short_name, titles_of
from simulator.report.tornado import MEANING
from simulator.report.uncertain import (
    KIND_NAMES,
    choice,
    driver_ends,
    driver_span,
    explained,
    kind_cells,
    kind_span,
    kinds_in,
    label,
    points_of,
    prior_in_words,
    what_was_drawn,
    widest_arm,
    widest_cell,
    worth,
)

SENTENCE = {
    "monte_carlo": "chance alone leaves",
    "parameters": "the parameters",
    "attribution": "attribution",
    "joint": "both of these drawn jointly",
}


def posterior_sentences(comparison: Any, main: Leading) -> list[tuple[str, str]]:
    """(head, sentence) of the answer of a comparison, its certainty and its ground, as far as posterior draws tell."""
    found = comparison.summary["posterior"]
    return [
        ("The answer.", what_came(comparison, main)),
        ("How sure.", how_sure(found, titles_of(comparison))),
        ("What it rests on.", ground(found, comparison.summary["not_identified"])),
    ]


def how_sure(found: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """The second sentence of an answer."""
    arm, month, decision = widest_arm(found), found["month"], found["decision"]
    cell = widest_cell(found)
    told = [f"{words} {kind_span(cell[kind], True)}" for kind, words in SENTENCE.items() if kind in cell]
    which = "the difference" if len(found["differences"]) == 1 else f"the difference under {titles[arm]}"
    best = ""
    if "none" not in decision:
        name, share = decision["best"], percent(decision["probability_best"][decision["best"]], 0)
        best = f"; {titles[name].removesuffix(' (reference)')} is the best in {share} % of draws"
    return f"Of {which} in OS at {month} months, {', '.join(told)} points (95 %, kinds not added up){best}."


def ground(found: Mapping[str, Any], not_identified: Sequence[str]) -> str:
    """The third sentence of an answer."""
    total, prior = len(found["parameters"]), len(found["prior"])
    first = f"On {total} uncertain parameters, of which {prior} are prior, hardly narrowed by the evidence"
    rows = found["drivers"][widest_arm(found)]["parameters"][:3] if found["drivers"] else []
    listed = ", ".join(f"{short_name(row['parameter'])}{label(row)}" for row in rows)
    led = f"; the difference moves most with {listed}" if rows else ""
    unknown = [IN_SHORT[words] for words in not_identified if words in IN_SHORT]
    rest = f"; the evidence does not identify {' or '.join(unknown)}" if unknown else ""
    return f"{first}{led}{rest}."


def kinds_apart(
    found: Mapping[str, Any], titles: Mapping[str, str], patients: int, not_told: str, every_os: bool = True
) -> list[Block]:
    """Three kinds in words, then in numbers for every difference and OS (`every_os`); `not_told`: of attribution."""
    month = found["month"]
    bullets = Bullets(
        [
            ("Monte Carlo: measured.", f"Chance in {patients:,} simulated patients under the point set; four times the "
             "patients would halve it. Every interval of this page is of this kind unless it is called otherwise."),
            ("Parameters: drawn.", what_was_drawn(found)),
            ("Attribution: no number of patients helps.", not_told),
        ]
    )  # fmt: skip
    against = {name: titles[name] for name in found["differences"]}
    tables = []
    if against:
        words = f"Difference in OS at {month} months by kind of uncertainty, points"
        tables.append(_by_kind(found["differences"], against, month, words, True))
    if every_os or not against:
        tables.append(_by_kind(found["os"], titles, month, f"OS at {month} months by kind of uncertainty, %", False))
    return [Paragraph("Three kinds of uncertainty, which have different cures and are not added up here."), bullets,
            *tables]  # fmt: skip


def _by_kind(cells: Mapping[str, Any], titles: Mapping[str, str], month: int, caption: str, signed: bool) -> Table:
    kinds = kinds_in(cells, month)
    heads = ["", *(head.replace("\n", " ") for head in (KIND_NAMES[kind] for kind in kinds))]
    rows = [[titles[name], *kind_cells(cells[name][str(month)], kinds, signed)] for name in titles]
    return Table(caption, heads, rows, note="95 %, beneath the value of the whole run (Monte Carlo) or the mean of "
                 "the draws, which may lie elsewhere. Jointly: without Monte Carlo.")  # fmt: skip


def driver_blocks(found: Mapping[str, Any], titles: Mapping[str, str]) -> list[Block]:
    """The parameters that drive the widest difference, as a table."""
    if not found["drivers"]:
        return []
    arm = widest_arm(found)
    rows = [
        [f"{short_name(row['parameter'])}{label(row)}\n{MEANING[row['parameter']].meaning}", percent(row["share"], 0),
         f"{driver_ends(row)}\n{MEANING[row['parameter']].unit}", driver_span(row)]
        for row in found["drivers"][arm]["parameters"]
    ]  # fmt: skip
    several = f" under {titles[arm]}" if len(found["differences"]) > 1 else ""
    words = f"{explained(found, arm)} {prior_in_words(found['prior'])}"
    if not rows:
        return [Paragraph(f"No parameter stands out from chance in {found['draws']} draws. {words}")]
    heads = ["", "Share of variance, %", "From, to (95 % of draws)", "Difference there, points"]
    return [Table(f"What drives the difference in OS at {found['month']} months{several}", heads, rows, note=words)]


def value_blocks(decision: Mapping[str, Any], titles: Mapping[str, str]) -> list[Block]:
    """The decision and what knowing more would be worth."""
    said = Paragraph(choice(decision, titles))
    if "none" in decision:
        return [said]
    rows = [[what, points_of(cell), plain(cell["per_1000"])] for what, cell in worth(decision)]
    note = ("EVPI: the gain if everything were known before choosing; all: a group of parameters known together. A "
            "value of nothing means that no answer would change the choice.")  # fmt: skip
    return [said, Table("Expected value of perfect information", ["To know", "Points of OS (± s.e.)",
                        "Patients per 1,000"], rows, note=note)]  # fmt: skip
