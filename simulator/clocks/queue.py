"""What patients share: a number of equal places (beds, search desks) and the queue of those who ask for one.

Served at the instant of a request or of a return, after everything else of that instant, so that the order in which
same-time events were scheduled decides nothing; with meetings, at the next meeting. Who is served first is the
policy's; whatever it leaves open falls to urgency, then time asked, then patient number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from simpy import Environment, Event
from simpy.events import EventPriority

from simulator.compiled import compiled

LAST_OF_THE_INSTANT = EventPriority(2)  # SimPy orders events of equal time by this: 0 urgent, 1 normal


@compiled
def urgency(patient):
    """0 MRD-positive in first remission, 1 later remission or high-risk cytogenetics, 2 others."""
    if patient.line != patient.protocol_line:
        return 1  # MRD is not read in a later remission
    if patient.mrd_negative == 0:
        return 0
    return 1 if patient.low_hypodiploid or patient.kmt2a else 2


def first_come(request: Request) -> tuple[float, ...]:
    """Who asked first."""
    return (request.asked_day,)


def most_urgent(request: Request) -> tuple[float, ...]:
    """MRD-positive, then later remission or high risk, then others."""
    return (urgency(request.patient), request.asked_day)


def mrd_positive_first(request: Request) -> tuple[float, ...]:
    """MRD-positive in first remission, then others."""
    return (min(urgency(request.patient), 1), request.asked_day)


def longest_since_inotuzumab(request: Request) -> tuple[float, ...]:
    """The earliest last InO dose; never any is longest."""
    last = request.arrival_day + request.patient.last_inotuzumab_day
    return (-math.inf if math.isnan(last) else last, request.asked_day)


POLICIES: dict[str, Callable[[Request], tuple[float, ...]]] = {
    "first_come": first_come,
    "urgency": most_urgent,
    "mrd_positive_first": mrd_positive_first,
    "longest_since_inotuzumab": longest_since_inotuzumab,
}
MEETING_EVERY_DAYS = {"none": 0.0, "daily": 1.0, "weekly": 7.0}


@dataclass(eq=False)
class Request:
    """One patient's place in the queue. `answer` comes True when a place is granted; False: not at once."""

    patient: Any
    arrival_day: float
    asked_day: float
    answer: Event
    told: bool = False
    """Whether the patient knows that there is no place at once."""


@dataclass(eq=False)
class Shared:
    """`places` equal places. Days are the ward's."""

    environment: Environment
    places: int
    policy: str = "first_come"
    meeting: str = "none"
    held: int = 0
    queue: list[Request] = field(default_factory=list)
    changes: list[tuple[float, int, int]] = field(default_factory=list)
    """(day, places held, patients waiting) after every change."""
    _service_day: float = math.nan

    def ask(self, patient: Any, arrival_day: float, asked_day: float) -> Request:
        """Queue; `yield request.answer` unless `request.told`."""
        request = Request(patient, arrival_day, asked_day, self.environment.event())
        self.queue.append(request)
        request.told = self._next_service() > self.environment.now
        self._serve_later()
        self._note()
        return request

    def withdraw(self, request: Request) -> None:
        """Leave the queue without a place."""
        self.queue.remove(request)
        self._note()

    def give_back(self) -> None:
        """A place is free again."""
        self.held -= 1
        self._serve_later()
        self._note()

    def _next_service(self) -> float:
        every, now = MEETING_EVERY_DAYS[self.meeting], self.environment.now
        return math.ceil(now / every) * every if every else now

    def _serve_later(self) -> None:
        day = self._next_service()
        if self.queue and day != self._service_day:
            self._service_day = day
            _Service(self.environment, day - self.environment.now).callbacks.append(self._serve)

    def _serve(self, _: Event) -> None:
        self._service_day = math.nan
        free = self.places - self.held
        if free > 0:
            self.queue.sort(key=self._rank)
            for request in self.queue[:free]:
                request.answer.succeed(True)
            self.held += min(free, len(self.queue))
            del self.queue[:free]
        for request in self.queue:
            if not request.told:
                request.told = True
                request.answer.succeed(False)
                request.answer = self.environment.event()
        self._note()

    def _rank(self, request: Request) -> tuple[float, ...]:
        tie = (urgency(request.patient), request.asked_day, int(request.patient.id))
        return (*POLICIES[self.policy](request), *tie)

    def _note(self) -> None:
        self.changes.append((self.environment.now, self.held, len(self.queue)))


class _Service(Event):
    """Happens after all other events of its instant."""

    def __init__(self, environment: Environment, delay: float) -> None:
        super().__init__(environment)
        self._ok, self._value = True, None
        environment.schedule(self, LAST_OF_THE_INSTANT, delay)


def mean_level(changes: list[tuple[float, int, int]], column: int, edges: np.ndarray) -> np.ndarray:
    """Time-averaged places held (column 1) or patients waiting (2) between successive `edges` (n + 1,): (n,)."""
    if not changes:
        return np.zeros(len(edges) - 1)
    days = np.array([change[0] for change in changes])
    levels = np.array([change[column] for change in changes], float)
    area = np.concatenate([[0.0], np.cumsum(levels[:-1] * np.diff(days))])
    place = np.searchsorted(days, edges, side="right") - 1
    inside = np.maximum(place, 0)
    at_edges = np.where(place < 0, 0.0, area[inside] + levels[inside] * (edges - days[inside]))
    return np.diff(at_edges) / np.diff(edges)
