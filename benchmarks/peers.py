"""One small six-state model three ways: plain SimPy, vectorised NumPy, and this simulator's own pieces.

The model is not the clinical one. Six states, a Weibull sojourn in each from the time it is entered, a fixed chance of
each successor, 120 months of follow-up. Each way uses its own random numbers, so that they agree in distribution and
not patient by patient; `alive` (the share alive at the end) is printed beside the speed to show that they do.
"""

import time

import numpy as np
import simpy

from simulator.compiled import compiled
from simulator.draws import exponential_from, uniform_pair

HORIZON_MONTHS = 120.0
DEAD = 5
SCALE_MONTHS = np.array([3.0, 24.0, 60.0, 6.0, 12.0])
SHAPE = np.array([1.2, 0.9, 0.8, 1.0, 1.1])
# cumulative chance of the next state, one row a state: active, remission, after SCT, relapsed, later remission
NEXT = np.cumsum(
    np.array(
        [
            [0.0, 0.70, 0.0, 0.15, 0.0, 0.15],
            [0.0, 0.0, 0.30, 0.50, 0.0, 0.20],
            [0.0, 0.0, 0.0, 0.45, 0.0, 0.55],
            [0.0, 0.0, 0.0, 0.0, 0.30, 0.70],
            [0.0, 0.0, 0.0, 0.60, 0.0, 0.40],
        ]
    ),
    axis=1,
)


def with_simpy(n: int, seed: int) -> float:
    """One process a patient, all in one Environment."""
    rng = np.random.default_rng(seed)
    alive = 0

    def patient(environment):  # type: ignore[no-untyped-def]
        nonlocal alive
        state = 0
        while state != DEAD:
            stay = SCALE_MONTHS[state] * (-np.log1p(-rng.random())) ** (1.0 / SHAPE[state])
            if environment.now + stay > HORIZON_MONTHS:
                alive += 1
                return
            yield environment.timeout(stay)
            state = int(np.searchsorted(NEXT[state], rng.random(), side="right"))

    environment = simpy.Environment()
    for _ in range(n):
        environment.process(patient(environment))
    environment.run(until=HORIZON_MONTHS + 1.0)
    return alive / n


def with_numpy(n: int, seed: int) -> float:
    """All patients make their k-th move together."""
    rng = np.random.default_rng(seed)
    state, now = np.zeros(n, np.int64), np.zeros(n)
    alive = 0
    while len(state):
        now = now + SCALE_MONTHS[state] * (-np.log1p(-rng.random(len(state)))) ** (1.0 / SHAPE[state])
        inside = now <= HORIZON_MONTHS
        alive += int(np.sum(~inside))
        state, now = state[inside], now[inside]
        state = np.sum(rng.random(len(state))[:, None] >= NEXT[state], axis=1)
        living = state != DEAD
        state, now = state[living], now[living]
    return alive / n


@compiled
def with_our_pieces(n, seed, scale, shape, following):
    """A compiled loop; both draws of a move come from one Philox block, keyed by patient and move."""
    alive = 0
    for patient in range(n):
        state, now, move = 0, 0.0, 0
        while state != DEAD:
            u_stay, u_next = uniform_pair(seed, patient, 0, move)
            now += scale[state] * exponential_from(u_stay) ** (1.0 / shape[state])
            if now > HORIZON_MONTHS:
                alive += 1
                break
            state_after = 0
            while u_next >= following[state, state_after]:
                state_after += 1
            state = state_after
            move += 1
    return alive / n


def measured() -> list[tuple[str, float, float]]:
    """(name, patients per second of CPU, share alive at the horizon), best of three."""
    seed = np.uint64(20230523)
    with_our_pieces(10, seed, SCALE_MONTHS, SHAPE, NEXT)
    ways = (
        ("SimPy, one Environment", 5_000, lambda n: with_simpy(n, 1)),
        ("NumPy, vectorised", 200_000, lambda n: with_numpy(n, 1)),
        ("our pieces, compiled", 200_000, lambda n: with_our_pieces(n, seed, SCALE_MONTHS, SHAPE, NEXT)),
    )
    found = []
    for name, n, way in ways:
        best, alive = np.inf, 0.0
        for _ in range(3):
            start = time.thread_time()
            alive = way(n)
            best = min(best, time.thread_time() - start)
        found.append((name, n / best, alive))
    return found


if __name__ == "__main__":
    for name, speed, alive in measured():
        print(f"{name:26s} {speed / 1e6:8.3f} M patients/s   alive at 120 months {alive:.3f}")
