"""What no simulation answers: sentences for every report, and which of them a scenario calls for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from simulator.comparison.differences import sct_policy

SCT_EFFECT = (
    "The causal effect of SCT is not identified by the published cohorts: the split of failures after SCT "
    "into relapse and NRM, and unmeasured selection for SCT, rest on priors."
)
SOS_ATTRIBUTION = (
    "How much of the fall in SOS is due to interval, dose, ursodiol, experience or conditioning is not "
    "identified by the evidence (attribution)."
)
BLINATUMOMAB_EFFECT = (
    "What blinatumomab adds is not identified by the published cohorts: it came together with a lower dose, ursodiol, "
    "experience and more first salvage; its lasting effect leans on first-line evidence (X165)."
)
BACKBONE_SHARE = (
    "What chemotherapy adds to inotuzumab is assumed: the share of a course's kill that is due to either is not "
    "identified by the evidence, and the toxicity of the backbone is not in the model."
)
BLINATUMOMAB_GIVEN = (
    "The arms differ in how much blinatumomab is given, by plan or because SCT ends it: part of each difference is "
    "blinatumomab's, which is not identified by the published cohorts (X165)."
)
UNLIKE_COURSES = 0.25  # mean courses of blinatumomab apart
# what each sentence speaks of, in a few words
IN_SHORT = {
    SCT_EFFECT: "the causal effect of SCT",
    SOS_ATTRIBUTION: "what lowers SOS",
    BLINATUMOMAB_EFFECT: "what blinatumomab adds",
    BACKBONE_SHARE: "what chemotherapy adds to inotuzumab",
    BLINATUMOMAB_GIVEN: "how much of the difference is blinatumomab's",
}


def not_identified(scenario: Any, blinatumomab_courses: Sequence[float] = ()) -> list[str]:
    """The sentences that belong to the differences between the arms of a scenario.

    `blinatumomab_courses`: what was given, mean of each arm; equal plans can end in unlike treatment.
    """
    strategies = [arm.strategy for arm in scenario.arms]
    sentences = {
        SCT_EFFECT: _whom,
        SOS_ATTRIBUTION: _sos_causes,
        BLINATUMOMAB_EFFECT: _blinatumomab,
        BACKBONE_SHARE: _backbone,
    }
    found = [words for words, part in sentences.items() if len({part(each) for each in strategies}) > 1]
    unlike = len(blinatumomab_courses) > 0 and max(blinatumomab_courses) - min(blinatumomab_courses) > UNLIKE_COURSES
    return found + [BLINATUMOMAB_GIVEN] * (unlike and BLINATUMOMAB_EFFECT not in found)


def _whom(strategy: Any) -> Hashable:
    """Who is offered SCT, in first and in later remissions."""
    return sct_policy(strategy), strategy.after_relapse.transplant


def _sos_causes(strategy: Any) -> Hashable:
    """All that changed together while SOS fell: dose, interval, ursodiol, experience, conditioning."""
    ino, sct = strategy.inotuzumab, strategy.transplant
    plan = (ino.days, ino.first_course_doses_mg_per_m2, ino.later_course_doses_mg_per_m2)
    doses = (ino.courses, *map(tuple, plan))
    interval = (sct.minimum_interval_weeks, sct.interval_act)
    return doses, interval, sct.conditioning, strategy.prophylaxis.ursodiol_share, strategy.setting.era


def _blinatumomab(strategy: Any) -> Hashable:
    """Blinatumomab as consolidation, in maintenance, for MRD; a plan without courses is none, whatever its dose."""
    blina, mrd = strategy.blinatumomab, strategy.mrd
    consolidation = blina if blina.courses else None
    return consolidation, strategy.maintenance.blinatumomab_courses, mrd.at_persistence, mrd.at_molecular_relapse


def _backbone(strategy: Any) -> Hashable:
    """Chemotherapy beside inotuzumab, or none."""
    return strategy.chemotherapy.backbone
