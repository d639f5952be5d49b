"""The published studies as the calibration sees them: simulate, cut into replicates, apply the paper's estimators.

Medians of integers are interpolated within their class, so that they move smoothly with the parameters; a sample's
own median is the same integer that the interpolated one rounds to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from calibration import kantarjian_2023, trial


@dataclass(frozen=True)
class Study:
    """`simulate(parameters (1,), replicates, seed, first_replicate=0)` -> what `replicate_rows(r, replicates)` cuts.

    `statistics` of all or of one replicate: row id -> value in the catalogue's unit, NaN where there is nobody.
    """

    name: str
    size: int
    simulate: Callable[..., Any]
    replicate_rows: Callable[[int, int], np.ndarray]
    statistics: Callable[[Any], dict[str, float]]


STUDIES = {
    study.name: study
    for study in (
        Study(
            kantarjian_2023.STUDY,
            sum(kantarjian_2023.SIZE.values()),
            trial.simulate,
            trial.replicate_rows,
            partial(
                kantarjian_2023.statistics,
                median_of_integers=kantarjian_2023.grouped_median,
            ),
        ),
    )
}
