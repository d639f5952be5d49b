"""allpath: patients with relapsed or refractory B-cell ALL, simulated; strategies compared on the same patients.

    import simulator as ap

    scenario = ap.load_scenario("sct_vs_no_sct", patients=20_000)
    comparison = ap.compare(scenario)
    comparison.differences                      # pandas: paired differences with Monte Carlo standard errors
    ap.patients_table(scenario, "sct", 5_000)   # one row a patient, ready for lifelines

The house, from the ground up (imports run one way):

    patient      the record: every field, its unit and the phase that owns it
    calendar     a patient's future: one slot per kind of event
    draws        luck as a pure function of (seed, patient, decision, occurrence)
    hazards      cumulative-hazard shapes and their inverses
    strategy     what is planned            population   who the patients are
    parameters   the numbers, with origins  rules/       one file per clinical phase, and the table event -> rule
    clocks/      what drives the rules      endpoints    OS, RFS, EFS, relapse, NRM, SOS: defined once
    counts       integer sums that merge    runner       patients over workers, stopped and gone on with
    ranges       sets of patient numbers    threads      blocks of work that can be stopped
    scenario     read, validate, resolve    comparison/  estimates and paired differences
    trajectory/  lives one by one           store        run folders
    parquet      how Parquet is written
    estimators/  what papers print          report/      tables and figures
    ward/        patients who share beds and desks: replicates, waits, comparison
    posterior    draws of the parameters   uncertainty/ what follows from them, by kind
    sweep/       grids over one or two fields: points, optimum, attribution band
    cli          the commands; the only room that knows `calibration`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.comparison import Comparison, compare
    from simulator.parameters import ParameterError, ParameterSet, load_parameters
    from simulator.scenario import Scenario, ScenarioError, load_scenario, resolved, shipped_scenarios
    from simulator.store import FolderError, write_run
    from simulator.sweep import SweepResult, load_sweep, run_sweep
    from simulator.trajectory import patients_table
    from simulator.uncertainty import add_uncertainty
    from simulator.ward import WardComparison, compare_wards, without_limits

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "FolderError",
    "ParameterError",
    "ParameterSet",
    "Scenario",
    "ScenarioError",
    "SweepResult",
    "WardComparison",
    "add_uncertainty",
    "compare",
    "compare_wards",
    "load_parameters",
    "load_scenario",
    "load_sweep",
    "patients_table",
    "resolved",
    "run_sweep",
    "shipped_scenarios",
    "without_limits",
    "write_run",
]

# Words come from their room on first use: `import simulator` and `--help` must not wait for the compiler.
_ROOMS = {
    "Comparison": "comparison",
    "compare": "comparison",
    "FolderError": "store",
    "write_run": "store",
    "ParameterError": "parameters",
    "ParameterSet": "parameters",
    "load_parameters": "parameters",
    "Scenario": "scenario",
    "ScenarioError": "scenario",
    "load_scenario": "scenario",
    "resolved": "scenario",
    "shipped_scenarios": "scenario",
    "patients_table": "trajectory",
    "WardComparison": "ward",
    "compare_wards": "ward",
    "without_limits": "ward",
    "SweepResult": "sweep",
    "load_sweep": "sweep",
    "run_sweep": "sweep",
    "add_uncertainty": "uncertainty",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    word = getattr(import_module(f"simulator.{_ROOMS[name]}"), name)
    globals()[name] = word
    return word


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
