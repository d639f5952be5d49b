"""What was propagated, as tables and as the key `posterior` of summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from simulator.comparison.uncertain import Uncertainty
from simulator.uncertainty.decision import decision_of, outcomes_of
from simulator.uncertainty.propagation import Propagated
from simulator.uncertainty.tables import (
    band_rows,
    driver_rows,
    drivers_by_arm,
    information_rows,
    interval_rows,
    nested,
)

APART = (
    "Intervals are Monte Carlo 95 % intervals, but for those under `posterior`: there parameters and attribution stand "
    "apart, and are never added to them."
)
INFORMATION_COLUMNS = ["about", "parameters", "points", "se_points", "per_1000", "clear"]


def uncertainty_of(found: Propagated, summary: Mapping[str, Any], month: int) -> Uncertainty:
    """Tables and summary; `summary` is that of the whole run, `month` that of the decision."""
    posterior = found.posterior
    rows, decision = list(interval_rows(found, summary)), decision_of(found, month)
    drivers = {arm: (each.r_squared, driver_rows(found, each)) for arm, each in drivers_by_arm(found, month).items()}
    told = {
        "id": posterior.id,
        "month": month,
        "draws": len(found.rows),
        "patients_per_draw": found.patients,
        "parameters": list(posterior.names),
        "attribution": list(posterior.attribution),
        "prior": list(posterior.prior),
        "os": nested(rows, "os"),
        "differences": nested(rows, "os_difference"),
        "drivers": {
            arm: {"r_squared": r_squared, "parameters": [row for row in each if row["clear"]]}
            for arm, (r_squared, each) in drivers.items()
        },
        "decision": decision,
    }
    of_arms = pd.DataFrame(outcomes_of(found, month), columns=[f"os_{month}.{name}" for name in found.names])
    draws = pd.DataFrame(posterior.chain_and_draw[found.rows], columns=["chain", "draw"])
    return Uncertainty(
        told,
        pd.DataFrame(rows),
        pd.DataFrame(band_rows(found)),
        pd.DataFrame({"arm": arm} | row for arm, (_, each) in drivers.items() for row in each),
        pd.DataFrame(information_rows(decision), columns=INFORMATION_COLUMNS),
        draws.join(of_arms),
    )
