"""The queue: who is served, when, and that places are neither lost nor made.

Rank of proof: known answers on hand-built queues; invariants under hypothesis.
"""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy import Environment

from simulator.clocks.queue import MEETING_EVERY_DAYS, POLICIES, Shared, urgency
from simulator.patient import new_patients
from simulator.scenario.sharing import Sharing


def people(*changes):
    """Patients numbered from 0, MRD-negative and standard risk in first remission, but for `changes`."""
    table = new_patients(len(changes))
    table.id = np.arange(len(changes))
    table.line = table.protocol_line = 1
    table.mrd_negative = 1
    for row, change in enumerate(changes):
        for name, value in change.items():
            table[name][row] = value
    return table


def served(table, asked, policy, meeting="none", stay=10.0, places=1, leaves=()):
    """[(patient, day served)] when patient i asks on day asked[i]; those of `leaves` = {i: day} withdraw then."""
    environment = Environment()
    shared, order, leaves = Shared(environment, places, policy, meeting), [], dict(leaves)

    def patient(number):
        yield environment.timeout(asked[number])
        request = shared.ask(table[number], 0.0, float(asked[number]))
        if request.told or not (yield request.answer):
            leaving = environment.timeout(leaves.get(number, math.inf) - environment.now)
            yield request.answer | leaving
            if not request.answer.triggered:
                shared.withdraw(request)
                return
        order.append((number, environment.now))
        yield environment.timeout(stay)
        shared.give_back()

    for number in range(len(asked)):
        environment.process(patient(number))
    environment.run(until=1e6)
    assert shared.held == 0
    assert all(0 <= held <= places for _, held, _ in shared.changes)
    return order


NEGATIVE, POSITIVE, HIGH_RISK, LATER = {}, {"mrd_negative": 0}, {"kmt2a": 1}, {"line": 2}


def test_urgency_is_mrd_then_later_remission_or_high_risk_then_the_rest():
    table = people(NEGATIVE, POSITIVE, HIGH_RISK, LATER, POSITIVE | LATER, {"low_hypodiploid": 1} | POSITIVE)
    assert [urgency(patient) for patient in table] == [2, 0, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("first_come", [0, 1, 2, 3, 4]),
        ("urgency", [0, 4, 2, 3, 1]),  # 0 found the bed free
        ("mrd_positive_first", [0, 4, 1, 2, 3]),
        ("longest_since_inotuzumab", [0, 3, 2, 4, 1]),
    ],
)
def test_policies_on_a_hand_built_queue(policy, order):
    """Patients ask on days 0-4; the bed is free on day 0, 10, 20, ..."""
    last = [0.0, -5.0, -40.0, math.nan, -30.0]
    table = people(NEGATIVE, NEGATIVE, HIGH_RISK, LATER, POSITIVE)
    table.last_inotuzumab_day = last
    found = served(table, [0, 1, 2, 3, 4], policy)
    assert [number for number, _ in found] == order
    assert [day for _, day in found] == [0.0, 10.0, 20.0, 30.0, 40.0]


@pytest.mark.parametrize("policy", POLICIES)
def test_same_instant_ties_fall_to_urgency_then_the_number(policy):
    """Everybody asks on day 0, in the reverse order of their numbers; no InO, so that no policy but urgency differs."""
    table = people(NEGATIVE, HIGH_RISK, POSITIVE, NEGATIVE, POSITIVE)[::-1].copy()
    found = served(table, [0] * 5, policy)
    assert [int(table.id[number]) for number, _ in found] == [2, 4, 1, 0, 3]


def test_a_place_given_back_and_asked_for_in_the_same_instant_goes_by_policy():
    """The bed comes free on day 10, when an MRD-positive patient asks; the other has waited since day 1."""
    table = people(NEGATIVE, NEGATIVE, POSITIVE)
    assert served(table, [0, 1, 10], "mrd_positive_first") == [(0, 0.0), (2, 10.0), (1, 20.0)]
    assert served(table, [0, 1, 10], "first_come") == [(0, 0.0), (1, 10.0), (2, 20.0)]


