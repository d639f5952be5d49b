"""The judgements of the validation are shown a wrong model, then a wrong interval, and must go red.

Fixed seeds; 400 truths drawn from the prior of the linear toy problem, 400 predicted studies each. The smallest error
that these judgements must catch: ten rows wrong by two of their standard deviations, at least three times in four.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "theory"))

import test_validation_theory as theory
import test_validation_unit as unit

from calibration.validation.joint import judgement
from calibration.validation.predictive import joint_p
from calibration.validation.rows import Outcome


def alternating(block):
    """+-1 for the rows of a block: a misfit that no parameter of the toy can take up."""
    return np.resize([1.0, -1.0], np.count_nonzero(~theory.outside(theory.TARGETS, block)))


@pytest.mark.parametrize("block, sds", [("two", 2.0), ("late", 3.0)])  # four rows tell less than ten
def test_a_block_wrong_by_two_standard_deviations_goes_red(block, sds):
    right, _ = theory.left_out_p(block)
    wrong, places = theory.left_out_p(block, shift=sds * alternating(block))
    assert np.mean(right < 0.01) < 0.03
    assert np.mean(wrong < 0.01) > 0.75
    inside = np.mean((places > 0.025) & (places < 0.975))
    with pytest.raises(AssertionError):
        assert inside >= 0.85


def test_a_study_wrong_by_two_standard_deviations_goes_red():
    assert np.mean(theory.joint_fit_p() < 0.01) < 0.03
    assert np.mean(theory.joint_fit_p(shift=2.0) < 0.01) > 0.9


def test_a_study_closer_than_chance_is_told():
    """Residuals of a third of their size: p near 1."""
    drawn = np.random.default_rng(1).chisquare(12, 500)
    assert judgement("one", 12, 12.0 / 9.0, drawn).joint_p > 0.99


def test_the_wrong_interval_goes_red():
    """Without the uncertainty of the parameters too few left-out rows are inside."""
    keep = theory.outside(theory.TARGETS, "two")
    _, take = theory.exact_posterior(keep)
    inside = []
    rng = np.random.default_rng(41)
    for one in theory.truths(11)[1]:
        middle = (theory.T.a @ (take @ one[keep]))[~keep]
        drawn = middle + rng.standard_normal((200, len(middle))) * theory.T.sd[~keep]
        low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
        inside.append((low <= one[~keep]) & (one[~keep] <= high))
    _, places = theory.left_out_p("two")
    assert np.mean((places > 0.025) & (places < 0.975)) == pytest.approx(0.95, abs=0.015)
    with pytest.raises(AssertionError):
        assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_rows_that_only_disagree_together_go_red():
    """Two strongly correlated rows, each inside its interval, apart from each other: joint p sees it."""
    rng = np.random.default_rng(43)
    common = rng.standard_normal(1000)
    drawn = np.column_stack([common + 0.1 * rng.standard_normal(1000), common + 0.1 * rng.standard_normal(1000)])
    assert joint_p(drawn, np.array([1.0, 1.0])) > 0.1
    assert joint_p(drawn, np.array([1.0, -1.0])) < 0.01


def test_inside_is_of_the_interval_that_is_shown():
    one = Outcome(low=2.0, high=5.0, middle=3.0, position=0.5)
    assert one.inside(2.0) and one.inside(5.0)
    assert not one.inside(1.9) and not one.inside(5.1)
    assert not replace(one, low=4.0).inside(3.0)


def test_a_row_that_is_neither_judged_nor_explained_goes_red():
    unit.every_simulated_row_has_its_place(unit.catalogue_rows())
    extra = replace(unit.catalogue_rows()[0], id="K999", role="predicted")
    with pytest.raises(AssertionError):
        unit.every_simulated_row_has_its_place([*unit.catalogue_rows(), extra])
