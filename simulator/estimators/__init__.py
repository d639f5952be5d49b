"""What a paper prints: functions of plain arrays, applied to simulated patients exactly as to real ones.

=====================  ================================================================================
``kaplan_meier``       survival at times with 95 % interval; ``survival_at``, ``median_survival``,
                       ``numbers_at_risk``, ``median_follow_up`` (reverse Kaplan-Meier)
``aalen_johansen``     ``cumulative_incidence`` of one of several causes with variance; ``incidence_at``
``logrank``            two groups, ties, Fleming-Harrington weights
``counting_rows``      ``split_at``: rows (start, stop] for one treatment that starts in time
``cox``                Cox model on counting-process rows, Efron ties
``rmst``               ``restricted_mean`` up to a horizon, with standard error
``intervals``          ``wilson_interval`` and ``exact_interval`` of a proportion
``landmark``           ``landmark_set`` of patients, ``compare_at_landmark``
=====================  ================================================================================

Times are in any one unit per call (days in this project); an event flag is bool. None of these is
causal: they are what a reader of a paper sees, biases included.
"""

from simulator.estimators.aalen_johansen import CumulativeIncidence, cumulative_incidence, incidence_at
from simulator.estimators.counting_rows import CountingRows, split_at
from simulator.estimators.cox import CoxFit, cox
from simulator.estimators.intervals import Interval, exact_interval, wilson_interval
from simulator.estimators.kaplan_meier import (
    KaplanMeier,
    kaplan_meier,
    median_follow_up,
    median_survival,
    numbers_at_risk,
    survival_at,
)
from simulator.estimators.landmark import LandmarkComparison, LandmarkSet, compare_at_landmark, landmark_set
from simulator.estimators.logrank import LogRank, logrank
from simulator.estimators.rmst import RestrictedMean, restricted_mean

__all__ = [
    "CountingRows",
    "CoxFit",
    "CumulativeIncidence",
    "Interval",
    "KaplanMeier",
    "LandmarkComparison",
    "LandmarkSet",
    "LogRank",
    "RestrictedMean",
    "compare_at_landmark",
    "cox",
    "cumulative_incidence",
    "exact_interval",
    "incidence_at",
    "kaplan_meier",
    "landmark_set",
    "logrank",
    "median_follow_up",
    "median_survival",
    "numbers_at_risk",
    "restricted_mean",
    "split_at",
    "survival_at",
    "wilson_interval",
]
