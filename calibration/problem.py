"""Everything a refit needs, in one small file: priors, targets, spread and emulator of a calibrated set.

Kept as `scenarios/posterior/<id>.npz`, written by `allpath posterior` beside the draws.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from calibration.emulator import Emulator
from calibration.priors import Prior, priors
from calibration.spread import Spread
from calibration.targets import FILE, Target, load_targets
from scenarios import FOLDER
from simulator.parameters import ParameterError, ParameterSet, load_parameters
from simulator.posterior import fingerprint
from simulator.store.files import write_whole

Floats = NDArray[np.float64]

POSTERIORS = FOLDER / "posterior"


@dataclass(frozen=True)
class Problem:
    """P parameters, T targets. `x` (P,): where the emulator is centred, the greatest posterior density found.

    `about`: parameter set, studies, seeds, hashes and the emulator's held-out errors.
    """

    parameters: ParameterSet
    priors: tuple[Prior, ...]
    targets: tuple[Target, ...]
    spread: Spread
    emulator: Emulator
    about: dict[str, Any]

    @property
    def x(self) -> Floats:
        """Where the emulator is centred."""
        return self.emulator.centre

    def index(self, target: str) -> int:
        """Column of a target by its id."""
        return next(i for i, one in enumerate(self.targets) if one.id == target)


def save_problem(problem: Problem, path: Path) -> None:
    """Write it whole."""
    emulator = {f"emulator_{one.name}": getattr(problem.emulator, one.name) for one in fields(Emulator)}
    about = json.dumps(problem.about)
    spread = {f"spread_{one.name}": getattr(problem.spread, one.name) for one in fields(Spread)}
    write_whole(path, lambda file: np.savez_compressed(file, about=about, **emulator, **spread))


def problem_path(name_or_path: str | Path) -> Path:
    """Of a shipped id, of an .npz, or of the draws (.parquet) that lie beside one."""
    path = Path(name_or_path)
    if path.suffix in (".npz", ".parquet"):
        return path.with_suffix(".npz")
    return POSTERIORS / f"{name_or_path}.npz"


def load_problem(name_or_path: str | Path) -> Problem:
    """By id (shipped) or path; `ParameterError` if the parameter set or the targets have changed since."""
    path = problem_path(name_or_path)
    if not path.is_file():
        shipped = ", ".join(sorted(one.stem for one in POSTERIORS.glob("*.npz")))
        raise ParameterError([f"{name_or_path}: no such posterior, allowed {shipped} or a file of `allpath posterior`"])
    try:
        with path.open("rb") as file, np.load(file) as stored:
            kept = {name: stored[name] for name in stored.files}
        about = json.loads(str(kept["about"]))
        emulator = Emulator(*(kept[f"emulator_{one.name}"] for one in fields(Emulator)))
        spread = Spread(**{one.name: kept[f"spread_{one.name}"] for one in fields(Spread)})
        parameter_set, studies = about["parameter_set"], about["studies"]
        made_for = [about[key] for key in ("parameter_values", "targets", "parameters")]
    except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError):
        raise ParameterError([f"{path.name}: cannot be read; `allpath posterior` writes it"]) from None
    parameters = load_parameters(parameter_set)
    targets = load_targets(studies)
    faults = []
    if fingerprint(parameters) != made_for[0]:
        faults.append(f"{path.name}: made for other values of {parameters.id}; run `allpath posterior` again")
    if [one.id for one in targets] != made_for[1]:
        faults.append(f"{path.name}: made for other targets than those of {FILE.name}; run `allpath posterior` again")
    found = priors(parameters)
    if [one.name for one in found] != made_for[2]:
        faults.append(f"{path.name}: made for other parameters than those of {parameters.id}")
    if faults:
        raise ParameterError(faults)
    return Problem(parameters, found, targets, spread, emulator, about)
