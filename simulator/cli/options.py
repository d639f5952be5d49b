"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("results") / "runs"
ANSWER = "answer.txt"

ScenarioArgument = Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.")]
Patients = Annotated[
    int | None, typer.Option("--patients", metavar="N", help="Patients per arm, instead of the file's.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="64-bit seed, instead of the file's.")]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help="Threads; results never depend on it.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. arms.sct.transplant.max_age_years=60."),
]
Events = Annotated[
    int | None,
    typer.Option("--events", metavar="N", min=1, help="Store the event log of the first N patients: events.parquet."),
]
PatientTables = Annotated[
    int | None,
    typer.Option("--patient-tables", metavar="N", min=1, help="Store the first N patients: patients_<arm>.parquet."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the machine-readable form and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Folder for the results.")]
