"""A clock-reset semi-Markov model of six states on the project's own pieces, against numerical integration.

Rank of proof: theory. The model is for this test only: calendar, keyed draws, hazards and the compiler are
the shipped ones. Occupancy solves the renewal equations u_k = sum_j u_j * f_jk (convolution), P_k = u_k *
S_k, here on a grid of 0.05 months, entries at the middle of a step (grid error below 2e-4, checked against
a grid twice as wide).

n = 100,000 lives, fixed seed; 6 states x 5 months = 30 comparisons. Verdict: |z| < 5.0 with 2e-4 of grid
error added, false-alarm rate 2e-5 for all; the smallest error surely caught is 0.016 in an occupancy.
"""

import numpy as np
import pytest

from simulator.calendar import NEVER, SLOTS, next_slot
from simulator.compiled import compiled
from simulator.draws import uniform_pair
from simulator.hazards import log_logistic_days, weibull_days
from simulator.patient import new_patients

MONTHS = (6, 12, 24, 36, 60)
N = 100_000
SEED = 71
STATES = 6  # active, remission, SCT, relapsed, second remission, dead
DEAD = 5
GRID_ERROR = 2e-4
# (from, to, law, scale in months, shape): the earliest latent time out of a state wins; clocks reset on entry
LAWS = (
    (0, 1, "weibull", 2.0, 1.5),
    (0, 5, "weibull", 9.0, 0.9),
    (1, 2, "log_logistic", 5.0, 3.0),
    (1, 3, "log_logistic", 14.0, 1.4),
    (1, 5, "weibull", 80.0, 1.0),
    (2, 3, "weibull", 60.0, 0.8),
    (2, 5, "weibull", 50.0, 0.7),
    (3, 4, "log_logistic", 4.0, 2.0),
    (3, 5, "weibull", 6.0, 1.2),
    (4, 3, "log_logistic", 6.0, 1.6),
    (4, 5, "weibull", 40.0, 1.1),
)
SOURCE, TARGET = (np.array([law[k] for law in LAWS]) for k in (0, 1))
IS_WEIBULL = np.array([law[2] == "weibull" for law in LAWS])
SCALE, SHAPE = (np.array([law[k] for law in LAWS]) for k in (3, 4))


@compiled
def enter(patient, state, now, visit, source, is_weibull, scale, shape):
    """Reset the calendar: a latent time for each way out of `state`, from this visit's own draws."""
    patient.calendar[:] = NEVER
    for law in range(len(source)):
        if source[law] == state:
            u = uniform_pair(patient.seed, patient.id, 200 + law, visit)[0]
            wait = (
                weibull_days(u, scale[law], shape[law])
                if is_weibull[law]
                else log_logistic_days(u, scale[law], shape[law])
            )
            patient.calendar[law] = now + wait


@compiled
def occupy(patient, counts, seed, n, months, source, target, is_weibull, scale, shape):
    """counts[m, state] += 1 for each patient's state at each of `months`."""
    for patient_id in range(n):
        patient.seed, patient.id = seed, patient_id
        state, visit, seen = 0, 1, 0
        enter(patient, state, 0.0, visit, source, is_weibull, scale, shape)
        while seen < len(months):
            slot, now = next_slot(patient)
            while seen < len(months) and months[seen] < now:
                counts[seen, state] += 1
                seen += 1
            if now == NEVER:
                break
            state = target[slot]
            visit += 1
            enter(patient, state, now, visit, source, is_weibull, scale, shape)


def simulated(scale=SCALE, shape=SHAPE):
    counts = np.zeros((len(MONTHS), STATES), np.int64)
    patient = new_patients(1)[0]
    arrays = (np.array(MONTHS, float), SOURCE, TARGET, IS_WEIBULL, scale, shape)
    occupy(patient, counts, np.uint64(SEED), N, *arrays)
    assert (counts.sum(axis=1) == N).all()
    return counts / N


def survival(kind, scale, shape, t):
    power = (t / scale) ** shape
    return np.exp(-power) if kind == "weibull" else 1.0 / (1.0 + power)


