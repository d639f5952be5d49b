"""A trace as text: what all arms share, then the arms side by side, as many as fit, the others below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from simulator.report.text import text_width
from simulator.trajectory.trace import Line, Trace, month_of, who
from simulator.trajectory.words import LATENT, clinical_day

DATE = "{:>6} {:>6}  "
DATE_WIDTH = 15
NARROWEST = 30  # characters: an arm's column is never less
GAP = 2


def told(trace: Trace, width: int | None = None) -> str:
    """The whole trace in lines of at most `width` characters (None: the terminal's)."""
    width = text_width(width)
    arms = {arm.name: arm.title for arm in trace.scenario.arms}
    arms[trace.scenario.reference] += " (reference)"
    shared, apart = split(trace)
    text = [f"{trace.scenario.name}, seed {trace.scenario.seed}: patient {trace.patient}", ""]
    for sentence in who(trace.baseline):
        text += textwrap.wrap(sentence, width)
    if shared:
        text += ["", *_block([["Under every arm"]], [shared], width)]
    if trace.parted_day is None:
        text += ["", f"The same life under all {len(arms)} arms."]
    else:
        text += ["", f"On day {clinical_day(trace.parted_day)} the arms part."]
    columns = max(1, (width - DATE_WIDTH + GAP) // (NARROWEST + GAP))
    alike = grouped(apart) if trace.parted_day is not None else []
    for first in range(0, len(alike), columns):
        part = alike[first : first + columns]
        titles = [[arms[name] for name in names] for names, _ in part]
        text += ["", *_block(titles, [story for _, story in part], width)]
    text += ["", f"{LATENT}: what nobody at the bedside could know."]
    return "\n".join(line.rstrip() for line in text)


def grouped(stories: dict[str, list[Line]]) -> list[tuple[list[str], list[Line]]]:
    """Arms of one story together, in the order of the first of each."""
    groups: list[tuple[list[str], list[Line]]] = []
    for arm, story in stories.items():
        same = next((names for names, other in groups if other == story), None)
        if same is None:
            groups.append(([arm], story))
        else:
            same.append(arm)
    return groups


def split(trace: Trace) -> tuple[list[Line], dict[str, list[Line]]]:
    """What every arm tells alike from the beginning, and what is left to each."""
    stories = list(trace.lines.values())
    same = 0
    while all(same < len(story) and story[same] == stories[0][same] for story in stories):
        same += 1
    return stories[0][:same], {arm: story[same:] for arm, story in trace.lines.items()}


def _block(heads: Sequence[Sequence[str]], stories: Sequence[Sequence[Line]], width: int) -> list[str]:
    """Columns under the titles of their arms, one row for each day on which anything happens in any of them."""
    column = (width - DATE_WIDTH - GAP * (len(heads) - 1)) // len(heads)
    days = sorted({clinical_day(line.day) for story in stories for line in story})
    months = {clinical_day(line.day): f"{month_of(line.day):.1f}" for story in stories for line in story}
    titles = [[row for title in head for row in textwrap.wrap(title, column, subsequent_indent="  ")] for head in heads]
    text = _row(DATE.format("day", "month"), titles, column)
    text += ["------ ------  " + (" " * GAP).join("-" * column for _ in heads)]
    for day in days:
        cells = [
            [row for words in _on(story, day) for row in textwrap.wrap(words, column, subsequent_indent="  ")]
            for story in stories
        ]
        text += _row(DATE.format(day, months[day]), cells, column)
    return text


def _on(story: Sequence[Line], day: int) -> list[str]:
    return [words for line in story if clinical_day(line.day) == day for words in line.words]


def _row(date: str, cells: Sequence[Sequence[str]], column: int) -> list[str]:
    """One row of as many lines as its fullest cell; the date stands on the first."""
    lines = []
    for place in range(max(map(len, cells))):
        here = [cell[place] if place < len(cell) else "" for cell in cells]
        start = date if place == 0 else " " * DATE_WIDTH
        lines.append((start + (" " * GAP).join(f"{words:<{column}}" for words in here)).rstrip())
    return lines
