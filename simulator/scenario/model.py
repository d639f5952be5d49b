"""What a scenario is: its schema (`Plan`, `ArmHead`), beside strategy and case mix, and `Scenario` itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from simulator.parameters import DEFINITIONS, acting_in
from simulator.scenario.sharing import Sharing, Ward
from simulator.strategy import Section, Strategy, number

if TYPE_CHECKING:  # population.py is slow to import: it needs the compiler
    from simulator.population import Population

DEFAULT_PARAMETERS = "joint-point"
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
ONE_LINE = r"^\S[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def text(pattern: str, meaning: str, longest: int = 100) -> Any:
    """A text field."""
    return Field(pattern=pattern, max_length=longest, description=meaning)


class Plan(Section):
    """The top level of a scenario, but for its case mix and its arms."""

    question: Annotated[str, text(ONE_LINE, "the question in one line of at most 300 characters", 300)]
    parameters: Annotated[
        str, text(rf"^{NAME}$|^[^\x00-\x1f]+\.json$", "name of a parameter set, or a .json file", 300)
    ] = DEFAULT_PARAMETERS
    horizon_months: Annotated[int, number("months", 6, 240, "how long patients are followed")]
    report_months: list[Annotated[int, number("months", 1, 240, "month at which results are printed")]] = Field(
        min_length=1, max_length=24
    )
    patients: Annotated[int, number("patients", 1, 10**9, "simulated patients in each arm")]
    seed: Annotated[int, Field(ge=0, le=2**64 - 1, description="seed of all draws")]
    reference: Annotated[str, text(r"^\S", "name of the arm that the others are compared with")]
    endpoints: list[Literal["os", "rfs", "efs", "relapse", "nrm", "sos"]] = Field(
        default=["os", "rfs", "efs", "relapse", "nrm", "sos"], min_length=1, description="endpoints reported"
    )
    ward: Ward = Ward()


class ArmHead(Section):
    """The keys of an arm that are not its strategy."""

    name: Annotated[str, text(r"^[a-z][a-z0-9_]*$", "a name of a-z, 0-9 and _ that begins with a letter")]
    base: Annotated[str, text(f"^{NAME}$", "name of a base strategy or of an earlier arm")]
    title: Annotated[str, text(ONE_LINE, "a title in one line")] | None = None


@dataclass(frozen=True)
class Arm:
    """One strategy under comparison."""

    name: str
    title: str
    base: str
    strategy: Strategy
    sharing: Sharing = field(default_factory=Sharing)
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Values that replace those of the scenario's set, in this arm only."""


@dataclass(frozen=True)
class Scenario:
    """A validated scenario, nothing left to look up. `path` and `origins` are not part of its identity."""

    name: str
    question: str
    population: Population
    population_name: str
    arms: tuple[Arm, ...]
    reference: str
    endpoints: tuple[str, ...]
    report_months: tuple[int, ...]
    horizon_months: int
    patients: int
    seed: int
    parameters: str
    ward: Ward
    path: Path = field(compare=False, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Who stated each value, by dotted key; a value that is not here is a default of the schema."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Arms counted against each other, by name; empty = each with the reference."""


AFTER_REMISSION = {"consolidation", "blinatumomab", "maintenance", "transplant", "salvage", "antigen"}
"""Phases of which no rule reads a parameter before first remission."""


def same_until_remission(a: Strategy, b: Strategy) -> bool:
    """Whether two strategies share all that a rule reads before first remission: else no pairing from CR."""
    before = ("chemotherapy", "inotuzumab", "blinatumomab_line", "prophylaxis", "mrd", "setting")
    return all(getattr(a, name) == getattr(b, name) for name in before)


def alike_until_remission(a: Arm, b: Arm) -> bool:
    """`same_until_remission`, and the same value of each parameter that a rule may read before it."""
    early = acting_in({phase for one in DEFINITIONS for phase in one.phases.split()} - AFTER_REMISSION)
    changed = early & (set(a.parameters) | set(b.parameters))
    same_world = all(a.parameters.get(name) == b.parameters.get(name) for name in changed)
    return same_world and same_until_remission(a.strategy, b.strategy)
