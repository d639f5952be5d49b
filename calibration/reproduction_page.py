"""The page of a reproduction: report.html, in the same skeleton as that of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.papers import PAPERS
from calibration.studies import STUDIES
from simulator.report.html import Bullets, Code, Figure, Page, Section, Table, written
from simulator.report.html.published import study_table
from simulator.report.style import plain, span

if TYPE_CHECKING:
    from calibration.reproduce import Reproduction

REPORT = "report.html"


def write_report(
    result: Reproduction, fitted: dict[str, float], panels: Sequence[tuple[str, Path]], folder: Path
) -> None:
    """The page, from the result, its count of fitted rows and the panels drawn: (title, SVG file)."""
    (folder / REPORT).write_text(written(reproduction_page(result, fitted, panels)), encoding="utf-8", newline="\n")


def reproduction_page(result: Reproduction, fitted: dict[str, float], panels: Sequence[tuple[str, Path]]) -> Page:
    """The page as data; arguments as `write_report`."""
    size = STUDIES[result.study].size
    told = "published with its 95 % interval, simulated with the range of 95 % of trials"
    predicted = [row["inside_predictive"] for row in result.rows if row["role"] == "predicted"]
    answer = [
        (
            "The answer.",
            f"Of {fitted['n']} fitted rows with a published interval {fitted['inside']} are simulated inside it "
            f"(largest |z| {plain(fitted['largest_abs_z'], 2)} over all fitted rows), and of {len(predicted)} rows "
            f"that were never fitted {sum(predicted)} lie within the range of 95 % of simulated trials.",
        ),
        (
            "How sure.",
            f"The study was simulated {result.replicates:,} times at its own size (n = {size}) and observed as the "
            "paper did; the ranges are the chance of a study that small and hold nothing of uncertain parameters.",
        ),
        (
            "What it rests on.",
            "The fitted rows check the optimiser and not the model, and the predicted rows are of the same patients.",
        ),
    ]
    figures = [
        Figure(path.stem, path.read_text(encoding="utf-8"), f"{title}: simulated curves and the printed points.",
               f"{title}. Line: median of simulated trials; band: 95 % of them; points: as printed.")
        for title, path in panels
    ]  # fmt: skip
    ledger = [
        [line["quantity"], "" if line["published"] is None else plain(line["published"], 2).removesuffix(".00"),
         f"{plain(line['simulated'], 2)}\n{span(line['low'], line['high'], 2)}"]
        for line in result.ledger
    ]  # fmt: skip
    command = f"allpath reproduce {result.study} --replicates {result.replicates} --seed {result.seed}"
    return Page(
        title=f"allpath · reproduce {result.study}",
        run=f"seed {result.seed}, {result.replicates:,} trials",
        question=f"Does the simulation agree with {result.study}, to which its numbers were fitted?",
        answer=answer,
        facts=[("Trials", f"{result.replicates:,} of {size} patients"), ("Seed", str(result.seed))],
        sections=[
            Section("curves", "Printed points on simulated curves", "Curves", figures),
            Section("rows", "Row by row", "Rows", [study_table(f"All rows: {told}", result.rows)]),
            Section("ledger", "Where the patients went", "Ledger",
                    [Table(f"Counts of {size}; S = Kaplan–Meier survival", ["", "Published", "Simulated"], ledger),
                     *_beside(result)]),
            Section("limits", "What this agreement does not show", "Limits", [Bullets(PAPERS[result.study].limits)]),
            Section("again", "How to get the same again", "Reproduce", [Code(command)]),
        ],
    )  # fmt: skip


def _beside(result: Reproduction) -> list[Table]:
    """What stands beside the study and has no figure."""
    beside = PAPERS[result.study].beside
    if beside is None or not beside.table:
        return []
    rows = [
        [f"{row['quantity']} ({row['id']})", f"{row['published']:g} of {row['n']}",
         f"{plain(row['simulated'], 1)}\n{span(row['predictive_low'], row['predictive_high'], 0)}"]
        for row in result.comparator
    ]  # fmt: skip
    return [Table(beside.table, ["", "Published", "Simulated"], rows)]
