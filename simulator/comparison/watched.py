"""One life, watched event by event: states, treatments and what happened, in months, for a drawing or a reader."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.calendar import LAST_DEATH_SLOT, Slot
from simulator.patient import Cause, State, state_now
from simulator.scenario import Scenario
from simulator.strategy import DAYS_PER_MONTH
from simulator.trajectory.life import Event, life_of

PLANS_END = (Slot.RELAPSE, Slot.TRANSPLANT)  # a running treatment ends with them


class Mark(NamedTuple):
    """On one day: course, inotuzumab (first dose of a course), mrd_negative, mrd_positive, sct, sos, relapse, death."""

    kind: str
    month: float


class Stretch(NamedTuple):
    """From month to month: a state (`patient.State`, lower case), or a treatment (blinatumomab, pomp)."""

    kind: str
    start: float
    stop: float


class Life(NamedTuple):
    """One life under one arm, from day 1 to death or the horizon; `cause` of death (`patient.Cause`) or alive."""

    arm: str
    states: list[Stretch]
    treatments: list[Stretch]
    marks: list[Mark]
    cause: str

    @property
    def months(self) -> float:
        """How long it lasted, at most to the horizon."""
        return self.states[-1].stop


def life(scenario: Scenario, arm: str, patient: int) -> Life:
    """One life of patient number `patient` under one arm."""
    states = [Stretch("active", 0.0, float(scenario.horizon_months))]
    treatments: list[Stretch] = []
    marks: list[Mark] = []
    cause = "alive"
    for event in life_of(scenario, arm, patient).events:
        month = event.day / DAYS_PER_MONTH
        if month > scenario.horizon_months:
            break
        if event.slot in PLANS_END or event.slot <= LAST_DEATH_SLOT:
            treatments = [each._replace(stop=min(each.stop, month)) for each in treatments]
        marks += [Mark(kind, month) for kind in _marks(event)]
        treatments += _treatments(event, states[-1].stop)
        state = State(state_now(event.after)).name.lower()
        if state != states[-1].kind:
            states[-1:] = [states[-1]._replace(stop=month), Stretch(state, month, states[-1].stop)]
        cause = Cause(int(event.after.death_cause)).name.lower()
    return Life(arm, [each for each in states if each.kind != "dead"], treatments, marks, cause)


def _marks(event: Event) -> list[str]:
    slot, before, after = event.slot, event.before, event.after
    happened = {
        "course": after.courses > before.courses,
        "inotuzumab": after.inotuzumab_mg_per_m2 > before.inotuzumab_mg_per_m2 and after.course_doses_given == 1,
        "mrd_negative": slot == Slot.MRD and after.mrd_negative == 1,
        "mrd_positive": slot == Slot.MRD and after.mrd_negative == 0,
        "sct": after.transplants > before.transplants,
        "sos": np.isnan(before.sos_day) and not np.isnan(after.sos_day),
        "relapse": slot == Slot.RELAPSE,
        "death": slot <= LAST_DEATH_SLOT,
    }
    return [kind for kind, yes in happened.items() if yes]


def _treatments(event: Event, until: float) -> list[Stretch]:
    """Treatments that begin, to their planned end, at most `until`."""
    before, after = event.before, event.after
    begun: dict[str, Any] = {}
    if after.blinatumomab_courses > before.blinatumomab_courses:
        begun["blinatumomab"] = after.calendar[Slot.BLINATUMOMAB_END]
    if after.maintenance_speed < before.maintenance_speed:
        begun["pomp"] = after.calendar[Slot.MAINTENANCE]
    start = event.day / DAYS_PER_MONTH
    return [Stretch(kind, start, float(min(day / DAYS_PER_MONTH, until))) for kind, day in begun.items()]
