"""A scenario: one question, one case mix, several arms. Read, resolved, validated, shown.

The human form is a short TOML file; `resolved` gives the complete machine form. Order of resolution:

1. `extends`: the scenario it names is resolved first and lies beneath. Tables merge key by key, arms merge by
   name (arms of the extended file first, in their order), anything else, lists too, is replaced.
2. `population`: the named case mix, the fields of `[population]` over it. A name replaces a table beneath.
3. Each arm, in order: `base` is an earlier arm of that name, else a strategy file; the arm's tables over it.
4. Defaults of the schema (`simulator/strategy.py`) fill what nobody stated.
5. Everything is validated; all faults are raised together.
6. Command-line values (`--set`, `--patients`, `--seed`, `--parameters`) then replace those of the file, and
   steps 2 to 5 are done again: a wrong file is never hidden by a right command line.

A name is looked for beside the file, then beside the files it extends, then among the shipped ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

import scenarios
from simulator.scenario_faults import (
    Fault,
    Place,
    ScenarioError,
    Stated,
    Tree,
    checked,
    dotted,
    nearest,
    plan_rules,
    population_rules,
    rule_faults,
    shown,
    strategy_rules,
)
from simulator.strategy import Section, Strategy, number

if TYPE_CHECKING:  # population.py is slow to import: it needs the compiler
    from simulator.population import Population

DEFAULT_PARAMETERS = "kantarjian-2023-point"
STATED_IN_FULL = "stated in the scenario"
DEEPEST = 8  # tables within tables; no key lies deeper than 5
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
ONE_LINE = r"^\S[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def text(pattern: str, meaning: str, longest: int = 100) -> Any:
    """A text field."""
    return Field(pattern=pattern, max_length=longest, description=meaning)


class Plan(Section):
    """The top level of a scenario, but for its case mix and its arms."""

    question: Annotated[str, text(ONE_LINE, "the question in one line of at most 300 characters", 300)]
    parameters: Annotated[str, text(f"^{NAME}$", "name of a parameter set")] = DEFAULT_PARAMETERS
    horizon_months: Annotated[int, number("months", 6, 240, "how long patients are followed")]
    report_months: list[Annotated[int, number("months", 1, 240, "month at which results are printed")]] = (
        Field(min_length=1, max_length=24)
    )
    patients: Annotated[int, number("patients", 1, 10**9, "simulated patients in each arm")]
    seed: Annotated[int, Field(ge=0, le=2**64 - 1, description="seed of all draws")]
    reference: Annotated[str, text(r"^\S", "name of the arm that the others are compared with")]
    endpoints: list[Literal["os", "rfs", "efs", "relapse", "nrm", "sos"]] = Field(
        default=["os", "rfs", "efs", "relapse", "nrm", "sos"], min_length=1, description="endpoints reported"
    )


class ArmHead(Section):
    """The keys of an arm that are not its strategy."""

    name: Annotated[str, text(r"^[a-z][a-z0-9_]*$", "a name of a-z, 0-9 and _ that begins with a letter")]
    base: Annotated[str, text(f"^{NAME}$", "name of a base strategy or of an earlier arm")]
    title: Annotated[str, text(ONE_LINE, "a title in one line")] | None = None


@dataclass(frozen=True)
class Arm:
    """One strategy under comparison."""

    name: str
    title: str
    base: str
    strategy: Strategy


@dataclass(frozen=True)
class Scenario:
    """A validated scenario, nothing left to look up. `path` and `origins` are not part of its identity."""

    name: str
    question: str
    population: Population
    population_name: str
    arms: tuple[Arm, ...]
    reference: str
    endpoints: tuple[str, ...]
    report_months: tuple[int, ...]
    horizon_months: int
    patients: int
    seed: int
    parameters: str
    path: Path = field(compare=False, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Who stated each value, by dotted key; a value that is not here is a default of the schema."""


