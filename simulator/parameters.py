"""The numbers the rules use: name, owning phase, unit, bounds, meaning; values and origins come from a set.

A parameter set is a JSON file in `scenarios/parameters/`, written by calibration. Every value carries an origin:
`source` (which published number, how derived), `fitted` (to which rows) or `assumption` (why, and a range).
A set with a missing, unknown or out-of-bounds parameter, or one without an origin, is refused, all faults at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PARAMETERS_FOLDER = Path(__file__).resolve().parent.parent / "scenarios" / "parameters"
MODEL_VERSION = 1
KINDS = ("source", "fitted", "assumption")
LIFE_TABLE_AGES = 13


@dataclass(frozen=True)
class Definition:
    """One number: `phases` may read it; values outside [low, high] are impossible, not merely unlikely."""

    name: str
    phases: str
    unit: str
    low: float
    high: float
    meaning: str


DEFINITIONS = (
    Definition("unfit_log_odds_per_decade", "population", "log odds per 10 years", 0.0, 2.0, "unfitness for SCT by age"),
    Definition("blasts_skew", "population", "power", 0.2, 10.0, "shape of the peripheral-blast distribution"),
    Definition("earlier_salvage_failure", "population", "probability", 0.05, 0.95, "failure of an earlier salvage line, for the frailty of later-line entrants"),
    Definition("frailty_failure_correlation", "population", "correlation", 0.0, 0.95, "frailty with failure of a line"),
    Definition("frailty_first_remission_correlation", "population", "correlation", 0.0, 0.95, "frailty with a short first remission"),
    Definition("early_death_log_odds", "induction", "log odds", -9.0, 0.0, "early death, first salvage, 40 years, ECOG 0-1"),
    Definition("early_death_log_odds_later_line", "induction", "log odds", -1.0, 5.0, "entering in a later line"),
    Definition("early_death_log_odds_per_decade", "induction", "log odds per 10 years", 0.0, 1.0, "age"),
    Definition("early_death_log_odds_ecog_2_plus", "induction", "log odds", 0.0, 2.0, "ECOG 2-3"),
    Definition("early_death_shape_a", "induction", "shape", 0.5, 10.0, "Kumaraswamy a of the day of early death on 28 days"),
    Definition("early_death_shape_b", "induction", "shape", 0.5, 10.0, "Kumaraswamy b"),
    Definition("assessment_median_days", "course", "days", 10.0, 40.0, "start of a course to its marrow"),
    Definition("assessment_sigma", "course", "log SD", 0.01, 1.0, "spread of that day"),
    Definition("inotuzumab_saturation_mg_per_m2", "course", "mg/m2", 0.05, 5.0, "dose scale of InO effect in a course (1 - exp(-dose/scale))"),
    Definition("thrombocytopenia_log_odds_course_1", "course", "log odds", -6.0, 4.0, "prolonged thrombocytopenia after course 1 at 1 mg/m2"),
    Definition("thrombocytopenia_log_odds_later_course", "course", "log odds", -6.0, 4.0, "same, later courses"),
    Definition("thrombocytopenia_log_odds_per_mg_per_m2", "course", "log odds per mg/m2", 0.0, 6.0, "InO dose of the course"),
    Definition("platelets_median_days_course_1", "course", "days", 10.0, 42.0, "platelet recovery among recoverers, course 1"),
    Definition("platelets_median_days_later_course", "course", "days", 10.0, 42.0, "same, later courses"),
    Definition("platelets_sigma", "course", "log SD", 0.05, 1.0, "spread of recovery"),
    Definition("burden_at_start_log10", "response", "log10", -1.0, 0.0, "leukaemic fraction of marrow on day 1"),
    Definition("log_kill_course_1", "response", "log10", 0.0, 8.0, "mean kill of course 1"),
    Definition("log_kill_later_course", "response", "log10", -1.0, 8.0, "mean kill of a later course in active disease"),
    Definition("inotuzumab_share_of_kill", "response consolidation", "share", 0.0, 1.0, "part of the kill of a course due to InO"),
    Definition("log_kill_loss_later_line", "response", "log10", -1.0, 6.0, "entering in a later line, beyond frailty"),
    Definition("log_kill_gain_long_first_remission", "response", "log10", -1.0, 4.0, "first remission > 12 months, beyond frailty"),
    Definition("log_kill_loss_per_frailty", "response consolidation", "log10 per SD", 0.0, 5.0, "frailty"),
    Definition("log_kill_sigma", "response", "log10", 0.1, 6.0, "chance, per course"),
    Definition("leave_after_failed_course", "response", "probability", 0.0, 1.0, "off protocol after a marrow without remission"),
    Definition("incomplete_platelets_if_prolonged", "response", "probability", 0.0, 1.0, "CRp or CRi if platelets were prolonged in that course"),
    Definition("incomplete_platelets_else", "response", "probability", 0.0, 1.0, "CRp or CRi otherwise"),
    Definition("cri_share_of_incomplete", "response", "probability", 0.0, 1.0, "CRi among incomplete responses"),
    Definition("mrd_error_sd_log10", "mrd", "log10", 0.0, 1.0, "measurement error of an MRD assay"),
    Definition("log_kill_in_remission", "consolidation", "log10", -1.0, 6.0, "mean kill of a course in remission"),
    Definition("log_kill_sigma_in_remission", "consolidation", "log10", 0.01, 4.0, "chance, per course in remission"),
    Definition("course_log_factor", "consolidation", "log ratio", -2.0, 0.0, "relapse hazard per course in remission (eradicating)"),
    Definition("leave_consolidation", "consolidation", "probability", 0.0, 1.0, "leaves chemotherapy after a course, other reasons"),
    Definition("leave_after_prolonged_thrombocytopenia", "consolidation", "probability", 0.0, 1.0, "leaves chemotherapy after a course with prolonged thrombocytopenia"),
    Definition("early_blinatumomab", "consolidation", "probability", 0.0, 1.0, "moves on to blinatumomab early, no SCT ahead"),
    Definition("early_blinatumomab_before_transplant", "consolidation", "probability", 0.0, 1.0, "same with an SCT ahead"),
    Definition("rest_before_transplant_days", "consolidation", "days", 0.0, 100.0, "no course begins closer to a planned SCT"),
    Definition("blinatumomab_clock_speed", "blinatumomab", "ratio", 0.01, 1.0, "relapse clock during infusion (suppressing)"),
    Definition("blinatumomab_log_factor", "blinatumomab", "log ratio", -2.0, 0.0, "relapse hazard per completed course (eradicating)"),
    Definition("blinatumomab_log_kill", "blinatumomab", "log10", 0.0, 4.0, "burden removed per completed course"),
    Definition("blinatumomab_stop", "blinatumomab", "probability", 0.0, 1.0, "no further course after one"),
    Definition("pomp_clock_speed", "maintenance", "ratio", 0.05, 0.999, "relapse clock during POMP (suppressing)"),
    Definition("uptake_log_odds", "transplant", "log odds", -8.0, 8.0, "SCT as practised: first salvage, MRD-positive, 40 years"),
    Definition("uptake_log_odds_later_line", "transplant", "log odds", -5.0, 5.0, "later line"),
    Definition("uptake_log_odds_mrd_negative", "transplant", "log odds", -5.0, 5.0, "MRD-negative at the decision"),
    Definition("uptake_log_odds_per_decade", "transplant", "log odds per 10 years", -3.0, 1.0, "age"),
    Definition("uptake_log_odds_prior_transplant", "transplant", "log odds", -5.0, 2.0, "prior SCT"),
    Definition("uptake_log_odds_high_risk", "transplant", "log odds", -3.0, 3.0, "high-risk cytogenetics"),
    Definition("uptake_log_odds_per_frailty", "transplant", "log odds per SD", -2.0, 2.0, "unmeasured confounding"),
    Definition("transplant_refusal", "transplant", "probability", 0.0, 0.9, "refusal where everyone eligible is offered SCT"),
    Definition("transplant_delay_median_days", "transplant", "days", 1.0, 200.0, "work-up, slot and recovery after the donor is found, as practised"),
    Definition("transplant_delay_sigma", "transplant", "log SD", 0.05, 1.5, "spread of that delay"),
    Definition("transplant_workup_days", "transplant", "days", 0.0, 100.0, "at most, where SCT follows as soon as a donor is found"),
    Definition("search_related_median_days", "transplant", "days", 5.0, 120.0, "related or haploidentical donor"),
    Definition("search_unrelated_median_days", "transplant", "days", 10.0, 200.0, "unrelated donor or cord"),
    Definition("search_sigma", "transplant", "log SD", 0.05, 1.0, "spread of the search"),
    Definition("conditioning_myeloablative_share", "transplant", "probability", 0.0, 1.0, "myeloablative below 55 years, as practised"),
    Definition("conditioning_busulfan_share", "transplant", "probability", 0.0, 1.0, "busulfan, as practised"),
    Definition("transplant_log_factor", "transplant", "log ratio", -4.0, 0.0, "relapse hazard after myeloablative SCT (eradicating)"),
    Definition("transplant_log_factor_reduced", "transplant", "log ratio", 0.0, 1.5, "reduced intensity"),
    Definition("transplant_log_kill", "transplant", "log10", 0.0, 6.0, "burden removed"),
    Definition("graft_failure", "transplant", "probability", 0.0, 0.5, "no engraftment"),
    Definition("engraftment_median_days", "transplant", "days", 5.0, 60.0, "neutrophils"),
    Definition("acute_gvhd_2_4", "transplant", "probability", 0.0, 1.0, "acute GVHD II-IV"),
    Definition("acute_gvhd_3_4", "transplant", "probability", 0.0, 1.0, "acute GVHD III-IV"),
    Definition("acute_gvhd_median_days", "transplant", "days", 5.0, 100.0, "onset"),
    Definition("chronic_gvhd", "transplant", "probability", 0.0, 1.0, "chronic GVHD"),
    Definition("chronic_gvhd_day", "transplant", "days", 60.0, 400.0, "onset"),
    Definition("acute_gvhd_3_4_log_factor", "transplant", "log ratio", 0.0, 3.0, "mortality after SCT with acute GVHD III-IV"),
    Definition("chronic_gvhd_log_factor", "transplant", "log ratio", -1.0, 2.0, "mortality after SCT with chronic GVHD"),
    Definition("transplant_death_log_theta", "transplant", "log hazard", -6.0, 2.0, "mortality after SCT without relapse: 40 years, matched donor, reduced intensity"),
    Definition("transplant_death_per_decade", "transplant", "log ratio per 10 years", 0.0, 1.0, "age"),
    Definition("transplant_death_second_transplant", "transplant", "log ratio", 0.0, 2.0, "second SCT"),
    Definition("transplant_death_haploidentical", "transplant", "log ratio", -1.0, 1.5, "haploidentical v matched"),
    Definition("transplant_death_cord", "transplant", "log ratio", -1.0, 2.0, "cord v matched"),
    Definition("transplant_death_myeloablative", "transplant", "log ratio", -1.0, 1.5, "myeloablative"),
    Definition("transplant_death_scale_days", "transplant", "days", 20.0, 2000.0, "Weibull scale of the day of death"),
    Definition("transplant_death_shape", "transplant", "shape", 0.3, 5.0, "Weibull shape"),
    Definition("sos_log_odds", "sos", "log odds", -8.0, 4.0, "peri-SCT SOS: three original InO courses, 7 weeks, one alkylator, first salvage, no ursodiol"),
    Definition("sos_log_odds_per_alkylator", "sos", "log odds", -1.0, 4.0, "second alkylator (or none: minus)"),
    Definition("sos_log_odds_busulfan", "sos", "log odds", -1.0, 3.0, "busulfan"),
    Definition("sos_log_odds_thiotepa", "sos", "log odds", -1.0, 3.0, "thiotepa"),
    Definition("sos_log_odds_tbi", "sos", "log odds", -1.0, 3.0, "total body irradiation"),
    Definition("sos_log_odds_reduced_intensity", "sos", "log odds", -3.0, 1.0, "reduced intensity"),
    Definition("sos_log_odds_prior_transplant", "sos", "log odds", -1.0, 3.0, "prior SCT"),
    Definition("sos_log_odds_later_line", "sos", "log odds", -1.0, 2.0, "later line"),
    Definition("sos_log_odds_ursodiol", "sos", "log odds", -2.0, 1.0, "ursodiol"),
    Definition("sos_log_odds_era_from_2017", "sos", "log odds", -3.0, 1.0, "experience from 2017"),
    Definition("sos_log_odds_per_four_weeks", "sos", "log odds per 4 weeks", -2.0, 1.0, "interval beyond 7 weeks"),
    Definition("sos_log_odds_per_four_weeks_squared", "sos", "log odds per 16 weeks2", -0.5, 0.5, "quadratic term"),
    Definition("sos_log_odds_per_mg_per_m2", "sos", "log odds per mg/m2", -0.5, 1.5, "cumulative InO"),
    Definition("sos_log_odds_no_inotuzumab", "sos", "log odds", -5.0, 0.0, "SCT without InO"),
    Definition("sos_drug_log_rate_per_mg_per_m2", "sos", "log hazard per mg/m2", -9.0, -1.0, "drug-only SOS"),
    Definition("sos_drug_mean_days", "sos", "days", 3.0, 60.0, "mean time from dose to drug-only SOS"),
    Definition("sos_onset_median_days", "sos", "days", 3.0, 60.0, "onset after SCT"),
    Definition("sos_onset_sigma", "sos", "log SD", 0.1, 1.5, "spread of onset"),
    Definition("sos_severe", "sos", "probability", 0.0, 1.0, "severe or very severe"),
    Definition("sos_lethality", "sos", "probability", 0.0, 1.0, "death attributed to SOS"),
    Definition("sos_death_median_days", "sos", "days", 2.0, 100.0, "onset to that death"),
    Definition("sos_death_sigma", "sos", "log SD", 0.1, 1.5, "spread"),
    Definition("sos_survivor_log_factor", "sos", "log ratio", 0.0, 4.0, "mortality after SCT in survivors of SOS"),
    Definition("relapse_log_theta", "relapse", "log clones", -4.0, 4.0, "first salvage, average frailty, MRD at the flow limit, standard genetics"),
    Definition("relapse_log_theta_per_frailty", "relapse", "log ratio per SD", 0.0, 2.0, "frailty"),
    Definition("relapse_log_theta_tp53", "relapse", "log ratio", -1.0, 4.0, "TP53 mutated"),
    Definition("relapse_log_theta_low_hypodiploid", "relapse", "log ratio", -1.0, 4.0, "low-hypodiploid"),
    Definition("relapse_log_theta_kmt2a", "relapse", "log ratio", -1.0, 4.0, "KMT2A"),
    Definition("relapse_log_theta_complex", "relapse", "log ratio", -1.0, 3.0, "complex karyotype"),
    Definition("relapse_log_theta_crlf2", "relapse", "log ratio", -1.0, 2.0, "CRLF2 overexpressed"),
    Definition("relapse_log_theta_philadelphia", "relapse", "log ratio", -2.0, 2.0, "Ph-positive on TKI"),
    Definition("relapse_log_theta_per_percent_blasts", "relapse", "log ratio per %", 0.0, 0.08, "peripheral blasts"),
    Definition("relapse_log_theta_later_line", "relapse", "log ratio", -1.0, 2.0, "later line, beyond frailty"),
    Definition("relapse_log_theta_per_log10_burden", "relapse", "log ratio per log10", 0.0, 1.0, "latent burden at remission"),
    Definition("relapse_log_theta_after_relapse", "relapse", "log ratio", -1.0, 3.0, "remission after a relapse of this regimen"),
    Definition("relapse_latency_median_days", "relapse", "days", 30.0, 2000.0, "median latency to molecular relapse"),
    Definition("relapse_latency_shape", "relapse", "shape", 0.5, 5.0, "log-logistic shape"),
    Definition("doubling_median_days", "relapse", "days", 2.0, 60.0, "doubling time of a relapsing clone"),
    Definition("doubling_sigma", "relapse", "log SD", 0.1, 1.5, "spread of doubling times"),
    Definition("escape_burden_log10", "relapse", "log10", -8.0, -3.0, "burden at molecular relapse, at least"),
    Definition("salvage_log_odds", "salvage", "log odds", -5.0, 3.0, "remission with the line after this regimen"),
    Definition("salvage_log_odds_per_line", "salvage", "log odds per line", -2.0, 0.0, "each further line"),
    Definition("salvage_log_odds_per_frailty", "salvage", "log odds per SD", -2.0, 0.0, "frailty"),
    Definition("salvage_log_odds_after_transplant", "salvage", "log odds", -2.0, 1.0, "after SCT"),
    Definition("salvage_median_days", "salvage", "days", 10.0, 120.0, "start of a line to its result"),
    Definition("salvage_sigma", "salvage", "log SD", 0.05, 1.0, "spread"),
    Definition("remission_death_log_theta", "death", "log hazard", -6.0, 1.0, "death in remission without SCT, 40 years, ECOG 0-1"),
    Definition("remission_death_per_decade", "death", "log ratio per 10 years", 0.0, 1.0, "age"),
    Definition("remission_death_ecog_2_plus", "death", "log ratio", 0.0, 2.0, "ECOG 2-3"),
    Definition("remission_death_mean_days", "death", "days", 30.0, 2000.0, "mean time"),
    Definition("leukaemia_death_log_scale_days", "death", "log days", 3.0, 8.0, "Weibull scale of death from active disease, second line"),
    Definition("leukaemia_death_log_scale_loss_per_line", "death", "log ratio per line", 0.0, 1.5, "each further line"),
    Definition("leukaemia_death_log_scale_loss_per_decade", "death", "log ratio per 10 years", 0.0, 0.5, "age"),
    Definition("leukaemia_death_shape", "death", "shape", 0.5, 3.0, "Weibull shape"),
)

PARAMETERS_DTYPE = np.dtype(
    [
        *((definition.name, "f8") for definition in DEFINITIONS),
        ("background_age_years", "f8", (LIFE_TABLE_AGES,)),
        ("background_log_rate_male", "f8", (LIFE_TABLE_AGES,)),
        ("background_log_rate_female", "f8", (LIFE_TABLE_AGES,)),
    ]
)


class ParameterError(ValueError):
    """A parameter set that cannot be used; `faults` has one line per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Origin:
    """Where a value comes from, and the range within which it may well lie."""

    kind: str
    text: str
    low: float
    high: float


