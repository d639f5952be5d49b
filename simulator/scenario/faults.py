"""One fault in one line of the field's own words, and the error that carries all faults of a scenario."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

LONGEST_SHOWN = 70


@dataclass(frozen=True)
class Fault:
    """One fault; `str` says it in one line: `my.toml: horizon_months = 500: allowed 6 to 240 months`."""

    file: str
    key: str = ""
    value: str = ""
    """As TOML would show it; empty if there is none."""
    allowed: str = ""
    unit: str = ""
    what: str = ""
    """What is wrong, where the allowed values alone do not tell."""

    def __str__(self) -> str:
        head = f"{self.key} = {self.value}" if self.value else self.key
        said = ", ".join(part for part in (self.what, self._allowed()) if part)
        return ": ".join(part for part in (self.file, head, said) if part)

    def _allowed(self) -> str:
        if not self.allowed or not self.unit:
            return self.allowed and f"allowed {self.allowed}"
        reads_on = self.allowed[-1].isdigit() and (self.unit.endswith("s") or "/" in self.unit)
        return f"allowed {self.allowed} " + (self.unit if reads_on else f"({self.unit})")


class ScenarioError(Exception):
    """A scenario that cannot be run, with all its faults."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = list(dict.fromkeys(faults))  # an arm repeats the faults of the arm it is based on
        super().__init__("\n".join(map(str, self.faults)))


def dotted(path: tuple[str, ...]) -> str:
    """Keys joined by dots; a key that is not bare is quoted, as in TOML."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part, re.ASCII) else shown(part) for part in path)


def shown(value: Any, nested: bool = False, longest: int = LONGEST_SHOWN) -> str:
    """A value as TOML would show it, short and on one line."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 128:
        text = f"{value:#x}"  # Python refuses to write thousands of decimal digits
    elif isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list | tuple):
        text = "[...]" if nested else "[" + ", ".join(shown(item, True) for item in value[:30]) + "]"
    elif isinstance(value, dict):
        text = "{...}" if value else "{}"
    else:
        text = str(value)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 3] + "..."


def nearest(name: Any, known: Collection[str]) -> str:
    """What is allowed instead of an unknown name: the nearest known one, or all of them."""
    close = get_close_matches(str(name)[:100], known, n=1)
    return f"{close[0]} (the nearest)" if close else ", ".join(known)
