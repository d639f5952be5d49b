"""The table event -> rule, and what is re-timed after every event.

    (antibody: blinatumomab alone, a line before or after the courses; antigen: what a failure does to CD19, CD22)

    day 1 ── induction ─ course ─ response ──┬─ refractory ─────────────┐
                                             └─ remission               │
      mrd ─ consolidation ─ blinatumomab ─ maintenance                  │
            └─ referral (donor, bed) ─ transplant (GVHD) ─ sos          │
      molecular relapse ─ relapse ──────────────────────────────────> salvage ─ later remission
      death: background · early · in remission · after SCT · SOS · leukaemia

A rule reads the patient, the parameters and the strategy, and writes its own fields and the calendar. No rule
knows a clock, another patient or another rule.
"""

from simulator.calendar import LAST_DEATH_SLOT, NEVER, Slot
from simulator.compiled import compiled, leaf
from simulator.rules import (
    antibody,
    antigen,
    blinatumomab,
    consolidation,
    course,
    death,
    induction,
    maintenance,
    mrd,
    referral,
    relapse,
    response,
    salvage,
    sos,
    transplant,
)

# the way to SCT, up to the bed: no risk changes there, so that nothing is re-timed
FIRST_ARRANGEMENT, LAST_ARRANGEMENT = int(Slot.TRANSPLANT_DECISION), int(Slot.ADMISSION)


@compiled
def begin(patient, parameters, strategy, limit_days):
    """Day 1, after the baseline is drawn."""
    salvage.begin(patient, strategy)
    antigen.begin(patient)
    response.begin(patient, parameters)
    antibody.begin(patient, parameters)
    induction.begin(patient, parameters, strategy)
    sos.begin(patient, parameters, strategy)
    death.begin(patient, parameters, limit_days)


@leaf
def happen(patient, parameters, strategy, slot, now):
    """Let the event of `slot` happen at `now`, then re-time the risks whose factors changed."""
    if slot <= LAST_DEATH_SLOT:
        death.die(patient, slot, now)
        return
    patient.calendar[slot] = NEVER
    if slot == Slot.DISCHARGE:
        return  # gives the bed back, which is the clock's
    if FIRST_ARRANGEMENT <= slot <= LAST_ARRANGEMENT:
        arrange(patient, parameters, strategy, slot, now)
        return
    if patient.line == patient.blinatumomab_line and give_blinatumomab_alone(patient, parameters, strategy, slot, now):
        pass
    elif slot == Slot.COURSE:
        course.start_course(patient, parameters, strategy, now)
    elif slot == Slot.INOTUZUMAB:
        course.give_inotuzumab(patient, parameters, strategy, now)
    elif slot == Slot.RESPONSE:
        response.assess_response(patient, parameters, strategy, now)
    elif slot == Slot.MRD:
        mrd.assess_mrd(patient, parameters, strategy, now)
    elif slot == Slot.NEXT_TREATMENT:
        consolidation.choose_next_treatment(patient, parameters, strategy, now)
    elif slot == Slot.BLINATUMOMAB:
        blinatumomab.start_blinatumomab(patient, parameters, strategy, now)
    elif slot == Slot.BLINATUMOMAB_END:
        blinatumomab.finish_blinatumomab(patient, parameters, strategy, now)
    elif slot == Slot.MAINTENANCE:
        maintenance.maintain(patient, parameters, strategy, now)
    elif slot == Slot.TRANSPLANT:
        transplant.transplant(patient, parameters, strategy, now)
    elif slot == Slot.GVHD:
        transplant.develop_gvhd(patient, parameters, strategy, now)
    elif slot == Slot.SOS:
        sos.develop_sos(patient, parameters, strategy, now)
    elif slot == Slot.MOLECULAR_RELAPSE:
        relapse.relapse_molecularly(patient, parameters, strategy, now)
    elif slot == Slot.RELAPSE:
        relapse.relapse(patient, parameters, strategy, now)
        if patient.line == patient.blinatumomab_line:
            antibody.fail(patient, parameters, now)
    elif slot == Slot.SALVAGE:
        fail_and_go_on(patient, parameters, strategy, now)
    sos.retime_sos(patient, parameters, strategy, now)
    transplant.retime_transplant_death(patient, parameters, now)
    relapse.retime_relapse(patient, parameters, now)
    death.retime_disease_death(patient, parameters, now)


@compiled
def give_blinatumomab_alone(patient, parameters, strategy, slot, now):
    """Events of the line in which blinatumomab is given alone; false for those that it shares with other lines."""
    if slot == Slot.BLINATUMOMAB:
        antibody.start_course(patient, parameters, strategy, now)
    elif slot == Slot.BLINATUMOMAB_END:
        antibody.finish_course(patient, parameters, strategy, now)
    elif slot == Slot.RESPONSE:
        antibody.assess_response(patient, parameters, strategy, now)
    elif slot == Slot.MRD:
        mrd.assess_mrd_alone(patient, parameters, strategy, now)
    elif slot == Slot.NEXT_TREATMENT:
        antibody.go_on(patient, strategy, now)
    else:
        return False
    return True


@compiled
def fail_and_go_on(patient, parameters, strategy, now):
    """SALVAGE: a line has failed, with what that does to antigens, and the next one begins; or a result is read."""
    line = patient.line
    salvage.treat_in_next_line(patient, parameters, strategy, now)
    if patient.line > line:
        antigen.fail_line(patient, parameters)
        referral.fail_line(patient)


@compiled
def arrange(patient, parameters, strategy, slot, now):
    """A step on the way to SCT. DONOR_FOUND has no rule: it gives the search desk back, which is the clock's."""
    if slot == Slot.TRANSPLANT_DECISION:
        referral.decide_transplant(patient, parameters, strategy, now)
    elif slot == Slot.TRANSPLANT_LAPSE:
        referral.lapse(patient, now)
    elif slot == Slot.DONOR_SEARCH:
        referral.search_donor(patient, parameters, strategy, now)
    elif slot == Slot.TRANSPLANT_READY:
        referral.ask_for_bed(patient, parameters, strategy, now)
    elif slot == Slot.ADMISSION:
        referral.admit(patient, parameters, strategy, now)
