"""A sweep: its axes, its series and the points they span, each point one arm of one scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from simulator.scenario import Scenario

MOST_POINTS = 200
MOST_POINT_MONTHS = 200 * 60  # the counts of a point take about 1.1 MB for 60 months of horizon, in every worker
MOST_AXES = 2


@dataclass(frozen=True)
class Axis:
    """One direction of the grid. `labels` are the values as text, or the titles of levels."""

    name: str
    title: str
    unit: str
    values: tuple[float | int | str | bool, ...]
    labels: tuple[str, ...]
    key: str = ""
    """The strategy or parameter field that it moves; empty where it has levels, each of several fields."""

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers, to be drawn to scale."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)


@dataclass(frozen=True)
class Sweep:
    """A scenario with an arm for each point: series first, then the first axis, then the second."""

    scenario: Scenario
    axes: tuple[Axis, ...]
    series: Axis | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Series, first axis, second axis: how many of each."""
        return tuple(len(each.values) if each else 1 for each in (self.series, *self.axes))

    def places(self) -> Iterator[tuple[int, ...]]:
        """Index of each point, in the order of the arms."""
        return product(*map(range, self.shape))

    def at(self, place: tuple[int, ...]) -> int:
        """The arm at a place."""
        arm = 0
        for size, index in zip(self.shape, place, strict=True):
            arm = arm * size + index
        return arm

    def labels(self, place: tuple[int, ...]) -> list[str]:
        """What distinguishes a point: its series, where there are any, and its value on each axis."""
        parts = zip((self.series, *self.axes), place, strict=True)
        return [each.labels[index] for each, index in parts if each]


def grid_of(sweep: Sweep) -> dict[str, Any]:
    """Axes and series, ready for JSON."""
    return {"axes": [_axis(axis) for axis in sweep.axes], "series": _axis(sweep.series) if sweep.series else None}


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "name": axis.name,
        "key": axis.key or None,
        "title": axis.title,
        "unit": axis.unit,
        "values": list(axis.values),
        "labels": list(axis.labels),
    }


def neighbours(shape: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """(direction, place, place before it): one step along an axis; series against the first series."""
    found = []
    for direction in (*range(1, len(shape)), 0):
        for place in product(*map(range, shape)):
            if place[direction]:
                before = 0 if direction == 0 else place[direction] - 1
                found.append((direction, place, (*place[:direction], before, *place[direction + 1 :])))
    return found
