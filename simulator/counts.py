"""Results are integer sums: whatever the number of workers or the size of blocks, the same bytes.

`Counts` merges by addition. Standard errors of medians come from 256 replicate groups, patient id mod 256: a
draw depends on the id only through Philox, so that the id is as good as any hash, and group sizes differ by
at most one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.compiled import compiled
from simulator.endpoints import (
    BINS_PER_MONTH,
    EARLY_DEATH_DAYS,
    ENDPOINT_COUNT,
    GROUPED_COUNT,
    LANDMARK_MONTHS,
    REMISSION_WITHIN_MONTHS,
    Endpoint,
    edge_days,
)
from simulator.patient import Remission, State, first_line_days
from simulator.strategy import DAYS_PER_MONTH

REPLICATE_GROUPS = 256
BINS_PER_GROUP_BIN = 10  # replicate groups only give standard errors: a third of a month is fine enough

# exact tallies per arm
DEAD_BY_DAY_28, RESPONDERS, CR, CRP, CRI, MRD_NEGATIVE_AT_RESPONSE, LATE_REMISSIONS = range(7)
# of the patients with an SCT planned in first remission: relapse or death came first, or the plan lapsed
SCT_PLANNED, RELAPSED_WAITING, DIED_WAITING, PLAN_LAPSED = range(7, 11)
TALLIES = 11
# histograms of what was delivered; the first two over patients with an SCT
INTERVAL_DAYS, DOSE_BEFORE_SCT, DOSE, BLINATUMOMAB_COURSES = range(4)
DELIVERED = 4
DELIVERED_BINS = 512  # the last holds all beyond
DOSE_BINS_PER_MG = 50.0
# strata of responders by SCT, known when the life ends
EVER_SCT, PUBLISHED_LANDMARK, TRUE_LANDMARK = range(3)
STRATA = 3
SHORTER, EQUAL, LONGER = range(3)


class Counts(NamedTuple):
    """int64 unless stated. A arms, E endpoints, G grouped endpoints, B bins to the horizon, M months, P pairs."""

    patients: np.ndarray
    """(1,) patients, each under every arm."""
    tallies: np.ndarray
    """(A, TALLIES) exact counts, above all deaths by day 28."""
    events: np.ndarray
    """(A, E, B + 1) first events by bin; bin 0 holds events at the origin."""
    groups: np.ndarray
    """(A, G, 256, B / 10 + 2) int32, cells hold at most patients / 256; last bin: none by the horizon."""
    occupancy: np.ndarray
    """(A, State, B + 1) entries minus exits: the running sum is the number in a state at a bin's edge."""
    strata: np.ndarray
    """(A, STRATA, 2, B + 2) OS from day 1 without and with SCT; last bin = alive at the horizon."""
    delivered: np.ndarray
    """(A, DELIVERED, DELIVERED_BINS) days, 1/50 mg/m2 (nearest) or courses; the last bin holds all beyond."""
    pairs: np.ndarray
    """(P, E, M, 2, 2) event by the month [in this arm, in the other]: 2 x 2 counts of pairs of lives."""
    restricted: np.ndarray
    """(P, G, M, 2) sum of d and of d squared, d = restricted time minus the other's, in half bins."""
    lives: np.ndarray
    """(P, 3) shorter, equal, longer life than in the other arm, in whole days up to the horizon."""
    unlike_remissions: np.ndarray
    """(P,) patients whose first remission differs from that in the other arm."""


