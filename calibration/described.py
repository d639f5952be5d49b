"""A study that a user describes: case mix, arms, size, follow-up and what will be printed, in about twenty lines.

Case mix and strategies have the keys, bases and messages of scenarios (`simulator/scenario`); what a study has
besides is `Head`, `FollowUp` and `patients` of each arm. `scope` says what the model cannot speak to. All faults of
a file are raised together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

import scenarios
from calibration import scope
from calibration.subgroups import known_subgroup, subgroup_words
from simulator.population import Population, population_record
from simulator.scenario.build import arm_of, population_of
from simulator.scenario.faults import Fault, ScenarioError
from simulator.scenario.fields import checked
from simulator.scenario.model import ONE_LINE, text
from simulator.scenario.reading import find_scenario, read_scenario
from simulator.scenario.resolve import case_mix, on_base
from simulator.scenario.rules import Broken, rule_faults
from simulator.scenario.sharing import Sharing
from simulator.scenario.tree import Place, Tree, plain
from simulator.strategy import Section, Strategy, number, strategy_record

FOLDER = scenarios.FOLDER / "studies"
LOST_PER_YEAR = 0.04  # as in Kantarjian 2023 (K100; calibration/observe.py)
PARAMETERS_FIXED = "the numbers of the model come from its posterior draws"
BESIDE = ("fit", "curves", "statistics")  # what the same file may hold for a fit (`own_data`)
CUTS = ("data_cut_months", "minimum_follow_up_months", "median_follow_up_months")


class FollowUp(Section):
    """When patients come and how long they are seen; exactly one of the last three is stated."""

    accrual_months: Annotated[float, number("months", 0.0, 240.0, "first to last patient, at an even pace")]
    lost_per_year: Annotated[float, number("probability", 0.0, 0.5, "lost to follow-up in a year")] = LOST_PER_YEAR
    data_cut_months: Annotated[float | None, number("months", 1.0, 360.0, "first patient to data cut")] = None
    minimum_follow_up_months: Annotated[float | None, number("months", 0.0, 240.0, "last patient to data cut")] = None
    median_follow_up_months: Annotated[
        float | None, number("months", 1.0, 240.0, "follow-up of the middle patient, deaths and losses apart")
    ] = None

    @property
    def longest_months(self) -> float:
        """First patient to data cut."""
        if self.data_cut_months is not None:
            return self.data_cut_months
        if self.minimum_follow_up_months is not None:
            return self.minimum_follow_up_months + self.accrual_months
        return (self.median_follow_up_months or 0.0) + self.accrual_months / 2.0

    @property
    def shortest_months(self) -> float:
        """Last patient to data cut; negative where the accrual is longer than all of it."""
        return self.longest_months - self.accrual_months


class Head(Section):
    """The top level of a study, but for its case mix and its arms."""

    title: Annotated[str, text(ONE_LINE, "a title in one line of at most 200 characters", 200)]
    disease: Literal["relapsed_or_refractory", "mrd_positive_remission"]
    follow_up: FollowUp
    months: list[Annotated[int, number("months", 1, 240, "month at which rates are printed")]] = Field(
        min_length=1, max_length=12
    )
    subgroups: list[str] = Field(default=[], max_length=12, description="names of subgroups")
    landmark_months: Annotated[int, number("months", 1, 24, "landmark of the comparison by SCT")] = 4
    landmark_sct: Literal["ever", "by_landmark"] = "ever"
    """Who counts as transplanted: ever, as Kantarjian 2023 printed it, or by the landmark."""
    seed: Annotated[int, Field(ge=0, le=2**64 - 1, description="seed of all draws")] = 20231112


class Size(Section):
    """What an arm of a study has besides its strategy."""

    patients: Annotated[int, number("patients", 5, 5000, "patients of the arm")]


@dataclass(frozen=True)
class StudyArm:
    """One arm: how many are treated, and how."""

    name: str
    title: str
    patients: int
    strategy: Strategy

    @cached_property
    def record(self) -> np.recarray:
        """The strategy as the rules read it."""
        return strategy_record(self.strategy)


@dataclass(frozen=True)
class DescribedStudy:
    """A study within the model's scope, nothing left to look up."""

    name: str
    head: Head
    population: Population
    population_name: str
    arms: tuple[StudyArm, ...]
    cautions: tuple[str, ...]

    @property
    def patients(self) -> int:
        """Of all arms."""
        return sum(arm.patients for arm in self.arms)

    @cached_property
    def population_record(self) -> np.recarray:
        """The case mix as the rules read it."""
        return population_record(self.population)