def integrated(step):
    """Occupancy at MONTHS from the renewal equations; entries lie at the middle of each step."""
    n = round(MONTHS[-1] / step)
    edges = np.arange(n + 1) * step
    out = [[law for law in LAWS if law[0] == state] for state in range(STATES)]

    def stay(state, t):
        return np.prod([survival(*law[2:], t) for law in out[state]], axis=0) if out[state] else np.ones_like(t)

    # leaves[j, k][i]: chance that a sojourn in j ends in k within step i of it
    leaves = {}
    for state in range(STATES):
        drop = -np.diff(stay(state, edges))
        middle = (edges[1:] + edges[:-1]) / 2
        hazards = {}
        for law in out[state]:
            eps = 1e-5
            logs = [np.log(survival(*law[2:], middle + sign * eps)) for sign in (-1, 1)]
            hazards[law[1]] = (logs[0] - logs[1]) / (2 * eps)
        total = sum(hazards.values()) if hazards else 1.0
        for to, hazard in hazards.items():
            leaves[state, to] = drop * hazard / total
    # a sojourn of m to m + 1 steps from the middle of a step ends m or m + 1 steps later, equally often
    late = {key: 0.5 * (np.r_[0.0, w] + np.r_[w, 0.0])[:n] for key, w in leaves.items()}
    entered = np.zeros((STATES, n))
    for (source, to), w in leaves.items():
        if source == 0:
            entered[to] += w
    first = entered.copy()
    entered[:] = 0.0
    stays = np.array([stay(state, (np.arange(n) + 0.5) * step) for state in range(STATES)])
    at_once = np.zeros((STATES, STATES))  # entered and left within one step
    for (source, to), w in late.items():
        at_once[to, source] = w[0] if source != 0 else 0.0
    for i in range(n):
        arrivals = first[:, i].copy()
        for (source, to), w in late.items():
            if source != 0 and i > 0:
                arrivals[to] += entered[source, :i] @ w[i:0:-1]
        entered[:, i] = np.linalg.solve(np.eye(STATES) - at_once, arrivals)
    P = np.zeros((len(MONTHS), STATES))
    for row, month in enumerate(MONTHS):
        i = round(month / step)
        P[row, 0] = stay(0, np.array([float(month)]))[0]
        for state in range(1, STATES):
            P[row, state] = entered[state, :i] @ stays[state, :i][::-1]
    return P


@pytest.fixture(scope="module")
def expected():
    return integrated(0.05)


def z_scores(seen, expected):
    """|difference| beyond the grid error, in Monte Carlo standard errors."""
    error = np.sqrt(np.maximum(expected * (1.0 - expected), 1e-6) / N)
    return np.maximum(np.abs(seen - expected) - GRID_ERROR, 0.0) / error


def test_the_numerical_solution_has_converged(expected):
    assert np.abs(integrated(0.1) - expected).max() < 4 * GRID_ERROR
    np.testing.assert_allclose(expected.sum(axis=1), 1.0, atol=GRID_ERROR)


def test_theory_state_occupancy(expected):
    assert z_scores(simulated(), expected).max() < 5.0
    assert (expected[0] > 0.002).all()  # every state is really visited


def test_every_law_has_its_slot():
    assert len(LAWS) <= SLOTS


@pytest.mark.parametrize("law", range(len(LAWS)))
def test_sabotage_any_law_off_is_seen(law, expected):
    """A scale 20 % out moves some occupancy; the hazards of rare exits need 40 %."""
    scale = SCALE.copy()
    scale[law] *= 1.4 if SCALE[law] >= 40.0 else 1.2
    assert z_scores(simulated(scale), expected).max() > 5.0


def test_sabotage_a_clock_that_does_not_reset_is_seen(expected):
    shape = SHAPE.copy()
    shape[:] = 1.0  # memoryless: what would remain if sojourn did not matter
    assert z_scores(simulated(shape=shape), expected).max() > 5.0
