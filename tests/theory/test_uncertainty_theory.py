"""Spread, shares and values of information against closed forms of linear models with normal parameters.

Rank of proof: closed form. Seeds are fixed. Tolerances are z standard errors of the estimate, measured over 200
repetitions with other seeds; z = 4 has a false-alarm rate of 6e-5 each, and an error of 7 standard errors is missed
with probability below 0.002.
"""

import math

import numpy as np
import pytest
from scipy.stats import norm

from simulator.posterior import Posterior
from simulator.uncertainty.drivers import by_chance, drivers_of
from simulator.uncertainty.information import partial, perfect
from simulator.uncertainty.kinds import ATTRIBUTION, JOINT, PARAMETERS, values_by_kind
from simulator.uncertainty.spread import FEWEST, MOST, NOISE, patients_needed, spread_of
from simulator.uncertainty.surface import surface_of

Z = 4.0
DRAWS = 1_000
SLOPES = np.array([4.0, 2.0, 1.0, *[0.0] * 37])  # points of difference per SD of each of 40 parameters
MEAN, CHANCE = 1.0, 1.0  # of the difference; SD of Monte Carlo noise in one draw
SHARES = SLOPES**2 / (SLOPES @ SLOPES)


def linear(seed, draws=DRAWS):
    """Parameters (K, 40) and the difference of two arms (K,) with noise."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(draws, len(SLOPES)))
    return z, MEAN + z @ SLOPES + rng.normal(scale=CHANCE, size=draws)


def gain(mean, sd):
    """E max(0, N(mean, sd)) - max(0, mean): what it is worth to know a difference with this spread."""
    return sd * norm.pdf(mean / sd) + mean * norm.cdf(mean / sd) - max(0.0, mean)


def two_arms(difference):
    return np.column_stack([np.zeros(len(difference)), difference])


def posterior_of(values, attribution=(), scales=None):
    """A posterior of made-up parameters, on no file."""
    names = tuple(f"p{at}" for at in range(values.shape[1]))
    scales = scales or ("identity",) * len(names)
    nothing = np.zeros((len(values), 2), np.int64)
    made = Posterior("toy", "toy", names, values, nothing, scales, tuple(attribution), (0.5,) * len(names), "")
    object.__setattr__(made, "to_natural", lambda working: working)  # made-up parameters have no bounds
    return made


def test_shares_of_variance_and_r_squared():
    """SD of a left-out share at 1,000 draws: 0.021 at the widest; of the whole, 0.003."""
    z, difference = linear(11)
    noise = np.array([CHANCE**2 / (SLOPES @ SLOPES + CHANCE**2)])
    (found,) = drivers_of(posterior_of(z), np.arange(DRAWS), difference[:, None], noise)
    shares = {row.parameter: row.share for row in found.rows}
    for at in range(3):
        assert shares[f"p{at}"] == pytest.approx(SHARES[at], abs=Z * 0.022)
    assert found.r_squared == pytest.approx(1.0, abs=Z * 0.004)
    assert [row.parameter for row in found.rows if row.clear] == ["p0", "p1", "p2"]
    first = found.rows[0]
    ends = MEAN + SLOPES[0] * norm.ppf([0.025, 0.975])
    assert (first.outcome_low, first.outcome_high) == pytest.approx(ends, abs=Z * 0.45)
    assert (first.low, first.high) == pytest.approx(norm.ppf([0.025, 0.975]), abs=Z * 0.09)


def test_idle_parameters_seldom_look_like_drivers():
    """The rule allows one alarm in 20 analyses; 12 or more of 100 would come by chance with probability below 0.005."""
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        z, outcome = rng.normal(size=(200, 20)), rng.normal(size=(200, 1))
        alarms += max(float(surface_of(z[:, [at]], outcome).r_squared[0]) for at in range(20)) > by_chance(200, 20)
    assert alarms < 12


@pytest.mark.parametrize(("members", "se"), [([0], 0.073), ([1], 0.071), ([0, 1, 2], 0.071), ([0, 1], 0.072)])
def test_value_of_partial_information(members, se):
    z, difference = linear(12)
    expected = gain(MEAN, math.sqrt((SLOPES[members] ** 2).sum()))
    found = partial(z[:, members], two_arms(difference))
    assert found.value == pytest.approx(expected, abs=Z * se)
    assert found.se == pytest.approx(se, rel=0.35)


def test_information_about_nothing_is_worth_nothing():
    """Left-out predictions: SD of the estimate 0.002, where fitted ones would claim 0.05 and more."""
    z, difference = linear(13)
    assert partial(z[:, 3:40], two_arms(difference)).value < 0.01
    assert not partial(z[:, [7]], two_arms(difference)).clear


def test_value_of_perfect_information():
    z, _ = linear(14)
    found = perfect(two_arms(MEAN + z @ SLOPES))
    assert found.value == pytest.approx(gain(MEAN, math.sqrt(SLOPES @ SLOPES)), abs=Z * 0.075)
    everything = partial(z[:, :3], two_arms(MEAN + z @ SLOPES))
    assert everything.value == pytest.approx(found.value, abs=0.02)


def test_partial_information_against_nested_monte_carlo():
    """Three arms and a curved outcome, where no closed form is at hand: 2,000 x 2,000 nested draws, SE 0.004."""
    rng = np.random.default_rng(15)

    def outcomes(a, b, c):
        return np.stack([np.zeros_like(a + b), 0.2 + a - 0.3 * a**2 + b, -0.1 + 0.5 * a**2 + 0.8 * c + 0 * b], axis=-1)

    a, inner_b, inner_c = (rng.normal(size=2_000) for _ in range(3))
    conditional = np.stack([outcomes(each, inner_b, inner_c).mean(axis=0) for each in a])
    nested = conditional.max(axis=1).mean() - conditional.mean(axis=0).max()
    more = [rng.normal(size=4_000) for _ in range(3)]
    found = partial(more[0][:, None], outcomes(*more))
    assert found.value == pytest.approx(nested, abs=Z * math.hypot(found.se, 0.02))
    assert nested > 10 * found.se


def test_spread_without_chance():
    """Two-way table: SD of draws 2, of groups 3, of chance in a cell 8 and 32 groups; the raw SD would be 2.45."""
    rng = np.random.default_rng(16)
    draws, groups = 400, 32
    cells = rng.normal(scale=2.0, size=(draws, 1)) + rng.normal(scale=3.0, size=groups)
    found = spread_of(cells + rng.normal(scale=8.0, size=(draws, groups)), centre=5.0)
    assert found.sd == pytest.approx(2.0, abs=Z * 0.11)
    assert found.values.std(ddof=1) == pytest.approx(found.sd, rel=1e-9)
    assert found.noise_share == pytest.approx(2.0 / 6.0, abs=Z * 0.03)
    assert found.high - found.low == pytest.approx(2 * 1.96 * 2.0, abs=Z * 0.4)
    assert found.mean == pytest.approx(5.0, abs=Z * found.mc_se)
    assert found.mc_se == pytest.approx(3.0 / math.sqrt(groups), rel=0.4)


def test_spread_of_nothing_but_chance_is_none():
    rng = np.random.default_rng(17)
    found = spread_of(rng.normal(size=(400, 32)))
    assert found.noise_share > 0.8 and found.sd < 0.08  # 0.8: three SDs below one
    assert spread_of(np.zeros((50, 32))).sd == 0.0


def test_patients_that_keep_chance_small():
    """Chance of variance 4 a cell of 64 patients, a spread of variance 0.25: 9,216 patients make chance a tenth."""
    rng = np.random.default_rng(18)
    pilot = rng.normal(scale=0.5, size=(400, 1, 1)) + rng.normal(scale=2.0, size=(400, 1, 32))
    # 2,048 patients: chance 4 / 32 = 0.125; a tenth of all is 0.25 / 9
    assert patients_needed(pilot, 2_048) == pytest.approx(2_048 * 0.125 / (0.25 * NOISE / (1 - NOISE)), rel=0.25)
    assert patients_needed(pilot / 1e6 + rng.normal(size=(400, 1, 1)), 2_048) == FEWEST
    assert patients_needed(rng.normal(size=(400, 1, 32)), 2_048) == MOST


def tied(seed, draws=2_000):
    """Two parameters of attribution and three others of which one is tied to the first: correlation -0.8."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(draws, 5))
    z[:, 2] = -0.8 * z[:, 0] + 0.6 * z[:, 2]
    return posterior_of(z, ("p0", "p1"))