def load_scenario(
    name_or_path: str | Path,
    *,
    patients: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, str] | Sequence[str] = (),
    parameters: str | None = None,
) -> Scenario:
    """The scenario of a file or of a shipped name, with command-line values over it."""
    path = _find(name_or_path)
    tree, folders, faults = _read_scenario(path, ())
    scenario = _resolve(tree, path, folders, faults)
    options = {"patients": patients, "seed": seed, "parameters": parameters}
    over = {key: Stated(value, f"--{key}", key) for key, value in options.items() if value is not None}
    over = _merged(_settings(settings, tree), over)
    if not over:
        return scenario
    try:
        return _resolve(_merged(tree, over), path, folders, [])
    except ScenarioError as error:
        # the file alone was right, so whatever is wrong now came from the command line
        option = "--set" if settings else f"--{next(iter(over))}"
        own = [fault.file.startswith("--") for fault in error.faults]
        faults = [f if stays else replace(f, file=option) for f, stays in zip(error.faults, own, strict=True)]
        raise ScenarioError(faults) from None


def from_resolved(form: Mapping[str, Any]) -> Scenario:
    """The scenario that `resolved` wrote; nothing is looked up."""
    name = str(form.get("name", "scenario"))
    place = "resolved form"
    arms: Tree = {}
    for arm in form.get("arms", ()):
        head = {key: arm[key] for key in ("base", "title") if key in arm}
        arms[str(arm.get("name"))] = _tree(
            head | arm.get("strategy", {}), place, ("arms", str(arm.get("name")))
        )
    rest = {key: value for key, value in form.items() if key not in ("name", "arms", "population_name")}
    return _build(
        _tree(rest, place) | {"arms": arms}, Path(f"{name}.toml"), str(form.get("population_name")), []
    )


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The complete machine form, ready for JSON: no default left out, nothing about this computer."""
    return {
        "name": scenario.name,
        "question": scenario.question,
        "population_name": scenario.population_name,
        "population": scenario.population.model_dump(mode="json"),
        "parameters": scenario.parameters,
        "horizon_months": scenario.horizon_months,
        "report_months": list(scenario.report_months),
        "patients": scenario.patients,
        "seed": scenario.seed,
        "reference": scenario.reference,
        "endpoints": list(scenario.endpoints),
        "arms": [
            {"name": a.name, "title": a.title, "base": a.base, "strategy": a.strategy.model_dump(mode="json")}
            for a in scenario.arms
        ],
    }


def shipped_scenarios() -> list[tuple[str, str]]:
    """Name and question of each shipped scenario."""
    paths = sorted(scenarios.FOLDER.glob("*.toml"))
    return [(path.stem, str(tomllib.loads(path.read_text(encoding="utf-8"))["question"])) for path in paths]


def same_until_remission(a: Strategy, b: Strategy) -> bool:
    """Whether two strategies share all that a rule reads before first remission: else no pairing from CR."""
    before = ("chemotherapy", "inotuzumab", "prophylaxis", "mrd", "setting")
    return all(getattr(a, name) == getattr(b, name) for name in before)


# Reading


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
        folder = path.is_dir()
    except (OSError, ValueError):  # a name too long, or with a null byte
        folder = False
    shipped = sorted(_stems(scenarios.FOLDER))
    if str(path) == path.name and path.name.removesuffix(".toml") in shipped:
        return scenarios.FOLDER / (path.name.removesuffix(".toml") + ".toml")
    file = path.name or str(name_or_path)
    if folder:
        raise ScenarioError([Fault(file, what="is a folder", allowed="a scenario file or a shipped name")])
    near = nearest(path.name.removesuffix(".toml"), shipped)
    raise ScenarioError(
        [Fault(shown(file).strip('"'), what="no such file", allowed=f"a file or a shipped name: {near}")]
    )


def _read(path: Path) -> dict[str, Any]:
    """A TOML file as tables; every way in which it can be unreadable is a fault."""
    try:
        source = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        document = tomllib.loads(source)
    except OSError as error:
        raise ScenarioError([Fault(path.name, what=f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start + 1})"
        raise ScenarioError([Fault(path.name, what=what, allowed="TOML in UTF-8")]) from None
    except (ValueError, RecursionError) as error:
        line, column = source.count("\n") + 1, len(source) - source.rfind("\n")
        end = f"at line {line}, column {column}, the end of the file"
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        what = " ".join(what.replace("at end of document", end).split())
        raise ScenarioError([Fault(path.name, what=f"not TOML: {what}")]) from None
    if not document:
        raise ScenarioError(
            [Fault(path.name, what="says nothing", allowed="a question, a population and arms")]
        )
    return document


def _read_part(path: Path, kind: str) -> dict[str, Any]:
    """A case mix or a strategy; a scenario of that name beside the file is not one."""
    document = _read(path)
    if "arms" in document:
        raise ScenarioError([Fault(path.name, what="is a scenario", allowed=f"a {kind}")])
    return document


def _read_scenario(path: Path, above: tuple[Path, ...]) -> tuple[Tree, list[Path], list[Fault]]:
    """A scenario file over those it extends, the folders in which names are looked for, and faults so far."""
    document = _read(path)
    tree, faults = _scenario_tree(document, path.name)
    extends = tree.pop("extends", None)
    folders = [path.parent]
    if extends is None:
        return tree, folders, faults
    found = _look_up(extends, folders, scenarios.FOLDER) if isinstance(extends, Stated) else None
    chain = (*above, path.resolve())
    if found is None or found.resolve() in chain:
        value = extends.value if isinstance(extends, Stated) else extends
        name = value.removesuffix(".toml") if isinstance(value, str) else value
        what = "unknown scenario" if found is None else "circular: it extends itself"
        known = nearest(name, sorted(_stems(scenarios.FOLDER) - {path.stem}))
        raise ScenarioError([*faults, Fault(path.name, "extends", shown(value), known, what=what)])
    under, further, more = _read_scenario(found, chain)
    return (
        _merged(under, tree),
        folders + [folder for folder in further if folder not in folders],
        more + faults,
    )


def _scenario_tree(document: dict[str, Any], file: str) -> tuple[Tree, list[Fault]]:
    """A document as a tree in which arms are tables by name."""
    tree = _tree({key: value for key, value in document.items() if key != "arms"}, file)
    if "arms" not in document:
        return tree, []
    arms, faults = document["arms"], []
    tree["arms"] = {}
    if not isinstance(arms, list) or not all(isinstance(arm, dict) for arm in arms):
        return tree, [Fault(file, "arms", shown(arms), "tables [[arms]]")]
    for position, arm in enumerate(arms, 1):
        name, key = arm.get("name"), f"arms[{position}].name"
        meaning = str(ArmHead.model_fields["name"].description)
        if name is None:
            faults.append(Fault(file, key, what="missing", allowed=meaning))
        elif not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]{0,99}", name):
            faults.append(Fault(file, key, shown(name), meaning))
        elif name in tree["arms"]:
            faults.append(Fault(file, key, shown(name), "a name that no other arm has", what="duplicate"))
        else:
            own = {key: value for key, value in arm.items() if key != "name"}
            tree["arms"][name] = _tree(own, file, ("arms", name))
    return tree, faults


def _tree(table: Mapping[str, Any], file: str, prefix: tuple[str, ...] = ()) -> Tree:
    """A table with each value stamped by the file and the key that state it."""
    return {
        key: _tree(value, file, (*prefix, key))
        if isinstance(value, dict) and len(prefix) < DEEPEST
        else Stated(value, file, dotted((*prefix, key)))
        for key, value in table.items()
    }


def _plain(tree: Tree) -> dict[str, Any]:
    return {key: value.value if isinstance(value, Stated) else _plain(value) for key, value in tree.items()}


def _merged(under: Tree, over: Tree) -> Tree:
    """`over` on `under`: tables key by key, anything else replaced."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if key == "population" and isinstance(below, Stated) and isinstance(value, dict):
            below = {"base": below}  # a case mix by name is the short form of a table
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _settings(settings: Mapping[str, str] | Sequence[str], tree: Tree) -> Tree:
    """`KEY=VALUE` settings as a tree; a value is TOML, or else a bare word."""
    pairs = (
        [f"{key}={value}" for key, value in settings.items()] if isinstance(settings, Mapping) else settings
    )
    over: Tree = {}
    faults = []
    for pair in pairs:
        key, equals, word = pair.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        arms = list(tree.get("arms", ()))
        if not equals or not all(path) or len(path) > DEEPEST or path[0] == "extends":
            faults.append(Fault("--set", shown(pair).strip('"'), allowed="KEY=VALUE, as horizon_months=48"))
        elif path[0] == "arms" and (len(path) < 3 or path[1] not in arms):
            allowed = nearest(path[1], arms) if len(path) > 1 and path[1] not in arms else "arms.NAME.KEY"
            faults.append(Fault("--set", dotted(path), shown(_word(word)), allowed, what="names no arm"))
        else:
            branch: Any = Stated(_word(word), "--set", dotted(path))
            for part in reversed(path):
                branch = {part: branch}
            over = _merged(over, branch)
    if faults:
        raise ScenarioError(faults)
    return over


