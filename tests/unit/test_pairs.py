"""A watched life is the life that the compiled loop lives; pairs are chosen by number, not by taste.

Rank of proof: agreement with the loop and with its counts, exact.
"""

import numpy as np
import pytest

from simulator.comparison.pairs import SHOWN, groups_of, pairs
from simulator.comparison.watched import Mark, life
from simulator.counts import EQUAL, LONGER, SHORTER
from simulator.endpoints import BINS_PER_MONTH, edge_days
from simulator.runner import run
from simulator.scenario import load_scenario
from simulator.strategy import DAYS_PER_MONTH
from simulator.trajectory import lives

PATIENTS = 150
SCENARIO = load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=7)
HORIZON = float(SCENARIO.horizon_months)
ARMS = ("no_sct", "sct", "sct_after_blinatumomab")


def month(day):
    return float(day) / DAYS_PER_MONTH


def as_lived(watched, row):
    """Judge: what was watched is what the record of the whole life says, up to the horizon."""
    when = {kind: [mark.month for mark in watched.marks if mark.kind == kind] for kind in
            ("death", "sct", "sos", "relapse", "course", "inotuzumab")}  # fmt: skip
    died = month(row.death_day) <= HORIZON
    assert when["death"] == ([month(row.death_day)] if died else [])
    assert watched.months == (month(row.death_day) if died else HORIZON)
    assert (watched.cause == "alive") != died
    dates = [("sct", row.transplant_day), ("sos", row.sos_day)]
    if not np.isnan(
        row.remission_day
    ):  # else a relapse is one from a later remission, of which the record keeps no day
        dates.append(("relapse", row.relapse_day))
    for kind, day in dates:
        first = month(day) if month(day) <= HORIZON else np.nan
        assert (when[kind][:1] or [np.nan])[0] == pytest.approx(first, nan_ok=True, abs=1e-12)
    assert len(when["course"]) == row.courses and len(when["inotuzumab"]) == row.inotuzumab_courses
    begun = [each for each in watched.treatments if each.kind == "blinatumomab"]
    assert len(begun) == row.blinatumomab_courses
    # states follow each other without gaps, from day 1 on, and none is entered twice in a row
    assert watched.states[0][:2] == ("active", 0.0)
    for one, two in zip(watched.states, watched.states[1:]):
        assert one.stop == two.start and one.kind != two.kind
    remission = [each.start for each in watched.states if each.kind.startswith("remission")][:1] or [np.nan]
    assert remission[0] == pytest.approx(month(row.remission_day), nan_ok=True, abs=1e-12)
    assert all(0.0 <= each.start <= each.stop <= watched.months for each in watched.treatments)
    assert all(0.0 <= mark.month <= watched.months for mark in watched.marks)


@pytest.mark.parametrize("arm", ARMS)
def test_a_watched_life_is_the_life_of_the_loop(arm):
    for row in lives(SCENARIO, arm, PATIENTS):
        as_lived(life(SCENARIO, arm, int(row.id)), row)


def test_sabotage_another_patient_a_lost_mark_and_a_shifted_state_are_seen():
    table = lives(SCENARIO, "sct", PATIENTS)
    row = next(row for row in table if row.transplant_day < 200.0 and row.death_day < 600.0)
    watched = life(SCENARIO, "sct", int(row.id))
    as_lived(watched, row)
    first, *rest = watched.states
    for wrong in (
        life(SCENARIO, "sct", int(row.id) + 1),
        watched._replace(marks=[mark for mark in watched.marks if mark.kind != "sct"]),
        watched._replace(marks=[*watched.marks, Mark("course", 0.5)]),
        watched._replace(states=[first._replace(stop=first.stop + 0.1), *rest]),
        watched._replace(cause="alive"),
    ):
        with pytest.raises(AssertionError):
            as_lived(wrong, row)


def test_groups_are_those_of_the_counts():
    counts = run(SCENARIO, workers=1)
    there = lives(SCENARIO, "no_sct", PATIENTS)
    for position, arm in enumerate(each.name for each in SCENARIO.arms):
        if arm == SCENARIO.reference:
            continue
        groups = groups_of(lives(SCENARIO, arm, PATIENTS), there, edge_days(SCENARIO.horizon_months * BINS_PER_MONTH))
        found = {group: int((groups == group).sum()) for group in SHOWN}
        assert found["longer"] == counts.lives[position, LONGER]
        assert found["shorter"] == counts.lives[position, SHORTER]
        assert found["equal"] + found["identical"] == counts.lives[position, EQUAL]
        assert 0 < found["identical"] < PATIENTS


def test_the_first_of_each_group_are_shown():
    found = pairs(SCENARIO, "sct")
    groups = groups_of(lives(SCENARIO, "sct", PATIENTS), lives(SCENARIO, "no_sct", PATIENTS), HORIZON * DAYS_PER_MONTH)
    for group, most in SHOWN.items():
        numbers = [pair.patient for pair in found.shown if pair.group == group]
        assert numbers == list(np.flatnonzero(groups == group)[:most])
    assert sum(cell["value"] for cell in found.shares.values()) == pytest.approx(1.0)
    same = next(pair for pair in found.shown if pair.group == "identical")
    assert same.arm._replace(arm="") == same.reference._replace(arm="")


def test_a_changed_field_is_not_identical():
    table = lives(SCENARIO, "sct", 3)
    other = table.copy()
    other.courses[1] += 1
    assert list(groups_of(other, table, 1e9)) == ["identical", "equal", "identical"]