def test_kinds_hold_what_they_say_and_their_variances_add_up():
    posterior, slopes = tied(19), np.array([1.0, 0.5, 1.0, 0.7, 0.2])
    sets = values_by_kind(posterior, 2_000)
    np.testing.assert_array_equal(sets[JOINT], posterior.values)
    means = posterior.values.mean(axis=0)
    np.testing.assert_allclose(sets[PARAMETERS][:, :2], np.tile(means[:2], (2_000, 1)), atol=1e-12)
    np.testing.assert_array_equal(sets[ATTRIBUTION][:, :2], posterior.values[:, :2])
    # the tied one follows, the others do not move
    assert np.corrcoef(sets[ATTRIBUTION][:, 0], sets[ATTRIBUTION][:, 2])[0, 1] == pytest.approx(-1.0, abs=1e-9)
    np.testing.assert_allclose(sets[ATTRIBUTION][:, 3:], np.tile(means[3:], (2_000, 1)), atol=1e-12)
    assert sets[PARAMETERS][:, 2].std() == pytest.approx(0.6, abs=Z * 0.01)
    variances = {kind: float((values @ slopes).var()) for kind, values in sets.items()}
    # 0.2 of (1 - 0.8) and 0.5 from attribution; 0.6, 0.7 and 0.2 from the others
    assert variances[ATTRIBUTION] == pytest.approx(0.2**2 + 0.5**2, abs=Z * 0.01)
    assert variances[PARAMETERS] == pytest.approx(0.6**2 + 0.7**2 + 0.2**2, abs=Z * 0.03)
    assert variances[PARAMETERS] + variances[ATTRIBUTION] == pytest.approx(variances[JOINT], abs=Z * 0.025)


def test_kinds_where_one_group_is_empty():
    values = np.random.default_rng(20).normal(size=(60, 2))
    assert set(values_by_kind(posterior_of(values), 60)) == {JOINT, PARAMETERS}
    assert set(values_by_kind(posterior_of(values, ("p0", "p1")), 60)) == {JOINT, ATTRIBUTION}
