"""Lives under draws are those of whole runs with the same values, and a comparison tells its kinds apart.

Rank of proof: direct comparison by another route (whole runs of arms that state their parameters).
"""

import json
from dataclasses import replace

import numpy as np
import posteriors
import pytest

from simulator.comparison import compare
from simulator.comparison.uncertain import FRAMES
from simulator.endpoints import BINS_PER_MONTH, Endpoint
from simulator.posterior import load_posterior
from simulator.runner import run
from simulator.scenario import ScenarioError, load_scenario
from simulator.uncertainty import add_uncertainty, decision_month, propagate, uncertainty_of
from simulator.uncertainty import propagation as room
from simulator.uncertainty.decision import OTHER_WORLDS
from simulator.uncertainty.kinds import ATTRIBUTION, JOINT, PARAMETERS, centre_of, values_by_kind
from simulator.uncertainty.lives import GROUPS, at_centre, shifts_of

NAMES = ["relapse_log_theta", "blinatumomab_log_factor", "blasts_skew", "transplant_death_log_theta", "sos_log_odds",
         *posteriors.CAUSES]  # fmt: skip
SCENARIO = load_scenario("original_vs_modified", patients=512, seed=11)
MONTHS, PATIENTS, DRAWS = (0, 12, 36, 60), 512, 50


@pytest.fixture(scope="module")
def posterior(tmp_path_factory):
    frame = posteriors.drawn(100, NAMES, width=0.8)
    return load_posterior(posteriors.SET, posteriors.write(tmp_path_factory.mktemp("draws") / "joint.parquet", frame))


@pytest.fixture(scope="module", autouse=True)
def few_patients():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "FEWEST", 256)
        patched.setattr("simulator.uncertainty.spread.FEWEST", 256)
        patched.setattr("simulator.uncertainty.spread.MOST", 512)
        yield


@pytest.fixture(scope="module")
def comparison(posterior):
    return add_uncertainty(compare(SCENARIO, workers=1), posterior=posterior, draws=DRAWS, workers=1)


def alive(scenario, names, values):
    """(A, M) patients alive in a whole run whose arms state these values."""
    counts = run(replace(at_centre(scenario, names, values), patients=PATIENTS), workers=1)
    dead = np.cumsum(counts.events[:, Endpoint.OS], axis=1)[:, np.array(MONTHS) * BINS_PER_MONTH]
    return PATIENTS - dead


def as_whole_runs(scenario, posterior, values, shifts):
    """Judge: the shifts of draws are differences between whole runs."""
    centre = centre_of(posterior)
    base = alive(scenario, posterior.names, centre)
    for row, shift in zip(values, shifts, strict=True):
        np.testing.assert_array_equal(shift.sum(axis=-1), alive(scenario, posterior.names, row) - base)


def test_shifts_are_those_of_whole_runs(posterior):
    values = posterior.values[:3]
    shifts = shifts_of(SCENARIO, posterior.names, values, centre_of(posterior), MONTHS, PATIENTS, 1)
    assert shifts.shape == (3, 2, len(MONTHS), GROUPS) and not shifts[:, :, 0].any()
    as_whole_runs(SCENARIO, posterior, values, shifts)


def test_an_arm_keeps_the_number_that_it_states(posterior):
    name = "blinatumomab_log_factor"
    own = replace(SCENARIO.arms[1], parameters={name: -0.05})
    scenario = replace(SCENARIO, arms=(SCENARIO.arms[0], own))
    values = posterior.values[:2]
    shifts = shifts_of(scenario, posterior.names, values, centre_of(posterior), MONTHS, PATIENTS, 1)
    as_whole_runs(scenario, posterior, values, shifts)
    moved = values.copy()
    moved[:, posterior.names.index(name)] = -0.4
    again = shifts_of(scenario, posterior.names, moved, centre_of(posterior), MONTHS, PATIENTS, 1)
    np.testing.assert_array_equal(shifts[:, 1], again[:, 1])
    assert (shifts[:, 1] != again[:, 1]).sum() == 0


def test_patients_of_a_draw_come_in_whole_groups(posterior):
    for patients in (100, 2**21):
        with pytest.raises(ValueError, match="a multiple of 256"):
            shifts_of(SCENARIO, posterior.names, posterior.values[:1], centre_of(posterior), MONTHS, patients)


def test_arms_that_all_state_the_same_baseline_live_as_if_the_set_had_it():
    """They are alike until remission, so that one baseline serves all; each of its own would be no life at all."""
    both = tuple(replace(arm, parameters={"blasts_skew": posteriors.SET.values["blasts_skew"]})
                 for arm in load_scenario("sct_vs_no_sct").arms[:2])  # fmt: skip
    plain = replace(load_scenario("sct_vs_no_sct", patients=300), arms=load_scenario("sct_vs_no_sct").arms[:2])
    one, two = run(plain, workers=1), run(replace(plain, arms=both), workers=1)
    for here, there in zip(one, two, strict=True):
        np.testing.assert_array_equal(here, there)


