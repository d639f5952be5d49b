"""Compare strategies on the same patients with the same luck: from counts to estimates and differences.

Intervals are Monte Carlo 95 % intervals: they say how far the simulation is from its own limit, not how sure
the model is. Differences are paired within patients; from first remission only where two arms share every
rule and choice up to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulator import counts as tally
from simulator.counts import Counts
from simulator.endpoints import (
    BINS_PER_MONTH,
    DEFINITIONS,
    LANDMARK_MONTHS,
    Endpoint,
)
from simulator.estimators.intervals import wilson_interval
from simulator.patient import State
from simulator.runner import Progress, pair_months, run
from simulator.scenario import Scenario, same_until_remission
from simulator.trajectory import delivered_of

NORMAL_975 = 1.959963984540054
CURVE_STEP_BINS = BINS_PER_MONTH // 2
UNCERTAINTY = (
    "Intervals are Monte Carlo 95 % intervals only: they shrink with the number of simulated patients and "
    "say nothing about uncertain parameters or about what the evidence cannot identify."
)
SOS_GRADES = {"any": Endpoint.SOS_ANY, "severe": Endpoint.SOS_SEVERE, "fatal": Endpoint.SOS_FATAL}
IN_REMISSION = {
    "alive_in_remission_with_sct": State.REMISSION_AFTER_SCT,
    "alive_in_remission_without_sct": State.REMISSION,
}
TALLIED = {
    "response": tally.RESPONDERS,
    "cr": tally.CR,
    "crp": tally.CRP,
    "cri": tally.CRI,
    "mrd_negative_at_response": tally.MRD_NEGATIVE_AT_RESPONSE,
    "dead_by_day_28": tally.DEAD_BY_DAY_28,
}
CONTRASTS = (
    ("naive", "responders, SCT ever v never, OS from day 1: immortal-time prone, not an effect"),
    (
        "published_landmark",
        "responders alive at 4 months, SCT ever (later too) v never: immortal-time prone, not an effect",
    ),
    (
        "true_landmark",
        "in remission by 4 months and alive then, SCT by then v not: confounded by selection, not an effect",
    ),
)  # fmt: skip

Numbers = dict[str, Any]
"""Of one result: value, low, high and the like; None = undefined or not reached."""


@dataclass(frozen=True)
class Comparison:
    """Everything that a comparison found; equal counts give equal bytes."""

    summary: dict[str, Any]
    estimates: pd.DataFrame
    curves: pd.DataFrame
    occupancy: pd.DataFrame
    differences: pd.DataFrame
    longer_shorter: pd.DataFrame
    contrasts: pd.DataFrame
    delivered: pd.DataFrame
    counts: Counts


def compare(
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    block: int | None = None,
) -> Comparison:
    """Run every patient under every arm and compare; `progress(done, patients)` follows each block."""
    counts = run(scenario, workers=workers, block=block, progress=progress)
    return comparison_of(scenario, counts, delivered_of(scenario))


def comparison_of(scenario: Scenario, counts: Counts, delivered: pd.DataFrame) -> Comparison:
    """The comparison that the counts of a finished run contain."""
    if counts.tallies[:, tally.LATE_REMISSIONS].any():
        raise RuntimeError(
            "a first remission came later than 12 months: endpoints from remission would be censored"
        )
    arms = {arm.name: position for position, arm in enumerate(scenario.arms)}
    estimates = {name: arm_estimates(scenario, counts, arm) for name, arm in arms.items()}
    others = {name: arm for name, arm in arms.items() if name != scenario.reference}
    differences = {name: arm_differences(scenario, counts, arm) for name, arm in others.items()}
    summary = {
        "scenario": scenario.name,
        "question": scenario.question,
        "patients": scenario.patients,
        "seed": scenario.seed,
        "parameter_set": scenario.parameters,
        "reference": scenario.reference,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "uncertainty": UNCERTAINTY,
        "endpoints": {each.name: each.words for each in DEFINITIONS},
        "arms": estimates,
        "differences": differences,
    }
    at_horizon = scenario.horizon_months
    estimate_columns = ["arm", "endpoint", "month", "value", "low", "high", "n"]
    difference_columns = [
        "arm",
        "endpoint",
        "month",
        "value",
        "low",
        "high",
        "mc_se",
        "variance_reduction",
        "nnt",
    ]
    estimate_frame = _frame(_rows(estimates, at_horizon), estimate_columns)
    responders = dict(zip(arms, counts.tallies[:, tally.RESPONDERS], strict=True))
    estimate_frame["n"] = [
        int(responders[arm]) if _of_responders(endpoint) else int(counts.patients[0])
        for arm, endpoint in zip(estimate_frame["arm"], estimate_frame["endpoint"], strict=True)
    ]
    return Comparison(
        summary=summary,
        estimates=estimate_frame,
        curves=pd.concat([_curves(counts, name, arm) for name, arm in arms.items()], ignore_index=True),
        occupancy=pd.concat([_occupancy(counts, name, arm) for name, arm in arms.items()], ignore_index=True),
        differences=_frame(_rows(differences, at_horizon), difference_columns),
        longer_shorter=_frame(_longer_shorter(scenario, counts, others)),
        contrasts=_frame(_contrasts(scenario, counts, arms)),
        delivered=delivered,
        counts=counts,
    )


# Estimates of one arm


def arm_estimates(scenario: Scenario, counts: Counts, arm: int) -> dict[str, Any]:
    """The summary of one arm."""
    n = int(counts.patients[0])
    horizon = scenario.horizon_months
    found: dict[str, Any] = {}
    for endpoint, definition in enumerate(DEFINITIONS):
        if definition.name.startswith(("sos", "sct")):
            continue
        cumulative = np.cumsum(counts.events[arm, endpoint])
        size = population_size(counts, arm, endpoint)
        found[definition.name] = {
            str(month): proportion(
                _signed(cumulative[month * BINS_PER_MONTH], size, definition.survival), size
            )
            for month in scenario.report_months
        }
        if definition.survival:
            found[f"median_{definition.name}_months"] = median_months(cumulative, size)
            found[f"rmst_{definition.name}_months"] = {
                str(month): restricted_mean_months(counts.events[arm, endpoint], size, month)
                for month in scenario.report_months
            }
    by_horizon = counts.events[arm].sum(axis=1)
    found["sos"] = {grade: proportion(by_horizon[endpoint], n) for grade, endpoint in SOS_GRADES.items()}
    found["sct"] = proportion(by_horizon[Endpoint.SCT], n)
    for name, row in TALLIED.items():
        size = int(counts.tallies[arm, tally.RESPONDERS]) if name.startswith("mrd") else n
        found[name] = proportion(counts.tallies[arm, row], size)
    for name, state in IN_REMISSION.items():
        present = np.cumsum(counts.occupancy[arm, state])
        months = sorted({*scenario.report_months, horizon})
        found[name] = {str(month): proportion(present[month * BINS_PER_MONTH], n) for month in months}
    return found


def population_size(counts: Counts, arm: int, endpoint: int) -> int:
    """Patients in the population of an endpoint."""
    if DEFINITIONS[endpoint].responders:
        return int(counts.tallies[arm, tally.RESPONDERS])
    return int(counts.patients[0])


def proportion(x: int, n: int) -> Numbers:
    """x of n with the Wilson interval."""
    if n == 0:
        return {"value": None, "low": None, "high": None}
    interval = wilson_interval(x, n)
    return {"value": int(x) / n, "low": float(interval.lower), "high": float(interval.upper)}


def median_months(cumulative: np.ndarray, n: int) -> Numbers:
    """Median of a survival endpoint from cumulative events by bin.

    The interval turns the score interval of a proportion at one half into months (Brookmeyer and Crowley
    1982); with nobody censored it is an interval of order statistics and needs no density.
    """
    half_width = NORMAL_975 * math.sqrt(n) / 2.0
    return {
        "value": months_to(cumulative, n / 2.0),
        "low": months_to(cumulative, n / 2.0 - half_width) if n else None,
        "high": months_to(cumulative, n / 2.0 + half_width),
    }


def months_to(cumulative: np.ndarray, needed: float, bins_per_month: float = BINS_PER_MONTH) -> float | None:
    """When the cumulative events reach `needed`, linear within a bin; None = not by the horizon."""
    if not 0.0 < needed <= cumulative[-1]:
        return 0.0 if needed <= 0.0 < cumulative[-1] else None
    bin_ = int(np.searchsorted(cumulative, needed))
    if bin_ == 0:
        return 0.0
    before = cumulative[bin_ - 1]
    return float((bin_ - 1 + (needed - before) / (cumulative[bin_] - before)) / bins_per_month)


def restricted_moments(events: np.ndarray, n: int, month: int) -> tuple[int, int]:
    """Sum and sum of squares of the time lived up to `month`, in half bins, exactly."""
    limit = month * BINS_PER_MONTH
    time = np.maximum(2 * np.arange(limit + 1) - 1, 0)
    within = events[: limit + 1]
    beyond = n - int(within.sum())
    return int(within @ time) + beyond * 2 * limit, int(within @ time**2) + beyond * (2 * limit) ** 2


def restricted_mean_months(events: np.ndarray, n: int, month: int) -> Numbers:
    """Mean time without the event up to `month`."""
    if n == 0:
        return {"value": None, "low": None, "high": None}
    value, se = mean_and_se(*restricted_moments(events, n, month), n)
    return {"value": value, "low": value - NORMAL_975 * se, "high": value + NORMAL_975 * se}


def mean_and_se(total: int, squares: int, n: int) -> tuple[float, float]:
    """Mean and its standard error in months, from sums in half bins."""
    months = 1.0 / (2 * BINS_PER_MONTH)
    # integers until the division: no cancellation
    return total / n * months, math.sqrt((n * squares - total * total) / n**3) * months


# Differences from the reference, the same patients


def arm_differences(scenario: Scenario, counts: Counts, arm: int) -> dict[str, Any]:
    """One arm against the reference; endpoints from remission only where pairing is fair."""
    reference = _reference(scenario)
    here, there = scenario.arms[arm].strategy, scenario.arms[reference].strategy
    from_remission = same_until_remission(here, there)
    if from_remission and counts.unlike_remissions[arm]:
        raise RuntimeError(
            f"{scenario.arms[arm].name}: remissions differ although all rules up to them are shared"
        )
    months = pair_months(scenario)
    found: dict[str, Any] = {}
    for endpoint, definition in enumerate(DEFINITIONS):
        if definition.responders and not from_remission:
            continue
        by_month = {
            str(month): paired_proportions(counts.pairs[arm, endpoint, position], definition.survival)
            for position, month in enumerate(months)
        }
        if definition.name.startswith("sos"):
            found.setdefault("sos", {})[definition.name[4:]] = by_month[str(scenario.horizon_months)]
        elif definition.name == "sct":
            found["sct"] = by_month[str(scenario.horizon_months)]
        else:
            found[definition.name] = {str(month): by_month[str(month)] for month in scenario.report_months}
        if not definition.survival:
            continue
        if _sct_policy(here) != _sct_policy(there):
            for numbers in found[definition.name].values():
                numbers["nnt"] = number_needed(numbers)
        found[f"rmst_{definition.name}_months"] = {
            str(month): paired_restricted_means(counts, arm, reference, endpoint, month, months.index(month))
            for month in scenario.report_months
        }
        found[f"median_{definition.name}_months"] = paired_medians(counts, arm, reference, endpoint)
    return found


def paired_proportions(pairs: np.ndarray, survival: bool) -> Numbers:
    """Difference of two proportions in the same patients from a 2 x 2 count [event here, event there].

    var = (b + c - (b - c)^2 / n) / n^2 with b, c the discordant counts; the interval adds one to each of them
    (Bonett and Price 2012), so that it has a width even where no pair differs.
    """
    n = int(pairs.sum())
    if n == 0:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    only_here, only_there = int(pairs[1, 0]), int(pairs[0, 1])
    gain = only_there - only_here if survival else only_here - only_there
    paired = discordant_variance(only_here, only_there, n)
    shares = (int(pairs[1].sum()) / n, int(pairs[:, 1].sum()) / n)
    unpaired = sum(share * (1.0 - share) / n for share in shares)
    middle = gain / (n + 2)
    half_width = NORMAL_975 * math.sqrt(discordant_variance(only_here + 1, only_there + 1, n + 2))
    return {
        "value": gain / n,
        "low": max(middle - half_width, -1.0),
        "high": min(middle + half_width, 1.0),
        "mc_se": math.sqrt(paired),
        "variance_reduction": unpaired / paired if paired > 0.0 else None,
    }


def discordant_variance(b: int, c: int, n: int) -> float:
    """Variance of (b - c) / n; integers until the division."""
    return (n * (b + c) - (b - c) ** 2) / n**3


def number_needed(numbers: Numbers) -> float | None:
    """1 / difference where its interval excludes zero: patients under the policy for one more event-free."""
    if numbers["value"] is None or numbers["low"] <= 0.0 <= numbers["high"] or numbers["value"] == 0.0:
        return None
    return float(1.0 / numbers["value"])


def paired_restricted_means(
    counts: Counts, arm: int, reference: int, endpoint: int, month: int, position: int
) -> Numbers:
    """Difference of restricted means from the sums of d and d squared."""
    n = population_size(counts, arm, endpoint)
    if n == 0:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    total, squares = (int(each) for each in counts.restricted[arm, endpoint, position])
    value, se = mean_and_se(total, squares, n)
    unpaired = sum(
        mean_and_se(*restricted_moments(counts.events[each, endpoint], n, month), n)[1] ** 2
        for each in (arm, reference)
    )
    reduction = unpaired / se**2 if se > 0.0 else None
    low, high = value - NORMAL_975 * se, value + NORMAL_975 * se
    return {"value": value, "low": low, "high": high, "mc_se": se, "variance_reduction": reduction}


def paired_medians(counts: Counts, arm: int, reference: int, endpoint: int) -> Numbers:
    """Difference of medians with its standard error; null where either is not reached."""
    n = population_size(counts, arm, endpoint)
    both = [median_months(np.cumsum(counts.events[each, endpoint]), n) for each in (arm, reference)]
    if both[0]["value"] is None or both[1]["value"] is None:
        return {"value": None, "low": None, "high": None, "mc_se": None, "variance_reduction": None}
    groups = [counts.groups[each, endpoint] for each in (arm, reference)]
    paired, unpaired = median_variances(both, groups, n)
    value, se = both[0]["value"] - both[1]["value"], math.sqrt(paired)
    return {
        "value": value,
        "low": value - NORMAL_975 * se,
        "high": value + NORMAL_975 * se,
        "mc_se": se,
        "variance_reduction": unpaired / paired if paired > 0.0 else None,
    }


def median_variances(medians: list[Numbers], groups: list[np.ndarray], n: int) -> tuple[float, float]:
    """Variance of the difference of two medians: paired (replicate groups) and unpaired.

    Near its limit a median moves by -slope for every event more before it, slope = 1 / (n x density). The
    slope comes from the width of the median's own interval (Woodruff 1952), the joint law of the events of
    both arms from the 256 replicate groups (`groups`, each (256, group bins)). Unlike medians of groups these
    counts are sums, so that small groups do no harm.
    """
    slopes = [median_slope(numbers, n) for numbers in medians]
    excess = [
        slope * (events_by(histogram, numbers["value"]) - histogram.sum(axis=1) / 2.0)
        for slope, numbers, histogram in zip(slopes, medians, groups, strict=True)
    ]
    paired = tally.REPLICATE_GROUPS * float(np.var(excess[0] - excess[1], ddof=1))
    return paired, sum(slope**2 * n / 4.0 for slope in slopes)


def median_slope(numbers: Numbers, n: int) -> float:
    """Months by which one event more before the median brings it forward."""
    events = NORMAL_975 * math.sqrt(n) / 2.0  # on either side of the median, by construction of its interval
    if numbers["high"] is None:  # a flat tail: only the lower side is known
        return float((numbers["value"] - numbers["low"]) / events)
    return float((numbers["high"] - numbers["low"]) / (2.0 * events))


def events_by(histogram: np.ndarray, months: float) -> np.ndarray:
    """Events (256,) of each replicate group by a time, linear within a group bin."""
    cumulative = np.cumsum(histogram, axis=1)
    position = months * BINS_PER_MONTH / tally.BINS_PER_GROUP_BIN
    below = int(position)
    share = position - below
    return (1.0 - share) * cumulative[:, below] + share * cumulative[:, below + 1]


# Frames


def _rows(found: dict[str, Any], horizon: int) -> Iterator[dict[str, Any]]:
    """Nested summaries as rows; what has no month of its own holds at the horizon, medians have none."""
    for arm, endpoints in found.items():
        for endpoint, numbers in endpoints.items():
            if "value" in numbers:
                # what happens at the start or has no date in the question carries no month
                month = horizon if endpoint == "sct" else math.nan
                yield {"arm": arm, "endpoint": endpoint, "month": month, **numbers}
                continue
            for key, each in numbers.items():
                if endpoint == "sos":
                    yield {"arm": arm, "endpoint": f"sos_{key}", "month": horizon, **each}
                else:
                    yield {"arm": arm, "endpoint": endpoint, "month": int(key), **each}


def _frame(rows: Any, columns: list[str] | None = None) -> pd.DataFrame:
    """Rows as a frame of floats and strings; None becomes NaN."""
    frame = pd.DataFrame(list(rows), columns=columns)
    for column in frame.columns:
        if frame[column].dtype == object and not frame[column].map(lambda cell: isinstance(cell, str)).any():
            frame[column] = frame[column].astype(float)
    return frame


def _curves(counts: Counts, name: str, arm: int) -> pd.DataFrame:
    """Every endpoint on a grid of half months; at_risk = patients whom no event has yet removed."""
    cumulative = np.cumsum(counts.events[arm], axis=1)[:, ::CURVE_STEP_BINS]
    months = np.arange(cumulative.shape[1]) * CURVE_STEP_BINS / BINS_PER_MONTH
    parts = []
    for endpoint, definition in enumerate(DEFINITIONS):
        n = population_size(counts, arm, endpoint)
        x = _signed(cumulative[endpoint], n, definition.survival)
        interval = wilson_interval(x, n)
        parts.append(
            pd.DataFrame(
                {
                    "arm": name,
                    "endpoint": definition.name,
                    "month": months,
                    "value": x / n if n else np.full(len(x), np.nan),
                    "low": interval.lower,
                    "high": interval.upper,
                    "at_risk": n - cumulative[definition.at_risk],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _occupancy(counts: Counts, name: str, arm: int) -> pd.DataFrame:
    """Share of all patients in each state on a grid of half months."""
    present = np.cumsum(counts.occupancy[arm], axis=1)[:, ::CURVE_STEP_BINS]
    months = np.arange(present.shape[1]) * CURVE_STEP_BINS / BINS_PER_MONTH
    n = int(counts.patients[0])
    return pd.concat(
        [
            pd.DataFrame(
                {"arm": name, "month": months, "state": state.name.lower(), "share": present[state] / n}
            )
            for state in State
        ],
        ignore_index=True,
    )


def _longer_shorter(scenario: Scenario, counts: Counts, others: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Who lives longer: under shared luck, under independent luck, and the bounds that no trial could narrow.

    The joint law of two lives of one patient is an assumption of the model; only the margins can be tested.
    """
    n = int(counts.patients[0])
    reference = _reference(scenario)
    for name, arm in others.items():
        for quantity, position in (
            ("longer", tally.LONGER),
            ("equal", tally.EQUAL),
            ("shorter", tally.SHORTER),
        ):
            numbers = proportion(counts.lives[arm, position], n)
            place = {"arm": name, "quantity": quantity, "month": scenario.horizon_months}
            yield place | {"luck": "shared"} | numbers
            value = _independent(counts.events[[arm, reference], Endpoint.OS], n)[quantity]
            yield place | {"luck": "independent", "value": value, "low": math.nan, "high": math.nan}
        for position, month in enumerate(pair_months(scenario)):
            pairs = counts.pairs[arm, Endpoint.OS, position]
            alive, dead_there = int(pairs[0].sum()) / n, int(pairs[:, 1].sum()) / n
            place = {"arm": name, "quantity": "alive_here_dead_in_reference", "month": month}
            yield place | {"luck": "shared"} | proportion(pairs[0, 1], n)
            none = {"low": math.nan, "high": math.nan}
            yield place | {"luck": "independent", "value": alive * dead_there} | none
            bounds = {"low": max(0.0, alive + dead_there - 1.0), "high": min(alive, dead_there)}
            yield place | {"luck": "frechet_bounds", "value": math.nan} | bounds


