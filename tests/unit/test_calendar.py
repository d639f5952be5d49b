"""A patient's future. Rank of proof: double programmed (a Python reference), rules stated in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.calendar import FIRST_PLAN_SLOT, LAST_DEATH_SLOT, NEVER, SLOTS, Slot, clear_plans, next_slot
from simulator.patient import Cause, new_patients
from simulator.rules.death import SLOT_CAUSE

# few values, so that ties are the rule
calendars = st.lists(st.sampled_from([0.0, 1.0, 2.0, 2.5, 28.0, NEVER]), min_size=SLOTS, max_size=SLOTS)


def patient_with(calendar):
    patient = new_patients(1)[0]
    patient.calendar[:] = calendar
    return patient


def reference(calendar):
    """Sort by (day, written order) and take the first."""
    return min((day, slot) for slot, day in enumerate(calendar))[::-1]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(calendars)
def test_double_programmed_next_slot(calendar):
    assert next_slot(patient_with(calendar)) == reference(calendar)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(calendars)
def test_a_whole_calendar_is_emptied_in_the_stable_order(calendar):
    patient = patient_with(calendar)
    seen = []
    for _ in range(SLOTS):
        slot, _ = next_slot(patient)
        if patient.calendar[slot] == NEVER:
            break
        seen.append(slot)
        patient.calendar[slot] = NEVER
    assert seen == [slot for slot in sorted(range(SLOTS), key=lambda s: calendar[s]) if calendar[slot] < NEVER]


def test_an_empty_calendar_is_never():
    assert next_slot(new_patients(1)[0])[1] == NEVER


@pytest.mark.parametrize("first", list(Slot)[:-1])
def test_ties_resolve_in_the_written_order(first):
    calendar = np.full(SLOTS, NEVER)
    calendar[first:] = 7.0
    assert next_slot(patient_with(calendar)) == (first, 7.0)


def test_the_written_order_is_death_then_disease_then_observation_then_plans():
    assert [slot.value for slot in Slot] == list(range(SLOTS))
    deaths = [slot for slot in Slot if slot.name.endswith("DEATH")]
    assert deaths == list(Slot)[: LAST_DEATH_SLOT + 1]
    assert [Cause(cause).name for cause in SLOT_CAUSE] == [slot.name.removesuffix("_DEATH") for slot in deaths]
    assert Slot.RELAPSE < Slot.MOLECULAR_RELAPSE < Slot.SOS < Slot.GVHD < FIRST_PLAN_SLOT
    assert Slot.RESPONSE < Slot.MRD < Slot.TRANSPLANT_DECISION < Slot.TRANSPLANT < Slot.NEXT_TREATMENT


def test_clear_plans_withdraws_plans_and_nothing_else():
    patient = patient_with(np.arange(SLOTS, dtype=float))
    clear_plans(patient)
    assert patient.calendar.tolist() == [float(s) if s < FIRST_PLAN_SLOT else NEVER for s in range(SLOTS)]


def test_sabotage_a_later_of_equals_is_seen():
    def last_of_equals(calendar):
        return max(slot for slot in range(SLOTS) if calendar[slot] == min(calendar)), min(calendar)

    tied = [5.0] * SLOTS
    assert last_of_equals(tied) != reference(tied) == next_slot(patient_with(tied))
