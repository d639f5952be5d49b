"""Worlds in which a rule is not true differ from the model where that rule acts, and nowhere else.

Rank of proof: contract and direction, on the same patients.
"""

import numpy as np
import pytest

from calibration.misspecified import WORLDS, rebuilt, study_in
from calibration.studies import STUDIES
from calibration.trial import simulate
from simulator.parameters import DEFINITIONS, load_parameters
from simulator.rules import relapse
from simulator.scenario.model import DEFAULT_PARAMETERS

BY_NAME = {world.name: world for world in WORLDS}
PARAMETERS = load_parameters(DEFAULT_PARAMETERS)
TRIALS, SEED = 20, 5  # 2,200 patients
STUDY = STUDIES["kantarjian-2023"]


def lives(name=None, **values):
    study = study_in(BY_NAME[name], STUDY) if name else STUDY
    return study.simulate(PARAMETERS.record(**values), TRIALS, SEED).lives


@pytest.fixture(scope="module")
def shipped():
    return lives()


def same(one, other, rows):
    return all(np.array_equal(one[name][rows], other[name][rows], equal_nan=True) for name in one.dtype.names)


def test_nothing_to_replace_is_nothing_rebuilt():
    assert rebuilt(simulate, {}, "none") is simulate
    assert study_in(BY_NAME["no_era"], STUDY) is STUDY


def test_a_stand_in_that_does_the_same_changes_nothing(shipped):
    """The rebuilt machine code is that of the rules."""

    def same_speed(patient):
        return relapse.clock_speed(patient)

    from simulator.compiled import compiled

    made = rebuilt(simulate, {relapse.clock_speed: compiled(same_speed)}, "same")
    assert made is not simulate
    found = made(PARAMETERS.record(), TRIALS, SEED).lives
    assert same(found, shipped, slice(None))


def test_latency_is_reset_for_those_transplanted_only(shipped):
    found = lives("latency_reset")
    without = np.isnan(shipped.latest_transplant_day)
    assert same(found, shipped, without)
    assert not same(found, shipped, ~without)
    # a clock that begins again gives a clone of the bounded hazard another chance: more relapses after SCT
    after = ~without & (shipped.latest_transplant_day == shipped.transplant_day)
    assert np.nansum(found.relapse_day[after] > found.transplant_day[after]) > np.nansum(
        shipped.relapse_day[after] > shipped.transplant_day[after]
    )


def test_suppression_that_spares_cures_more(shipped):
    found = lives("suppression_eradicates")
    treated = ~np.isnan(shipped.maintenance_day) | (shipped.blinatumomab_courses > 0)
    assert same(found, shipped, ~treated)
    assert np.isnan(found.relapse_day[treated]).sum() > np.isnan(shipped.relapse_day[treated]).sum()


@pytest.mark.parametrize("world", [world for world in WORLDS if world.held], ids=lambda world: world.name)
def test_what_is_held_is_a_parameter_with_a_range(world):
    known = {one.name: one for one in DEFINITIONS}
    for name, value in world.held.items():
        assert known[name].low <= value <= known[name].high
        assert PARAMETERS.origins[name].low < PARAMETERS.origins[name].high


def test_no_frailty_leaves_nothing_in_common():
    """Without frailty's coefficients its value does not matter: response and relapse do not know it."""
    held = BY_NAME["no_frailty"].held
    every = [one.name for one in DEFINITIONS if one.name.endswith("per_frailty")]
    assert set(every) == set(held)