def _independent(events: np.ndarray, n: int) -> dict[str, float]:
    """Longer, equal, shorter if the two lives shared nothing but the population; by bins of 1.01 days."""
    here, there = (np.append(each, n - each.sum()) / n for each in events)
    equal = float(here @ there)
    longer = float(here[1:] @ np.cumsum(there)[:-1])
    return {"longer": longer, "equal": equal, "shorter": 1.0 - equal - longer}


def _contrasts(scenario: Scenario, counts: Counts, arms: dict[str, int]) -> Iterator[dict[str, Any]]:
    """What a reader of a paper would see in each arm: survival from day 1 with and without SCT."""
    for name, arm in arms.items():
        for kind, (key, label) in enumerate(CONTRASTS):
            for month in scenario.report_months:
                strata = counts.strata[arm, kind]
                sizes = strata.sum(axis=1)
                alive = strata[:, month * BINS_PER_MONTH + 1 :].sum(axis=1)
                row: dict[str, Any] = {"arm": name, "contrast": key, "label": label, "month": month}
                for stratum, suffix in ((1, "sct"), (0, "no_sct")):
                    defined = sizes[stratum] > 0 and (key == "naive" or month >= LANDMARK_MONTHS)
                    value = alive[stratum] / sizes[stratum] if defined else math.nan
                    row |= {f"n_{suffix}": int(sizes[stratum]), f"survival_{suffix}": value}
                difference = row["survival_sct"] - row["survival_no_sct"]
                # Newcombe 1998, method 10: from the two Wilson intervals
                with_sct, without = (wilson_interval(alive[each], sizes[each]) for each in (1, 0))
                below = math.hypot(
                    row["survival_sct"] - with_sct.lower, without.upper - row["survival_no_sct"]
                )
                above = math.hypot(
                    with_sct.upper - row["survival_sct"], row["survival_no_sct"] - without.lower
                )
                yield row | {"difference": difference, "low": difference - below, "high": difference + above}


def _signed(events: Any, n: int, survival: bool) -> Any:
    """Patients without the event for survival, with it for incidence."""
    return n - events if survival else events


def _reference(scenario: Scenario) -> int:
    return [arm.name for arm in scenario.arms].index(scenario.reference)


def _of_responders(endpoint: str) -> bool:
    """Whether a row of the estimates is over responders only."""
    core = endpoint.removeprefix("median_").removeprefix("rmst_").removesuffix("_months")
    return core == "mrd_negative_at_response" or any(d.responders and d.name == core for d in DEFINITIONS)


def _sct_policy(strategy: Any) -> tuple[Any, ...]:
    """Who is offered SCT."""
    sct = strategy.transplant
    return (
        sct.policy, sct.mrd, sct.genetics, sct.earliest_line, sct.latest_line, sct.max_age_years,
        tuple(sct.donors),
    )  # fmt: skip
