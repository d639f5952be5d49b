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

from calibration import jabbour_2024, kantarjian_2023, trial, wudhikarn_2022
from calibration.summaries import grouped_median


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
            partial(kantarjian_2023.statistics, median_of_integers=grouped_median),
        ),
        Study(
            wudhikarn_2022.STUDY,
            wudhikarn_2022.SIZE,
            wudhikarn_2022.simulate,
            wudhikarn_2022.replicate_rows,
            partial(wudhikarn_2022.statistics, median_of_integers=grouped_median),
        ),
        Study(
            jabbour_2024.STUDY,
            jabbour_2024.SIZE,
            jabbour_2024.simulate,
            jabbour_2024.replicate_rows,
            partial(jabbour_2024.statistics, median_of_integers=grouped_median),
        ),
    )
}
