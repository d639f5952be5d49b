"""What posterior draws add to a comparison or a sweep; `uncertainty.add_uncertainty` works it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

FRAMES = ("uncertainty", "bands", "drivers", "information", "posterior_draws")


@dataclass(frozen=True)
class Uncertainty:
    """Three kinds of uncertainty of OS and of its differences, told apart; equal inputs give equal bytes.

    `summary`: the key `posterior` of summary.json. `uncertainty`: one row for each arm, quantity, report month and
    kind. `bands`: OS by month and kind. `drivers`: every parameter for the difference of each arm at the month of the
    decision. `information`: EVPI and EVPPI. `posterior_draws`: OS of each arm under each joint draw at that month.
    """

    summary: dict[str, Any]
    uncertainty: pd.DataFrame
    bands: pd.DataFrame
    drivers: pd.DataFrame
    information: pd.DataFrame
    posterior_draws: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {name: getattr(self, name) for name in FRAMES}
