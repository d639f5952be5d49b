"""Patient tables: one row a life, ready for lifelines, scipy or a spreadsheet. What each column is: `columns`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.clocks.cohort import live_table
from simulator.compiled import compiled
from simulator.endpoints import BINS_PER_MONTH, ENDPOINT_COUNT, Endpoint, edge_days, endpoint_days
from simulator.patient import Cause, Remission, new_patients
from simulator.population import population_record
from simulator.runner import LIVES_PER_BLOCK, arm_records, end_day, refuse_limits
from simulator.scenario import Scenario
from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK

BASELINE = (
    "age_years", "male", "line_at_entry", "first_remission_over_12_months", "prior_transplant",
    "low_hypodiploid", "kmt2a", "complex_karyotype", "tp53_mutated", "crlf2", "philadelphia",
    "peripheral_blasts_percent", "ecog", "cd19_percent", "cd22_percent", "frailty", "unfit_for_transplant",
    "donor",
)  # fmt: skip
DELIVERED = (
    "courses", "inotuzumab_courses", "inotuzumab_mg_per_m2", "blinatumomab_courses", "maintenance_months",
)  # fmt: skip

PATIENTS_DELIVERED = 20_000


@compiled
def endpoint_table(table: np.recarray, days: np.ndarray) -> None:
    """`endpoint_days` of every row of `table` (n,) into `days` (n, endpoints)."""
    for row in range(len(table)):
        endpoint_days(table[row], days[row])


def lives(scenario: Scenario, arm: str, n: int, first: int = 0) -> np.recarray:
    """The records of patients first .. first + n - 1 under one arm, lived as in `runner.run`."""
    refuse_limits(scenario)
    parameters, strategy = arm_records(scenario, arm)
    population = population_record(scenario.population)
    table, blank, until = new_patients(n), new_patients(1), end_day(scenario.horizon_months)
    for begin in range(0, n, LIVES_PER_BLOCK):
        part = table[begin : begin + LIVES_PER_BLOCK]
        live_table(part, blank, np.uint64(scenario.seed), first + begin, population, parameters, strategy, until)
    return table


def patients_table(scenario: Scenario, arm: str, n: int = 100_000) -> pd.DataFrame:
    """The first n patients (at most the scenario's) under one arm; columns and units as in `PATIENT_COLUMNS`.

    Months are from day 1, but rfs_months and os_from_cr_months from first remission (NaN without remission).
    All times are censored at the horizon; *_event is 0/1, so that `KaplanMeierFitter().fit(t.os_months,
    t.os_event)` works as it stands. An event that has not come is NaN.
    """
    return table_of(lives(scenario, arm, min(n, scenario.patients)), scenario.horizon_months)


def table_of(table: np.recarray, horizon_months: int) -> pd.DataFrame:
    """`patients_table` of these records."""
    days = np.empty((len(table), ENDPOINT_COUNT))
    endpoint_table(table, days)
    horizon_days = edge_days(horizon_months * BINS_PER_MONTH)
    columns: dict[str, object] = {"patient": table.id}
    for name, endpoint in (
        ("os", Endpoint.OS), ("efs", Endpoint.EFS),
        ("rfs", Endpoint.RFS), ("os_from_cr", Endpoint.OS_FROM_CR),
    ):  # fmt: skip
        time = days[:, endpoint]
        event = np.where(np.isnan(time), np.nan, time <= horizon_days)
        columns[f"{name}_months"] = np.minimum(time, horizon_days) / DAYS_PER_MONTH
        columns[f"{name}_event"] = event if np.isnan(time).any() else event.astype(np.int64)
    columns["efs_cause"] = _first_of(
        days,
        horizon_days,
        refractory=Endpoint.REFRACTORY,
        relapse=Endpoint.RELAPSE_FROM_DAY_1,
        death=Endpoint.NRM_FROM_DAY_1,
    )
    columns["rfs_cause"] = _first_of(days, horizon_days, relapse=Endpoint.RELAPSE, death=Endpoint.NRM)
    died = days[:, Endpoint.OS] <= horizon_days
    causes = np.array([cause.name.lower() for cause in Cause])
    columns["death_cause"] = causes[np.where(died, table.death_cause, Cause.ALIVE)]
    columns["response"] = ~np.isnan(days[:, Endpoint.RFS]).astype(np.int64)
    columns["response_kind"] = np.array([kind.name.lower() for kind in Remission])[table.remission_kind]
    columns["mrd_negative_at_response"] = table.mrd_negative_at_response
    for name, day in (
        ("remission", table.remission_day), ("refractory", table.refractory_day),
        ("relapse", table.relapse_day), ("transplant", table.transplant_day), ("sos", table.sos_day),
    ):  # fmt: skip
        columns[f"{name}_month"] = _by(day, horizon_days) / DAYS_PER_MONTH
    for name, endpoint in (
        ("transplanted", Endpoint.SCT), ("sos", Endpoint.SOS_ANY),
        ("sos_severe", Endpoint.SOS_SEVERE), ("sos_fatal", Endpoint.SOS_FATAL),
    ):  # fmt: skip
        columns[name] = (days[:, endpoint] <= horizon_days).astype(np.int64)
    transplanted = days[:, Endpoint.SCT] <= horizon_days
    interval = np.where(transplanted, table.transplant_interval_days, np.nan)
    columns["transplant_interval_weeks"] = interval / DAYS_PER_WEEK
    columns |= {name: table[name] for name in (*DELIVERED, *BASELINE)}
    return pd.DataFrame(columns)


def delivered_of(scenario: Scenario, n: int = PATIENTS_DELIVERED) -> pd.DataFrame:
    """What treatment was given, one row an arm, in the first n patients; medians over those who had any."""
    rows = []
    for arm in scenario.arms:
        table = patients_table(scenario, arm.name, n)
        sct = table[table["transplanted"] == 1]
        weeks = sct["transplant_interval_weeks"]
        blinatumomab = table["blinatumomab_courses"]
        rows.append(
            {
                "arm": arm.name,
                "patients": len(table),
                "inotuzumab_courses_mean": table["inotuzumab_courses"].mean(),
                "inotuzumab_courses_median": table["inotuzumab_courses"].median(),
                "inotuzumab_mg_per_m2_median": table["inotuzumab_mg_per_m2"].median(),
                "blinatumomab_share": (blinatumomab > 0).mean(),
                "blinatumomab_courses_mean": blinatumomab.mean(),
                "blinatumomab_courses_median": table.query("blinatumomab_courses > 0")["blinatumomab_courses"].median(),
                "sct_share": table["transplanted"].mean(),
                "sct_month_median": sct["transplant_month"].median(),
                "interval_weeks_median": weeks.median(),
                "interval_weeks_lower_quartile": weeks.quantile(0.25),
                "interval_weeks_upper_quartile": weeks.quantile(0.75),
            }
        )
    return pd.DataFrame(rows)


def _by(day: np.ndarray, horizon_days: float) -> np.ndarray:
    """A day, or NaN where it lies beyond the horizon."""
    return np.where(day <= horizon_days, day, np.nan)


def _first_of(days: np.ndarray, horizon_days: float, **kinds: Endpoint) -> np.ndarray:
    """Name of the first event within the horizon, else "none"."""
    return np.select([days[:, kind] <= horizon_days for kind in kinds.values()], list(kinds), default="none")
