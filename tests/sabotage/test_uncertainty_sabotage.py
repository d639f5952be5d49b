"""The judges of propagated uncertainty are shown wrong draws, wrong shares and wrong values, and must go red."""

import sys
from pathlib import Path

import numpy as np
import posteriors
import pytest

from simulator.posterior import load_posterior
from simulator.uncertainty.information import Value
from simulator.uncertainty.kinds import ATTRIBUTION, JOINT, PARAMETERS, centre_of, values_by_kind
from simulator.uncertainty.lives import shifts_of
from simulator.uncertainty.spread import spread_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "theory"))
import test_uncertainty
import test_uncertainty_theory


@pytest.fixture(scope="module")
def posterior(tmp_path_factory):
    frame = posteriors.drawn(100, test_uncertainty.NAMES, width=0.8)
    return load_posterior(posteriors.SET, posteriors.write(tmp_path_factory.mktemp("draws") / "joint.parquet", frame))


@pytest.fixture(scope="module")
def shifts(posterior):
    return shifts_of(test_uncertainty.SCENARIO, posterior.names, posterior.values[:3], centre_of(posterior),
                     test_uncertainty.MONTHS, test_uncertainty.PATIENTS, 1)  # fmt: skip


def test_sabotage_attribution_drawn_where_it_is_held(posterior):
    sets = values_by_kind(posterior, test_uncertainty.DRAWS)
    test_uncertainty.told_apart(posterior, sets)
    for wrong in (
        sets | {PARAMETERS: sets[JOINT]},
        sets | {ATTRIBUTION: sets[JOINT]},
        sets | {PARAMETERS: sets[ATTRIBUTION], ATTRIBUTION: sets[PARAMETERS]},
        sets | {PARAMETERS: np.tile(centre_of(posterior), (test_uncertainty.DRAWS, 1))},
    ):
        with pytest.raises(AssertionError):
            test_uncertainty.told_apart(posterior, wrong)


def test_sabotage_an_arm_lives_the_draws_in_another_order(posterior, shifts):
    test_uncertainty.as_whole_runs(test_uncertainty.SCENARIO, posterior, posterior.values[:3], shifts)
    wrong = shifts.copy()
    wrong[:, 1] = shifts[[1, 2, 0], 1]
    with pytest.raises(AssertionError):
        test_uncertainty.as_whole_runs(test_uncertainty.SCENARIO, posterior, posterior.values[:3], wrong)


def test_sabotage_a_parameter_takes_the_column_of_another(posterior, shifts):
    names = [posterior.names[1], posterior.names[0], *posterior.names[2:]]
    swapped = posterior.values[:3][:, [1, 0, *range(2, len(names))]]
    test_uncertainty.as_whole_runs(test_uncertainty.SCENARIO, posterior, posterior.values[:3], shifts)
    swapped[:, 0] *= 0.5
    with pytest.raises(AssertionError):
        test_uncertainty.as_whole_runs(test_uncertainty.SCENARIO, posterior, swapped, shifts)


def test_sabotage_draws_shuffled_between_arms_widen_the_difference():
    """Two arms that differ by a constant under each draw: in another order of draws the spread is 1.4 times theirs."""
    rng = np.random.default_rng(30)
    common = rng.normal(size=(400, 1)) + 0.1 * rng.normal(size=(400, 32))
    right = spread_of(common + 0.5 - common)
    wrong = spread_of(common[rng.permutation(400)] + 0.5 - common)
    assert right.sd == 0.0
    assert wrong.sd == pytest.approx(np.sqrt(2.0), rel=0.15)


def test_sabotage_values_of_information(monkeypatch):
    """Fitted instead of left-out predictions, all that is known instead of a part, and a fifth too much."""

    def fitted(working, outcomes):
        against = outcomes - outcomes[:, [0]]
        z = np.column_stack([np.ones(len(working)), working, working**2])
        expected = z @ np.linalg.lstsq(z, against)[0]
        return Value(float(expected.max(axis=1).mean() - expected.mean(axis=0).max()), 0.01)

    def too_much(working, outcomes):
        found = right(working, outcomes)
        return found._replace(value=found.value * 1.2 + 0.2)

    right = test_uncertainty_theory.partial
    monkeypatch.setattr(test_uncertainty_theory, "partial", fitted)
    with pytest.raises(AssertionError):
        test_uncertainty_theory.test_information_about_nothing_is_worth_nothing()
    monkeypatch.setattr(test_uncertainty_theory, "partial", too_much)
    with pytest.raises(AssertionError):
        test_uncertainty_theory.test_value_of_partial_information([0], 0.073)
    monkeypatch.setattr(
        test_uncertainty_theory, "partial", lambda _, outcomes: test_uncertainty_theory.perfect(outcomes)
    )
    with pytest.raises(AssertionError):
        test_uncertainty_theory.test_value_of_partial_information([1], 0.071)


def test_sabotage_a_spread_that_keeps_chance(monkeypatch):
    def raw(shifts, centre=0.0):
        found = right(shifts, centre)
        means = shifts.mean(axis=1)
        low, high = np.percentile(means + centre, [2.5, 97.5])
        return found._replace(values=means + centre, sd=float(means.std(ddof=1)), low=low, high=high)

    right = test_uncertainty_theory.spread_of
    monkeypatch.setattr(test_uncertainty_theory, "spread_of", raw)
    with pytest.raises(AssertionError):
        test_uncertainty_theory.test_spread_without_chance()


def test_sabotage_the_tie_between_the_groups_is_cut(monkeypatch):
    """Held parameters that do not follow: variances no longer add up to that of the joint draws."""

    def cut(posterior, draws):
        sets = right(posterior, draws)
        cause = np.isin(posterior.names, posterior.attribution)
        held = np.tile(posterior.values.mean(axis=0), (draws, 1))
        apart = {PARAMETERS: held.copy(), ATTRIBUTION: held.copy()}
        apart[PARAMETERS][:, ~cause] = sets[JOINT][:, ~cause]
        apart[ATTRIBUTION][:, cause] = sets[JOINT][:, cause]
        return sets | apart

    right = test_uncertainty_theory.values_by_kind
    monkeypatch.setattr(test_uncertainty_theory, "values_by_kind", cut)
    with pytest.raises(AssertionError):
        test_uncertainty_theory.test_kinds_hold_what_they_say_and_their_variances_add_up()
