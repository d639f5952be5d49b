"""Kantarjian 2023 simulated: each arm's regimen on its own case mix, patients of many replicate trials at once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np

from calibration.kantarjian_2023 import SIZE
from calibration.observe import MODIFIED, ORIGINAL, Observed, observe
from scenarios import FOLDER
from simulator.clocks.cohort import live_table
from simulator.patient import new_patients
from simulator.population import Population, population_record
from simulator.strategy import Strategy, strategy_record

END_DAY = 3600.0  # past the longest follow-up, 115 months
REGIMEN = {ORIGINAL: "mini_hyper_cvd_ino", MODIFIED: "fractionated_ino_blinatumomab"}
CASE_MIX = {ORIGINAL: "kantarjian-2023-original", MODIFIED: "kantarjian-2023-modified"}
FIRST_ID = {ORIGINAL: 0, MODIFIED: 2**40}  # replicates never run out of numbers


@dataclass(frozen=True)
class Arm:
    """One arm as the rules read it."""

    population: np.recarray
    strategy: np.recarray


def shipped_table(folder: str, name: str) -> dict:
    """A shipped case mix or strategy without its title and origins."""
    with (FOLDER / folder / f"{name}.toml").open("rb") as file:
        data = tomllib.load(file)
    return {key: value for key, value in data.items() if key not in ("title", "origin")}


@cache
def load_arms() -> dict[int, Arm]:
    """The two arms of the trial."""
    return {
        arm: Arm(
            population_record(Population.model_validate(shipped_table("populations", CASE_MIX[arm]))),
            strategy_record(Strategy.model_validate(shipped_table("strategies", REGIMEN[arm]))),
        )
        for arm in (ORIGINAL, MODIFIED)
    }


def simulate(parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0) -> Observed:
    """`replicates` trials, arm by arm: replicate r has rows [67 r, 67 r + 67) and then its 43 after the 67 R."""
    blank = new_patients(1)
    tables = []
    for arm, parts in load_arms().items():
        table = np.empty(replicates * SIZE[arm], blank.dtype).view(np.recarray)
        first = FIRST_ID[arm] + first_replicate * SIZE[arm]
        live_table(table, blank, np.uint64(seed), first, parts.population, parameters, parts.strategy, END_DAY)
        tables.append(table)
    arms = np.repeat([ORIGINAL, MODIFIED], [len(table) for table in tables])
    return observe(np.concatenate(tables).view(np.recarray), arms)


def replicate_rows(replicate: int, replicates: int) -> np.ndarray:
    """Rows of one replicate in what `simulate` returns."""
    original, modified = SIZE[ORIGINAL], SIZE[MODIFIED]
    offset = replicates * original + replicate * modified
    return np.r_[replicate * original : (replicate + 1) * original, offset : offset + modified]
