"""Luck. Rank of proof: known answers (Random123), theory (scipy.stats), statistical checks with stated power.

Statistical checks: fixed seed, n = 1,000,000 draws, false-alarm rate 1e-4 each. The DKW band is then
0.0023: an error of 0.005 anywhere in the distribution function is seen. A correlation of 0.006 between two
decisions is seen.
"""

import math

import numpy as np
import pytest
from scipy import special, stats

from simulator import draws
from simulator.compiled import compiled
from simulator.patient import new_patients

N = 1_000_000
SEED = 0x0123_4567_89AB_CDEF
FALSE_ALARM = 1e-4
BAND = math.sqrt(math.log(2.0 / FALSE_ALARM) / (2.0 * N))

KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@compiled
def fill(out, seed, first, block, occurrence):
    """Both uniforms of `block` for patients first .. first + n - 1 into out (n, 2)."""
    for row in range(len(out)):
        out[row, 0], out[row, 1] = draws.uniform_pair(seed, first + row, block, occurrence)


def words(text):
    return tuple(np.uint64(int(word, 16)) for word in text.split())


def philox_by_hand(counter, key):
    """Philox 4x32-10 in unbounded integers, from the definition in the paper."""
    c, k = [int(word) for word in counter], [int(word) for word in key]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 % 2**32, (p0 >> 32) ^ c[3] ^ k[1], p0 % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(c)


def sample(block=3, occurrence=1, seed=SEED, first=0, n=N):
    out = np.empty((n, 2))
    fill(out, np.uint64(seed), first, block, occurrence)
    return out


def pair(seed=SEED, patient=5, block=3, occurrence=1):
    return draws.uniform_pair(np.uint64(seed), patient, block, occurrence)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answer_philox_vectors_of_random123(counter, key, answer):
    assert draws.philox_4x32_10(*words(counter), *words(key)) == words(answer)
    assert philox_by_hand(words(counter), words(key)) == words(answer)


def test_double_programmed_uniforms_come_from_the_stated_counter_and_key():
    patient, block, occurrence = 2**32 * 7 + 11, 17, 5
    w = philox_by_hand((patient % 2**32, patient >> 32, block, occurrence), (SEED % 2**32, SEED >> 32))
    expected = ((w[0] << 32 | w[1]) >> 11) / 2**53, ((w[2] << 32 | w[3]) >> 11) / 2**53
    assert pair(SEED, patient, block, occurrence) == expected


def test_every_part_of_the_address_matters_and_nothing_else():
    here = pair()
    assert here == pair()
    others = [
        pair(seed=SEED + 1), pair(seed=SEED + 2**32), pair(seed=SEED ^ 2**63), pair(patient=6),
        pair(patient=5 + 2**32), pair(block=4), pair(occurrence=2),
    ]  # fmt: skip
    values = [value for both in (here, *others) for value in both]
    assert len(set(values)) == len(values)


def test_decisions_2k_and_2k_plus_1_share_a_block():
    patient = new_patients(1)[0]
    patient.seed, patient.id = SEED, 5
    first, second = pair(block=draws.RELAPSE // 2, occurrence=2)
    assert draws.uniform(patient, draws.RELAPSE, 2) == first
    assert draws.uniform(patient, draws.DOUBLING_TIME, 2) == second
    assert draws.exponential(patient, draws.RELAPSE, 2) == -np.log(1.0 - first)
    assert draws.normal(patient, draws.DOUBLING_TIME, 2) == draws.normal_from(second)


def test_all_decisions_are_distinct():
    integers = {name: value for name, value in vars(draws).items() if name.isupper() and type(value) is int}
    assert len(integers) >= 55
    assert len(set(integers.values())) == len(integers)


def test_uniforms_lie_in_the_half_open_unit_interval_on_the_53_bit_grid():
    u = sample(n=100_000)
    assert u.min() >= 0.0
    assert u.max() < 1.0
    assert np.all(u * 2**53 == np.floor(u * 2**53))
    assert (2**53 - 1) * draws.UNIT < 1.0


@pytest.mark.parametrize("column", [0, 1])
def test_theory_uniformity(column):
    u = sample()[:, column]
    assert stats.kstest(u, "uniform").statistic < BAND
    cells = np.bincount((u * 1000).astype(int), minlength=1000)
    assert stats.chisquare(cells).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    "other",
    [
        {"block": 4},
        {"occurrence": 2},
        {"seed": SEED + 1},
        {"seed": SEED + 2**32},
        {"first": 1},
        {"first": 2**32},
    ],
    ids=str,
)
def test_theory_independence_of_neighbouring_addresses(other):
    a, b = sample()[:, 0], sample(**other)[:, 0]
    assert abs(np.corrcoef(a, b)[0, 1]) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(N)
    cells = np.histogram2d(a, b, bins=20, range=((0, 1), (0, 1)))[0]
    assert stats.chisquare(cells.ravel()).pvalue > FALSE_ALARM


def test_theory_the_two_uniforms_of_a_block_are_independent():
    u = sample()
    assert abs(np.corrcoef(u[:, 0], u[:, 1])[0, 1]) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(N)
    cells = np.histogram2d(u[:, 0], u[:, 1], bins=20, range=((0, 1), (0, 1)))[0]
    assert stats.chisquare(cells.ravel()).pvalue > FALSE_ALARM


def test_theory_normal_quantile_v_scipy():
    grid = np.concatenate([
        np.arange(1, 20) * draws.UNIT, np.logspace(-15.9, -1, 400), np.linspace(0.01, 0.99, 4001),
        1.0 - np.logspace(-15.9, -1, 400), [0.075, 0.925, math.exp(-25.0), 1.0 - draws.UNIT],
    ])  # fmt: skip
    ours = np.array([draws.normal_from(u) for u in grid])
    np.testing.assert_allclose(ours, stats.norm.ppf(grid), rtol=2e-14, atol=2e-16)
    assert draws.normal_from(0.5) == 0.0


def test_normal_of_zero_is_finite_and_below_every_other():
    assert draws.normal_from(0.0) == pytest.approx(special.ndtri(0.5 * draws.UNIT), rel=1e-14)
    assert draws.normal_from(0.0) < draws.normal_from(draws.UNIT) < draws.normal_from(2 * draws.UNIT)


def test_normal_below_v_scipy():
    z = np.linspace(-12.0, 12.0, 2001)
    np.testing.assert_allclose([draws.normal_below(x) for x in z], stats.norm.cdf(z), rtol=1e-13)


def test_theory_exponential_and_normal_laws():
    u = sample()[:, 0]
    assert stats.kstest([draws.exponential_from(x) for x in u[:100_000]], "expon").statistic < BAND * math.sqrt(10)
    assert stats.kstest([draws.normal_from(x) for x in u[:100_000]], "norm").statistic < BAND * math.sqrt(10)


def test_sabotage_wrong_generators_are_seen():
    with pytest.raises(AssertionError):
        assert draws.philox_4x32_10(*words(KNOWN_ANSWERS[2][0]), *words(KNOWN_ANSWERS[0][1])) == words(
            KNOWN_ANSWERS[2][2]
        )
    u = sample()[:, 0]
    assert stats.kstest(np.clip(u + 0.005, 0.0, 1.0), "uniform").statistic > BAND
    assert stats.chisquare(np.bincount((u**1.02 * 1000).astype(int), minlength=1000)).pvalue < FALSE_ALARM
    mixed = np.where(sample(block=4)[:, 0] < 0.01, u, sample(block=5)[:, 0])
    assert abs(np.corrcoef(u, mixed)[0, 1]) > stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(N)
