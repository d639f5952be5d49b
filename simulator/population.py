"""Case mix: who the patients are on day 1, drawn jointly.

`Population` is the schema of a named case mix or of a user's own `[population]`; `draw_baseline` fills the
baseline fields of one patient. One latent frailty (resistance of the leukaemia, standard normal in first
salvage) drives response, MRD clearance and relapse together. Patients who enter in a later line get their
frailty *given* that earlier salvage failed, and long first remissions go to the less resistant.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from simulator import draws
from simulator.compiled import compiled
from simulator.draws import uniform, uniform_pair
from simulator.strategy import DAYS_PER_MONTH, Donor

QUANTILES = 5  # of age: minimum, quartiles, maximum


def share(meaning: str) -> Any:
    """A probability between 0 and 1."""
    return Field(ge=0.0, le=1.0, description=meaning, json_schema_extra={"unit": "probability"})


class Population(BaseModel):
    """A case mix. Shares are probabilities; each `origin` entry says where a number comes from."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    age_quantiles_years: Annotated[
        list[float],
        Field(
            min_length=QUANTILES,
            max_length=QUANTILES,
            description="minimum, lower quartile, median, upper quartile, maximum age",
            json_schema_extra={"unit": "years"},
        ),
    ]
    male: Annotated[float, share("male")]
    salvage_2: Annotated[float, share("entering in second salvage")]
    salvage_3_plus: Annotated[float, share("entering in third or later salvage")]
    first_remission_over_12_months: Annotated[float, share("first remission > 12 months, within first salvage")]
    prior_transplant_salvage_1: Annotated[float, share("failed a prior SCT, within first salvage")]
    prior_transplant_salvage_2_plus: Annotated[float, share("failed a prior SCT, within later salvage")]
    low_hypodiploid: Annotated[float, share("low-hypodiploid or near-triploid")]
    kmt2a: Annotated[float, share("KMT2A rearranged; exclusive with low-hypodiploid")]
    complex_karyotype: Annotated[float, share("complex karyotype, within the other karyotypes")]
    tp53_in_low_hypodiploid: Annotated[float, share("TP53 mutated, within low-hypodiploid")]
    tp53_in_others: Annotated[float, share("TP53 mutated, within the others")]
    crlf2: Annotated[float, share("CRLF2 overexpressed, within the other karyotypes")]
    philadelphia: Annotated[float, share("Ph-positive")]
    no_peripheral_blasts: Annotated[float, share("no blasts in peripheral blood")]
    cd19_low: Annotated[float, share("dim or partial CD19 (below 90 % of blasts)")]
    cd22_low: Annotated[float, share("dim or partial CD22 (below 90 % of blasts)")]
    ecog_shares: Annotated[
        list[float],
        Field(min_length=4, max_length=4, description="ECOG 0, 1, 2, 3", json_schema_extra={"unit": "probability"}),
    ]
    donor_shares: Annotated[
        list[float],
        Field(
            min_length=len(Donor),
            max_length=len(Donor),
            description="best donor: matched related, matched unrelated, haploidentical, cord",
            json_schema_extra={"unit": "probability"},
        ),
    ]
    no_donor: Annotated[float, share("no donor of any kind found")]
    unfit_for_transplant: Annotated[float, share("unfit for SCT at 40 years; rises with age")]
    in_remission: Annotated[float, share("enters in MRD-positive remission rather than with overt disease")] = 0.0
    first_remission: Annotated[float, share("in their first remission ever, of those in remission")] = 0.0
    entry_mrd_log10_quantiles: Annotated[
        list[float],
        Field(
            min_length=QUANTILES,
            max_length=QUANTILES,
            description="MRD at entry of those: minimum, quartiles, maximum",
            json_schema_extra={"unit": "log10 of the share of marrow cells"},
        ),
    ] = [-4.0, -3.5, -3.0, -2.5, -2.0]
    entry_remission_months_quantiles: Annotated[
        list[float],
        Field(
            min_length=QUANTILES,
            max_length=QUANTILES,
            description="time since that remission began: minimum, quartiles, maximum",
            json_schema_extra={"unit": "months"},
        ),
    ] = [0.5, 2.0, 4.0, 9.0, 24.0]


