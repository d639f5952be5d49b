"""A published study simulated at its own size, many times, row by row beside what it printed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

import scenarios
import simulator
from calibration import comparator
from calibration.catalogue import Row, load_catalogue
from calibration.kantarjian_2023 import SIZE, STUDY, relapse_free, statistics, survival_groups
from calibration.ledger import ledger_counts, ledger_lines
from calibration.observe import Observed
from calibration.trial import replicate_rows, simulate
from simulator.estimators import kaplan_meier, numbers_at_risk
from simulator.parameters import load_parameters
from simulator.store import parameters_hash, sources_hash, versions

ROWS = "rows.json"
PARAMETER_SET = "joint-point"
CHUNK = 50  # replicate trials per piece of work
MONTHS = np.arange(0.0, 72.5, 1.0)
AT_RISK_MONTHS = np.arange(0.0, 73.0, 12.0)
COMPARATOR_PANEL = "1F beside inotuzumab alone (shown, case mix uncertain)"

Floats = NDArray[np.float64]

# Fig. 1 panels: (label, group or rfs, rows printed on it as 3-year rates, rows printed as medians)
PANELS: dict[str, list[tuple[str, str, str, str]]] = {
    "1A overall": [("OS", "K104", "K104", "K106"), ("RFS from remission", "rfs", "K105", "K107")],
    "1B by regimen": [("original", "K108", "K108", ""), ("modified", "K109", "K109", "")],
    "1C by salvage line": [("Salvage 1", "K115", "K115", ""), ("Salvage 2+", "K116", "K116", "")],
    "1D by best MRD": [("MRD-negative", "K118", "K118", ""), ("MRD-positive", "K119", "K119", "")],
    "1E by SCT, 4-month landmark (predicted)": [
        ("SCT (ever)", "K147", "K147", "K145"),
        ("no SCT", "K148", "K148", "K146"),
    ],
}


class UnknownStudyError(ValueError):
    """No such study; one fault."""

    def __init__(self, study: str) -> None:
        self.faults = [f"{study}: unknown study: allowed {STUDY}"]
        super().__init__(self.faults[0])


def known(study: str) -> None:
    """Refuse a study that is not modelled."""
    if study != STUDY:
        raise UnknownStudyError(study)


def identity(study: str, replicates: int, seed: int) -> dict[str, Any]:
    """What determines every byte of a reproduction (`simulator.store`)."""
    return {
        "kind": "reproduce",
        "study": study,
        "replicates": replicates,
        "seed": seed,
        "parameter_set": PARAMETER_SET,
        "parameters_sha256": parameters_hash(PARAMETER_SET),
        "sources_sha256": sources_hash(Path(simulator.__file__).parent),
        "scenarios_sha256": sources_hash(scenarios.FOLDER),
        "calibration_sha256": sources_hash(Path(__file__).parent),
        "versions": versions(),
    }


@dataclass(frozen=True)
class Reproduction:
    """Rows and ledger as data, and the curves of the figures."""

    study: str
    replicates: int
    seed: int
    rows: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    comparator: list[dict[str, Any]]
    curves: dict[str, list[dict[str, Any]]]

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form; nothing undefined but null."""
        return {
            "study": self.study,
            "replicates": self.replicates,
            "seed": self.seed,
            "parameter_set": PARAMETER_SET,
            "rows": self.rows,
            "ledger": self.ledger,
            "comparator": self.comparator,
            "fitted": inside_counts(self.rows),
        }


