"""The page of a comparison: report.html, from the figures that a run folder holds already and the comparison itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.comparison.differences import sct_contrasts
from simulator.comparison.influence import Leading, leading
from simulator.comparison.pairs import Pairs, pairs
from simulator.parameters import ParameterSet, load_parameters
from simulator.report.html.assumptions import influential
from simulator.report.html.document import Block, Bullets, Code, Figure, Page, Paragraph, Section, Table, written
from simulator.report.html.glance import months_shown, outcomes, settings
from simulator.report.html.identity import identity_blocks
from simulator.report.html.posterior import driver_blocks, kinds_apart, posterior_sentences, value_blocks
from simulator.report.html.published import published
from simulator.report.html.sentences import differences, three_sentences, title, widest
from simulator.report.html.trust import kinds_of_uncertainty, not_told
from simulator.report.html.words import NOT_FOR, RANGES, READINGS, TWO_LIVES
from simulator.report.page import page as empty
from simulator.report.page import svg_of
from simulator.report.style import number, percent, plain, short_name, span, titles_of, words_of
from simulator.report.swimmers import headline, shares_in_words, swimmers
from simulator.report.tables import CAUSAL, FEWEST_IN_A_GROUP
from simulator.report.tables import READINGS as CONTRASTS
from simulator.report.text import chosen, fold
from simulator.report.tornado import leaders, tornado
from simulator.scenario import load_scenario, shipped_scenarios

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

REPORT, INFLUENCE = "report.html", "influence.csv"


def write_report(
    comparison: Any, folder: Path, identity: Mapping[str, Any], run: str, influence: pd.DataFrame | None,
    kept: Mapping[str, Any] | None = None,
) -> Path:  # fmt: skip
    """report.html into a folder that has the figures of `write_figures`.

    `identity` is what run.json holds and `run` the name that a run folder has; `influence` is that of
    `comparison.influence`, None where the comparison has `uncertainty`; `kept` the reproduction kept with the
    parameter set, if there is one.
    """
    path = folder / REPORT
    path.write_text(written(report_page(comparison, folder, identity, run, influence, kept)), "utf-8", newline="\n")
    return path


def report_page(
    comparison: Any, folder: Path, identity: Mapping[str, Any], run: str, influence: pd.DataFrame | None,
    kept: Mapping[str, Any] | None = None,
) -> Page:  # fmt: skip
    """The page as data; arguments as `write_report`."""
    scenario, main = comparison.scenario, leading(comparison.scenario)
    parameters = load_parameters(scenario.parameters)
    sections = [
        Section("arms", "The arms at a glance", "Arms", [outcomes(comparison), settings(comparison)]),
        *_curves(comparison, folder),
    ]
    facts = [
        ("Patients", f"{scenario.patients:,}, the same in every arm"),
        ("Case mix", scenario.population_name),
        ("Horizon", f"{scenario.horizon_months} months"),
        ("Parameters", scenario.parameters),
        ("Seed", str(scenario.seed)),
        ("Run", run),
    ]
    if main is None:
        answer = [
            ("", "This run asks for neither overall nor event-free survival; its numbers are in the tables below.")
        ]
    else:
        answer = (
            posterior_sentences(comparison, main) if influence is None
            else three_sentences(comparison, main, influence, parameters)
        )  # fmt: skip
        sections += [
            Section("differences", "Differences in the same "
            "patients", "Differences", _differences(comparison, folder, main)),
            Section("pairs", "A few patients, each living twice", "Pairs", _pairs(comparison, main)),
            *_contrasts(comparison, main),
        ]  # fmt: skip
    sections.append(Section("published", "Published and simulated", "Published", published(kept, scenario.parameters)))
    if influence is None:
        sections += _posterior(comparison, folder)
    elif main is not None:
        sections += [
            Section("trust", "How far to trust it", "Trust", kinds_of_uncertainty(comparison, main, influence)),
            Section("assumptions", "What the answer rests on, most influential first", "Assumptions",
                    _assumptions(comparison, main, influence, parameters)),
        ]  # fmt: skip
    sections += [
        Section("limits", "What these figures may not be used for", "Limits", [Bullets(NOT_FOR)]),
        Section("again", "How to get the same again", "Reproduce", reproduction(comparison, identity)),
    ]
    return Page(f"allpath · {scenario.name}", run, scenario.question, answer, facts, sections)


def _posterior(comparison: Any, folder: Path) -> list[Section]:
    """What posterior draws say: the kinds apart, what drives the main difference, what knowing more is worth."""
    found, titles = comparison.summary["posterior"], titles_of(comparison)
    month = found["month"]
    apart = _from_folder(
        folder, "os_uncertainty", f"Intervals of the difference in OS at {month} months, a line for each kind.",
        "Monte Carlo, parameters and attribution apart, and both of the latter drawn jointly.",
    )  # fmt: skip
    curves = _from_folder(
        folder, "os_bands", "Overall survival of each arm with the band of the posterior draws.",
        "OS under the point set, and the middle 95 % of OS under the joint draws.",
    )  # fmt: skip
    tornado_of_draws = _from_folder(
        folder, "drivers", "Tornado: the main difference with each parameter at the ends of its draws.",
        "Where the difference lies when a parameter is at either end of its draws.",
    )  # fmt: skip
    kinds = kinds_apart(found, titles, comparison.scenario.patients, not_told(comparison))
    return [
        Section("trust", "How far to trust it", "Trust", [*kinds, *apart, *curves]),
        Section("assumptions", "What the answer rests on, most influential first", "Assumptions",
                [*tornado_of_draws, *driver_blocks(found, titles)]),
        Section("value", "What it would be worth to know more", "Value", value_blocks(found["decision"], titles)),
    ]  # fmt: skip


def drawn(name: str, draw: Callable[[Drawing], None], alt: str, caption: str) -> Figure:
    """A figure made for the page alone."""
    with empty() as figure:
        draw(figure)
        return Figure(name, svg_of(figure), alt, caption)


def _from_folder(folder: Path, name: str, alt: str, caption: str) -> list[Block]:
    """A figure that the folder holds, or nothing."""
    path = folder / f"{name}.svg"
    return [Figure(name, path.read_text(encoding="utf-8"), alt, caption)] if path.is_file() else []


def _curves(comparison: Any, folder: Path) -> list[Section]:
    """Survival, competing risks and states: the sections that have a figure."""
    month = months_shown(comparison)[-1]

    def at_the_end(endpoint: str) -> str:
        arms, titles = comparison.summary["arms"], titles_of(comparison)
        each = (f"{titles[name]} {percent(arms[name].get(endpoint, {}).get(str(month)))} %" for name in titles)
        return f"At {month} months: {', '.join(each)}."

    stops = "A curve ends where fewer than ten patients are at risk."
    survival: list[Block] = []
    for name in ("os", "efs", "rfs"):
        caption = f"{words_of(name)}: Kaplan–Meier, with numbers at risk. {stops}"
        survival += _from_folder(folder, name, f"{words_of(name)}. {at_the_end(name)}", caption)
    risks = _from_folder(
        folder, "relapse_and_nrm", f"Relapse and non-relapse mortality. Relapse: {at_the_end('relapse')}",
        "Cumulative incidences of relapse and of death without relapse from remission, each the competing risk of "
        f"the other (Aalen–Johansen); they add up to the patients who lost their remission. {stops}",
    )  # fmt: skip
    states = _from_folder(
        folder, "states", "Share of patients in each state over time, one panel for each arm.",
        "Where all patients are at each month. The upper edge of the coloured areas is overall survival.",
    )  # fmt: skip
    found = [
        Section("survival", "Survival", "Survival", survival),
        Section("risks", "Relapse and death without relapse", "Risks", risks),
        Section("states", "Where the patients are", "States", states),
    ]
    return [section for section in found if section.blocks]


def _differences(comparison: Any, folder: Path, main: Leading) -> list[Block]:
    rows: list[list[str]] = []
    for name in differences(comparison, main):
        found = comparison.summary["differences"][name]
        rows.append([title(comparison, name)])
        for month in months_shown(comparison):
            cell, time = (found[key][str(month)] for key in (main.endpoint, f"rmst_{main.endpoint}_months"))
            rows.append(
                [
                    f"at {month} months",
                    f"{percent(cell, sign=True)}\n{span(cell['low'], cell['high'], 1, 100, True)}",
                    plain(None if cell["mc_se"] is None else 100 * cell["mc_se"], 3),
                    fold(cell["variance_reduction"]),
                    f"{plain(time, 2, True)}\n{span(time['low'], time['high'], 2, 1, True)}",
                ]
            )
    word, against = short_name(main.endpoint), title(comparison, comparison.scenario.reference)
    table = Table(
        f"Paired differences against {against}, with 95 % Monte Carlo intervals",
        ["", f"{word}, percentage points", "Standard error, points", "Variance cut by", "Mean months gained"],
        rows,
        note="Variance cut by 4x: independent groups would need four times the patients. Mean months gained: "
        f"difference in restricted mean time ({word}) up to that month.",
    )
    first, last = months_shown(comparison)[0], months_shown(comparison)[-1]
    alt = f"Paired differences in overall survival against {against}, at months {first} to {last}."
    caption = "The same patients with the same luck under both arms. Intervals hold Monte Carlo error only."
    return [*_from_folder(folder, "os_differences", alt, caption), table]


def _pairs(comparison: Any, main: Leading) -> list[Block]:
    arm = widest(comparison, main)
    found: Pairs = pairs(comparison.scenario, arm)
    several = len(comparison.summary["differences"]) > 1
    which = "The arm is the one that differs most from the reference. " if several else ""
    alt = "Swimmer plot. " + "; ".join(headline(pair) for pair in found.shown) + "."
    shown = drawn(
        "swimmers", lambda figure: swimmers(figure, comparison, found), alt,
        f"{title(comparison, comparison.scenario.reference)} and {title(comparison, arm)}, in the first patients by "
        f"number who live longer, shorter, as long by another way, and the same life. {which}Treatment is beneath "
        "each bar.",
    )  # fmt: skip
    return [Paragraph(f"{shares_in_words(found)}. {TWO_LIVES}"), shown]


def _contrasts(comparison: Any, main: Leading) -> list[Section]:
    """SCT v no SCT within an arm as papers read it, beside the difference of the policies where it is one of SCT."""
    if not len(comparison.contrasts):
        return []
    rows, policies = [], sct_contrasts(comparison.scenario)
    for name, words in titles_of(comparison).items():
        cells = [words]
        for contrast in CONTRASTS:
            found = chosen(comparison.contrasts, arm=name, contrast=contrast, month=main.month)
            row = found.iloc[0].to_dict() if len(found) else {}
            if min(row.get("n_sct", 0), row.get("n_no_sct", 0)) < FEWEST_IN_A_GROUP:
                row = {}
            groups = [(percent(row.get(f"survival_{g}")), plain(row.get(f"n_{g}"), 0)) for g in ("sct", "no_sct")]
            beneath = "\n{0[0]} v {1[0]}\nn {0[1]} v {1[1]}".format(*groups)
            gap = number(row.get("difference"))
            cells.append(percent(gap, sign=True) + ("" if gap is None else beneath))
        cell = comparison.summary["differences"].get(name, {}).get("os", {}).get(str(main.month))
        if name not in policies:
            cell = None
        if policies:
            cells.append("–" if cell is None else
                         f"{percent(cell, sign=True)}\n{span(cell['low'], cell['high'], 1, 100, True)}")  # fmt: skip
        rows.append(cells)
    table = Table(
        f"OS at {main.month} months, SCT v no SCT within an arm, percentage points (beneath: survival in %, patients)",
        ["Arm", *CONTRASTS.values(), *[CAUSAL] * bool(policies)], rows,
    )  # fmt: skip
    return [Section("contrasts", "What a paper would have read", "Contrasts", [Paragraph(READINGS), table])]


def _assumptions(comparison: Any, main: Leading, frame: pd.DataFrame, parameters: ParameterSet) -> list[Block]:
    if frame.empty or not (leaders(frame, False) or leaders(frame, True)):
        return [Paragraph("No single number, moved across its range, changed the main difference by more than noise.")]
    first = (leaders(frame, False) or leaders(frame, True))[0]
    figure = drawn(
        "tornado", lambda drawing: tornado(drawing, comparison, frame, main),
        f"Tornado: the main difference when one number at a time moves across its range; {short_name(first)} first.",
        "How far the main difference moves when one number goes from the low to the high end of its range.",
    )  # fmt: skip
    return [Paragraph(RANGES), figure, influential(comparison, main, frame, parameters)]


def drawn_by(identity: Mapping[str, Any]) -> str:
    """Options of a command that propagated posterior draws."""
    asked = identity.get("uncertainty")
    return f" --uncertainty --draws {asked['draws']} --decision {asked['decision']}" if asked else ""


def reproduction(comparison: Any, identity: Mapping[str, Any], call: str = "compare") -> list[Block]:
    """The command, or what to do without one, and the identity; `call` = the function that simulates it."""
    scenario = comparison.scenario
    known = scenario.name in {name for name, _ in shipped_scenarios()}
    again = f"--patients {scenario.patients} --seed {scenario.seed}{drawn_by(identity)}"
    if known and load_scenario(scenario.name, patients=scenario.patients, seed=scenario.seed) == scenario:
        how: list[Block] = [
            Paragraph(
                "The scenario is a shipped one; the same command gives the same bytes, for any number of workers:"
            ),
            Code(f"allpath compare {scenario.name} {again}"),
        ]
    else:
        how = [
            Paragraph("The scenario is not, or no longer, a shipped one. run.json beside this page holds it in full:"),
            Code(textwrap.dedent(f"""\
                import json
                import simulator as ap
                from simulator.scenario import from_resolved

                scenario = from_resolved(json.load(open("run.json", encoding="utf-8"))["scenario"])
                comparison = ap.{call}(scenario)
                """).rstrip()),
        ]  # fmt: skip
    arms = ["Arms", ", ".join(arm.name for arm in scenario.arms)]
    return [
        *how,
        *identity_blocks(identity, arms),
    ]
