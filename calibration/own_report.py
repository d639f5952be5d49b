"""A refit to a reader's own study: run from its file, told in tables, written as a parameter set."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from calibration.outputs import check_out
from calibration.own_data import load_own_data
from calibration.own_fit import Progress, Refit, refit
from calibration.own_targets import NORMAL_975, Target, off_scale, on_scale
from simulator.parameters import ParameterSet
from simulator.posterior import Posterior
from simulator.report.style import plain
from simulator.report.text import aligned, filled, text_width
from simulator.store.files import json_bytes, write_whole

ROUGH = 0.3  # standard errors: adds 4 % to the spread of a target
MOVED = ("prior_mean", "prior_sd", "posterior_mean", "posterior_sd")


def calibrate_to(
    file: str | Path,
    out: Path,
    point: ParameterSet,
    posterior: Posterior,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Refit:
    """Refit the chosen parameters of a study file and write the parameter set to `out` (.json).

    ScenarioError or ParameterError carries every fault before anything is simulated.
    """
    check_out(out)
    found = refit(load_own_data(file, posterior), point, posterior, workers, progress)
    data = parameter_file(found, point, posterior, out.stem)
    write_whole(out, lambda file: file.write(json_bytes(data)))
    return found


def parameter_file(found: Refit, point: ParameterSet, posterior: Posterior, name: str) -> dict[str, Any]:
    """The set as `load_parameters` reads it: the chosen values move, with origin and 95 % range; the rest stays."""
    title = found.data.study.head.title
    form = point.as_file() | {"id": name, "title": f"{point.id}, refitted to: {title}"}
    low, high = intervals(found)
    for at, key in enumerate(found.names):
        form["parameters"][key] = {
            "value": float(f"{found.values[at]:.5g}"),
            "low": float(f"{low[at]:.5g}"),
            "high": float(f"{high[at]:.5g}"),
            "kind": "fitted",
            "origin": f"refitted to: {title}; prior: {posterior.id} (mean {found.prior_values[at]:.4g})",
        }
    return form | {"fit": as_json(found)}


def intervals(found: Refit) -> tuple[np.ndarray, np.ndarray]:
    """95 % of each refitted parameter, natural units (p,)."""
    half = NORMAL_975 * np.sqrt(np.diag(found.covariance))
    return found.to_natural(found.mean - half), found.to_natural(found.mean + half)


def as_json(found: Refit) -> dict[str, Any]:
    """What moved and how the targets are met, for programs."""
    prior_sd, sd = np.sqrt(np.diag(found.prior_covariance)), np.sqrt(np.diag(found.covariance))
    low, high = intervals(found)
    return {
        "study": found.data.study.name,
        "n": found.data.study.patients,
        "parameters": {
            name: {
                "scale": found.scales[at],
                "prior_mean": float(found.prior_mean[at]),
                "prior_sd": float(prior_sd[at]),
                "posterior_mean": float(found.mean[at]),
                "posterior_sd": float(sd[at]),
                "shift_in_prior_sd": float(found.shifts[at]),
                "prior_value": float(found.prior_values[at]),
                "value": float(found.values[at]),
                "low": float(low[at]),
                "high": float(high[at]),
            }
            for at, name in enumerate(found.names)
        },
        "targets": [
            {
                "target": one.label,
                "reported": one.reported,
                "before": off_scale(one, float(found.before[at])),
                "after": off_scale(one, float(found.after[at])),
                "z_before": z_of(found, at, found.before),
                "z_after": z_of(found, at, found.after),
            }
            for at, one in enumerate(found.targets)
        ],
        "misfit": {"before": found.misfit_before, "after": found.misfit_after, "targets": len(found.targets)},
        "emulator_error": found.emulator_error,
    }


def z_of(found: Refit, at: int, simulated: np.ndarray) -> float:
    """(reported - simulated) in standard errors of one target alone."""
    one = found.targets[at]
    return float((on_scale(one, one.reported) - simulated[at]) / found.standard_errors[at])


def described(found: Refit, width: int | None = None) -> str:
    """For the terminal."""
    width, told = text_width(width), as_json(found)
    study = found.data.study
    moved = [
        [name, one["scale"], *(f"{one[key]:.3g}" for key in MOVED),
         f"{one['shift_in_prior_sd']:+.2f}", f"{one['value']:.4g}"]
        for name, one in told["parameters"].items()
    ]  # fmt: skip
    met = [
        [one["target"], *(_shown(found.targets[at], one[key]) for key in ("reported", "before", "after")),
         plain(one["z_before"], 2, sign=True), plain(one["z_after"], 2, sign=True)]
        for at, one in enumerate(told["targets"])
    ]  # fmt: skip
    heads = ["Parameter", "Scale", "prior\nmean", "SD", "refitted\nmean", "SD", "shift,\nprior SDs", "value"]
    words = (
        f"Joint misfit of {len(met)} targets (squared, in units of their sampling covariance): "
        f"{found.misfit_before:.1f} before, {found.misfit_after:.1f} after. The linear emulator misses "
        f"held-out evaluations by {found.emulator_error:.2f} standard errors. "
        "All other parameters stay as they were."
    )
    return "\n".join(
        [
            f"{study.head.title} (n = {study.patients})",
            "",
            aligned(heads, moved, width),
            "",
            aligned(["Target", "reported", "before", "after", "z before", "z after"], met, width),
            "",
            *filled(words, width).splitlines(),
            *(line for one in cautions(found) for line in filled(f"Caution: {one}.", width).splitlines()),
        ]
    )


def _shown(target: Target, value: float) -> str:
    """A natural value in the target's unit."""
    if target.kind in ("survival", "share"):
        return f"{100.0 * value:.1f} %"
    return f"{value:.1f}" if math.isfinite(value) else "NR"


def cautions(found: Refit) -> list[str]:
    """What a reader should know before using the refitted set."""
    sd = np.sqrt(np.diag(found.covariance) / np.diag(found.prior_covariance))
    told = [
        f"{name} moved by {shift:+.1f} prior SDs: this study disagrees with the cohorts behind the prior"
        for name, shift in zip(found.names, found.shifts, strict=True)
        if abs(shift) > 2.0
    ]
    told += [
        f"{name} is {one:.0%} as wide as before: this study says little about it"
        for name, one in zip(found.names, sd, strict=True)
        if one > 0.8
    ]
    if found.emulator_error > ROUGH:
        told.append("the targets are not linear in the parameters near the answer: the SDs are rough")
    return told
