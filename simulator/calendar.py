"""A patient's future: one slot per kind of event, each a time (days from day 1) or NEVER.

The next event is the earliest slot. Ties resolve in the written order below: death first, then what the disease
and the toxicity do, then what is observed, then what is decided. A rule handles one slot and may set others:
setting a slot to `now` is how one phase hands a patient to the next without knowing it.

Two slots need what patients may have to share: DONOR_SEARCH a search desk, ADMISSION a bed. When such a slot is due
the clock grants it, at once or later, and the rule runs on the grant only; a rule that clears the slot withdraws
the request. What was granted is held while the slot that gives it back is in the calendar (`holds_desk`, `holds_bed`).
"""

from enum import IntEnum

import numpy as np

from simulator.compiled import leaf

NEVER = np.inf


class Slot(IntEnum):
    """Kinds of event, in the order in which ties resolve."""

    BACKGROUND_DEATH = 0
    EARLY_DEATH = 1
    REMISSION_DEATH = 2  # non-relapse death in remission without (or before) SCT
    TRANSPLANT_DEATH = 3
    SOS_DEATH = 4
    LEUKAEMIA_DEATH = 5
    RELAPSE = 6  # morphologic
    MOLECULAR_RELAPSE = 7
    SOS = 8
    GVHD = 9
    DISCHARGE = 10  # after SCT
    INOTUZUMAB = 11  # one dose
    BLINATUMOMAB_END = 12  # an infusion completed
    RESPONSE = 13  # marrow while the disease is active
    MRD = 14  # marrow in remission
    TRANSPLANT_DECISION = 15
    TRANSPLANT_LAPSE = 16  # too late for SCT, or SOS
    DONOR_SEARCH = 17  # needs a desk
    DONOR_FOUND = 18
    TRANSPLANT_READY = 19  # a bed is asked for
    ADMISSION = 20  # needs a bed; conditioning begins
    TRANSPLANT = 21
    NEXT_TREATMENT = 22  # in remission, a treatment block has ended: what next?
    COURSE = 23
    BLINATUMOMAB = 24
    MAINTENANCE = 25
    SALVAGE = 26


SLOTS = len(Slot)
assert SLOTS % 3 == 0, "next_slot takes the slots in threes"
LAST_DEATH_SLOT = int(Slot.LEUKAEMIA_DEATH)
FIRST_PLAN_SLOT = int(Slot.INOTUZUMAB)


@leaf
def next_slot(patient):
    """(slot, day) of the earliest entry; the first of equals.

    Each life waits for this before every event, so it is written for latency: three short chains of minima that
    run side by side, then a search from the first slot on, which measures faster than one without branches.
    """
    calendar = patient.calendar
    day, second, third = calendar[0], calendar[1], calendar[2]
    for slot in range(3, SLOTS, 3):
        day = min(day, calendar[slot])
        second = min(second, calendar[slot + 1])
        third = min(third, calendar[slot + 2])
    day = min(day, min(second, third))
    earliest = 0
    while earliest < SLOTS - 1 and calendar[earliest] != day:
        earliest += 1
    return earliest, day


@leaf
def clear_plans(patient):
    """Withdraw all planned treatment and observation; what disease and toxicity do stays."""
    for slot in range(FIRST_PLAN_SLOT, SLOTS):
        patient.calendar[slot] = NEVER


@leaf
def holds_desk(patient):
    """Whether a donor search is under way."""
    return patient.calendar[Slot.DONOR_FOUND] < NEVER


@leaf
def holds_bed(patient):
    """Whether the patient is in a transplant bed: from admission to discharge, or until the graft is called off."""
    return patient.calendar[Slot.TRANSPLANT] < NEVER or patient.calendar[Slot.DISCHARGE] < NEVER