@pytest.mark.parametrize(
    ("meeting", "days"), [("none", [0.5, 10.5, 20.5]), ("daily", [1, 11, 21]), ("weekly", [7, 21, 35])]
)
def test_meetings(meeting, days):
    assert [day for _, day in served(people({}, {}, {}), [0.5, 0.6, 0.7], "first_come", meeting)] == days


def test_who_asks_in_the_instant_of_a_meeting_is_served_by_it():
    assert served(people({}), [3.0], "first_come", "daily") == [(0, 3.0)]


def test_who_leaves_is_not_served_and_blocks_nobody():
    order = served(people({}, {}, {}), [0, 1, 2], "first_come", leaves={1: 5.0})
    assert order == [(0, 0.0), (2, 10.0)]
    # leaving in the very instant in which the place comes free is too late for nobody else
    assert served(people({}, {}, {}), [0, 1, 2], "first_come", leaves={1: 10.0}) == [(0, 0.0), (2, 10.0)]


def test_no_place_serves_nobody():
    assert served(people({}, {}), [0, 1], "first_come", places=0, leaves={0: 9.0, 1: 9.0}) == []


def test_settings_and_queue_know_the_same_policies_and_meetings():
    fields = Sharing.model_fields
    assert set(get_args(fields["policy"].annotation)) == set(POLICIES)
    assert set(get_args(fields["meeting"].annotation)) == set(MEETING_EVERY_DAYS)


customers = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 2.0, 2.5, 7.0]),
        st.sampled_from([0.0, 1.0, 5.0]),
        st.sampled_from([0.5, 3.0, math.inf]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(customers, st.integers(1, 4), st.sampled_from(list(POLICIES)), st.sampled_from(list(MEETING_EVERY_DAYS)))
def test_places_are_conserved_and_nobody_waits_beside_a_free_one(each, places, policy, meeting):
    """Whoever asks is served once or leaves once; without meetings a place is never free while somebody waits."""
    environment = Environment()
    shared, ends = Shared(environment, places, policy, meeting), []
    table = people(*({"mrd_negative": int(negative)} for *_, negative in each))

    def patient(number, asks, stay, patience):
        yield environment.timeout(asks)
        request = shared.ask(table[number], 0.0, asks)
        assert request in shared.queue
        if request.told or not (yield request.answer):
            yield request.answer | environment.timeout(min(patience, 1e4))
            if not request.answer.triggered:
                shared.withdraw(request)
                ends.append((number, "left"))
                return
        assert request not in shared.queue
        ends.append((number, "served"))
        yield environment.timeout(stay)
        shared.give_back()

    for number, (asks, stay, patience, _) in enumerate(each):
        environment.process(patient(number, asks, stay, patience))
    environment.run(until=1e5)
    assert sorted(number for number, _ in ends) == list(range(len(each)))
    assert shared.held == 0 and shared.queue == []
    assert all(0 <= held <= places and waiting >= 0 for _, held, waiting in shared.changes)
    settled = {day: (held, waiting) for day, held, waiting in shared.changes}  # the last of each instant
    if meeting == "none":
        assert all(waiting == 0 or held == places for held, waiting in settled.values())


def test_sabotage_a_queue_that_forgets_the_return_is_seen(monkeypatch):
    monkeypatch.setattr(Shared, "give_back", lambda self: None)
    with pytest.raises(AssertionError):
        served(people({}, {}), [0, 1], "first_come", leaves={1: 50.0})


def test_sabotage_a_policy_that_turns_the_queue_round_is_seen(monkeypatch):
    monkeypatch.setitem(POLICIES, "first_come", lambda request: (-request.asked_day,))
    assert served(people({}, {}, {}), [0, 1, 2], "first_come") == [(0, 0.0), (2, 10.0), (1, 20.0)]
