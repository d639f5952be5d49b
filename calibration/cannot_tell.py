"""What the evidence cannot tell, in plain words: sections with a name, a reason that lies in the studies, and numbers.

The reason is of the design of the studies and does not change with a fit; whatever does is computed: how much each
parameter has shrunk, and how much better some combination of them is known than each alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from calibration.identify import Believed, Identified, Parameter, directions_of

RATIOS = {  # units whose exponential people read
    "log odds": "odds ratio",
    "log ratio": "ratio",
    "log hazard": "cumulative hazard",
    "log clones": "clones",
}
PARTS = 4  # of a combination that are named


@dataclass(frozen=True)
class Section:
    """`reason`: why the studies cannot tell these parameters apart; `next`: what would."""

    name: str
    title: str
    parameters: tuple[str, ...]
    reason: str
    next: str


SECTIONS = (
    Section(
        "sos",
        "What lowered SOS: interval, dose, ursodiol, era or conditioning",
        (
            "sos_log_odds_per_four_weeks",
            "sos_log_odds_per_four_weeks_squared",
            "sos_log_odds_per_mg_per_m2",
            "sos_log_odds_ursodiol",
            "sos_log_odds_era_from_2017",
            "sos_log_odds_dual_alkylators",
            "sos_log_odds_busulfan",
            "sos_log_odds_thiotepa",
            "sos_log_odds_tbi",
            "sos_log_odds_reduced_intensity",
        ),
        "Nine of 67 patients had SOS under the original regimen and one of 43 under the modified one (K167, K168). "
        "Between the two the interval before SCT, the dose of inotuzumab, ursodiol, blinatumomab and the years all "
        "changed together (A13): the counts pin down what they did together and not which of them did it.",
        "Randomise one of them and leave the others; or individual data with the interval of each patient.",
    ),
    Section(
        "sct",
        "What SCT does: graft effect, death from it, and who is chosen",
        (
            "transplant_log_factor",
            "transplant_log_factor_reduced",
            "transplant_log_kill",
            "transplant_death_log_theta",
            "transplant_death_myeloablative",
            "uptake_log_odds_per_frailty",
        ),
        "Survival after the landmark was 54 % with and 54 % without SCT, in patients chosen for it and alive to "
        "have it (A5); neither relapse nor death without relapse after SCT is printed. A strong graft effect with "
        "much death from it, a weak one with little, or SCT given to the better patients would print the same "
        "numbers. The difference of SCT and no SCT in any report rests on this.",
        "Cumulative incidence of relapse and of death without relapse after SCT; donor against no donor.",
    ),
    Section(
        "blinatumomab",
        "How much of the modified regimen is blinatumomab",
        (
            "blinatumomab_clock_speed",
            "blinatumomab_log_factor",
            "blinatumomab_eradicating_courses",
            "blinatumomab_log_kill",
        ),
        "Blinatumomab came together with fractionated doses, another era and more first salvage (95 v 57 %). What it "
        "eradicates and what it only postpones differ in the tail of the curves, where the modified arm was followed "
        "for 9 to 64 months.",
        "Relapses after the end of blinatumomab by the courses that were given; longer follow-up.",
    ),
    Section(
        "antigen",
        "How often an antigen is lost",
        ("cd19_loss", "cd22_loss"),
        "CD19 was measured in 25 patients who all went on to inotuzumab (11 of 25 negative or dim, W046), and CD22 in "
        "15 after it (W077): few, chosen by having failed, and the methods differ.",
        "Antigen density of all who fail, before and after, in one laboratory.",
    ),
    Section(
        "philadelphia_first_remission",
        "Ph and first remission",
        ("relapse_log_theta_philadelphia", "relapse_log_theta_first_remission"),
        "Only among the 26 patients of Jabbour 2024 are they common: 62 % Ph-positive on a TKI and 73 % in first "
        "remission, printed together as one curve; of the 29 of Wudhikarn 2022 four were Ph-positive (W016).",
        "Their curves by Ph and by remission number.",
    ),
    Section(
        "backbone",
        "What the chemotherapy beside inotuzumab does",
        ("inotuzumab_share_of_kill", "relapse_log_theta_without_chemotherapy"),
        "No study has inotuzumab with and without chemotherapy in the same kind of patient: the comparator of "
        "inotuzumab alone is two numbers of an unknown case mix (K128, K129; A19), two thirds of it later salvage.",
        "The case mix of the comparator, or its curve by salvage line.",
    ),
)


def lines(found: Identified, section: Section) -> Iterator[str]:
    """The section in words: the reason, then what the fit says of each parameter and of them together."""
    mine = [one for one in found.parameters if one.definition.name in section.parameters]
    yield section.reason
    if not mine:
        yield "None of its parameters is uncertain in this set."
        return
    for one in mine:
        yield f"{one.definition.name} ({one.label}): {effect(one)}"
    silent = sum(one.label == "prior" for one in mine)
    yield f"Of these {len(mine)}, {silent} are what their priors say and {len(mine) - silent} are informed."
    if len(mine) > 1:
        yield together(found, section)
    yield f"What would tell: {section.next}"


def effect(one: Parameter) -> str:
    """Prior and posterior range, as ratios where that is how people read them."""
    unit = one.definition.unit
    ratio = unit.startswith(tuple(RATIOS))
    for log, name in RATIOS.items():
        unit = unit.replace(log, name)

    def told(believed: Believed) -> str:
        low, high = (math.exp(end) if ratio else end for end in (believed.low, believed.high))
        return f"{low:.3g} to {high:.3g}"

    return f"prior {told(one.prior)}, posterior {told(one.posterior)} ({unit}); {narrowed(one.shrinkage)}"


def narrowed(shrinkage: float) -> str:
    """Shrinkage in words; draws are finite, so that a posterior may come out a little wider than its prior."""
    return f"narrowed by {100 * shrinkage:.0f} %" if shrinkage >= 0.005 else "not narrowed"


def together(found: Identified, section: Section) -> str:
    """The combination of a section's parameters that is known best."""
    columns = np.array(
        [i for i, one in enumerate(found.parameters) if one.definition.name in section.parameters], np.int64
    )
    best = directions_of(found.laplace.covariance, columns)[0]
    alone = 1.0 - float(np.sqrt(np.diagonal(found.laplace.covariance)[columns].min()))
    return (
        f"Known best is a combination ({combination(found, best.weights)}, in prior SDs), {narrowed(best.shrinkage)}; "
        f"the best known of them alone is {narrowed(alone)} (both by the normal approximation)."
    )


def combination(found: Identified, weights: np.ndarray, parts: int = PARTS) -> str:
    """`+0.71 first −0.50 second …`: the largest weights of a direction."""
    largest = np.argsort(-np.abs(weights))[:parts]
    shown = [i for i in largest if abs(weights[i]) >= 0.1]
    named = [f"{weights[i]:+.2f} {found.parameters[i].definition.name}".replace("-", "−") for i in shown]
    return " ".join(named)
