"""The likelihood of published figures given the statistics of a very large simulated study: counts, then the rest.

log L = sum of binomials of the counts, given their published denominators
      + multivariate normal of rates, medians and hazard ratios on their working scales, given the counts.

A study that had more responders than expected by chance also lives longer: the mean of the second part is shifted by
the regression of its statistics on the counts, and its covariance is the one that remains, both from simulated
studies of the published size (`spread`). That covariance is held at one set of parameters, estimated anew at the
fit; its inverse is unbiased by the factor of Hartlap et al. 2007, (n - d - 2) / (n - 1) with n simulated studies.

Where an emulator stands for the simulation, the variance of its error is added, as is that of incompatible rows.

A value enters as the probability of what was printed: the normal between half a printed unit below and above, one
after the other, each given the values before it (finest first, so that coarse ones condition on what is well known).
For fine rounding that is the joint density times the widths. A median not reached is the interval
beyond the longest follow-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_ndtr, xlogy

from calibration.spread import Spread
from calibration.targets import COUNT, RATE, Target

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """log L at population statistics m (T,), its gradient (T,) and curvature (T, T), positive semidefinite."""

    value: float
    gradient: Floats
    curvature: Floats


@dataclass(frozen=True)
class Likelihood:
    """Of `data` (T,) as `targets.published` or `targets.measured` gives it; build with `likelihood`.

    m is always (T,) or (K, T): logits of shares, other statistics on their working scales.
    """

    targets: tuple[Target, ...]
    data: Floats
    counts: NDArray[np.int64]  # indices into the targets
    others: NDArray[np.int64]
    weight: Floats  # (counts,) patients, over the variance inflation
    middle: Floats  # (others,) working scale
    below: Floats  # (others,) half-widths of the printed interval
    above: Floats
    bias: Floats
    slope: Floats  # (others, counts) regression on the counts
    whiten: Floats  # (others, others) lower triangular: inverse Cholesky factor of the conditional covariance

    def value(self, m: Floats) -> Floats:
        """log L at each row of m (K, T): (K,)."""
        m = np.atleast_2d(m)
        y = self.data[self.counts]
        logits = m[:, self.counts]
        binomial = (y * log_expit(logits) + (1.0 - y) * log_expit(-logits)) @ self.weight
        low, high = self._bounds(m)
        return binomial + log_interval(low, high).sum(axis=1)

    def terms(self, m: Floats) -> Terms:
        """Value, gradient and curvature at m (T,)."""
        p = expit(m[self.counts])
        low, high = self._bounds(m[None])
        log_p = log_interval(low[0], high[0])
        slope, curvature = _derivatives(low[0], high[0], log_p)
        jacobian = np.zeros((len(self.others), len(m)))  # of the whitened residuals
        jacobian[:, self.others] = -self.whiten
        jacobian[:, self.counts] = self.whiten @ self.slope * (p * (1.0 - p))
        gradient = jacobian.T @ slope
        gradient[self.counts] += self.weight * (self.data[self.counts] - p)
        second = jacobian.T @ (curvature[:, None] * jacobian)
        second[self.counts, self.counts] += self.weight * p * (1.0 - p)
        return Terms(float(self.value(m)[0]), gradient, second)

    def residuals(self, m: Floats) -> Floats:
        """(T,) signed root deviances at m (T,): observed more than expected is positive; NaN where not kept.

        Values are seen given those before them and the counts.
        Their squares add up to twice what log L falls short of its greatest possible value.
        """
        found = np.full(len(self.targets), np.nan)
        y, p, n = self.data[self.counts], expit(m[self.counts]), self.weight
        deviance = 2.0 * n * (xlogy(y, y) - xlogy(y, p) + xlogy(1.0 - y, 1.0 - y) - xlogy(1.0 - y, 1.0 - p))
        found[self.counts] = np.sign(y - p) * np.sqrt(np.maximum(deviance, 0.0))
        low, high = self._bounds(m[None])
        best = log_interval(-(high - low) / 2.0, (high - low) / 2.0)
        gap = 2.0 * (best - log_interval(low, high))[0]
        falling = np.array([self.targets[i].kind == RATE for i in self.others])  # complementary log-log
        found[self.others] = np.sign(low + high)[0] * np.where(falling, -1.0, 1.0) * np.sqrt(np.maximum(gap, 0.0))
        return found

    def _bounds(self, m: Floats) -> tuple[Floats, Floats]:
        """(K, others) whitened bounds of what was printed."""
        shift = (self.data[self.counts] - expit(m[:, self.counts])) @ self.slope.T
        residual = (self.middle - m[:, self.others] - self.bias - shift) @ self.whiten.T
        scale = np.diagonal(self.whiten)
        return residual - self.below * scale, residual + self.above * scale


def likelihood(targets: tuple[Target, ...], spread: Spread, data: Floats, keep: Flags | None = None) -> Likelihood:
    """The likelihood of `data` (T,) at the targets of `keep` (T,); NaN in the data is never kept."""
    kept = ~np.isnan(data) if keep is None else keep & ~np.isnan(data)
    is_count = np.array([one.kind == COUNT for one in targets])
    counts, others = np.flatnonzero(kept & is_count), np.flatnonzero(kept & ~is_count)
    slope, remaining = conditional(spread.covariance, counts, others)
    remaining = remaining * hartlap(spread.replicates - len(counts), len(others))
    inflation = np.array([targets[i].inflation for i in others]) + spread.error[others] ** 2
    remaining[np.diag_indices(len(others))] += (inflation - 1.0) * np.diagonal(remaining)
    sd = np.sqrt(np.diagonal(remaining))
    printed = np.array([_printed(targets[i], data[i], s) for i, s in zip(others, sd, strict=True)]).reshape(-1, 3)
    order = np.argsort((printed[:, 1] + np.minimum(printed[:, 2], 1e6)) / sd, kind="stable")
    others, printed, slope = others[order], printed[order], slope[order]
    factor = np.linalg.cholesky(remaining[np.ix_(order, order)])
    weight = np.array([targets[i].out_of / (targets[i].inflation + spread.error[i] ** 2) for i in counts])
    return Likelihood(
        targets,
        data,
        counts,
        others,
        weight,
        printed[:, 0],
        printed[:, 1],
        printed[:, 2],
        spread.bias[others],
        slope,
        np.linalg.inv(factor),
    )


def conditional(covariance: Floats, given: NDArray[np.int64], of: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Regression slope (of, given) and remaining covariance (of, of) of a joint normal."""
    across = covariance[np.ix_(of, given)]
    slope = across @ np.linalg.pinv(covariance[np.ix_(given, given)], hermitian=True)
    return slope, covariance[np.ix_(of, of)] - slope @ across.T


