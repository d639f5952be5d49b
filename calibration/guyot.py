"""Pseudo-patients from a curve and its numbers at risk (Guyot, Ades, Ouwens & Welton 2012): the secondary route.

Deaths between two printed numbers at risk follow from the curve, censorings are spread evenly and their number is
adjusted until the number at risk is met. Its limit: beyond the last number at risk nothing says who was censored; a
flat tail with nobody counted invents late deaths or none. Score the curve itself (`own_data`) wherever possible.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.curves import DigitisedCurve

MOST_ADJUSTMENTS = 200


class PseudoPatients(NamedTuple):
    """Months (n,) and whether death was seen (n,); what limits them, in sentences."""

    months: NDArray[np.float64]
    dead: NDArray[np.bool_]
    limits: tuple[str, ...]


def reconstruct(curve: DigitisedCurve, patients: int) -> PseudoPatients:
    """Pseudo-patients (n,) whose Kaplan-Meier curve and numbers at risk are those printed, as nearly as whole
    patients allow. ValueError without numbers at risk: then nothing tells death from censoring."""
    if len(curve.at_risk) < 2:
        raise ValueError("pseudo-patients need numbers at risk at two times or more")
    # a point at the time of a number at risk tells of deaths before it
    edges = np.searchsorted(curve.months, curve.at_risk_months + 1e-9)
    between = (curve.months + np.concatenate(([0.0], curve.months[:-1]))) / 2.0
    months: list[float] = []
    dead: list[bool] = []
    survival, at_risk = 1.0, patients
    for interval, start in enumerate(curve.at_risk_months):
        last = interval + 1 == len(curve.at_risk_months)
        stop = max(float(curve.months[-1]), float(start)) + 1e-6 if last else float(curve.at_risk_months[interval + 1])
        steps = slice(edges[interval], len(curve.months) if last else edges[interval + 1])
        wanted = None if last else int(curve.at_risk[interval + 1])
        deaths, censored, survival, at_risk = _interval(
            between[steps], curve.survival[steps], start, stop, survival, at_risk, wanted
        )
        months += [*deaths, *censored]
        dead += [True] * len(deaths) + [False] * len(censored)
    months += [float(max(curve.months[-1], curve.at_risk_months[-1]))] * at_risk
    dead += [False] * at_risk
    return PseudoPatients(np.array(months), np.array(dead), tuple(_limits(curve, int(np.sum(dead)))))


def _interval(
    times: NDArray[np.float64],
    steps: NDArray[np.float64],
    start: float,
    stop: float,
    survival: float,
    at_risk: int,
    wanted: int | None,
) -> tuple[list[float], list[float], float, int]:
    """Deaths and censorings of one interval, the survival reached and who is left at risk."""
    guess = (
        0
        if wanted is None
        else max(at_risk - wanted - round(at_risk * (1.0 - (steps[-1:].sum() or survival) / survival)), 0)
    )
    tried: dict[int, int] = {}
    for _ in range(MOST_ADJUSTMENTS):
        censored = [start + (stop - start) * (k + 1) / (guess + 1) for k in range(guess)]
        deaths, reached, left = _deaths(times, steps, censored, survival, at_risk)
        if wanted is None or left == wanted:
            break
        tried[guess] = left
        guess = max(guess + left - wanted, 0)
        if guess in tried:  # whole patients cannot meet it: the nearest
            break
    return deaths, censored, reached, left


def _deaths(
    times: NDArray[np.float64], steps: NDArray[np.float64], censored: list[float], survival: float, at_risk: int
) -> tuple[list[float], float, int]:
    """Whole deaths midway before the points of the curve, so that the product of (1 - d/n) follows it."""
    deaths: list[float] = []
    gone, left = 0, at_risk
    for time, target in zip(times, steps, strict=True):
        leaving = sum(c < time for c in censored) - gone
        gone += leaving
        left = max(left - leaving, 0)
        if left and survival > 0.0:
            died = min(max(round(left * (1.0 - target / survival)), 0), left)
            deaths += [float(time)] * died
            survival *= 1.0 - died / left
            left -= died
    return deaths, survival, max(left - (len(censored) - gone), 0)


def _limits(curve: DigitisedCurve, deaths: int) -> list[str]:
    """What the pseudo-patients cannot be trusted for."""
    found = ["pseudo-patients read a picture: who dies or is censored when within an interval is invented"]
    beyond = curve.months[-1] - curve.at_risk_months[-1]
    if beyond > 0.0 and curve.at_risk[-1] > 0:
        found.append(f"nothing tells death from censoring in the last {beyond:.3g} months, beyond the numbers at risk")
    tail = curve.months[curve.survival <= curve.survival[-1] + 1e-9]
    if len(tail) > 1 and tail[-1] - tail[0] > 0.25 * curve.months[-1]:
        found.append(f"flat tail from month {tail[0]:.3g}: late deaths in it are not excluded by the picture")
    if curve.events is not None and curve.events != deaths:
        found.append(f"{deaths} deaths reconstructed, {curve.events} printed")
    return found
