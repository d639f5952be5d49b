"""The event log is of the same lives that the cohort clock lives, and full arrays are an error.

Rank of proof: identity, bit for bit, for every arm of every shipped scenario; each judge is shown a wrong log.
"""

import numpy as np
import pytest

from simulator.calendar import LAST_DEATH_SLOT, NEVER, SLOTS, Slot
from simulator.patient import State, state_now
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.strategy import AfterRelapse
from simulator.trajectory import event_log, lives
from simulator.trajectory.event_log import EventLog, event_logs
from simulator.trajectory.life import life_of
from simulator.trajectory.states import FIRST_DEATH, MOST_REMISSIONS, STATES
from simulator.ward import without_limits

PATIENTS = 1200
SCENARIO = load_scenario("sct_vs_no_sct", patients=PATIENTS, seed=11)


def one_log(scenario, arm, n):
    """The log of n patients as one block, copied out of the arrays that are lent."""
    (log,) = event_logs(scenario, arm, n)
    return EventLog(*(part.copy() for part in log))


def sound(log):
    """What holds of any log, whatever the rules."""
    n = len(log.records)
    assert log.starts[0] == 0 and log.starts[-1] == len(log.days) and (np.diff(log.starts) > 0).all()
    assert (log.slots >= 0).all() and (log.slots < SLOTS).all() and (log.days < NEVER).all()
    of = np.repeat(np.arange(n), np.diff(log.starts))
    assert (np.diff(log.days)[of[1:] == of[:-1]] >= 0.0).all()
    dead = log.records.death_cause > 0
    last = log.starts[1:] - 1
    assert ((log.slots[last] <= LAST_DEATH_SLOT) == dead).all()
    assert (log.days[last][dead] == log.records.death_day[dead]).all()
    assert ((log.states[last] >= FIRST_DEATH) == dead).all()
    assert (log.states[last][dead] == FIRST_DEATH + log.records.death_cause[dead] - 1).all()
    # each counter of the record is a number of events in the log
    for slot, field in ((Slot.INOTUZUMAB, "inotuzumab_mg_per_m2"), (Slot.TRANSPLANT, "transplants")):
        assert (np.bincount(of[log.slots == slot], minlength=n)[log.records[field] > 0] > 0).all(), field


@pytest.mark.parametrize("name", [name for name, _ in shipped_scenarios()])
def test_a_logged_life_is_the_same_life(name):
    scenario = without_limits(load_scenario(name, patients=PATIENTS, seed=5))
    for arm in scenario.arms:
        log = one_log(scenario, arm.name, PATIENTS)
        assert log.records.tobytes() == lives(scenario, arm.name, PATIENTS).tobytes()
        sound(log)


def test_blocks_do_not_change_a_log(monkeypatch):
    whole = one_log(SCENARIO, "sct", 300)
    monkeypatch.setattr(event_log, "LIVES_PER_LOG", 70)
    parts = [EventLog(*(part.copy() for part in log)) for log in event_logs(SCENARIO, "sct", 300)]
    assert [len(part.records) for part in parts] == [70, 70, 70, 70, 20]
    for field in ("records", "first_states", "slots", "days", "states"):
        joined = np.concatenate([getattr(part, field) for part in parts])
        assert joined.tobytes() == getattr(whole, field).tobytes(), field


def test_a_life_told_event_by_event_is_the_logged_life():
    log = one_log(SCENARIO, "sct_early", 40)
    for patient in range(40):
        life = life_of(SCENARIO, "sct_early", patient)
        mine = slice(*log.starts[patient : patient + 2])
        assert [event.day for event in life.events] == log.days[mine].tolist()
        assert [event.slot for event in life.events] == log.slots[mine].tolist()
        assert [event.state for event in life.events] == log.states[mine].tolist()
        assert life.events[-1].after.tobytes() == log.records[patient].tobytes()
        assert all(a.after is b.before for a, b in zip(life.events, life.events[1:]))


def test_states_are_those_of_the_occupancy():
    """Another derivation of the state, `patient.state_now`, agrees after every event."""
    for arm in ("no_sct", "sct_early"):
        for patient in range(150):
            for event in life_of(SCENARIO, arm, patient).events:
                name, other = STATES[event.state], State(state_now(event.after))
                if other == State.DEAD:
                    assert name.startswith("death_")
                elif other == State.REMISSION:
                    assert name == "remission_1"
                elif other == State.REMISSION_AFTER_SCT:
                    assert name == "sct_1"
                elif other == State.LATER_REMISSION:
                    assert name.startswith(("remission_", "sct_")) and not name.endswith("_1")
                else:
                    assert name in ("active", "refractory") or name.startswith("relapse_")


def test_a_life_that_does_not_fit_is_an_error():
    counts = np.diff(one_log(SCENARIO, "sct", 50).starts)
    most = int(counts.max())
    assert len(next(event_logs(SCENARIO, "sct", 50, most_events=most)).records) == 50
    with pytest.raises(RuntimeError, match=f"patient {counts.argmax()} has more than {most - 1} events under sct"):
        list(event_logs(SCENARIO, "sct", 50, most_events=most - 1))


def test_the_longest_plan_fits():
    """Marrows every month for five years, all courses and lines: lives of twice these events would fit."""
    settings = {
        "arms.sct.mrd.surveillance_every_months": "1",
        "arms.sct.mrd.surveillance_months": "60",
        "arms.sct.mrd.at_molecular_relapse": '"blinatumomab"',
        "arms.sct.after_relapse.salvage_lines": "4",
        "arms.sct.chemotherapy.courses": "8",
        "arms.sct.maintenance.blinatumomab_courses": "8",
        "arms.sct.maintenance.pomp_months_between": "1",
        "arms.sct.maintenance.pomp_months": "60",
        "horizon_months": "240",
    }
    long = load_scenario("sct_vs_no_sct", patients=4000, seed=1, settings=settings)
    log = one_log(long, "sct", 4000)
    assert 100 < np.diff(log.starts).max() < event_log.MOST_EVENTS / 2


def test_there_are_states_for_every_remission_that_a_strategy_allows():
    (bound,) = [each.le for each in AfterRelapse.model_fields["salvage_lines"].metadata if hasattr(each, "le")]
    assert 1 + bound == MOST_REMISSIONS


# Sabotage


@pytest.mark.parametrize(
    "wrong",
    [
        lambda log: log._replace(days=log.days[::-1].copy()),
        lambda log: log._replace(days=np.where(log.slots <= LAST_DEATH_SLOT, log.days + 1e-9, log.days)),
        lambda log: log._replace(states=np.zeros_like(log.states)),
        lambda log: log._replace(slots=np.where(log.slots <= LAST_DEATH_SLOT, Slot.MRD, log.slots)),
        lambda log: log._replace(slots=np.where(log.slots == Slot.INOTUZUMAB, Slot.MRD, log.slots)),
        lambda log: log._replace(starts=log.starts[:-1]),
    ],
    ids=["order", "death a moment later", "states", "death slot", "doses", "starts"],
)
def test_sabotage_a_wrong_log_is_seen(wrong):
    log = one_log(SCENARIO, "sct", 200)
    sound(log)
    with pytest.raises((AssertionError, ValueError)):
        sound(wrong(log))
