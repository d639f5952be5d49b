"""One life, event by event, with the record before and after each: what a trace is told from.

Driven from Python by the same compiled `step` as the cohort clock; because a draw is a function of (seed, patient,
decision, occurrence), a patient of any run can be lived again alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.calendar import NEVER, Slot, next_slot
from simulator.clocks.cohort import admit, step
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.rules import begin
from simulator.runner import arm_records, end_day
from simulator.scenario import Scenario
from simulator.trajectory.states import ACTIVE, state_after


class Plan(NamedTuple):
    """What a rule reads beside the patient; words about an event may need it."""

    strategy: Any
    parameters: Any


class Event(NamedTuple):
    """One event: `before` and `after` are copies of the record, `state` an index into `states.STATES`."""

    day: float
    slot: Slot
    before: Any
    after: Any
    state: int


class Life(NamedTuple):
    """A patient under one arm: the record on day 1, then every event to death or 12 months past the horizon."""

    baseline: Any
    plan: Plan
    events: list[Event]


def life_of(scenario: Scenario, arm: str, patient: int) -> Life:
    """The life of one patient under one arm, the same bits as in a run."""
    parameters, strategy = arm_records(scenario, arm)
    table, end = new_patients(1), end_day(scenario.horizon_months)
    seed = np.uint64(scenario.seed)
    admit(table, new_patients(1), seed, patient, population_record(scenario.population), parameters)
    record, plan = table[0], Plan(strategy[0], parameters[0])
    begin(record, plan.parameters, plan.strategy, end)
    baseline = record.copy()
    events: list[Event] = []
    before, state = baseline, state_after(ACTIVE, record, 0)
    while True:
        slot, day = next_slot(record)
        if step(record, plan.parameters, plan.strategy, end) == NEVER:
            return Life(baseline, plan, events)
        after = record.copy()
        state = state_after(state, after, before.transplants)
        events.append(Event(float(day), Slot(slot), before, after, int(state)))
        before = after
