"""What lowered SOS? The effects of interval, dose, ursodiol, era and conditioning, sampled jointly given the counts.

Nine of 67 had SOS under the original and one of 43 under the modified regimen (K167, K168) while all of these changed
together (readings A13). Each coefficient of the SOS model named in `SAMPLED` has a normal prior whose 95 % range is
that of its origin in the parameter set; the likelihood is binomial in both cohorts. The cohorts are simulated once,
each life forked at SCT (`simulator/clocks/forked.py`); a draw of the coefficients then only weighs the two lives, so
that importance sampling needs no further simulation. Everything else stays at the point set.

SOS without SCT is rare and uses ursodiol's coefficient too: its cases are weighed by the ratio of their hazards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import binom, norm

from calibration.catalogue import load_catalogue
from calibration.kantarjian_2023 import SIZE, STUDY, sos_cases
from calibration.observe import MODIFIED, ORIGINAL, observe
from calibration.outputs import check_out
from calibration.trial import END_DAY, FIRST_ID, load_arms
from simulator.clocks.forked import fork_table
from simulator.compiled import compiled
from simulator.draws import uniform_pair
from simulator.parameters import DEFINITIONS, ParameterSet
from simulator.patient import new_patients
from simulator.posterior import fingerprint
from simulator.store.files import write_whole
from simulator.sweep.attribution import URSODIOL, raised

SAMPLED = (
    "sos_log_odds",
    "sos_log_odds_per_four_weeks",
    "sos_log_odds_per_four_weeks_squared",
    "sos_log_odds_per_mg_per_m2",
    URSODIOL,
    "sos_log_odds_era_from_2017",
    "sos_log_odds_dual_alkylators",
    "sos_log_odds_busulfan",
    "sos_log_odds_thiotepa",
    "sos_log_odds_tbi",
    "sos_log_odds_reduced_intensity",
)
COUNTS = {ORIGINAL: "K167", MODIFIED: "K168"}  # any SOS within two years after InO
SEED = 20231112
TRIALS = 80  # of the study's size, pooled: 5,360 and 3,440 lives
PRIOR_DRAWS = 2**17
KEPT = 200
PIECES = 32
PRIOR_SEED = 20230523

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cohort:
    """One arm of the study as a mixture over forked lives; arrays (n,) over its patients, covariates (n, K)."""

    log_odds: Floats
    covariates: Floats
    struck: Floats
    """1 where SOS is seen if it strikes after SCT; 0 without SCT."""
    spared: Floats
    """1 where SOS is seen although it does not strike after SCT."""
    ursodiol: Floats


def cohort(parameters: ParameterSet, arm: int, trials: int = TRIALS, seed: int = SEED) -> Cohort:
    """Simulate an arm `trials` times at its own size, forked, as the study observed it."""
    n, parts, blank = trials * SIZE[arm], load_arms()[arm], new_patients(1)
    spared, struck = new_patients(n), new_patients(n)
    log_odds, covariates = np.empty(n), np.zeros((n, len(SAMPLED)))
    fork_table(
        spared, struck, log_odds, covariates, blank, np.uint64(seed), FIRST_ID[arm],
        parts.population, raised(parameters, SAMPLED), parts.strategy, END_DAY,
    )  # fmt: skip
    seen = [sos_cases(observe(lives, np.full(n, arm))).astype(float) for lives in (spared, struck)]
    forked = ~np.isnan(log_odds)
    return Cohort(
        np.where(forked, log_odds, -np.inf), covariates, seen[1] * forked, seen[0], spared.ursodiol.astype(float)
    )


@compiled
def mixture_share(
    log_odds: Floats, covariates: Floats, struck: Floats, spared: Floats, ursodiol: Floats, shifts: Floats,
    ursodiol_column: int,
) -> Floats:  # fmt: skip
    """Share of patients with SOS seen (draws,) for `shifts` (draws, K) of the coefficients from the point set."""
    shares = np.zeros(len(shifts))
    for draw in range(len(shifts)):
        total = 0.0
        for row in range(len(log_odds)):
            total += spared[row] * np.exp(shifts[draw, ursodiol_column] * ursodiol[row])
            if struck[row] > spared[row]:
                lo = log_odds[row]
                for column in range(shifts.shape[1]):
                    lo += covariates[row, column] * shifts[draw, column]
                total += 1.0 / (1.0 + np.exp(-lo))
        shares[draw] = total / len(log_odds)
    return shares


def predicted(one: Cohort, shifts: Floats) -> Floats:
    """`mixture_share` of a cohort."""
    arrays = (one.log_odds, one.covariates, one.struck, one.spared, one.ursodiol)
    return np.asarray(mixture_share(*arrays, shifts, SAMPLED.index(URSODIOL)))


def all_predicted(
    cohorts: Mapping[int, Cohort], shifts: Floats, progress: Callable[[int, int], None] | None = None
) -> dict[int, Floats]:
    """`predicted` of each cohort, in pieces over two threads; `progress(draws done, draws)`."""
    run = Parallel(n_jobs=2, backend="threading", return_as="generator")
    parts = np.array_split(shifts, PIECES)
    found: list[list[Floats]] = []
    for both in run(delayed(lambda part: [predicted(one, part) for one in cohorts.values()])(part) for part in parts):
        found.append(both)
        if progress:
            progress(len(found) * len(shifts) // PIECES, len(shifts))
    return {arm: np.concatenate(each) for arm, each in zip(cohorts, zip(*found, strict=True), strict=True)}


@compiled
def keyed_uniforms(seed: np.uint64, n: int, columns: int) -> Floats:
    """(n, columns) uniforms, each a function of (seed, row, column)."""
    drawn = np.empty((n, columns))
    for row in range(n):
        for column in range(columns):
            drawn[row, column] = uniform_pair(seed, row, column // 2, 0)[column % 2]
    return drawn


def priors(parameters: ParameterSet) -> tuple[Floats, Floats]:
    """Means and standard deviations (K,): each range of the set read as 95 %."""
    ends = np.array([(parameters.origins[name].low, parameters.origins[name].high) for name in SAMPLED])
    return ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / (2.0 * norm.ppf(0.975))


def prior_draws(parameters: ParameterSet, n: int, seed: int = PRIOR_SEED) -> Floats:
    """(n, K) draws, held to the bounds within which a value is possible."""
    means, sds = priors(parameters)
    drawn = means + sds * norm.ppf(keyed_uniforms(np.uint64(seed), n, len(SAMPLED)))
    bounds = {one.name: (one.low, one.high) for one in DEFINITIONS}
    low, high = np.array([bounds[name] for name in SAMPLED]).T
    return np.clip(drawn, low, high)


def counts_seen() -> dict[int, int]:
    """Patients with SOS in each cohort."""
    rows = load_catalogue(STUDY)
    return {arm: round(rows[key].value) for arm, key in COUNTS.items()}


def weights(shares: Mapping[int, Floats], seen: Mapping[int, int]) -> Floats:
    """Posterior weight of each draw (draws,), sum 1: binomial in each cohort."""
    log_likelihood = sum(binom.logpmf(seen[arm], SIZE[arm], share) for arm, share in shares.items())
    weight = np.exp(log_likelihood - np.max(log_likelihood))
    return np.asarray(weight / weight.sum())


def effective_size(weight: Floats) -> float:
    """Kish's effective sample size."""
    return float(1.0 / np.sum(weight**2))


