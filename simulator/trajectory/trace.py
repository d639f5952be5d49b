"""`allpath trace`: who a patient is, then the life under every arm side by side, in words."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.patient import FIELDS
from simulator.scenario import Fault, Scenario, ScenarioError
from simulator.strategy import DAYS_PER_MONTH
from simulator.trajectory.life import Life, life_of
from simulator.trajectory.states import FIRST_DEATH, STATES
from simulator.trajectory.words import DONORS, LATENT, words_of

LATENT_BASELINE = ("frailty", "donor_search_luck")
STANDING = {
    "active": "with active disease",
    "refractory": "with refractory disease",
    "remission": "in remission",
    "sct": "in remission after SCT",
    "relapse": "with relapsed disease",
}


class Line(NamedTuple):
    """One moment: `day` float from day 1 = 0.0, the kind of event, the state after it, what there is to tell."""

    day: float
    event: str
    state: str
    words: list[str]


class Trace(NamedTuple):
    """One patient under every arm; `parted_day` = first day on which the arms' stories differ, None = they never do."""

    scenario: Scenario
    patient: int
    baseline: Any
    lines: dict[str, list[Line]]
    parted_day: float | None

    def as_json(self) -> dict[str, Any]:
        """Days are floats from day 1 of the first dose = 0.0."""
        known = {name: self.baseline[name].item() for name, _, _, owner, _ in FIELDS if owner == "population"}
        latent = {name: known.pop(name) for name in LATENT_BASELINE}
        return {
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "patient": self.patient,
            "horizon_months": self.scenario.horizon_months,
            "baseline": known,
            "latent": latent,
            "parted_day": self.parted_day,
            "arms": {arm: [line._asdict() for line in lines] for arm, lines in self.lines.items()},
        }


def trace(scenario: Scenario, patient: int) -> Trace:
    """The patient's life under every arm; ScenarioError if the scenario has no such patient."""
    if not 0 <= patient < scenario.patients:
        allowed = f"0 to {scenario.patients - 1}"
        raise ScenarioError([Fault(scenario.name, "ID", str(patient), allowed, "patient number")])
    lives = {arm.name: life_of(scenario, arm.name, patient) for arm in scenario.arms}
    lines = {arm: _lines(life, scenario.horizon_months) for arm, life in lives.items()}
    baseline = next(iter(lives.values())).baseline
    return Trace(scenario, patient, baseline, lines, parted_day(list(lines.values())))


def _lines(life: Life, horizon_months: int) -> list[Line]:
    """What happens by the horizon, then how the patient stands there."""
    horizon_days = float(edge_days(horizon_months * BINS_PER_MONTH))
    lines, state = [], "active"
    for event in life.events:
        if event.day > horizon_days:
            break
        state = STATES[event.state]
        words = words_of(event, life.plan)
        if words:
            lines.append(Line(event.day, event.slot.name.lower(), state, words))
    if state not in STATES[FIRST_DEATH:]:
        standing = STANDING[state.partition("_")[0]]
        lines.append(Line(horizon_days, "horizon", state, [f"alive at {horizon_months} months, {standing}"]))
    return lines


def parted_day(stories: list[list[Line]]) -> float | None:
    """The first day on which not all stories tell the same."""
    for place in range(max(map(len, stories))):
        here = [story[place] if place < len(story) else None for story in stories]
        if any(line != here[0] for line in here):
            return min(line.day for line in here if line is not None)
    return None


def month_of(day: float) -> float:
    """Months of 30.4375 days since day 1."""
    return day / DAYS_PER_MONTH


def who(baseline: Any) -> list[str]:
    """The patient on day 1, in sentences."""
    names = {0: "first remission", 1: "first salvage", 2: "second salvage"}
    line = names.get(int(baseline.line_at_entry), "third or later salvage")
    if baseline.entered_in_remission:
        line += ", in MRD-positive remission" if baseline.line_at_entry else ", MRD-positive"
    history = [f"{'man' if baseline.male else 'woman'} of {int(baseline.age_years)}, {line}"]
    history.append(f"ECOG {baseline.ecog}")
    history += ["first remission longer than 12 months"] * int(baseline.first_remission_over_12_months)
    history += ["SCT before"] * int(baseline.prior_transplant)
    findings = {
        "low-hypodiploid or near-triploid": baseline.low_hypodiploid,
        "KMT2A rearranged": baseline.kmt2a,
        "complex karyotype": baseline.complex_karyotype,
        "TP53 mutated": baseline.tp53_mutated,
        "CRLF2 overexpressed": baseline.crlf2,
        "Ph-positive": baseline.philadelphia,
    }
    genetics = [words for words, found in findings.items() if found] or ["no high-risk genetics"]
    antigens = f"CD19 on {baseline.cd19_percent:.0f} %, CD22 on {baseline.cd22_percent:.0f} % of blasts"
    blood = f"{baseline.peripheral_blasts_percent:.0f} % blasts in the blood"
    donor = "no donor" if baseline.donor < 0 else f"best donor: {DONORS[baseline.donor]}"
    fitness = "unfit for SCT" if baseline.unfit_for_transplant else "fit for SCT"
    frailty = round(float(baseline.frailty), 1) + 0.0  # no minus zero
    resistant = "more resistant than" if frailty > 0 else "less resistant than" if frailty < 0 else "as resistant as"
    return [
        _sentence(history),
        _sentence([*genetics, antigens, blood]),
        _sentence([donor, fitness]),
        f"{LATENT} frailty {frailty:+.1f} SD: {resistant} the average leukaemia in first salvage.",
    ]


def _sentence(parts: list[str]) -> str:
    text = ", ".join(parts) + "."
    return text[0].upper() + text[1:]
