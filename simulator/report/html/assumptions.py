"""The numbers that the main difference rests on, the most influential first, with where each is from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from simulator.comparison.influence import Leading, distinct
from simulator.parameters import ParameterSet
from simulator.report.html.document import Table
from simulator.report.html.sentences import differences, title, widest
from simulator.report.style import number, percent, plain, short_name
from simulator.report.tornado import MEANING, ends_of, leaders

KINDS = {"assumption": "Assumption", "source": "Other evidence", "fitted": "Fitted"}


def influential(comparison: Any, main: Leading, frame: pd.DataFrame, parameters: ParameterSet) -> Table:
    """A row for each number whose influence is more than noise; the difference at both ends for the widest arm."""
    arm = widest(comparison, main)
    base = number(differences(comparison, main)[arm]) or 0.0
    several = len(comparison.summary["differences"]) > 1
    clear = distinct(frame)
    rows: list[list[str]] = []
    for fitted, words in (
        (False, "Assumed, or taken from other evidence"),
        (True, "Fitted; the range is that before the fit"),
    ):
        names = leaders(frame, fitted)
        rows += [[words]] if names else []
        for name in names:
            row = frame[(frame["parameter"] == name) & (frame["arm"] == arm)].iloc[0]
            most = clear[clear["parameter"] == name].sort_values("change", key=abs).iloc[-1]
            origin, about = parameters.origins[name], MEANING[name]
            error = f"± {percent(1.96 * row['mc_se'])}"
            cells = [
                f"{short_name(name)}\n{about.meaning}",
                f"{parameters.values[name]:.3g}\n{ends_of(origin.low, origin.high)}".replace("-", "−"),
                about.unit,
                *(percent(base + row[end], sign=True) for end in ("shift_low", "shift_high")),
                f"{percent(row['change'], sign=True)}\n{error}",
                *([f"{percent(most['change'], sign=True)}\n{title(comparison, most['arm'])}"] if several else []),
                f"{KINDS[origin.kind]}\n{origin.text}",
            ]
            rows.append(cells)
    of = f" of {title(comparison, arm)}" if several else ""
    heads = ["Number", "Value, range", "Unit", "Difference at low", "at high", "Change, ± 95 % MC"]
    heads += [*(["Largest change of any arm"] if several else []), "Origin"]
    words_in = (0, 2, *range(6, len(heads)))
    return Table(
        f"Main difference{of} ({short_name(main.endpoint)} at {main.month} months, percentage points) when one "
        "number moves",
        heads, rows, words_in, _rest(frame, clear),
    )  # fmt: skip


def _rest(frame: pd.DataFrame, clear: pd.DataFrame) -> str:
    """How many numbers are not listed, and how large an influence could have been missed."""
    left = frame[~frame["parameter"].isin(clear["parameter"])]
    screened = left[left["screened_only"].astype(bool)]
    if left.empty:
        return "Every number with a range is listed."
    unseen = ""
    if len(screened):
        half, worst = (plain(196 * float(screened["mc_se"].quantile(share)), 1) for share in (0.5, 1.0))
        few = int(screened["patients"].max())
        unseen = (
            f": {screened['parameter'].nunique()} of them were moved in {few:,} patients only, where a change goes "
            f"unseen below {half} points for half of them, below {worst} at worst"
        )
    return (
        f"The other {left['parameter'].nunique()} numbers were not chosen for this list, or showed no more than "
        f"noise{unseen}. They are not shown to matter less than the last of the list. influence.csv holds all. "
        "K… and DER… are rows of the study's catalogue, X… of outside "
        "evidence."
    )
