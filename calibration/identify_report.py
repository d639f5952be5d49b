"""`allpath identify` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from calibration.cannot_tell import SECTIONS, combination, lines
from calibration.declared import sentences
from calibration.identify import Believed, Direction, Identified, Parameter
from calibration.targets import Target

PARTNERS, TARGETS, INFORMED = 2, 3, 3  # named for each parameter, and parameters for each target
LEAST_CORRELATION = 0.2  # a partner is named from here on
LEAST_GROWTH = 0.01  # of the SD, without a target: it informs from here on
WIDTH = 110


def partners(found: Identified, column: int) -> list[tuple[str, float]]:
    """The parameters with the strongest posterior correlation to one of them."""
    row = found.correlation[column].copy()
    row[column] = 0.0
    strongest = np.argsort(-np.abs(row))[:PARTNERS]
    names = [found.parameters[i].definition.name for i in strongest]
    pairs = [(name, float(row[i])) for name, i in zip(names, strongest, strict=True)]
    return [pair for pair in pairs if abs(pair[1]) >= LEAST_CORRELATION]


def informing(found: Identified, column: int) -> list[tuple[Target, float, float]]:
    """The targets without which a parameter would be known least: (target, growth of the SD, shift of the mean)."""
    growth, shift = found.influence.growth[:, column], found.influence.shift[:, column]
    first = [t for t in np.argsort(-growth)[:TARGETS] if growth[t] >= LEAST_GROWTH]
    return [(found.problem.targets[t], float(growth[t]), float(shift[t])) for t in first]


def informed(found: Identified, target: int) -> list[tuple[str, float, float]]:
    """The parameters that would be known least without a target: (name, growth of the SD, shift of the mean)."""
    growth, shift = found.influence.growth[target], found.influence.shift[target]
    first = [i for i in np.argsort(-growth)[:INFORMED] if growth[i] >= LEAST_GROWTH]
    return [(found.parameters[i].definition.name, float(growth[i]), float(shift[i])) for i in first]


def by_phase(found: Identified) -> list[int]:
    """Columns of the parameters, each phase together, in the order in which a life meets them."""
    phases = list(dict.fromkeys(one.phase for one in found.parameters))
    return sorted(range(len(found.parameters)), key=lambda i: phases.index(found.parameters[i].phase))


def as_json(found: Identified, recovery: dict[str, Any] | None) -> dict[str, Any]:
    """The machine-readable form (docs/json.md)."""
    about = found.problem.about
    return {
        "id": about["id"],
        "parameter_set": about["parameter_set"],
        "parameters": [_parameter_json(found, i, found.parameters[i]) for i in by_phase(found)],
        "worth_parameters": round(found.worth, 2),
        "directions": {
            "best": [_direction_json(found, one) for one in found.best],
            "worst_of_informed": [_direction_json(found, one) for one in found.worst],
        },
        "targets": [
            {
                "id": one.id,
                "study": one.study,
                "quantity": one.row.quantity,
                "informs": [
                    {"parameter": name, "sd_growth": round(growth, 4), "mean_shift_sd": round(shift, 4)}
                    for name, growth, shift in informed(found, t)
                ],
            }
            for t, one in enumerate(found.problem.targets)
        ],
        "cannot_tell": [
            {
                "name": one.name,
                "title": one.title,
                "parameters": [name for name in one.parameters if name in about["parameters"]],
                "text": list(lines(found, one)),
            }
            for one in SECTIONS
        ],
        "misspecifications": (recovery or {}).get("misspecifications"),
    }


def as_text(found: Identified, recovery: dict[str, Any] | None) -> str:
    """For the terminal and for `identify.txt`."""
    return "\n".join(_text(found, recovery))


def _text(found: Identified, recovery: dict[str, Any] | None) -> Iterator[str]:
    informed_count = sum(one.label == "informed" for one in found.parameters)
    yield (
        f"{len(found.parameters)} uncertain parameters of {found.problem.about['parameter_set']}; "
        f"{informed_count} informed, {len(found.parameters) - informed_count} prior (narrowed by less than 20 %)."
    )
    yield f"All the evidence together determines as much as {found.worth:.1f} free parameters."
    yield ""
    yield "WHAT THE EVIDENCE CANNOT TELL"
    for section in SECTIONS:
        yield from ("", section.title)
        for line in lines(found, section):
            yield from _wrapped(line, "  ")
    yield from ("", "Would the evidence tell, if a rule were not true?")
    for line in sentences(recovery):
        yield from _wrapped(line, "  ")
    yield from ("", "PARAMETERS", *_table(found), "", "DIRECTIONS (in prior SDs)", "Best informed:")
    yield from (f"  {100 * one.shrinkage:3.0f} %  {combination(found, one.weights)}" for one in found.best)
    yield "Least informed among the informed parameters:"
    yield from (f"  {100 * one.shrinkage:3.0f} %  {combination(found, one.weights)}" for one in found.worst)
    yield from ("", "TARGETS: what would be known less without each (growth of the SD, shift of the mean in SDs)")
    for t, one in enumerate(found.problem.targets):
        told = ", ".join(f"{name} ({100 * growth:+.0f} %, {shift:+.2f})" for name, growth, shift in informed(found, t))
        yield f"  {one.id}  {told or 'nothing by 1 % or more'}"


def _table(found: Identified) -> Iterator[str]:
    """Every parameter, grouped by phase."""
    yield f"{'':<42}{'prior (95 %)':>20}{'posterior (95 %)':>20}{'shrinks':>9}  label     most correlated; informed by"
    phase = ""
    for i in by_phase(found):
        one = found.parameters[i]
        if one.phase != phase:
            phase = one.phase
            yield phase
        also = ", ".join(f"{value:+.2f} {name}" for name, value in partners(found, i))
        rows = ", ".join(f"{target.id} {100 * growth:.0f} %" for target, growth, _ in informing(found, i))
        tail = "; ".join(part for part in (also, rows) if part)
        yield (
            f"  {one.definition.name:<40}{_range(one.prior):>20}{_range(one.posterior):>20}"
            f"{100 * one.shrinkage:>7.0f} %  {one.label:<9} {tail}".rstrip()
        )


def _range(believed: Believed) -> str:
    return f"{believed.low:.3g} to {believed.high:.3g}".replace("-", "−")


def _wrapped(line: str, indent: str) -> list[str]:
    import textwrap

    bound = line.replace(" %", "\u00a0%")  # a number stays with its per cent
    wrapped = textwrap.wrap(bound, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    return [one.replace("\u00a0", " ") for one in wrapped]


def _parameter_json(found: Identified, column: int, one: Parameter) -> dict[str, Any]:
    return {
        "name": one.definition.name,
        "phase": one.phase,
        "unit": one.definition.unit,
        "meaning": one.definition.meaning,
        "origin": one.origin,
        "scale": one.scale,
        "prior": _believed_json(one.prior),
        "posterior": _believed_json(one.posterior),
        "shrinkage": round(one.shrinkage, 4),
        "label": one.label,
        "partners": [{"parameter": name, "correlation": round(value, 3)} for name, value in partners(found, column)],
        "informed_by": [
            {"target": target.id, "sd_growth": round(growth, 4), "mean_shift_sd": round(shift, 4)}
            for target, growth, shift in informing(found, column)
        ],
    }


def _believed_json(one: Believed) -> dict[str, float]:
    return {
        "mean": float(f"{one.natural_mean:.5g}"),
        "sd": float(f"{one.natural_sd:.5g}"),
        "low": float(f"{one.low:.5g}"),
        "high": float(f"{one.high:.5g}"),
        "working_mean": float(f"{one.mean:.5g}"),
        "working_sd": float(f"{one.sd:.5g}"),
    }


def _direction_json(found: Identified, one: Direction) -> dict[str, Any]:
    largest = np.argsort(-np.abs(one.weights))[:8]
    return {
        "shrinkage": round(one.shrinkage, 4),
        "weights": {found.parameters[i].definition.name: round(float(one.weights[i]), 3) for i in largest},
    }
