"""The clinical states of the long format, numbered so that no life comes back to one, and the transitions between them.

    active ─┬─ remission_1 ─┬──────────── relapse_1 ─┬─ remission_2 ─ … ─ relapse_5
            │               └─ sct_1 ─── relapse_1   │
            └─ refractory ───────────────────────────┘        from every state: death, by cause

The number counts attempts to control the disease that led to remission, the protocol's being the first: remission_1
is remission on protocol; who is refractory to it goes to remission_2. sct_k is remission k after a first SCT in it.
Further lines of treatment that fail leave the state as it is. SOS is no state but a mark on the rows: it ends
nobody's risk of any other event, and as a state it would double the graph.
"""

from typing import Any

import numpy as np

from simulator.compiled import compiled
from simulator.patient import Cause

MOST_REMISSIONS = 5  # on protocol, and one in each further line (after_relapse.salvage_lines is at most 4)
ACTIVE, REFRACTORY, FIRST_REMISSION = 0, 1, 2
PHASES = 3  # of each remission: without SCT, after SCT, relapsed
AFTER_SCT, RELAPSED = 1, 2
FIRST_DEATH = FIRST_REMISSION + PHASES * MOST_REMISSIONS

_NUMBERED = tuple(f"{phase}_{k}" for k in range(1, MOST_REMISSIONS + 1) for phase in ("remission", "sct", "relapse"))
DEATHS = tuple(f"death_{cause.name.lower()}" for cause in Cause if cause != Cause.ALIVE)
STATES = ("active", "refractory", *_NUMBERED, *DEATHS)


@compiled
def state_after(state: int, patient: Any, transplants: int) -> int:
    """The state after an event, from the state before it and the number of SCTs before it."""
    if patient.death_cause != 0:
        return FIRST_DEATH + patient.death_cause - 1
    phase = (state - FIRST_REMISSION) % PHASES if state >= FIRST_REMISSION else RELAPSED
    if phase != RELAPSED:
        if not patient.in_remission:
            return state - phase + RELAPSED
        return state + 1 if phase == 0 and patient.transplants > transplants else state
    if patient.in_remission:
        if state == ACTIVE:
            return FIRST_REMISSION
        return FIRST_REMISSION + PHASES if state == REFRACTORY else state + 1
    if state == ACTIVE and not np.isnan(patient.refractory_day):
        return REFRACTORY
    return state


def _possible() -> np.ndarray:
    """(states, states) bool: which state may follow which, at once."""
    number = {name: place for place, name in enumerate(STATES)}
    matrix = np.zeros((len(STATES), len(STATES)), bool)

    def allow(before: str, *after: str) -> None:
        for name in after:
            matrix[number[before], number[name]] = True

    allow("active", "remission_1", "refractory", "death_leukaemia")
    allow("refractory", "remission_2", "death_leukaemia")
    for k in range(1, MOST_REMISSIONS + 1):
        allow(f"remission_{k}", f"sct_{k}", f"relapse_{k}", "death_remission")
        allow(f"sct_{k}", f"relapse_{k}", "death_transplant")
        allow(f"relapse_{k}", "death_leukaemia")
        if k > 1:  # the late toxicity of an SCT in an earlier remission
            allow(f"remission_{k}", "death_transplant")
        if k < MOST_REMISSIONS:
            allow(f"relapse_{k}", f"remission_{k + 1}")
    for name in STATES[:FIRST_DEATH]:
        allow(name, "death_background", "death_sos")
    for name in ("active", "refractory", "remission_1", "sct_1", "relapse_1", "remission_2"):
        allow(name, "death_early")  # within 28 days of the first dose: no other state can be reached by then
    return matrix


POSSIBLE = _possible()
TRANSITIONS = tuple((int(before), int(after)) for before, after in np.argwhere(POSSIBLE))
"""(from, to), row by row of the matrix; `trans` in the files is the place in this list, from 1, as in mstate."""
