"""The outputs of a comparison of wards; every byte depends on run.json only."""

from __future__ import annotations

from pathlib import Path

from simulator.store import SUMMARY, write_csv, write_json
from simulator.ward.answer import answer
from simulator.ward.comparison import WardComparison
from simulator.ward.figures import write_figures

FRAMES = ("estimates", "differences", "months", "waits", "survival")
ANSWER = "answer.txt"


def write_wards(folder: Path, comparison: WardComparison) -> None:
    """Tables, figures, summary and answer into a folder that is there."""
    write_json(folder / SUMMARY, comparison.summary)
    for name in FRAMES:
        write_csv(folder / f"{name}.csv", getattr(comparison, name))
    (folder / ANSWER).write_text(answer(comparison, width=110), encoding="utf-8")
    write_figures(comparison, folder)
