"""Patient tables and event logs as Parquet, in blocks of lives: memory does not grow with the number of patients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.parquet import parquet_file
from simulator.runner import LIVES_PER_BLOCK, Progress
from simulator.scenario import Scenario
from simulator.trajectory.columns import PATIENT_COLUMNS
from simulator.trajectory.event_log import event_logs
from simulator.trajectory.patients import lives, table_of
from simulator.trajectory.transitions import EVENT_COLUMNS, transition_rows

PATIENTS, EVENTS = "patients", "events"
EVENTS_FILE = "events.parquet"


def patients_file(arm: str) -> str:
    """Name of the patient table of an arm."""
    return f"{PATIENTS}_{arm}.parquet"


def write_patient_tables(
    folder: Path | str, scenario: Scenario, n: int, progress: Progress | None = None
) -> list[Path]:
    """patients_<arm>.parquet for every arm: the first n patients (at most the scenario's), by number."""
    n, paths, written = min(n, scenario.patients), [], 0
    for arm in scenario.arms:
        path = Path(folder) / patients_file(arm.name)
        with parquet_file(path, PATIENT_COLUMNS, _about(scenario, PATIENTS, n) | {"arm": arm.name}) as add:
            for first in range(0, n, LIVES_PER_BLOCK):
                table = lives(scenario, arm.name, min(LIVES_PER_BLOCK, n - first), first)
                add(table_of(table, scenario.horizon_months))
                written += len(table)
                if progress:
                    progress(written, n * len(scenario.arms))
        paths.append(path)
    return paths


def write_events(folder: Path | str, scenario: Scenario, n: int, progress: Progress | None = None) -> Path:
    """events.parquet: the first n patients (at most the scenario's) under every arm, one row per transition at risk.

    Arms in the scenario's order, within an arm by id, entry and transition.
    """
    n, written = min(n, scenario.patients), 0
    path = Path(folder) / EVENTS_FILE
    with parquet_file(path, EVENT_COLUMNS, _about(scenario, EVENTS, n)) as add:
        for arm in scenario.arms:
            for frame in event_rows(scenario, arm.name, n):
                add(frame)
                written += int(frame["id"].nunique())
                if progress:
                    progress(written, n * len(scenario.arms))
    return path


def event_rows(scenario: Scenario, arm: str, n: int) -> Iterator[pd.DataFrame]:
    """The long format of patients 0 .. n - 1 under one arm, block by block."""
    horizon_days = float(edge_days(scenario.horizon_months * BINS_PER_MONTH))
    for log in event_logs(scenario, arm, n):
        yield transition_rows(log, arm, horizon_days)


def _about(scenario: Scenario, holds: str, n: int) -> dict[str, str]:
    """What the file says of itself."""
    return {
        "holds": holds,
        "scenario": scenario.name,
        "seed": str(scenario.seed),
        "patients": str(n),
        "parameter_set": scenario.parameters,
        "horizon_months": str(scenario.horizon_months),
        "arms": " ".join(arm.name for arm in scenario.arms),
    }
