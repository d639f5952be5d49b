"""The answer in three sentences: what, how sure, and what it rests on. Every number is one of the summary."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pandas as pd

from simulator.comparison.influence import Leading, distinct
from simulator.comparison.not_identified import IN_SHORT
from simulator.parameters import ParameterSet
from simulator.report.style import interval, number, percent, plain, span, titles_of
from simulator.report.tornado import MEANING

ALIVE = {"os": "alive", "efs": "alive and free of relapse and refractory disease"}
ORIGINS = {"assumption": "assumed", "fitted": "fitted", "source": "taken from other evidence"}


def three_sentences(
    comparison: Any, main: Leading, frame: pd.DataFrame, parameters: ParameterSet
) -> list[tuple[str, str]]:
    """(head, sentence) of the answer, its certainty and its ground."""
    return [
        ("The answer.", what_came(comparison, main)),
        ("How sure.", _how_sure(comparison, main, frame)),
        ("What it rests on.", _ground(comparison, main, frame, parameters)),
    ]


def differences(comparison: Any, main: Leading) -> dict[str, Any]:
    """Arm -> the main paired difference, the best arm first."""
    found = {name: each[main.endpoint][str(main.month)] for name, each in comparison.summary["differences"].items()}
    return dict(sorted(found.items(), key=lambda item: -(number(item[1]) or 0.0)))


def widest(comparison: Any, main: Leading) -> str:
    """The arm that differs most from the reference."""
    found = differences(comparison, main)
    return max(found, key=lambda name: abs(number(found[name]) or 0.0))


def title(comparison: Any, arm: str) -> str:
    """How an arm is called in a sentence."""
    return titles_of(comparison)[arm].removesuffix(" (reference)")


def points(cell: Any, short: bool = False) -> str:
    """A difference in percentage points with its interval; `short` where the unit has been said."""
    unit = "" if short else " percentage points"
    return f"{percent(cell, sign=True)}{unit} ({span(cell['low'], cell['high'], 1, 100, True)})"


def sign(cell: Any) -> int:
    """1 or -1 where the interval excludes zero, else 0."""
    low, high = number(cell["low"]), number(cell["high"])
    return 0 if low is None or high is None or low <= 0.0 <= high else 1 if low > 0.0 else -1


def _share(comparison: Any, arm: str, main: Leading) -> str:
    cell = comparison.summary["arms"][arm][main.endpoint][str(main.month)]
    return f"{percent(cell)} % ({interval(cell, 1, 100)})"


def what_came(comparison: Any, main: Leading) -> str:
    """The first sentence: the main difference."""
    reference, found = comparison.scenario.reference, differences(comparison, main)
    alive, start = ALIVE[main.endpoint], f"At {main.month} months"
    if len(found) == 1:
        ((arm, cell),) = found.items()
        verdict = "" if sign(cell) else ", which this run cannot tell from none"
        return (
            f"{start} {_share(comparison, arm, main)} of the simulated patients are {alive} under "
            f"{title(comparison, arm)} and {_share(comparison, reference, main)} under "
            f"{title(comparison, reference)}: a paired difference of "
            f"{points(cell)}{verdict}{_later(comparison, main)}."
        )
    (best, high), *_, (worst, low) = found.items()
    return (
        f"{start} {_share(comparison, reference, main)} of the simulated patients are {alive} under "
        f"{title(comparison, reference)}; in the same patients {_verdicts(found)}, from {points(high)} under "
        f"{title(comparison, best)} to {points(low, short=True)} under "
        f"{title(comparison, worst)}{_later(comparison, main)}."
    )


def _verdicts(found: dict[str, Any]) -> str:
    """How many arms do better and worse."""
    kinds = Counter(sign(cell) for cell in found.values())
    words = {1: "do better", -1: "do worse", 0: "cannot be told from it"}
    if len(kinds) == 1:
        return f"all {_count(len(found))} other arms {words[next(iter(kinds))]}"
    told = [f"{_count(kinds[key])} {said}" for key, said in words.items() if kinds[key]]
    return f"of the {_count(len(found))} other arms {' and '.join(told)}"


def _later(comparison: Any, main: Leading) -> str:
    """What becomes of it by the last report month: the difference of two arms, or of several those that turn."""
    month = max(comparison.scenario.report_months)
    if month <= main.month:
        return ""
    last = differences(comparison, main._replace(month=month))
    if len(last) == 1:
        (cell,) = last.values()
        return f", and at {month} months of {points(cell, short=True)}"
    first = differences(comparison, main)
    turned = [name for name, cell in last.items() if _clearly(cell) and sign(cell) * sign(first[name]) < 0]
    if not turned:
        return f"; by {month} months no difference has turned"
    listed = ", ".join(f"{title(comparison, name)} {points(last[name], short=True)}" for name in turned)
    verb = "has" if len(turned) == 1 else "have"
    return f"; by {month} months {_count(len(turned))} of these differences {verb} turned: {listed}"


def _clearly(cell: Any) -> bool:
    """Whether zero lies outside the interval as it is printed."""
    return all(round(100 * (number(cell[end]) or 0.0), 1) != 0.0 for end in ("low", "high"))


def _count(n: int) -> str:
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[n] if n < len(words) else str(n)


def reach(
    comparison: Any, main: Leading, frame: pd.DataFrame, arm: str, fitted: bool | None
) -> tuple[float, float] | None:
    """Lowest and highest main difference, in points, that one number alone leads to; None where none is clear.

    `fitted` None: any number, fitted or not.
    """
    base = 100 * (number(differences(comparison, main)[arm]) or 0.0)
    clear = distinct(frame)
    mine = clear[(clear["arm"] == arm) & of_kind(clear, fitted)]
    if mine.empty:
        return None
    shifts = 100 * mine[["shift_low", "shift_high"]].to_numpy(float)
    return base + float(shifts.min()), base + float(shifts.max())


def of_kind(frame: pd.DataFrame, fitted: bool | None) -> pd.Series:
    """Rows of fitted numbers, of the others, or (None) all."""
    return pd.Series(True, frame.index) if fitted is None else (frame["kind"] == "fitted") == fitted


def turns(comparison: Any, main: Leading, frame: pd.DataFrame, fitted: bool | None) -> dict[str, list[str]]:
    """Arm -> the numbers that alone, at one end of their range, would turn the sign of its main difference."""
    found: dict[str, list[str]] = {}
    clear = distinct(frame)
    for arm, cell in differences(comparison, main).items():
        side, base = sign(cell), number(cell)
        mine = clear[(clear["arm"] == arm) & of_kind(clear, fitted)]
        if not side or base is None:
            continue
        for row in mine.to_dict("records"):
            error = 1.96 * row["mc_se"]
            if min(side * (base + row[end]) for end in ("shift_low", "shift_high")) < -error:
                found.setdefault(arm, []).append(row["parameter"])
    return found


def _how_sure(comparison: Any, main: Leading, frame: pd.DataFrame) -> str:
    patients, arm = comparison.summary["patients"], widest(comparison, main)
    chance = f"The intervals are those of chance in {patients:,} simulated patients and hold nothing else"
    found = reach(comparison, main, frame, arm, fitted=None)
    if found is None:
        return f"{chance}: the uncertainty of the model's numbers is not in them."
    low, high = (plain(value, 1, True) for value in found)
    turning = turns(comparison, main, frame, fitted=None)
    several = len(comparison.summary["differences"]) > 1
    whose = f"the difference under {title(comparison, arm)}" if several else "the difference"
    if not any(sign(cell) for cell in differences(comparison, main).values()):
        verdict = "its sign is open in any case"
    elif turning:
        where = "" if not several else f" in {_count(len(turning))} of the arms"
        verdict = f"one such number alone can turn its sign{where}"
    else:
        verdict = "none of these alone turns its sign" + (" in any arm" if several else "")
    return (
        f"{chance}; moving one number at a time, assumed or fitted, across its range takes {whose} from "
        f"{low} to {high} points, and {verdict}."
    )


def _ground(comparison: Any, main: Leading, frame: pd.DataFrame, parameters: ParameterSet) -> str:
    kinds = Counter(origin.kind for origin in parameters.origins.values())
    made = ", ".join(f"{kinds[kind]} {words}" for kind, words in ORIGINS.items() if kinds[kind])
    turning = turns(comparison, main, frame, fitted=True)
    names = list(dict.fromkeys(name for each in turning.values() for name in each))
    fitted = "none of the fitted ones carries an interval"
    if names:
        listed = " and ".join(f"“{in_short(name)}”" for name in names[:2]) + (" among others" if len(names) > 2 else "")
        which = f"{_count(len(names))} of them ({listed})"
        fitted += f" though {which} could alone turn the sign of a difference within the range that the fit was allowed"
    elif not frame.empty:
        fitted += ", though none of those measured turns a sign alone within the range that the fit was allowed"
    unknown = [IN_SHORT[words] for words in comparison.summary["not_identified"]]
    rest = f", and the evidence does not identify {' or '.join(unknown)}" if unknown else ""
    return f"On the {len(parameters.values)} numbers of {parameters.id} ({made}): {fitted}{rest}."


def in_short(name: str) -> str:
    """What a number means, up to the first detail."""
    return re.split(r" ?[:,(]", MEANING[name].meaning)[0]
