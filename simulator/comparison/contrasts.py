"""What a paper would print of one arm: patients with SCT against those without, in three readings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from simulator.counts import Counts
from simulator.endpoints import BINS_PER_MONTH, LANDMARK_MONTHS
from simulator.estimators.intervals import wilson_interval
from simulator.scenario import Scenario

CONTRASTS = (
    ("naive", "responders, SCT ever v never, OS from day 1: immortal-time prone, not an effect"),
    (
        "published_landmark",
        "responders alive at 4 months, SCT ever (later too) v never: immortal-time prone, not an effect",
    ),
    (
        "true_landmark",
        "in remission by 4 months and alive then, SCT by then v not: confounded by selection, not an effect",
    ),
)  # fmt: skip
CONTRAST_COLUMNS = (
    "arm", "contrast", "label", "month", "n_sct", "survival_sct", "n_no_sct", "survival_no_sct", "difference",
    "low", "high",
)  # fmt: skip


def contrast_rows(scenario: Scenario, counts: Counts) -> Iterator[dict[str, Any]]:
    """What a reader of a paper would see in each arm: OS from day 1 with and without SCT."""
    if "os" not in scenario.endpoints:
        return
    for arm, name in enumerate(each.name for each in scenario.arms):
        for kind, (key, label) in enumerate(CONTRASTS):
            for month in scenario.report_months:
                strata = counts.strata[arm, kind]
                sizes = strata.sum(axis=1)
                alive = strata[:, month * BINS_PER_MONTH + 1 :].sum(axis=1)
                row: dict[str, Any] = {"arm": name, "contrast": key, "label": label, "month": month}
                for stratum, suffix in ((1, "sct"), (0, "no_sct")):
                    defined = sizes[stratum] > 0 and (key == "naive" or month >= LANDMARK_MONTHS)
                    value = alive[stratum] / sizes[stratum] if defined else math.nan
                    row |= {f"n_{suffix}": int(sizes[stratum]), f"survival_{suffix}": value}
                difference = row["survival_sct"] - row["survival_no_sct"]
                # Newcombe 1998, method 10: from the two Wilson intervals
                with_sct, without = (wilson_interval(alive[each], sizes[each]) for each in (1, 0))
                below = math.hypot(row["survival_sct"] - with_sct.lower, without.upper - row["survival_no_sct"])
                above = math.hypot(with_sct.upper - row["survival_sct"], row["survival_no_sct"] - without.lower)
                yield row | {"difference": difference, "low": difference - below, "high": difference + above}
