"""Each kind of event in the words of a haematologist. WORDS has one entry for each slot; a test asks for it.

An entry is given the event and the plan, and returns what there is to tell: no words where nothing happened (a plan
overtaken by another). Latent things, which nobody at the bedside could know, are marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simulator.calendar import NEVER, Slot
from simulator.patient import OVERT_LOG10, Remission, in_strategy_line
from simulator.rules.mrd import burden_log10, measured_log10
from simulator.rules.referral import offered
from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK, FLOW_LIMIT_LOG10, Donor, TransplantPolicy
from simulator.trajectory.life import Event, Plan

DONORS = ("matched related donor", "matched unrelated donor", "haploidentical donor", "cord blood")
KINDS = {Remission.CR: "CR", Remission.CRP: "CRp", Remission.CRI: "CRi"}
LATENT = "[latent]"
ONE_CELL_LOG10 = -12.0  # of about 10^12 cells in a full marrow (judgement); only decides what is told

Told = list[str]


def words_of(event: Event, plan: Plan) -> Told:
    """What happened, in one or a few short phrases; none where nothing did."""
    return WORDS[event.slot](event, plan) + _clone(event)


def clinical_day(day: float) -> int:
    """Day 1 is the day of the first dose."""
    return int(np.floor(day)) + 1


def share(log10: float) -> str:
    """3e-4 for -3.5."""
    mantissa, exponent = f"{10.0**log10:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def span(days: float) -> str:
    """A time in the unit one would say it in."""
    if days < 1.5 * DAYS_PER_WEEK:
        return _counted(round(days), "day")
    if days < 20 * DAYS_PER_WEEK:
        return _counted(round(days / DAYS_PER_WEEK), "week")
    return _counted(round(days / DAYS_PER_MONTH), "month")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _clone(event: Event) -> Told:
    """A growing clone that this event's treatment has eradicated."""
    before, after = event.before, event.after
    gone = not np.isnan(before.molecular_relapse_day) and np.isnan(after.molecular_relapse_day) and after.in_remission
    return [f"{LATENT} the growing clone is eradicated"] if gone else []


def _course(event: Event, plan: Plan) -> Told:
    after = event.after
    if after.courses == event.before.courses:
        return []
    backbone = "mini-hyper-CVD" if plan.strategy.backbone else "inotuzumab alone"
    told = [f"course {after.courses} of {plan.strategy.courses}, {backbone}"]
    return told + [f"{LATENT} platelets will stay at 50 or less beyond six weeks"] * bool(after.platelets_day == NEVER)


def _inotuzumab(event: Event, plan: Plan) -> Told:
    given = event.after.inotuzumab_mg_per_m2 - event.before.inotuzumab_mg_per_m2
    if given == 0.0:
        return ["inotuzumab withheld"]
    return [f"inotuzumab {round(given, 2):g} mg/m2 ({round(event.after.inotuzumab_mg_per_m2, 2):g} in all)"]


def _response(event: Event, plan: Plan) -> Told:
    after = event.after
    if _alone(event):
        found = "CR" if after.in_remission else "no remission"
        told = [f"{found} after blinatumomab course {after.antibody_courses}"]
        return told + ["refractory to it"] * (not np.isnan(after.antibody_failure_day))
    if after.in_remission:
        return [f"{KINDS[Remission(after.remission_kind)]} after course {after.courses}"]
    told = [f"no remission after course {after.courses}"]
    if not np.isnan(after.refractory_day):
        told.append("refractory")
    return told + [f"{LATENT} blasts {100.0 * 10.0**after.burden_active_log10:.0f} % of the marrow"]


def _alone(event: Event) -> bool:
    """Whether blinatumomab is given alone in the line of this event."""
    return bool(event.before.line == event.before.blinatumomab_line)


def _mrd(event: Event, plan: Plan) -> Told:
    assay = "flow" if plan.strategy.mrd_limit_log10 == FLOW_LIMIT_LOG10 else "NGS"
    if _alone(event):
        return [f"MRD {'negative' if event.after.antibody_mrd_negative else 'positive'} by {assay}"]
    measured = min(measured_log10(event.before, plan.parameters, event.day), 0.0)  # a share of the marrow
    burden = min(burden_log10(event.before, event.day), OVERT_LOG10)
    latent = share(burden) if burden > ONE_CELL_LOG10 else "none"
    result = "negative" if event.after.mrd_negative else share(measured)
    told = [f"MRD {result} by {assay} [latent {latent}]"]
    return told + ["MRD positive again"] * bool(event.after.mrd_relapse_found_day == event.day)