@dataclass(frozen=True)
class ParameterSet:
    """A named, complete set of values with their origins."""

    id: str
    title: str
    values: dict[str, float]
    origins: dict[str, Origin]
    life_table: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Every number with unit, phase, range and origin."""
        listed = {}
        for definition in DEFINITIONS:
            origin = self.origins[definition.name]
            listed[definition.name] = {
                "value": self.values[definition.name],
                "unit": definition.unit,
                "phases": definition.phases.split(),
                "meaning": definition.meaning,
                "kind": origin.kind,
                "origin": origin.text,
                "low": origin.low,
                "high": origin.high,
            }
        return {"id": self.id, "title": self.title, "parameters": listed, "background_mortality": self.life_table}

    def record(self, **changes: float) -> np.recarray:
        """The set as shape (1,) recarray of PARAMETERS_DTYPE, with some values replaced."""
        unknown = set(changes) - set(self.values)
        if unknown:
            raise KeyError(f"no parameter named {', '.join(sorted(unknown))}")
        record = np.zeros(1, PARAMETERS_DTYPE).view(np.recarray)
        for name, value in (self.values | changes).items():
            record[name][0] = value
        record.background_age_years[0] = self.life_table["age_years"]
        for sex in ("male", "female"):
            # force of mortality from an annual death probability
            record[f"background_log_rate_{sex}"][0] = np.log(-np.log1p(-np.array(self.life_table[f"{sex}_q"])))
        return record


def load_parameters(name_or_path: str | Path) -> ParameterSet:
    """Read a set by id (shipped) or path; ParameterError lists everything wrong with it."""
    path = Path(name_or_path)
    if path.suffix != ".json":
        path = PARAMETERS_FOLDER / f"{name_or_path}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError([f"{path.name}: cannot be read as JSON: {error}"]) from None
    if not isinstance(data, dict):
        raise ParameterError([f"{path.name}: must be an object with id, model_version, title, parameters"])
    return parameters_from(data, path.name)


def parameters_from(data: dict[str, Any], file: str) -> ParameterSet:
    """Check and build a set from its JSON form."""
    faults = [f"{file}: {key} is missing" for key in ("id", "title", "parameters") if key not in data]
    if data.get("model_version") != MODEL_VERSION:
        faults.append(f"{file}: model_version = {data.get('model_version')}: allowed {MODEL_VERSION}")
    table = data.get("background_mortality", {})
    for key in ("age_years", "male_q", "female_q"):
        if len(table.get(key, ())) != LIFE_TABLE_AGES:
            faults.append(f"{file}: background_mortality.{key}: allowed {LIFE_TABLE_AGES} numbers")
    entries = data.get("parameters", {})
    known = {definition.name for definition in DEFINITIONS}
    faults += [f"{file}: parameters.{name}: unknown parameter" for name in entries if name not in known]
    values: dict[str, float] = {}
    origins: dict[str, Origin] = {}
    for definition in DEFINITIONS:
        name = definition.name
        entry = entries.get(name)
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), int | float):
            faults.append(f"{file}: parameters.{name}: a value is missing ({definition.unit})")
            continue
        value = float(entry["value"])
        if not definition.low <= value <= definition.high:
            allowed = f"{definition.low:g} to {definition.high:g} {definition.unit}"
            faults.append(f"{file}: parameters.{name} = {value:g}: allowed {allowed}")
        if entry.get("kind") not in KINDS or not str(entry.get("origin", "")).strip():
            faults.append(f"{file}: parameters.{name}: no origin; allowed kinds are {', '.join(KINDS)}, with a text")
            continue
        if not isinstance(entry.get("low"), int | float) or not isinstance(entry.get("high"), int | float):
            faults.append(f"{file}: parameters.{name}: a range (low, high) is missing")
            continue
        values[name] = value
        origins[name] = Origin(entry["kind"], entry["origin"], float(entry["low"]), float(entry["high"]))
    if faults:
        raise ParameterError(faults)
    return ParameterSet(data["id"], data["title"], values, origins, table)


def described(parameters: ParameterSet) -> str:
    """Aligned text, one line a number, grouped by the phase that reads it first."""
    lines = [f"{parameters.id}: {parameters.title}", "ranges are those of the stated origin, not posterior intervals", ""]
    rows = []
    for definition in DEFINITIONS:
        origin = parameters.origins[definition.name]
        rows.append(
            (
                definition.phases.split()[0],
                definition.name,
                f"{parameters.values[definition.name]:.4g}",
                f"[{origin.low:g}, {origin.high:g}]",
                definition.unit,
                origin.kind,
                origin.text,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:6], widths, strict=True)]
        lines.append("  ".join([*cells, row[6]]))
    table = parameters.life_table
    lines += ["", f"background mortality: {table['origin']}, ages {table['age_years'][0]} to {table['age_years'][-1]}"]
    return "\n".join(lines)
