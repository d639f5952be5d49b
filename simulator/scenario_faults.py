"""What can be wrong with a scenario, each fault said in one line of the field's own words.

`checked` turns a table into a model or into faults: bounds, units and choices come from the model's JSON
schema, so a message cannot disagree with the check. `strategy_rules`, `population_rules` and `plan_rules`
hold what no single field can tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK, Conditioning, Strategy

if TYPE_CHECKING:  # population.py is slow to import: it needs the compiler
    from simulator.population import Population

LABELLED_COURSE_DOSE_MG_PER_M2 = 1.8  # 0.8 + 0.5 + 0.5, the labelled first course
YOUNGEST_YEARS, OLDEST_YEARS = 15.0, 100.0
SUM_TOLERANCE = 1e-6
LONGEST_SHOWN = 70

Model = TypeVar("Model", bound=BaseModel)


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
        said = [self.what] if self.what else []
        if self.allowed:
            plain = self.allowed[-1].isdigit() and (self.unit.endswith("s") or "/" in self.unit)
            said.append(
                f"allowed {self.allowed}"
                + (f" {self.unit}" if plain else f" ({self.unit})" * bool(self.unit))
            )
        head = self.key + (f" = {self.value}" if self.value else "")
        return ": ".join(part for part in (self.file, head, ", ".join(said)) if part)


class ScenarioError(Exception):
    """A scenario that cannot be run, with all its faults."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = list(dict.fromkeys(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Stated(NamedTuple):
    """A value with the file that states it and its key there."""

    value: Any
    file: str
    key: str
    origin: str = ""
    """Where the number comes from, when the file says so."""


Tree = dict[str, Any]  # tables of tables, each leaf a Stated


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
        node: Any = self.tree
        for part in path:
            node = node.get(part, {}) if isinstance(node, dict) else {}
        while isinstance(node, dict) and node:
            node = next(iter(node.values()))
        return node.file if isinstance(node, Stated) else self.file


def dotted(path: tuple[str, ...]) -> str:
    """Keys joined by dots; a key that is not bare is quoted, as in TOML."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part, re.ASCII) else shown(part) for part in path)


def shown(value: Any, nested: bool = False, longest: int = LONGEST_SHOWN) -> str:
    """A value as TOML would show it, short and on one line."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 128:
        text = f"{value:#x}"
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


def checked(
    model: type[Model], table: Any, place: Place, others: tuple[str, ...] = ()
) -> tuple[Model | None, list[Fault]]:
    """The table as a model, or its faults. `others`: keys of the same table that someone else reads."""
    try:
        return model.model_validate(table), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
    schema = _schema(model)
    faults: list[Fault] = []
    misspelt: set[tuple[str, ...]] = set()
    for one in errors:
        path = tuple(part for part in one["loc"] if isinstance(part, str))
        if one["type"] == "extra_forbidden":
            known = [*_node(schema, path[:-1]).get("properties", ()), *(others if len(path) == 1 else ())]
            close = get_close_matches(path[-1][:100], known, n=1)
            misspelt.update((*path[:-1], name) for name in close)
            faults.append(
                place.fault(path, shown(one["input"]), what="unknown key", allowed=nearest(path[-1], known))
            )
    for one in errors:
        path = tuple(part for part in one["loc"] if isinstance(part, str))
        allowed, unit = allowed_by(_node(schema, path), schema)
        if one["type"] == "missing" and path not in misspelt:
            faults.append(place.fault(path, what="missing", allowed=allowed, unit=unit))
        elif one["type"] not in ("missing", "extra_forbidden"):
            faults.append(place.fault(path, shown(_within(table, path)), allowed=allowed, unit=unit))
    return None, list(dict.fromkeys(faults))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def allowed_by(node: dict[str, Any], schema: dict[str, Any]) -> tuple[str, str]:
    """What a node of a JSON schema allows, in words, and its unit."""
    if "anyOf" in node:  # a value or nothing
        node = node["anyOf"][0]
    unit = str(node.get("unit", ""))
    if "enum" in node:
        return " or ".join([", ".join(node["enum"][:-1]), node["enum"][-1]]), unit
    kind = node.get("type")
    if kind == "boolean":
        return "true or false", unit
    if kind in ("integer", "number"):
        bounds = f"{node['minimum']} to {node['maximum']}" if "minimum" in node else "a number"
        return ("whole number " if kind == "integer" else "") + bounds.replace(".0", ""), unit
    if kind == "array":
        each, unit_each = allowed_by(_deref(node["items"], schema), schema)
        low, high = node.get("minItems", 0), node.get("maxItems")
        length = str(low) if low == high else f"{low} to {high}" if high else f"{low} or more"
        return f"a list of {length} values, each {each}", unit or unit_each
    return ("a table" if kind == "object" else str(node.get("description", "text"))), unit


