"""Cox partial likelihood with its derivatives, Efron's method for ties; and the inverse that Newton needs.

Sources: Andersen & Gill 1982; Efron 1977.
"""

import math

import numpy as np

from simulator.compiled import compiled

# Below this, information on a standardised covariate is gone: a collinear column, or separation ran away.
PIVOT_TOLERANCE = 1e-9


@compiled
def add_moments(x, risk, s1, s2):
    """Add one row's risk to the first and (upper triangle of the) second moments of the covariates."""
    for a in range(x.size):
        s1[a] += risk * x[a]
        for b in range(a, x.size):
            s2[a, b] += risk * x[a] * x[b]


@compiled
def partial_likelihood(start, stop, event, x, by_stop, by_start, beta, gradient, information):
    """Log partial likelihood; fills the gradient (p,) and the upper triangle of the information (p, p).

    Walks event times from the last to the first: rows join at their stop and leave at their start.
    """
    n, p = x.shape
    gradient[:] = 0.0
    information[:, :] = 0.0
    risk = np.empty(n)
    for i in range(n):
        eta = 0.0
        for a in range(p):
            eta += x[i, a] * beta[a]
        risk[i] = math.exp(min(eta, 500.0))
    s0, s1, s2 = 0.0, np.zeros(p), np.zeros((p, p))
    t1, t2 = np.empty(p), np.empty((p, p))
    log_likelihood = 0.0
    joined = n
    left = n
    while joined > 0:
        t = stop[by_stop[joined - 1]]
        deaths = 0
        t0 = 0.0
        t1[:] = 0.0
        t2[:, :] = 0.0
        while left > 0 and start[by_start[left - 1]] >= t:
            row = by_start[left - 1]
            s0 -= risk[row]
            add_moments(x[row], -risk[row], s1, s2)
            left -= 1
        if joined == left:
            # Nobody is left at risk: forget the rounding that the subtractions piled up.
            s0 = 0.0
            s1[:] = 0.0
            s2[:, :] = 0.0
        while joined > 0 and stop[by_stop[joined - 1]] == t:
            row = by_stop[joined - 1]
            s0 += risk[row]
            add_moments(x[row], risk[row], s1, s2)
            if event[row]:
                deaths += 1
                t0 += risk[row]
                add_moments(x[row], risk[row], t1, t2)
                log_likelihood += math.log(risk[row])
                for a in range(p):
                    gradient[a] += x[row, a]
            joined -= 1
        for tie in range(deaths):
            f = tie / deaths
            total = s0 - f * t0
            if not total > 0.0:
                return -np.inf
            log_likelihood -= math.log(total)
            for a in range(p):
                mean = (s1[a] - f * t1[a]) / total
                gradient[a] -= mean
                for b in range(a, p):
                    square = s2[a, b] - f * t2[a, b]
                    information[a, b] += (square - mean * (s1[b] - f * t1[b])) / total
    return log_likelihood


@compiled
def inverted(information):
    """Inverse of a symmetric matrix given by its upper triangle; False when not safely positive definite."""
    p = information.shape[0]
    root = np.zeros((p, p))
    inverse = np.full((p, p), np.nan)
    for a in range(p):
        for b in range(a, p):
            rest = information[a, b]
            for c in range(a):
                rest -= root[c, a] * root[c, b]
            if a == b:
                if not rest > PIVOT_TOLERANCE * max(1.0, information[a, a]):
                    return inverse, False
                root[a, a] = math.sqrt(rest)
            else:
                root[a, b] = rest / root[a, a]
    for column in range(p):
        for a in range(p):
            rest = 1.0 if a == column else 0.0
            for c in range(a):
                rest -= root[c, a] * inverse[c, column]
            inverse[a, column] = rest / root[a, a]
        for a in range(p - 1, -1, -1):
            rest = inverse[a, column]
            for c in range(a + 1, p):
                rest -= root[a, c] * inverse[c, column]
            inverse[a, column] = rest / root[a, a]
    return inverse, True
