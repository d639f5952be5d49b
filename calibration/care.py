"""Who is treated and how: a shipped case mix and a shipped strategy as the rules read them, and lives under both."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np

from scenarios import FOLDER
from simulator.clocks.cohort import live_table
from simulator.patient import new_patients
from simulator.population import Population, population_record
from simulator.strategy import Strategy, strategy_record


@dataclass(frozen=True)
class Care:
    """One arm of a study as the rules read it: two records of shape (1,)."""

    population: np.recarray
    strategy: np.recarray


def shipped_table(folder: str, name: str) -> dict:
    """A shipped case mix or strategy without its title and origins."""
    with (FOLDER / folder / f"{name}.toml").open("rb") as file:
        data = tomllib.load(file)
    return {key: value for key, value in data.items() if key not in ("title", "origin")}


@cache
def load_care(population: str, strategy: str) -> Care:
    """A shipped case mix treated by a shipped strategy."""
    return Care(
        population_record(Population.model_validate(shipped_table("populations", population))),
        strategy_record(Strategy.model_validate(shipped_table("strategies", strategy))),
    )


def lives(care: Care, parameters: np.recarray, seed: int, first_id: int, count: int, end_day: float) -> np.recarray:
    """Patients first_id .. first_id + count - 1, each to death or `end_day`; patient records of shape (count,)."""
    blank = new_patients(1)
    table = np.empty(count, blank.dtype).view(np.recarray)
    live_table(table, blank, np.uint64(seed), first_id, care.population, parameters, care.strategy, end_day)
    return table
