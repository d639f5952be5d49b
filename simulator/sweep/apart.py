"""Three kinds of uncertainty of a sweep, told apart: chance, the model's numbers, what the evidence cannot tell."""

from __future__ import annotations

import math

from simulator.comparison.quantities import NORMAL_975
from simulator.parameters import DEFINITIONS
from simulator.report.html import Block, Bullets, Table
from simulator.report.html.posterior import driver_blocks, kinds_apart, value_blocks
from simulator.report.style import percent, plain, span
from simulator.sweep import attribution
from simulator.sweep.optimum import AS_GOOD
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.uncertain import titles_of_points
from simulator.sweep.words import as_good_in_most, on_axis, row_of

NOT_TOLD = "What nobody can tell apart is drawn from all that agrees with the evidence; the sentences below say what."


def told_apart(result: SweepResult) -> list[Block]:
    """Three kinds of uncertainty told apart, the band in numbers, what the counts taught, what nobody can tell."""
    summary, found = result.summary, result.summary["attribution"]
    cannot = Bullets([("", sentence.replace("`", "")) for sentence in summary["not_identified"]])
    if result.uncertainty:
        drawn, titles = summary["posterior"], titles_of_points(result)
        return [*kinds_apart(drawn, titles, summary["patients"], NOT_TOLD), *driver_blocks(drawn, titles),
                *value_blocks(drawn["decision"], titles), cannot]  # fmt: skip
    bullets = [
        (
            "Monte Carlo: measured.",
            f"Chance in {summary['patients']:,} simulated patients; four times the patients would halve it. Every "
            "interval of this page is of this kind, but for those called attribution and quartiles.",
        ),
        (
            "Parameters: not quantified.",
            f"{summary['parameter_set']} is one point: the fit did not ask which other values agree with the study as "
            "well, so that no interval here covers it.",
        ),
    ]
    if "none" in found:
        bullets.append(("Attribution: no band.", f"{found['none'][0].upper()}{found['none'][1:]}.".replace("`", "")))
        blocks: list[Block] = [Bullets(bullets)]
    else:
        words = (
            f"{found['draws']} sets of SOS effects, sampled jointly, all agree with the published counts; each gives "
            f"another OS and SOS at every point, worked out on {found['patients']:,} of the patients. The band holds "
            "95 % of the sets. No number of patients narrows it, and it covers SOS after SCT alone: not the effect of "
            "SCT or of blinatumomab, nor any other number."
        )
        bullets.append(("Attribution: no number of patients helps.", words))
        blocks = [Bullets(bullets), _whole_axis(result), _taught()]
    return [*blocks, cannot]


def _whole_axis(result: SweepResult) -> Table:
    """The last point of each line against its first: Monte Carlo beside attribution."""
    sweep, names = result.sweep, [arm.name for arm in result.sweep.scenario.arms]
    rows = []
    for end, optimum in zip(result.summary["attribution"]["ends"], result.optima_by_line, strict=True):
        here, there = (names.index(end[key]) for key in ("point", "against"))
        os, sos = end["os"], end["sos"]
        chance = NORMAL_975 * os["mc_se"]
        best = ", ".join(as_good_in_most(sweep, names, end["as_good_shares"])) or "none"
        rows.append([
            row_of(sweep, here) or f"{on_axis(sweep, here)} v {on_axis(sweep, there)}",
            percent(os["value"], 1, True),
            span(os["value"] - chance, os["value"] + chance, 1, 100, True),
            span(os["low"], os["high"], 1, 100, True),
            percent(sos["value"], 1, True),
            span(sos["low"], sos["high"], 1, 100, True),
            best if optimum is not None else "–",
        ])  # fmt: skip
    first, last = (on_axis(sweep, arm) for arm in (lines_of(sweep)[0][0], lines_of(sweep)[0][-1]))
    heads = ["", f"OS {result.month} mo, points", "Monte Carlo, 95 %", "Attribution, 95 % of sets", "SOS, points",
             "Attribution, 95 % of sets", f"Within {percent(AS_GOOD)} points of the best in most sets"]  # fmt: skip
    return Table(f"The whole axis: {last} v {first}", heads, rows, (0, 6),
                 "Two kinds of uncertainty side by side; they are not added. In most sets: under at least half "
                 "of them a point loses no more than that against the best of its line.")  # fmt: skip


def _taught() -> Table:
    """Each coefficient before and after the counts, as odds ratios."""
    meaning = {one.name: f"{one.meaning}\n{one.unit.replace('log odds', 'odds ratio')}" for one in DEFINITIONS}
    rows = [
        [
            meaning[name],
            _odds(told.prior_mean, told.prior_sd),
            _odds(told.posterior_mean, told.posterior_sd),
            told.origin,
        ]
        for name, told in attribution.coefficients().items()
        if name != "sos_log_odds"
    ]
    note = (
        "Beneath, 95 %. Where before and after agree the counts have taught nothing, and the band is the range that "
        "was assumed."
    )
    caption = "What the published counts taught: odds ratios of SOS before and after them"
    return Table(caption, ["", "Before", "After", "Where the range is from"], rows, (0, 3), note)


def _odds(mean: float, sd: float) -> str:
    low, middle, high = (math.exp(mean + z * sd) for z in (-NORMAL_975, 0.0, NORMAL_975))
    return f"{plain(middle, 2)}\n{span(low, high, 2)}"