POPULATION_DTYPE = np.dtype(
    [
        (name, "f8", (info.metadata[0].min_length,)) if "list" in str(info.annotation) else (name, "f8")
        for name, info in Population.model_fields.items()
    ]
)


def population_record(population: Population) -> np.recarray:
    """The case mix as shape (1,) recarray of POPULATION_DTYPE."""
    record = np.zeros(1, POPULATION_DTYPE).view(np.recarray)
    for name in Population.model_fields:
        record[name][0] = getattr(population, name)
    return record


@compiled
def draw_baseline(patient, population, parameters):
    """Fill the baseline fields (owner `population`) of one patient whose seed and id are set."""
    u_age, u_sex = uniform_pair(patient.seed, patient.id, draws.AGE // 2, 0)
    patient.age_years = quantile_at(population.age_quantiles_years, u_age)
    patient.male = u_sex < population.male

    u_line, u_length = uniform_pair(patient.seed, patient.id, draws.LINE_AT_ENTRY // 2, 0)
    if u_line < population.salvage_3_plus:
        patient.line_at_entry = 3
    elif u_line < population.salvage_3_plus + population.salvage_2:
        patient.line_at_entry = 2
    else:
        patient.line_at_entry = 1
    draw_entry(patient, population)
    draw_frailty(patient, parameters)
    draw_first_remission_length(patient, u_length, population, parameters)

    draw_genetics(patient, population)
    u_blasts, u_ecog = uniform_pair(patient.seed, patient.id, draws.BLASTS // 2, 0)
    spread = (u_blasts - population.no_peripheral_blasts) / max(1.0 - population.no_peripheral_blasts, 1e-9)
    patient.peripheral_blasts_percent = 98.0 * spread**parameters.blasts_skew if spread > 0.0 else 0.0
    patient.ecog = pick(population.ecog_shares, u_ecog)

    u_cd19, u_cd22 = uniform_pair(patient.seed, patient.id, draws.CD19 // 2, 0)
    patient.cd19_percent = antigen_percent(u_cd19, population.cd19_low)
    patient.cd22_percent = antigen_percent(u_cd22, population.cd22_low)

    u_prior, u_fit = uniform_pair(patient.seed, patient.id, draws.PRIOR_TRANSPLANT // 2, 0)
    later = patient.line_at_entry > 1
    prior = population.prior_transplant_salvage_2_plus if later else population.prior_transplant_salvage_1
    patient.prior_transplant = u_prior < prior and patient.line_at_entry > 0
    odds = population.unfit_for_transplant / max(1.0 - population.unfit_for_transplant, 1e-9)
    odds *= np.exp(parameters.unfit_log_odds_per_decade * (patient.age_years - 40.0) / 10.0)
    patient.unfit_for_transplant = u_fit < odds / (1.0 + odds)

    u_donor, patient.donor_search_luck = uniform_pair(patient.seed, patient.id, draws.DONOR_TYPE // 2, 0)
    if u_donor < population.no_donor:
        patient.donor = -1
    else:
        patient.donor = pick(population.donor_shares, (u_donor - population.no_donor) / (1.0 - population.no_donor))


@compiled
def draw_entry(patient, population):
    """Who enters in MRD-positive remission: which one, since when, with how much disease."""
    if population.in_remission == 0.0:
        return
    u_remission, u_first = uniform_pair(patient.seed, patient.id, draws.ENTRY_IN_REMISSION // 2, 0)
    patient.entered_in_remission = u_remission < population.in_remission
    if patient.entered_in_remission:
        if u_first < population.first_remission:
            patient.line_at_entry = 0
        u_mrd, u_months = uniform_pair(patient.seed, patient.id, draws.ENTRY_MRD // 2, 0)
        patient.entry_burden_log10 = quantile_at(population.entry_mrd_log10_quantiles, u_mrd)
        months = quantile_at(population.entry_remission_months_quantiles, u_months)
        patient.entry_latency_days = months * DAYS_PER_MONTH


@compiled
def draw_frailty(patient, parameters):
    """Resistance, standard normal in first salvage; in later lines given that earlier salvage failed.

    MRD that is there in remission is a failure of what led to it, and counts as one failed line.

    Failure of a line is the event that a latent w = rho z + sqrt(1 - rho^2) e exceeds a cut; drawing w from the
    tail first and z given w keeps the draw to two numbers.
    """
    u_own, u_selection = uniform_pair(patient.seed, patient.id, draws.FRAILTY // 2, 0)
    own = draws.normal_from(u_own)
    if patient.line_at_entry <= 1 and not patient.entered_in_remission:
        patient.frailty = own
        return
    failed = parameters.earlier_salvage_failure
    if patient.line_at_entry == 3:
        failed = failed * failed
    tail = draws.normal_from(1.0 - failed * (1.0 - u_selection))
    rho = parameters.frailty_failure_correlation
    patient.frailty = rho * tail + np.sqrt(1.0 - rho * rho) * own


@compiled
def draw_first_remission_length(patient, u, population, parameters):
    """First remission > 12 months (first salvage only), likelier in the less resistant."""
    if patient.line_at_entry != 1:
        patient.first_remission_over_12_months = 0
        return
    rho = parameters.frailty_first_remission_correlation
    w = -rho * patient.frailty + np.sqrt(1.0 - rho * rho) * draws.normal_from(u)
    patient.first_remission_over_12_months = draws.normal_below(w) > 1.0 - population.first_remission_over_12_months


@compiled
def draw_genetics(patient, population):
    """Karyotype, TP53 (91 % within low-hypodiploid), CRLF2, Ph."""
    u_karyotype, u_tp53 = uniform_pair(patient.seed, patient.id, draws.CYTOGENETICS // 2, 0)
    u_complex, u_crlf2 = uniform_pair(patient.seed, patient.id, draws.COMPLEX_KARYOTYPE // 2, 0)
    patient.low_hypodiploid = u_karyotype < population.low_hypodiploid
    patient.kmt2a = not patient.low_hypodiploid and u_karyotype < population.low_hypodiploid + population.kmt2a
    other = not patient.low_hypodiploid and not patient.kmt2a
    patient.complex_karyotype = other and u_complex < population.complex_karyotype
    patient.tp53_mutated = u_tp53 < (
        population.tp53_in_low_hypodiploid if patient.low_hypodiploid else population.tp53_in_others
    )
    patient.crlf2 = other and u_crlf2 < population.crlf2
    if population.philadelphia > 0.0:
        patient.philadelphia = uniform(patient, draws.PHILADELPHIA, 0) < population.philadelphia


@compiled
def quantile_at(quantiles, u):
    """Piecewise linear through equally spaced quantiles."""
    position = u * (len(quantiles) - 1)
    below = min(int(position), len(quantiles) - 2)
    return quantiles[below] + (position - below) * (quantiles[below + 1] - quantiles[below])


@compiled
def pick(shares, u):
    """Index of the category that u falls in; shares sum to 1."""
    cumulative = 0.0
    for index in range(len(shares) - 1):
        cumulative += shares[index]
        if u < cumulative:
            return index
    return len(shares) - 1


@compiled
def antigen_percent(u, low_share):
    """Per cent of blasts with the antigen: a dim minority spread over 10-90 %, the rest 90-100 %."""
    if u < low_share:
        return 10.0 + 80.0 * u / low_share
    return 90.0 + 10.0 * (u - low_share) / max(1.0 - low_share, 1e-9)
