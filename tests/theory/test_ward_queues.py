"""Waits in the queue agree with M/M/c and M/D/c theory where theory applies, and move as theory says elsewhere.

Rank of proof: closed forms. Customers of the ward's own queue with Poisson arrivals and exponential or constant
stays, served first come, first served; 25 independent queues of 2,500 customers, the first 500 of each left out. The
verdict is a t-test of the 25 means at a false-alarm rate of 1e-4 (|t| <= 4.7). The standard error is 2 to 7 % of a
mean wait and 0.6 to 2.6 % of P(wait): half of all runs would catch an error of 9 (one server, constant stays) to 33 %
(eight, exponential) in the first, of 3 to 12 % in the second, and nearly all runs one half as large again.
"""

import math
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from simpy import Environment

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from simulator.clocks import queue
from simulator.clocks.queue import Shared, mean_level
from simulator.patient import new_patients
from simulator.scenario import load_scenario
from simulator.ward.replicate import run_replicate

QUEUES, CUSTOMERS, LEFT_OUT = 25, 2_500, 500
FALSE_ALARM = 1e-4
SHORT = 0.2  # of a mean stay


def waits_of(servers, rate, stays, seed):
    """(CUSTOMERS,) waits in the ward's queue."""
    environment = Environment()
    shared = Shared(environment, servers)
    arrivals = np.cumsum(np.random.default_rng(seed).exponential(1.0 / rate, CUSTOMERS))
    patients, waits = new_patients(CUSTOMERS), np.full(CUSTOMERS, np.nan)
    patients.id = np.arange(CUSTOMERS)

    def customer(number):
        yield environment.timeout(arrivals[number])
        request = shared.ask(patients[number], 0.0, environment.now)
        if not (yield request.answer):
            yield request.answer
        waits[number] = environment.now - arrivals[number]
        yield environment.timeout(stays[number])
        shared.give_back()

    for number in range(CUSTOMERS):
        environment.process(customer(number))
    environment.run()
    assert np.isfinite(waits).all()
    assert shared.held == 0
    return waits[LEFT_OUT:]


@cache
def exponential(servers, rate):
    generators = [np.random.default_rng([9, seed]) for seed in range(QUEUES)]
    return [waits_of(servers, rate, each.exponential(1.0, CUSTOMERS), seed) for seed, each in enumerate(generators)]


@cache
def constant(servers, rate):
    return [waits_of(servers, rate, np.ones(CUSTOMERS), seed) for seed in range(QUEUES)]


def short_waits(waits):
    """Share that waits, but not long; last come, first served, makes it more than twice as large."""
    return np.mean((waits > 0.0) & (waits <= SHORT))


def agrees(replicates, theory):
    """Whether the mean of independent replicates is what theory says."""
    replicates = np.array(replicates)
    t = (replicates.mean() - theory) / (replicates.std(ddof=1) / math.sqrt(len(replicates)))
    return abs(t) <= stats.t.ppf(1.0 - FALSE_ALARM / 2.0, len(replicates) - 1)


def erlang_c(servers, load):
    """P(wait) in M/M/c."""
    blocked = load**servers / math.factorial(servers) * servers / (servers - load)
    return blocked / (sum(load**k / math.factorial(k) for k in range(servers)) + blocked)


def crommelin(servers, load):
    """Mean wait in M/D/c in units of the stay (Crommelin 1932)."""
    i = np.arange(1, 50_000)
    terms = stats.poisson.sf(i * servers - 1, i * load) - servers / load * stats.poisson.sf(i * servers, i * load)
    assert abs(terms[-1]) < 1e-14
    return terms.sum()


def test_the_formulas_are_right():
    """One server: M/M/1 load / (1 - load), Pollaczek and Khinchine half of it for constant stays; M/M/2 at load 1.6."""
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert crommelin(1, 0.8) == pytest.approx(0.8 / (2 * 0.2))
    assert erlang_c(2, 1.6) == pytest.approx(0.8**2 * 2 / (1 + 0.8))
    # tabulated ratio of the mean waits of M/D/c and M/M/c tends to one half in heavy traffic
    assert crommelin(3, 2.9) / (erlang_c(3, 2.9) / 0.1) == pytest.approx(0.5, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (3, 2.1), (8, 6.4)])
