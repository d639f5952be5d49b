"""Draws from the posterior of every uncertain parameter, given all targets: `allpath posterior`.

Every parameter with a range varies, not only the fitted ones: the draws hold what the evidence leaves open as well as
what it pins down. The likelihood is emulated (`emulation`), sampled (`sampling`) and checked: draws are simulated
again, and their overall survival at 36 months under each regimen is compared with what the emulator said.

The file is a table of equally weighted draws, a column for each parameter in natural units, readable anywhere:

    draws = pandas.read_parquet("joint.parquet").set_index(["chain", "draw"])
    arviz.convert_to_inference_data(draws.to_xarray())
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.attribution import SAMPLED
from calibration.emulation import WAVES, emulated
from calibration.evaluations import Evaluations, Report
from calibration.fit import SEED, Say, chosen, journal_beside, search, targets_hash
from calibration.outputs import check_out
from calibration.priors import positions, priors
from calibration.problem import Problem, save_problem
from calibration.refit import refit
from calibration.sampling import crank_nicolson, effective_draws, log_density, r_hat
from calibration.targets import load_targets
from simulator.parameters import ParameterSet
from simulator.posterior import LEARNED, fingerprint
from simulator.store.files import write_whole

Floats = NDArray[np.float64]

REPLICATES = 300
JACOBIANS = 2
KEPT = 125  # draws of each chain
CHECKED = 100  # draws simulated again
SURVIVAL = ("K108", "K109")  # OS at 36 months of each regimen

# What changed together in the evidence, and the effect of a transplant that was chosen by what is not seen.
ATTRIBUTION = (
    *(name for name in SAMPLED if name != "sos_log_odds"),
    "uptake_log_odds_per_frailty",
    "transplant_log_factor",
)


def posterior(name: str, parameters: ParameterSet, out: Path, say: Say, progress: Report) -> dict[str, Any]:
    """Sample and write `out` (.parquet) and, beside it, the problem with its emulator (.npz); returns what is known."""
    begin = time.monotonic()
    check_out(out, ".parquet")
    studies, found = chosen(name), priors(parameters)
    targets = load_targets(study.name for study in studies)
    evaluations = Evaluations(studies, targets, parameters, found, REPLICATES, SEED, journal_beside(out))
    about: dict[str, Any] = {
        "id": out.stem,
        "parameter_set": parameters.id,
        "parameter_values": fingerprint(parameters),
        "studies": [study.name for study in studies],
        "targets": [one.id for one in targets],
        "parameters": [one.name for one in found],
        "targets_sha256": targets_hash(),
        "code_sha256": evaluations.identity()["code"],
        "seed": SEED,
    }
    everything = np.arange(len(found))
    start = np.clip(positions(found, parameters), -3.0, 3.0)
    best, wanted, spread = search(evaluations, start, everything, JACOBIANS, say, progress)
    problem = emulated(evaluations, spread, wanted, best, about, say, progress)
    say("sampling")
    laplace = refit(problem)
    chains, accepted = crank_nicolson(log_density(problem), laplace, SEED, progress=progress)
    diagnostics = {"accepted": round(accepted, 3), **checked(evaluations, problem, chains, say, progress)}
    minutes = (time.monotonic() - begin) / 60.0
    thinned = chains[:, np.linspace(0, chains.shape[1] - 1, KEPT).astype(int)]
    metadata = {key: about[key] for key in ("id", "parameter_set", "parameter_values", "seed", "targets_sha256")} | {
        "code_sha256": about["code_sha256"],
        "studies": about["studies"],
        "attribution": [key for key in ATTRIBUTION if key in about["parameters"]],
        "parameters": moved(problem, chains),
        "diagnostics": diagnostics | {"emulator": about["emulator"], "minutes": round(minutes, 1)},
    }
    write_draws(out, problem, thinned, metadata)
    save_problem(problem, out.with_suffix(".npz"))
    evaluations.journal.unlink(missing_ok=True)
    return metadata


def moved(problem: Problem, chains: Floats) -> dict[str, dict[str, Any]]:
    """Prior beside posterior of each parameter on its working scale, with R-hat and effective draws."""
    hats, draws = r_hat(chains), effective_draws(chains)
    mean, sd = chains.mean(axis=(0, 1)), chains.std(axis=(0, 1))
    return {
        one.name: {
            "prior_mean": one.mean,
            "prior_sd": one.sd,
            "scale": one.scale,
            "posterior_mean": one.mean + one.sd * float(mean[i]),
            "posterior_sd": one.sd * float(sd[i]),
            "shrinkage": 1.0 - float(sd[i]),
            "r_hat": round(float(hats[i]), 4),
            "ess": round(float(draws[i])),
            "origin": one.origin,
        }
        for i, one in enumerate(problem.priors)
    }


def checked(evaluations: Evaluations, problem: Problem, chains: Floats, say: Say, progress: Report) -> dict[str, Any]:
    """Effective draws of OS at 36 months under each regimen, and the emulator against draws simulated again."""
    rows = [problem.index(key) for key in SURVIVAL if key in problem.about["targets"]]
    flat = chains.reshape(-1, chains.shape[2])
    emulated_m = problem.emulator.predict(flat)[:, rows].reshape(*chains.shape[:2], len(rows))
    hats, draws = r_hat(emulated_m), effective_draws(emulated_m)
    say(f"simulating {CHECKED} draws again")
    picked = flat[np.linspace(0, len(flat) - 1, CHECKED).astype(int)]
    firsts = [evaluations.replicates * (sum(WAVES) + k + 1) for k in range(CHECKED)]  # patients of no other run
    simulated = evaluations.many(list(picked), firsts, progress)[:, rows]
    found: dict[str, Any] = {}
    for j, i in enumerate(rows):
        one = problem.targets[i]
        rates = np.array([one.natural(float(value)) for value in emulated_m[..., j].ravel()])
        again = np.array([one.natural(float(value)) for value in simulated[:, j]])
        gap = again - np.array([one.natural(float(value)) for value in problem.emulator.predict(picked)[:, i]])
        found[one.id] = {
            "mean_percent": round(float(rates.mean()), 2),
            "sd_percent": round(float(rates.std()), 2),
            "r_hat": round(float(hats[j]), 4),
            "ess": round(float(draws[j])),
            "simulated_again_minus_emulated_percent": round(float(gap.mean()), 3),
            "simulated_again_sd_percent": round(float(gap.std()), 3),
        }
    return {"os_36": found}


def write_draws(out: Path, problem: Problem, chains: Floats, metadata: dict[str, Any]) -> None:
    """Parquet: `chain`, `draw`, then the parameters in natural units; the schema's metadata holds the JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, length, _ = chains.shape
    columns: dict[str, Any] = {
        "chain": np.repeat(np.arange(count), length),
        "draw": np.tile(np.arange(length), count),
    }
    for i, one in enumerate(problem.priors):
        columns[one.name] = one.value(chains[:, :, i].ravel())
    table = pa.table(columns)
    table = table.replace_schema_metadata({b"allpath": json.dumps(metadata).encode()})
    write_whole(out, lambda file: pq.write_table(table, file))


def described(metadata: dict[str, Any]) -> str:
    """For the terminal."""
    told = metadata["parameters"]
    pinned = sum(one["shrinkage"] >= LEARNED for one in told.values())
    lines = [
        f"{len(told)} parameters, {pinned} of which the evidence narrows by at least {LEARNED:.0%}",
        f"R-hat at most {max(one['r_hat'] for one in told.values()):.3f}, "
        f"effective draws at least {min(one['ess'] for one in told.values()):,}",
    ]
    for key, one in metadata["diagnostics"]["os_36"].items():
        gap = one["simulated_again_minus_emulated_percent"]
        lines.append(
            f"OS at 36 months ({key}): {one['mean_percent']:.1f} % (SD {one['sd_percent']:.1f}), "
            f"{one['ess']:,} effective draws; simulated again {gap:+.2f} points"
        )
    return "\n".join(lines)