def _word(word: str) -> Any:
    try:
        document = tomllib.loads(f"value = {word}")
    except (ValueError, RecursionError):
        return word.strip()
    return document["value"] if len(document) == 1 else word.strip()


# Resolving


def _stems(folder: Path, suffix: str = "toml") -> set[str]:
    return {path.stem for path in folder.glob(f"*.{suffix}")}


def _look_up(stated: Stated, folders: Sequence[Path], shipped: Path) -> Path | None:
    """The file of a name: beside the scenario first, then among the shipped."""
    if not isinstance(stated.value, str) or not re.fullmatch(NAME, stated.value):
        return None
    file = stated.value.removesuffix(".toml") + ".toml"
    return next((folder / file for folder in (*folders, shipped) if (folder / file).is_file()), None)


def _resolve(tree: Tree, path: Path, folders: Sequence[Path], faults: list[Fault]) -> Scenario:
    """Steps 2 to 5: look up names, then build."""
    tree, faults = dict(tree), list(faults)
    parameters = tree.get("parameters")
    known = _stems(scenarios.FOLDER / "parameters", "json") | {DEFAULT_PARAMETERS}
    if isinstance(parameters, Stated) and isinstance(parameters.value, str) and parameters.value not in known:
        faults.append(_unknown(parameters, "parameter set", known, path.name, "parameters"))
    population_name = ""
    if "population" in tree:
        tree["population"], population_name, more = _case_mix(tree["population"], folders, path.name)
        faults += more
    arms = tree.get("arms", {})
    done: Tree = {}
    tree["arms"] = done
    for name, arm in arms.items():
        done[name], more = _on_base(arm, name, arms, done, folders, path.name)
        faults += more
    return _build(tree, path, population_name, faults)


