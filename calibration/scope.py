"""What the model cannot speak to: refused with a reason (`words_outside`, `population_outside`, `strategy_outside`),
or allowed with a caution because it lies at the edge of what was fitted (`cautions`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from simulator.population import Population
from simulator.scenario.faults import Fault, shown
from simulator.scenario.rules import YOUNGEST_YEARS
from simulator.scenario.tree import Place, Stated, Tree, plain
from simulator.strategy import Strategy

RELAPSED, MRD = "relapsed_or_refractory", "mrd_positive_remission"
BACKBONES = ("mini_hyper_cvd", "none")
CHILDREN = "child|p(a)?ediatric|infant"
MOST_PHILADELPHIA_OVERT = 0.9

# Words a user may well write for `disease`, each with the reason why the model has no answer.
DISEASES = {
    "front ?line|newly|untreated|first ?line|de novo": "untreated disease: the evidence is of pre-treated patients",
    r"\bt\b|t ?(cell|lineage|all)|early t": "T-lineage disease expresses neither CD19 nor CD22",
    "burkitt|mature b|lymphoma": "mature B-cell disease: other biology, other treatment",
    "mixed|biphenotypic|mpal": "mixed phenotype: no patient of the evidence had it",
    CHILDREN: "children: rates of response, toxicity and SCT were fitted in adults",
    "cns|extramedullary|testic": "extramedullary disease: remission is read from the marrow alone",
    "myeloid|aml|cml|blast": "myeloid disease",
    "mrd negative|in remission|cr1": "MRD-negative remission: consolidation of untreated disease was not fitted",
}
# Tables an arm may be given, each with what is missing.
TREATMENTS = {
    "car|cart|tisagen|brexu|obe|obecabtagene|axicabtagene": "CAR-T cells are not modelled",
    "tki|imatinib|dasatinib|nilotinib|bosutinib|ponatinib|asciminib": "kinase inhibitors are not modelled as treatment",
    "rituximab|ofatumumab|epratuzumab|daratumumab|alemtuzumab": "this antibody is not modelled",
    "venetoclax|navitoclax|ruxolitinib|bortezomib|revumenib|nelarabine|clofarabine": "this drug is not modelled",
    "standard|control|comparator|flag|hyper": "chemotherapy other than mini-hyper-CVD is not modelled",
    "radiotherapy|dli|donor_lymphocytes": "this treatment is not modelled",
}


def words_outside(tree: Tree, file: str) -> list[Fault]:
    """Faults for what the file names and the model has not; such values are taken out of the tree."""
    faults = []
    disease = tree.get("disease")
    if isinstance(disease, Stated) and isinstance(disease.value, str) and disease.value not in (RELAPSED, MRD):
        reason = _reason(disease.value.lower().replace("_", " ").replace("-", " "), DISEASES, search=True)
        if reason:
            faults.append(_outside(disease, reason, f"{RELAPSED} or {MRD}"))
    for name, arm in tree.get("arms", {}).items():
        for key in list(arm):
            reason = _reason(key.lower().replace("-", "_"), TREATMENTS, search=False)
            if reason:
                arm.pop(key)
                where = f"arms.{name}.{key}"
                faults.append(Fault(file, where, what=f"outside the model: {reason}", allowed="left out"))
        faults += _backbone_outside(arm)
    return faults


def _backbone_outside(arm: Tree) -> Iterator[Fault]:
    chemotherapy = arm.get("chemotherapy")
    backbone = chemotherapy.get("backbone") if isinstance(chemotherapy, dict) else None
    if isinstance(backbone, Stated) and isinstance(backbone.value, str) and backbone.value not in BACKBONES:
        chemotherapy.pop("backbone")  # type: ignore[union-attr]
        reason = "its effect and toxicity were never fitted; mini-hyper-CVD is the only chemotherapy"
        yield _outside(backbone, reason, " or ".join(BACKBONES))


def _reason(word: str, table: dict[str, str], search: bool) -> str:
    """The reason of the first entry that the word contains, or (`search` False) begins with as a whole word."""
    for pattern, reason in table.items():
        if re.search(pattern, word) if search else re.match(rf"(?:{pattern})(?:_|$)", word):
            return reason
    return ""


def _outside(stated: Stated, reason: str, allowed: str) -> Fault:
    return Fault(stated.file, stated.key, shown(stated.value), allowed, what=f"outside the model: {reason}")


def children_outside(mix: Tree | None, place: Place) -> list[Fault]:
    """A case mix with children: no question of bounds, but of evidence."""
    ages = plain(mix or {}).get("age_quantiles_years")
    if not isinstance(ages, list) or not ages or not isinstance(ages[0], int | float) or ages[0] >= YOUNGEST_YEARS:
        return []
    what = f"outside the model: {DISEASES[CHILDREN]}"
    allowed = f"{YOUNGEST_YEARS:g} years or older"
    return [place.fault(("age_quantiles_years",), shown(ages), what=what, allowed=allowed, unit="years")]


def population_outside(population: Population, disease: str, place: Place) -> list[Fault]:
    """Case mixes to which the model would extrapolate silently."""
    faults = []

    def outside(key: str, value: Any, reason: str, allowed: str, unit: str) -> None:
        what = f"outside the model: {reason}"
        faults.append(place.fault((key,), shown(value), what=what, allowed=allowed, unit=unit))

    in_remission = population.in_remission
    if (in_remission == 1.0) != (disease == MRD) or 0.0 < in_remission < 1.0:
        wanted = "1" if disease == MRD else "0"
        reason = f"disease = {shown(disease)} needs patients who enter so; mixed studies are two studies"
        outside("in_remission", in_remission, reason, wanted, "probability")
    if disease == RELAPSED and population.philadelphia > MOST_PHILADELPHIA_OVERT:
        reason = "overt Ph-positive disease is treated with kinase inhibitors, whose kill is not modelled"
        outside("philadelphia", population.philadelphia, reason, f"0 to {MOST_PHILADELPHIA_OVERT}", "probability")
    return faults


def strategy_outside(strategy: Strategy, disease: str, place: Place) -> list[Fault]:
    """Strategies whose response the evidence never saw."""
    if strategy.inotuzumab.courses or strategy.blinatumomab_line.when == "before_protocol":
        return []
    if disease == RELAPSED and not strategy.blinatumomab.courses:
        reason = "chemotherapy alone: the backbone was never fitted without inotuzumab or blinatumomab"
    elif disease == RELAPSED:
        reason = "response to chemotherapy and blinatumomab without inotuzumab was never fitted"
    else:
        reason = "MRD is treated with inotuzumab or blinatumomab in the evidence"
    what = f"outside the model: {reason}"
    key = ("inotuzumab", "courses")
    return [place.fault(key, "0", what=what, allowed="1 to 8, or blinatumomab in a line of its own", unit="courses")]


def cautions(population: Population, strategies: Sequence[Strategy], disease: str) -> Iterator[str]:
    """Sentences on what lies at the edge of the evidence: predicted, and to be read with care."""
    ages = population.age_quantiles_years
    if ages[2] > 60.0:
        yield f"median age {ages[2]:g} years: the fitted cohorts had 37; effects of age are mostly assumptions"
    later = population.salvage_2 + population.salvage_3_plus
    if later > 0.5:
        yield f"{later:.0%} in second or later salvage: the fitted cohorts had 28 %"
    if disease == RELAPSED and population.philadelphia > 0.1:
        yield f"{population.philadelphia:.0%} Ph-positive: the fitted cohort of overt disease had none"
    for strategy in strategies:
        ino = strategy.inotuzumab
        if ino.courses and strategy.chemotherapy.backbone == "none" and disease == RELAPSED:
            yield "inotuzumab without chemotherapy: its share of a course's kill is an assumption"
        if ino.courses and not 0.55 <= np.sum(ino.first_course_doses_mg_per_m2) <= 1.85:
            yield "dose of inotuzumab in course 1 outside 0.6 to 1.8 mg/m2, the doses of the evidence"
        if ino.courses > 4 and strategy.chemotherapy.backbone == "mini_hyper_cvd":
            yield "more than four courses of inotuzumab with chemotherapy: the evidence has at most four"
        if strategy.transplant.policy == "everyone_eligible":
            yield "SCT offered to everyone eligible: the evidence has SCT as practised"
