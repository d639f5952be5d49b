"""results.parquet: estimates and differences of a run in one long table, so that SQL reads many runs together.

Each row says which run and arm it is of, so that the files of many folders are one table as they stand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulator.comparison import Comparison
from simulator.parquet import Column, parquet_file

RESULTS, RESULTS_FILE = "results", "results.parquet"
RESULT_COLUMNS = (
    Column("scenario", "text", "", "name of the scenario"),
    Column("seed", "text", "", "64-bit seed, in decimal"),
    Column("patients", "int", "patients", "simulated in each arm"),
    Column("parameter_set", "text", "", "parameters of the model"),
    Column("horizon_months", "int", "months", "how long patients are followed"),
    Column("kind", "text", "", "estimate: of the arm; difference: arm minus reference, paired"),
    Column("arm", "text", "", "name of the arm"),
    Column("arm_title", "text", "", "title of the arm"),
    Column("reference", "text", "", "name of the reference arm"),
    Column("endpoint", "text", "", "as in estimates.csv and differences.csv"),
    Column("month", "float", "months", "null where the number has no month"),
    Column("value", "float", "", "share, months or a difference of them; null = undefined or not reached"),
    Column("low", "float", "", "Monte Carlo 95 % interval"),
    Column("high", "float", "", "Monte Carlo 95 % interval"),
    Column("n", "int", "patients", "population of an estimate"),
    Column("mc_se", "float", "", "Monte Carlo standard error of a difference"),
    Column("variance_reduction", "float", "ratio", "of a paired difference, against independent groups"),
    Column("nnt", "float", "patients", "number needed to treat"),
)


def results_table(comparison: Comparison) -> pd.DataFrame:
    """RESULT_COLUMNS: the rows of `estimates`, then those of `differences`."""
    scenario = comparison.scenario
    parts = [comparison.estimates.assign(kind="estimate"), comparison.differences.assign(kind="difference")]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    titles = {arm.name: arm.title for arm in scenario.arms}
    frame = frame.assign(
        scenario=scenario.name,
        seed=str(scenario.seed),
        patients=scenario.patients,
        parameter_set=scenario.parameters,
        horizon_months=scenario.horizon_months,
        arm_title=frame["arm"].map(titles),
        reference=scenario.reference,
    )
    names = [column.name for column in RESULT_COLUMNS]
    return frame.assign(**{name: np.nan for name in names if name not in frame})[names]


def write_results_parquet(folder: Path | str, comparison: Comparison) -> Path:
    """results.parquet in this folder."""
    path = Path(folder) / RESULTS_FILE
    about = {"holds": RESULTS, "scenario": comparison.scenario.name, "seed": str(comparison.scenario.seed)}
    with parquet_file(path, RESULT_COLUMNS, about) as add:
        add(results_table(comparison))
    return path