def _deref(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node
    return found


def _node(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    node = schema
    for part in path:
        node = _deref(node.get("properties", {}).get(part, {}), schema)
    return node


def _within(table: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        table = table[part]
    return table


class Broken(NamedTuple):
    """A broken rule over several fields; the first of `keys` that the arm itself states is blamed."""

    keys: tuple[str, ...]
    allowed: str
    unit: str = ""


def rule_faults(broken: Iterator[Broken], place: Place) -> list[Fault]:
    """Broken rules as faults."""
    faults = []
    for rule in broken:
        paths = [tuple(key.split(".")) for key in rule.keys]
        leaves = {path: place.stated(path) for path in paths}
        own = [path for path, leaf in leaves.items() if leaf and leaf.key == dotted(place.prefix + path)]
        stated = [path for path, leaf in leaves.items() if leaf]
        path = (own or stated or paths)[0]
        leaf = leaves[path]
        faults.append(
            place.fault(path, shown(leaf.value) if leaf else "", allowed=rule.allowed, unit=rule.unit)
        )
    return faults


def plan_rules(plan: Any) -> Iterator[Broken]:
    """Rules of the top level."""
    months = plan.report_months
    if months != sorted(set(months)):
        yield Broken(("report_months",), "increasing", "months")
    elif months[-1] > plan.horizon_months:
        yield Broken(
            ("report_months", "horizon_months"), f"within the horizon of {plan.horizon_months}", "months"
        )
    if len(set(plan.endpoints)) < len(plan.endpoints):
        yield Broken(("endpoints",), "each endpoint once")


def population_rules(population: Population) -> Iterator[Broken]:
    """Rules of a case mix."""
    for name in ("ecog_shares", "donor_shares"):
        shares = getattr(population, name)
        if min(shares) < 0.0 or abs(sum(shares) - 1.0) > SUM_TOLERANCE:
            yield Broken((name,), "shares of 0 to 1 that sum to 1", "probability")
    if population.salvage_2 + population.salvage_3_plus > 1.0 + SUM_TOLERANCE:
        yield Broken(("salvage_3_plus", "salvage_2"), "salvage_2 + salvage_3_plus at most 1", "probability")
    if population.low_hypodiploid + population.kmt2a > 1.0 + SUM_TOLERANCE:
        yield Broken(("kmt2a", "low_hypodiploid"), "low_hypodiploid + kmt2a at most 1", "probability")
    ages = population.age_quantiles_years
    if ages != sorted(ages) or ages[0] < YOUNGEST_YEARS or ages[-1] > OLDEST_YEARS:
        yield Broken(("age_quantiles_years",), f"increasing, {YOUNGEST_YEARS:g} to {OLDEST_YEARS:g}", "years")


def strategy_rules(strategy: Strategy, horizon_months: int) -> Iterator[Broken]:
    """Rules of a strategy: what cannot be given as planned, and plans that contradict themselves."""
    yield from _inotuzumab_rules(strategy)
    yield from _blinatumomab_rules(strategy)
    yield from _transplant_rules(strategy, horizon_months)
    yield from _conditioning_rules(strategy.transplant.conditioning)


def _inotuzumab_rules(strategy: Strategy) -> Iterator[Broken]:
    ino, chemotherapy = strategy.inotuzumab, strategy.chemotherapy
    for name in ("first_course_doses_mg_per_m2", "later_course_doses_mg_per_m2"):
        doses, key = getattr(ino, name), f"inotuzumab.{name}"
        if len(doses) != len(ino.days):
            yield Broken((key, "inotuzumab.days"), f"one dose for each of the {len(ino.days)} days")
        if sum(doses) > LABELLED_COURSE_DOSE_MG_PER_M2 + 1e-9:
            yield Broken(
                (key,), f"a sum over the course of at most {LABELLED_COURSE_DOSE_MG_PER_M2}", "mg/m2"
            )
    if ino.days != sorted(set(ino.days)):
        yield Broken(("inotuzumab.days",), "increasing", "day of course")
    elif ino.days and ino.days[-1] > chemotherapy.course_days:
        keys = ("inotuzumab.days", "chemotherapy.course_days")
        yield Broken(keys, f"within the course of {chemotherapy.course_days}", "days")
    if ino.courses and not ino.days:
        yield Broken(
            ("inotuzumab.days", "inotuzumab.courses"), "at least one day when inotuzumab.courses > 0"
        )
    if ino.courses > chemotherapy.courses:
        keys = ("inotuzumab.courses", "chemotherapy.courses")
        yield Broken(
            keys, f"inotuzumab.courses at most chemotherapy.courses, {chemotherapy.courses}", "courses"
        )


def _blinatumomab_rules(strategy: Strategy) -> Iterator[Broken]:
    blina, maintenance, courses = strategy.blinatumomab, strategy.maintenance, strategy.chemotherapy.courses
    if blina.courses and blina.after_course > courses:
        keys: tuple[str, ...] = ("blinatumomab.after_course", "chemotherapy.courses", "blinatumomab.courses")
        yield Broken(keys, f"blinatumomab.after_course at most chemotherapy.courses, {courses}", "courses")
    if blina.step_dose_ug_per_day > blina.dose_ug_per_day:
        keys = ("blinatumomab.step_dose_ug_per_day", "blinatumomab.dose_ug_per_day")
        yield Broken(keys, f"step dose at most the full dose, {blina.dose_ug_per_day:g}", "ug/day")
    if maintenance.blinatumomab_courses * maintenance.pomp_months_between > maintenance.pomp_months:
        names = ("blinatumomab_courses", "pomp_months_between", "pomp_months")
        words = f"blinatumomab_courses x pomp_months_between at most pomp_months, {maintenance.pomp_months}"
        yield Broken(tuple(f"maintenance.{name}" for name in names), words, "months")
    if strategy.mrd.at_molecular_relapse == "blinatumomab" and not blina.courses:
        keys = ("mrd.at_molecular_relapse", "blinatumomab.courses")
        yield Broken(keys, "blinatumomab only with blinatumomab.courses of 1 or more", "courses")


def _transplant_rules(strategy: Strategy, horizon_months: int) -> Iterator[Broken]:
    transplant, blina, after = strategy.transplant, strategy.blinatumomab, strategy.after_relapse
    grace, interval = transplant.grace_period_months, transplant.minimum_interval_weeks
    longest = min(grace, float(horizon_months))
    if interval * DAYS_PER_WEEK > longest * DAYS_PER_MONTH:
        keys = ("transplant.minimum_interval_weeks", "transplant.grace_period_months")
        limit = "grace period" if grace <= horizon_months else "horizon"
        weeks = longest * DAYS_PER_MONTH / DAYS_PER_WEEK
        yield Broken(keys, f"an interval of at most the {limit}, {longest:g} months or {weeks:.1f}", "weeks")
    if transplant.earliest_line > transplant.latest_line:
        keys = ("transplant.earliest_line", "transplant.latest_line")
        yield Broken(keys, f"earliest_line at most latest_line, {transplant.latest_line}", "salvage line")
    if len(set(transplant.donors)) < len(transplant.donors):
        yield Broken(("transplant.donors",), "each donor source once")
    if transplant.policy == "none":
        if after.transplant:
            keys = ("after_relapse.transplant", "transplant.policy")
            yield Broken(keys, "an SCT after relapse only with a transplant.policy that is not none")
        return
    if not transplant.donors:
        yield Broken(
            ("transplant.donors", "transplant.policy"), "at least one donor source unless the policy is none"
        )
    if transplant.blinatumomab_courses_before > blina.courses:
        keys = ("transplant.blinatumomab_courses_before", "blinatumomab.courses")
        yield Broken(
            keys, f"blinatumomab_courses_before at most blinatumomab.courses, {blina.courses}", "courses"
        )
    if transplant.interval_act == "stop_ino_early_and_blinatumomab" and not blina.courses:
        keys = ("transplant.interval_act", "blinatumomab.courses")
        yield Broken(keys, "blinatumomab only with blinatumomab.courses of 1 or more", "courses")
    if transplant.while_waiting == "blinatumomab" and not blina.courses:
        keys = ("transplant.while_waiting", "blinatumomab.courses")
        yield Broken(keys, "blinatumomab only with blinatumomab.courses of 1 or more", "courses")
    if after.transplant and not after.salvage_lines:
        keys = ("after_relapse.transplant", "after_relapse.salvage_lines")
        yield Broken(keys, "an SCT after relapse only with salvage_lines of 1 or more", "lines")


def _conditioning_rules(conditioning: Conditioning) -> Iterator[Broken]:
    if conditioning.regimen == "as_practised":
        # the centre's mix is drawn: a stated detail would change nothing, and nobody would see it
        for name in Conditioning.model_fields:
            if getattr(conditioning, name) != getattr(Conditioning(), name):
                key = f"transplant.conditioning.{name}"
                yield Broken((key, "transplant.conditioning.regimen"), 'details only with regimen = "stated"')
    elif conditioning.alkylators < conditioning.busulfan + conditioning.thiotepa:
        names = ("alkylators", "busulfan", "thiotepa")
        keys = tuple(f"transplant.conditioning.{name}" for name in names)
        yield Broken(keys, "busulfan and thiotepa counted among the alkylators", "alkylating agents")
