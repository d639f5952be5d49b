"""The only file that names numba: one decorator, and a cache that cannot go stale.

numba's own cache looks at the file of the decorated function alone, so an edit to a rule that a kernel calls
from another file would silently keep the old machine code. Here every cache folder is named by a hash of all
the project's sources that the decorated file can reach through imports, plus the versions that make the code.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

COMPILER_OFF = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
PACKAGES_ROOT = Path(__file__).resolve().parent.parent
OURS = ("simulator", "calibration")
UNUSED_FOR_DAYS = 30


def compiled(function: Callable[..., Any]) -> Any:
    """Compile `function` on first call (no GIL, IEEE arithmetic, no fast-math); identity with the compiler off."""
    return _compile(function, forceinline=False)


def leaf(function: Callable[..., Any]) -> Any:
    """`compiled`, and its machine code is laid into each caller's: for what is short and called often.

    LLVM does this, after numba has done its part, so that it costs little to compile (`inline="always"` would).
    """
    return _compile(function, forceinline=True)


def _compile(function: Callable[..., Any], forceinline: bool) -> Any:
    if COMPILER_OFF:
        return function
    import numba

    source = Path(function.__code__.co_filename).resolve()
    folder = cache_folder(source)
    before = numba.config.CACHE_DIR
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(nogil=True, error_model="numpy", forceinline=forceinline, cache=folder is not None)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def cache_folder(source: Path) -> Path | None:
    """Folder for the machine code of `source`; None where nothing is writable (then each start compiles)."""
    import llvmlite
    import numba
    import numpy

    key = hashlib.sha256()
    for version in (sys.version, numba.__version__, llvmlite.__version__, numpy.__version__):
        key.update(version.encode())
    for path in sorted(reachable_sources(source)):
        key.update(path.relative_to(PACKAGES_ROOT).as_posix().encode() if path.is_relative_to(PACKAGES_ROOT) else b"?")
        key.update(_file_hash(path))
    folder = _cache_root() / key.hexdigest()[:24]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        os.utime(folder)
    except OSError:
        return None
    return folder


def is_cached(clock: str = "cohort") -> bool:
    """Whether a clock has machine code from an earlier start (else the first run compiles)."""
    folder = cache_folder(PACKAGES_ROOT / "simulator" / "clocks" / f"{clock}.py")
    return COMPILER_OFF or (folder is not None and any(folder.rglob("*.nbc")))


def drop_old_caches() -> None:
    """Remove cache folders that no start has used for a month."""
    root = _cache_root()
    if not root.is_dir():
        return
    oldest = time.time() - UNUSED_FOR_DAYS * 86400
    for folder in root.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def reachable_sources(source: Path) -> frozenset[Path]:
    """`source` and every file of this project that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting.extend(_imports(path))
    return frozenset(found)


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in OURS:
                stem = PACKAGES_ROOT.joinpath(*name.split("."))
                found += [file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file()]
    # the face of the package only hands names on; following it would tie every kernel to the whole house
    return tuple(file for file in found if file != PACKAGES_ROOT / "simulator" / "__init__.py")


@cache
def _file_hash(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _cache_root() -> Path:
    base = os.environ.get("ALLPATH_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "allpath" / "compiled"
