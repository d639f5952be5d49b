"""What a described study sees of a life: entry over the accrual, the data cut, loss to follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calibration.observe import observation_draws
from simulator.strategy import DAYS_PER_MONTH

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SHORTEST_MONTHS = 1e-3  # a patient seen for less than a minute still has a positive time at risk


@dataclass(frozen=True)
class Seen:
    """Lives (n,) with follow-up (n,) in months, to death or to the end of observation, and whether death was seen."""

    lives: np.recarray
    follow_up_months: Floats
    dead: Flags

    def part(self, rows: slice | NDArray) -> Seen:
        """Some of the patients."""
        return Seen(self.lives[rows].view(np.recarray), self.follow_up_months[rows], self.dead[rows])

    def by_now(self, day: Floats) -> Flags:
        """Whether a day of the life (NaN = never) had come while the patient was observed."""
        return np.asarray(day <= self.follow_up_months * DAYS_PER_MONTH)

    @cached_property
    def _blinatumomab_first(self) -> Flags:
        """Whether blinatumomab alone is the first line of the strategy."""
        p = self.lives
        return np.asarray((p.blinatumomab_line >= 0) & (p.blinatumomab_line < p.protocol_line))

    @cached_property
    def remission_day(self) -> Floats:
        """Remission in the first line of the strategy; NaN = none. Day 1 for who entered in it."""
        return np.where(self._blinatumomab_first, self.lives.antibody_remission_day, self.lives.remission_day)

    @cached_property
    def relapse_day(self) -> Floats:
        """The end of that remission by morphologic relapse; NaN = none."""
        failure = np.where(np.isnan(self.remission_day), np.nan, self.lives.antibody_failure_day)
        return np.where(self._blinatumomab_first, failure, self.lives.relapse_day)

    @cached_property
    def refractory_day(self) -> Floats:
        """First line given up without remission; NaN = not."""
        failure = np.where(np.isnan(self.remission_day), self.lives.antibody_failure_day, np.nan)
        return np.where(self._blinatumomab_first, failure, self.lives.refractory_day)

    @cached_property
    def responder(self) -> Flags:
        """In remission in the first line of the strategy, seen."""
        return self.by_now(self.remission_day)

    @cached_property
    def mrd_negative(self) -> Flags:
        """A responder with an MRD-negative marrow, ever in that line."""
        negative = np.where(
            self._blinatumomab_first, self.lives.antibody_mrd_negative == 1, self.by_now(self.lives.mrd_negative_day)
        )
        return self.responder & negative


def see(lives: np.recarray, shortest_months: float, longest_months: float, lost_per_year: float) -> Seen:
    """Lives (n,) under observation: a cut even between the two, and exponential loss."""
    u = observation_draws(np.uint64(lives.seed[0]), lives.id)
    cut = shortest_months + u[:, 0] * (longest_months - shortest_months)
    with np.errstate(divide="ignore"):
        lost = np.log1p(-u[:, 1]) / np.log1p(-lost_per_year) * 12.0 if lost_per_year else np.inf
    death = np.where(np.isnan(lives.death_day), np.inf, lives.death_day) / DAYS_PER_MONTH
    censored = np.minimum(cut, lost)
    return Seen(lives, np.maximum(np.minimum(death, censored), SHORTEST_MONTHS), death <= censored)


def censored_by(seen: Seen, months: Floats, share: Floats, longest_months: float) -> Seen:
    """The same lives, censored as numbers at risk say: `share` (r,) still under observation at `months` (r,).

    Who is left at the last of them is seen until the longest follow-up.
    """
    u = 1.0 - observation_draws(np.uint64(seen.lives.seed[0]), seen.lives.id)[:, 0]
    # the observation ends when the share falls below u; flat steps are made to fall by nothing that matters
    falling = share - 1e-9 * np.arange(len(share))
    censored = np.interp(-u, -falling, months)
    censored = np.where(u < falling[-1], longest_months, censored)
    death = np.where(np.isnan(seen.lives.death_day), np.inf, seen.lives.death_day) / DAYS_PER_MONTH
    return Seen(seen.lives, np.maximum(np.minimum(death, censored), SHORTEST_MONTHS), death <= censored)
