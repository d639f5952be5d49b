"""Every judgement of the fit is shown the right thing, then a wrong one, and must go red."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))

import test_emulator as emulation
import test_likelihood as likely
import test_refit as fits
import test_targets as listed
from toys import P, linear_normal

from calibration.likelihood import likelihood
from calibration.refit import refit
from calibration.sampling import crank_nicolson, log_density
from calibration.targets import COUNT, NONE, all_lines, outside

SEED = 11


def red(judgement, right, wrong):
    """Both tuples of arguments: takes the first, rejects the second."""
    judgement(*right)
    with pytest.raises(AssertionError):
        judgement(*wrong)


def test_sabotage_a_wrong_count_or_denominator():
    for target in (one for one in listed.TARGETS if one.kind == COUNT):
        listed.gives_back_what_was_printed(target)
        other = target.count + 2 if target.count + 2 <= target.out_of else target.count - 2
        with pytest.raises(AssertionError):
            listed.gives_back_what_was_printed(replace(target, count=other))
        if target.count:
            with pytest.raises(AssertionError):
                listed.gives_back_what_was_printed(replace(target, out_of=target.out_of + 2))


def test_sabotage_a_row_without_target_or_reason():
    study = listed.EVERY_STUDY[0]

    def everything_is_told(lines):
        assert listed.unexplained(lines, study) == set()

    lines = all_lines()
    silent = tuple(replace(one, note="") if one.kind == NONE else one for one in lines)
    red(everything_is_told, (lines,), (lines[1:],))
    red(everything_is_told, (lines,), (silent,))


def test_sabotage_sign_scale_and_covariance_of_the_likelihood():
    right = likelihood(likely.TARGETS, likely.SPREAD, likely.DATA)
    opposite = replace(right, slope=-right.slope)
    unwhitened = replace(right, whiten=np.diag(np.diagonal(right.whiten)))
    unshifted = replace(right, slope=np.zeros_like(right.slope))
    unbiased = replace(right, bias=np.zeros_like(right.bias))
    denominators = replace(right, weight=right.weight * 1.1)
    for wrong in (opposite, unwhitened, unshifted, unbiased, denominators):
        red(likely.agrees_with_scipy, (right, likely.M), (wrong, likely.M))


def test_sabotage_a_covariance_without_its_correction():
    right = likely.hartlap(40, 8)
    red(likely.unbiased_inverse, (right, 40, 8), (1.0, 40, 8))
    red(likely.unbiased_inverse, (right, 40, 8), (1.0 / right, 40, 8))


def test_sabotage_a_refit_that_leaves_nothing_out_or_the_prior_out():
    toy, data, mean, covariance = linear_normal()
    right = refit(toy, data)
    left_out = refit(toy, data, outside(toy.targets, "odd"))
    red(fits.is_the_posterior, (right, mean, covariance), (left_out, mean, covariance))
    flat = replace(right, covariance=np.linalg.inv(np.linalg.inv(covariance) - 0.5 * np.eye(P)))
    red(fits.is_the_posterior, (right, mean, covariance), (flat, mean, covariance))


def test_sabotage_a_sampler_that_forgets_its_proposal():
    """Without the factor of the proposal the draws follow posterior x approximation: too narrow."""
    toy, grid, weight = fits.one_count(7, 20)
    laplace = refit(toy)
    density = log_density(toy)
    mean = weight @ grid
    sd = np.sqrt(weight @ (grid - mean) ** 2)

    def forgetful(xs):
        z = (xs - laplace.x) / np.sqrt(laplace.covariance[0])
        return density(xs) - 0.5 * np.sum(z**2, axis=1)

    right, _ = crank_nicolson(density, laplace, SEED, steps=3000)
    wrong, _ = crank_nicolson(forgetful, laplace, SEED, steps=3000)
    red(fits.agree, (right, np.array([mean]), np.array([sd])), (wrong, np.array([mean]), np.array([sd])))


def test_sabotage_an_emulator_without_its_bend():
    right = emulation.trained(400)
    red(emulation.is_a_good_emulator, (right,), (replace(right, bend=np.zeros_like(right.bend)),))
    red(emulation.is_a_good_emulator, (right,), (replace(right, bend=right.bend / 2.0),))
