"""The page of a sweep: report.html, in the same skeleton as that of a comparison, around the figures of its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simulator.report.html import Block, Bullets, Code, Figure, Page, Paragraph, Section, Table, written
from simulator.report.html.comparison import drawn_by
from simulator.report.html.glance import months_shown
from simulator.report.html.identity import identity_blocks
from simulator.report.html.words import NOT_FOR
from simulator.report.style import number, percent, plain, span
from simulator.report.text import both, fold
from simulator.sweep import attribution
from simulator.sweep.apart import told_apart
from simulator.sweep.figures import BY_KIND, names_of_figures
from simulator.sweep.grid import Sweep, neighbours
from simulator.sweep.reading import load_sweep, shipped_sweeps
from simulator.sweep.result import SweepResult, lines_of
from simulator.sweep.sentences import three_sentences
from simulator.sweep.words import axis_words, floor_lines, number_of, on_axis, optimum_lines, row_of, with_unit

REPORT = "report.html"
MORE_NOT_FOR = (
    ("Not a best interval, dose or regimen for anyone.", "An optimum here is the highest of simulated averages in one "
     "case mix. Points that cannot be told from it, or lose next to nothing, are as good."),
    ("Not the effect of the axis alone.", "An axis moves a plan, and much follows from a plan: inotuzumab given, day "
     "and number of SCTs, relapse while waiting, blinatumomab. The second table has what was delivered."),
    ("Nothing between the points or beyond them.", "Only the points were simulated; an optimum at the edge of the "
     "grid says that the grid ends there."),
)  # fmt: skip

Cell = Callable[[Mapping[str, Any]], str]


def write_page(result: SweepResult, folder: Path, identity: Mapping[str, Any], run: str) -> None:
    """report.html into a folder that has the figures; `identity` as in run.json, `run` the name of the run."""
    (folder / REPORT).write_text(written(sweep_page(result, folder, identity, run)), "utf-8", newline="\n")


def sweep_page(result: SweepResult, folder: Path, identity: Mapping[str, Any], run: str) -> Page:
    """The page as data; arguments as `write_page`."""
    scenario, sweep = result.sweep.scenario, result.sweep
    shape = " × ".join(str(size) for size in sweep.shape if size > 1)
    facts = [
        ("Points", f"{len(scenario.arms)} ({shape})"),
        ("Patients", f"{scenario.patients:,}, the same at every point"),
        ("Case mix", scenario.population_name),
        ("Horizon", f"{scenario.horizon_months} months"),
        ("Parameters", scenario.parameters),
        ("Seed", str(scenario.seed)),
        ("Run", run),
    ]
    maps = len(sweep.axes) > 1
    sections = [
        Section("figures", "The grid as maps" if maps else "The grid as curves", "Maps" if maps else "Curves",
                _figures(result, folder)),
        Section("points", "Point by point", "Points", _points(result)),
        Section("optimum", "Where the optimum lies, and how flat it is", "Optimum",
                [Bullets([("", line) for line in optimum_lines(result)])]),
        Section("neighbours", "One step further, in the same patients", "Neighbours", _neighbours(result)),
        Section("attribution", "What chance may be, and what the evidence cannot tell", "Attribution",
                [*told_apart(result), *_by_kind(result, folder)]),
        Section("limits", "What must not be read into it", "Limits", [Bullets([*MORE_NOT_FOR, *NOT_FOR])]),
        Section("again", "How to get the same again", "Reproduce", _again(result, identity)),
    ]  # fmt: skip
    return Page(f"allpath · sweep {scenario.name}", run, scenario.question, three_sentences(result), facts, sections)


def _figures(result: SweepResult, folder: Path) -> list[Block]:
    """Curves, or one page of maps for each series, as the folder holds them."""
    sweep, found = result.sweep, []
    series = sweep.series.labels if sweep.series else ("",)
    lines = lines_of(sweep)
    for place, name in enumerate(names_of_figures(sweep)):
        mine = [line for line in lines if len(sweep.axes) == 1 or list(sweep.places())[line[0]][0] == place]
        ends = "; ".join(f"{row_of(sweep, line[0])} {_ends(result, line)}".strip() for line in mine)
        title = series[place] if len(sweep.axes) > 1 else ""
        across = axis_words(sweep) + (f", by {axis_words(sweep, 1)}" if len(sweep.axes) > 1 else "")
        caption = f"{title}. {across}." if title else f"{across}."
        told = f"{caption} Attribution and Monte Carlo are two kinds of uncertainty; they are not added."
        svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
        found.append(
            Figure(
                name, svg, f"{caption} OS at {result.month} months: {ends}.", caption if result.band is None else told
            )
        )
    axis = Paragraph(
        "The axis is what is planned; what the patients were given is in the panel on the delivered interval and in "
        "the second table below.",
        "note",
    )
    return [*found, axis]


def _by_kind(result: SweepResult, folder: Path) -> list[Block]:
    """OS at each point by kind of uncertainty, where posterior draws were propagated."""
    if not result.uncertainty:
        return []
    month, svg = result.summary["posterior"]["month"], (folder / f"{BY_KIND}.svg").read_text(encoding="utf-8")
    alt = f"OS at {month} months at every point: a bar for each kind of uncertainty."
    return [Figure(BY_KIND, svg, alt, "Kinds of uncertainty side by side; they are not added.")]


def _ends(result: SweepResult, line: list[int]) -> str:
    """First and last point of a line."""
    os = [result.summary["points"][arm]["os"][str(result.month)] for arm in (line[0], line[-1])]
    return " to ".join(
        f"{percent(cell)} % at {on_axis(result.sweep, arm)}" for cell, arm in zip(os, (line[0], line[-1]), strict=True)
    )


def _points(result: SweepResult) -> list[Block]:
    """What came of each point, and what was delivered there."""
    month, months = str(result.month), months_shown(result.sweep)
    outcomes: dict[str, Cell] = {f"OS {each} mo, %": _os_at(each) for each in months}
    outcomes |= {
        f"RFS {month} mo from CR, %": lambda one: both(one["rfs"][month]),
        "SOS any, %": lambda one: both(one["sos"]["any"]),
        "SOS fatal, %": lambda one: both(one["sos"]["fatal"]),
        f"Death before relapse {month} mo, %": lambda one: both(one["nrm_from_day_1"][month]),
        f"Relapse {month} mo, %": lambda one: both(one["relapse_from_day_1"][month]),
    }
    delivered: dict[str, Cell] = {
        "SCT, %": lambda one: both(one["sct"]),
        "Relapse while waiting, % of plans": lambda one: both(one["relapsed_waiting"]),
        "Death while waiting, % of plans": lambda one: both(one["died_waiting"]),
        "Plan given up, % of plans": lambda one: both(one["plan_lapsed"]),
        "Interval, weeks": lambda one: _median(one["interval_weeks"]),
        "Month of SCT": lambda one: _median(one["sct_month"]),
        "InO by SCT, mg/m2": lambda one: _median(one["dose_before_sct_mg_per_m2"]),
    }
    if any(number(one["blinatumomab_courses"]) for one in result.summary["points"]):
        delivered["Blinatumomab courses, mean"] = lambda one: plain(one["blinatumomab_courses"], 2)
    first = axis_words(result.sweep)
    return [
        *(Paragraph(line) for line in floor_lines(result)),
        _by_line(result, f"What came of it. {first}", outcomes,
                 "Beneath each number its 95 % Monte Carlo interval. RFS in patients who reach CR; "
                 "death before relapse (remission or not) and relapse in "
                 "all patients from day 1; SOS by the horizon, all patients."),
        _by_line(result, f"What was delivered. {first}", delivered,
                 "Beneath shares 95 % Monte Carlo intervals, beneath medians the quartiles of the patients (interval: "
                 "last inotuzumab to SCT, of those with an SCT). A plan: an SCT planned in first remission. Relapse is "
                 "morphologic; a plan is given up when the grace period is over, or for SOS."),
    ]  # fmt: skip


def _os_at(month: int) -> Cell:
    return lambda one: both(one["os"][str(month)])


def _median(cell: Mapping[str, Any]) -> str:
    return f"{plain(cell)}\n{span(cell['lower_quartile'], cell['upper_quartile'])}".rstrip()


def _by_line(result: SweepResult, caption: str, columns: Mapping[str, Cell], note: str) -> Table:
    """A row for each point, a heading for each line along the first axis."""
    rows: list[list[str]] = []
    for line in lines_of(result.sweep):
        where = row_of(result.sweep, line[0])
        rows += [[where]] if where else []
        for arm in line:
            one = result.summary["points"][arm]
            rows.append([on_axis(result.sweep, arm), *(cell(one) for cell in columns.values())])
    return Table(caption, ["", *columns], rows, note=note)


def _neighbours(result: SweepResult) -> list[Block]:
    """Paired differences of each point from its neighbour in each direction."""
    sweep, under = result.sweep, dict[str, list[list[str]]]()
    names = [arm.name for arm in sweep.scenario.arms]
    by = {(row["point"], row["against"], row["endpoint"]): row for row in result.summary["neighbours"]}
    for direction, place, other in neighbours(sweep.shape):
        pair = names[sweep.at(place)], names[sweep.at(other)]
        head, label = _step(sweep, direction, place, other)
        os = by[*pair, "os"]
        changes = [_points_of(by[*pair, each]) for each in ("os", "sos_any", "nrm_from_day_1", "relapse_from_day_1")]
        row = [label, *changes, fold(os["variance_reduction"]), percent(os["lives_changed"])]
        under.setdefault(head, [[head]]).append(row)
    rows = [row for each in under.values() for row in each]
    month = result.month
    heads = ["", f"OS {month} mo, points", "SOS, points", f"Death before relapse {month} mo, points",
             f"Relapse {month} mo, points",
             "Variance of OS cut by", "Lives changed, %"]  # fmt: skip
    return [
        Paragraph(
            "The same patients with the same luck live at both points, so that most chance cancels: variance cut by "
            "40x means that independent patients would have to be 40 times as many for the same precision. These "
            "intervals hold for one step each, not for all at once."
        ),
        Table("Paired differences, with 95 % Monte Carlo intervals", heads, rows,
              note="Lives changed: patients who live longer or shorter, in whole days. No variance is cut where the "
              "two points differ in no outcome counted here."),
    ]  # fmt: skip


def _step(sweep: Sweep, direction: int, place: tuple[int, ...], other: tuple[int, ...]) -> tuple[str, str]:
    """Heading and label of a pair of neighbours."""
    arm = sweep.at(place)
    if direction == 1:
        axis = sweep.axes[0]
        where = row_of(sweep, arm)
        label = f"{axis.labels[place[1]]} v {with_unit(axis, other[1])}"
        return where or "One step along the axis", label
    if direction == 2:
        axis = sweep.axes[1]
        return f"At {on_axis(sweep, arm)}", f"{axis.labels[place[2]]} v {with_unit(axis, other[2])}"
    titles = sweep.series.labels if sweep.series else ()
    return f"{titles[place[0]]} v {titles[0]}", with_unit(sweep.axes[0], place[1])


def _points_of(row: Mapping[str, Any]) -> str:
    return f"{percent(row['value'], 2, True)}\n{span(row['low'], row['high'], 2, 100, True)}".rstrip()


def _again(result: SweepResult, identity: Mapping[str, Any]) -> list[Block]:
    scenario, patients = result.sweep.scenario, number_of(identity["attribution"]["band_patients"])
    known = scenario.name in {name for name, _ in shipped_sweeps()}
    same = known and load_sweep(scenario.name, patients=scenario.patients, seed=scenario.seed) == result.sweep
    words = (
        "The sweep is a shipped one; the same command gives the same bytes, for any number of workers:" if same else
        "The sweep is not, or no longer, a shipped one: it needs its file. run.json beside this page holds every "
        "point in full, and the grid."
    )  # fmt: skip
    file = scenario.name if same else f"{scenario.name}.toml"
    band = drawn_by(identity) or ("" if patients == attribution.PATIENTS else f" --attribution {patients:.0f}")
    command = f"allpath sweep {file} --patients {scenario.patients} --seed {scenario.seed}{band}"
    draws = ["Draws of the attribution band, SHA-256", identity["attribution"]["draws_sha256"]]
    return [Paragraph(words), Code(command), *identity_blocks(identity, draws)]