def reproduce(
    replicates: int, seed: int, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Reproduction:
    """Simulate the study `replicates` times at its own size and compare row by row."""
    parameters = load_parameters(PARAMETER_SET).record()
    pieces = [(first, min(CHUNK, replicates - first)) for first in range(0, replicates, CHUNK)]
    run = Parallel(n_jobs=workers or 2, backend="threading", return_as="generator")
    found: list[dict[str, float]] = []
    ledgers: list[dict[str, float]] = []
    curves: list[dict[str, Floats]] = []
    compared: list[dict[tuple[str, str], Floats]] = []
    for piece in run(delayed(_trials)(parameters, seed, first, count) for first, count in pieces):
        found += piece[0]
        ledgers += piece[1]
        curves += piece[2]
        compared += piece[3]
        if progress is not None:
            progress(len(found), replicates)
    rows = [
        _compared(row, np.array([one[row.id] for one in found]))
        for row in load_catalogue(STUDY).values()
        if row.role in ("fitted", "predicted") and row.id in found[0]
    ]
    bands = _bands(curves)
    bands[COMPARATOR_PANEL] = _comparator_bands(compared)
    return Reproduction(STUDY, replicates, seed, rows, ledger_lines(ledgers), comparator.shown_rows(compared), bands)


def _trials(
    parameters: np.recarray, seed: int, first: int, count: int
) -> tuple[
    list[dict[str, float]], list[dict[str, float]], list[dict[str, Floats]], list[dict[tuple[str, str], Floats]]
]:
    trials = simulate(parameters, count, seed, first)
    parts = [trials.part(replicate_rows(r, count)) for r in range(count)]
    return (
        [statistics(one) for one in parts],
        [ledger_counts(one) for one in parts],
        [_curves(one) for one in parts],
        comparator.trials(parameters, seed, first, count),
    )


def _curves(o: Observed) -> dict[str, Floats]:
    """Kaplan-Meier curve on MONTHS followed by numbers at risk on AT_RISK_MONTHS, per figure group."""
    responder, months, event = relapse_free(o)
    groups = survival_groups(o)
    drawn = {}
    for panel in PANELS.values():
        for _, group, _, _ in panel:
            inside = responder if group == "rfs" else groups[group]
            time, died = (months, event) if group == "rfs" else (o.follow_up_months, o.dead)
            if inside.any():
                curve = kaplan_meier(time[inside], died[inside], MONTHS).survival
                drawn[group] = np.r_[curve, numbers_at_risk(time[inside], AT_RISK_MONTHS)]
            else:
                drawn[group] = np.full(len(MONTHS) + len(AT_RISK_MONTHS), np.nan)
    return drawn


def _bands(curves: list[dict[str, Floats]]) -> dict[str, list[dict[str, Any]]]:
    return {
        title: [_band(label, [one[group] for one in curves]) for label, group, _, _ in panel]
        for title, panel in PANELS.items()
    }


def _comparator_bands(compared: list[dict[tuple[str, str], Floats]]) -> list[dict[str, Any]]:
    return [
        _band(f"{regimen}, {mix}", [comparator.curve(one[regimen, mix], MONTHS, AT_RISK_MONTHS) for one in compared])
        for regimen, mix in comparator.DRAWN
    ]


def _band(label: str, drawn: list[Floats]) -> dict[str, Any]:
    """Median and 95 % of replicate curves, and the median numbers at risk."""
    low, median, high = np.nanpercentile(np.array(drawn), [2.5, 50.0, 97.5], axis=0)
    m = len(MONTHS)
    risk = dict(zip(AT_RISK_MONTHS.astype(int).tolist(), median[m:].round().astype(int).tolist(), strict=True))
    return {
        "label": label,
        "month": MONTHS,
        "median": median[:m],
        "low": low[:m],
        "high": high[:m],
        "n_at_risk": risk,
    }


def _compared(row: Row, drawn: Floats) -> dict[str, Any]:
    """One row: the mean of shares and rates, the median of medians and ratios; z on the scale of its spread."""
    a_median = row.quantity.startswith("median")
    if a_median:
        # a median that is not reached lies beyond every number
        drawn = np.where(np.isnan(drawn), np.inf, drawn)
    else:
        drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        drawn = np.array([np.nan])
    by_middle = a_median or row.unit in ("HR", "P", "P (<)")
    simulated = float(np.median(drawn) if by_middle else drawn.mean())
    low, high = np.percentile(drawn, [2.5, 97.5], method="nearest").tolist()
    published_low, published_high = row.interval
    return {
        "id": row.id,
        "quantity": row.quantity,
        "subgroup": row.subgroup if row.subgroup not in ("all", "") else row.cohort,
        "n": row.n,
        "unit": row.unit,
        "role": row.role,
        "reported": row.value,
        "simulated": _defined(simulated),
        "published_low": _defined(published_low),
        "published_high": _defined(published_high),
        "predictive_low": _defined(low),
        "predictive_high": _defined(high),
        "inside_published": None if math.isnan(published_low) else bool(published_low <= simulated <= published_high),
        "inside_predictive": bool(low <= row.value <= high),
        "z": _defined(_z(row, drawn, simulated)),
        "reading": row.reading,
    }


def _z(row: Row, drawn: Floats, simulated: float) -> float:
    """(reported - simulated) / spread; P-values have none."""
    if row.unit.startswith("P") or not math.isfinite(simulated):
        return math.nan
    finite = drawn[np.isfinite(drawn)]
    if row.unit == "HR":
        return float((math.log(row.value) - math.log(simulated)) / np.std(np.log(finite)))
    spread = float(np.std(finite))
    return (row.value - simulated) / spread if spread > 0 else math.nan


def _defined(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _share(percent: float) -> float | None:
    return None if math.isnan(percent) else percent / 100.0


def inside_counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many fitted rows lie inside the published interval, and the largest |z|."""
    judged = [row for row in rows if row["role"] == "fitted" and row["inside_published"] is not None]
    z = [abs(row["z"]) for row in rows if row["role"] == "fitted" and row["z"] is not None]
    return {
        "n": len(judged),
        "inside": sum(row["inside_published"] for row in judged),
        "largest_abs_z": max(z, default=None),
        "rows_without_interval": sum(row["role"] == "fitted" for row in rows) - len(judged),
    }


def described(result: Reproduction) -> str:
    """For the terminal: the rows, the ledger, and what the comparison is worth."""
    from simulator.report.tables import reproduction_table

    share = inside_counts(result.rows)
    size = sum(SIZE.values())
    lines = [
        f"Kantarjian 2023 simulated {result.replicates:,} times at its own size (n = {size}); {PARAMETER_SET}",
        "",
        reproduction_table(result.rows),
        "",
        "Ledger of the cohort (counts of 110; S = Kaplan-Meier survival)",
        *(
            f"  {line['quantity']:<52} published {line['published']:>7g}   simulated {line['simulated']:>7.2f}"
            f"   ({line['low']:.2f} to {line['high']:.2f})"
            for line in result.ledger
        ),
        "",
        *comparator.shown_lines(result.comparator),
        "",
        f"Fitted rows inside the published 95 % interval: {share['inside']} of {share['n']}; "
        f"largest |z| {share['largest_abs_z']:.2f} over all fitted rows.",
        "This checks the optimiser, not the model: as many numbers were fitted to them. Predicted rows were not.",
        "Landmark rows (K145-K150, K154) compare selected groups with immortal time; they are no effect of SCT.",
    ]
    return "\n".join(lines)


def write(result: Reproduction, folder: Path) -> None:
    """rows.json, the figures (PNG, SVG) and report.html into `folder`."""
    from calibration.reproduction_page import write_report

    folder.mkdir(parents=True, exist_ok=True)
    (folder / ROWS).write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    drawn = []
    for title, panel in PANELS.items():
        printed = [(label, rate, median) for label, _, rate, median in panel]
        drawn.append((title, _draw(result, title, printed, folder)))
    # the printed combination belongs to the curve of its own mix; inotuzumab alone to none, its mix is unknown
    own = {comparator.COMBINATION: result.curves[COMPARATOR_PANEL][0]["label"]}
    printed = [(own.get(regimen, regimen), rate, median) for regimen, (median, rate) in comparator.PRINTED.items()]
    drawn.append((COMPARATOR_PANEL, _draw(result, COMPARATOR_PANEL, printed, folder)))
    write_report(result, inside_counts(result.rows), drawn, folder)


def _draw(result: Reproduction, title: str, printed: list[tuple[str, str, str]], folder: Path) -> Path:
    """A panel: simulated curves, and the printed rate and median (label, rate row, median row) as points; its SVG."""
    from simulator.report.figures import published_points_figure

    rows = load_catalogue(STUDY)
    points = []
    for label, rate, median in printed:
        low, high = rows[rate].interval
        points.append(
            {
                "label": label,
                "month": 36.0,
                "value": rows[rate].value / 100.0,
                "low": _share(low),
                "high": _share(high),
                "text": f"{rows[rate].value:g} % ({rate})",
            }
        )
        if median:
            value = rows[median].value
            text = f"median {value:g} months ({median})"
            points.append({"label": label, "month": value, "value": 0.5, "low": None, "high": None, "text": text})
    name = f"fig-{title[:2].lower()}"
    _, svg = published_points_figure(result.curves[title], points, folder, name, f"Kantarjian 2023, Fig. {title}")
    return svg
