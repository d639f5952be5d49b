"""The point fit of the parameter set to published studies, through their own estimators (indirect inference).

Only parameters whose origin is `fitted` move; those with a source or an assumption stay at their values here, and vary
in the posterior. The greatest posterior density is sought by Gauss-Newton steps on large pooled studies with common
random numbers; then the spread of the studies is estimated anew at the fit, and a last round of steps uses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.evaluations import Evaluations, Report
from calibration.likelihood import Likelihood, likelihood
from calibration.optimum import Optimum, optimum
from calibration.outputs import check_out
from calibration.priors import positions, priors, values
from calibration.spread import Spread, estimate_spread
from calibration.studies import STUDIES, Study
from calibration.targets import FILE, load_targets, published
from simulator.parameters import ParameterError, ParameterSet
from simulator.store.files import json_bytes, write_whole

Floats = NDArray[np.float64]
Say = Callable[[str], None]

JOINT = "joint"
SEED = 20230523
REPLICATES = 600  # of each study, pooled into one evaluation
JACOBIANS = 4
NOISE_RUNS = 8  # other patients at the fit: how much log L owes to the patients that were drawn
JOURNAL = ".evaluations.jsonl"


def chosen(name: str) -> tuple[Study, ...]:
    """One study, or all of them as `joint`."""
    if name == JOINT:
        return tuple(STUDIES.values())
    if name not in STUDIES:
        raise ParameterError([f"{name}: unknown study: allowed {', '.join([JOINT, *STUDIES])}"])
    return (STUDIES[name],)


def targets_hash() -> str:
    """Of the list of targets and of every published number."""
    evidence = sorted((FILE.parent / "evidence").glob("*.csv"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in (FILE, *evidence))).hexdigest()


def journal_beside(out: Path) -> Path:
    """Where evaluations are kept until the result is written."""
    return out.with_name(out.name + JOURNAL)


def calibrate(name: str, parameters: ParameterSet, out: Path, say: Say, progress: Report) -> None:
    """Fit and write the new set to `out` (JSON): the fitted values change, origins, priors and the rest stay.

    A run that was stopped goes on where it was, if it is started again with the same `out`.
    """
    check_out(out, ".json")
    studies = chosen(name)
    found = priors(parameters)
    free = np.array([i for i, one in enumerate(found) if one.origin == "fitted"])
    evaluations = Evaluations(
        studies, load_targets(study.name for study in studies), parameters, found, REPLICATES, SEED, journal_beside(out)
    )
    start = positions(found, parameters)
    start[free] = np.clip(start[free], -3.0, 3.0)
    first, _, _ = search(evaluations, start, free, JACOBIANS, say, progress)
    say("spread of the studies at the fit")
    best, wanted, _ = search(evaluations, first.x, free, 2, say, progress)
    fitted = values([found[i] for i in free], best.x[free])
    fitted = {key: float(f"{value:.5g}") for key, value in fitted.items()}
    names = " and ".join(study.name for study in studies)
    data = parameters.as_file() | {
        "id": out.stem,
        "title": f"Point calibration to {names}",
    }
    for key, value in fitted.items():
        data["parameters"][key]["value"] = value
    data["fit"] = diagnostics(evaluations, best, wanted, free, progress)
    write_whole(out, lambda file: file.write(json_bytes(data)))
    evaluations.journal.unlink(missing_ok=True)
    say(described(data["fit"]))


def search(
    evaluations: Evaluations, x: Floats, free: NDArray[np.int64], jacobians: int, say: Say, progress: Report
) -> tuple[Optimum, Likelihood, Spread]:
    """The optimum from x with the spread estimated at x, the likelihood that was used, and that spread."""
    record = evaluations.parameters.record(**values(evaluations.priors, x))
    spread = estimate_spread(evaluations.studies, evaluations.targets, record, SEED + 1)
    wanted = likelihood(evaluations.targets, spread, published(evaluations.targets))
    found = optimum(lambda xs: evaluations.same(xs, progress), wanted, x, free, jacobians, say)
    return found, wanted, spread


def noise(evaluations: Evaluations, wanted: Likelihood, x: Floats, progress: Report) -> float:
    """Standard deviation of log L over pooled simulations of other patients at the same parameters."""
    firsts = [evaluations.replicates * (k + 1) for k in range(NOISE_RUNS)]
    found = evaluations.many([x] * NOISE_RUNS, firsts, progress)
    return float(np.std(wanted.value(found), ddof=1))


def diagnostics(
    evaluations: Evaluations, best: Optimum, wanted: Likelihood, free: NDArray[np.int64], progress: Report
) -> dict[str, Any]:
    """What is stored with the set, beside hashes of data and code."""
    residuals = wanted.residuals(best.m)
    of_study = np.array([one.study for one in evaluations.targets])
    own = {study.name: float(np.sum(residuals[of_study == study.name] ** 2)) for study in evaluations.studies}
    worst = np.argsort(-np.abs(residuals))[:5]
    return {
        "studies": list(own),
        "targets": len(residuals),
        "parameters": len(free),
        "deviance": {name: round(value, 2) for name, value in own.items()},
        "prior_squares": round(float(best.x[free] @ best.x[free]), 2),
        "log_likelihood": round(float(wanted.value(best.m)[0]), 2),
        "log_likelihood_noise_sd": round(noise(evaluations, wanted, best.x, progress), 3),
        "converged": best.converged,
        "worst": {evaluations.targets[i].id: round(float(residuals[i]), 2) for i in worst},
        "replicates": evaluations.replicates,
        "seed": evaluations.seed,
        "targets_sha256": targets_hash(),
        "code_sha256": evaluations.identity()["code"],
    }


def described(found: dict[str, Any]) -> str:
    """For the terminal."""
    deviance = ", ".join(f"{name} {value:g}" for name, value in found["deviance"].items())
    worst = ", ".join(f"{key} {value:+.2f}" for key, value in found["worst"].items())
    return "\n".join(
        [
            f"{found['parameters']} parameters fitted to {found['targets']} targets"
            + ("" if found["converged"] else "; NOT converged: start again from this set"),
            f"squared residuals by study: {deviance}; of the prior {found['prior_squares']:g}",
            f"log likelihood {found['log_likelihood']:g}, simulation noise {found['log_likelihood_noise_sd']:g} (SD)",
            f"largest signed residuals: {worst}",
        ]
    )
