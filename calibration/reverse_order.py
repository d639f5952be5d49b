"""Wudhikarn 2022, the reverse order: four who received inotuzumab, then blinatumomab. Shown; never fitted or judged.

They are simulated with the case mix of the 25. Three of the four got blinatumomab in the remission that inotuzumab had
reached (W078); simulated patients get it when inotuzumab has failed, so the order is the same and its reason is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from calibration.both_antibodies import simulate_selected
from calibration.care import load_care
from calibration.catalogue import load_catalogue
from calibration.followed import Followed
from calibration.wudhikarn_2022 import CASE_MIX, STUDY

SIZE = 4  # W036
REGIMEN = "inotuzumab_then_blinatumomab"
FIRST_ID = 3 * 2**43  # beyond the other studies'


def trials(parameters: np.recarray, seed: int, first: int, count: int) -> list[dict[str, float]]:
    """Row id -> patients of the four, for each of `count` replicates from `first` on."""
    care = load_care(CASE_MIX, REGIMEN)
    seen = simulate_selected(care, SIZE, FIRST_ID, parameters, count, seed, first)
    return [counts(seen.part(slice(r * SIZE, (r + 1) * SIZE))) for r in range(count)]


def counts(o: Followed) -> dict[str, float]:
    """Remissions with inotuzumab, and deaths by the data cut."""
    return {
        "W078": float(np.count_nonzero(o.seen(o.lives.remission_day))),
        "W081": float(np.count_nonzero(o.dead)),
    }


def shown_rows(found: list[dict[str, float]]) -> list[dict[str, Any]]:
    """Printed and simulated, middle and 95 % of replicates."""
    catalogue = load_catalogue(STUDY)
    rows = []
    for key in found[0]:
        row, values = catalogue[key], [one[key] for one in found]
        low, high = np.percentile(values, [2.5, 97.5], method="nearest").tolist()
        rows.append(
            {
                "id": key,
                "regimen": "inotuzumab, then blinatumomab",
                "quantity": row.quantity,
                "unit": row.unit,
                "n": row.n,
                "published": row.value,
                "published_low": row.interval[0],
                "published_high": row.interval[1],
                "case_mix": "as the 25",
                "simulated": float(np.mean(values)),
                "predictive_low": low,
                "predictive_high": high,
            }
        )
    return rows


def shown_lines(rows: list[dict[str, Any]]) -> list[str]:
    """For the terminal."""
    return [
        "The reverse order, four patients (shown; never fitted, never judged): inotuzumab, blinatumomab at its failure",
        *(
            f"  {row['id']}  {row['quantity']:<24}published {row['published']:g} of {row['n']}   simulated "
            f"{row['simulated']:.1f} ({row['predictive_low']:.0f} to {row['predictive_high']:.0f})"
            for row in rows
        ),
    ]
