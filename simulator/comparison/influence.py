"""How much the main difference rests on each number: the same patients again, with one parameter moved at a time.

Every parameter with a range is set to its low and to its high end, all others held, and nothing is fitted again.
Patients keep their luck, so that a change is that of the number and not of chance. The first SCREENED patients are
lived under every parameter; the most influential numbers are then measured in the next MEASURED patients, who had no
part in choosing them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from simulator.comparison.differences import reference_of
from simulator.comparison.quantities import NORMAL_975
from simulator.counts import BINS_PER_GROUP_BIN, REPLICATE_GROUPS
from simulator.endpoints import BINS_PER_MONTH, Endpoint
from simulator.parameters import ParameterSet, load_parameters
from simulator.runner import Kernel, Progress, kernel_of, run_range, usable_cores, workspace_of
from simulator.scenario import Scenario

SCREENED = 800
MEASURED = 4_000
CLOSER = {"evidence": 12, "fitted": 6}  # how many of each kind are measured in the second set of patients
INFLUENCE_COLUMNS = (
    "parameter", "kind", "low", "high", "arm", "shift_low", "shift_high", "change", "mc_se", "patients",
    "screened_only",
)  # fmt: skip

Rows = dict[str, list[dict[str, Any]]]
"""Parameter -> its rows, one an arm."""


class Leading(NamedTuple):
    """The difference that leads a report: an endpoint from day 1, at one of the report months."""

    endpoint: str
    month: int


def leading(scenario: Scenario) -> Leading | None:
    """OS, else EFS, at the report month nearest 36; None where the scenario asks for neither."""
    endpoint = next((name for name in ("os", "efs") if name in scenario.endpoints), None)
    month = min(sorted(scenario.report_months), key=lambda month: abs(month - 36))
    return None if endpoint is None else Leading(endpoint, month)


def influence(scenario: Scenario, *, workers: int | None = None, progress: Progress | None = None) -> pd.DataFrame:
    """One row a parameter and arm, the most influential parameter first.

    `shift_low`, `shift_high`: by how much the leading difference (share of patients) moves when the parameter goes to
    that end; `change` = shift_high - shift_low with its Monte Carlo standard error, in so many `patients`. Rows with
    `screened_only` = 1 were not chosen for the second set; they have a larger error and come last.
    """
    main, parameters = leading(scenario), load_parameters(scenario.parameters)
    names = [name for name, origin in parameters.origins.items() if origin.low < origin.high]
    if main is None:
        return pd.DataFrame(columns=list(INFLUENCE_COLUMNS))
    kernel, arms = kernel_of(scenario), [arm.name for arm in scenario.arms if arm.name != scenario.reference]
    first = range(min(SCREENED, scenario.patients))
    second = range(len(first), len(first) + min(MEASURED, scenario.patients))
    steps = len(names) + sum(CLOSER.values())

    def moved(who: Sequence[str], patients: range, before: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Each parameter with its shifts at low and high: (arms, groups), in patients."""
        base = _gains(scenario, kernel, main, patients)
        ends = [(parameters.origins[name].low, parameters.origins[name].high) for name in who]
        pool = Parallel(n_jobs=workers or usable_cores(), backend="threading", return_as="generator")
        work = delayed(_at_both_ends)
        found = pool(work(scenario, kernel, main, patients, name, each) for name, each in zip(who, ends, strict=True))
        for done, (name, (low, high)) in enumerate(zip(who, found, strict=True), before + 1):
            if progress:
                progress(done, steps)
            yield name, low - base, high - base

    rows = _rows(moved(names, first, 0), parameters, arms, len(first))
    chosen = _closer(rows)
    rows |= _rows(moved(chosen, second, len(names)), parameters, arms, len(second))
    order = sorted(_by_influence(rows), key=lambda name: name not in chosen)
    listed = [row | {"screened_only": int(name not in chosen)} for name in order for row in rows[name]]
    return pd.DataFrame(listed, columns=list(INFLUENCE_COLUMNS))


def distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows whose change, measured in the second set of patients, is more than Monte Carlo noise at 95 %."""
    return frame[~frame["screened_only"].astype(bool) & (frame["change"].abs() > NORMAL_975 * frame["mc_se"])]


def _gains(scenario: Scenario, kernel: Kernel, main: Leading, patients: range) -> np.ndarray:
    """Patients alive (event-free) at the month in each arm minus those in the reference: (arms, groups)."""
    space = workspace_of(scenario)
    run_range(kernel, space, patients.start, patients.stop)
    last = main.month * BINS_PER_MONTH // BINS_PER_GROUP_BIN
    events = space.counts.groups[:, Endpoint[main.endpoint.upper()], :, : last + 1].sum(axis=2, dtype=np.int64)
    reference = reference_of(scenario)
    return np.delete(events[reference] - events, reference, axis=0)


def _at_both_ends(
    scenario: Scenario, kernel: Kernel, main: Leading, patients: range, name: str, ends: tuple[float, float]
) -> list[np.ndarray]:
    found = []
    for end in ends:
        record = kernel.parameters.copy()
        # an arm that states the number itself keeps it: that is what it is about
        stated = [name in arm.parameters for arm in scenario.arms] if len(record) > 1 else [False]
        record[name] = np.where(stated, record[name], end)
        found.append(_gains(scenario, kernel._replace(parameters=record), main, patients))
    return found


def _rows(
    moved: Iterator[tuple[str, np.ndarray, np.ndarray]], parameters: ParameterSet, arms: list[str], n: int
) -> Rows:
    """The rows of each parameter, one an arm."""
    found: Rows = {}
    for name, low, high in moved:
        origin = parameters.origins[name]
        head = {"parameter": name, "kind": origin.kind, "low": origin.low, "high": origin.high}
        found[name] = [
            head
            | {
                "arm": arm,
                "shift_low": int(low[k].sum()) / n,
                "shift_high": int(high[k].sum()) / n,
                "change": int((high[k] - low[k]).sum()) / n,
                "mc_se": _standard_error(high[k] - low[k], n),
                "patients": n,
            }
            for k, arm in enumerate(arms)
        ]
    return found


def _standard_error(groups: np.ndarray, n: int) -> float:
    """Of a mean over n patients, from its sums in the replicate groups."""
    return math.sqrt(REPLICATE_GROUPS * float(np.var(groups, ddof=1))) / n


def _closer(rows: Rows) -> list[str]:
    """The most influential of the numbers from evidence or assumption, and of the fitted ones."""
    order = _by_influence(rows)
    fitted = [name for name in order if rows[name][0]["kind"] == "fitted"]
    others = [name for name in order if name not in set(fitted)]
    return others[: CLOSER["evidence"]] + fitted[: CLOSER["fitted"]]


def _by_influence(rows: Rows) -> list[str]:
    """Names by their largest change in any arm."""
    return sorted(rows, key=lambda name: (-max(abs(row["change"]) for row in rows[name]), name))
