"""Parameter and attribution uncertainty of a comparison or a sweep, beside Monte Carlo error and never added to it.

    kinds        which values parameters take under each kind     lives      the arms lived under them
    spread       the spread between draws without chance          propagate  all of this, kept by draw
    surface      how an outcome depends on parameters             drivers    which parameters drive a difference
    information  EVPI and EVPPI                                   decision   the choice that they are about
    tables       rows                                             result     tables and the key of summary.json
    added        a comparison with all of it

The draws are those of `posterior`; all draws, kinds and arms live the same patients with the same luck.
"""

from simulator.uncertainty.added import add_uncertainty
from simulator.uncertainty.decision import decision_month, refuse_without_os
from simulator.uncertainty.propagation import DRAWS, Propagated, propagate
from simulator.uncertainty.result import APART, uncertainty_of

__all__ = [
    "APART",
    "DRAWS",
    "Propagated",
    "add_uncertainty",
    "decision_month",
    "propagate",
    "refuse_without_os",
    "uncertainty_of",
]
