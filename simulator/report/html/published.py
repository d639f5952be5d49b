"""Published against simulated, for the study that a parameter set was fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report.html.document import Block, Paragraph, Table
from simulator.report.published import ROLES, unit
from simulator.report.style import plain, span

TELLING = (
    "OS rate", "RFS rate", "median OS", "median RFS", "overall response rate", "MRD-negative", "MRD negativity",
    "count deaths within 4 weeks", "count SOS", "count SCT", "hazard ratio",
)  # fmt: skip

OUTSIDE = {"inside_published": "published interval", "inside_predictive": "simulated range"}


def published(kept: Mapping[str, Any] | None, parameter_set: str) -> list[Block]:
    """The kept reproduction of the study, or plainly that there is none for these numbers."""
    if kept is None:
        return [Paragraph(f"No reproduction of a study is kept with the parameter set {parameter_set}: nothing "
        f"on this page "
                          "says how well it agrees with published patients.")]  # fmt: skip
    rows = kept["rows"]
    fitted, predicted = ([row for row in rows if row["role"] == role] for role in ("fitted", "predicted"))
    inside, predictive = (
        _inside(fitted, "inside_published"),
        _inside([row for row in predicted if row["unit"] != "P"], "inside_predictive"),
    )
    rates = [row for row in predicted if "rate at" in row["quantity"]]
    lower = sum(row["simulated"] < row["reported"] for row in rates)
    shown = [
        row for row in rows if any(word in row["quantity"] for word in TELLING) or row["inside_predictive"] is False
    ]
    return [
        Paragraph(
            f"The arms of this run are no study. What can be checked is {kept['study']}, to which the numbers were "
            f"fitted: simulated {kept['replicates']:,} times at its own size and observed as the paper did. Of its "
            f"{inside[1]} fitted rows with a published interval, {inside[0]} are simulated inside it, which checks "
            f"the fit and not the model. Of {predictive[1]} published rows that were never fitted, {predictive[0]} "
            "lie within the range of 95 % of those simulated trials (P-values are not counted); they are of the same "
            "patients, so that this is no independent validation, and small numbers make it easy. Of the "
            f"{len(rates)} survival rates among them {lower} are simulated lower than printed."
        ),
        study_table(f"Main rows of {kept['study']}, and all that lie outside", shown),
    ]  # fmt: skip


def study_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rows of a reproduction, fitted ones first; what lies outside its interval is marked."""
    lines: list[list[str]] = []
    for role, words in ROLES.items():
        mine = [row for row in rows if row["role"] == role]
        lines += [[words]] if mine else []
        lines += [_line(row) for row in mine]
    heads = ["Quantity", "Id", "n", "Unit", "Published (95 % CI)", "Simulated (95 % of trials)", ""]
    return Table(caption, heads, lines, (0, 1, 3, 6))


def _line(row: Mapping[str, Any]) -> list[str]:
    name, decimals = unit(row)

    def with_range(value: str, ends: str) -> str:
        return f"{plain(row[value], decimals)}\n{span(row[f'{ends}_low'], row[f'{ends}_high'], decimals)}".rstrip()

    outside = [words for key, words in OUTSIDE.items() if row.get(key) is False]
    return [
        f"{row['quantity'][0].upper()}{row['quantity'][1:]}\n{row['subgroup'] or ''}".rstrip(),
        str(row["id"]),
        plain(row.get("n"), 0),
        name or "patients",
        with_range("reported", "published"),
        with_range("simulated", "predictive"),
        f"outside: {', '.join(outside)}" if outside else "",
    ]


def _inside(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[int, int]:
    judged = [row[key] for row in rows if row.get(key) is not None]
    return sum(judged), len(judged)
