"""Worlds in which one rule of the model is not true, for asking whether the evidence would tell.

A world is the shipped rules with some functions replaced by others, or with some parameters held at a value. The
shipped rules know nothing of it: `rebuilt` makes every function on the way from a study's `simulate` to a replaced
one anew, with the stand-in in its namespace, and compiles it. Nothing else differs, and the same draws are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from calibration.studies import Study
from simulator.compiled import compiled
from simulator.rules import relapse

OURS = ("simulator", "calibration")
FRAILTY = (
    "log_kill_loss_per_frailty",
    "antibody_log_kill_loss_per_frailty",
    "relapse_log_theta_per_frailty",
    "salvage_log_odds_per_frailty",
    "uptake_log_odds_per_frailty",
)


@dataclass(frozen=True)
class World:
    """`words`: what is true in it; `held`: parameters by name; `stand_ins`: shipped function -> its replacement."""

    name: str
    words: str
    held: Mapping[str, float] = field(default_factory=dict)
    stand_ins: Mapping[Any, Any] = field(default_factory=dict)


@compiled
def retime_and_reset(patient, parameters, now):  # type: ignore[no-untyped-def]
    """`retime_relapse`, and the latency clock begins again at SCT."""
    relapse.retime_relapse(patient, parameters, now)
    if patient.in_remission and patient.latest_transplant_day == now and np.isnan(patient.molecular_relapse_day):
        patient.relapse_latency_days = 0.0
        patient.relapse_share = 0.0
        relapse.aim(patient, parameters)
        relapse.schedule_molecular_relapse(patient, now)


@compiled
def suppression_eradicates(patient):  # type: ignore[no-untyped-def]
    """`eradication`, with what suppresses taken off the hazard while it lasts: spared, not postponed."""
    return relapse.eradication(patient) * relapse.clock_speed(patient)


@compiled
def full_speed(patient):  # type: ignore[no-untyped-def]
    """`clock_speed` that nothing slows."""
    return 1.0


WORLDS = (
    World(
        "no_frailty",
        "nothing unseen is shared by response, MRD, relapse, salvage and SCT",
        held=dict.fromkeys(FRAILTY, 0.0),
    ),
    World(
        "latency_reset",
        "the latency of relapse begins again at SCT",
        stand_ins={relapse.retime_relapse: retime_and_reset},
    ),
    World(
        "no_era",
        "SOS after SCT has not changed with the era",
        held={"sos_log_odds_era_from_2017": 0.0},
    ),
    World(
        "suppression_eradicates",
        "maintenance and blinatumomab spare relapses while they last, instead of postponing them",
        stand_ins={relapse.eradication: suppression_eradicates, relapse.clock_speed: full_speed},
    ),
)


def study_in(world: World, study: Study) -> Study:
    """The study as it would have gone in that world."""
    if not world.stand_ins:
        return study
    return replace(study, simulate=rebuilt(study.simulate, world.stand_ins, world.name))


def rebuilt(function: Any, stand_ins: Mapping[Any, Any], tag: str) -> Any:
    """`function`, calling the stand-ins wherever it, or what it calls, calls what they stand for; itself if nowhere."""
    return _Rebuilding(stand_ins, tag).function(function)


class _Rebuilding:
    """One rebuilding: what has been looked at already is kept, so that shared callees are made once."""

    def __init__(self, stand_ins: Mapping[Any, Any], tag: str) -> None:
        self.tag = tag
        self.known: dict[Any, Any] = dict(stand_ins)

    def function(self, function: Any) -> Any:
        if function not in self.known:
            self.known[function] = function  # one that calls itself finds itself as it is
            self.known[function] = self.made(function)
        return self.known[function]

    def made(self, function: Any) -> Any:
        python: FunctionType = getattr(function, "py_func", function)
        found = {name: python.__globals__[name] for name in _names(python.__code__) if name in python.__globals__}
        changed = {name: self.seen(value, python.__code__) for name, value in found.items()}
        changed = {name: value for name, value in changed.items() if value is not found[name]}
        if not changed:
            return function
        # the machine code is kept with that of this file, under a name of its own
        code = python.__code__.replace(co_filename=__file__)
        new = FunctionType(code, python.__globals__ | changed, python.__name__, python.__defaults__, python.__closure__)
        new.__qualname__ = f"{self.tag}.{python.__module__}.{python.__qualname__}"
        new.__kwdefaults__ = python.__kwdefaults__
        return new if python is function else compiled(new)

    def seen(self, value: Any, code: CodeType) -> Any:
        """What a name of the namespace stands for now; a module is copied where the code uses a changed part of it."""
        if isinstance(value, ModuleType) and value.__name__.split(".")[0] in OURS:
            parts = {name: vars(value)[name] for name in _names(code) if name in vars(value)}
            changed = {name: self.seen(part, code) for name, part in parts.items() if not isinstance(part, ModuleType)}
            if all(changed[name] is parts[name] for name in changed):
                return value
            copy = ModuleType(value.__name__, value.__doc__)
            vars(copy).update(vars(value) | changed)
            return copy
        python = getattr(value, "py_func", value)
        ours = isinstance(python, FunctionType) and python.__module__.split(".")[0] in OURS
        return self.function(value) if ours else value


def _names(code: CodeType) -> Iterator[str]:
    """Names that a function or a function within it looks up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
