"""The outputs of a comparison of wards; every byte depends on run.json only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.store import SUMMARY, run_name, write_csv, write_json
from simulator.ward.answer import answer
from simulator.ward.comparison import WardComparison
from simulator.ward.figures import write_figures
from simulator.ward.report import write_report

FRAMES = ("estimates", "differences", "months", "waits", "survival")
ANSWER = "answer.txt"


def write_wards(folder: Path, comparison: WardComparison, identity: Mapping[str, Any]) -> None:
    """Tables, figures, summary, answer and report into a folder that is there; `identity` as in run.json."""
    write_json(folder / SUMMARY, comparison.summary)
    for name in FRAMES:
        write_csv(folder / f"{name}.csv", getattr(comparison, name))
    (folder / ANSWER).write_text(answer(comparison, width=110), encoding="utf-8")
    write_figures(comparison, folder)
    write_report(comparison, folder, identity, run_name(comparison.scenario.name, dict(identity)))
