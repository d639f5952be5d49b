"""The validation for the terminal: the answer, the blocks, the studies, what lies outside, the printed P-values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calibration.validation.validity import KINDS, NOT_VALIDATED
from simulator.report.published import unit
from simulator.report.style import plain, span
from simulator.report.text import aligned, filled, text_width

if TYPE_CHECKING:
    from calibration.validation.report import Validation

FEWEST_INSIDE = 0.85  # of the rows left out
SMALLEST_P = 0.01
CLOSER_THAN_CHANCE = 0.99


def described(result: Validation, width: int | None = None) -> str:
    """Everything but the rows that are not judged, which stand in report.html and validation.json."""
    width = text_width(width)
    parts = [
        f"Validation of {result.parameter_set}: {result.studies_simulated:,} studies of each kind at each step",
        "\n".join(filled(line, width) for line in verdicts(result)),
        f"One block left out, and predicted\n{blocks_table(result, width)}",
        f"Left-out rows outside their 95 % interval\n{outside_table(result, width)}",
        f"Joint fit of whole studies\n{joint_table(result, width)}",
        f"Printed P-values beside those of simulated studies (shown, not scored)\n{p_table(result, width)}",
        f"Other patients (shown, not counted)\n{beside_table(result, width)}",
        "\n".join(filled(f"{head} {words}", width) for head, words in KINDS),
        "Not validated\n" + "\n".join(filled(f"- {head} {words}", width) for head, words in NOT_VALIDATED),
    ]
    return "\n\n".join(parts)


def verdicts(result: Validation) -> list[str]:
    """One sentence for each bar, met or not."""
    held_out, fitted = result.held_out, result.fitted
    part = held_out["inside"] / max(held_out["n"], 1)
    low = [one.title for one in result.blocks if one.joint_p < SMALLEST_P]
    misfits = [one.study for one in result.joint if one.joint_p < SMALLEST_P]
    close = [one.study for one in result.joint if one.joint_p > CLOSER_THAN_CHANCE]
    beyond = [one.title for one in result.blocks if not one.fit.valid]
    found = [
        f"{_met(part >= FEWEST_INSIDE)}: {held_out['inside']} of {held_out['n']} left-out rows ({100 * part:.0f} %) "
        f"lie in their 95 % predictive interval; the bar is {100 * FEWEST_INSIDE:.0f} %.",
        f"{_met(not low)}: no block with a joint p below {SMALLEST_P}" + (f", but {_and(low)}." if low else "."),
        f"{_met(not misfits)}: every study fits as a whole (p at least {SMALLEST_P})"
        + (f", but {_and(misfits)}." if misfits else "."),
        f"Internal: {fitted['inside']} of {fitted['n']} fitted rows inside; {len(fitted['saturated'])} saturated rows "
        f"apart ({fitted['saturated_inside']} inside): {', '.join(fitted['saturated']) or 'none'}.",
    ]
    above = [one["position"] > 0.5 for row in result.rows for one in row["left_out"]]
    found.append(
        f"On which side: {sum(above)} of {len(above)} left-out rows, those in two blocks twice, were reported above "
        "the middle of what was predicted."
    )
    if close:
        found.append(f"Closer than chance: {_and(close)}. {CLOSER}")
    if beyond:
        found.append(f"Beyond the emulator: {_and(beyond)}; p and intervals of these are not to be relied on.")
    return found


CLOSER = (
    "Its rows agree with the fit better than simulated studies do with theirs: observation settings taken from the "
    "same paper, or variances that are too large."
)


def blocks_table(result: Validation, width: int) -> str:
    """Rows, rows inside, joint p, and whether the emulator holds there."""
    rows = [
        [one.title, str(one.n), str(one.inside), p_text(one.joint_p), plain(one.fit.error, 2),
         str(one.fit.extra_runs or "–")]
        for one in result.blocks
    ]  # fmt: skip
    return aligned(["Left out", "Rows", "Inside", "Joint p", "Emulator's\nerror, SD", "Extra\nruns"], rows, width)


def outside_table(result: Validation, width: int) -> str:
    """What was reported beside what was predicted."""
    rows = [
        [row["id"], f"{row['quantity']}; {row['subgroup']}", one["title"], plain(row["reported"], unit(row)[1]),
         f"{plain(one['simulated'], unit(row)[1])}\n{span(one['low'], one['high'], unit(row)[1])}", p_text(one["p"])]
        for row in result.rows for one in row["left_out"] if not one["inside"]
    ]  # fmt: skip
    heads = ["Id", "Quantity", "Left out", "Reported", "Predicted\n95 %", "p"]
    return aligned(heads, rows, width, (0, 1, 2)) if rows else "none"


def joint_table(result: Validation, width: int) -> str:
    """Residual deviance beside that of simulated studies."""
    rows = [
        [one.study, str(one.targets), plain(one.deviance), plain(one.expected), p_text(one.joint_p)]
        for one in result.joint
    ]
    return aligned(["Study", "Rows", "Squared\nresiduals", "Simulated\nstudies, mean", "p"], rows, width)


def p_table(result: Validation, width: int) -> str:
    """Printed, simulated, and how often a simulated study prints one as small."""
    rows = [
        [one["id"], one["quantity"] if one["subgroup"] in one["quantity"] else f"{one['quantity']}; {one['subgroup']}",
         printed_p(one),
         f"{p_text(one['median'])}\n{p_text(one['low'])}–{p_text(one['high'])}", f"{100 * one['as_small']:.0f}",
         f"{100 * one['below_0.05']:.0f}"]
        for one in result.p_values
    ]  # fmt: skip
    heads = ["Id", "Test", "Printed", "Simulated\nmedian, 95 %", "As small\n%", "Below 0.05\n%"]
    return aligned(heads, rows, width, (0, 1))


def beside_table(result: Validation, width: int) -> str:
    """The comparator and the reverse order."""
    rows = [
        [row["id"], f"{row['quantity']}; {row['regimen']}", row["case_mix"], plain(row["published"], 1),
         f"{plain(row['simulated'], 1)}\n{span(row['predictive_low'], row['predictive_high'], 1)}"]
        for row in result.beside
    ]  # fmt: skip
    return aligned(["Id", "Quantity", "Case mix", "Reported", "Simulated\n95 %"], rows, width, (0, 1, 2))


def p_text(value: float | None) -> str:
    """A p with two leading digits, never zero."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.3f}" if value >= 0.001 else "<0.001"


def printed_p(one: Mapping[str, Any]) -> str:
    """A P-value as it was printed."""
    return ("< " if "<" in one["unit"] else "") + f"{one['reported']:g}"


def _met(whether: bool) -> str:
    return "Met" if whether else "NOT met"


def _and(names: list[str]) -> str:
    return " and ".join(names)


def judged_words(row: Mapping[str, Any]) -> str:
    """Counted or not, and why."""
    return ("counts: " if row["counted"] else "not counted: ") + str(row["why"])