def _case_mix(stated: Any, folders: Sequence[Path], file: str) -> tuple[Any, str, list[Fault]]:
    """The population as a complete table, its name, and what could not be found."""
    own: Tree = dict(stated) if isinstance(stated, dict) else {"base": stated}
    base = own.pop("base", None)
    if base is None:
        return own, STATED_IN_FULL, []
    shipped = scenarios.FOLDER / "populations"
    found = _look_up(base, folders, shipped) if isinstance(base, Stated) else None
    if found is None:
        return None, "", [_unknown(base, "population", _stems(shipped), file, "population.base")]
    try:
        document = _read_part(found, "case mix")
    except ScenarioError as error:
        return None, "", error.faults
    document.pop("title", None)
    origins = document.pop("origin", {})
    under = _tree(document, found.name)
    over = {key: _from(value, "user") for key, value in own.items()}
    if isinstance(origins, dict):
        under = {key: _from(value, str(origins.get(key, "no origin given"))) for key, value in under.items()}
    name = found.stem + (f", changed: {', '.join(own)}" if own else "")
    return _merged(under, over), name, []


def _from(value: Any, origin: str) -> Any:
    return value._replace(origin=f"{origin} ({value.file})") if isinstance(value, Stated) else value


def _on_base(
    arm: Any, name: str, arms: Tree, done: Tree, folders: Sequence[Path], file: str
) -> tuple[Any, list[Fault]]:
    """An arm's tables over its base: an earlier arm, else a strategy file. None if the base cannot be had."""
    base = arm.get("base")
    if base is None:
        return arm, []
    value = base.value if isinstance(base, Stated) else None
    own = {key: each for key, each in arm.items() if key not in ("base", "title")}
    head = {key: arm[key] for key in ("base", "title") if key in arm}
    if isinstance(value, str) and value in done:
        if done[value] is None:
            return None, []
        under = {key: each for key, each in done[value].items() if key not in ("base", "title")}
        return _merged(under, own) | head, []
    shipped = scenarios.FOLDER / "strategies"
    found = _look_up(base, folders, shipped) if isinstance(base, Stated) else None
    if found is None:
        if isinstance(value, str) and value in arms:
            what = "circular: it is its own base" if value == name else "not an earlier arm"
            return None, [Fault(base.file, base.key, shown(value), "an earlier arm or a strategy", what=what)]
        return None, [_unknown(base, "strategy", _stems(shipped) | set(done), file, f"arms.{name}.base")]
    try:
        document = _read_part(found, "strategy")
    except ScenarioError as error:
        return None, error.faults
    document.pop("title", None)
    return _merged(_tree(document, found.name), own) | head, []


