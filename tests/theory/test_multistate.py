"""Aalen-Johansen from the long rows equals the state occupancy that the runner counts.

Two ways that share nothing but the rules: the runner watches `patient.state_now` and adds integers by bin; the judge
here multiplies increments of cumulative hazards over the rows of events.parquet, as mstate's probtrans does. Without
censoring before the horizon both are exact: agreement to 1e-9 at every bin edge, for n = 1,500 lives. With rows
censored at random the judge must agree within chance: n = 20,000, the largest of 35 differences below 4.5 binomial
standard errors (false alarm below 3e-4 by Bonferroni; a bias of 0.03 in any state at any of the months would be seen).
"""

import numpy as np
import pytest

from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.patient import State
from simulator.runner import run
from simulator.scenario import load_scenario
from simulator.trajectory.files import event_rows
from simulator.trajectory.states import STATES

PATIENTS, MANY = 1500, 20_000
ARM = "sct_early"
SCENARIO = load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=8)
HORIZON = SCENARIO.horizon_months
MONTHS = (1, 4, 12, 24, 36, 48, 60)
# what the rows tell apart and `State` does not, or the other way round: active and relapsed are taken together, because
# `State` calls a patient who was refractory, then relapses from a later remission, active
GROUPS = {
    "remission": (("remission_1",), (State.REMISSION,)),
    "after SCT": (("sct_1",), (State.REMISSION_AFTER_SCT,)),
    "later remission": (
        tuple(f"{phase}_{k}" for phase in ("remission", "sct") for k in range(2, 6)),
        (State.LATER_REMISSION,),
    ),
    "disease": (("active", "refractory", *(f"relapse_{k}" for k in range(1, 6))), (State.ACTIVE, State.RELAPSED)),
    "dead": (tuple(name for name in STATES if name.startswith("death")), (State.DEAD,)),
}


def aalen_johansen(rows, days):
    """P(state at each of `days`) (days, states) for patients who begin in `active`: the product of I + dA over events.

    At risk in a state: entry < t <= exit. Events of one time are taken together.
    """
    number = {name: place for place, name in enumerate(STATES)}
    entries, exits = [None] * len(STATES), [None] * len(STATES)
    for state, stay in rows.drop_duplicates(["id", "from"]).groupby("from"):
        entries[number[state]] = np.sort(stay["entry_days"].values)
        exits[number[state]] = np.sort(stay["exit_days"].values)
    events = rows[rows["status"] == 1].sort_values("exit_days")
    times = events["exit_days"].values
    befores, afters = events["from"].map(number).values, events["to"].map(number).values
    occupied = np.zeros(len(STATES))
    occupied[number["active"]] = 1.0
    found, place, event = np.zeros((len(days), len(STATES))), 0, 0
    while event < len(times):
        t = times[event]
        while place < len(days) and days[place] < t:
            found[place] = occupied
            place += 1
        step = np.zeros(len(STATES))
        while event < len(times) and times[event] == t:
            before, after = befores[event], afters[event]
            at_risk = np.searchsorted(entries[before], t, "left") - np.searchsorted(exits[before], t, "left")
            step[before] -= occupied[before] / at_risk
            step[after] += occupied[before] / at_risk
            event += 1
        occupied = occupied + step
    found[place:] = occupied
    return found


@pytest.fixture(scope="module")
def rows():
    (found,) = event_rows(SCENARIO, ARM, PATIENTS)
    return found


@pytest.fixture(scope="module")
def counted():
    """Shares (bins + 1, groups) at every bin edge."""
    arm = [each.name for each in SCENARIO.arms].index(ARM)
    present = np.cumsum(run(SCENARIO, workers=1).occupancy[arm], axis=1) / PATIENTS
    return np.array([present[list(states)].sum(axis=0) for _, states in GROUPS.values()]).T


def grouped(occupied):
    return np.array([occupied[:, [STATES.index(name) for name in names]].sum(axis=1) for names, _ in GROUPS.values()]).T


