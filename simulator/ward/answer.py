"""The answer in words and aligned tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from simulator.report.style import number, plain, span, titles_of
from simulator.report.text import aligned, chosen, filled, text_width
from simulator.scenario import Scenario
from simulator.ward.comparison import NOTHING_SCARCE, WardComparison

ROWS = {  # quantity: (words, scale, decimals)
    "os": ("Overall survival at {month} months, %", 100, 1),
    "rfs": ("Relapse-free survival at {month} months from CR, %", 100, 1),
    "relapse": ("Relapse by {month} months from CR, %", 100, 1),
    "nrm": ("Non-relapse mortality by {month} months from CR, %", 100, 1),
    "sct": ("SCT by {month} months, %", 100, 1),
    "sos_any": ("SOS by {month} months, %", 100, 1),
    "sct_month": ("SCT on average in month", 1, 1),
    "interval_weeks_median": ("Last inotuzumab to SCT, median, weeks", 1, 1),
    "blinatumomab_courses": ("Blinatumomab courses given, mean", 1, 2),
}
NEED_ROWS = {
    "{need}_waited": ("had to wait, % of those who asked", 100, 1),
    "{need}_wait_days_mean": ("wait of those served, mean, days", 1, 1),
    "{need}_wait_days_median": ("the same, median", 1, 1),
    "{need}_wait_days_90_percent": ("the same, nine in ten at most", 1, 1),
    "{need}_left_relapse": ("left the queue by relapse, % of those who asked", 100, 1),
    "{need}_left_death": ("by death, %", 100, 1),
    "{need}_left_sos": ("by SOS, %", 100, 1),
    "{need}_left_lapse": ("past the grace period, %", 100, 1),
    "{need}_in_use": ("in use on average", 1, 1),
    "{need}_queue": ("patients waiting on average", 1, 1),
}
GROWTH = 1.2
GROWING = (
    "The queue is still growing at the end of the months measured, so that waits depend on how long a ward is watched"
)
NEEDS = {"bed": "Bed", "search": "Search desk"}


def answer(comparison: WardComparison, width: int | None = None) -> str:
    """The question, what patients get, how they queue, and the differences."""
    width, scenario = text_width(width), comparison.scenario
    parts = [filled(scenario.question, width) + "\n" + filled(_who(comparison), width)]
    parts.append(_estimates(comparison, width))
    others = [arm.name for arm in scenario.arms if arm.name != scenario.reference]
    titles = titles_of(comparison)
    reference = titles[scenario.reference].removesuffix(" (reference)")
    parts.append(_differences(comparison, scenario.reference, others, f"Difference from: {reference}", width))
    every = [arm.name for arm in scenario.arms]
    nothing = "Difference from the same strategy with nothing scarce"
    parts.append(_differences(comparison, NOTHING_SCARCE, every, nothing, width))
    parts += [filled(sentence, width) for sentence in comparison.summary["not_identified"]]
    growing = overloaded(comparison)
    if growing:
        parts.append(
            filled(f"{GROWING}: {', '.join(titles[arm].removesuffix(' (reference)') for arm in growing)}.", width)
        )
    treated = "What a patient who waits is given follows `transplant.while_waiting`; its effects are the model's."
    parts.append(filled(f"{comparison.summary['uncertainty']} {treated}", width))
    return "\n\n".join(parts) + "\n"


def overloaded(comparison: WardComparison) -> list[str]:
    """Arms in which more patients wait for a bed at the end of the months measured than at their beginning."""
    scenario, found = comparison.scenario, []
    first, last = _months_measured(scenario)
    for arm in scenario.arms:
        queue = chosen(comparison.months, arm=arm.name, need="bed").set_index("month")["waiting"]
        if len(queue) >= last and queue[last] > GROWTH * queue[first] + 1.0:
            found.append(arm.name)
    return found


def _months_measured(scenario: Scenario) -> tuple[int, int]:
    """First and last month in which measured patients arrive, from 1."""
    measured, yearly = scenario.ward.measured(), scenario.ward.yearly()
    if not yearly:
        return 1, 10**9
    return 1 + int(12 * measured.start / yearly), int(12 * measured.stop / yearly)


def _who(comparison: WardComparison) -> str:
    summary, ward = comparison.summary, comparison.scenario.ward
    rate = {
        "all_at_once": "referred all at once",
        "poisson": f"referred at {ward.patients_per_year} a year",
        "calendar": f"referred by calendar, {sum(ward.patients_by_month)} a year",
    }[ward.arrivals]
    measured = summary["measured_per_replicate"]
    some = "" if measured == ward.patients_per_replicate else f", {measured:,} of them measured in each"
    wards = f"{summary['replicates']} wards of {ward.patients_per_replicate:,} patients {rate}{some}"
    return f"{wards}; the same patients, arrivals and luck in every arm, seed {summary['seed']}"


def rows_of(scenario: Scenario, quantities: set[str]) -> list[tuple[str, int | None, str, float, int]]:
    """(quantity, month, words, scale, decimals) of every row that the answer shows."""
    rows: list[tuple[str, int | None, str, float, int]] = []
    for quantity, (words, scale, decimals) in ROWS.items():
        by_endpoint = quantity.removesuffix("_any") in ("os", "efs", "rfs", "relapse", "nrm", "sos")
        if by_endpoint and quantity.removesuffix("_any") not in scenario.endpoints:
            continue
        months: list[int | None] = [None]
        if "{month}" in words:
            by_month = quantity == "os"
            months = list(scenario.report_months) if by_month else [scenario.horizon_months]
        rows += [(quantity, month, words.format(month=month), scale, decimals) for month in months]
    for need, title in NEEDS.items():
        for key, (words, scale, decimals) in NEED_ROWS.items():
            if key.format(need=need) in quantities:
                rows.append((key.format(need=need), None, f"{title}: {words}", scale, decimals))
    return rows


def cell_of(frame: pd.DataFrame, quantity: str, month: int | None) -> dict[str, Any]:
    """The numbers of a quantity; of relapse and the like the last report month within the horizon."""
    found = chosen(frame, quantity=quantity)
    if month is not None and len(found):
        upto = found[found["month"] <= month]
        found = upto[upto["month"] == upto["month"].max()]
    return found.iloc[0].to_dict() if len(found) else {}


def _estimates(comparison: WardComparison, width: int) -> str:
    scenario, frame = comparison.scenario, comparison.estimates
    titles = titles_of(comparison)
    columns = [(titles[arm.name], chosen(frame, arm=arm.name, ward="shared")) for arm in scenario.arms]
    strategies = [arm.strategy for arm in scenario.arms]
    if all(strategy == strategies[0] for strategy in strategies):
        columns.append(("Nothing scarce", chosen(frame, arm=scenario.arms[0].name, ward=NOTHING_SCARCE)))
    rows = []
    for quantity, month, words, scale, decimals in rows_of(scenario, set(frame["quantity"])):
        cells = [_cell(cell_of(part, quantity, month), scale, decimals) for _, part in columns]
        if any(cell != "–" for cell in cells):
            rows.append([words, *cells])
    return aligned(["", *(_wrapped(title) for title, _ in columns)], rows, width)


def _differences(comparison: WardComparison, against: str, arms: list[str], top: str, width: int) -> str:
    """Differences of one kind; from a ward with nothing scarce the queue itself is the difference, and not repeated."""
    scenario, titles = comparison.scenario, titles_of(comparison)
    frame = chosen(comparison.differences, against=against)
    if against == NOTHING_SCARCE:
        frame = frame[frame["quantity"].isin(list(ROWS))]
    rows = []
    for quantity, month, words, scale, decimals in rows_of(scenario, set(frame["quantity"])):
        cells = [_cell(cell_of(chosen(frame, arm=arm), quantity, month), scale, decimals, sign=True) for arm in arms]
        if any(cell != "–" for cell in cells):
            rows.append([words.replace(", %", ", points"), *cells])
    heads = ["", *(_wrapped(titles[arm]) for arm in arms)]
    return f"{filled(top, width)}\n{aligned(heads, rows, width)}"


def _cell(cell: dict[str, Any], scale: float, decimals: int, sign: bool = False) -> str:
    value = number(cell.get("value"))
    if value is None:
        return "–"
    range_ = span(cell.get("low"), cell.get("high"), decimals, scale, sign)
    return f"{plain(scale * value, decimals, sign)}\n{range_}".rstrip()


def _wrapped(title: str) -> str:
    words, lines = title.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 15:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
