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

Read `model` first (what a scenario is), then `reading` (step 1), `resolve` (steps 2, 3 and 6) and `build` (4
and 5, by `fields` and `rules`). `tree` and `faults` serve them all; `machine`, `show` and `schema` write.
"""

from simulator.scenario.faults import Fault, ScenarioError
from simulator.scenario.machine import from_resolved, resolved
from simulator.scenario.model import Arm, Scenario, alike_until_remission, same_until_remission
from simulator.scenario.resolve import load_scenario, shipped_scenarios
from simulator.scenario.schema import json_schema
from simulator.scenario.show import described, differing

__all__ = [
    "Arm",
    "Fault",
    "Scenario",
    "ScenarioError",
    "alike_until_remission",
    "described",
    "differing",
    "from_resolved",
    "json_schema",
    "load_scenario",
    "resolved",
    "same_until_remission",
    "shipped_scenarios",
]
