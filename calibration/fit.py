"""Point calibration: indirect inference through the paper's own estimators.

Residuals are (simulated - reported) over the standard error of the reported number on a near-normal scale; the
simulated side is one large pooled cohort with common random numbers, so the objective is smooth enough for
Gauss-Newton steps with differences of a fraction of a prior standard deviation. Each fitted parameter carries a weak
prior: its stated range read as 95 %. This finds a point; it says nothing about what else would fit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.catalogue import Row, load_catalogue
from calibration.kantarjian_2023 import INTEGER_MEDIANS, STUDY, statistics
from calibration.summaries import grouped_median
from calibration.trial import replicate_rows, simulate
from simulator.parameters import DEFINITIONS, Definition, ParameterError, ParameterSet

SEED = 20230523
REPLICATES = 600  # trials pooled into one evaluation: 66,000 patients
STEP_SD = 0.25  # of the prior, for differences
NORMAL_975 = 1.959963985
COX_FILTER = 1.5  # the printed Cox terms survived a P < 0.05 filter, which inflates them
ROUNDING_SD = 0.5 / math.sqrt(3.0)  # medians are printed as whole days, weeks or months

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """One fitted parameter on its working scale, in prior standard deviations from the prior mean."""

    definition: Definition
    mean: float
    sd: float

    def value(self, x: float) -> float:
        """Natural value, kept inside the hard bounds."""
        y = self.mean + x * self.sd
        if self.definition.unit == "probability":
            natural = 1.0 / (1.0 + math.exp(-y))
        elif self.definition.unit == "days":
            natural = math.exp(y)
        else:
            natural = y
        return min(max(natural, self.definition.low), self.definition.high)

    def position(self, value: float) -> float:
        """Inverse of `value`."""
        return (_working(self.definition, value) - self.mean) / self.sd


def _working(definition: Definition, value: float) -> float:
    if definition.unit == "probability":
        value = min(max(value, 1e-3), 1.0 - 1e-3)
        return math.log(value / (1.0 - value))
    return math.log(value) if definition.unit == "days" else value


def fitted_parameters(parameters: ParameterSet) -> list[Fitted]:
    """The parameters whose origin is `fitted`, with their weak priors."""
    found = []
    for definition in DEFINITIONS:
        origin = parameters.origins[definition.name]
        if origin.kind == "fitted":
            low, high = _working(definition, origin.low), _working(definition, origin.high)
            found.append(Fitted(definition, (low + high) / 2.0, (high - low) / (2.0 * NORMAL_975)))
    return found


def fitted_rows() -> list[Row]:
    """The reviewed, non-redundant list."""
    return [row for row in load_catalogue(STUDY).values() if row.role == "fitted"]


def on_scale(row: Row, value: float) -> float:
    """Hazard ratios and times on the log scale, the rest as they are."""
    if row.unit in ("HR", "days", "weeks", "months") and row.id not in INTEGER_MEDIANS:
        return math.log(value) if value > 0 else math.nan
    return value


def standard_error(row: Row, predictive_sd: float) -> float:
    """From the 95 % interval where there is one, else the spread a trial of that size would show and rounding."""
    low, high = row.interval
    if math.isnan(low):
        return math.hypot(predictive_sd, ROUNDING_SD / row.value)
    error = (on_scale(row, high) - on_scale(row, low)) / (2.0 * NORMAL_975)
    return error * COX_FILTER if row.unit == "HR" else error


def residual(row: Row, simulated: float, error: float) -> float:
    """(simulated - reported) / standard error; a median of integers is met within half a unit."""
    if math.isnan(simulated):
        return 5.0
    if row.id in INTEGER_MEDIANS:
        gap = simulated - row.value
        return math.copysign(max(abs(gap) - 0.45, 0.0), gap) / 0.15
    return (on_scale(row, simulated) - on_scale(row, row.value)) / error


def predictive_sd(parameters: np.recarray, replicates: int = 300) -> dict[str, float]:
    """Spread of each fitted statistic over replicate trials of the study's size, on the working scale."""
    trial = simulate(parameters, replicates, SEED + 1)
    rows = fitted_rows()
    drawn = []
    for r in range(replicates):
        found = statistics(trial.part(replicate_rows(r, replicates)))
        drawn.append([on_scale(row, found[row.id]) for row in rows])
    return dict(zip((row.id for row in rows), np.nanstd(np.array(drawn), axis=0), strict=True))


def fit(
    parameters: ParameterSet, steps: int, report: Callable[[str], None]
) -> tuple[dict[str, float], dict[str, float]]:
    """Fitted values by name and z by row id, after at most `steps` Gauss-Newton steps."""
    free = fitted_parameters(parameters)
    rows = fitted_rows()
    spread = predictive_sd(parameters.record())
    errors = {row.id: standard_error(row, spread[row.id]) for row in rows}

    def data_residuals(x: Floats) -> Floats:
        changes = {one.definition.name: one.value(float(xi)) for one, xi in zip(free, x, strict=True)}
        found = statistics(simulate(parameters.record(**changes), REPLICATES, SEED), grouped_median)
        return np.array([residual(row, found[row.id], errors[row.id]) for row in rows])

    def residuals(x: Floats) -> Floats:
        data = data_residuals(x)
        worst = np.argmax(np.abs(data))
        report(f"chi2 {np.sum(data**2):8.2f}  prior {np.sum(x**2):6.2f}  worst {rows[worst].id} {data[worst]:+.2f}")
        return np.concatenate([data, x])

    def jacobian(x: Floats) -> Floats:
        moved = []
        for i in range(len(x)):
            up, down = x.copy(), x.copy()
            up[i] += STEP_SD
            down[i] -= STEP_SD
            moved += [up, down]
        found = Parallel(n_jobs=2, backend="threading")(delayed(data_residuals)(one) for one in moved)
        columns = [(found[2 * i] - found[2 * i + 1]) / (2.0 * STEP_SD) for i in range(len(x))]
        return np.vstack([np.column_stack(columns), np.eye(len(x))])

    start = np.array([one.position(parameters.values[one.definition.name]) for one in free])
    best = least_squares(
        residuals, np.clip(start, -4, 4), jac=jacobian, method="trf", max_nfev=steps, ftol=1e-4, xtol=1e-4
    )
    values = {one.definition.name: one.value(float(xi)) for one, xi in zip(free, best.x, strict=True)}
    return values, dict(zip((row.id for row in rows), data_residuals(best.x).tolist(), strict=True))


def calibrate(parameters: ParameterSet, out: Path, steps: int, report: Callable[[str], None]) -> None:
    """Fit and write the new set to `out` (JSON): the fitted values change, origins, priors and the rest stay."""
    if out.suffix != ".json" or not out.absolute().parent.is_dir():
        raise ParameterError([f"{out}: allowed is a .json file in an existing folder"])
    values, z = fit(parameters, steps, report)
    data = parameters.as_file() | {"id": out.stem, "title": f"Point calibration to {STUDY}"}
    for name, value in values.items():
        data["parameters"][name]["value"] = float(f"{value:.5g}")
    data["fit"] = {
        "study": STUDY,
        "rows": len(z),
        "chi_squared": round(sum(one * one for one in z.values()), 2),
        "trials_pooled": REPLICATES,
        "seed": SEED,
    }
    text = json.dumps(data, indent=1) + "\n"
    temporary = out.with_name(out.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(out)
    report(f"written: {out}")