def hartlap(replicates: int, dimension: int) -> float:
    """Factor on an estimated covariance that makes its inverse unbiased."""
    return (replicates - 1.0) / (replicates - dimension - 2.0)


def log_interval(low: Floats, high: Floats) -> Floats:
    """log of the standard normal probability between low and high, accurate in both tails."""
    flip = low > 0.0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    log_b = log_ndtr(b)
    with np.errstate(divide="ignore"):
        return log_b + np.log(-np.expm1(np.minimum(log_ndtr(a) - log_b, -1e-300)))


def _derivatives(low: Floats, high: Floats, log_p: Floats) -> tuple[Floats, Floats]:
    """First derivative of `log_interval` when both bounds move, and minus the second."""

    def density(x: Floats) -> tuple[Floats, Floats]:
        ratio = np.exp(-0.5 * np.minimum(x * x, 1e300) - 0.5 * math.log(2.0 * math.pi) - log_p)
        return ratio, np.where(np.isfinite(x), x, 0.0) * ratio

    (at_high, high_moment), (at_low, low_moment) = density(high), density(low)
    slope = at_high - at_low
    return slope, np.maximum(slope**2 + high_moment - low_moment, 1e-12)


def _printed(target: Target, value: float, sd: float) -> tuple[float, float, float]:
    """(middle, below, above) of a printed value; a median not reached lies anywhere beyond the follow-up."""
    if math.isinf(value):
        return math.log(target.longest) + sd, sd, math.inf  # values after it are given one spread beyond
    value = target.inside(value)
    middle, (low, high) = target.on_scale(value), target.printed_as(value)
    return middle, middle - low, high - middle
