"""The page of a comparison of wards: report.html, in the same skeleton as that of any comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from simulator.comparison.not_identified import IN_SHORT
from simulator.parameters import load_parameters
from simulator.report.html.comparison import reproduction
from simulator.report.html.document import Block, Bullets, Figure, Page, Paragraph, Section, Table, written
from simulator.report.html.glance import settings
from simulator.report.html.sentences import ORIGINS
from simulator.report.html.words import NOT_FOR
from simulator.report.style import nearest, number, plain, span, titles_of
from simulator.report.text import chosen
from simulator.scenario import Scenario
from simulator.ward.answer import cell_of, rows_of
from simulator.ward.comparison import NOTHING_SCARCE, WardComparison

REPORT = "report.html"
OF_THE_QUEUE = ("bed_", "search_")
CANNOT_TELL = (
    ("More beds need not mean longer lives here.", "The model knows no benefit of SCT on survival that the evidence "
     "does not identify, and a patient who waits is treated meanwhile as `transplant.while_waiting` says, with "
     "effects taken from trials. Waits, lost SCTs and beds in use rest on far less."),
    ("A part of the waits is counted already.", "The delay from donor to SCT as practised was fitted to a centre that "
     "had queues of its own."),
    ("Not modelled.", "Nurses, cells, isolation rooms, CAR-T slots, beds lent to others, patients sent elsewhere, and "
     "teams that would refer fewer patients because the ward is full."),
)  # fmt: skip


def write_report(comparison: WardComparison, folder: Path, identity: Mapping[str, Any], run: str) -> None:
    """The page into a folder that has the figures; `identity` as in run.json, `run` the name of the run folder."""
    (folder / REPORT).write_text(written(ward_page(comparison, folder, identity, run)), "utf-8", newline="\n")


def ward_page(comparison: WardComparison, folder: Path, identity: Mapping[str, Any], run: str) -> Page:
    """The page as data; arguments as `write_report`."""
    scenario, summary = comparison.scenario, comparison.summary
    titles = titles_of(comparison)
    others = [arm.name for arm in scenario.arms if arm.name != scenario.reference]
    shared = chosen(comparison.estimates, ward="shared")
    free = chosen(comparison.estimates, ward=NOTHING_SCARCE)
    against = {each: chosen(comparison.differences, against=each) for each in (scenario.reference, NOTHING_SCARCE)}
    reference = titles[scenario.reference].removesuffix(" (reference)")
    outcomes = _table(comparison, "Outcomes with 95 % t-intervals over wards", shared, list(titles), queue=False)
    scarce = _table(comparison, "The same strategies with nothing scarce", free, list(titles), queue=False)
    queue = _table(comparison, "Waits, how patients left the queue, and places", shared, list(titles), queue=True)
    pictures = {path.stem: path for path in sorted(folder.glob("*.svg"))}
    waiting = [
        _figure(path, f"{name.replace('_', ' ')}: one line for each arm")
        for name, path in pictures.items()
        if name.startswith(OF_THE_QUEUE)
    ]
    from_reference = [
        _table(comparison, f"Difference from {reference}, paired by ward: {words}", against[scenario.reference], others,
               queue, sign=True)
        for words, queue in (("outcomes", False), ("the queue", True))
    ]  # fmt: skip
    from_nothing = _table(
        comparison, "Difference from the same strategy with nothing scarce", against[NOTHING_SCARCE], list(titles),
        queue=False, sign=True,
    )  # fmt: skip
    limits = [item for item in NOT_FOR if "waiting for a bed" not in item[1]]
    unknown = [("Not identified.", words) for words in summary["not_identified"]]
    facts = [
        ("Wards", f"{summary['replicates']}, the same in every arm"),
        ("Patients in each", f"{summary['patients_per_replicate']:,} ({summary['measured_per_replicate']:,} measured)"),
        ("Case mix", scenario.population_name),
        ("Horizon", f"{scenario.horizon_months} months"),
        ("Parameters", scenario.parameters),
        ("Seed", str(scenario.seed)),
        ("Run", run),
    ]
    survival = [_figure(pictures["survival"], "Overall survival by arm; grey: with nothing scarce")]
    sections = [
        Section("arms", "The arms at a glance", "Arms", [outcomes, settings(comparison)]),
        Section("queue", "Waits, queue and places in use", "Queue", [*waiting, queue]),
        Section("survival", "Survival", "Survival", [*survival, scarce]),
        Section("differences", "Differences", "Differences", [*from_reference, from_nothing]),
        Section("trust", "How far to trust it, and what cannot be told", "Trust",
                [Paragraph(summary["uncertainty"]), Bullets([*unknown, *CANNOT_TELL])]),
        Section("limits", "What these figures may not be used for", "Limits", [Bullets(limits)]),
        Section("again", "How to get the same again", "Reproduce",
                reproduction(comparison, identity, "compare_wards")),
    ]  # fmt: skip
    return Page(f"allpath · {scenario.name}", run, scenario.question, _answer(comparison), facts, sections)


def _figure(path: Path, words: str) -> Block:
    return Figure(path.stem, path.read_text(encoding="utf-8"), words, f"{words[0].upper()}{words[1:]}.")


def _cell(cell: Mapping[str, Any], scale: float, decimals: int, sign: bool = False, apart: str = "\n") -> str:
    """A value and its interval."""
    value = number(cell.get("value"))
    if value is None:
        return "–"
    range_ = span(cell.get("low"), cell.get("high"), decimals, scale, sign)
    return f"{plain(scale * value, decimals, sign)}{apart}{f'({range_})' if apart == ' ' else range_}".rstrip()


def _table(
    comparison: WardComparison, caption: str, frame: pd.DataFrame, arms: list[str], queue: bool, sign: bool = False
) -> Table:
    """One column for each arm; the rows are those of the printed answer."""
    titles, rows = titles_of(comparison), []
    for quantity, month, words, scale, decimals in rows_of(comparison.scenario, set(frame["quantity"])):
        if quantity.startswith(OF_THE_QUEUE) != queue:
            continue
        cells = [_cell(cell_of(chosen(frame, arm=arm), quantity, month), scale, decimals, sign) for arm in arms]
        if any(cell != "–" for cell in cells):
            rows.append([words.replace(", %", ", points") if sign else words, *cells])
    return Table(caption, ["", *(titles[arm] for arm in arms)], rows)


def _answer(comparison: WardComparison) -> list[tuple[str, str]]:
    summary, parameters = comparison.summary, load_parameters(comparison.scenario.parameters)
    kinds = Counter(origin.kind for origin in parameters.origins.values())
    made = ", ".join(f"{kinds[kind]} {words}" for kind, words in ORIGINS.items() if kinds[kind])
    return [
        ("The answer.", _what(comparison, comparison.scenario)),
        (
            "How sure.",
            f"The intervals are those of chance between {summary['replicates']} simulated wards, paired by ward, and "
            "hold nothing else: the uncertainty of the model's numbers is not in them.",
        ),
        (
            "What it rests on.",
            f"On the {len(parameters.values)} numbers of {parameters.id} ({made}), on the arrivals and lengths of "
            "stay assumed, and on what is given to a patient who waits; the evidence does not identify "
            f"{' or '.join(IN_SHORT[words] for words in summary['not_identified'])}, so that waits and lost SCTs are "
            "surer than survival.",
        ),
    ]


def _what(comparison: WardComparison, scenario: Scenario) -> str:
    titles, month = titles_of(comparison), int(nearest(scenario.report_months, 36))
    need, words = ("bed", "bed") if "bed_waited" in set(comparison.estimates["quantity"]) else ("search", "search desk")

    def told(frame: pd.DataFrame, quantity: str, at: int | None, scale: float, sign: bool) -> str:
        return _cell(cell_of(frame, quantity, at), scale, 1, sign, " ")

    base = chosen(comparison.estimates, arm=scenario.reference, ward="shared")
    parts = []
    for arm in scenario.arms:
        if arm.name == scenario.reference:
            continue
        frame = chosen(comparison.differences, arm=arm.name, against=scenario.reference)
        parts.append(
            f"under {titles[arm.name]} the wait changes by {told(frame, f'{need}_wait_days_mean', None, 1, True)} days,"
            f" SCT by {told(frame, 'sct', scenario.horizon_months, 100, True)} and survival by "
            f"{told(frame, 'os', month, 100, True)} percentage points"
        )
    return (
        f"Under {titles[scenario.reference].removesuffix(' (reference)')} those served wait "
        f"{told(base, f'{need}_wait_days_mean', None, 1, False)} days for a {words}, "
        f"{told(base, 'sct', scenario.horizon_months, 100, False)} % come to SCT and "
        f"{told(base, 'os', month, 100, False)} % are alive at {month} months; {'; '.join(parts)}."
    )
