"""The reproduction of a study that is kept with a parameter set, for reports: `python -m calibration.kept` renews it.

It is `rows.json` of `allpath reproduce`, with the hash of the parameter set that it was made with.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from simulator.parameters import PARAMETERS_FOLDER

FOLDER = Path(__file__).parent / "reproductions"
RESULTS = Path(__file__).resolve().parent.parent / "results"


def kept_reproduction(parameter_set: str) -> dict[str, Any] | None:
    """What is kept with a shipped parameter set; None without one, or when the set's numbers have changed since."""
    path = FOLDER / f"{parameter_set}.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if found["parameters_sha256"] == _hash(parameter_set) else None


def keep(rows: Path) -> Path:
    """Keep the `rows.json` of a reproduction with the parameter set that it names."""
    found = json.loads(rows.read_text(encoding="utf-8"))
    path = FOLDER / f"{found['parameter_set']}.json"
    data = {"parameters_sha256": _hash(found["parameter_set"])} | found
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return path


def _hash(parameter_set: str) -> str:
    return hashlib.sha256((PARAMETERS_FOLDER / f"{parameter_set}.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    print(keep(RESULTS / "kantarjian-2023" / "rows.json"))
