"""A sweep in its complete form: the grid, its points, and everything under them with unit and origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.scenario import differing, resolved
from simulator.scenario.show import Row, common_rows, document, plan_rows, population_rows, table
from simulator.sweep.grid import Sweep, grid_of
from simulator.sweep.reading import NOT_OF_A_SWEEP


def described_sweep(sweep: Sweep) -> str:
    """The grid first, then what each point changes, then what is the same at all of them."""
    scenario = sweep.scenario
    plan = (row for row in plan_rows(scenario) if row[0] not in NOT_OF_A_SWEEP)
    tables = {
        "The grid": table(_grid(sweep)),
        f"The points: {len(scenario.arms)} on base {scenario.arms[0].base}, and what differs between them": table(
            _points(sweep)
        ),
        "How they are run": table(plan),
        "The same at all points": table(common_rows(scenario)),
        f"Population {scenario.population_name}": table(population_rows(scenario)),
    }
    return document(f"Sweep {scenario.name}: {scenario.question}", tables)


def resolved_sweep(sweep: Sweep) -> dict[str, Any]:
    """The machine form, as in run.json: the scenario with one arm for each point, and the grid."""
    return {"scenario": resolved(sweep.scenario), "sweep": grid_of(sweep)}


def _grid(sweep: Sweep) -> Iterator[Row]:
    """A line for each direction: what it is, what it moves, its values."""
    for number, axis in enumerate(sweep.axes, 1):
        yield f"axis {number}", axis.key or axis.name, axis.unit, (", " if axis.key else "; ").join(axis.labels)
    if sweep.series:
        yield "series", "", "", "; ".join(sweep.series.labels)


def _points(sweep: Sweep) -> Iterator[Row]:
    """A line for each point; a column for each setting in which the points differ."""
    columns = differing(sweep.scenario)
    heads = [key.replace(".", " ").replace("_", " ") for key, _, _ in columns]
    yield "", "point", *heads
    for arm, one in enumerate(sweep.scenario.arms):
        yield str(arm + 1), one.name, *(cells[arm] for _, _, cells in columns)
