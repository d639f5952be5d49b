"""A scenario from complete tables: models filled, rules kept, all faults raised together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.parameters import DEFINITIONS
from simulator.scenario.faults import Fault, ScenarioError, nearest, shown
from simulator.scenario.fields import checked
from simulator.scenario.model import Arm, ArmHead, Plan, Scenario
from simulator.scenario.rules import plan_rules, population_rules, rule_faults, strategy_rules, ward_rules
from simulator.scenario.sharing import Sharing
from simulator.scenario.tree import Place, Tree, origins, plain
from simulator.strategy import Strategy

if TYPE_CHECKING:  # population.py is slow to import: it needs the compiler
    from simulator.population import Population

STATED_IN_FULL = "stated in the scenario"
LONGEST_HORIZON_MONTHS = 240


def build(tree: Tree, path: Path, population_name: str, faults: list[Fault]) -> Scenario:
    """The scenario of a tree whose names are resolved; a name that could not be had is None there.

    `faults` are those already known.
    """
    top = {key: value for key, value in tree.items() if key not in ("population", "arms")}
    place = Place(top, path.name)
    plan = checked(Plan, plain(top), place, faults, others=("population", "arms", "extends"))
    population = population_of(tree, path.name, population_name, faults)
    # a horizon that could not be read must not hide what else is wrong with an arm
    horizon_months = plan.horizon_months if plan else LONGEST_HORIZON_MONTHS
    shared = plan.ward.sharing() if plan else Sharing()
    arms = [arm_of(name, arm, path.name, horizon_months, shared, faults) for name, arm in tree["arms"].items()]
    built = [arm for arm in arms if arm]
    if plan:
        faults += rule_faults(plan_rules(plan), place)
        if any(arm.sharing.limited() for arm in built):
            faults += rule_faults(ward_rules(plan.ward), place)
    reference = plain(top).get("reference")
    if arms and isinstance(reference, str) and reference not in tree["arms"]:
        allowed = nearest(reference, tree["arms"])
        faults.append(place.fault(("reference",), shown(reference), what="names no arm", allowed=allowed))
    if len(arms) < 2 and not any(fault.key.startswith("arms") for fault in faults):
        faults.append(Fault(path.name, "arms", what=f"{len(arms)} given", allowed="at least two [[arms]]"))
    faults += _twins(built, path.name)
    if faults or plan is None or population is None:
        order = list(tree), list(tree["arms"])
        raise ScenarioError(sorted(faults, key=lambda fault: _rank(fault.key, *order)))
    stated = {key: getattr(plan, key) for key in Plan.model_fields}
    stated |= {"endpoints": tuple(plan.endpoints), "report_months": tuple(plan.report_months)}
    return Scenario(
        name=path.stem,
        population=population,
        population_name=population_name,
        arms=tuple(built),
        path=path,
        origins=dict(origins(tree)),
        **stated,
    )


def population_of(tree: Tree, file: str, name: str, faults: list[Fault]) -> Population | None:
    """The case mix, or None and its faults; a name that could not be had has its fault already."""
    from simulator.population import Population

    if "population" not in tree:
        faults.append(Fault(file, "population", what="missing", allowed="a case mix"))
    mix = tree.get("population")
    if not isinstance(mix, dict):
        return None
    place = Place(mix, file, ("population",))
    own: list[Fault] = []
    population = checked(Population, plain(mix), place, own, others=("base",))
    missing = [fault for fault in own if fault.what == "missing"]
    if len(missing) > 1 and name == STATED_IN_FULL:  # a base was forgotten, rather than all these fields
        allowed = "a case mix, unless all its fields are stated"
        base = place.fault(("base",), what="missing", allowed=allowed)
        own = [base, *(fault for fault in own if fault not in missing)]
    faults += own
    if population:
        faults += rule_faults(population_rules(population), place)
    return population


def arm_of(
    name: str, arm: Tree | None, file: str, horizon_months: int, shared: Sharing, faults: list[Fault]
) -> Arm | None:
    """One arm from its complete table, or None and its faults."""
    if arm is None:
        return None
    place = Place(arm, file, ("arms", name))
    table = plain(arm)
    keys = {"name": name} | {key: table.pop(key) for key in ("base", "title") if key in table}
    head = checked(ArmHead, keys, place, faults)
    table.pop("ward", None)
    sharing = _sharing(name, arm.get("ward", {}), file, shared, faults)
    if "base" not in arm:
        return None  # without its base every table would be missing
    changes = _changes(table.pop("parameters", {}), place, faults)
    strategy = checked(Strategy, table, place, faults, others=("base", "title", "parameters", "ward"))
    if strategy:
        faults += rule_faults(strategy_rules(strategy, horizon_months), place)
    if head is None or strategy is None or sharing is None:
        return None
    return Arm(name, head.title or name.replace("_", " "), head.base, strategy, sharing, changes)


def _sharing(name: str, own: Any, file: str, shared: Sharing, faults: list[Fault]) -> Sharing | None:
    """What patients of an arm share: its own `ward` over that of the scenario; or None and its faults."""
    if not isinstance(own, dict):
        faults.append(Fault(own.file, own.key, shown(own.value), "a table"))
        return None
    stated = checked(Sharing, plain(own), Place(own, file, ("arms", name, "ward")), faults)
    return stated and shared.model_copy(update=stated.model_dump(exclude_unset=True))


def _changes(table: Any, place: Place, faults: list[Fault]) -> dict[str, float]:
    """The parameters that an arm changes, or their faults."""
    if not isinstance(table, dict):
        faults.append(place.fault(("parameters",), shown(table), allowed="a table of parameters"))
        return {}
    known, changes = {one.name: one for one in DEFINITIONS}, {}
    for name, value in table.items():
        path = ("parameters", name)
        if name not in known:
            faults.append(place.fault(path, shown(value), what="unknown parameter", allowed=nearest(name, known)))
            continue
        one = known[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and one.low <= value <= one.high:
            changes[name] = float(value)
        else:
            faults.append(place.fault(path, shown(value), allowed=f"{one.low:g} to {one.high:g}", unit=one.unit))
    return changes


def _twins(arms: Sequence[Arm], file: str) -> list[Fault]:
    """The first arm whose strategy is that of an earlier one."""
    for position, arm in enumerate(arms):
        for other in arms[:position]:
            if (other.strategy, other.sharing, other.parameters) == (arm.strategy, arm.sharing, arm.parameters):
                what = f"the same strategy as arms.{other.name}"
                allowed = "arms that differ in at least one value"
                return [Fault(file, f"arms.{arm.name}", what=what, allowed=allowed)]
    return []


def _rank(key: str, order: list[str], arms: list[str]) -> tuple[int, int]:
    """Where a key stands in the file; keys of base files go with the arms."""
    first, _, rest = key.partition(".")
    top, arm = first.split("[")[0], rest.split(".")[0]
    top = top if top in order else "arms"
    return order.index(top), arms.index(arm) if arm in arms else -1
