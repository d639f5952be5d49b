"""From the compact log to the long format of mstate: one row per transition at risk."""

from __future__ import annotations

from typing import NamedTuple

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


class Stays(NamedTuple):
    """Stays in states, by life and time, each (stays,); the death of a life is its last stay."""

    life: np.ndarray
    """Row of the log."""
    state: np.ndarray
    entry: np.ndarray
    """Days."""
    exit: np.ndarray
    """Days; the horizon where nothing follows by then."""
    next: np.ndarray
    """The state that follows, CENSORED at the horizon."""


def stays_of(log: EventLog, horizon_days: float) -> Stays:
    """Events that leave the state as it is are dropped, and what lies beyond the horizon."""
    lives = len(log.records)
    how_many = np.diff(log.starts)
    before = np.roll(log.states, 1)
    before[log.starts[:-1][how_many > 0]] = log.first_states[how_many > 0]
    moves = (log.states != before) & (log.days <= horizon_days)
    life = np.concatenate((np.arange(lives), np.repeat(np.arange(lives), how_many)[moves]))
    order = np.argsort(life, kind="stable")  # day 1 stands first, then the moves in their order
    life = life[order]
    state = np.concatenate((log.first_states, log.states[moves])).astype(np.int64)[order]
    entry = np.concatenate((np.zeros(lives), log.days[moves]))[order]
    last = np.append(life[1:] != life[:-1], True)
    return Stays(
        life,
        state,
        entry,
        exit=np.where(last, horizon_days, np.append(entry[1:], 0.0)),
        next=np.where(last, CENSORED, np.append(state[1:], CENSORED)),
    )


def transition_rows(log: EventLog, arm: str, horizon_days: float) -> pd.DataFrame:
    """EVENT_COLUMNS, ordered by id, entry and transition, censored at the horizon.

    Each stay in a living state has one row per transition possible from it; at most one of them has status 1.
    RuntimeError: a life made a transition that the matrix does not have.
    """
    stays = stays_of(log, horizon_days)
    moved = stays.next != CENSORED
    unforeseen = np.flatnonzero(moved & ~POSSIBLE[stays.state, stays.next])
    if len(unforeseen):
        which = unforeseen[0]
        names = f"{STATES[stays.state[which]]} -> {STATES[stays.next[which]]}"
        raise RuntimeError(f"patient {log.records.id[stays.life[which]]}, {arm}: {names} is not a known transition")
    # of a state entered at the very horizon nothing is seen
    living = np.flatnonzero((stays.state < FIRST_DEATH) & (moved | (stays.entry < horizon_days)))
    how_many = _HOW_MANY[stays.state[living]]
    stay = np.repeat(living, how_many)
    within = np.arange(len(stay)) - np.repeat(np.cumsum(how_many) - how_many, how_many)
    transition = _FIRST[stays.state[stay]] + within
    sos = log.records.sos_day[stays.life[stay]]
    exit_days = stays.exit[stay]
    return pd.DataFrame(
        {
            "id": log.records.id[stays.life[stay]],
            "arm": arm,
            "from": _NAMES[stays.state[stay]],
            "to": _NAMES[_AFTER[transition]],
            "trans": transition + 1,
            "entry_days": stays.entry[stay],
            "exit_days": exit_days,
            "status": (_AFTER[transition] == stays.next[stay]).astype(np.int64),
            "sos_days": np.where(sos <= exit_days, sos, np.nan),
        }
    )
