"""What no simulation answers: sentences for every report, and which of them a scenario calls for."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from simulator.comparison.differences import sct_policy

SCT_EFFECT = (
    "The causal effect of SCT is not identified by the published cohort: the split of failures after SCT "
    "into relapse and NRM, and unmeasured selection for SCT, rest on priors."
)
SOS_ATTRIBUTION = (
    "How much of the fall in SOS is due to interval, dose, ursodiol, experience or conditioning is not "
    "identified by the evidence (attribution)."
)


def not_identified(scenario: Any) -> list[str]:
    """The sentences that belong to the differences between the arms of a scenario."""
    strategies = [arm.strategy for arm in scenario.arms]
    sentences = {SCT_EFFECT: _whom, SOS_ATTRIBUTION: _sos_causes}
    return [words for words, part in sentences.items() if len({part(each) for each in strategies}) > 1]


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