def difference(rows, counted):
    """Largest difference over all bin edges and groups."""
    edges = np.array([edge_days(bin_) for bin_ in range(HORIZON * BINS_PER_MONTH + 1)])
    return np.abs(grouped(aalen_johansen(rows, edges)) - counted).max()


def test_every_state_is_in_one_group():
    assert sorted(name for names, _ in GROUPS.values() for name in names) == sorted(STATES)


def test_aalen_johansen_is_the_occupancy(rows, counted):
    assert (counted.max(axis=0) > 0.02).all()
    assert difference(rows, counted) < 1e-9


def censored(rows, seed):
    """Rows of a study with uniform follow-up between 6 and 90 months, by patient, independent of the life."""
    followed = np.random.default_rng(seed).uniform(6 * 30.4375, 90 * 30.4375, rows["id"].max() + 1)[rows["id"]]
    seen = rows[rows["entry_days"] < followed].copy()
    followed = followed[rows["entry_days"] < followed]
    seen["status"] = seen["status"].where(seen["exit_days"] <= followed, 0)
    seen["exit_days"] = np.minimum(seen["exit_days"], followed)
    return seen


def censored_distance(rows, against, seed=1):
    """Largest difference from the uncensored shares, in binomial standard errors of what is still followed."""
    days = np.array([edge_days(month * BINS_PER_MONTH) for month in MONTHS])
    truth = grouped(aalen_johansen(against, days))
    followed = np.clip((90 - np.array(MONTHS)) / 84, 0, 1)[:, None]
    error = np.sqrt(np.maximum(truth * (1 - truth), 0.005) / (MANY * followed))
    return (np.abs(grouped(aalen_johansen(censored(rows, seed), days)) - truth) / error).max()


@pytest.fixture(scope="module")
def many():
    import pandas as pd

    parts = list(event_rows(load_scenario("sct_vs_no_sct", patients=MANY, seed=8), ARM, MANY))
    return pd.concat(parts, ignore_index=True)


def test_censored_rows_give_the_same_within_chance(many):
    assert censored_distance(many, against=many) < 4.5


# Sabotage


def without(rows, place):
    return rows.drop(index=rows.index[rows["status"] == 1][place])


def later(rows, state, days):
    wrong = rows.copy()
    wrong.loc[wrong["from"] == state, "exit_days"] += days
    return wrong


def one_later(rows):
    """One stay is left two days late."""
    first = rows[rows["from"] == "remission_1"].iloc[0]
    wrong = rows.copy()
    wrong.loc[(rows["id"] == first["id"]) & (rows["from"] == "remission_1"), "exit_days"] += 2.0
    return wrong


def immortal(rows):
    """The stay before SCT counted as after it: the bias of ever-SCT curves."""
    wrong = rows.copy()
    wrong.loc[wrong["from"] == "sct_1", "entry_days"] = 0.0
    return wrong


@pytest.mark.parametrize(
    "wrong",
    [
        lambda rows: without(rows, 0),
        lambda rows: without(rows, 500),
        one_later,
        lambda rows: later(rows, "remission_1", 2.0),
        immortal,
        lambda rows: rows[rows["id"] != 3],
    ],
    ids=[
        "first event dropped",
        "an event dropped",
        "one exit shifted",
        "exits shifted",
        "immortal time",
        "a patient lost",
    ],
)
def test_sabotage_wrong_rows_are_seen(rows, counted, wrong):
    assert difference(wrong(rows), counted) > 1e-6


def test_sabotage_censoring_by_the_outcome_is_seen(many):
    """One patient in five is lost the moment before relapse."""
    relapse = (many["to"] == "relapse_1") & (many["status"] == 1) & (many["id"] % 5 == 0)
    lost = many["id"].map(many[relapse].set_index("id")["exit_days"]).fillna(np.inf)
    wrong = many[many["entry_days"] < lost].copy()
    wrong.loc[relapse[relapse].index, "status"] = 0
    assert censored_distance(wrong, against=many) > 4.5
