"""A prediction for people: one table a group, what each kind of uncertainty adds, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from calibration.between_trials import EFFECTS
from calibration.predict import LEVEL, Prediction
from calibration.printed import Printed
from calibration.quantities import unit_of, words_of
from calibration.worlds import KINDS
from simulator.report.style import plain, span
from simulator.report.text import aligned, filled, text_width

HEADS = {
    "patients": "pa-\ntients",
    "parameters": "para-\nmeters",
    "attribution": "attri-\nbution",
    "between_trials": "trials",
}
KIND_WORDS = {
    "patients": "patients: chance in a study of this size",
    "parameters": "parameters: what the published cohorts leave open",
    "attribution": "attribution: what those cohorts cannot tell apart",
    "between_trials": "between trials: other centres, other years",
}
SCALE = {"probability": (100.0, 0, "%"), "months": (1.0, 1, "months"), "patients": (1.0, 1, "patients")}


def extra_keys(prediction: Prediction) -> dict[str, Any]:
    """The keys of the JSON form besides `quantities`."""
    study, posterior = prediction.study, prediction.posterior
    drawn = prediction.drawn
    return {
        "n": study.patients,
        "study": study.name,
        "title": study.head.title,
        "disease": study.head.disease,
        "arms": {arm.name: arm.patients for arm in study.arms},
        "population": study.population_name,
        "interval": LEVEL,
        "replicates": prediction.replicates,
        "seed": study.head.seed,
        "posterior": {"id": posterior.id, "sha256": posterior.sha256, "draws": len(posterior.values)},
        "between_trials": between_trials_json() if prediction.between_trials else None,
        "units": {key.name: unit_of(key.quantity) for key in drawn},
        "variance_shares": {key.name: shares for key, shares in prediction.shares.items()},
        "not_reached": {key.name: prediction.not_reached(key) for key in drawn if key.quantity.startswith("median_")},
        "prior": {key.name: names for key, names in prediction.rests_on.items() if names},
        "cautions": list(study.cautions),
    }


def between_trials_json() -> list[dict[str, Any]]:
    """The random effects with their priors and reasons."""
    return [
        {
            "effect": one.name,
            "half_normal_scale": one.scale,
            "unit": one.unit,
            "parameters": list(one.parameters),
            "reason": one.reason,
        }
        for one in EFFECTS
    ]


def described(prediction: Prediction, width: int | None = None) -> str:
    """For the terminal."""
    width, study = text_width(width), prediction.study
    arms = ", ".join(f"{arm.name} n = {arm.patients}" for arm in study.arms)
    follow_up = study.head.follow_up
    lines = [
        f"{study.head.title}",
        f"{arms}; {study.population_name}",
        f"followed {follow_up.shortest_months:g} to {follow_up.longest_months:g} months",
        "",
    ]
    for title, keys in grouped(prediction):
        lines += [title, aligned(_heads(prediction), [_row(prediction, key) for key in keys], width), ""]
    lines += [*filled(_footnote(prediction), width).splitlines(), ""]
    lines += [line for one in study.cautions for line in filled(f"Caution: {one}.", width).splitlines()]
    return "\n".join(lines).rstrip()


def grouped(prediction: Prediction) -> Iterator[tuple[str, list[Printed]]]:
    """Title and quantities of each arm and subgroup, in the order of the study."""
    titles = {arm.name: arm.title for arm in prediction.study.arms} | {"": ""}
    for (arm, subgroup), keys in groupby(prediction.drawn, lambda key: (key.arm, key.subgroup)):
        words = [titles[arm], subgroup.replace("_", " ")]
        yield ", ".join(filter(None, words)) or "All patients", list(keys)


def _heads(prediction: Prediction) -> list[str]:
    return ["Quantity", "Unit", "Predicted", "95 %\ninterval", *(HEADS[kind] for kind in prediction_kinds(prediction))]


def prediction_kinds(prediction: Prediction) -> tuple[str, ...]:
    """The kinds of uncertainty that the prediction holds."""
    return KINDS if prediction.between_trials else KINDS[:-1]


def _row(prediction: Prediction, key: Printed) -> list[str]:
    cell = prediction.quantity(key)
    scale, decimals, unit = SCALE[unit_of(key.quantity)]
    scaled = {key: None if value is None else scale * value for key, value in cell.items()}
    none = "NR" if key.quantity.startswith("median_") else "–"
    shares = prediction.shares[key]
    return [
        words_of(key.quantity),
        unit,
        plain(scaled["value"], decimals, none=none),
        span(scaled["low"], scaled["high"], 0 if unit == "patients" else decimals),
        *(plain(100.0 * shares[kind], 0) if shares else "–" for kind in prediction_kinds(prediction)),
    ]


def _footnote(prediction: Prediction) -> str:
    kinds = "; ".join(KIND_WORDS[kind] for kind in prediction_kinds(prediction))
    left_out = "" if prediction.between_trials else " Between-trial variation is left out."
    return (
        f"Interval: 95 % of {prediction.replicates:,} simulated studies of this size.{left_out} The last columns split "
        f"its variance in per cent ({kinds}). NR: not reached. * responders alive at the landmark, "
        f"{prediction.study.head.landmark_months} months: selected groups, no effect of SCT. {_prior(prediction)}"
    )


def _prior(prediction: Prediction) -> str:
    """Which parameters behind the answer are prior."""
    behind = list(dict.fromkeys(name for names in prediction.rests_on.values() for name in names))
    if not behind:
        return "No quantity here moves with a parameter that is prior."
    return f"Prior, not learnt from the evidence, and behind numbers above: {', '.join(behind)}."
