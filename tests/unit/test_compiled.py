"""A machine-code cache that cannot go stale. Rank of proof: contract (design, section 5), on a stub package.

Two processes share one cache root; between them a file that the kernel only imports is edited.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import simulator
from simulator import compiled

HOUSE = Path(simulator.__file__).resolve().parent.parent
RELAPSE = HOUSE / "simulator" / "rules" / "relapse.py"
COHORT = HOUSE / "simulator" / "clocks" / "cohort.py"
KERNEL = """from simulator.compiled import compiled
from simulator.stub_rule import rule

@compiled
def kernel(x):
    return rule(x) + 1.0
"""
RULE = """from simulator.compiled import compiled

@compiled
def rule(x):
    return {factor} * x
"""


@pytest.fixture
def stub(tmp_path):
    """A two-file package around the shipped compiled.py."""
    package = tmp_path / "simulator"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    shutil.copyfile(HOUSE / "simulator" / "compiled.py", package / "compiled.py")
    (package / "stub_kernel.py").write_text(KERNEL, encoding="utf-8")
    (package / "stub_rule.py").write_text(RULE.format(factor=2.0), encoding="utf-8")
    return tmp_path


def run(stub, expression="kernel(10.0)"):
    code = f"from simulator.stub_kernel import kernel; print({expression})"
    environment = os.environ | {"ALLPATH_CACHE_DIR": str(stub / "cache"), "PYTHONPATH": str(stub)}
    environment.pop("NUMBA_DISABLE_JIT", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=stub, env=environment
    )
    return done.stdout.strip()


def folders(stub):
    return {path.name for path in (stub / "cache" / "allpath" / "compiled").iterdir()}


def test_an_edit_to_an_imported_rule_is_seen_by_the_next_start(stub):
    assert run(stub) == "21.0"
    before = folders(stub)
    assert run(stub, "(kernel(10.0), sum(kernel.stats.cache_hits.values()))") == "(21.0, 1)"
    assert folders(stub) == before
    rule = stub / "simulator" / "stub_rule.py"
    age = rule.stat().st_mtime
    rule.write_text(RULE.format(factor=3.0), encoding="utf-8")
    os.utime(rule, (age, age))  # same size, same time stamp: only the content tells
    assert run(stub, "(kernel(10.0), sum(kernel.stats.cache_hits.values()))") == "(31.0, 0)"
    assert len(folders(stub) - before) == 2  # the kernel's and the rule's own
    rule.write_text(RULE.format(factor=2.0), encoding="utf-8")
    assert run(stub, "(kernel(10.0), sum(kernel.stats.cache_hits.values()))") == "(21.0, 1)"


def test_sabotage_plain_numba_caching_would_keep_the_old_rule(stub):
    """The trap is real: with numba's own cache the edit above goes unseen."""
    (stub / "simulator" / "compiled.py").write_text(
        "import numba\n\ndef compiled(function):\n    return numba.njit(cache=True)(function)\n",
        encoding="utf-8",
    )
    assert run(stub) == "21.0"
    (stub / "simulator" / "stub_rule.py").write_text(RULE.format(factor=3.0), encoding="utf-8")
    assert run(stub) == "21.0"


def test_the_compiler_can_be_switched_off(stub):
    code = "from simulator.stub_kernel import kernel; print(type(kernel).__name__, kernel(10.0))"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(stub)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=stub, env=environment
    )
    assert done.stdout.strip() == "function 21.0"


def test_nothing_writable_means_no_cache_and_the_same_answer(stub):
    (stub / "cache").write_text("a file where the folder should be", encoding="utf-8")
    assert run(stub) == "21.0"


def test_reachable_sources_are_the_import_closure():
    names = {path.relative_to(HOUSE).as_posix() for path in compiled.reachable_sources(COHORT)}
    assert "simulator/rules/relapse.py" in names
    assert "simulator/draws.py" in names
    assert {f"simulator/rules/{path.name}" for path in RELAPSE.parent.glob("*.py")} <= names
    assert "simulator/runner.py" not in names
    assert "simulator/cli/app.py" not in names


def test_an_edit_to_one_rule_does_not_touch_the_kernels_that_cannot_reach_it():
    names = {path.name for path in compiled.reachable_sources(RELAPSE)}
    assert "transplant.py" not in names
    assert {"relapse.py", "hazards.py", "draws.py", "calendar.py"} <= names
    assert compiled.cache_folder(RELAPSE) != compiled.cache_folder(COHORT)


def test_folders_that_no_start_has_used_for_a_month_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLPATH_CACHE_DIR", str(tmp_path))
    root = tmp_path / "allpath" / "compiled"
    (root / "old").mkdir(parents=True)
    (root / "new").mkdir()
    old = time.time() - (compiled.UNUSED_FOR_DAYS + 1) * 86400
    os.utime(root / "old", (old, old))
    compiled.drop_old_caches()
    assert [path.name for path in root.iterdir()] == ["new"]
