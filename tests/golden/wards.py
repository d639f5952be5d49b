"""Wards for tests: patients of a quiet or of the shipped world who share beds and desks."""

import numpy as np
from worlds import quiet_parameters, quiet_population, quiet_strategy

from simulator.clocks.ward import NOT_WATCHED, Ward, World, admit_table
from simulator.patient import PATIENT_DTYPE, new_patients

SEED = 20_240_229


def admitted(n, parameters, population, seed=SEED, first=0):
    """`n` patients on day 1."""
    table = new_patients(n)
    admit_table(table, new_patients(1), np.uint64(seed), first, population, parameters)
    return table


def lived(table, parameters, strategy, end_day, places, arrivals=None, **how):
    """The ward in which the patients of `table` have lived."""
    arrivals = np.zeros(len(table)) if arrivals is None else np.asarray(arrivals, float)
    ward = Ward(table, arrivals, World(parameters, strategy, end_day, NOT_WATCHED), places, **how)
    ward.live()
    return ward


def quiet_ward(n, places, strategy=None, parameters=None, population=None, arrivals=None, end_day=1e6, **how):
    """A quiet world in which the three dicts say what is not quiet."""
    record = quiet_parameters(**(parameters or {}))
    table = admitted(n, record, quiet_population(**(population or {})))
    return lived(table, record, quiet_strategy(**(strategy or {})), end_day, places, arrivals, **how)


def unlike(a, b):
    """Fields in which two tables differ by a bit; NaN is NaN."""
    return [name for name in PATIENT_DTYPE.names if a[name].tobytes() != b[name].tobytes()]
