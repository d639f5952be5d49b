"""In remission: what a completed course has achieved, and which treatment comes next."""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.hazards import inotuzumab_effect
from simulator.strategy import WAITING_REVIEW_DAYS, IntervalAct, WhileWaiting

SCT_AHEAD = 1  # transplant_decision


@compiled
def choose_next_treatment(patient, parameters, strategy, now):
    """NEXT_TREATMENT: a block has ended in remission."""
    credit_course(patient, parameters, strategy)
    if patient.calendar[Slot.TRANSPLANT] < NEVER:
        return  # conditioning has begun
    if patient.calendar[Slot.ADMISSION] < NEVER:
        treat_in_queue(patient, parameters, strategy, now)
    elif patient.transplant_decision == SCT_AHEAD:
        choose_before_transplant(patient, parameters, strategy, now)
    elif patient.blinatumomab_courses > 0:
        go_on_with_blinatumomab(patient, strategy, now)
    elif stays_on_chemotherapy(patient, parameters, strategy, parameters.early_blinatumomab):
        patient.calendar[Slot.COURSE] = now
    else:
        leave_chemotherapy(patient, parameters, strategy, now)


@compiled
def credit_course(patient, parameters, strategy):
    """A course begun in remission lowers burden and, for good, the relapse hazard; each is credited once."""
    given_in_remission = patient.courses - patient.response_course
    if given_in_remission <= patient.remission_courses:
        return
    patient.remission_courses += 1
    share = parameters.inotuzumab_share_of_kill
    drug = (1.0 - share) * strategy.backbone + share * inotuzumab_effect(
        patient.course_inotuzumab_mg_per_m2, parameters.inotuzumab_saturation_mg_per_m2, patient.cd22_now_percent
    )
    kill = (
        parameters.log_kill_in_remission * drug
        - parameters.log_kill_loss_per_frailty * patient.frailty
        + parameters.log_kill_sigma_in_remission * normal_from(patient.course_kill_luck)
    )
    patient.kill_in_remission_log10 += max(kill, 0.0)
    patient.course_factor *= np.exp(parameters.course_log_factor * drug)


@compiled
def stays_on_chemotherapy(patient, parameters, strategy, early_blinatumomab):
    """Whether the next planned course is given: platelets, the team's choice, the patient's."""
    if patient.courses >= strategy.courses or not np.isnan(patient.sos_day):
        return False
    prolonged = patient.platelets_day == np.inf and strategy.stop_at_prolonged_thrombocytopenia
    leaves = parameters.leave_after_prolonged_thrombocytopenia if prolonged else parameters.leave_consolidation
    u_leave, u_early = uniform_pair(patient.seed, patient.id, draws.LEAVE_PROTOCOL // 2, patient.courses)
    if strategy.blinatumomab_courses > 0:
        if patient.courses >= strategy.blinatumomab_after_course:
            return False
        if strategy.blinatumomab_switch_early and u_early < early_blinatumomab:
            return False
    return u_leave >= leaves


@compiled
def leave_chemotherapy(patient, parameters, strategy, now):
    """Blinatumomab where planned (early only if the team may move on early), else maintenance."""
    completed = patient.courses >= min(strategy.blinatumomab_after_course, strategy.courses)
    if strategy.blinatumomab_courses > 0 and (completed or strategy.blinatumomab_switch_early):
        patient.calendar[Slot.BLINATUMOMAB] = now + parameters.blinatumomab_wait_days
    else:
        patient.calendar[Slot.MAINTENANCE] = now


@compiled
def go_on_with_blinatumomab(patient, strategy, now):
    """The next blinatumomab course, or maintenance after the last."""
    if patient.blinatumomab_courses < strategy.blinatumomab_courses and not patient.blinatumomab_ended:
        patient.calendar[Slot.BLINATUMOMAB] = now
    else:
        patient.calendar[Slot.MAINTENANCE] = now


@compiled
def choose_before_transplant(patient, parameters, strategy, now):
    """With an SCT ahead: another course while it fits, blinatumomab if that is the act, else what the plan says."""
    interval_ends = patient.last_inotuzumab_day + strategy.transplant_minimum_interval_days
    expected = patient.transplant_planned_day
    if interval_ends > expected:  # false where no InO was given (NaN)
        expected = interval_ends
    days_left = expected - now
    wait = parameters.blinatumomab_wait_days if patient.blinatumomab_courses == 0 else 0.0
    room_for_blinatumomab = (
        days_left >= wait + strategy.blinatumomab_infusion_days
        and patient.blinatumomab_courses < strategy.blinatumomab_courses
        and not patient.blinatumomab_ended
    )
    act = strategy.transplant_interval_act
    ino_withheld = now + (strategy.inotuzumab_days[0] - 1.0) > patient.inotuzumab_stop_day
    blinatumomab_now = (
        patient.blinatumomab_completed < strategy.transplant_after_blinatumomab_courses
        or (act == IntervalAct.STOP_INO_EARLY_AND_BLINATUMOMAB and ino_withheld)
        or patient.blinatumomab_courses > 0
    )
    if blinatumomab_now and strategy.blinatumomab_courses > 0:
        wanted = patient.blinatumomab_completed < strategy.transplant_after_blinatumomab_courses
        if room_for_blinatumomab or (wanted and not patient.blinatumomab_ended):
            patient.calendar[Slot.BLINATUMOMAB] = now + wait
        return
    if days_left >= parameters.rest_before_transplant_days and stays_on_chemotherapy(
        patient, parameters, strategy, parameters.early_blinatumomab_before_transplant
    ):
        patient.calendar[Slot.COURSE] = now
        return
    waiting = strategy.transplant_while_waiting
    if waiting == WhileWaiting.BLINATUMOMAB and room_for_blinatumomab:
        patient.calendar[Slot.BLINATUMOMAB] = now + wait
    elif waiting == WhileWaiting.POMP:
        patient.calendar[Slot.MAINTENANCE] = now


@compiled
def treat_in_queue(patient, parameters, strategy, now):
    """A bed is waited for, nobody knows how long: after some weeks, what the policy gives while waiting."""
    review = patient.bed_asked_day + WAITING_REVIEW_DAYS
    waiting = strategy.transplant_while_waiting
    if now < review:
        patient.calendar[Slot.NEXT_TREATMENT] = review
    elif waiting == WhileWaiting.NEXT_COURSE:
        if stays_on_chemotherapy(patient, parameters, strategy, parameters.early_blinatumomab_before_transplant):
            patient.calendar[Slot.COURSE] = now
    elif waiting == WhileWaiting.BLINATUMOMAB:
        if patient.blinatumomab_courses < strategy.blinatumomab_courses and not patient.blinatumomab_ended:
            wait = parameters.blinatumomab_wait_days if patient.blinatumomab_courses == 0 else 0.0
            patient.calendar[Slot.BLINATUMOMAB] = now + wait
    elif waiting == WhileWaiting.POMP:
        patient.calendar[Slot.MAINTENANCE] = now
