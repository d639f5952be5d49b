"""The ward clock: patients who share search desks and beds, each a SimPy process that calls the compiled rules.

A patient's days are the patient's own; the ward's day is arrival + own day. A process lets its patient live alone,
in one compiled call, up to the next event that concerns others: a need comes due, or what was granted is given back.
Only a patient who waits is followed event by event, because a place may come at any time. Granted at once adds
exactly nothing to a day, so that with places for all every life is the cohort clock's, bit for bit.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from simpy import Environment, Event

from simulator.calendar import NEVER, Slot, holds_bed, holds_desk, next_slot
from simulator.clocks.cohort import admit
from simulator.clocks.queue import Request, Shared
from simulator.compiled import compiled
from simulator.endpoints import bin_of
from simulator.patient import State, state_now
from simulator.rules import begin, happen

WAITING = 1e12  # day of a slot whose need waits: beyond every life, yet the plan stands
OVER, GIVES_BACK = -1, -2  # what `live_alone` may return besides a slot
DESK, BED = int(Slot.DONOR_SEARCH), int(Slot.ADMISSION)
NEEDS = {DESK: "donor_search_desks", BED: "sct_beds"}
NOT_WATCHED = np.zeros((len(State), 0), np.int64)
NOT_LOGGED = np.zeros((0, 2))

SimPyEvents = Generator[Event, Any, Any]


class World(NamedTuple):
    """What every life in a ward reads, and the sums it adds to."""

    parameters: np.recarray
    strategy: np.recarray
    end_day: float
    occupancy: np.ndarray
    """(State, last bin + 1) entries minus exits, as in `counts.Counts`; no column: not watched."""


@compiled
def admit_table(table, blank, seed, first_id, population, parameters):
    """Fill `table` (n,) with patients first_id .. first_id + n - 1 on day 1, not yet treated."""
    for row in range(len(table)):
        admit(table[row : row + 1], blank, seed, first_id + row, population, parameters)


@compiled
def live_event(patient, world, slot, now):
    """One event, with the change of state that it brings entered into the occupancy."""
    before = state_now(patient) + 0
    happen(patient, world.parameters[0], world.strategy[0], slot, now)
    after = state_now(patient) + 0
    last_bin = world.occupancy.shape[1] - 1
    if after != before and last_bin >= 0:
        bin_ = bin_of(now, last_bin)
        if bin_ <= last_bin:
            world.occupancy[before, bin_] -= 1
            world.occupancy[after, bin_] += 1


@compiled
def enter(table, row, world):
    """Day 1."""
    begin(table[row], world.parameters[0], world.strategy[0], world.end_day)
    if world.occupancy.shape[1] > 0:
        world.occupancy[State.ACTIVE, 0] += 1


@compiled
def holds(patient, need):
    """Whether a granted need is still held."""
    if patient.death_cause != 0:
        return False
    return holds_desk(patient) if need == DESK else holds_bed(patient)


@compiled
def live_alone(table, row, world, scarce, held, now, journal):
    """Events up to the next that concerns others: (slot whose need is due | GIVES_BACK | OVER, day).

    `scarce` and `held` (2,) say for desk and bed whether they are shared at all, and whether this patient has one;
    `now` is the day reached. Events are entered into `journal` (events, 2) as (slot, day) while it has empty rows.
    """
    patient = table[row]
    while True:
        if (held[0] and not holds(patient, DESK)) or (held[1] and not holds(patient, BED)):
            return GIVES_BACK, now
        slot, day = next_slot(patient)
        if patient.death_cause != 0 or day > world.end_day:
            return OVER, NEVER
        if (slot == DESK and scarce[0]) or (slot == BED and scarce[1]):
            return slot, day
        now = day
        live_logged(patient, world, slot, now, journal)


@compiled
def live_logged(patient, world, slot, now, journal):
    """One event, entered into the journal if there is room: the first row without a slot (NaN) is the next."""
    live_event(patient, world, slot, now)
    for line in range(len(journal)):
        if np.isnan(journal[line, 0]):
            journal[line, 0] = slot
            journal[line, 1] = now
            return


@compiled
def next_event(table, row, end_day):
    """(slot, day) of a waiting patient's next own event; NEVER when the life or the time is over."""
    slot, day = next_slot(table[row])
    if table[row].death_cause != 0 or day > end_day:
        return slot, NEVER
    return slot, day


@compiled
def do_event(table, row, world, slot, now, journal):
    """One event of one patient."""
    live_logged(table[row], world, slot, now, journal)


class Stay(NamedTuple):
    """How one request ended; ward days. `outcome`: granted, deferred, relapse, death, sos, lapse or end."""

    row: int
    need: int
    first_asked_day: float
    left_day: float
    outcome: str


