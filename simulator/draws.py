"""Luck: every draw is a pure function of (seed, patient, decision, occurrence).

Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011) is a keyed
bijection, not a stream: order, blocks, workers, bystanders and other arms cannot change a patient's luck.
Key = the 64-bit seed. Counter = (patient id, 64 bits; block = decision // 2; occurrence). One block yields two
53-bit uniforms, for decisions 2k and 2k+1. `occurrence` is a course, line or transplant number, or the nominal
day of a scheduled measurement; never a count of visits.
"""

import math

import numpy as np

from simulator.compiled import compiled, leaf

MASK_32 = np.uint64(0xFFFFFFFF)
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
BITS_32 = np.uint64(32)
BITS_11 = np.uint64(11)
UNIT = 2.0**-53

# Decisions. The number is part of every patient's luck: append, never renumber.
# Pairs (2k, 2k+1) share a block; put together what is asked together.
AGE, SEX = 0, 1
LINE_AT_ENTRY, FIRST_REMISSION_LENGTH = 2, 3
FRAILTY, FRAILTY_SELECTION = 4, 5
CYTOGENETICS, TP53 = 6, 7
COMPLEX_KARYOTYPE, CRLF2 = 8, 9
BLASTS, PERFORMANCE = 10, 11
CD19, CD22 = 12, 13
PRIOR_TRANSPLANT, FITNESS = 14, 15
DONOR_TYPE, DONOR_SEARCH = 16, 17
PHILADELPHIA, URSODIOL = 18, 19
EARLY_DEATH, BACKGROUND_DEATH = 20, 21
LOG_KILL, ASSESSMENT_DAY = 22, 23
PLATELETS, PLATELET_DAYS = 24, 25
REMISSION_TYPE, MRD_ERROR = 26, 27
LEAVE_PROTOCOL, EARLY_BLINATUMOMAB = 28, 29
RELAPSE, DOUBLING_TIME = 30, 31
REMISSION_DEATH, LEUKAEMIA_DEATH = 32, 33
CLONE_RESCUE, BLINATUMOMAB_STOP = 34, 35
TRANSPLANT_UPTAKE, TRANSPLANT_DELAY = 36, 37
CONDITIONING, TRANSPLANT_DEATH = 38, 39
ENGRAFTMENT, ACUTE_GVHD = 40, 41
CHRONIC_GVHD, GVHD_DAY = 42, 43
SOS_DRUG, SOS_TRANSPLANT = 44, 45
SOS_SEVERITY, SOS_DEATH_DAY = 46, 47
SALVAGE_RESPONSE, SALVAGE_DAY = 48, 49
ENTRY_IN_REMISSION, ENTRY_FIRST_REMISSION = 50, 51
ENTRY_MRD, ENTRY_REMISSION_MONTHS = 52, 53
CD19_LOSS, CD22_LOSS = 54, 55
INTERIM_THERAPY, INTERIM_DAYS = 56, 57
ANTIBODY_KILL, ANTIBODY_LEAVE = 58, 59
DUAL_ALKYLATORS, DUAL_TBI = 60, 61
ANTIBODY_MRD, ANTIBODY_SPARE = 62, 63
# The ward, not a patient: the counter holds the replicate's number in place of the patient's.
ARRIVAL, ARRIVAL_SPARE = 90, 91
# The observation layer (what a trial sees of a life), not the life itself.
ENTRY_DATE, LOSS_TO_FOLLOW_UP = 100, 101
TP53_TESTED, CYTOGENETICS_CLASSIFIED = 102, 103
MRD_ASSESSED = 104


@compiled
def philox_4x32_10(counter_0, counter_1, counter_2, counter_3, key_0, key_1):
    """Ten rounds of Philox 4x32; all words are 32 bits held in uint64."""
    for _ in range(10):
        product_0 = MULTIPLIER_0 * counter_0
        product_1 = MULTIPLIER_1 * counter_2
        counter_0, counter_1, counter_2, counter_3 = (
            (product_1 >> BITS_32) ^ counter_1 ^ key_0,
            product_1 & MASK_32,
            (product_0 >> BITS_32) ^ counter_3 ^ key_1,
            product_0 & MASK_32,
        )
        key_0 = (key_0 + WEYL_0) & MASK_32
        key_1 = (key_1 + WEYL_1) & MASK_32
    return counter_0, counter_1, counter_2, counter_3


@leaf
def uniform_pair(seed, patient_id, block, occurrence):
    """The two uniforms on [0, 1) of decisions (2 block, 2 block + 1)."""
    seed, patient = np.uint64(seed), np.uint64(patient_id)
    word_0, word_1, word_2, word_3 = philox_4x32_10(
        patient & MASK_32,
        patient >> BITS_32,
        np.uint64(block),
        np.uint64(occurrence),
        seed & MASK_32,
        seed >> BITS_32,
    )
    first = ((word_0 << BITS_32) | word_1) >> BITS_11
    second = ((word_2 << BITS_32) | word_3) >> BITS_11
    return np.float64(first) * UNIT, np.float64(second) * UNIT


@leaf
def uniform(patient, decision, occurrence):
    """One uniform on [0, 1) for this patient, decision and occurrence."""
    pair = uniform_pair(patient.seed, patient.id, decision // 2, occurrence)
    return pair[0] if decision % 2 == 0 else pair[1]


@leaf
def exponential_from(u):
    """Unit exponential from a uniform on [0, 1)."""
    return -np.log(1.0 - u)


@leaf
def exponential(patient, decision, occurrence):
    """A unit-exponential threshold."""
    return exponential_from(uniform(patient, decision, occurrence))


@compiled
def normal_from(u):
    """Standard normal quantile of u on [0, 1): Wichura 1988, AS 241 (PPND16), relative error about 1e-16."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
               + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
               + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)
            / (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
               + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
               + 4.2313330701600911252e1) * r + 1.0)
        )  # fmt: skip
    tail = min(u, 1.0 - u)
    # u is a multiple of 2^-53; half a step keeps zero finite
    r = np.sqrt(-np.log(max(tail, 0.5 * UNIT)))
    if r <= 5.0:
        r -= 1.6
        value = (
            (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
             + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
             + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)
            / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
               + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
               + 2.05319162663775882187e0) * r + 1.0)
        )  # fmt: skip
    else:
        r -= 5.0
        value = (
            (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
             + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
             + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)
            / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
               + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
               + 5.99832206555887937690e-1) * r + 1.0)
        )  # fmt: skip
    return -value if q < 0.0 else value


@compiled
def normal(patient, decision, occurrence):
    """A standard normal."""
    return normal_from(uniform(patient, decision, occurrence))


@compiled
def normal_below(z):
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