def _next_treatment(event: Event, plan: Plan) -> Told:
    after, calendar = event.after, event.after.calendar
    if _alone(event):
        return ["no further blinatumomab"] * bool(calendar[Slot.BLINATUMOMAB] == NEVER)
    ended = "blinatumomab" if after.blinatumomab_courses else "chemotherapy"
    courses = after.blinatumomab_courses or after.courses
    if min(calendar[Slot.COURSE], calendar[Slot.BLINATUMOMAB]) <= event.day:
        return []
    if calendar[Slot.BLINATUMOMAB] < NEVER:
        return [f"chemotherapy ends, blinatumomab in {span(calendar[Slot.BLINATUMOMAB] - event.day)}"]
    if calendar[Slot.MAINTENANCE] <= event.day:
        return [f"{ended} ends after {_counted(courses, 'course')}"]
    if after.transplant_decision == 1:
        return ["no further treatment before SCT"]
    return ["no further treatment"]


def _blinatumomab(event: Event, plan: Plan) -> Told:
    if _alone(event):
        return [f"blinatumomab alone, course {event.after.antibody_courses} begins"]
    if event.after.blinatumomab_courses == event.before.blinatumomab_courses:
        return []
    return [f"blinatumomab course {event.after.blinatumomab_courses} begins"]


def _blinatumomab_end(event: Event, plan: Plan) -> Told:
    stops = event.after.blinatumomab_ended and not event.before.blinatumomab_ended
    return ["blinatumomab infusion complete" + ", no further ones" * bool(stops)]


def _maintenance(event: Event, plan: Plan) -> Told:
    before, after = event.before, event.after
    given = _counted(round(after.maintenance_months), "month")
    if after.maintenance_speed < 1.0 and before.maintenance_speed == 1.0:
        if after.maintenance_months == 0.0:
            return ["POMP begins"]
        gap_days = plan.strategy.blinatumomab_course_days - plan.strategy.blinatumomab_infusion_days
        return ["POMP goes on"] * bool(event.day < after.blinatumomab_end_day + gap_days + 1.0)
    if after.maintenance_months >= plan.strategy.pomp_months > before.maintenance_months:
        return [f"POMP complete after {given}"]
    return [f"POMP pauses after {given}"] * bool(after.calendar[Slot.BLINATUMOMAB] < NEVER)


def _transplant_decision(event: Event, plan: Plan) -> Told:
    after = event.after
    if after.transplant_decision == 1:
        return ["SCT agreed"]
    if after.calendar[Slot.TRANSPLANT_DECISION] < NEVER:
        return [f"SCT decided on the marrow of day {clinical_day(after.calendar[Slot.TRANSPLANT_DECISION])}"]
    if offered(after, plan.strategy):
        return ["offered SCT, does not go"]
    return ["no SCT: " + _why_not(after, plan)]


def _why_not(patient: Any, plan: Plan) -> str:
    """The first obstacle in the patient, else the policy."""
    obstacles = {
        "no donor": patient.donor < 0,
        "unfit": patient.unfit_for_transplant,
        "ECOG above 2": patient.ecog > 2,
        "earlier SOS": not np.isnan(patient.sos_day),
        "age": patient.age_years > plan.strategy.transplant_max_age_years,
    }
    if plan.strategy.transplant_policy == TransplantPolicy.NONE:
        return "not in the policy"
    return next((words for words, stands in obstacles.items() if stands), "not in the policy")


def _transplant(event: Event, plan: Plan) -> Told:
    after = event.after
    told = [f"SCT from {'' if after.donor == Donor.CORD else 'a '}{DONORS[after.donor]}"]
    if not np.isnan(after.last_inotuzumab_day):
        told.append(f"{span(event.day - after.last_inotuzumab_day)} after the last inotuzumab")
    return [", ".join(told), _conditioning(after)]


def _donor_search(event: Event, plan: Plan) -> Told:
    after = event.after
    search = f"{DONORS[after.donor]} in {span(after.donor_ready_day - event.day)}"
    return [f"donor search: {search}; SCT planned for day {clinical_day(after.transplant_planned_day)}"]


def _donor_found(event: Event, plan: Plan) -> Told:
    return ["donor found"]


def _transplant_ready(event: Event, plan: Plan) -> Told:
    ready = event.after.calendar[Slot.TRANSPLANT_READY]
    if ready == NEVER:
        return []
    return [f"SCT put off, admission at the earliest on day {clinical_day(ready)}"]


def _admission(event: Event, plan: Plan) -> Told:
    return ["admitted for SCT"]


def _transplant_lapse(event: Event, plan: Plan) -> Told:
    return ["SCT not done: " + ("SOS" if not np.isnan(event.after.sos_day) else "grace period over")]


def _discharge(event: Event, plan: Plan) -> Told:
    return ["discharged"]