class Ward:
    """Patients of `table` (n,) who arrive on `arrival_days` (n,) and share what `places` limits.

    `places` holds DESK and BED with their number, each only where it is limited. `live` fills the table.
    """

    def __init__(
        self,
        table: np.recarray,
        arrival_days: np.ndarray,
        world: World,
        places: dict[int, int],
        policy: str = "first_come",
        meeting: str = "none",
        journals: np.ndarray | None = None,
    ) -> None:
        if len(table) != len(arrival_days):
            raise ValueError(f"{len(table)} patients, {len(arrival_days)} arrivals")  # the kernels do not look
        self.table, self.arrival_days, self.world = table, arrival_days, world
        self._rows = np.asarray(table)  # the same memory; its records are quicker to reach
        self.environment = Environment()
        self.shared = {need: Shared(self.environment, many, policy, meeting) for need, many in places.items()}
        self.scarce = np.array([DESK in places, BED in places])
        self.stays: list[Stay] = []
        self.journals = journals

    def live(self) -> None:
        """Let everybody live; one process a patient, in order of arrival."""
        for row in np.argsort(self.arrival_days, kind="stable").tolist():
            self.environment.process(self._life(row))
        self.environment.run()

    def _life(self, row: int) -> SimPyEvents:
        arrival = float(self.arrival_days[row])
        if arrival > 0.0 and self.shared:
            yield self.environment.timeout(arrival)
        journal = NOT_LOGGED if self.journals is None else self.journals[row]
        held, now = np.zeros(2, np.bool_), 0.0
        enter(self._rows, row, self.world)
        while True:
            what, day = live_alone(self._rows, row, self.world, self.scarce, held, now, journal)
            if what == OVER:
                break
            now = day
            yield self._at(arrival + now)
            if what == GIVES_BACK:
                self._give_back(row, held)
            else:
                now = yield from self._need(row, what, now, held, journal)
        if held.any():  # still in hospital, or searched for, when the time is over
            yield self._at(arrival + self.world.end_day)
            for need, position in ((DESK, 0), (BED, 1)):
                if held[position]:
                    self.shared[need].give_back()

    def _need(self, row: int, need: int, now: float, held: np.ndarray, journal: np.ndarray) -> SimPyEvents:
        """Ask, wait, and take or leave what is granted; the day reached."""
        patient, arrival, shared = self._rows[row], float(self.arrival_days[row]), self.shared[need]
        position = 0 if need == DESK else 1
        if held[position]:  # already in a bed
            do_event(self._rows, row, self.world, need, now, journal)
            return now
        first = float(patient.search_asked_day if need == DESK else patient.bed_asked_day)
        request = shared.ask(patient, arrival, arrival + first)
        granted = not request.told and (yield request.answer)
        if not granted:
            patient.calendar[need] = WAITING
            now, outcome = yield from self._wait(row, request, need, now, held, journal)
            if outcome != "granted":
                shared.withdraw(request)
                self.stays.append(Stay(row, need, arrival + first, self.environment.now, outcome))
                return now
        do_event(self._rows, row, self.world, need, now, journal)
        held[position] = holds(patient, need)
        if not held[position]:
            shared.give_back()  # a treatment given while waiting still runs: the place is left to others
        outcome = "granted" if held[position] else "deferred"
        self.stays.append(Stay(row, need, arrival + first, self.environment.now, outcome))
        return now

    def _wait(
        self, row: int, request: Request, need: int, now: float, held: np.ndarray, journal: np.ndarray
    ) -> SimPyEvents:
        """Live on, event by event, until a place comes or the request is withdrawn: (day, outcome)."""
        patient, arrival = self._rows[row], request.arrival_day
        while True:
            slot, day = next_event(self._rows, row, self.world.end_day)
            yield request.answer | self._at(arrival + min(day, self.world.end_day))
            if request.answer.triggered:
                return max(now, self.environment.now - arrival), "granted"
            if day == NEVER:
                return now, "end"
            now = day
            do_event(self._rows, row, self.world, slot, now, journal)
            self._give_back(row, held)
            if patient.death_cause != 0:
                return now, "death"
            if patient.calendar[need] != WAITING:
                if not patient.in_remission:
                    return now, "relapse"
                return now, "sos" if patient.sos_day == now else "lapse"

    def _give_back(self, row: int, held: np.ndarray) -> None:
        for need, position in ((DESK, 0), (BED, 1)):
            if held[position] and not holds(self._rows[row], need):
                held[position] = False
                self.shared[need].give_back()

    def _at(self, day: float) -> Event:
        return self.environment.timeout(max(day - self.environment.now, 0.0))
