"""Case mix. Rank of proof: theory (stated shares, a tail-conditioned normal) and statistical checks.

n = 200,000 patients, fixed seed. Shares: |z| < 4.06 (false alarm 5e-5 each), an error of 0.005 in a share
is surely seen. Laws: DKW band 0.0050 at 1e-4.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import MANY, agrees, lives, quiet_parameters, quiet_population, quiet_strategy, shipped

from simulator.population import Population, population_record
from simulator.scenario import load_scenario

Z = 4.06
RICH = {
    "male": 0.55,
    "salvage_2": 0.2,
    "salvage_3_plus": 0.15,
    "first_remission_over_12_months": 0.4,
    "prior_transplant_salvage_1": 0.1,
    "prior_transplant_salvage_2_plus": 0.4,
    "low_hypodiploid": 0.11,
    "kmt2a": 0.09,
    "complex_karyotype": 0.15,
    "tp53_in_low_hypodiploid": 0.91,
    "tp53_in_others": 0.25,
    "crlf2": 0.2,
    "philadelphia": 0.3,
    "no_peripheral_blasts": 0.35,
    "cd19_low": 0.1,
    "cd22_low": 0.2,
    "no_donor": 0.12,
    "unfit_for_transplant": 0.1,
    "ecog_shares": [0.3, 0.4, 0.2, 0.1],
    "donor_shares": [0.25, 0.35, 0.3, 0.1],
    "age_quantiles_years": [17.0, 26.0, 37.0, 58.0, 87.0],
}
FIELDS = [
    "age_years",
    "male",
    "line_at_entry",
    "first_remission_over_12_months",
    "prior_transplant",
    "low_hypodiploid",
    "kmt2a",
    "complex_karyotype",
    "tp53_mutated",
    "crlf2",
    "philadelphia",
    "peripheral_blasts_percent",
    "ecog",
    "cd19_percent",
    "cd22_percent",
    "frailty",
    "unfit_for_transplant",
    "donor",
    "donor_search_luck",
]


def draw(parameters=None, n=MANY, **changes):
    columns = lives(
        FIELDS,
        n,
        parameters=quiet_parameters(**(parameters or {})),
        strategy=quiet_strategy(),
        population=quiet_population(**(RICH | changes)),
        end_day=-1.0,
    )
    return dict(zip(FIELDS, columns))


@pytest.fixture(scope="module")
def people():
    parameters = {
        "frailty_failure_correlation": 0.6,
        "frailty_first_remission_correlation": 0.3,
        "earlier_salvage_failure": 0.5,
        "unfit_log_odds_per_decade": 0.5,
        "blasts_skew": 2.0,
    }
    return draw(parameters)


def is_share(flags, p):
    """The verdict on a share."""
    return abs(np.mean(flags) - p) <= Z * np.sqrt(p * (1.0 - p) / len(flags))


def test_theory_stated_shares_come_out(people):
    p = people
    first, later = p["line_at_entry"] == 1, p["line_at_entry"] > 1
    low, other = p["low_hypodiploid"] == 1, (p["low_hypodiploid"] == 0) & (p["kmt2a"] == 0)
    claims = [
        (p["male"], 0.55),
        (p["line_at_entry"] == 2, 0.2),
        (p["line_at_entry"] == 3, 0.15),
        (p["low_hypodiploid"], 0.11),
        (p["kmt2a"], 0.09),
        (p["complex_karyotype"][other], 0.15),
        (p["crlf2"][other], 0.2),
        (p["tp53_mutated"][low], 0.91),
        (p["tp53_mutated"][~low], 0.25),
        (p["philadelphia"], 0.3),
        (p["prior_transplant"][first], 0.1),
        (p["prior_transplant"][later], 0.4),
        (p["peripheral_blasts_percent"] == 0.0, 0.35),
        (p["cd19_percent"] < 90.0, 0.1),
        (p["cd22_percent"] < 90.0, 0.2),
        (p["first_remission_over_12_months"][first], 0.4),
        (p["donor"] == -1, 0.12),
        *((p["ecog"] == k, share) for k, share in enumerate(RICH["ecog_shares"])),
        *((p["donor"][p["donor"] >= 0] == k, share) for k, share in enumerate(RICH["donor_shares"])),
    ]
    for number, (flags, share) in enumerate(claims):
        assert is_share(flags, share), f"claim {number}: {np.mean(flags):.4f} for {share}"


def test_exclusive_and_impossible_combinations(people):
    p = people
    assert not np.any((p["low_hypodiploid"] == 1) & (p["kmt2a"] == 1))
    assert not np.any((p["complex_karyotype"] == 1) & ((p["low_hypodiploid"] == 1) | (p["kmt2a"] == 1)))
    assert not np.any((p["first_remission_over_12_months"] == 1) & (p["line_at_entry"] > 1))
    for name in ("cd19_percent", "cd22_percent", "peripheral_blasts_percent"):
        assert p[name].min() >= 0.0
        assert p[name].max() <= 100.0


def test_theory_age_has_the_stated_quantiles(people):
    assert agrees(people["age_years"], lambda t: np.interp(t, RICH["age_quantiles_years"], [0, 0.25, 0.5, 0.75, 1]))


def test_theory_frailty_is_standard_normal_in_first_salvage(people):
    assert agrees(people["frailty"][people["line_at_entry"] == 1], stats.norm.cdf)


@pytest.mark.parametrize(("line", "failed"), [(2, 0.5), (3, 0.25)])
def test_theory_frailty_in_later_lines_is_given_that_earlier_ones_failed(people, line, failed):
    """w = rho z + sqrt(1 - rho^2) e exceeds the cut of the failed share; the law of z given that."""
    rho, cut = 0.6, stats.norm.isf(failed)
    z = np.linspace(-7.0, 7.0, 20_001)
    density = stats.norm.pdf(z) * stats.norm.sf((cut - rho * z) / np.sqrt(1.0 - rho**2)) / failed
    cdf = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(z))])
    assert cdf[-1] == pytest.approx(1.0, abs=1e-6)
    assert agrees(people["frailty"][people["line_at_entry"] == line], lambda t: np.interp(t, z, cdf))


def test_theory_long_first_remissions_go_to_the_less_resistant(people):
    """Bivariate normal with correlation -0.3, dichotomised: E[z | long] = -0.3 phi(cut) / 0.4."""
    first = people["line_at_entry"] == 1
    z = people["frailty"][first & (people["first_remission_over_12_months"] == 1)]
    mean = -0.3 * stats.norm.pdf(stats.norm.isf(0.4)) / 0.4
    assert abs(z.mean() - mean) < Z / np.sqrt(len(z))


def test_theory_unfitness_rises_with_age(people):
    odds = 0.1 / 0.9 * np.exp(0.5 * (people["age_years"] - 40.0) / 10.0)
    expected = odds / (1.0 + odds)
    for low, high in ((17, 30), (30, 50), (50, 87.1)):
        group = (people["age_years"] >= low) & (people["age_years"] < high)
        error = np.sqrt((expected[group] * (1 - expected[group])).sum()) / group.sum()
        assert abs(people["unfit_for_transplant"][group].mean() - expected[group].mean()) < Z * error


@pytest.mark.parametrize(
    "pair",
    [
        ("age_years", "frailty"),
        ("frailty", "donor_search_luck"),
        ("age_years", "male"),
        ("cd19_percent", "cd22_percent"),
        ("tp53_mutated", "philadelphia"),
    ],
    ids=str,
)
def test_theory_what_is_not_linked_is_independent(people, pair):
    chosen = (people["line_at_entry"] == 1) & (people["low_hypodiploid"] == 0)
    a, b = (people[name][chosen].astype(float) for name in pair)
    assert abs(np.corrcoef(a, b)[0, 1]) < Z / np.sqrt(chosen.sum())


def test_a_changed_share_moves_nobody_else():
    """Shares are cuts of each patient's own draw: a larger share adds patients and exchanges none."""
    few, many = draw(n=20_000, philadelphia=0.2), draw(n=20_000, philadelphia=0.3)
    for name in FIELDS:
        if name != "philadelphia":
            assert few[name].tobytes() == many[name].tobytes(), name
    assert np.all(few["philadelphia"] <= many["philadelphia"])


def test_the_record_holds_the_population_field_by_field():
    population = load_scenario("original_vs_modified").population
    record = population_record(population)
    assert set(record.dtype.names) == set(Population.model_fields)
    for name in Population.model_fields:
        np.testing.assert_array_equal(record[name][0], getattr(population, name))


def test_the_shipped_cohort_has_its_published_median_age():
    """K: median 37 years, 17-87."""
    population = population_record(load_scenario("original_vs_modified").population)
    age = lives(
        "age_years",
        20_000,
        parameters=shipped().record(),
        strategy=quiet_strategy(),
        population=population,
        end_day=-1.0,
    )
    assert np.median(age) == pytest.approx(37.0, abs=0.8)
    assert age.min() >= 17.0
    assert age.max() <= 87.0


def test_sabotage_a_share_off_by_half_a_per_cent_or_an_unselected_frailty_is_seen(people):
    assert not is_share(people["male"], 0.545)
    second = people["frailty"][people["line_at_entry"] == 2]
    assert not agrees(second, stats.norm.cdf)
    assert not agrees(people["age_years"], lambda t: np.interp(t, [17, 26, 38, 58, 87], [0, 0.25, 0.5, 0.75, 1]))
