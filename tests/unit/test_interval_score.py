"""The interval score and the naive transport of Kantarjian's own figures; outside trials as described.

Rank of proof: closed forms.
"""

import math

import numpy as np
import pytest

from calibration.described import load_study
from calibration.interval_score import Interval, interval_score, naive_transport, on_scale, scored
from calibration.outside_trials import FOLDER, Result, Scored, load_results, summary
from calibration.printed import Printed, printed

NORMAL_975 = 1.959963984540054


def test_score_of_an_interval_by_hand():
    assert interval_score(0.0, 1.0, 0.5) == 1.0
    assert interval_score(0.0, 1.0, 1.5) == pytest.approx(1.0 + 40.0 * 0.5)
    assert interval_score(0.0, 1.0, -0.25) == pytest.approx(1.0 + 40.0 * 0.25)


def test_true_quantiles_have_the_best_score():
    """Standard normal, n = 100,000: half or twice the width scores worse (differences of 0.6 and 3.9; SE 0.02)."""
    values = np.random.default_rng(4).standard_normal(100_000)
    means = {
        k: np.mean([interval_score(-k * NORMAL_975, k * NORMAL_975, v) for v in values[:20_000]]) for k in (0.5, 1, 2)
    }
    assert means[1] + 0.3 < means[0.5] and means[1] + 0.3 < means[2]


def test_open_ends():
    assert Interval(3.0, None).covers(1000.0) and not Interval(3.0, None).covers(2.0)
    assert on_scale("median_os_months", None, 40.0) == math.log(80.0)
    assert scored("median_os_months", Interval(20.0, None), 36.5, 40.0) == pytest.approx(math.log(80.0 / 20.0))


def test_naive_transport_is_what_is_printed():
    rate = naive_transport("response_rate", 110)
    middle = on_scale("x", 91 / 110, 1.0)
    assert on_scale("x", rate.low, 1.0) + on_scale("x", rate.high, 1.0) == pytest.approx(2.0 * middle)
    half = NORMAL_975 * math.sqrt(2.0 / 110 / (91 / 110 * 19 / 110))
    assert on_scale("x", rate.high, 1.0) - middle == pytest.approx(half)
    for month, share in ((17, 0.5), (36, 0.4)):  # as printed, K106 and K104
        found = naive_transport(f"os_{month}", 10**9)
        assert found.low < share < found.high
    assert naive_transport("nrm_after_sct_12", 50) is None
    sos = naive_transport("sos_rate", 10**9)
    assert sos.low < 10 / 110 < sos.high


def test_outside_trials_are_described_and_their_figures_are_ones_that_are_predicted():
    for result in load_results():
        study = load_study(FOLDER / f"{result.study}.toml")
        assert Printed(result.quantity, "", "") in printed(study), result
        assert 0 < result.n <= study.patients and result.source
        assert result.quantity.startswith("median_") or 0.0 <= result.value <= 1.0


def test_summary_counts():
    result = Result("t", "s", "os_24", 0.5, 100, "", "")
    rows = [
        Scored(result, Interval(0.4, 0.6), Interval(0.6, 0.8), 1.0, 5.0),
        Scored(result, Interval(0.6, 0.7), None, 9.0, None),
    ]
    assert summary(rows) == {
        "n": 2, "covered": 1, "n_naive": 1, "covered_of_those": 1, "naive_covered": 0,
        "mean_score": 1.0, "naive_mean_score": 5.0,
    }  # fmt: skip
