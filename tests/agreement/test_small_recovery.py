"""A small `allpath recover` on the model itself: one study, five parameters, fitted by the shipped machinery.

Rank of proof: statistical. 150 simulated trials, seed fixed; all tests together raise a false alarm with probability
0.05 at most. A 90 % interval that covers 75 % is caught with probability 0.95 (the test computes it).
"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.detect import detect
from calibration.emulator import fit_emulator
from calibration.misspecified import WORLDS
from calibration.power import power
from calibration.priors import positions, priors
from calibration.problem import Problem
from calibration.published_size import population_at
from calibration.ranks import false_alarm_each
from calibration.recover import by_simulation, recover
from calibration.refit import refit
from calibration.spread import estimate_spread
from calibration.studies import STUDIES
from calibration.targets import load_targets
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

FREE = ("early_death_log_odds", "transplant_death_log_theta", "sos_log_odds", "relapse_log_theta", "salvage_log_odds")
ROWS = ("K091", "K142", "K153", "K167", "K177", "K108", "K109", "K105", "K106", "K107", "K159", "K132")
STUDY = STUDIES["kantarjian-2023"]
POOLED, STUDIES_SIMULATED, SEED = 60, 150, 11
DESIGN = 40


def silent(done, total):
    pass


@pytest.fixture(scope="module")
def problem():
    """Priors of the shipped set, a spread and an emulator from a few seconds of simulation."""
    parameters = load_parameters(DEFAULT_PARAMETERS)
    found = tuple(one for one in priors(parameters) if one.name in FREE)
    targets = tuple(one for one in load_targets([STUDY.name]) if one.id in ROWS)
    spread = estimate_spread([STUDY], targets, parameters.record(), SEED, replicates=20 * len(targets))
    empty = Problem(parameters, found, targets, spread, None, {})

    def simulate(xs):
        return np.array([population_at(empty, [STUDY], targets, x, SEED, 0, POOLED) for x in xs])

    x = positions(found, parameters)
    design = x + 0.5 * np.random.default_rng(SEED).standard_normal((DESIGN, len(x)))
    return replace(empty, emulator=fit_emulator(design, simulate(design), x))


def test_known_truths_are_recovered(problem):
    simulate = by_simulation(problem, [STUDY], SEED, POOLED)
    found = recover(problem, refit(problem), simulate, STUDIES_SIMULATED, SEED, silent)
    wrong = [f"{one.name}: {', '.join(one.flagged)}" for one in found.judged() if one.flagged]
    assert wrong == []
    assert {"K108", "K109", "log_likelihood", "relapse_log_theta"} <= set(found.names)
    assert power(STUDIES_SIMULATED, 0.75, false_alarm_each(len(found.names))) >= 0.95


def test_a_world_with_another_rule_goes_through(problem):
    """The whole way of one world; how often it is found takes more studies than a test has."""
    (world,) = [one for one in WORLDS if one.name == "latency_reset"]
    best = refit(problem)
    (found,) = detect(problem, best, [STUDY], [world], 12, SEED, silent)
    assert found.world is world
    for values in (found.null_deviance, found.null_amount, found.deviance, found.amount):
        assert values.shape == (12,) and np.all(np.isfinite(values))
    assert not np.array_equal(found.deviance, found.null_deviance)
    assert found.published_deviance == best.deviance()
    assert 1 / 13 <= found.p("deviance") <= 1.0