def shipped_studies() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_study(name_or_path: str | Path) -> DescribedStudy:
    """Read a study by path or shipped name; ScenarioError carries every fault of the file."""
    faults: list[Fault] = []
    source = read_scenario(find_scenario(name_or_path, FOLDER), faults)
    tree, file = source.tree, source.path.name
    beyond = scope.words_outside(tree, file)
    top = {key: value for key, value in tree.items() if key not in ("population", "arms", *BESIDE)}
    place = Place(top, file)
    found: list[Fault] = []
    head = checked(Head, plain(top), place, found, others=("population", "arms", "extends", *BESIDE))
    if head:
        found += rule_faults(_head_rules(head), place)
    mix, mix_name = case_mix(tree["population"], source, found) if "population" in tree else (None, "")
    mixed = tree | ({"population": mix} if "population" in tree else {})
    population = population_of(mixed, file, mix_name, found)
    arms = list(_arms(tree.get("arms", {}), source, head, found))
    if "arms" not in tree:
        found.append(Fault(file, "arms", what="missing", allowed="one or more tables [[arms]]"))
    mix_place = Place(mix or {}, file, ("population",))
    beyond += scope.children_outside(mix, mix_place)
    if head and population:
        beyond += scope.population_outside(population, head.disease, mix_place)
        for arm, arm_place in arms:
            beyond += scope.strategy_outside(arm.strategy, head.disease, arm_place)
    with_reason = {fault.key for fault in beyond}  # what the schema says of the same key adds nothing
    faults += beyond + [fault for fault in found if fault.key not in with_reason]
    if faults or head is None or population is None:
        raise ScenarioError(faults)
    built = tuple(arm for arm, _ in arms)
    cautions = tuple(scope.cautions(population, [arm.strategy for arm in built], head.disease))
    return DescribedStudy(source.path.stem, head, population, mix_name, built, cautions)


def _arms(tree: Tree, source: Any, head: Head | None, faults: list[Fault]) -> Iterator[tuple[StudyArm, Place]]:
    """The arms that can be had, each with the place of its values; the rest are faults."""
    file, done = source.path.name, Tree()
    horizon = round(head.follow_up.longest_months) if head else 240
    for name, stated in tree.items():
        place = Place(stated, file, ("arms", name))
        size = checked(Size, plain({key: stated[key] for key in ("patients",) if key in stated}), place, faults)
        for key, what in (("ward", "what patients share is no part of a study"), ("parameters", PARAMETERS_FIXED)):
            if key in stated:
                faults.append(place.fault((key,), what=what, allowed="left out"))
        strategy = {key: value for key, value in stated.items() if key not in ("patients", "ward", "parameters")}
        done[name] = on_base(name, strategy, tree, done, source, faults)
        arm = arm_of(name, done[name], file, horizon, Sharing(), faults)
        if arm and size:
            yield StudyArm(name, arm.title, size.patients, arm.strategy), Place(done[name], file, ("arms", name))


def _head_rules(head: Head) -> Iterator[Broken]:
    """Rules over several fields of the top level."""
    follow_up, months = head.follow_up, head.months
    stated = [key for key in CUTS if getattr(follow_up, key) is not None]
    if len(stated) != 1:
        keys = tuple(f"follow_up.{key}" for key in (stated or CUTS))
        yield Broken(keys, f"exactly one of {', '.join(CUTS)}", "months")
    elif follow_up.shortest_months < 0.0:
        keys = (f"follow_up.{stated[0]}", "follow_up.accrual_months")
        yield Broken(keys, "follow-up that reaches the last patient, or a shorter accrual", "months")
    elif months[-1] > follow_up.longest_months:
        yield Broken(("months",), f"within the longest follow-up of {follow_up.longest_months:g}", "months")
    if months != sorted(set(months)):
        yield Broken(("months",), "increasing", "months")
    if not all(map(known_subgroup, head.subgroups)) or len(set(head.subgroups)) < len(head.subgroups):
        yield Broken(("subgroups",), f"each once, of {subgroup_words()}")
