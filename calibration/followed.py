"""Lives to the end of follow-up, as a study without other observation sees them. Never feeds back into the life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.summaries import Flags, Floats


@dataclass(frozen=True)
class Followed:
    """Lives (n,), each seen up to death or censoring `follow_up_days` after day 1; arrays (n,)."""

    lives: np.recarray
    follow_up_days: Floats
    dead: Flags

    def part(self, rows: slice | NDArray[np.int64] | Flags) -> Followed:
        """Some of the patients."""
        return Followed(self.lives[rows].view(np.recarray), self.follow_up_days[rows], self.dead[rows])

    def seen(self, day: Floats) -> Flags:
        """Whether what happened on `day` (NaN = never) was seen."""
        return day <= self.follow_up_days

    def first(self, *days: Floats) -> tuple[Floats, Flags]:
        """Day of the first of several events and death, or of the end of follow-up; whether it was an event."""
        event = np.fmin.reduce([*days, np.full(len(self.lives), np.inf)])
        return np.minimum(event, self.follow_up_days), self.dead | (event <= self.follow_up_days)


def followed(lives: np.recarray, censoring_days: Floats) -> Followed:
    """Lives (n,) censored `censoring_days` (n,) after day 1."""
    death = np.where(np.isnan(lives.death_day), np.inf, lives.death_day)
    return Followed(lives, np.minimum(death, censoring_days), death <= censoring_days)
