"""Tables of tables in which each value knows the file and the key that state it, through every merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from simulator.scenario.faults import Fault, dotted

DEEPEST = 8  # tables within tables; no key lies deeper than 5


class Stated(NamedTuple):
    """A value with the file that states it and its key there."""

    value: Any
    file: str
    key: str
    origin: str = ""
    """Where the number comes from, when the file says so."""


Tree = dict[str, Any]  # tables of tables, each leaf a Stated


def stamped(table: Mapping[str, Any], file: str, prefix: tuple[str, ...] = ()) -> Tree:
    """A table with each value stamped by the file and the key that state it."""
    return {
        key: stamped(value, file, (*prefix, key))
        if isinstance(value, dict) and len(prefix) < DEEPEST
        else Stated(value, file, dotted((*prefix, key)))
        for key, value in table.items()
    }


def plain(tree: Tree) -> dict[str, Any]:
    """The values alone."""
    return {key: value.value if isinstance(value, Stated) else plain(value) for key, value in tree.items()}


def merged(under: Tree, over: Tree) -> Tree:
    """`over` on `under`: tables key by key, anything else replaced."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if key == "population" and isinstance(below, Stated) and isinstance(value, dict):
            below = {"base": below}  # a case mix by name is the short form of a table
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def origins(tree: Tree, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Who stated each value, by dotted key."""
    for key, value in tree.items():
        if isinstance(value, Stated):
            yield dotted((*prefix, key)), value.origin or value.file
        elif isinstance(value, dict):
            yield from origins(value, (*prefix, key))


@dataclass(frozen=True)
class Place:
    """A table assembled from several files: says who stated what."""

    tree: Tree
    file: str
    prefix: tuple[str, ...] = ()

    def stated(self, path: tuple[str, ...]) -> Stated | None:
        """The leaf at `path` or above it."""
        node: Any = self.tree
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
            if isinstance(node, Stated):
                return node
        return None

    def fault(self, path: tuple[str, ...], value: str = "", **said: str) -> Fault:
        """A fault at `path`, in the file that stated it."""
        leaf = self.stated(path)
        file, key = (leaf.file, leaf.key) if leaf else (self._file_below(path), dotted(self.prefix + path))
        return Fault(file, key, value, **said)

    def _file_below(self, path: tuple[str, ...]) -> str:
        """For a key nobody stated: the file of the first value in its table."""
        node: Any = self.tree
        for part in path:
            node = node.get(part, {}) if isinstance(node, dict) else {}
        while isinstance(node, dict) and node:
            node = next(iter(node.values()))
        return node.file if isinstance(node, Stated) else self.file