def told_apart(posterior, sets):
    """Judge: what each kind holds."""
    cause = np.isin(posterior.names, posterior.attribution)
    assert not np.ptp(sets[PARAMETERS][:, cause], axis=0).any(), "attribution moves where it is held"
    assert np.ptp(sets[PARAMETERS][:, ~cause], axis=0).all()
    np.testing.assert_allclose(sets[PARAMETERS][0, cause], centre_of(posterior)[cause])
    np.testing.assert_allclose(sets[ATTRIBUTION][:, cause], sets[JOINT][:, cause])
    assert (np.ptp(sets[ATTRIBUTION][:, ~cause], axis=0) < np.ptp(sets[JOINT][:, ~cause], axis=0)).all()


def test_each_kind_draws_its_own_and_holds_the_others(posterior):
    told_apart(posterior, values_by_kind(posterior, DRAWS))


def test_the_same_bytes_for_any_number_of_workers(comparison, posterior):
    calls = []
    again = add_uncertainty(
        compare(SCENARIO, workers=2), posterior=posterior, draws=DRAWS, workers=2,
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    assert json.dumps(again.summary, sort_keys=True) == json.dumps(comparison.summary, sort_keys=True)
    for name in FRAMES:
        assert again.uncertainty.tables[name].to_csv() == comparison.uncertainty.tables[name].to_csv()
    assert calls == [(k + 1, 40 + 3 * DRAWS) for k in range(40 + 3 * DRAWS)]


def test_the_summary_and_its_tables_agree(comparison):
    found, table = comparison.summary["posterior"], comparison.uncertainty.uncertainty
    json.dumps(found, allow_nan=False)
    assert found["draws"] == DRAWS and found["attribution"] == posteriors.CAUSES
    assert set(found["differences"]) == {"modified"} and set(found["os"]) == {"original", "modified"}
    assert found["prior"] == [name for name in NAMES if name not in posteriors.TAUGHT]
    for row in table.to_dict("records"):
        nested = found["os" if row["quantity"] == "os" else "differences"][row["arm"]][str(row["month"])]
        for key in ("low", "high", "sd"):
            assert nested[row["kind"]][key] == pytest.approx(row[key], abs=0)
        assert nested["value"] == row["value"] and row["low"] <= row["high"]
    assert len(table) == (2 + 1) * 4 * 4


def test_monte_carlo_is_that_of_the_whole_run(comparison):
    one = comparison.summary["posterior"]["differences"]["modified"]["36"]
    whole = comparison.summary["differences"]["modified"]["os"]["36"]
    assert (one["value"], one["monte_carlo"]["low"], one["monte_carlo"]["high"]) == (
        whole["value"], whole["low"], whole["high"],
    )  # fmt: skip


def test_a_difference_is_that_of_its_arms_in_every_draw(comparison):
    draws, month = comparison.uncertainty.posterior_draws, comparison.summary["posterior"]["month"]
    apart = draws[f"os_{month}.modified"] - draws[f"os_{month}.original"]
    cell = comparison.summary["posterior"]["differences"]["modified"][str(month)]["joint"]
    assert apart.mean() == pytest.approx(cell["mean"], abs=1e-12)
    assert apart.std() == pytest.approx(cell["sd"], rel=1e-9)
    assert draws[["chain", "draw"]].drop_duplicates().shape[0] == DRAWS


def test_bands_start_with_everybody_alive_and_hold_their_mean(comparison):
    bands = comparison.uncertainty.bands
    assert (bands[bands["month"] == 0][["mean", "low", "high"]] == 1.0).all(axis=None)
    assert (bands["low"] <= bands["mean"] + 1e-12).all() and (bands["mean"] <= bands["high"] + 1e-12).all()
    assert set(bands["month"]) == set(range(61))


def test_the_decision(comparison):
    decision = comparison.summary["posterior"]["decision"]
    assert decision["name"] == "os_36" and decision["best"] in ("original", "modified")
    assert sum(decision["probability_best"].values()) == pytest.approx(1.0)
    assert decision["evpi"]["per_1000"] == pytest.approx(10 * decision["evpi"]["points"])
    assert [row["parameter"] for row in decision["evppi"]] != [] and len(decision["evppi"]) == len(NAMES)
    groups = {row["group"]: row["parameters"] for row in decision["evppi_groups"]}
    assert groups["attribution"] == posteriors.CAUSES and groups["phase: relapse"] == ["relapse_log_theta"]


def test_no_decision_between_worlds(posterior):
    own = replace(SCENARIO.arms[1], parameters={"graft_failure": 0.05})
    scenario = replace(SCENARIO, arms=(SCENARIO.arms[0], own))
    found = propagate(scenario, posterior, draws=DRAWS, month=36, workers=1)
    told = uncertainty_of(found, compare(scenario, workers=1).summary, 36)
    assert told.summary["decision"] == {"name": "os_36", "none": OTHER_WORLDS} and told.information.empty


def test_the_month_of_a_decision():
    assert decision_month(SCENARIO, None) == 36 and decision_month(SCENARIO, "os_12") == 12
    for wrong in ("os_37", "rfs_36", "os_", "os_12 "):
        with pytest.raises(ScenarioError) as refused:
            decision_month(SCENARIO, wrong)
        assert str(refused.value) == f"--decision = {wrong}: allowed os_12, os_24, os_36, os_60 (OS at a report month)"


def test_without_os_there_is_nothing_to_propagate_to(posterior):
    scenario = load_scenario("original_vs_modified", patients=200, settings=['endpoints=["efs"]'])
    with pytest.raises(ScenarioError, match="--uncertainty is of os"):
        add_uncertainty(compare(scenario, workers=1), posterior=posterior, draws=DRAWS)