def _unknown(stated: Any, kind: str, known: set[str], file: str, key: str) -> Fault:
    """A name that is not there; `file` and `key` serve where a table stands in place of a name."""
    value = stated.value if isinstance(stated, Stated) else stated
    if isinstance(stated, Stated):
        file, key = stated.file, stated.key
    return Fault(file, key, shown(value), nearest(value, sorted(known)), what=f"unknown {kind}")


def _build(tree: Tree, path: Path, population_name: str, faults: list[Fault]) -> Scenario:
    """Steps 4 and 5: models from complete tables; `faults` are those already known."""
    from simulator.population import Population

    order = list(tree)
    tree = dict(tree)
    arms, mix = tree.pop("arms"), tree.pop("population", None)
    place = Place(tree, path.name)
    plan, more = checked(Plan, _plain(tree), place, ("population", "arms", "extends"))
    faults = faults + more
    population: Population | None = None
    if isinstance(mix, dict):
        mix_place = Place(mix, path.name, ("population",))
        population, more = checked(Population, _plain(mix), mix_place, ("base",))
        missing = [fault for fault in more if fault.what == "missing"]
        if len(missing) > 1 and population_name == STATED_IN_FULL:
            allowed = "a case mix, unless all its fields are stated"
            base = mix_place.fault(("base",), what="missing", allowed=allowed)
            more = [base, *(fault for fault in more if fault not in missing)]
        faults += more
        if population:
            faults += rule_faults(population_rules(population), mix_place)
    elif "population" not in order:
        faults.append(Fault(path.name, "population", what="missing", allowed="a case mix"))
    built = []
    for name, arm in arms.items():
        arm_built, more = _built_arm(name, arm, path.name, plan.horizon_months if plan else None)
        built += [arm_built] if arm_built else []
        faults += more
    if plan:
        faults += rule_faults(plan_rules(plan), place)
    if plan and arms and plan.reference not in arms:
        allowed = nearest(plan.reference, arms)
        faults.append(
            place.fault(("reference",), shown(plan.reference), what="names no arm", allowed=allowed)
        )
    faults += _comparable(built, len(arms), path.name, faults)
    if faults or plan is None or population is None:
        faults.sort(key=lambda fault: _rank(fault.key, order, list(arms)))
        raise ScenarioError(faults)
    top = {key: getattr(plan, key) for key in Plan.model_fields}
    top |= {"endpoints": tuple(plan.endpoints), "report_months": tuple(plan.report_months)}
    origins = dict(_origins(tree | {"population": mix, "arms": arms}))
    return Scenario(
        name=path.stem,
        population=population,
        population_name=population_name,
        arms=tuple(built),
        path=path,
        origins=origins,
        **top,
    )


