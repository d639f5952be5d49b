"""How many studies see that intervals cover too little: against sums of binomial terms written out.

Rank of proof: closed form.
"""

from math import comb

import pytest

from calibration.power import accepted, least_caught, power, studies_needed


def binomial(n, k, p):
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def caught(n, covers, false_alarm, claimed=0.9):
    """Probability of a count that is rarer than half the false alarm on its side, were the claim true."""
    total = 0.0
    for k in range(n + 1):
        below = sum(binomial(n, j, claimed) for j in range(k + 1))
        above = sum(binomial(n, j, claimed) for j in range(k, n + 1))
        if below < false_alarm / 2 or above < false_alarm / 2:
            total += binomial(n, k, covers)
    return total


@pytest.mark.parametrize(
    "n, covers, false_alarm", [(20, 0.75, 0.05), (60, 0.75, 0.01), (90, 0.97, 0.05), (40, 0.9, 0.05)]
)
def test_power_is_the_sum_of_binomial_terms(n, covers, false_alarm):
    assert power(n, covers, false_alarm) == pytest.approx(caught(n, covers, false_alarm), abs=1e-12)


@pytest.mark.parametrize("n, false_alarm", [(50, 0.05), (400, 0.0002)])
def test_a_right_claim_is_rarely_rejected(n, false_alarm):
    assert power(n, 0.9, false_alarm) <= false_alarm
    low, high = accepted(n, 0.9, false_alarm)
    assert low <= 0.9 * n <= high


@pytest.mark.parametrize("false_alarm", [0.05, 0.001])
def test_the_number_needed_is_the_smallest_that_keeps(false_alarm):
    needed = studies_needed(false_alarm)
    assert power(needed - 1, 0.75, false_alarm) < 0.95
    assert all(power(n, 0.75, false_alarm) >= 0.95 for n in range(needed, 2 * needed))


def test_the_least_caught_is_caught_with_the_wanted_probability():
    covers = least_caught(400, 0.001)
    assert power(400, covers, 0.001) == pytest.approx(0.95, abs=1e-9)
    assert 0.75 < covers < 0.9
    assert least_caught(1, 0.001) == 0.0
