"""What no sweep can tell: sentences, and which of them a sweep calls for."""

from __future__ import annotations

from simulator.comparison.not_identified import SOS_ATTRIBUTION, not_identified
from simulator.scenario import Scenario

EVIDENCE = (
    "What the evidence cannot tell: no study varied the interval, the dose or the conditioning alone. In the cohorts "
    "behind this model interval, dose, schedule, ursodiol, blinatumomab and experience changed together while SOS fell "
    "from 9 of 67 to 1 of 43 patients (K167, K168); which of them did it is not identified. A registry found SOS 15, "
    "2, 17 and 14 % by rising interval (X036); a randomised trial 28.6 % at the lower v 16.7 % at the higher dose of "
    "InO (X039, X041)."
)
WAITING = (
    "Waiting in itself costs relapses and SCTs and gains nothing but less SOS. What a lost SCT costs rests on the "
    "effect of SCT itself, which the published cohorts do not identify (`allpath sweep interval_by_graft_effect` "
    "moves it): where SCT does little good or harm, part of a gain at long intervals is SCTs not done; see SCT, %."
)
CONDITIONING = (
    "Of conditioning the model knows intensity (relapse, NRM) and the terms of the SOS risk, all of them assumptions "
    "whose odds multiply; regimens of the same intensity differ in nothing but SOS."
)


def cannot_tell(scenario: Scenario, banded: bool) -> list[str]:
    """The sentences that belong to the differences between the points, and to the band if there is one."""
    strategies, found = [arm.strategy for arm in scenario.arms], not_identified(scenario)
    said = [EVIDENCE] if banded or SOS_ATTRIBUTION in found else []
    said += [each for each in found if each != SOS_ATTRIBUTION]
    if len({strategy.transplant.minimum_interval_weeks for strategy in strategies}) > 1:
        said.append(WAITING)
    if len({repr(strategy.transplant.conditioning) for strategy in strategies}) > 1:
        said.append(CONDITIONING)
    return said
