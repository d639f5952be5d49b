"""The minimally different world: whatever is added leaves the luck of everyone and everything else unchanged.

Rank of proof: identity to the bit, on lives of the shipped model. Every claim names the patients whose care
is the same under both strategies and demands that their whole records, every field, are the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from worlds import lives, shipped, shipped_strategy

from simulator.calendar import Slot
from simulator.patient import OWNERS, PATIENT_DTYPE
from simulator.population import population_record
from simulator.scenario import load_scenario

N = 4000
HORIZON_DAYS = 3650.0
FIELDS = PATIENT_DTYPE.names
MRD_FIELDS = tuple(name for name, owners in OWNERS.items() if owners == ("mrd",))


def world(strategy, n=N, first=0, seed=99):
    """Whole records, one array a field, of patients first .. first + n - 1."""
    population = population_record(load_scenario("original_vs_modified").population)
    columns = lives(
        FIELDS,
        n,
        parameters=shipped().record(),
        strategy=strategy,
        population=population,
        seed=seed,
        end_day=HORIZON_DAYS,
        first=first,
    )
    return dict(zip(FIELDS, columns))


def alike(a, b, without=()):
    """(n,) whether two lives are the same bytes in every field but those named."""
    same = np.ones(len(a["id"]), bool)
    for name in FIELDS:
        if name not in without:
            bytes_a, bytes_b = (np.ascontiguousarray(w[name]).view(np.uint8).reshape(len(same), -1) for w in (a, b))
            same &= (bytes_a == bytes_b).all(axis=1)
    return same


def without_mrd_dates(*worlds):
    """Drop the date of the next marrow, which is the measurement's own."""
    for each in worlds:
        each["calendar"][:, int(Slot.MRD)] = np.inf


@pytest.fixture(scope="module")
def modified():
    return world(shipped_strategy("modified"))


@pytest.fixture(scope="module")
def original():
    return world(shipped_strategy("original"))


def test_the_world_is_rich_enough(modified):
    """What the claims below are about does happen."""
    for name in (
        "relapse_day",
        "transplant_day",
        "sos_day",
        "blinatumomab_day",
        "maintenance_day",
        "death_day",
    ):
        assert 20 < np.isfinite(modified[name]).sum() < N, name


@pytest.mark.parametrize(("first", "n"), [(0, 1), (1234, 300), (N - 1, 1)])
def test_a_patient_does_not_depend_on_the_others(modified, first, n):
    alone = world(shipped_strategy("modified"), n=n, first=first)
    assert alike(alone, {name: column[first : first + n] for name, column in modified.items()}).all()


def test_an_arm_does_not_depend_on_the_arms_before_it(modified):
    world(shipped_strategy("original"), n=50)
    assert alike(world(shipped_strategy("modified"), n=50), {k: v[:50] for k, v in modified.items()}).all()


def test_another_seed_is_another_life(modified):
    other = world(shipped_strategy("modified"), n=200, seed=99 + 2**32)
    assert not alike(other, {k: v[:200] for k, v in modified.items()}, without=("seed",)).any()


def test_the_baseline_and_background_death_are_the_same_under_every_strategy(original, modified):
    for name, owners in OWNERS.items():
        if owners in (("population",), ("identity",)):
            assert original[name].tobytes() == modified[name].tobytes(), name
    slot = int(Slot.BACKGROUND_DEATH)
    assert original["calendar"][:, slot].tobytes() == modified["calendar"][:, slot].tobytes()
    slot = int(Slot.EARLY_DEATH)
    assert original["calendar"][:, slot].tobytes() == modified["calendar"][:, slot].tobytes()


def test_one_more_blinatumomab_course_changes_only_those_who_reach_it(modified):
    more = world(shipped_strategy("modified", blinatumomab={"courses": 5}))
    not_reached = modified["blinatumomab_courses"] < 4
    assert not_reached.sum() > N / 2
    assert alike(modified, more)[not_reached].all()
    assert not alike(modified, more).all()


def test_one_more_chemotherapy_course_changes_only_those_who_reach_it(original):
    fewer = world(shipped_strategy("original", chemotherapy={"courses": 7}))
    not_reached = original["courses"] < 7
    assert not_reached.sum() > N / 2
    assert alike(original, fewer)[not_reached].all()


def test_luck_is_unchanged_in_those_who_do_reach_the_added_course(modified):
    """Where lives part, thresholds do not: same burden, doubling time, SOS prophylaxis and remission."""
    more = world(shipped_strategy("modified", blinatumomab={"courses": 8}, maintenance={"blinatumomab_courses": 0}))
    for name in (
        "ursodiol",
        "remission_day",
        "burden_at_remission_log10",
        "response_course",
        "remission_kind",
    ):
        assert modified[name].tobytes() == more[name].tobytes(), name
    both = np.isfinite(modified["molecular_relapse_day"]) & np.isfinite(more["molecular_relapse_day"])
    both &= modified["line"] == more["line"]
    assert np.array_equal(modified["doubling_days"][both], more["doubling_days"][both])