def resampled(weight: Floats, n: int) -> NDArray[np.int64]:
    """Rows of n equally weighted draws, by systematic resampling from the middle of each n-th."""
    rows = np.searchsorted(np.cumsum(weight), (np.arange(n) + 0.5) / n)
    return np.minimum(rows, len(weight) - 1)


def sample(
    parameters: ParameterSet,
    trials: int = TRIALS,
    draws: int = PRIOR_DRAWS,
    kept: int = KEPT,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The posterior as the data file holds it: what went in, what came out, equally weighted draws."""
    cohorts = {arm: cohort(parameters, arm, trials) for arm in COUNTS}
    point = np.array([parameters.values[name] for name in SAMPLED])
    drawn, seen = prior_draws(parameters, draws), counts_seen()
    shares = all_predicted(cohorts, drawn - point, progress)
    weight = weights(shares, seen)
    rows = resampled(weight, kept)
    prior_mean, prior_sd = priors(parameters)
    mean = weight @ drawn
    sd = np.sqrt(weight @ (drawn - mean) ** 2)
    at_point = {arm: float(predicted(one, np.zeros((1, len(SAMPLED))))[0]) for arm, one in cohorts.items()}
    return {
        "id": f"{STUDY}-sos",
        "title": "Attribution of SOS: coefficients sampled jointly given the counts of both cohorts",
        "remade_by": f"allpath attribute {STUDY} --out FILE",
        "parameter_set": parameters.id,
        "parameter_values": fingerprint(parameters),
        "seeds": {"lives": SEED, "prior": PRIOR_SEED},
        "trials": trials,
        "prior_draws": draws,
        "effective_sample_size": round(effective_size(weight), 1),
        "cohorts": [
            {
                "cohort": name,
                "row": COUNTS[arm],
                "sos": seen[arm],
                "n": SIZE[arm],
                "simulated_at_the_point": round(SIZE[arm] * at_point[arm], 2),
                "posterior_mean": round(SIZE[arm] * float(weight @ shares[arm]), 2),
                "prior_mean": round(SIZE[arm] * float(shares[arm].mean()), 2),
            }
            for arm, name in ((ORIGINAL, "original"), (MODIFIED, "modified"))
        ],
        "coefficients": {
            name: {
                "prior_mean": round(float(prior_mean[column]), 4),
                "prior_sd": round(float(prior_sd[column]), 4),
                "posterior_mean": round(float(mean[column]), 4),
                "posterior_sd": round(float(sd[column]), 4),
                "origin": parameters.origins[name].text,
            }
            for column, name in enumerate(SAMPLED)
        },
        "draws": [[round(float(value), 5) for value in drawn[row]] for row in rows],
    }


def write(found: dict[str, Any], out: Path) -> None:
    """The data file, whole or not at all: one line a draw."""
    check_out(out)
    head = json.dumps({key: value for key, value in found.items() if key != "draws"}, indent=1)
    lines = ",\n".join("  " + json.dumps(draw) for draw in found["draws"])
    write_whole(out, lambda file: file.write(f'{head[:-2]},\n "draws": [\n{lines}\n ]\n}}\n'.encode()))


def described(found: dict[str, Any]) -> str:
    """Prior beside posterior, for the terminal."""
    lines = [
        f"{found['prior_draws']:,} prior draws, effective sample size {found['effective_sample_size']:,.0f}",
        "",
        f"{'cohort':<10}{'SOS':>10}{'at the point':>14}{'prior':>8}{'posterior':>11}",
    ]
    for one in found["cohorts"]:
        seen = f"{one['sos']} of {one['n']}"
        lines.append(
            f"{one['cohort']:<10}{seen:>10}{one['simulated_at_the_point']:>14.2f}{one['prior_mean']:>8.2f}"
            f"{one['posterior_mean']:>11.2f}"
        )
    lines += ["", f"{'coefficient (log odds)':<38}{'prior':>16}{'posterior':>18}"]
    for name, one in found["coefficients"].items():
        prior, posterior = (f"{one[f'{when}_mean']:+.2f} ± {one[f'{when}_sd']:.2f}" for when in ("prior", "posterior"))
        lines.append(f"{name:<38}{prior:>16}{posterior:>18}")
    return "\n".join(lines)
