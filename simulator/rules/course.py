"""A course (chemotherapy, InO or both) with its InO doses by day, and the platelets after it.

The same course is given against active disease and in remission; what it achieves is read elsewhere
(`response` while the disease is active, `consolidation` in remission).
"""

import numpy as np

from simulator import draws
from simulator.calendar import NEVER, Slot
from simulator.compiled import compiled
from simulator.draws import normal_from, uniform_pair
from simulator.hazards import log_normal_days, probability

PROLONGED_DAYS = 42.0  # platelets <= 50 x 10^9/L beyond six weeks, K191


@compiled
def start_course(patient, parameters, strategy, now):
    """COURSE: give the course, unless blinatumomab begins today; the next block waits for platelets."""
    if patient.calendar[Slot.BLINATUMOMAB] <= now:
        return
    patient.courses += 1
    patient.course_day = now
    if patient.courses == 1:
        patient.protocol_day = now
    patient.course_doses_given = 0
    patient.course_inotuzumab_mg_per_m2 = 0.0
    patient.course_kill_luck, u_day = uniform_pair(patient.seed, patient.id, draws.LOG_KILL // 2, patient.courses)
    schedule_next_dose(patient, strategy)
    recover_platelets(patient, parameters, strategy, now)
    if patient.in_remission:
        patient.calendar[Slot.MRD] = patient.course_end_day
        patient.calendar[Slot.NEXT_TREATMENT] = patient.course_end_day
    else:
        day = log_normal_days(normal_from(u_day), parameters.assessment_median_days, parameters.assessment_sigma)
        patient.calendar[Slot.RESPONSE] = now + min(max(day, 10.0), planned_days(patient, strategy))


@compiled
def planned_days(patient, strategy):
    """Planned length of the latest course."""
    return strategy.first_course_days if patient.courses == 1 else strategy.course_days


@compiled
def planned_doses(patient, strategy):
    """InO doses of the latest course: those of course 1, in some plans repeated until remission, or the later ones."""
    begun_in_remission = 0 < patient.response_course < patient.courses
    if patient.courses == 1 or (strategy.inotuzumab_first_doses_until_remission and not begun_in_remission):
        return strategy.inotuzumab_first_doses
    return strategy.inotuzumab_later_doses


@compiled
def schedule_next_dose(patient, strategy):
    """Put the next InO dose of this course into the calendar, if one is planned and not withheld."""
    dose = patient.course_doses_given
    if (
        dose >= strategy.inotuzumab_doses_per_course
        or patient.courses > strategy.inotuzumab_courses
        or not np.isnan(patient.sos_day)
    ):
        patient.calendar[Slot.INOTUZUMAB] = NEVER
        return
    day = patient.course_day + (strategy.inotuzumab_days[dose] - 1.0)
    patient.calendar[Slot.INOTUZUMAB] = day if day <= patient.inotuzumab_stop_day else NEVER


@compiled
def give_inotuzumab(patient, parameters, strategy, now):
    """INOTUZUMAB: one dose."""
    if not np.isnan(patient.sos_day):
        patient.calendar[Slot.INOTUZUMAB] = NEVER
        return
    dose = planned_doses(patient, strategy)[patient.course_doses_given]
    patient.inotuzumab_courses += patient.course_doses_given == 0
    patient.course_doses_given += 1
    patient.inotuzumab_mg_per_m2 += dose
    patient.course_inotuzumab_mg_per_m2 += dose
    patient.last_inotuzumab_day = now
    schedule_next_dose(patient, strategy)


@compiled
def recover_platelets(patient, parameters, strategy, now):
    """Draw platelet recovery; prolonged thrombocytopenia is likelier with more InO in the course."""
    course = patient.courses
    u_prolonged, u_days = uniform_pair(patient.seed, patient.id, draws.PLATELETS // 2, course)
    planned = 0.0
    if course <= strategy.inotuzumab_courses:
        doses = planned_doses(patient, strategy)
        for dose in range(strategy.inotuzumab_doses_per_course):
            if now + (strategy.inotuzumab_days[dose] - 1.0) <= patient.inotuzumab_stop_day:
                planned += doses[dose]
    log_odds = parameters.thrombocytopenia_log_odds_per_mg_per_m2 * (planned - 1.0)
    if course == 1:
        log_odds += parameters.thrombocytopenia_log_odds_course_1
        median = parameters.platelets_median_days_course_1
    else:
        log_odds += parameters.thrombocytopenia_log_odds_later_course
        median = parameters.platelets_median_days_later_course
    if u_prolonged < probability(log_odds):
        patient.platelets_day = NEVER
        patient.course_end_day = now + PROLONGED_DAYS
        if course == 1:
            patient.thrombocytopenia_induction = 1
        else:
            patient.thrombocytopenia_later = 1
    else:
        days = log_normal_days(normal_from(u_days), median, parameters.platelets_sigma)
        patient.platelets_day = now + min(days, PROLONGED_DAYS)
        patient.course_end_day = max(now + planned_days(patient, strategy), patient.platelets_day)
