"""Who informs whom: against regression by hand, and words that follow the numbers.

Rank of proof: closed form; contract.
"""

import json

import numpy as np
import pytest
from toys import linear_normal

from calibration.cannot_tell import SECTIONS, effect
from calibration.declared import SAME_FIT, beside, kept_recovery, sentences
from calibration.identify import (
    BY_NAME,
    PRIOR_QUANTILES,
    Believed,
    Parameter,
    directions_of,
    influence,
    profile,
    read_draws,
)
from calibration.posterior import write_draws
from calibration.priors import Prior
from calibration.refit import refit
from simulator.parameters import DEFINITIONS, ParameterError

PROBLEM, DATA, MEAN, COVARIANCE = linear_normal()
LAPLACE = refit(PROBLEM, DATA)
SD = np.sqrt(np.diagonal(COVARIANCE))
NEAR = {"rtol": 1e-3, "atol": 1e-3}


def without(row):
    """Posterior of the linear problem with one of its data left out, by hand."""
    keep = np.arange(len(DATA)) != row
    slope = PROBLEM.emulator.slope[keep]
    precision = np.linalg.inv(PROBLEM.spread.covariance[np.ix_(keep, keep)])
    covariance = np.linalg.inv(slope.T @ precision @ slope + np.eye(len(MEAN)))
    residual = np.log(DATA[keep]) - PROBLEM.emulator.reference[keep]
    return covariance @ slope.T @ precision @ residual, covariance


def influence_is_that_of_leaving_out(found):
    for row in range(len(DATA)):
        mean, covariance = without(row)
        np.testing.assert_allclose(found.shift[row], (MEAN - mean) / SD, **NEAR)
        np.testing.assert_allclose(found.growth[row], np.sqrt(np.diagonal(covariance)) / SD - 1.0, **NEAR)


def test_influence():
    influence_is_that_of_leaving_out(influence(PROBLEM, LAPLACE, DATA))


def test_a_missing_figure_has_no_influence():
    data = DATA.copy()
    data[2] = np.nan
    found = influence(PROBLEM, refit(PROBLEM, data), data)
    assert np.all(found.shift[2] == 0.0) and np.all(found.growth[2] == 0.0)
    assert np.all(found.growth[[0, 1, 3]].max(axis=1) > 0.0)


def test_directions_diagonalise():
    found = directions_of(COVARIANCE)
    shrinkage = [one.shrinkage for one in found]
    assert shrinkage == sorted(shrinkage, reverse=True)
    for one in found:
        assert one.weights @ one.weights == pytest.approx(1.0)
        assert np.sqrt(one.weights @ COVARIANCE @ one.weights) == pytest.approx(1.0 - one.shrinkage)
    # four data can inform four directions of six; the other two are the prior
    assert [one.shrinkage == pytest.approx(0.0, abs=1e-9) for one in found] == [False] * 4 + [True] * 2


def test_directions_of_some_leave_the_others_out():
    found = directions_of(COVARIANCE, np.array([1, 4]))
    assert len(found) == 2
    assert all(one.weights[i] == 0.0 for one in found for i in (0, 2, 3, 5))


def test_profile_is_the_parabola_of_the_likelihood():
    """Without its prior, the posterior of a parameter is normal with the precision of the data alone."""
    column, grid = 3, np.linspace(-2.0, 2.0, 9)
    precision = 1.0 / COVARIANCE[column, column] - 1.0
    centre = MEAN[column] / COVARIANCE[column, column] / precision
    expected = -0.5 * precision * (grid - centre) ** 2
    np.testing.assert_allclose(profile(PROBLEM, column, DATA, grid), expected - expected.max(), atol=2e-3)


def believed(low, high):
    return Believed((low + high) / 2, (high - low) / 4, low, high, (low + high) / 2, (high - low) / 4)


def a_parameter(name, shrinkage, prior=(-1.0, 1.0), posterior=(-0.5, 0.5)):
    return Parameter(BY_NAME[name], "assumption", "identity", believed(*prior), believed(*posterior), shrinkage)


