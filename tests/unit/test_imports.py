"""Imports run one way (design, section 3).

Rank of proof: contract, read from the syntax tree of every module.
"""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import simulator

ROOT = Path(simulator.__file__).parent
HOUSE = ROOT.parent
MODULES = {
    ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}
# rooms from the innermost out; a module may import its own room and those before it
ROOMS = (
    {"simulator.compiled"},
    {"simulator.calendar", "simulator.draws", "simulator.hazards"},
    {"simulator.patient", "simulator.strategy", "simulator.parameters", "simulator.population"},
    {name for name in MODULES if name.startswith("simulator.rules.")},
    {"simulator.rules"},
    {"simulator.endpoints", "simulator.counts"},
    {name for name in MODULES if name.startswith("simulator.clocks")},
    {name for name in MODULES if name.startswith("simulator.scenario")},
    {"simulator.ranges", "simulator.threads", "simulator.processes"},
    {"simulator.runner"},
    set(),  # everything else: trajectory, comparison, store, report, estimators, trial
    {name for name in MODULES if name.startswith("simulator.cli")},
)
OUTER = len(ROOMS) - 2
CORE = {name for room in ROOMS[:7] for name in room}
HEAVY = ("pandas", "simpy", "matplotlib", "joblib", "rich", "typer", "pyarrow", "lifelines", "scipy")


def room_of(name):
    return next((rank for rank, room in enumerate(ROOMS) if name in room), OUTER)


def imports(source, own="simulator.x"):
    """[(imported module, at the top level of the file)] with names resolved to modules of the house."""
    tree = ast.parse(source)
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*own.split(".")[: -node.level], *([base] if base else [])])
            names = [f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names]
        else:
            continue
        found += [(name, id(node) in top) for name in names]
    return found


def graph():
    return {
        name: {to for to, _ in imports(path.read_text(encoding="utf-8"), name) if to in MODULES and to != "simulator"}
        for name, path in MODULES.items()
    }


def uphill(edges):
    """Imports from an inner room of an outer one, and of one rule by another."""
    wrong = [f"{a} imports {b}" for a, bs in edges.items() for b in bs if a != "simulator" and room_of(b) > room_of(a)]
    rules = [f"{a} imports {b}" for a, bs in edges.items() for b in bs if room_of(a) == room_of(b) == 3]
    return sorted(wrong + rules)


def test_imports_run_one_way():
    assert uphill(graph()) == []


def test_there_is_no_cycle():
    edges = {name: to for name, to in graph().items() if name != "simulator"}
    assert list(TopologicalSorter(edges).static_order())


def test_calibration_is_named_by_the_command_line_only_and_lazily():
    for name, path in MODULES.items():
        for to, top in imports(path.read_text(encoding="utf-8"), name):
            if to.split(".")[0] == "calibration":
                assert name.startswith("simulator.cli.") and not top, f"{name} imports {to}"


def test_numba_is_named_in_compiled_only():
    naming = [
        name
        for name, path in MODULES.items()
        if any(to.split(".")[0] in ("numba", "llvmlite") for to, _ in imports(path.read_text(encoding="utf-8"), name))
    ]
    # versions may be read for the record of a run, but nothing else compiles
    assert [name for name in naming if name not in ("simulator.compiled", "simulator.store.identity")] == []


def test_the_core_imports_nothing_heavy():
    for name in sorted(CORE & set(MODULES)):
        for to, _ in imports(MODULES[name].read_text(encoding="utf-8"), name):
            own = name in ("simulator.clocks.ward", "simulator.clocks.queue") and to.startswith("simpy")
            assert own or to.split(".")[0] not in HEAVY, f"{name} imports {to}"


def test_importing_the_rules_loads_neither_calibration_nor_tables():
    banned = ("calibration", "pandas", "simpy")
    code = f"import simulator.rules, sys; print([m for m in {banned} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOUSE)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("simulator.rules.sos", "simulator.rules.relapse"),
        ("simulator.draws", "simulator.rules"),
        ("simulator.clocks.cohort", "simulator.runner"),
        ("simulator.runner", "simulator.comparison"),
        ("simulator.comparison", "simulator.cli"),
    ],
)
def test_sabotage_an_import_uphill_is_seen(inner, outer):
    assert uphill({inner: {outer}}) == [f"{inner} imports {outer}"] or outer == "simulator.rules.relapse"
    assert uphill({inner: {outer}}) != []


def test_sabotage_a_cycle_and_hidden_imports_are_seen():
    with pytest.raises(CycleError):
        list(TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())
    assert imports("def f():\n    from calibration import fit") == [("calibration", False)]
    assert imports("from .rules import sos", "simulator.x") == [("simulator.rules.sos", True)]
