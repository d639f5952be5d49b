"""Endpoints, each defined once: in words for reports, in code for the kernels.

Every endpoint is the time from an origin to the *first* event of one kind, in one population. Lives go on for
12 months beyond the horizon and first remission comes within 12 months, so that nothing is censored before
the horizon, neither from day 1 nor from remission: Kaplan-Meier is 1 - (events so far) / (patients), the
incidence of a competing event (Aalen-Johansen) is (events of that kind so far) / (patients), both exactly.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from simulator.calendar import NEVER
from simulator.compiled import compiled
from simulator.patient import Cause, first_line_days
from simulator.strategy import DAYS_PER_MONTH

BINS_PER_MONTH = 30  # of 1.014583 days; month m ends exactly at edge 30 m
REMISSION_WITHIN_MONTHS = 12  # of day 1; checked on every life
EARLY_DEATH_DAYS = 28.0
LANDMARK_MONTHS = 4  # of the published landmark (K147)


class Endpoint(IntEnum):
    """Rows of every count; the first four are also counted in replicate groups."""

    OS = 0
    EFS = 1
    RFS = 2
    OS_FROM_CR = 3
    REFRACTORY = 4
    RELAPSE_FROM_DAY_1 = 5
    NRM_FROM_DAY_1 = 6
    RELAPSE = 7
    NRM = 8
    SCT = 9
    SOS_ANY = 10
    SOS_SEVERE = 11
    SOS_FATAL = 12


ENDPOINT_COUNT = len(Endpoint)
GROUPED_COUNT = int(Endpoint.OS_FROM_CR) + 1


class Definition(NamedTuple):
    """What an endpoint means. `survival`: the share without the event is reported, else the share with it."""

    name: str
    title: str
    survival: bool
    responders: bool  # population and origin: first remission; else all patients from day 1
    at_risk: Endpoint  # whose event-free patients are still at risk
    words: str


DEFINITIONS = (
    Definition("os", "Overall survival", True, False, Endpoint.OS, "day 1 to death of any cause"),
    Definition(
        "efs", "Event-free survival", True, False, Endpoint.EFS,
        "day 1 to refractory disease, relapse or death; non-response counts on the day it is declared",
    ),
    Definition(
        "rfs", "Relapse-free survival", True, True, Endpoint.RFS,
        "first remission to morphologic relapse or death, responders only",
    ),
    Definition(
        "os_from_cr", "Overall survival from remission", True, True, Endpoint.OS_FROM_CR,
        "first remission to death of any cause, responders only",
    ),
    Definition(
        "refractory", "Refractory disease", False, False, Endpoint.EFS,
        "day 1 to refractory disease declared; death competes",
    ),
    Definition(
        "relapse_from_day_1", "Relapse, all patients", False, False, Endpoint.EFS,
        "day 1 to morphologic relapse; death and refractory disease compete",
    ),
    Definition(
        "nrm_from_day_1", "Non-relapse mortality, all patients", False, False, Endpoint.EFS,
        "day 1 to death without relapse or refractory disease, which compete; includes early death",
    ),
    Definition(
        "relapse", "Relapse", False, True, Endpoint.RFS,
        "first remission to morphologic relapse, responders only; death without relapse competes",
    ),
    Definition(
        "nrm", "Non-relapse mortality", False, True, Endpoint.RFS,
        "first remission to death without relapse, responders only; relapse competes",
    ),
    Definition(
        "sct", "First SCT", False, False, Endpoint.OS, "day 1 to first SCT in any line; death competes"
    ),
    Definition(
        "sos_any", "SOS", False, False, Endpoint.OS, "day 1 to onset of SOS of any grade; death competes"
    ),
    Definition(
        "sos_severe", "Severe SOS", False, False, Endpoint.OS,
        "day 1 to onset of severe or very severe SOS; death competes",
    ),
    Definition(
        "sos_fatal", "Fatal SOS", False, False, Endpoint.OS, "day 1 to death from SOS; other deaths compete"
    ),
)  # fmt: skip


@compiled
def edge_days(bin_):
    """Right edge of a bin, days; whole months are exact."""
    return bin_ * DAYS_PER_MONTH / BINS_PER_MONTH


@compiled
def bin_of(days, last_bin):
    """The bin (edge b - 1, edge b] that holds `days`; last_bin + 1 = not by the horizon; -1 = NaN."""
    if np.isnan(days):
        return -1
    if days > edge_days(last_bin):
        return last_bin + 1
    bin_ = int(days * BINS_PER_MONTH / DAYS_PER_MONTH)
    # the quotient may be rounded across an edge; edges decide
    while edge_days(bin_) < days:
        bin_ += 1
    while bin_ > 0 and edge_days(bin_ - 1) >= days:
        bin_ -= 1
    return bin_


@compiled
def or_never(day):
    """A day that has not come (NaN) as NEVER."""
    return NEVER if np.isnan(day) else day


@compiled
def endpoint_days(patient, days):
    """Fill `days` (endpoints,): origin to event; NEVER = no event, NaN = not in the population."""
    death = or_never(patient.death_day)
    remission, relapsed, failed = first_line_days(patient)
    relapse = or_never(relapsed)
    refractory = or_never(failed)
    first = min(death, relapse, refractory)
    days[:] = NEVER
    days[Endpoint.OS] = death
    days[Endpoint.EFS] = first
    if refractory == first:
        days[Endpoint.REFRACTORY] = first
    elif relapse == first:
        days[Endpoint.RELAPSE_FROM_DAY_1] = first
    else:
        days[Endpoint.NRM_FROM_DAY_1] = first
    if np.isnan(remission):
        days[Endpoint.RFS] = days[Endpoint.RELAPSE] = days[Endpoint.NRM] = days[Endpoint.OS_FROM_CR] = np.nan
    else:
        days[Endpoint.RFS] = min(relapse, death) - remission
        days[Endpoint.OS_FROM_CR] = death - remission
        if relapse <= death:
            days[Endpoint.RELAPSE] = relapse - remission
        else:
            days[Endpoint.NRM] = death - remission
    days[Endpoint.SCT] = or_never(patient.transplant_day)
    days[Endpoint.SOS_ANY] = or_never(patient.sos_day)
    if patient.sos_severe:
        days[Endpoint.SOS_SEVERE] = days[Endpoint.SOS_ANY]
    if patient.death_cause == Cause.SOS:
        days[Endpoint.SOS_FATAL] = death