def test_more_mrd_measurements_change_nothing_but_the_measurements():
    """Surveillance 3-monthly v 6-monthly, no treatment hangs on it: the whole life is the same."""
    rare, often = (
        world(shipped_strategy("modified", mrd={"surveillance_every_months": months, "surveillance_months": 60}))
        for months in (6, 3)
    )
    without_mrd_dates(rare, often)
    assert alike(rare, often, without=MRD_FIELDS).all()


def test_another_assay_changes_nothing_where_no_choice_hangs_on_mrd():
    no_sct = {"policy": "none"}
    flow = world(shipped_strategy("modified", transplant=no_sct, mrd={"assay": "flow"}))
    ngs = world(shipped_strategy("modified", transplant=no_sct, mrd={"assay": "ngs"}))
    without_mrd_dates(flow, ngs)
    assert alike(flow, ngs, without=MRD_FIELDS).all()
    assert (flow["mrd_negative_at_response"] > ngs["mrd_negative_at_response"]).any()
    assert not (flow["mrd_negative_at_response"] < ngs["mrd_negative_at_response"]).any()


def test_mrd_triggered_treatment_changes_only_those_in_whom_it_was_triggered():
    mrd = {"surveillance_every_months": 3, "surveillance_months": 60}
    nothing = world(shipped_strategy("modified", mrd=mrd))
    treated = world(shipped_strategy("modified", mrd=mrd | {"at_molecular_relapse": "blinatumomab"}))
    without_mrd_dates(nothing, treated)
    untouched = np.isnan(treated["mrd_relapse_found_day"])
    assert untouched.sum() > N / 2
    assert alike(nothing, treated, without=MRD_FIELDS)[untouched].all()
    assert (~alike(nothing, treated, without=MRD_FIELDS)).any()


def test_treatment_of_persistent_mrd_changes_only_those_in_whom_it_persists():
    """No blinatumomab is planned: whoever gets it was never negative, 84 days or more from remission."""
    nothing, treated = (
        world(shipped_strategy("original", mrd={"at_persistence": act})) for act in ("nothing", "blinatumomab")
    )
    without_mrd_dates(nothing, treated)
    given = treated["blinatumomab_courses"] > 0
    assert 50 < given.sum() < N / 2 and set(treated["blinatumomab_courses"][given]) == {1}
    assert (treated["blinatumomab_day"][given] >= treated["remission_day"][given] + 84.0).all()
    assert not (treated["mrd_negative_day"][given] <= treated["blinatumomab_day"][given]).any()
    assert alike(nothing, treated, without=MRD_FIELDS)[~given].all()


def test_transplant_or_not_is_the_same_life_up_to_the_decision(modified):
    without = world(shipped_strategy("modified", transplant={"policy": "none"}))
    for name in (
        "remission_day",
        "refractory_day",
        "burden_at_remission_log10",
        "remission_kind",
        "mrd_negative_at_response",
        "ursodiol",
        "thrombocytopenia_induction",
    ):
        assert modified[name].tobytes() == without[name].tobytes(), name
    early = modified["death_day"] < modified["remission_day"]
    early |= np.isnan(modified["remission_day"])
    assert early.sum() > 100
    assert alike(modified, without)[early].all()


def test_those_who_would_not_be_transplanted_live_the_same_life_under_both(modified):
    without = world(shipped_strategy("modified", transplant={"policy": "none"}))
    never_planned = np.isinf(modified["donor_ready_day"])
    assert 500 < never_planned.sum() < N
    assert alike(modified, without)[never_planned].all()
    assert not alike(modified, without)[np.isfinite(modified["transplant_day"])].any()


def test_post_relapse_care_cannot_reach_back(modified):
    fewer = world(shipped_strategy("modified", after_relapse={"salvage_lines": 0}))
    never = np.isnan(modified["relapse_day"]) & np.isnan(modified["refractory_day"])
    assert never.sum() > 500
    assert alike(modified, fewer)[never].all()
    assert modified["relapse_day"].tobytes() == fewer["relapse_day"].tobytes()


def test_sabotage_one_bit_in_one_field_of_one_life_is_seen(modified):
    other = {name: column.copy() for name, column in modified.items()}
    bits = other["frailty"].view(np.uint64)
    bits[17] ^= np.uint64(1)
    assert np.flatnonzero(~alike(modified, other)).tolist() == [17]
    other["frailty"][17] = modified["frailty"][17]
    other["calendar"][5, 3] += 1e-9 if np.isfinite(other["calendar"][5, 3]) else -np.inf
    assert alike(modified, other).all() == np.array_equal(modified["calendar"], other["calendar"], equal_nan=True)
