"""How far to trust it: three kinds of uncertainty, told apart and never added."""

from __future__ import annotations

from typing import Any

import pandas as pd

from simulator.comparison.influence import Leading
from simulator.report.html.document import Block, Bullets, Paragraph
from simulator.report.html.glance import in_words
from simulator.report.html.sentences import differences, in_short, reach, title, turns, widest
from simulator.report.style import number, plain, short_name
from simulator.scenario import differing


def kinds_of_uncertainty(comparison: Any, main: Leading, frame: pd.DataFrame) -> list[Block]:
    """Monte Carlo with its size, parameters with what is known of them, attribution with what cannot be told."""
    found = differences(comparison, main)
    errors = [100 * error for cell in found.values() if (error := number(cell["mc_se"])) is not None]
    patients = comparison.summary["patients"]
    chance = (
        f"The error of chance of the main difference ({short_name(main.endpoint)} at {main.month} months) is "
        f"{plain(max(errors), 3)} percentage points (standard "
        f"error{', the largest of the arms' if len(errors) > 1 else ''}) with {patients:,} patients; four times the "
        "patients would halve it. Every interval of this page is of this kind."
        if errors
        else "The main difference has no standard error in this run."
    )  # fmt: skip
    return [
        Paragraph("Three kinds of uncertainty, which have different cures and are not added up here."),
        Bullets(
            [
                ("Monte Carlo: measured.", chance),
                ("Parameters: not quantified.", _parameters(comparison, main, frame)),
                ("Attribution: no number of patients helps.", not_told(comparison)),
            ]
        ),
    ]


def _parameters(comparison: Any, main: Leading, frame: pd.DataFrame) -> str:
    plainly = (
        "The parameter set is one point: the fit did not ask which other values agree with the study as well, so "
        "that no interval of this page covers it."
    )
    arm = widest(comparison, main)
    told = []
    for fitted, words in ((False, "numbers that were assumed or taken from elsewhere"), (True, "fitted numbers")):
        ends = reach(comparison, main, frame, arm, fitted)
        if ends is None:
            continue
        turning = turns(comparison, main, frame, fitted).get(arm, [])
        listed = " and with ".join(f"“{in_short(name)}”" for name in turning)
        verdict = f"the sign would turn with {listed}" if turning else "its sign stays"
        low, high = (plain(end, 1, True) for end in ends)
        told.append(f"moving {words} one at a time takes it from {low} to {high} points; {verdict}.")
    if not told:
        return plainly
    several = len(comparison.summary["differences"]) > 1
    which = (
        f"For the largest main difference, that of {title(comparison, arm)}, "
        if several
        else "For the main difference, "
    )
    return f"{plainly} {which}{' In the same way, '.join(told)} These are not intervals; see the assumptions below."


def not_told(comparison: Any) -> str:
    """What the evidence cannot tell of the arms, and in how many settings they differ."""
    sentences = comparison.summary["not_identified"]
    if not sentences:
        return "The arms differ in nothing that the evidence is known to be unable to tell apart."
    settings = [in_words(key) for key, *_ in differing(comparison.scenario)]
    listed = "; ".join(words[0].lower() + words[1:] if words[1].islower() else words for words in settings)
    return f"{' '.join(sentences)} The arms differ in {len(settings)} settings at once ({listed})."
