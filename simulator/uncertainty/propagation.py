"""From posterior draws to OS: every arm under every draw, by kind of uncertainty, on the same patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.endpoints import BINS_PER_MONTH, Endpoint
from simulator.posterior import Floats, Posterior
from simulator.runner import Progress, run
from simulator.scenario import Scenario
from simulator.uncertainty.kinds import JOINT, centre_of, values_by_kind
from simulator.uncertainty.lives import Shifts, at_centre, shifts_of
from simulator.uncertainty.spread import FEWEST, Spread, patients_needed, spread_of

DRAWS = 400
PILOT_DRAWS = 40


@dataclass(frozen=True)
class Propagated:
    """OS of A arms at `months` (M,) under K draws.

    `centre` (A, M): OS with all parameters at their posterior means, in all patients of the scenario. `shifts`: kind ->
    (K, A, M, G) patients more alive than there among the `patients` of each draw, by group. `rows` (K,): which draws.
    """

    scenario: Scenario
    posterior: Posterior
    rows: np.ndarray
    patients: int
    months: tuple[int, ...]
    centre: Floats
    shifts: Mapping[str, Shifts]

    @property
    def names(self) -> list[str]:
        """Of the arms."""
        return [arm.name for arm in self.scenario.arms]

    def os(self, kind: str, arm: int, month: int) -> Spread:
        """OS of an arm over the draws."""
        return spread_of(self.shares(kind, month)[:, arm], float(self.centre_at(month)[arm]))

    def difference(self, kind: str, arm: int, reference: int, month: int) -> Spread:
        """The difference in OS between two arms over the draws."""
        shares, centre = self.shares(kind, month), self.centre_at(month)
        return spread_of(shares[:, arm] - shares[:, reference], float(centre[arm] - centre[reference]))

    def centre_at(self, month: int) -> Floats:
        """(A,) OS at the centre of the draws."""
        return self.centre[:, self.months.index(month)]

    def shares(self, kind: str, month: int) -> Floats:
        """Shifts (K, A, G) in shares of patients."""
        shifts = self.shifts[kind]
        return shifts[:, :, self.months.index(month)] * (shifts.shape[-1] / self.patients)


def propagate(
    scenario: Scenario,
    posterior: Posterior,
    *,
    draws: int,
    months: Sequence[int] | None = None,
    month: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Propagated:
    """Live every arm under `draws` draws of the posterior, and once, in all patients, at their centre.

    `months` (default: every month to the horizon) are kept, `month` is the one by which patients a draw are chosen:
    so many that chance is a small share of the spread of the widest difference, as a pilot shows. Bytes do not depend
    on `workers`. `progress(done, all)` follows the draws.
    """
    rows, sets = posterior.spaced(draws), values_by_kind(posterior, draws)
    kept = tuple(months if months is not None else range(scenario.horizon_months + 1))
    centre = centre_of(posterior)
    pilot = sets[JOINT][np.linspace(0, draws - 1, min(draws, PILOT_DRAWS)).round().astype(int)]
    steps, done = len(pilot) + draws * len(sets), 0

    def lived(values: Floats, at: Sequence[int], patients: int) -> Shifts:
        nonlocal done
        before, done = done, done + len(values)
        told = None if progress is None else lambda k, _: progress(before + k, steps)
        return shifts_of(scenario, posterior.names, values, centre, at, patients, workers, told)

    reference = [arm.name for arm in scenario.arms].index(scenario.reference)
    tried = lived(pilot, [month], FEWEST)[:, :, 0].astype(float)
    against = np.delete(tried - tried[:, [reference]], reference, axis=1)
    patients = patients_needed(against if against.size else tried, FEWEST)
    shifts = {kind: lived(values, kept, patients) for kind, values in sets.items()}
    counts = run(at_centre(scenario, posterior.names, centre), workers=workers)
    dead = np.cumsum(counts.events[:, Endpoint.OS], axis=1)[:, np.array(kept) * BINS_PER_MONTH]
    return Propagated(scenario, posterior, rows, patients, kept, 1.0 - dead / scenario.patients, shifts)
