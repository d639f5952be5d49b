"""Landmark comparison: those still event-free at a chosen time, grouped by a treatment on the way.

Sources: Anderson, Cain & Gelber 1983 (status at the landmark); the ever-status form is what some papers
print.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.estimators.cox import CoxFit, cox
from simulator.estimators.logrank import LogRank, logrank


class LandmarkSet(NamedTuple):
    """The m patients kept: ``kept`` (m,) indices into the input, the rest (m,) for the other estimators."""

    kept: NDArray[np.intp]
    durations: NDArray[np.float64]
    events: NDArray[np.bool_]
    treated: NDArray[np.bool_]


class LandmarkComparison(NamedTuple):
    """Patients per group, log-rank (z > 0: more events among the treated) and Cox on ``treated`` alone."""

    n_untreated: int
    n_treated: int
    logrank: LogRank
    cox: CoxFit


def landmark_set(
    durations: ArrayLike,
    events: ArrayLike,
    treatment_times: ArrayLike,
    landmark: float,
    *,
    origin: Literal["start", "landmark"],
    status: Literal["at_landmark", "ever"],
) -> LandmarkSet:
    """Keep patients with follow-up beyond ``landmark``; all arguments (n,), one unit, treatment inf = never.

    ``origin`` "start" keeps the durations, "landmark" subtracts the landmark; the log-rank and Cox do not
    change, a printed "2-year survival" does.
    ``status`` "at_landmark": treated means treated at or before the landmark. Nothing after the landmark is
    used, so there is no immortal time.
    ``status`` "ever": treated means treated at any time before follow-up ended. **Immortal-time prone**: a
    patient treated after the landmark had to live until then, and that time counts for the treated group. It
    is here only to print what papers print.

    Errors: ValueError when lengths differ, a duration is not finite or >= 0, a treatment time is NaN, or the
    landmark is negative.
    """
    durations = np.asarray(durations, dtype=float)
    events = np.asarray(events, dtype=bool)
    treatment_times = np.asarray(treatment_times, dtype=float)
    if not durations.shape == events.shape == treatment_times.shape:
        raise ValueError("durations, events and treatment times differ in length")
    if not np.all((durations >= 0) & (durations < np.inf)):
        raise ValueError("durations must be finite and not negative")
    if np.any(np.isnan(treatment_times)):
        raise ValueError("a treatment that never happens is inf, not NaN")
    if not landmark >= 0:
        raise ValueError("the landmark must not be negative")
    if origin not in ("start", "landmark") or status not in ("at_landmark", "ever"):
        raise ValueError("origin is 'start' or 'landmark', status is 'at_landmark' or 'ever'")
    # Strictly beyond: an event on the landmark itself is not after it, and a censoring there adds nothing.
    kept = np.flatnonzero(durations > landmark)
    limit = landmark if status == "at_landmark" else durations[kept]
    shift = landmark if origin == "landmark" else 0.0
    return LandmarkSet(kept, durations[kept] - shift, events[kept], treatment_times[kept] <= limit)


def compare_at_landmark(
    durations: ArrayLike,
    events: ArrayLike,
    treatment_times: ArrayLike,
    landmark: float,
    *,
    status: Literal["at_landmark", "ever"],
) -> LandmarkComparison:
    """Log-rank and Cox of treated against untreated among those of ``landmark_set`` (same arguments, errors).

    With an empty group the log-rank is NaN and the Cox fit has ``converged`` False.
    """
    chosen = landmark_set(durations, events, treatment_times, landmark, origin="start", status=status)
    n_treated = int(chosen.treated.sum())
    test = logrank(chosen.durations, chosen.events, chosen.treated)
    treated = chosen.treated.astype(float)[:, None]
    fit = cox(np.zeros(chosen.kept.size), chosen.durations, chosen.events, treated)
    return LandmarkComparison(chosen.kept.size - n_treated, n_treated, test, fit)
