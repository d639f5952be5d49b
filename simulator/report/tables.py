"""Comparisons as text: aligned columns, no colour, no frames, the same in a terminal and in a pipe."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from simulator.report.fuller import details
from simulator.report.published import reproduction_table
from simulator.report.style import interval, nearest, number, percent, plain, scenario_of, span, titles_of
from simulator.report.text import aligned, both, chosen, filled, fold, text_width

__all__ = ["answer", "details", "reproduction_table"]
READINGS = {  # of the frame `contrasts`, as a paper would print them
    "naive": "Naive ever-SCT contrast (immortal-time prone, not an effect)",
    "published_landmark": "Published 4-month landmark (ever-SCT status)",
    "true_landmark": "True 4-month landmark (SCT by then)",
}
CAUSAL = "Causal: this policy minus the reference"
NOT_INCLUDED = "Parameter and attribution uncertainty are not included."


def _treat(value: float | None) -> str:
    """The number needed to treat, rounded up; a negative one is a number needed to harm."""
    return "–" if value is None else f"{'harm ' if value < 0 else ''}{math.ceil(abs(value) - 1e-9):,}"


def _outcomes(comparison: Any, width: int) -> str:
    """One row for each arm: survival with its interval, then what it is made of."""
    scenario, arms = scenario_of(comparison), comparison.summary["arms"]
    months = sorted(int(m) for m in scenario.report_months)
    main = int(nearest(months, 36))
    room = max(2, (width - 80) // 11 + 2)
    shown = sorted(sorted(months, key=lambda m: (m != main, m))[:room])
    heads = ["Arm", *(f"OS at\n{m} mo\n%" for m in shown), "Median\nOS\nmonths", f"Relapse\n{main} mo\n% *",
             f"NRM\n{main} mo\n% *", "SOS any/\nfatal\n%", "SCT\n\n%"]  # fmt: skip
    rows = []
    for name, title in titles_of(comparison).items():
        arm = arms[name]
        at = {end: arm.get(end) or {} for end in ("os", "relapse", "nrm", "sos")}
        median = arm.get("median_os_months")
        rows.append(
            [
                title,
                *(both(at["os"].get(str(m))) for m in shown),
                plain(median, none="not\nreached")
                + (f"\n{interval(median)}" if number(median) is not None else ""),
                percent(at["relapse"].get(str(main))),
                percent(at["nrm"].get(str(main))),
                f"{percent(at['sos'].get('any'))}/{percent(at['sos'].get('fatal'))}",
                percent(arm.get("sct")),
            ]
        )
    table = aligned(heads, rows, width)
    note = "* cumulative incidence from CR, in patients who reach CR"
    return f"{table}\n{note}{'; NR: not reached' if 'NR' in table.split(chr(10), 4)[-1] else ''}"


def _against(comparison: Any, month: int, width: int) -> str:
    """Paired differences in OS, and who lives longer."""
    scenario, titles, rows, lives = scenario_of(comparison), titles_of(comparison), [], []
    for name in (name for name in titles if name != scenario.reference):
        found = chosen(comparison.differences, arm=name, endpoint="os", month=month)
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
    heads = ["Arm", "OS\npoints", "95 % MC\ninterval", "Variance\ncut by", "NNT\n"]
    if all(row[4] == "–" for row in rows):
        heads, rows = heads[:4], [row[:4] for row in rows]
    reference = titles[scenario.reference].removesuffix(" (reference)")
    top = f"Paired difference in OS at {month} months, in percentage points, against: {reference}"
    longer = "Live longer / equally long / shorter than under the reference, % of patients"
    lucks = ["Arm", "under shared luck,\nwhich no trial can test", "were luck\nindependent"]
    return (f"{filled(top, width)}\n{aligned(heads, rows, width)}\n\n"
            f"{filled(longer, width)}\n{aligned(lucks, lives, width)}")  # fmt: skip


def _readings(comparison: Any, month: int, width: int) -> str:
    """What a paper's contrasts would print beside the effect of choosing the arm."""
    rows = []
    for name, title in titles_of(comparison).items():
        cells = [title]
        for contrast in READINGS:
            found = chosen(comparison.contrasts, arm=name, contrast=contrast, month=month)
            row = found.iloc[0].to_dict() if len(found) else {}
            gap, groups = row.get("difference"), [row.get("survival_sct"), row.get("survival_no_sct")]
            pair = f"\n{percent(groups[0])} v {percent(groups[1])}"
            cells.append(percent(gap, sign=True) + ("" if number(gap) is None else pair))
        policy = chosen(comparison.differences, arm=name, endpoint="os", month=month)
        rows.append([*cells, percent(policy["value"].iloc[0], sign=True) if len(policy) else "–"])
    heads = ["Arm", *("\n".join(textwrap.wrap(words, 14)) for words in (*READINGS.values(), CAUSAL))]
    top = f"Three readings of the same lives, and the effect: OS at {month} months, points (SCT v no SCT, %)"
    return f"{filled(top, width)}\n{aligned(heads, rows, width)}"


def answer(comparison: Any, width: int | None = None) -> str:
    """The question and its answer."""
    width, scenario, summary = text_width(width), scenario_of(comparison), comparison.summary
    month = int(nearest(scenario.report_months, 36))
    count = f"{summary['patients']:,} simulated patients, the same in every arm, seed {summary['seed']}"
    parts = [f"{filled(scenario.question, width)}\n{count}", _outcomes(comparison, width)]
    parts.append(_against(comparison, month, width))
    if len(comparison.contrasts):
        parts.append(_readings(comparison, month, width))
    close = f"Intervals are Monte Carlo only. {NOT_INCLUDED} Parameter set: {summary['parameter_set']}."
    return "\n\n".join(part for part in [*parts, filled(close, width)] if part) + "\n"
