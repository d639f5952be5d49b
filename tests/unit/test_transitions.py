"""The long format: every row that should be there and no other, from real logs and from made-up ones.

Rank of proof: property-based against a plain restatement (loops over lives, dictionaries), and exact counts. The
judges are shown a dropped row and a shifted exit at the end; occupancy by Aalen-Johansen: tests/theory.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.comparison.results import RESULT_COLUMNS
from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.patient import Cause, new_patients
from simulator.scenario import load_scenario
from simulator.trajectory.event_log import EventLog, event_logs
from simulator.trajectory.patients import patients_table
from simulator.trajectory.states import ACTIVE, FIRST_DEATH, POSSIBLE, STATES, TRANSITIONS
from simulator.trajectory.transitions import EVENT_COLUMNS, transition_rows

PATIENTS = 400
SCENARIO = load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=3)
HORIZON = float(edge_days(SCENARIO.horizon_months * BINS_PER_MONTH))
AFTER = {name: {STATES[to] for to in np.flatnonzero(POSSIBLE[place])} for place, name in enumerate(STATES)}


def rows_of(arm, n=PATIENTS):
    (log,) = event_logs(SCENARIO, arm, n)
    return transition_rows(log, arm, HORIZON)


def plain_rows(log, horizon):
    """The same by loops: [(id, from, to, entry, exit, status)]."""
    rows = []
    for row in range(len(log.records)):
        stays, state, entry = [], int(log.first_states[row]), 0.0
        for event in range(log.starts[row], log.starts[row + 1]):
            if log.states[event] != state and log.days[event] <= horizon:
                stays.append((state, entry, log.days[event], int(log.states[event])))
                state, entry = int(log.states[event]), log.days[event]
        if state < FIRST_DEATH and entry < horizon:
            stays.append((state, entry, horizon, None))
        for state, entry, end, following in stays:
            rows += [
                (int(log.records.id[row]), STATES[state], STATES[to], entry, end, int(to == following))
                for to in range(len(STATES))
                if POSSIBLE[state, to]
            ]
    return rows


def judge(rows, horizon):
    """What any long format must hold: complete risk sets, at most one event in each, lives without a gap."""
    faults = []
    for (patient, state), stay in rows.groupby(["id", "from"], sort=False):
        if set(stay["to"]) != AFTER[state] or len(stay) != len(AFTER[state]):
            faults.append(f"{patient}, {state}: not every transition at risk has its row")
        if stay["entry_days"].nunique() != 1 or stay["exit_days"].nunique() != 1 or stay["status"].sum() > 1:
            faults.append(f"{patient}, {state}: one stay, one entry, one exit, one event")
    for patient, life in rows.groupby("id", sort=False):
        stays = life.groupby("from", sort=False)[["entry_days", "exit_days"]].first()
        if (
            stays["entry_days"].iloc[0] != 0.0
            or (stays["entry_days"].iloc[1:].values != stays["exit_days"].iloc[:-1].values).any()
        ):
            faults.append(f"{patient}: a gap")
        path = life[life["status"] == 1]
        if list(path["to"])[: len(stays) - 1] != list(stays.index[1:]):
            faults.append(f"{patient}: a state that no row leads to")
        dead = len(path) > 0 and path["to"].iloc[-1].startswith("death")
        if not dead and (len(path) == len(stays) or stays["exit_days"].iloc[-1] != horizon):
            faults.append(f"{patient}: neither dead nor followed to the horizon")
    if (rows["entry_days"] > rows["exit_days"]).any() or (rows["exit_days"] > horizon).any():
        faults.append("a stay ends before it begins, or beyond the horizon")
    return faults


@pytest.mark.parametrize("arm", [arm.name for arm in SCENARIO.arms])
def test_real_lives(arm):
    rows = rows_of(arm)
    assert judge(rows, HORIZON) == []
    (log,) = event_logs(SCENARIO, arm, PATIENTS)
    assert list(rows.drop(columns=["arm", "trans", "sos_days"]).itertuples(index=False, name=None)) == plain_rows(
        log, HORIZON
    )
    assert list(rows.columns) == [column.name for column in EVENT_COLUMNS]
    pairs = [(STATES.index(a), STATES.index(b)) for a, b in zip(rows["from"], rows["to"])]
    assert [TRANSITIONS[trans - 1] for trans in rows["trans"]] == pairs


@pytest.mark.parametrize("arm", ["no_sct", "sct_early"])
def test_the_rows_say_what_the_patient_table_says(arm):
    """Another reading of the same records: deaths by cause, first remission, relapse, SCT in first remission, SOS."""
    rows, table = rows_of(arm), patients_table(SCENARIO, arm, PATIENTS).set_index("patient")
    happened = rows[rows["status"] == 1].set_index("id")
    for cause in Cause:
        died = happened[happened["to"] == f"death_{cause.name.lower()}"]
        assert set(died.index) == (set(table.index[table["death_cause"] == cause.name.lower()]) if cause else set())
    for state, column in (
        ("remission_1", "remission_month"),
        ("relapse_1", "relapse_month"),
        ("sct_1", "transplant_month"),
    ):
        days = happened[happened["to"] == state]["exit_days"]
        assert np.allclose(days / 30.4375, table.loc[days.index, column])
        if state != "sct_1":
            assert len(days) == table[column].notna().sum()
    onset = rows.groupby("id")["sos_days"].max()
    assert np.allclose(onset.reindex(table.index) / 30.4375, table["sos_month"], equal_nan=True)
    assert table["sos_month"].notna().sum() > 0
    assert (rows["sos_days"].isna() | (rows["sos_days"] <= rows["exit_days"])).all()


@st.composite
def logs(draw):
    """Lives that walk along the matrix at arbitrary times, some of which coincide, some beyond the horizon."""
    first, starts, days, states = [], [0], [], []
    for _ in range(draw(st.integers(1, 4))):
        state, now = ACTIVE, 0.0
        first.append(state)
        for _ in range(draw(st.integers(0, 8))):
            if state >= FIRST_DEATH:
                break
            now += draw(st.sampled_from([0.0, 0.25, 7.0, 100.0]))
            if draw(st.booleans()):
                state = int(draw(st.sampled_from(list(np.flatnonzero(POSSIBLE[state])))))
            days.append(now)
            states.append(state)
        starts.append(len(days))
    records = new_patients(len(first))
    records.id = np.arange(len(first))
    return EventLog(
        records, np.array(starts, np.int64), np.array(first, np.int8), np.zeros(len(days), np.int8),
        np.array(days, float), np.array(states, np.int8),
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(logs(), st.sampled_from([0.25, 100.0, 107.0, 1000.0]))
def test_made_up_lives(log, horizon):
    rows = transition_rows(log, "a", horizon)
    expected = plain_rows(log, horizon)
    assert list(rows.drop(columns=["arm", "trans", "sos_days"]).itertuples(index=False, name=None)) == expected


def test_the_graph_has_no_cycle_and_every_state_can_be_reached():
    edges = {after: set(np.flatnonzero(POSSIBLE[:, after])) for after in range(len(STATES))}
    order = list(TopologicalSorter(edges).static_order())
    assert sorted(order) == list(range(len(STATES)))
    assert [place for place in range(len(STATES)) if not POSSIBLE[:, place].any()] == [ACTIVE]
    assert [place for place in range(len(STATES)) if not POSSIBLE[place].any()] == list(range(FIRST_DEATH, len(STATES)))


def test_an_unforeseen_transition_is_an_error():
    records = new_patients(1)
    never = STATES.index("death_transplant")  # from active disease
    log = EventLog(
        records, np.array([0, 1]), np.zeros(1, np.int8), np.zeros(1, np.int8), np.ones(1), np.array([never], np.int8)
    )
    with pytest.raises(RuntimeError, match="patient 0, a: active -> death_transplant is not a known transition"):
        transition_rows(log, "a", 100.0)


# Sabotage


def dropped(rows):
    return rows.drop(index=rows.index[7])


def shifted(rows):
    wrong = rows.copy()
    event = rows.index[rows["status"] == 1][3]
    wrong.loc[event, "exit_days"] += 1e-6
    return wrong


def stay_shifted(rows):
    wrong = rows.copy()
    stay = (rows["id"] == 1) & (rows["from"] == "active")
    wrong.loc[stay, "exit_days"] += 1e-6
    return wrong


def two_events(rows):
    wrong = rows.copy()
    stay = rows.index[(rows["id"] == 1) & (rows["from"] == "active")]
    wrong.loc[stay, "status"] = 1
    return wrong


def lost_event(rows):
    wrong = rows.copy()
    wrong.loc[rows.index[rows["status"] == 1][0], "status"] = 0
    return wrong


@pytest.mark.parametrize("wrong", [dropped, shifted, stay_shifted, two_events, lost_event])
def test_sabotage_wrong_rows_are_seen(wrong):
    rows = rows_of("sct", 60)
    assert judge(rows, HORIZON) == []
    assert judge(wrong(rows), HORIZON) != []


# The page


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "patients.md").read_text(encoding="utf-8")


def told_matrix(page):
    """The matrix as docs/patients.md tells it: state -> states."""
    matrix = {}
    for k in range(6):
        for name, cell in re.findall(r"^\| `(active|refractory|\w+_k)` \| (.+) \|$", page, flags=re.M):
            if (k == 0) != (not name.endswith("_k")):
                continue
            parts = [part.strip() for part in cell.split(";")]
            states, _, causes = parts[0].partition("death: ")
            to = set(re.findall(r"`(\w+)`", states.replace("_k`", f"_{k}`")))
            to |= {f"remission_{k + 1}"} if "{k+1}" in states and k < 5 else set()
            to |= {f"death_{cause}" for cause in causes.split(", ")}
            for part in parts[1:]:
                which, cause = part.split(": ")
                holds = k > 1 if which == "k > 1" else str(k) in which
                to |= {f"death_{cause}"} if holds else set()
            matrix[name.replace("_k", f"_{k}")] = to | {"death_background", "death_sos"}
    return matrix


def test_the_page_tells_the_matrix_and_the_columns():
    assert told_matrix(PAGE) == {name: to for name, to in AFTER.items() if to}
    for column in (*EVENT_COLUMNS, *RESULT_COLUMNS):
        assert re.search(rf"^\|.*`{column.name}`", PAGE, flags=re.M), column.name
    assert all(f"`{name}`" in PAGE for name in STATES[FIRST_DEATH:])


def test_sabotage_a_wrong_page_is_seen():
    for right, wrong in (
        ("k = 1, 2: early", "k = 1: early"),
        ("k > 1: transplant", "k = 1: transplant"),
        ("`sct_k`, ", ""),
    ):
        assert right in PAGE and told_matrix(PAGE.replace(right, wrong)) != told_matrix(PAGE)
