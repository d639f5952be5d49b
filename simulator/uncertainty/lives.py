"""The arms lived under many sets of parameter values, on the same patients with the same luck.

What is kept of each set is its shift from the centre of the draws in the same patients: whatever chance does to both
cancels. Where the centre itself lies is for all patients of a run to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from simulator.counts import BINS_PER_GROUP_BIN, REPLICATE_GROUPS
from simulator.endpoints import BINS_PER_MONTH, Endpoint
from simulator.posterior import Floats
from simulator.runner import Kernel, Progress, kernel_of, run_range, usable_cores, workspace_of
from simulator.scenario import Scenario

GROUPS = 32  # of patients, by number: enough for the noise of a variance, few enough to keep

Shifts = NDArray[np.int16]
"""(K, A, M, GROUPS): patients more alive than at the centre, by draw, arm, month and group of patients."""


def shifts_of(
    scenario: Scenario,
    names: Sequence[str],
    values: Floats,
    centre: Floats,
    months: Sequence[int],
    patients: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Shifts:
    """Shifts in OS of every arm under each row of `values` (K, P) from `centre` (P,), on patients 0 .. patients - 1.

    `patients` is a multiple of 256 so that groups are of one size. An arm that states a parameter keeps it: that is
    what it is about. `progress(done, K)` follows each draw.
    """
    if patients % REPLICATE_GROUPS or patients // GROUPS > np.iinfo(np.int16).max:
        raise ValueError(f"patients = {patients}: a multiple of {REPLICATE_GROUPS}, at most 2**20")
    kernel = kernel_of(scenario)
    kernels = (kernel._replace(parameters=parameters_under(scenario, kernel, names, row)) for row in [centre, *values])
    base = _alive(scenario, next(kernels), months, patients)
    pool = Parallel(n_jobs=workers or usable_cores(), backend="threading", return_as="generator")
    work = delayed(_alive)
    shifts = np.empty((len(values), *base.shape), np.int16)
    for k, alive in enumerate(pool(work(scenario, each, months, patients) for each in kernels)):
        shifts[k] = alive - base
        if progress:
            progress(k + 1, len(values))
    return shifts


def at_centre(scenario: Scenario, names: Sequence[str], centre: Floats) -> Scenario:
    """The scenario with every arm at the centre of the draws; an arm that states a parameter keeps it."""
    middle = dict(zip(names, map(float, centre), strict=True))
    return replace(
        scenario, arms=tuple(replace(arm, parameters=middle | dict(arm.parameters)) for arm in scenario.arms)
    )


def parameters_under(scenario: Scenario, kernel: Kernel, names: Sequence[str], row: Floats) -> np.recarray:
    """The parameters of a scenario, (1,) or one for each arm, with one draw in place of the point set."""
    parameters = kernel.parameters.copy()
    for name, value in zip(names, row, strict=True):
        stated = [name in arm.parameters for arm in scenario.arms] if len(parameters) > 1 else [False]
        parameters[name] = np.where(stated, parameters[name], value)
    return parameters


def _alive(scenario: Scenario, kernel: Kernel, months: Sequence[int], patients: int) -> NDArray[np.int64]:
    """Patients alive (A, M, GROUPS)."""
    space = workspace_of(scenario)
    run_range(kernel, space, 0, patients)
    dead = np.cumsum(space.counts.groups[:, Endpoint.OS], axis=2, dtype=np.int64)
    dead = dead.reshape(len(dead), GROUPS, -1, dead.shape[2]).sum(axis=2)
    at = np.array(months) * BINS_PER_MONTH // BINS_PER_GROUP_BIN
    return np.asarray(patients // GROUPS - dead[:, :, at].transpose(0, 2, 1))
