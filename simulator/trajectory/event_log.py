"""The compact log of lives: slot, day and clinical state of every event, recorded by the compiled loop.

The loop is the cohort clock's own `step`, so that a logged life is the same life; a test holds the records equal bit
for bit. The arrays are made once for a block of lives. A life with more events than they have room for is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simulator.calendar import NEVER, next_slot
from simulator.clocks.cohort import admit, step
from simulator.compiled import compiled
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.rules import begin
from simulator.runner import arm_records, end_day
from simulator.scenario import Scenario
from simulator.trajectory.states import ACTIVE, state_after

LIVES_PER_LOG = 4096
MOST_EVENTS = 512  # of one life; monthly marrows, blinatumomab and POMP for five years make about 220
FULL = -1


class EventLog(NamedTuple):
    """Lives and their events. Events of row i are starts[i] : starts[i + 1], in order; day 1 = 0.0."""

    records: np.recarray
    """(n,) patient records when the life ends, or 12 months past the horizon."""
    starts: np.ndarray
    """(n + 1,) int64."""
    first_states: np.ndarray
    """(n,) int8, the state on day 1."""
    slots: np.ndarray
    """(events,) int8, `calendar.Slot`."""
    days: np.ndarray
    """(events,) float64."""
    states: np.ndarray
    """(events,) int8, the state after the event, an index into `states.STATES`."""


@compiled
def live_logged(
    patient: Any, parameters: Any, strategy: Any, end: float, state: int,
    slots: np.ndarray, days: np.ndarray, states: np.ndarray,
) -> int:  # fmt: skip
    """`cohort.live` from the state after `begin`, with each event entered; the number of events, or FULL."""
    events = 0
    while True:
        slot, now = next_slot(patient)
        transplants = patient.transplants
        if step(patient, parameters, strategy, end) == NEVER:
            return events
        if events == len(slots):
            return FULL
        state = state_after(state, patient, transplants)
        slots[events] = slot
        days[events] = now
        states[events] = state
        events += 1


@compiled
def log_block(
    table: Any, blank: Any, seed: Any, first_id: int, population: Any, parameters: Any, strategy: Any, end: float,
    starts: np.ndarray, first_states: np.ndarray, slots: np.ndarray, days: np.ndarray, states: np.ndarray, most: int,
) -> int:  # fmt: skip
    """Fill the arrays with patients first_id .. first_id + n - 1; the row whose events did not fit, or n."""
    starts[0] = 0
    for row in range(len(table)):
        admit(table[row : row + 1], blank, seed, first_id + row, population, parameters)
        begin(table[row], parameters[0], strategy[0], end)
        state = state_after(ACTIVE, table[row], 0)
        first_states[row] = state
        first = starts[row]
        last = first + most
        events = live_logged(
            table[row], parameters[0], strategy[0], end, state, slots[first:last], days[first:last], states[first:last]
        )
        if events == FULL:
            return row
        starts[row + 1] = first + events
    return len(table)


def event_logs(scenario: Scenario, arm: str, n: int, most_events: int = MOST_EVENTS) -> Iterator[EventLog]:
    """Logs of patients 0 .. n - 1 under one arm, in blocks; the arrays are lent, the next block reuses them.

    RuntimeError: a life has more than `most_events` events.
    """
    parameters, strategy = arm_records(scenario, arm)
    population = population_record(scenario.population)
    block = min(LIVES_PER_LOG, max(n, 1))
    table, blank, end = new_patients(block), new_patients(1), end_day(scenario.horizon_months)
    starts, first_states = np.zeros(block + 1, np.int64), np.zeros(block, np.int8)
    slots, states = np.empty(block * most_events, np.int8), np.empty(block * most_events, np.int8)
    days = np.empty(block * most_events)
    for first in range(0, n, block):
        size = min(block, n - first)
        part = table[:size].view(np.recarray)
        done = log_block(
            part, blank, np.uint64(scenario.seed), first, population, parameters, strategy, end,
            starts, first_states, slots, days, states, most_events,
        )  # fmt: skip
        if done < size:
            raise RuntimeError(f"patient {first + done} has more than {most_events} events under {arm}")
        used = starts[size]
        yield EventLog(part, starts[: size + 1], first_states[:size], slots[:used], days[:used], states[:used])
