"""The page of the validation: report.html, in the same skeleton as that of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calibration.validation.text import judged_words, p_text, printed_p, verdicts
from calibration.validation.validity import KINDS, NOT_VALIDATED
from simulator.report.html import Bullets, Code, Figure, Page, Section, Table
from simulator.report.published import unit
from simulator.report.style import plain, span

if TYPE_CHECKING:
    from calibration.validation.report import Validation

ALT = {
    "reported-predicted": "Reported values against predicted ones with their intervals, on both sides of the diagonal.",
    "positions": "Sorted positions of reported values among predicted ones, with a band around the diagonal.",
}
CAPTIONS = {
    "reported-predicted": "Each row at its reported value; bar: middle 95 % of studies of the published size simulated "
    "at draws of the posterior, for coloured rows of the fit without their block.",
    "positions": "0: below all simulated studies; 1: above all. On the diagonal if the model is right; an S shape "
    "would mean intervals that are too narrow or too wide.",
}


def validation_page(result: Validation, figures: Sequence[Path]) -> Page:
    """The page as data, from the result and the SVG files drawn."""
    first, *others = verdicts(result)
    drawn = [Figure(one.stem, one.read_text(encoding="utf-8"), ALT[one.stem], CAPTIONS[one.stem]) for one in figures]
    command = f"allpath validate --studies {result.studies_simulated} --seed {result.seed}"
    return Page(
        title=f"allpath · validation of {result.parameter_set}",
        run=f"seed {result.seed}, {result.studies_simulated:,} studies",
        question="Why should a curve of this model be believed?",
        answer=[("The answer.", first), *(("", words) for words in others)],
        facts=[("Parameter set", result.parameter_set), ("Simulated", f"{result.studies_simulated:,} studies a step"),
               ("Determined by data", f"{result.determined:.0f} parameters' worth")],
        sections=[
            Section("figures", "Reported and predicted", "Figures", drawn),
            Section("cross", "One block left out", "Cross", [_blocks(result), *_left_out(result)]),
            Section("joint", "Whole studies", "Studies", [_joint(result)]),
            Section("p-values", "Would such a trial print such a P?", "P-values", [_p_values(result)]),
            Section("beside", "Other patients: shown, not counted", "Other patients", [_beside(result)]),
            Section("rows", "Every row of the catalogue", "Rows", [_simulated(result), *_not_simulated(result)]),
            Section("validity", "What each kind of validity means here", "Validity", [Bullets(KINDS)]),
            Section("limits", "What was not validated", "Limits", [Bullets(NOT_VALIDATED)]),
            Section("again", "How to get the same again", "Reproduce", [Code(command)]),
        ],
    )  # fmt: skip


def _blocks(result: Validation) -> Table:
    lines = [
        [one.title, str(one.n), str(one.inside), p_text(one.joint_p), plain(one.fit.error, 2),
         str(one.fit.extra_runs or "–"), plain(one.fit.distance)]
        for one in result.blocks
    ]  # fmt: skip
    heads = ["Left out", "Rows", "Inside", "Joint p", "Emulator's error, SD", "Extra runs", "Moved"]
    note = (
        "Error: of the rows kept, in standard deviations of one study. Moved: distance of the optimum from that of all "
        "rows, in its posterior standard deviations (Mahalanobis)."
    )
    return Table("Rows of each block inside their 95 % predictive interval", heads, lines, (0,), note)


def _left_out(result: Validation) -> list[Table]:
    heads = ["Quantity", "Id", "n", "Unit", "Reported", "Predicted (95 %)", "p", ""]
    tables = []
    for block in result.blocks:
        lines = [
            [_quantity(row), row["id"], plain(row["n"], 0), unit(row)[0] or "patients",
             plain(row["reported"], unit(row)[1]), _with_range(row, one["simulated"], one["low"], one["high"]),
             p_text(one["p"]), "" if one["inside"] else "outside"]
            for row in result.rows for one in row["left_out"] if one["block"] == block.block
        ]  # fmt: skip
        tables.append(Table(f"Without {block.title}", heads, lines, (0, 1, 3, 7)))
    return tables


def _joint(result: Validation) -> Table:
    lines = [
        [one.study, str(one.targets), plain(one.deviance), plain(one.expected), p_text(one.joint_p)]
        for one in result.joint
    ]
    heads = ["Study", "Rows", "Squared residuals", "Of simulated studies, mean", "p"]
    return Table("Studies with at least ten non-redundant rows", heads, lines)


def _p_values(result: Validation) -> Table:
    lines = [
        [f"{one['quantity']}\n{one['subgroup']}", one["id"], printed_p(one),
         f"{p_text(one['median'])}\n{p_text(one['low'])}–{p_text(one['high'])}", f"{100 * one['as_small']:.0f}",
         f"{100 * one['below_0.05']:.0f}"]
        for one in result.p_values
    ]  # fmt: skip
    heads = ["Test", "Id", "Printed", "Simulated median (95 %)", "As small, %", "Below 0.05, %"]
    return Table("P-values that simulated trials print; never scored", heads, lines, (0, 1))


def _beside(result: Validation) -> Table:
    lines = [
        [f"{row['quantity']}\n{row['regimen']}", row["id"], row["case_mix"], plain(row["published"], 1),
         f"{plain(row['simulated'], 1)}\n{span(row['predictive_low'], row['predictive_high'], 1)}"]
        for row in result.beside
    ]  # fmt: skip
    return Table(
        "On an assumed case mix", ["Quantity", "Id", "Case mix", "Reported", "Simulated (95 %)"], lines, (0, 1, 2)
    )


def _simulated(result: Validation) -> Table:
    heads = ["Quantity", "Id", "n", "Unit", "Reported", "Simulated (95 %)", "z", "p", "Counted and why"]
    lines: list[list[str]] = []
    for source, rows in _by_source(result, simulated=True).items():
        lines.append([source])
        lines += [
            [_quantity(row), row["id"], plain(row["n"], 0), unit(row)[0] or "patients",
             plain(row["reported"], unit(row)[1]),
             _with_range(row, row["simulated"], row["predictive_low"], row["predictive_high"]),
             plain(row["z"], 1, sign=True), p_text(row["p"]), judged_words(row)]
            for row in rows
        ]  # fmt: skip
    return Table("Simulated rows, at draws of the posterior given all rows", heads, lines, (0, 1, 3, 8))


def _not_simulated(result: Validation) -> list[Table]:
    heads = ["Quantity", "Id", "Unit", "Reported", "Role and why it does not count"]
    return [
        Table(
            f"{source}: not simulated",
            heads,
            [
                [_quantity(row), row["id"], row["unit"], plain(row["reported"], 3).rstrip("0").rstrip("."), row["why"]]
                for row in rows
            ],
            (0, 1, 2, 4),
        )
        for source, rows in _by_source(result, simulated=False).items()
    ]


def _by_source(result: Validation, simulated: bool) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in result.rows:
        if (row["position"] is not None) == simulated:
            found.setdefault(row["source"], []).append(row)
    return found


def _quantity(row: Mapping[str, Any]) -> str:
    return f"{row['quantity'][:1].upper()}{row['quantity'][1:]}\n{row['subgroup'] or ''}".rstrip()


def _with_range(row: Mapping[str, Any], middle: float | None, low: float | None, high: float | None) -> str:
    places = unit(row)[1]
    return f"{plain(middle, places)}\n{span(low, high, places)}".rstrip()
