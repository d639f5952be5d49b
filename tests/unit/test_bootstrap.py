"""The bootstrap `allpath`: what it imports, when it sets up, what it says when it cannot."""

import ast
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAND_OVER = ["-P", "-m", "simulator.cli", "compare"]
NO_NETWORK = subprocess.CompletedProcess([], 1, b"", b"no network")
TROUBLES = {
    "needs Python 3.11 or newer, this is 3.9": ("sys.version_info", (3, 9, 18)),
    "apt install python3-venv": ("importlib.util.find_spec", lambda _: None),
    "failed; its last words:\n    no network": ("subprocess.run", lambda *_, **__: NO_NETWORK),
    "cannot work in .*No such file": ("pathlib.Path.write_text", lambda *_: os.stat("nowhere")),
}


@pytest.fixture
def boot(tmp_path, monkeypatch):
    """A copy of the bootstrap in a folder of its own, that installs nothing; `boot.ran`: what it called."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    module = types.ModuleType("bootstrap")
    module.__file__ = str(tmp_path / "allpath")
    exec((ROOT / "allpath").read_text(), module.__dict__)
    module.ran = []

    def run(command, **_):
        module.ran.append(list(command[1:3]))
        module.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        module.PYTHON.touch()
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(os, "execv", lambda _, command: module.ran.append(command[1:]))
    monkeypatch.chdir(tmp_path)  # put back afterwards: `test` changes the folder
    return module


def test_standard_library_only_and_parses_on_python_3_6():
    tree = ast.parse((ROOT / "allpath").read_text(), feature_version=(3, 6))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {(getattr(node, "module", None) or node.names[0].name).split(".")[0] for node in imports}
    assert names <= sys.stdlib_module_names


def test_first_run_installs_and_the_second_only_hands_over(boot):
    boot.main(["compare"])
    assert boot.ran == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"], HAND_OVER]
    boot.main(["compare"])
    boot.main(["test", "-x"])
    assert boot.ran[4:] == [HAND_OVER, ["-m", "pytest", "-x"]]


@pytest.mark.parametrize("lost", [".venv/allpath-stamp", ".venv/bin/python", "requirements.lock"])
def test_a_half_made_or_outdated_environment_is_made_again(boot, lost):
    boot.set_up()
    assert boot.is_ready()
    (boot.ROOT / lost).write_text("another") if "lock" in lost else (boot.ROOT / lost).unlink()
    assert not boot.is_ready()


@pytest.mark.parametrize("sentence", TROUBLES)
def test_what_cannot_work_ends_in_one_sentence(boot, monkeypatch, sentence):
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match=sentence) as stop:
        patch.setattr(*TROUBLES[sentence])
        boot.main(["compare"])
    assert isinstance(stop.value.code, str) and not boot.is_ready()  # a text: to stderr, exit code 1


def test_the_lock_has_hashes_and_no_address():
    head, *blocks = re.split(r"\n(?=[a-z])", (ROOT / "requirements.lock").read_text())
    assert "CONTRIBUTING.md" in head and len(blocks) > 20
    assert not any(re.search(r"://|--index|--find|@ ", block) or "--hash=" not in block for block in blocks)
