"""The run folder of a comparison of wards: written whole or not at all; every byte depends on run.json only."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from simulator.store import RUN, SUMMARY, check_writable, identity, write_csv, write_json
from simulator.ward.answer import answer
from simulator.ward.comparison import WardComparison
from simulator.ward.figures import write_figures

FRAMES = ("estimates", "differences", "months", "waits", "survival")
ANSWER = "answer.txt"


def write_wards(folder: Path, comparison: WardComparison) -> None:
    """Tables, figures, summary and answer, in a sibling folder first, which then takes the name."""
    check_writable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write_json(temporary / RUN, identity(comparison.scenario))
        write_json(temporary / SUMMARY, comparison.summary)
        for name in FRAMES:
            write_csv(temporary / f"{name}.csv", getattr(comparison, name))
        (temporary / ANSWER).write_text(answer(comparison, width=110), encoding="utf-8")
        write_figures(comparison, temporary)
        os.chmod(temporary, 0o755)  # mkdtemp makes private folders
        if folder.is_dir():
            folder.rmdir()  # empty, or it would have been refused before the run
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
