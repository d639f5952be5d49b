"""A fit small enough that its posterior is known: linear statistics, normal noise, N(0, 1) priors."""

import numpy as np

from calibration.emulator import Emulator
from calibration.priors import Prior
from calibration.problem import Problem
from calibration.spread import Spread
from calibration.targets import COUNT, RATIO, Target
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

P, T = 6, 4
HUGE = 10**9  # simulated studies: no correction of the covariance


def ratio(key, rounding=1e-6):
    return Target(key, "toy", ("odd" if int(key[1:]) % 2 else "even",), RATIO, 0, 50, "", rounding, np.inf, 1.0, "")


def count(key, successes, out_of):
    return Target(key, "toy", ("count",), COUNT, successes, out_of, "", 0.0, np.inf, 1.0, "")


def linear_emulator(slope, reference):
    """m = reference + slope x, without any bend."""
    t, p = slope.shape
    return Emulator(np.zeros(p), reference, slope, np.zeros((t, p, p)))


def problem(targets, slope, reference, covariance):
    parameters = load_parameters(DEFAULT_PARAMETERS)
    names = [name for name, _ in zip(parameters.values, range(slope.shape[1]), strict=False)]
    priors = tuple(Prior(name, "identity", 0.0, 1.0, -np.inf, np.inf, "assumption") for name in names)
    spread = Spread(covariance, np.zeros(len(targets)), HUGE, np.zeros(len(targets)))
    return Problem(parameters, priors, tuple(targets), spread, linear_emulator(slope, reference), {})


def linear_normal(seed=3):
    """(problem, data, posterior mean, posterior covariance) with correlated normal noise of hazard ratios."""
    rng = np.random.default_rng(seed)
    slope = rng.standard_normal((T, P))
    root = 0.3 * np.eye(T) + 0.1 * np.tril(rng.standard_normal((T, T)))
    S = root @ root.T
    reference = rng.standard_normal(T) * 0.2
    targets = [ratio(f"R{i}") for i in range(T)]
    data = np.exp(reference + slope @ rng.standard_normal(P) * 0.7)
    precision = np.linalg.inv(S)
    covariance = np.linalg.inv(slope.T @ precision @ slope + np.eye(P))
    mean = covariance @ slope.T @ precision @ (np.log(data) - reference)
    return problem(targets, slope, reference, S), data, mean, covariance
