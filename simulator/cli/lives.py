"""Patients and events on request: `--patient-tables N` and `--events N` of a command that fills a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cli.terminal import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario import Scenario


def check_place(nowhere: bool, events: int | None, patient_tables: int | None) -> None:
    """Before simulating: both options need a folder to write to; ScenarioError."""
    from simulator.scenario import Fault, ScenarioError

    asked = {"--events": events, "--patient-tables": patient_tables}
    faults = [Fault(option, what="needs --out beside --json") for option, n in asked.items() if n is not None]
    if nowhere and faults:
        raise ScenarioError(faults)


def write_lives(folder: Path, scenario: Scenario, events: int | None, patient_tables: int | None) -> None:
    """What was asked for, into a finished run folder; the same bytes whenever it is asked for again."""
    if events is None and patient_tables is None:
        return
    from simulator.store import FolderError
    from simulator.trajectory import write_events, write_patient_tables

    try:
        if patient_tables is not None:
            with Progress("patient tables", "lives") as progress:
                write_patient_tables(folder, scenario, patient_tables, progress)
        if events is not None:
            with Progress("event log", "lives") as progress:
                write_events(folder, scenario, events, progress)
    except OSError as error:
        raise FolderError(f"{folder}: cannot be written: {error.strerror or error}") from None