def test_theory_exponential_stays(servers, load):
    waits = exponential(servers, load)
    p, rate = erlang_c(servers, load), servers - load
    assert agrees([np.mean(each > 0.0) for each in waits], p)
    assert agrees([each.mean() for each in waits], p / rate)
    assert agrees([np.mean(each**2) for each in waits], 2.0 * p / rate**2)
    assert agrees([short_waits(each) for each in waits], p * -math.expm1(-rate * SHORT))


@pytest.mark.slow
@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (3, 2.1), (8, 6.4)])
def test_theory_constant_stays(servers, load):
    assert agrees([each.mean() for each in constant(servers, load)], crommelin(servers, load))


@pytest.mark.slow
def test_sabotage_a_wrong_number_of_servers_is_seen():
    p = erlang_c(3, 2.1)
    assert not agrees([each.mean() for each in exponential(4, 2.1)], p / 0.9)
    assert not agrees([each.mean() for each in constant(4, 2.1)], crommelin(3, 2.1))
    assert not agrees([each.mean() for each in constant(3, 2.1)], p / 0.9)  # the wrong law of the stays


@pytest.mark.slow
def test_sabotage_last_come_first_served_is_seen(monkeypatch):
    """It leaves the mean wait alone; more wait a short time, and some very long."""
    monkeypatch.setitem(queue.POLICIES, "first_come", lambda request: (-request.asked_day,))
    waits = exponential.__wrapped__(3, 2.1)
    p = erlang_c(3, 2.1)
    assert agrees([each.mean() for each in waits], p / 0.9)
    assert not agrees([short_waits(each) for each in waits], p * -math.expm1(-0.9 * SHORT))


def test_time_averages_of_a_hand_made_ward():
    """One held over days 1-4, two over 2-3; one waits over 2.5-3."""
    changes = [(1.0, 1, 0), (2.0, 2, 0), (2.5, 2, 1), (3.0, 1, 0), (4.0, 0, 0)]
    assert mean_level(changes, 1, np.array([0.0, 4.0])) == pytest.approx([1.0])
    assert mean_level(changes, 1, np.array([0.0, 1.5, 3.5, 8.0])) == pytest.approx([0.5 / 1.5, 3.0 / 2.0, 0.5 / 4.5])
    assert mean_level(changes, 2, np.array([2.0, 3.0])) == pytest.approx([0.5])
    assert mean_level([], 1, np.array([0.0, 1.0])) == [0.0]


@pytest.mark.slow
def test_scarcer_beds_mean_longer_waits_fewer_transplants_and_longer_intervals():
    """Four wards of 400 patients, 160 referred a year: 8, 5 and 3 beds beside no limit; every ward must agree."""
    settings = ["ward.patients_per_replicate=400", "ward.warm_up_months=6", "ward.run_out_months=6"]
    settings += ["arms.six_beds.ward.sct_beds=5", "arms.six_beds_mrd_first.ward.sct_beds=3"]
    settings += ["arms.six_beds_mrd_first.ward.policy=first_come"]
    scenario = load_scenario("two_beds_fewer", patients=1600, settings=settings)
    for number in range(4):
        found = run_replicate(scenario, number)
        wards = [found.nothing_scarce["eight_beds"], *found.shared.values()]
        values = [ward.values for ward in wards]
        for name in ("bed_wait_days_mean", "bed_waited", "bed_left_relapse", "bed_queue", "interval_weeks_mean"):
            levels = [each[name, None] for each in values]
            assert levels == sorted(levels) and levels[0] < levels[-1], name
        levels = [each["sct", 36] for each in values]
        assert levels == sorted(levels, reverse=True) and levels[0] > levels[-1]
        assert values[0]["bed_wait_days_mean", None] == values[0]["bed_left_relapse", None] == 0.0
        assert all(each["bed_asked", None] == values[0]["bed_asked", None] for each in values)
        assert values[3]["bed_in_use", None] == pytest.approx(3.0, abs=0.2)


def test_little_holds_in_a_ward():
    """Mean queue = patients who ask a day x mean time in the queue, over the whole life of a ward (exact)."""
    from wards import quiet_ward

    from simulator.clocks.ward import BED

    ward = quiet_ward(
        30, {BED: 1}, {"transplant_policy": 2}, {"graft_failure": 1.0, "stay_after_graft_failure_days": 13.0}
    )
    last = ward.shared[BED].changes[-1][0]
    area = mean_level(ward.shared[BED].changes, 2, np.array([0.0, last]))[0] * last
    assert area == pytest.approx(sum(stay.left_day - stay.first_asked_day for stay in ward.stays))
