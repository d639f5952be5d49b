"""Every judgement of `identify` and `recover` is shown the right thing, then a wrong one, and must go red."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))

import test_identify as known
import test_recover as recovered

from calibration import published_size
from calibration import recover as method
from calibration.identify import Influence, influence
from calibration.refit import refit

PROBLEM, DATA = recovered.PROBLEM, recovered.DATA
RIGHT = recovered.truth_in(PROBLEM.spread.covariance)


def red(judgement, right, wrong):
    judgement(right)
    with pytest.raises(AssertionError):
        judgement(wrong)


def run(simulate=RIGHT):
    return method.recover(PROBLEM, refit(PROBLEM, DATA), simulate, recovered.STUDIES, recovered.SEED, recovered.silent)


@pytest.fixture(scope="module")
def right():
    return run()


@pytest.mark.parametrize("by", [0.35, -0.35])
def test_a_shifted_truth(right, by):
    red(recovered.nothing_is_flagged, right, recovered.shifted(right, by))


def narrowed(factor):
    """A refit of simulated studies that claims another covariance."""

    def wrong(problem, data):
        found = refit(problem, data)
        return replace(found, covariance=found.covariance * factor)

    return wrong


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_covariance(right, monkeypatch, factor):
    monkeypatch.setattr(published_size, "refit", narrowed(factor))
    red(recovered.nothing_is_flagged, right, run())


def test_data_noisier_than_the_likelihood_says(right):
    red(recovered.nothing_is_flagged, right, run(recovered.truth_in(2.5 * PROBLEM.spread.covariance)))


def test_data_of_another_truth(right):
    def elsewhere(x, k):
        return RIGHT(x + 0.5, k)

    red(recovered.nothing_is_flagged, right, run(elsewhere))


def test_a_parameter_mistaken_for_another(right):
    order = np.roll(np.arange(PROBLEM.emulator.slope.shape[1]), 1)
    seen = replace(PROBLEM, emulator=replace(PROBLEM.emulator, slope=PROBLEM.emulator.slope[:, order]))
    wrong = method.recover(seen, refit(PROBLEM, DATA), RIGHT, recovered.STUDIES, recovered.SEED, recovered.silent)
    red(recovered.nothing_is_flagged, right, wrong)


def test_influence_of_the_wrong_row():
    found = influence(PROBLEM, known.LAPLACE, DATA)
    for wrong in (
        Influence(found.shift[::-1], found.growth[::-1]),
        Influence(-found.shift, found.growth),
        Influence(found.shift, -found.growth),
        Influence(found.shift[:, ::-1], found.growth[:, ::-1]),
    ):
        red(known.influence_is_that_of_leaving_out, found, wrong)
