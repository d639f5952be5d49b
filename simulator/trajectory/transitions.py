"""From the compact log to the long format of mstate: one row per transition at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.parquet import Column
from simulator.trajectory.event_log import EventLog
from simulator.trajectory.states import FIRST_DEATH, POSSIBLE, STATES, TRANSITIONS

EVENT_COLUMNS = (
    Column("id", "int", "", "patient number, the same patient in every arm"),
    Column("arm", "text", "", "arm of the scenario"),
    Column("from", "text", "", "state the patient is in"),
    Column("to", "text", "", "state at risk of"),
    Column("trans", "int", "", "number of the transition, 1 = the first possible one of the matrix"),
    Column("entry_days", "float", "days", "state entered; day 1 of the first dose = 0"),
    Column("exit_days", "float", "days", "state left, or the horizon"),
    Column("status", "int", "0/1", "1 = this transition happened at exit_days"),
    Column("sos_days", "float", "days", "onset of SOS, where it came by exit_days"),
)
_NAMES = np.array(STATES, object)
_AFTER = np.array([after for _, after in TRANSITIONS])
_HOW_MANY = POSSIBLE.sum(axis=1)
_FIRST = np.concatenate(([0], np.cumsum(_HOW_MANY)))[:-1]
CENSORED = -1


class Visits:
    """Stays in states, by life and time: arrays (visits,) life, state, entry, exit, next (CENSORED at the horizon)."""

    def __init__(self, log: EventLog, horizon_days: float) -> None:
        lives = len(log.records)
        life_of_event = np.repeat(np.arange(lives), np.diff(log.starts))
        before = np.roll(log.states, 1)
        has_events = np.diff(log.starts) > 0
        before[log.starts[:-1][has_events]] = log.first_states[has_events]
        moves = (log.states != before) & (log.days <= horizon_days)
        life = np.concatenate((np.arange(lives), life_of_event[moves]))
        order = np.argsort(life, kind="stable")  # day 1 stands first, then the moves in their order
        self.life = life[order]
        self.state = np.concatenate((log.first_states, log.states[moves])).astype(np.int64)[order]
        self.entry = np.concatenate((np.zeros(lives), log.days[moves]))[order]
        last = np.append(self.life[1:] != self.life[:-1], True)
        self.exit = np.where(last, horizon_days, np.append(self.entry[1:], 0.0))
        self.next = np.where(last, CENSORED, np.append(self.state[1:], CENSORED))


def transition_rows(log: EventLog, arm: str, horizon_days: float) -> pd.DataFrame:
    """EVENT_COLUMNS, ordered by id, entry and transition, censored at the horizon.

    Each stay in a living state has one row per transition possible from it; at most one of them has status 1.
    RuntimeError: a life made a transition that the matrix does not have.
    """
    visits = Visits(log, horizon_days)
    moved = visits.next != CENSORED
    unforeseen = np.flatnonzero(moved & ~POSSIBLE[visits.state, visits.next])
    if len(unforeseen):
        which = unforeseen[0]
        names = f"{STATES[visits.state[which]]} -> {STATES[visits.next[which]]}"
        raise RuntimeError(f"patient {log.records.id[visits.life[which]]}, {arm}: {names} is not a known transition")
    # of a state entered at the very horizon nothing is seen
    living = np.flatnonzero((visits.state < FIRST_DEATH) & (moved | (visits.entry < horizon_days)))
    how_many = _HOW_MANY[visits.state[living]]
    visit = np.repeat(living, how_many)
    within = np.arange(len(visit)) - np.repeat(np.cumsum(how_many) - how_many, how_many)
    transition = _FIRST[visits.state[visit]] + within
    sos = log.records.sos_day[visits.life[visit]]
    exit_days = visits.exit[visit]
    return pd.DataFrame(
        {
            "id": log.records.id[visits.life[visit]],
            "arm": arm,
            "from": _NAMES[visits.state[visit]],
            "to": _NAMES[_AFTER[transition]],
            "trans": transition + 1,
            "entry_days": visits.entry[visit],
            "exit_days": exit_days,
            "status": (_AFTER[transition] == visits.next[visit]).astype(np.int64),
            "sos_days": np.where(sos <= exit_days, sos, np.nan),
        }
    )