def _conditioning(patient: Any) -> str:
    intensity = "myeloablative" if patient.conditioning_myeloablative else "reduced-intensity"
    parts = [name for name in ("busulfan", "thiotepa", "tbi") if getattr(patient, f"conditioning_{name}")]
    named = ", ".join(parts).replace("tbi", "TBI")
    return f"{intensity} conditioning" + f" with {named}" * bool(parts)


def _gvhd(event: Event, plan: Plan) -> Told:
    after = event.after
    if event.day < after.latest_transplant_day + plan.parameters.chronic_gvhd_day:
        return ["acute GVHD, grade " + ("III-IV" if after.acute_gvhd_grade == 3 else "II")]
    return ["chronic GVHD"]


def _sos(event: Event, plan: Plan) -> Told:
    after = event.after
    since = after.latest_transplant_day if after.sos_after_transplant else after.last_inotuzumab_day
    what = "SCT" if after.sos_after_transplant else "the last inotuzumab, without SCT"
    return [f"SOS{', severe' if after.sos_severe else ''}, {span(event.day - since)} after {what}"]


def _molecular_relapse(event: Event, plan: Plan) -> Told:
    growth = event.after.calendar[Slot.RELAPSE] - event.day
    return [f"{LATENT} molecular relapse, doubling in {event.after.doubling_days:.0f} days, overt in {span(growth)}"]


def _relapse(event: Event, plan: Plan) -> Told:
    before = event.before
    if _alone(event):
        told = f"relapse, {span(event.day - before.antibody_remission_day)} after remission under blinatumomab"
    elif before.line == before.protocol_line:
        told = f"relapse, {span(event.day - before.remission_day)} after remission"
    else:
        told = f"relapse from the remission after salvage {before.line}"
    return [told + ", before the planned SCT" * bool(before.transplant_decision == 1)]


def _salvage(event: Event, plan: Plan) -> Told:
    before, after = event.before, event.after
    told = []
    if before.salvage_running:
        told.append(f"{'remission' if after.in_remission else 'no remission'} after salvage {before.line}")
    if after.cd19_lost > before.cd19_lost:
        told.append("CD19 lost")
    if after.cd22_lost > before.cd22_lost:
        told.append("CD22 lost")
    if after.line > before.line and in_strategy_line(after):
        slot = Slot.COURSE if after.line == after.protocol_line else Slot.BLINATUMOMAB
        what = "the courses" if slot == Slot.COURSE else "blinatumomab alone"
        interim = ", other treatment in between" * bool(after.interim_therapy)
        told.append(f"{what} in {span(after.calendar[slot] - event.day)}{interim}")
    elif after.salvage_running:
        told.append(f"salvage {after.line} begins")
    elif not after.in_remission:
        told.append("no further line")
    return told


def _death(words: str) -> Callable[[Event, Plan], Told]:
    return lambda event, plan: [words]


def _death_after_transplant(event: Event, plan: Plan) -> Told:
    return [f"dies in remission {span(event.day - event.after.latest_transplant_day)} after SCT"]


WORDS: dict[Slot, Callable[[Event, Plan], Told]] = {
    Slot.BACKGROUND_DEATH: _death("dies of another cause (background mortality)"),
    Slot.EARLY_DEATH: _death("early death"),
    Slot.REMISSION_DEATH: _death("dies in remission, without SCT"),
    Slot.TRANSPLANT_DEATH: _death_after_transplant,
    Slot.SOS_DEATH: _death("dies of SOS"),
    Slot.LEUKAEMIA_DEATH: _death("dies of leukaemia"),
    Slot.RELAPSE: _relapse,
    Slot.MOLECULAR_RELAPSE: _molecular_relapse,
    Slot.SOS: _sos,
    Slot.GVHD: _gvhd,
    Slot.DISCHARGE: _discharge,
    Slot.INOTUZUMAB: _inotuzumab,
    Slot.BLINATUMOMAB_END: _blinatumomab_end,
    Slot.RESPONSE: _response,
    Slot.MRD: _mrd,
    Slot.TRANSPLANT_DECISION: _transplant_decision,
    Slot.TRANSPLANT_LAPSE: _transplant_lapse,
    Slot.DONOR_SEARCH: _donor_search,
    Slot.DONOR_FOUND: _donor_found,
    Slot.TRANSPLANT_READY: _transplant_ready,
    Slot.ADMISSION: _admission,
    Slot.TRANSPLANT: _transplant,
    Slot.NEXT_TREATMENT: _next_treatment,
    Slot.COURSE: _course,
    Slot.BLINATUMOMAB: _blinatumomab,
    Slot.MAINTENANCE: _maintenance,
    Slot.SALVAGE: _salvage,
}
