"""The golden table: key days and causes of 200 patients under the two base strategies of K.

The parameter set is a copy kept beside the table, so that a new calibration moves nothing here.
"""

from __future__ import annotations

import csv
import hashlib
import math
from pathlib import Path

from worlds import lives, shipped_strategy

from simulator.parameters import load_parameters
from simulator.patient import Cause
from simulator.population import population_record
from simulator.scenario import load_scenario

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER / "lives.csv"
PARAMETERS = FOLDER / "parameters.json"
PATIENTS = 200
SEED = 2023
HORIZON_DAYS = 3650.0
DAYS = ("remission_day", "blinatumomab_day", "transplant_day", "sos_day", "relapse_day", "death_day")
COUNTS = ("courses", "blinatumomab_courses", "line")
HEADER = ("strategy", "patient", *DAYS, *COUNTS, "death_cause")


def rows():
    """The table as it is now: days to 0.01, empty = never."""
    parameters = load_parameters(PARAMETERS).record()
    population = population_record(load_scenario("original_vs_modified").population)
    found = []
    for strategy in ("original", "modified"):
        columns = lives(
            ["id", *DAYS, *COUNTS, "death_cause"],
            PATIENTS,
            parameters=parameters,
            strategy=shipped_strategy(strategy),
            population=population,
            seed=SEED,
            end_day=HORIZON_DAYS,
        )
        for patient, *values in zip(*columns):
            days = ["" if math.isnan(day) else f"{day:.2f}" for day in values[: len(DAYS)]]
            counts = [str(count) for count in values[len(DAYS) : -1]]
            found.append([strategy, str(patient), *days, *counts, Cause(values[-1]).name.lower()])
    return found


def stored():
    """The table as it was accepted."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        header, *body = csv.reader(file)
    assert tuple(header) == HEADER
    return body


def hash_of(table):
    """A short name for a table."""
    return hashlib.sha256("\n".join(",".join(row) for row in table).encode()).hexdigest()[:16]


def moved(before, now):
    """Rows that differ: a day by more than 0.01 (the last digit may round either way), the rest at all."""
    if len(before) != len(now):
        return [f"{len(before)} rows before, {len(now)} now"]
    found = []
    for old, new in zip(before, now):
        for name, a, b in zip(HEADER, old, new):
            close = a == b or (name in DAYS and a and b and abs(float(a) - float(b)) < 0.0101)
            if not close:
                found.append(f"{old[0]} patient {old[1]}: {name} {a or 'never'} -> {b or 'never'}")
    return found


def write(table):
    """Store a table as accepted."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *table])