def _rank(key: str, order: list[str], arms: list[str]) -> tuple[int, int]:
    """Where a key stands in the file; keys of base files go with the arms."""
    first, _, rest = key.partition(".")
    top = first.split("[")[0] if first.split("[")[0] in order else "arms"
    arm = rest.split(".")[0]
    return order.index(top) if top in order else 0, arms.index(arm) if arm in arms else -1


def _built_arm(name: str, arm: Any, file: str, horizon_months: int | None) -> tuple[Arm | None, list[Fault]]:
    """One arm from its complete table (None: its base could not be had)."""
    if arm is None:
        return None, []
    place = Place(arm, file, ("arms", name))
    table = _plain(arm)
    keys = {"name": name} | {key: table.pop(key) for key in ("base", "title") if key in table}
    head, faults = checked(ArmHead, keys, place)
    if "base" not in arm:
        return None, faults  # without its base every table would be missing
    strategy, more = checked(Strategy, table, place, ("base", "title"))
    faults += more
    if strategy and horizon_months:
        faults += rule_faults(strategy_rules(strategy, horizon_months), place)
    if head is None or strategy is None:
        return None, faults
    return Arm(name, head.title or name.replace("_", " "), head.base, strategy), faults


def _comparable(arms: Sequence[Arm], stated: int, file: str, faults: Sequence[Fault]) -> list[Fault]:
    """At least two arms, no two alike."""
    if stated < 2 and not any(fault.key.startswith("arms") for fault in faults):
        return [Fault(file, "arms", what=f"{stated} given", allowed="at least two [[arms]]")]
    for position, arm in enumerate(arms):
        twin = next((other.name for other in arms[:position] if other.strategy == arm.strategy), None)
        if twin:
            what = f"the same strategy as arms.{twin}"
            return [
                Fault(file, f"arms.{arm.name}", what=what, allowed="arms that differ in at least one value")
            ]
    return []


def _origins(tree: Tree, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Stated):
            yield dotted((*prefix, key)), value.origin or value.file
        elif isinstance(value, dict):
            yield from _origins(value, (*prefix, key))


# Showing


def described(scenario: Scenario) -> str:
    """The scenario for people: what differs between arms first, then each value, its unit and its origin."""
    top = {key: value for key, value in resolved(scenario).items() if key in Plan.model_fields}
    differs, common = _side_by_side(scenario)
    arms = [
        (
            str(number),
            arm.name,
            arm.title,
            f"base {arm.base}" + ", reference" * (arm.name == scenario.reference),
        )
        for number, arm in enumerate(scenario.arms, 1)
    ]
    tables: dict[str, Sequence[tuple[str, ...]]] = {
        f"Scenario {scenario.name}: {top.pop('question')}": _rows(Plan, top, scenario.origins, ""),
        "Arms": arms,
        "What differs between the arms": differs,
        "The same in all arms": common,
        "Population " + scenario.population_name: _rows(
            type(scenario.population), scenario.population.model_dump(), scenario.origins, "population."
        ),
    }
    return "\n\n".join(f"{title}\n{_aligned(rows)}" for title, rows in tables.items()) + "\n"


def _rows(
    model: type[BaseModel], values: Mapping[str, Any], origins: Mapping[str, str], prefix: str
) -> list[tuple[str, ...]]:
    units = _units(model)
    return [(key, _cell(v), units[key], origins.get(prefix + key, "default")) for key, v in values.items()]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else shown(value, longest=200).replace('"', "")


