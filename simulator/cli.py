"""The commands: parse, call, print. No logic here; heavy imports happen inside the command that needs them."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from simulator.scenario import Scenario

RUNS = Path("results") / "runs"
ANSWER = "answer.txt"
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "allpath simulates patients with relapsed or refractory B-cell ALL and compares treatment strategies on the "
        "same patients with the same luck.\n\n"
        "Start with:  allpath compare sct_vs_no_sct\n\n"
        "Exit codes: 0 done, 2 bad input, 130 interrupted, 1 anything else."
    ),
)

ScenarioArgument = Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.")]
Patients = Annotated[
    int | None, typer.Option("--patients", metavar="N", help="Patients per arm, instead of the file's.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="64-bit seed, instead of the file's.")]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help="Threads; results never depend on it.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. arms.sct.transplant.max_age_years=60."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the machine-readable form and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Folder for the results.")]


@app.command()
def compare(
    file: ScenarioArgument,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Compare the arms of a scenario on the same patients.

    Prints the answer and writes summary.json, CSV tables and figures to a run folder (results/runs/... or --out;
    with --json only where --out is given).
    """
    from simulator.scenario import load_scenario

    scenario = load_scenario(file, patients=patients, seed=seed, settings=settings or ())
    from simulator import store

    folder = out if out is not None or as_json else RUNS / store.run_name(scenario)
    if folder is not None:
        done = store.finished(folder, scenario)
        if done is not None:
            say(json.dumps(done, indent=2) if as_json else (folder / ANSWER).read_text(encoding="utf-8"))
            note(f"already done: {folder}")
            return
        store.check_writable(folder)
        # the simulation leaves the interpreter free: the drawing library loads meanwhile
        Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()
    comparison = run_comparison(scenario, workers)
    from simulator.report import answer, write_figures

    def write_answer_and_figures(target: Path, found: Any) -> None:
        (target / ANSWER).write_text(answer(found, width=100), encoding="utf-8")
        write_figures(found, target)

    if folder is not None:
        with status("drawing figures and writing tables"):
            store.write_run(folder, scenario, comparison, write_answer_and_figures)
    if as_json:
        say(json.dumps(comparison.summary, indent=2))
    else:
        say(answer(comparison))
        note(f"figures, tables and summary.json: {folder}")


@app.command()
def show(file: ScenarioArgument, settings: Settings = None, as_json: AsJson = False) -> None:
    """Print a scenario in its complete form: every value with its unit and origin."""
    from simulator.scenario import described, load_scenario, resolved

    scenario = load_scenario(file, settings=settings or ())
    say(json.dumps(resolved(scenario), indent=1) if as_json else described(scenario))


@app.command()
def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios that ship, with the question each one asks."""
    from simulator.scenario import shipped_scenarios

    listed = shipped_scenarios()
    if as_json:
        say(json.dumps([{"name": name, "question": question} for name, question in listed], indent=1))
        return
    width = max(len(name) for name, _ in listed)
    for name, question in listed:
        say(f"{name:<{width}}  {question}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and checkers."""
    from simulator.scenario import json_schema

    say(json.dumps(json_schema(), indent=1))


@app.command()
def parameters(
    name: Annotated[str, typer.Argument(metavar="SET")] = "kantarjian-2023-point", as_json: AsJson = False
) -> None:
    """Print a parameter set: every number the rules use, with unit, range and origin."""
    from simulator.parameters import described, load_parameters

    parameter_set = load_parameters(name)
    say(json.dumps(parameter_set.as_json(), indent=1) if as_json else described(parameter_set))


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    replicates: Annotated[int, typer.Option("--replicates", metavar="N", min=20, help="Simulated trials.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=2**64 - 1, help="64-bit seed.")] = 20231112,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a published study at its own size, many times, beside what it printed."""
    from calibration import reproduce as study_of

    study_of.known(study)
    folder = out if out is not None or as_json else RUNS / f"reproduce-{study}"
    if folder is not None:
        from simulator import store

        store.check_own(folder, study_of.ROWS)
    with Progress("simulated trials", "trials") as progress:
        result = study_of.reproduce(replicates=replicates, seed=seed, workers=workers, progress=progress)
    if folder is not None:
        with status("drawing figures"):
            study_of.write(result, folder)
    if as_json:
        say(json.dumps(result.as_json(), indent=1))
    else:
        say(study_of.described(result))
        note(f"figures and rows: {folder}")


@app.command()
def calibrate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="kantarjian-2023")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the fitted parameter set goes.")],
    start: Annotated[
        str, typer.Option("--start", metavar="SET", help="Parameter set to start from.")
    ] = "kantarjian-2023-point",
    steps: Annotated[
        int, typer.Option("--steps", metavar="N", min=1, help="Evaluations of the objective at most.")
    ] = 12,
) -> None:
    """Fit the point parameters to a study's reviewed rows, through its own estimators (several minutes)."""
    from calibration import fit, reproduce
    from simulator.parameters import load_parameters

    reproduce.known(study)
    fit.calibrate(load_parameters(start), out, steps, note)


def run_comparison(scenario: Scenario, workers: int | None) -> Any:
    """Simulate with a progress bar; say so when the first run compiles."""
    from simulator.compiled import drop_old_caches, is_cached

    if not is_cached():
        drop_old_caches()
        note("compiling the rules (once, about half a minute) ...")
    from simulator.comparison import compare as compare_arms

    with Progress(scenario.name, "patients") as progress:
        return compare_arms(scenario, workers=workers, progress=progress)


class Progress:
    """A bar with rate and ETA on a terminal's stderr; silent when it is not one."""

    def __init__(self, title: str, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} " + unit),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self.unit = unit
        self.task = self.bar.add_task(title, total=1, rate="")

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int) -> None:
        elapsed = self.bar.tasks[0].elapsed or 0.0
        rate = f"{done / elapsed:,.0f} {self.unit}/s" if elapsed > 0.2 else ""
        self.bar.update(self.task, completed=done, total=total, rate=rate)


def status(message: str) -> Any:
    """A spinner on a terminal's stderr."""
    from rich.console import Console

    return Console(stderr=True, quiet=not sys.stderr.isatty()).status(message)


def say(text: str) -> None:
    """To standard output; a reader who has seen enough (a pipe to `head`) is no error."""
    try:
        print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(message: str) -> None:
    """A line to people, not to programs."""
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """The console command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. Bad input: one line per fault, no traceback."""
    try:
        outcome = app(arguments, standalone_mode=False, prog_name="allpath")
        if outcome == INTERRUPTED:
            note("interrupted")
        return outcome if isinstance(outcome, int) else 0
    except (typer.Abort, KeyboardInterrupt):
        note("interrupted")
        return INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):  # an unknown option or command, or a value of the wrong type
            cast(Any, error).show()
            return BAD_INPUT
        faults = getattr(error, "faults", None)
        if faults is not None:
            for fault in faults:
                note(str(fault))
            return BAD_INPUT
        if os.environ.get("ALLPATH_DEBUG"):
            raise
        note(f"allpath: {type(error).__name__}: {error} (ALLPATH_DEBUG=1 shows where)")
        return FAILED


if __name__ == "__main__":
    main()
