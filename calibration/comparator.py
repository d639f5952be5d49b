"""Fig. 1F: inotuzumab alone beside the combination, under stated case mixes. Shown; never fitted, never judged.

The paper gives two numbers of 89 earlier patients (K128, K129) and neither their case mix nor their schedule; elsewhere
about two thirds are said to have been in Salvage 2+ (readings A19). So both regimens are simulated under K's own mix
and under one with two thirds in Salvage 2+: what differs between the mixes is no effect of a regimen. Everybody is
followed to the end; the printed interval of K129 is that of 89 patients without censoring before 36 months.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.care import Care, lives, load_care, shipped_table
from calibration.catalogue import load_catalogue
from calibration.figures import Line, Panel, Times
from calibration.kantarjian_2023 import MONTHS_OF_RATES, SIZE, STUDY
from calibration.observe import MODIFIED, ORIGINAL
from calibration.trial import END_DAY, REGIMEN
from simulator.estimators import median_survival, survival_at
from simulator.population import Population, population_record
from simulator.strategy import DAYS_PER_MONTH

Floats = NDArray[np.float64]

ALONE, COMBINATION = "inotuzumab alone", "combination"
# Regimen -> (strategy, patients), and the rows that print its median OS and its 3-year OS.
REGIMENS = {
    COMBINATION: tuple((REGIMEN[arm], SIZE[arm]) for arm in (ORIGINAL, MODIFIED)),
    ALONE: (("ino_monotherapy", 89),),  # K130
}
PRINTED = {COMBINATION: ("K106", "K104"), ALONE: ("K128", "K129")}
LATER_SHARE = 0.68  # of Salvage 2+ among the patients on inotuzumab alone (A19)
CASE_MIXES = {"as K, 28 % Salvage 2+": None, "68 % Salvage 2+": LATER_SHARE}
ALL_PATIENTS = "kantarjian-2023"
FIRST_IDS = (2**41, 2**42)  # beyond the trials'; the same numbers in every mix and regimen


# The printed combination belongs to the curve of its own mix; inotuzumab alone to none, since its mix is unknown.
OWN_MIX, OTHER_MIX = CASE_MIXES
PANEL = Panel(
    "fig-1f",
    "Fig. 1F beside inotuzumab alone (shown, case mix uncertain)",
    (
        Line(f"{COMBINATION}, {OWN_MIX}", f"{COMBINATION}, {OWN_MIX}", "K104", "K106"),
        Line(f"{ALONE}, {OWN_MIX}", f"{ALONE}, {OWN_MIX}"),
        Line(f"{ALONE}, {OTHER_MIX}", f"{ALONE}, {OTHER_MIX}"),
        Line(ALONE, rate="K129", median="K128"),
    ),
)


@cache
def case_mix(later_share: float | None) -> np.recarray:
    """All patients of K, with another share of Salvage 2+, split 17 to 14 as in K (DER002, DER003)."""
    mix = Population.model_validate(shipped_table("populations", ALL_PATIENTS))
    if later_share is not None:
        shares = {"salvage_2": later_share * 17 / 31, "salvage_3_plus": later_share * 14 / 31}
        mix = mix.model_copy(update=shares)
    return population_record(mix)


def death_months(
    parameters: np.recarray,
    regimen: str,
    later_share: float | None,
    replicates: int,
    seed: int,
    first_replicate: int = 0,
) -> Floats:
    """Months to death (replicates, n); END_DAY for those alive then."""
    found = []
    for base, (strategy, patients) in zip(FIRST_IDS, REGIMENS[regimen], strict=False):
        care = Care(case_mix(later_share), load_care(ALL_PATIENTS, strategy).strategy)
        first = base + first_replicate * patients
        table = lives(care, parameters, seed, first, replicates * patients, END_DAY)
        found.append(table.death_day.reshape(replicates, patients))
    days = np.concatenate(found, axis=1)
    return np.where(np.isnan(days), END_DAY, days) / DAYS_PER_MONTH


def trials(parameters: np.recarray, seed: int, first: int, count: int) -> list[dict[tuple[str, str], Floats]]:
    """For each replicate: (regimen, case mix) -> months to death (n,)."""
    drawn = {
        (regimen, mix): death_months(parameters, regimen, later, count, seed, first)
        for regimen in REGIMENS
        for mix, later in CASE_MIXES.items()
    }
    return [{key: months[r] for key, months in drawn.items()} for r in range(count)]


def times(found: dict[tuple[str, str], Floats]) -> Times:
    """The groups of Fig. 1F in one replicate."""
    return {f"{regimen}, {mix}": (months, np.ones(len(months), bool)) for (regimen, mix), months in found.items()}


def shown_rows(found: list[dict[tuple[str, str], Floats]]) -> list[dict[str, Any]]:
    """Printed and simulated median and 3-year OS, by regimen and case mix: middle and 95 % of replicates."""
    rows, catalogue = [], load_catalogue(STUDY)
    for regimen, mix in found[0]:
        for key in PRINTED[regimen]:
            row = catalogue[key]
            values = [_statistic(one[regimen, mix], row.quantity.startswith("median")) for one in found]
            low, high = np.percentile(values, [2.5, 97.5]).tolist()
            printed_low, printed_high = (None if np.isnan(bound) else bound for bound in row.interval)
            rows.append(
                {
                    "id": key,
                    "regimen": regimen,
                    "quantity": row.quantity,
                    "unit": row.unit,
                    "n": row.n,
                    "published": row.value,
                    "published_low": printed_low,
                    "published_high": printed_high,
                    "case_mix": mix,
                    "simulated": float(np.mean(values)),
                    "predictive_low": low,
                    "predictive_high": high,
                }
            )
    return rows


def _statistic(months: Floats, a_median: bool) -> float:
    dead = np.ones(len(months), bool)
    return median_survival(months, dead) if a_median else 100.0 * survival_at(months, dead, MONTHS_OF_RATES)


def shown_lines(rows: list[dict[str, Any]]) -> list[str]:
    """For the terminal."""
    heads = f"  {'':<18}{'quantity':<22}{'published':>18}  {'case mix of the simulated':<27}{'simulated':>20}"
    lines = ["Fig. 1F: inotuzumab alone (shown, case mix uncertain; never fitted, never judged)", heads]
    for row in rows:
        printed = f"{row['published']:g}" + (
            f" ({row['published_low']:g}-{row['published_high']:g})" if row["published_low"] is not None else ""
        )
        simulated = f"{row['simulated']:.1f} ({row['predictive_low']:.1f}-{row['predictive_high']:.1f})"
        quantity = f"{row['quantity']}, {row['unit']}"
        beside = "" if row["predictive_low"] <= row["published"] <= row["predictive_high"] else " *"
        line = f"  {row['regimen']:<18}{quantity:<22}{printed:>18}  {row['case_mix']:<27}{simulated:>20}{beside}"
        lines.append(line)
    alone = [row for row in rows if row["regimen"] == ALONE]
    if not any(row["predictive_low"] <= row["published"] <= row["predictive_high"] for row in alone):
        lines += [
            "  * printed value outside 95 % of simulated trials. Inotuzumab alone is so under both mixes: the model",
            "  fails this check, and what it says of inotuzumab alone is too good by as much.",
        ]
    gap = _months_36(rows)
    whole = gap[COMBINATION, None] - gap[ALONE, None]
    own, other = OWN_MIX, OTHER_MIX
    mix = gap[COMBINATION, own] - gap[COMBINATION, other]
    regimens = gap[COMBINATION, other] - gap[ALONE, other]
    return [
        *lines,
        f"  Of the {whole:.0f} points between the printed 3-year rates, the simulation gives {mix:.1f} to such a case",
        f"  mix and {regimens:.1f} to the regimen in the same mix; {whole - mix - regimens:.1f} it does not explain.",
    ]


def _months_36(rows: list[dict[str, Any]]) -> dict[tuple[str, str | None], float]:
    """3-year OS by regimen and case mix; mix None is what was printed."""
    rates = [row for row in rows if row["unit"] == "%"]
    printed = {(row["regimen"], None): row["published"] for row in rates}
    return printed | {(row["regimen"], row["case_mix"]): row["simulated"] for row in rates}
