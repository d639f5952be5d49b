"""Comparisons as text: aligned columns, no colour, no frames, the same in a terminal and in a pipe."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from simulator.comparison.differences import sct_contrasts
from simulator.comparison.not_identified import BLINATUMOMAB_EFFECT, BLINATUMOMAB_GIVEN
from simulator.report.fuller import details
from simulator.report.published import reproduction_table
from simulator.report.style import interval, nearest, number, percent, plain, short_name, span, titles_of
from simulator.report.text import aligned, both, chosen, filled, fold, text_width
from simulator.report.uncertain import told_apart

__all__ = ["answer", "details", "reproduction_table"]
READINGS = {  # of the frame `contrasts`, as a paper would print them
    "naive": "Naive ever-SCT contrast (immortal-time prone, not an effect)",
    "published_landmark": "Published 4-month landmark (ever-SCT status)",
    "true_landmark": "True 4-month landmark (SCT by then)",
}
CAUSAL = "The policy in all patients minus no SCT, under the model"
FEWEST_IN_A_GROUP = 50  # of a contrast; fewer are not printed
MAIN = ("os", "efs", "rfs", "relapse", "nrm")  # the first one asked for leads the tables


def _treat(value: float | None) -> str:
    """The number needed to treat, rounded up; a negative one is a number needed to harm."""
    return "–" if value is None else f"{'harm ' if value < 0 else ''}{math.ceil(abs(value) - 1e-9):,}"


def _main(comparison: Any, among: Sequence[str] = MAIN) -> str | None:
    """What leads the tables: OS, or where the scenario does not ask for it the first of the others."""
    reported = comparison.summary["arms"][comparison.scenario.reference]
    return next((end for end in among if end in reported), None)


def _median(arm: Any, endpoint: str) -> str:
    """A median over its interval."""
    median = arm.get(f"median_{endpoint}_months")
    if number(median) is None:
        return "not\nreached"
    return f"{plain(median)}\n{interval(median)}"


def _outcomes(comparison: Any, width: int) -> str:
    """One row for each arm: survival with its interval, then what it is made of."""
    months = sorted(int(m) for m in comparison.scenario.report_months)
    main = int(nearest(months, 36))
    room = max(2, (width - 80) // 11 + 2)
    shown = sorted(sorted(months, key=lambda m: (m != main, m))[:room])
    survival = _main(comparison, ("os", "efs", "rfs"))
    titles, arms = titles_of(comparison), comparison.summary["arms"]
    columns = {"Arm": list(titles.values())}
    if survival:
        word, star = short_name(survival), " *" * (survival == "rfs")
        for m in shown:
            cells = [both(arms[name][survival].get(str(m))) for name in titles]
            columns[f"{word} at\n{m} mo\n%{star}"] = cells
        columns[f"Median\n{word}\nmonths{star}"] = [_median(arms[name], survival) for name in titles]
    for end, word in (("relapse", "Relapse"), ("nrm", "NRM")):
        if _main(comparison, [end]):
            columns[f"{word}\n{main} mo\n% *"] = [percent(arms[name][end].get(str(main))) for name in titles]
    if _main(comparison, ["sos"]):
        grades = [[percent(arms[name]["sos"].get(grade)) for grade in ("any", "fatal")] for name in titles]
        columns["SOS any/\nfatal\n%"] = ["/".join(each) for each in grades]
    columns["SCT\n\n%"] = [percent(arms[name].get("sct")) for name in titles]
    table = aligned(list(columns), zip(*columns.values(), strict=True), width)
    notes = []
    if any(head.endswith("*") for head in columns):
        what = "from CR" if survival == "rfs" else "cumulative incidence from CR"
        notes.append(f"* {what}, in patients who reach CR")
    if any("NR" in cell for cells in columns.values() for cell in cells if cell not in titles.values()):
        notes.append("NR: not reached")
    return "\n".join([table, *["; ".join(notes)] * bool(notes)])


def _against(comparison: Any, width: int) -> str:
    """Paired differences in the endpoint that leads, and who lives longer."""
    scenario, titles, rows, lives = comparison.scenario, titles_of(comparison), [], []
    endpoint, month = _main(comparison), int(nearest(scenario.report_months, 36))
    if endpoint is None:  # SOS alone
        endpoint, month = "sos_any", scenario.horizon_months
    for name in (name for name in titles if name != scenario.reference):
        found = chosen(comparison.differences, arm=name, endpoint=endpoint, month=month)
        row = found.iloc[0].to_dict() if len(found) else {}
        rows.append([titles[name], percent(row.get("value"), sign=True),
                     span(row.get("low"), row.get("high"), 1, 100.0, True),
                     fold(row.get("variance_reduction")), _treat(number(row.get("nnt")))])  # fmt: skip
        shares = []
        for luck in ("shared", "independent"):
            mine = chosen(comparison.longer_shorter, arm=name, luck=luck).set_index("quantity")["value"]
            shares.append(" / ".join(percent(mine.get(key)) for key in ("longer", "equal", "shorter")))
        lives.append([titles[name], *shares])
    if not rows:
        return ""
    word = short_name(endpoint)
    heads = ["Arm", f"{word}\npoints", "95 % MC\ninterval", "Variance\ncut by", "NNT\n"]
    if all(row[4] == "–" for row in rows):
        heads, rows = heads[:4], [row[:4] for row in rows]
    reference = titles[scenario.reference].removesuffix(" (reference)")
    top = f"Paired difference in {word} at {month} months, in percentage points, against: {reference}"
    part = f"{filled(top, width)}\n{aligned(heads, rows, width)}"
    if comparison.longer_shorter.empty:
        return part
    longer = "Live longer / equally long / shorter than under the reference, % of patients"
    lucks = ["Arm", "under shared luck,\nwhich no trial can test", "were luck\nindependent"]
    return f"{part}\n\n{filled(longer, width)}\n{aligned(lucks, lives, width)}"


def _readings(comparison: Any, month: int, width: int) -> str:
    """What a paper's contrasts would print, beside the difference between the policies where it is one of SCT."""
    rows, policies = [], sct_contrasts(comparison.scenario)
    for name, title in titles_of(comparison).items():
        cells = [title]
        for contrast in READINGS:
            found = chosen(comparison.contrasts, arm=name, contrast=contrast, month=month)
            row = found.iloc[0].to_dict() if len(found) else {}
            if min(row.get("n_sct", 0), row.get("n_no_sct", 0)) < FEWEST_IN_A_GROUP:
                row = {}
            gap, groups = row.get("difference"), [row.get("survival_sct"), row.get("survival_no_sct")]
            pair = f"\n{percent(groups[0])} v {percent(groups[1])}"
            cells.append(percent(gap, sign=True) + ("" if number(gap) is None else pair))
        policy = chosen(comparison.differences, arm=name, endpoint="os", month=month)
        known = name in policies and len(policy)
        rows.append(cells + [percent(policy["value"].iloc[0], sign=True) if known else "–"] * bool(policies))
    heads = [
        "Arm",
        *("\n".join(textwrap.wrap(words, 14)) for words in (*READINGS.values(), CAUSAL)[: len(rows[0]) - 1]),
    ]
    top = f"What a paper would read in the same lives: OS at {month} months, points (SCT v no SCT, %)"
    return f"{filled(top, width)}\n{aligned(heads, rows, width)}"