def _side_by_side(scenario: Scenario) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Rows of the values in which arms differ, and of those that they share."""
    units = _units(Strategy)
    flat = [dict(_flat(arm.strategy.model_dump())) for arm in scenario.arms]
    marks: dict[str, str] = {}
    differs: list[tuple[str, ...]] = [("", "", *(str(number) for number in range(1, len(flat) + 1)))]
    common: list[tuple[str, ...]] = []
    for key in flat[0]:
        values = [_cell(values[key]) for values in flat]
        origins = [scenario.origins.get(f"arms.{arm.name}.{key}", "default") for arm in scenario.arms]
        if len(set(values)) == 1:
            common.append((key, values[0], units.get(key, ""), ", ".join(dict.fromkeys(origins))))
            continue
        for origin in origins:
            marks.setdefault(origin, f"[{chr(ord('a') + len(marks))}]")
        cells = (f"{value} {marks[origin]}" for value, origin in zip(values, origins, strict=True))
        differs.append((key, units.get(key, ""), *cells))
    differs.append(("origin: " + ", ".join(f"{mark} {origin}" for origin, mark in marks.items()),))
    return differs, common


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _units(model: type[BaseModel]) -> dict[str, str]:
    """Unit of each field of a model, by dotted key."""
    schema = model.model_json_schema()

    def walk(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
        for key, each in node.get("properties", {}).items():
            each = schema["$defs"][each["$ref"].rsplit("/", 1)[-1]] if "$ref" in each else each
            yield prefix + key, each.get("unit") or each.get("items", {}).get("unit", "")
            yield from walk(each, f"{prefix}{key}.")

    return dict(walk(schema, ""))


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    most = max(map(len, rows))
    full = [row for row in rows if len(row) > 1]
    widths = [
        max((len(row[column]) for row in full if column < len(row)), default=0) for column in range(most)
    ]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows)
    return "\n".join("  " + line.rstrip() for line in lines)


def json_schema() -> dict[str, Any]:
    """JSON Schema (Draft 2020-12) of the human form, by which editors complete and check."""
    from simulator.population import Population

    plan, strategy = Plan.model_json_schema(), Strategy.model_json_schema()
    mix, head = Population.model_json_schema(), ArmHead.model_json_schema()
    base = {"type": "string", "description": "case mix that the other keys change"}
    arm = head | {"properties": head["properties"] | strategy["properties"]}
    defs = {name: _human(node) for name, node in {**strategy["$defs"], "Population": mix, "Arm": arm}.items()}
    defs["Population"]["properties"]["base"] = base
    defs["Arm"]["required"] = ["name"]
    keys = {key: _human_field(node) for key, node in plan["properties"].items()}
    keys["extends"] = {"type": "string", "description": "scenario that this one changes"}
    case_mix = {"type": "string", "description": "case mix"}
    keys["population"] = {"anyOf": [case_mix, {"$ref": "#/$defs/Population"}]}
    keys["arms"] = {"type": "array", "items": {"$ref": "#/$defs/Arm"}, "description": "strategies compared"}
    whole = {
        "required": [*plan["required"], "population", "arms"],
        "properties": {"arms": {"minItems": 2, "items": {"required": ["name", "base"]}}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "allpath scenario",
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "anyOf": [{"required": ["extends"]}, whole],
        "$defs": defs,
    }


def _human(node: dict[str, Any]) -> dict[str, Any]:
    """A table of the human form: nothing is required, and a base, not a default, fills what is not stated."""
    fields = {key: _human_field(each) for key, each in node["properties"].items()}
    for each in fields.values():
        each.pop("default", None)
    described_as = {"type": "object", "description": node["description"]}
    return described_as | {"properties": fields, "additionalProperties": False}


def _human_field(node: dict[str, Any]) -> dict[str, Any]:
    field = {key: value for key, value in node.items() if key != "title"}
    unit = node.get("unit") or node.get("items", {}).get("unit")
    if unit:
        field["description"] = f"{node.get('description') or node['items'].get('description', '')} ({unit})"
    return field