def test_ratios_are_told_as_ratios():
    told = effect(a_parameter("sos_log_odds_ursodiol", 0.1, (np.log(0.5), np.log(2.0)), (np.log(0.8), np.log(1.25))))
    assert told == "prior 0.5 to 2, posterior 0.8 to 1.25 (odds ratio); narrowed by 10 %"
    assert effect(a_parameter("cd19_loss", 0.3, (0.1, 0.4), (0.2, 0.3))).startswith("prior 0.1 to 0.4")


@pytest.mark.parametrize(
    "shrinkage, label", [(-0.02, "prior"), (0.1999, "prior"), (0.2, "informed"), (0.9, "informed")]
)
def test_label(shrinkage, label):
    assert a_parameter("cd19_loss", shrinkage).label == label


def test_sections_name_parameters_that_exist():
    known = {one.name for one in DEFINITIONS}
    for section in SECTIONS:
        assert set(section.parameters) <= known
    assert len({one.name for one in SECTIONS}) == len(SECTIONS)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The toy with draws as `allpath posterior` writes them, under the names of an antigen section."""
    from dataclasses import replace

    names = (
        "cd19_loss",
        "cd22_loss",
        "sos_log_odds_ursodiol",
        "course_log_factor",
        "uptake_log_odds",
        "doubling_sigma",
    )
    problem = replace(
        PROBLEM,
        priors=tuple(Prior(name, "identity", 0.0, 1.0, -np.inf, np.inf, "fitted") for name in names),
        about={
            "id": "toy",
            "parameter_set": "toy",
            "parameter_values": "f",
            "targets_sha256": "t",
            "targets": [],
            "parameters": list(names),
        },
    )
    path = tmp_path_factory.mktemp("toy") / "toy.parquet"
    draws = MEAN + np.random.default_rng(2).standard_normal((4, 2000, 6)) @ np.linalg.cholesky(COVARIANCE).T
    told = {name: {"shrinkage": 1.0 - float(SD[i])} for i, name in enumerate(names)}
    metadata = {key: problem.about[key] for key in ("id", "parameter_values", "targets_sha256")} | {"parameters": told}
    write_draws(path, problem, draws, metadata)
    return problem, path, draws.reshape(-1, 6)


def test_draws_come_back(found):
    problem, path, draws = found
    positions, told = read_draws(problem, path)
    np.testing.assert_allclose(positions, draws, atol=1e-9)
    assert set(told) == {one.name for one in problem.priors}


def test_draws_of_another_fit_are_refused(found):
    from dataclasses import replace

    problem, path, _ = found
    other = replace(problem, about=problem.about | {"parameter_values": "g"})
    with pytest.raises(ParameterError, match=r"toy.parquet: not of the same fit as toy.npz \(parameter_values\)"):
        read_draws(other, path)
    with pytest.raises(ParameterError, match="cannot be read"):
        read_draws(problem, path.with_name("none.parquet"))


def test_prior_quantiles_are_standard_normal():
    assert PRIOR_QUANTILES.mean() == pytest.approx(0.0, abs=1e-12)
    assert PRIOR_QUANTILES.std() == pytest.approx(1.0, abs=1e-3)


def a_recovery(problem, detected):
    rate = {"rate": 0.3, "low": 0.25, "high": 0.35, "published_p": 0.6}
    return {
        "fit": {key: problem.about[key] for key in SAME_FIT},
        "misspecifications": [
            {
                "name": "no_era",
                "words": "nothing changed",
                "studies": 200,
                "detected": detected,
                "deviance": rate,
                "amount": rate,
            }
        ],
    }


@pytest.mark.parametrize("detected, verdict", [(True, "detected"), (False, "undetectable with this evidence")])
def test_declarations_follow_the_verdict(found, detected, verdict):
    (told,) = sentences(a_recovery(found[0], detected))
    assert told.startswith(f"If nothing changed: {verdict}. Found in 30 % ")


def test_a_recovery_of_another_fit_is_not_used(found, tmp_path):
    from dataclasses import replace

    problem = found[0]
    path = beside(str(tmp_path / "toy.npz"), ".recovery.json")
    assert kept_recovery(problem, path) is None
    path.write_text(json.dumps(a_recovery(problem, True)), encoding="utf-8")
    assert kept_recovery(problem, path) is not None
    assert kept_recovery(replace(problem, about=problem.about | {"targets": ["K1"]}), path) is None
    assert "has not been run" in next(sentences(None))