def answer(comparison: Any, width: int | None = None) -> str:
    """The question and its answer."""
    width, scenario, summary = text_width(width), comparison.scenario, comparison.summary
    month = int(nearest(scenario.report_months, 36))
    count = f"{summary['patients']:,} simulated patients, the same in every arm, seed {summary['seed']}"
    parts = [f"{filled(scenario.question, width)}\n{count}", _outcomes(comparison, width)]
    parts.append(_against(comparison, width))
    if len(comparison.contrasts):
        parts.append(_readings(comparison, month, width))
    parts += [filled(sentence, width) for sentence in summary["not_identified"]]
    if {BLINATUMOMAB_GIVEN, BLINATUMOMAB_EFFECT} & set(summary["not_identified"]):
        given = comparison.delivered.set_index("arm")["blinatumomab_courses_mean"]
        courses = "; ".join(f"{title} {plain(given[name], 1)}" for name, title in titles_of(comparison).items())
        parts.append(filled(f"Blinatumomab courses given, mean: {courses}.", width))
    kinds = "Intervals are Monte Carlo only. Parameter and attribution uncertainty are not included."
    if "posterior" in summary:
        parts += told_apart(summary["posterior"], titles_of(comparison), width)
        kinds = "Intervals are Monte Carlo unless they are called otherwise."
    close = f"{kinds} Parameter set: {summary['parameter_set']}."
    return "\n\n".join(part for part in [*parts, filled(close, width)] if part) + "\n"