def new_counts(arms: int, horizon_months: int, report_months: int, pairs: int | None = None) -> Counts:
    """Zeros; `pairs` of arms, by default each arm with the reference."""
    pairs = arms if pairs is None else pairs
    last_bin = horizon_months * BINS_PER_MONTH
    groups = (arms, GROUPED_COUNT, REPLICATE_GROUPS, last_bin // BINS_PER_GROUP_BIN + 2)
    return Counts(
        patients=np.zeros(1, np.int64),
        tallies=np.zeros((arms, TALLIES), np.int64),
        events=np.zeros((arms, ENDPOINT_COUNT, last_bin + 1), np.int64),
        groups=np.zeros(groups, np.int32),
        occupancy=np.zeros((arms, len(State), last_bin + 1), np.int64),
        strata=np.zeros((arms, STRATA, 2, last_bin + 2), np.int64),
        delivered=np.zeros((arms, DELIVERED, DELIVERED_BINS), np.int64),
        pairs=np.zeros((pairs, ENDPOINT_COUNT, report_months, 2, 2), np.int64),
        restricted=np.zeros((pairs, GROUPED_COUNT, report_months, 2), np.int64),
        lives=np.zeros((pairs, 3), np.int64),
        unlike_remissions=np.zeros(pairs, np.int64),
    )


def merge(into: Counts, more: Counts) -> None:
    """Add `more` to `into`, in place."""
    for total, part in zip(into, more, strict=True):
        total += part


def clear(counts: Counts) -> None:
    """Back to zeros, in place."""
    for each in counts:
        each[...] = 0


@compiled
def restricted_half_bins(bin_, limit_bin):
    """Time lived up to `limit_bin` in half bins; an event counts at mid-bin (trapezoid rule)."""
    if bin_ > limit_bin:
        return 2 * limit_bin
    return max(2 * bin_ - 1, 0)


@compiled
def add_life(counts, arm, patient, bins):
    """Count one life under one arm; `bins` (E,) from `bin_of`."""
    last_bin = counts.events.shape[2] - 1
    for endpoint in range(ENDPOINT_COUNT):
        if 0 <= bins[endpoint] <= last_bin:
            counts.events[arm, endpoint, bins[endpoint]] += 1
    group = patient.id % REPLICATE_GROUPS
    for endpoint in range(GROUPED_COUNT):
        if bins[endpoint] >= 0:
            # ceiling: right edges are shared with the fine bins, and last_bin + 1 falls into the last
            coarse = (bins[endpoint] + BINS_PER_GROUP_BIN - 1) // BINS_PER_GROUP_BIN
            counts.groups[arm, endpoint, group, coarse] += 1
    add_tallies(counts.tallies[arm], patient)
    add_delivered(counts.delivered[arm], patient)
    if bins[Endpoint.RFS] >= 0:
        add_strata(counts.strata[arm], patient, bins, last_bin)


@compiled
def add_tallies(tallies, patient):
    """Counts that no bin can hold exactly."""
    if patient.death_day <= EARLY_DEATH_DAYS:
        tallies[DEAD_BY_DAY_28] += 1
    remission = first_line_days(patient)[0]
    if np.isnan(remission):
        return
    tallies[RESPONDERS] += 1
    tallies[CR] += patient.remission_kind == Remission.CR
    tallies[CRP] += patient.remission_kind == Remission.CRP
    tallies[CRI] += patient.remission_kind == Remission.CRI
    tallies[MRD_NEGATIVE_AT_RESPONSE] += patient.mrd_negative_at_response
    tallies[LATE_REMISSIONS] += remission > REMISSION_WITHIN_MONTHS * DAYS_PER_MONTH


@compiled
def add_waiting(tallies, patient, strategy):
    """How the wait for an SCT planned in first remission ended; a lapse takes the planned day back.

    Where SCT is also offered in later remissions, a plan whose donor is found in one counts as a later plan.
    """
    later = strategy.later_transplant and patient.donor_ready_day >= patient.later_remission_day
    if patient.donor_ready_day == np.inf or later:
        return
    tallies[SCT_PLANNED] += 1
    relapse = first_line_days(patient)[1]
    relapsed = not np.isnan(relapse)
    if patient.transplants > 0 and not (relapsed and relapse < patient.transplant_day):
        return
    if patient.transplant_planned_day == np.inf:
        tallies[PLAN_LAPSED] += 1
    elif relapsed:
        tallies[RELAPSED_WAITING] += 1
    elif not np.isnan(patient.death_day):
        tallies[DIED_WAITING] += 1


@compiled
def add_delivered(delivered, patient):
    """What was given, into histograms."""
    last = delivered.shape[1] - 1
    dose = min(int(patient.inotuzumab_mg_per_m2 * DOSE_BINS_PER_MG + 0.5), last)
    delivered[DOSE, dose] += 1
    delivered[BLINATUMOMAB_COURSES, min(patient.blinatumomab_courses + patient.antibody_courses, last)] += 1
    if patient.transplants > 0:
        delivered[DOSE_BEFORE_SCT, dose] += 1  # none is given after SCT
        if not np.isnan(patient.transplant_interval_days):
            delivered[INTERVAL_DAYS, min(int(patient.transplant_interval_days), last)] += 1


@compiled
def add_strata(strata, patient, bins, last_bin):
    """A responder's OS from day 1, by SCT ever and by SCT before the landmark."""
    landmark = LANDMARK_MONTHS * BINS_PER_MONTH
    death, transplant = bins[Endpoint.OS], bins[Endpoint.SCT]
    ever = 1 if transplant <= last_bin else 0
    strata[EVER_SCT, ever, death] += 1
    if death > landmark:
        strata[PUBLISHED_LANDMARK, ever, death] += 1
        if first_line_days(patient)[0] <= edge_days(landmark):
            strata[TRUE_LANDMARK, 1 if transplant <= landmark else 0, death] += 1


@compiled
def add_pairs(counts, pairs, records, bins, report_bins):
    """Count the lives of one patient, one in each arm, against each other: `pairs` (P, 2), never an arm with itself."""
    for pair in range(len(pairs)):
        here, there = pairs[pair, 0], pairs[pair, 1]
        if here != there:
            add_pair(counts, pair, records[here], bins[here], records[there], bins[there], report_bins)


@compiled
def add_pair(counts, pair, patient, bins, other_patient, other_bins, report_bins):
    """Count one patient's life under an arm against the same patient's life under another."""
    for endpoint in range(ENDPOINT_COUNT):
        here, there = bins[endpoint], other_bins[endpoint]
        if here < 0 or there < 0:
            continue
        for month in range(len(report_bins)):
            limit = report_bins[month]
            counts.pairs[pair, endpoint, month, 1 if here <= limit else 0, 1 if there <= limit else 0] += 1
            if endpoint < GROUPED_COUNT:
                d = restricted_half_bins(here, limit) - restricted_half_bins(there, limit)
                counts.restricted[pair, endpoint, month, 0] += d
                counts.restricted[pair, endpoint, month, 1] += d * d
    horizon_days = edge_days(counts.events.shape[2] - 1)
    here_days = whole_days(patient, horizon_days)
    there_days = whole_days(other_patient, horizon_days)
    counts.lives[pair, SHORTER if here_days < there_days else LONGER if here_days > there_days else EQUAL] += 1
    here_remission, there_remission = first_line_days(patient)[0], first_line_days(other_patient)[0]
    both_none = np.isnan(here_remission) and np.isnan(there_remission)
    counts.unlike_remissions[pair] += not (both_none or here_remission == there_remission)


@compiled
def whole_days(patient, horizon_days):
    """Whole days lived, up to the horizon."""
    return int(patient.death_day) if patient.death_day < horizon_days else int(horizon_days)
