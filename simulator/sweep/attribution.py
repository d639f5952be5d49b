"""The attribution band: how far a sweep rests on what the evidence cannot tell apart.

Equally weighted draws of the SOS coefficients, made by `calibration/attribution.py` and kept in
`scenarios/attribution/`, are all compatible with the published counts. Lives forked at SCT turn each draw into OS and
SOS at every point without simulating again; what is reported is the change from the point set in the same patients.
It is no Monte Carlo interval and no parameter interval, and is never added to either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

import scenarios
from simulator.clocks.forked import fork_table
from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.parameters import ParameterSet, load_parameters
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.posterior import fingerprint
from simulator.runner import Progress, end_day, usable_cores
from simulator.scenario import Scenario
from simulator.strategy import strategy_record
from simulator.sweep.optimum import AS_GOOD

FILE = scenarios.FOLDER / "attribution" / "kantarjian-2023-sos.json"
URSODIOL = "sos_log_odds_ursodiol"
PATIENTS = 10_000  # the changes are weighted averages of pairs of lives: their noise is far below the band
BLOCK = 4_000

Floats = NDArray[np.float64]


class Moved(NamedTuple):
    """A coefficient before and after the counts: means and standard deviations of a log odds ratio, and its origin."""

    prior_mean: float
    prior_sd: float
    posterior_mean: float
    posterior_sd: float
    origin: str


@dataclass(frozen=True)
class Draws:
    """Equally weighted draws (D, K) of the coefficients, and the set that they belong to."""

    names: tuple[str, ...]
    values: Floats
    parameter_values: str
    effective_sample_size: float


@dataclass(frozen=True)
class Band:
    """Change from the point set under each draw (D, A): alive at the month, SOS by the horizon."""

    alive: Floats
    sos: Floats
    patients: int
    month: int


def load_draws() -> Draws:
    """The kept draws."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    names = tuple(data["coefficients"])
    return Draws(names, np.array(data["draws"]), data["parameter_values"], data["effective_sample_size"])


def coefficients() -> dict[str, Moved]:
    """What the published counts did to each coefficient of the kept draws."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: Moved(**told) for name, told in data["coefficients"].items()}


def draws_hash() -> str:
    """Of the file of draws, for the identity of a run."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def raised(parameters: ParameterSet, names: Sequence[str], **changes: float) -> np.recarray:
    """(1 + K,) the set, with `changes`, and the set with one coefficient raised by 1 in each further row."""
    values = parameters.values | changes
    steps = [parameters.record(**changes | {name: values[name] + 1.0}) for name in names]
    return np.concatenate([parameters.record(**changes), *steps]).view(np.recarray)


def why_none(scenario: Scenario, draws: Draws) -> str:
    """Why there is no band for a scenario; empty if there is one."""
    varied = sorted({name for arm in scenario.arms for name in arm.parameters} & set(draws.names))
    if varied:
        return f"the sweep itself moves {', '.join(varied)}, which the band would vary"
    if fingerprint(load_parameters(scenario.parameters)) != draws.parameter_values:
        return (
            f"its draws were made before {scenario.parameters} had its present values (make them anew: "
            f"`allpath attribute kantarjian-2023 --out scenarios/attribution/{FILE.name}`)"
        )
    return ""


def band_of(
    scenario: Scenario,
    draws: Draws,
    month: int,
    patients: int = PATIENTS,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Band:
    """The band of a scenario, on its first `patients` patients; `progress(done, points)` follows each point."""
    n, arms = min(patients, scenario.patients), len(scenario.arms)
    run = Parallel(n_jobs=workers or usable_cores(), backend="threading", return_as="generator")
    found = []
    for changes in run(delayed(_of_arm)(scenario, arm, draws, month, n) for arm in range(arms)):
        found.append(changes)
        if progress:
            progress(len(found), arms)
    alive, sos = (np.column_stack(each) for each in zip(*found, strict=True))
    return Band(alive, sos, n, month)


def _of_arm(scenario: Scenario, arm: int, draws: Draws, month: int, n: int) -> tuple[Floats, Floats]:
    """Changes (D,) of one arm, summed over blocks of its patients."""
    parameters, changes = load_parameters(scenario.parameters), scenario.arms[arm].parameters
    rows, blank = raised(parameters, draws.names, **changes), new_patients(1)
    population, strategy = population_record(scenario.population), strategy_record(scenario.arms[arm].strategy)
    spared, struck = new_patients(BLOCK), new_patients(BLOCK)
    log_odds, covariates = np.empty(BLOCK), np.zeros((BLOCK, len(draws.names)))
    shifts = (draws.values - [parameters.values[name] for name in draws.names]).T
    limit, horizon = edge_days(month * BINS_PER_MONTH), edge_days(scenario.horizon_months * BINS_PER_MONTH)
    until, seed = end_day(scenario.horizon_months), np.uint64(scenario.seed)
    alive, sos = np.zeros(len(draws.values)), np.zeros(len(draws.values))
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        fork_table(
            spared[:size], struck[:size], log_odds[:size], covariates[:size],
            blank, seed, first, population, rows, strategy, until,
        )  # fmt: skip
        forked = np.flatnonzero(~np.isnan(log_odds[:size]))
        before = log_odds[forked, None]
        more = probability_of(before + covariates[forked] @ shifts) - probability_of(before)
        alive += (_beyond(struck.death_day[forked], limit) - _beyond(spared.death_day[forked], limit)) @ more
        sos += (_beyond(spared.sos_day[forked], horizon) - _beyond(struck.sos_day[forked], horizon)) @ more
    return alive / n, sos / n


def probability_of(log_odds: Floats) -> Floats:
    """Inverse logit."""
    return 1.0 / (1.0 + np.exp(-log_odds))


def _beyond(day: Floats, limit: float) -> Floats:
    """1.0 where the day has not come by the limit."""
    return np.asarray(~(day <= limit), float)


def interval(values: Floats) -> tuple[Floats, Floats]:
    """Middle 95 % over draws (D, ...)."""
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return low, high


def as_good_shares(alive: Floats, changes: Floats) -> Floats:
    """Share of draws (A,) under which a point loses at most half a point against the best.

    `alive` (A,) of the point set, `changes` (D, A). Which one is the best would be chance where many are alike.
    """
    under = alive + changes
    return np.asarray((under >= under.max(axis=1, keepdims=True) - AS_GOOD).mean(axis=0))


def as_json(draws: Draws, band: Band) -> dict[str, Any]:
    """What the band is made of."""
    return {
        "draws": len(draws.values),
        "effective_sample_size": draws.effective_sample_size,
        "patients": band.patients,
        "coefficients": list(draws.names),
    }
