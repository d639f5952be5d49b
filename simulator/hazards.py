"""Cumulative-hazard shapes, their inverses, and the arithmetic of thresholds.

Every time-to-event risk is a unit-exponential threshold consumed by a cumulative hazard. Bounded risks
(relapse, death after SCT, SOS) use H(t) = theta * m * F(t) with F a distribution function of latency, the
promotion-time cure model (Yakovlev and Tsodikov 1996): cure is the chance exp(-theta m) that the threshold is
never reached. Days throughout.
"""

import math

import numpy as np

from simulator.compiled import compiled, leaf


@compiled
def weibull_share(days, scale_days, shape):
    """F(t) = 1 - exp(-(t / scale)^shape)."""
    if days <= 0.0:
        return 0.0
    return -math.expm1(-((days / scale_days) ** shape))


@compiled
def weibull_days(share, scale_days, shape):
    """Inverse of `weibull_share`; inf at share >= 1."""
    if share >= 1.0:
        return np.inf
    return scale_days * (-math.log1p(-max(share, 0.0))) ** (1.0 / shape)


@compiled
def exponential_days(share, mean_days):
    """Inverse of F(t) = 1 - exp(-t / mean); inf at share >= 1."""
    if share >= 1.0:
        return np.inf
    return -mean_days * math.log1p(-share)


@compiled
def log_logistic_share(days, median_days, shape):
    """F(t) = (t / median)^shape / (1 + (t / median)^shape)."""
    if days <= 0.0:
        return 0.0
    return 1.0 / (1.0 + (median_days / days) ** shape)


@compiled
def log_logistic_days(share, median_days, shape):
    """Inverse of `log_logistic_share`; inf at share >= 1."""
    if share >= 1.0:
        return np.inf
    if share <= 0.0:
        return 0.0
    return median_days * (share / (1.0 - share)) ** (1.0 / shape)


@compiled
def kumaraswamy_share(days, window_days, a, b):
    """F on a window [0, W]: 1 - (1 - (t / W)^a)^b; 1 from W on."""
    if days <= 0.0:
        return 0.0
    if days >= window_days:
        return 1.0
    return 1.0 - (1.0 - (days / window_days) ** a) ** b


@compiled
def kumaraswamy_days(share, window_days, a, b):
    """Inverse of `kumaraswamy_share`; inf at share >= 1 (the threshold is never reached)."""
    if share >= 1.0:
        return np.inf
    return window_days * (1.0 - (1.0 - max(share, 0.0)) ** (1.0 / b)) ** (1.0 / a)


@leaf
def log_normal_days(z, median_days, sigma):
    """The log-normal quantile at standard normal z."""
    return median_days * math.exp(sigma * z)


@leaf
def probability(log_odds):
    """Inverse logit."""
    return 1.0 / (1.0 + math.exp(-log_odds))


@compiled
def inotuzumab_effect(mg_per_m2, saturation_mg_per_m2, cd22_percent):
    """Effect of a course's InO, saturating in dose and in proportion to antigen; 1 = 1 mg/m2 on 95.4 % CD22 (K068)."""
    if mg_per_m2 == 0.0:
        return 0.0
    reached = math.expm1(-mg_per_m2 / saturation_mg_per_m2) / math.expm1(-1.0 / saturation_mg_per_m2)
    return reached * cd22_percent / 95.4


@leaf
def bounded_rate(p):
    """theta such that 1 - exp(-theta) = p."""
    return -math.log1p(-p)


# Background mortality: annual death probabilities of a period life table at given ages; the force of mortality
# mu = -log(1 - q) is taken log-linear between them (Gompertz pieces), so H and its inverse are closed forms.


@compiled
def gompertz_piece(rate, slope, years):
    """Integral over `years` of rate * exp(slope * s)."""
    if abs(slope) < 1e-12:
        return rate * years
    return rate * math.expm1(slope * years) / slope


@compiled
def years_to_background_death(age_years, threshold, ages, log_rates, limit_years):
    """Years from `age_years` until the life table's cumulative hazard reaches `threshold`; inf beyond the limit.

    ages (k,) increasing, log_rates (k,) log force of mortality per year at those ages. Below the first age its
    rate holds; beyond the last the last slope goes on.
    """
    k = len(ages)
    # the force of mortality rises with age, so that its last value bounds the hazard: most lives stop here
    last = min(age_years + limit_years, ages[k - 1] + 20.0)
    piece = k - 2
    while piece > 0 and last < ages[piece]:
        piece -= 1
    slope = (log_rates[piece + 1] - log_rates[piece]) / (ages[piece + 1] - ages[piece])
    if (
        slope > 0.0
        and last >= ages[0]
        and threshold > limit_years * math.exp(log_rates[piece] + slope * (last - ages[piece]))
    ):
        return np.inf
    waited = 0.0
    left = threshold
    while waited < limit_years:
        age = age_years + waited
        piece = 0
        while piece < k - 2 and age >= ages[piece + 1]:
            piece += 1
        slope = (log_rates[piece + 1] - log_rates[piece]) / (ages[piece + 1] - ages[piece])
        if age < ages[0]:
            slope, rate, span = 0.0, math.exp(log_rates[0]), ages[0] - age
        else:
            rate = math.exp(log_rates[piece] + slope * (age - ages[piece]))
            span = ages[piece + 1] - age if piece < k - 2 else limit_years - waited
        span = min(span, limit_years - waited)
        spent = gompertz_piece(rate, slope, span)
        if spent >= left:
            if abs(slope) < 1e-12:
                return waited + left / rate
            return waited + math.log1p(left * slope / rate) / slope
        left -= spent
        waited += max(span, 1e-9)
    return np.inf
