"""Each rule writes only its own fields, reads only its own numbers and imports no other rule.

Rank of proof: contract 1 of the design, read from the syntax tree of every rule file.
"""

import ast
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator.parameters import DEFINITIONS, PARAMETERS_DTYPE
from simulator.patient import OWNERS, PATIENT_DTYPE
from simulator.strategy import STRATEGY_DTYPE

ROOT = Path(simulator.__file__).parent
RULES = sorted(path for path in (ROOT / "rules").glob("*.py") if path.stem != "__init__")
PHASES = {definition.name: tuple(definition.phases.split()) for definition in DEFINITIONS}
LIFE_TABLE = {name for name in PARAMETERS_DTYPE.names if name.startswith("background_")}
ALLOWED_IMPORTS = {
    "math", "numpy", "simulator.draws", "simulator.calendar", "simulator.compiled", "simulator.hazards",
    "simulator.patient", "simulator.strategy",
}  # fmt: skip
RECORDS = ("patient", "parameters", "strategy")


def attribute_of(node, record):
    """X if node is `record.X`, `record.X[...]` or `record[0].X`, else None."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Attribute):
        return None
    inner = node.value
    while isinstance(inner, ast.Subscript):
        inner = inner.value
    return node.attr if isinstance(inner, ast.Name) and inner.id == record else None


def targets(node):
    """The single targets of an assignment, tuples unpacked."""
    if isinstance(node, ast.Assign):
        waiting = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.NamedExpr):
        waiting = [node.target]
    else:
        return
    while waiting:
        target = waiting.pop()
        if isinstance(target, ast.Tuple | ast.List):
            waiting.extend(target.elts)
        elif isinstance(target, ast.Starred):
            waiting.append(target.value)
        else:
            yield target


def written(tree):
    """Patient fields assigned anywhere in the tree."""
    fields = {attribute_of(target, "patient") for node in ast.walk(tree) for target in targets(node)}
    return fields - {None}


def read(tree, record):
    """Fields of a record that are mentioned, assigned or not."""
    return {node.attr for node in ast.walk(tree) if attribute_of(node, record) and isinstance(node, ast.Attribute)}


def imported(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names |= {f"{module}.{a.name}" for a in node.names} if module == "simulator" else {module}
    return names


def faults(source, phase):
    """Everything that a rule file of this phase may not do."""
    tree = ast.parse(source)
    found = []
    for field in sorted(written(tree) - {"calendar"}):
        if phase not in OWNERS.get(field, ()):
            found.append(f"writes patient.{field}, owned by {' '.join(OWNERS.get(field, ('nobody',)))}")
    for name in sorted(read(tree, "parameters")):
        if phase not in PHASES.get(name, ("death",) if name in LIFE_TABLE else ()):
            found.append(f"reads parameters.{name}, not of this phase")
    found += [f"reads strategy.{name}, unknown" for name in sorted(read(tree, "strategy") - set(STRATEGY_DTYPE.names))]
    found += [f"reads patient.{name}, unknown" for name in sorted(read(tree, "patient") - set(PATIENT_DTYPE.names))]
    found += [f"imports {name}" for name in sorted(imported(tree) - ALLOWED_IMPORTS)]
    for node in ast.walk(tree):
        for target in targets(node):
            for record in ("parameters", "strategy"):
                if attribute_of(target, record):
                    found.append(f"writes {record}")
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in RECORDS:
            found.append(f"gives {node.value.id} a second name")
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.append("writes a global")
        if isinstance(node, ast.Name) and node.id in ("open", "print", "setattr", "getattr", "exec", "eval"):
            found.append(f"calls {node.id}")
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_keeps_to_its_own(path):
    assert faults(path.read_text(encoding="utf-8"), path.stem) == []


def test_the_population_writes_what_it_owns_and_reads_its_own_numbers():
    tree = ast.parse((ROOT / "population.py").read_text(encoding="utf-8"))
    assert {OWNERS[field] for field in written(tree)} == {("population",)}
    assert {PHASES[name] for name in read(tree, "parameters")} == {("population",)}


def test_nothing_outside_the_phases_writes_a_patient_but_identity_and_calendar():
    for path in ROOT.rglob("*.py"):
        if path in RULES or path.name == "population.py":
            continue
        for field in written(ast.parse(path.read_text(encoding="utf-8"))) - {"calendar"}:
            assert OWNERS[field] == ("identity",), f"{path.relative_to(ROOT)} writes patient.{field}"


def test_every_field_is_written_by_each_phase_that_owns_it():
    by_phase = {path.stem: written(ast.parse(path.read_text(encoding="utf-8"))) for path in RULES}
    by_phase["population"] = written(ast.parse((ROOT / "population.py").read_text(encoding="utf-8")))
    idle = [
        f"{field} by {owner}"
        for field, owners in OWNERS.items()
        for owner in owners
        if owner != "identity" and field not in by_phase[owner]
    ]
    assert idle == []


def test_every_parameter_is_read_in_each_of_its_phases():
    sources = {path.stem: path for path in RULES} | {"population": ROOT / "population.py"}
    by_phase = {
        phase: read(ast.parse(path.read_text(encoding="utf-8")), "parameters") for phase, path in sources.items()
    }
    idle = [f"{name} by {phase}" for name, phases in PHASES.items() for phase in phases if name not in by_phase[phase]]
    assert idle == []
    assert by_phase["death"] >= LIFE_TABLE


def test_every_strategy_field_is_read_by_a_rule():
    """A knob that no rule reads does nothing, silently."""
    used = set().union(*(read(ast.parse(path.read_text(encoding="utf-8")), "strategy") for path in RULES))
    assert sorted(set(STRATEGY_DTYPE.names) - used) == []


def test_no_field_is_named_like_an_array_attribute():
    for dtype in (PATIENT_DTYPE, PARAMETERS_DTYPE, STRATEGY_DTYPE):
        assert not [name for name in dtype.names if hasattr(np.ndarray, name) or hasattr(np.record, name)]


SABOTAGE = {
    "patient.relapse_left = 0.0": "writes patient.relapse_left",
    "patient.relapse_left -= 1.0": "writes patient.relapse_left",
    "patient.sos_day, (x, patient.relapse_left) = 1.0, (2.0, 3.0)": "writes patient.relapse_left",
    "patient[0].relapse_left = 0.0": "writes patient.relapse_left",
    "patient.no_such_field = 1.0": "writes patient.no_such_field",
    "x = parameters.relapse_log_theta": "reads parameters.relapse_log_theta",
    "x = parameters.background_age_years": "reads parameters.background_age_years",
    "x = strategy.no_such_knob": "reads strategy.no_such_knob",
    "strategy.course_days = 3.0": "writes strategy",
    "from simulator.rules import relapse": "imports simulator.rules",
    "from simulator.rules.relapse import accrue": "imports simulator.rules.relapse",
    "from . import relapse": "imports .",
    "import pandas as pd": "imports pandas",
    "import simpy": "imports simpy",
    "from numba import njit": "imports numba",
    "import os": "imports os",
    "other = patient": "gives patient a second name",
    "open('x')": "calls open",
}


@pytest.mark.parametrize("line", SABOTAGE)
def test_sabotage_each_trespass_is_seen(line):
    found = faults(line, "sos")
    assert len(found) >= 1
    assert SABOTAGE[line] in found[0]


def test_what_is_allowed_is_not_a_fault():
    assert faults("patient.sos_day = 1.0\npatient.calendar[3] = 2.0\nx = parameters.sos_severe", "sos") == []
