"""Three kinds of uncertainty as text, the parameters that drive a difference, and what knowing more would be worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report.style import percent, plain, short_name, span
from simulator.report.text import aligned, filled

KIND_NAMES = {
    "monte_carlo": "Monte Carlo",
    "parameters": "Parameters",
    "attribution": "Attribution",
    "joint": "Both drawn\njointly",
}
UNSEEN = (
    0.8  # of the variance between draws that is chance: beyond it a spread is not told from none (F test, 1 in 1,000)
)
MOST_DRIVERS, MOST_SINGLE, MOST_GROUPS, MOST_BEST = 8, 5, 5, 5


def told_apart(found: Mapping[str, Any], titles: Mapping[str, str], width: int, every_os: bool = True) -> list[str]:
    """Paragraphs: differences by kind, OS by kind (`every_os`), drivers of the widest difference, value of information.

    `found` is the key `posterior` of a summary, `titles` are those of its arms.
    """
    month, parts = found["month"], []
    against = {name: titles[name] for name in found["differences"]}
    if against:
        top = f"Difference in OS at {month} months by kind of uncertainty, points (95 %); kinds are not added up"
        parts.append(f"{filled(top, width)}\n{by_kind(found['differences'], against, month, width, True)}")
    if every_os or not against:
        top = f"OS at {month} months by kind of uncertainty, % (95 %)"
        parts.append(f"{filled(top, width)}\n{by_kind(found['os'], titles, month, width, False)}")
    parts.append(filled(what_was_drawn(found), width))
    if against:
        parts.append(_drivers(found, titles, width))
    return [*parts, _decision(found["decision"], titles, width)]


def by_kind(cells: Mapping[str, Any], titles: Mapping[str, str], month: int, width: int, signed: bool) -> str:
    """A row for each arm: the value as it stands with Monte Carlo, then the mean of the draws of each other kind."""
    kinds = kinds_in(cells, month)
    rows = [[title, *kind_cells(cells[name][str(month)], kinds, signed)] for name, title in titles.items()]
    return aligned(["Arm", *(KIND_NAMES[kind] for kind in kinds)], rows, width)


def kinds_in(cells: Mapping[str, Any], month: int) -> list[str]:
    """Kinds that there are, Monte Carlo first."""
    one = next(iter(cells.values()))[str(month)]
    return [kind for kind in KIND_NAMES if kind in one]


def kind_cells(cell: Mapping[str, Any], kinds: Sequence[str], signed: bool) -> list[str]:
    """For each kind the value (Monte Carlo) or the mean of the draws over the interval, in percent."""
    return [
        f"{percent(cell[kind].get('mean', cell['value']), sign=signed)}\n{kind_span(cell[kind], signed)}"
        for kind in kinds
    ]


def kind_span(each: Mapping[str, Any], signed: bool) -> str:
    """The interval of one kind, in percent; words where the spread between draws is not told from chance."""
    unseen = each.get("noise_share", 0.0) > UNSEEN
    return "no spread seen" if unseen else span(each["low"], each["high"], 1, 100, signed)


def what_was_drawn(found: Mapping[str, Any]) -> str:
    """How many draws, on how many patients, how much of the spread is chance, and what is held."""
    noise = widest_cell(found)["joint"]["noise_share"]
    return (
        "Beneath Monte Carlo: the whole run under the point set; beneath the others: the mean of the draws, which may "
        f"lie elsewhere. {found['draws']} posterior draws ({found['id']}) of {len(found['parameters'])} parameters on "
        f"{found['patients_per_draw']:,} patients each, the same in every draw and arm. Chance is "
        f"{percent(noise)} % of the variance between draws where that is largest, and is subtracted. {held(found)}"
        f" {prior_in_words(found['prior'])}"
    ).rstrip()


def held(found: Mapping[str, Any]) -> str:
    """What is drawn and held in each kind."""
    if not found["attribution"]:
        return "No parameter is one of attribution."
    return (
        f"Parameters: the {len(found['attribution'])} parameters of attribution are held at their posterior means; "
        "attribution: only they are drawn, the others follow as the evidence then has them."
    )


def prior_in_words(names: Sequence[str]) -> str:
    """Which parameters the evidence has hardly moved."""
    if not names:
        return ""
    listed = ", ".join(short_name(name) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"{len(names)} of them are prior: the evidence narrowed them by less than 20 % ({listed}{more}; all in "
        "summary.json)."
    )


def label(row: Mapping[str, Any]) -> str:
    """What stands behind the name of a parameter: prior, attribution, or nothing."""
    words = [word for word in ("prior", "attribution") if row.get(word)]
    return f" ({', '.join(words)})" if words else ""


def widest_arm(found: Mapping[str, Any]) -> str:
    """The arm whose difference (OS where there is none) has the widest joint interval."""
    cells = found["differences"] or found["os"]
    return max(cells, key=lambda name: cells[name][str(found["month"])]["joint"]["sd"])


def widest_cell(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its numbers."""
    cells = found["differences"] or found["os"]
    cell: Mapping[str, Any] = cells[widest_arm(found)][str(found["month"])]
    return cell


def explained(found: Mapping[str, Any], arm: str) -> str:
    """How much of the spread all parameters together explain."""
    return (
        f"Share: of the variance between draws that one parameter alone explains; shares overlap where parameters go "
        f"together. All together, linear and squared: R2 {plain(found['drivers'][arm]['r_squared'], 2)} on draws "
        "left out."
    )


def _drivers(found: Mapping[str, Any], titles: Mapping[str, str], width: int) -> str:
    arm = widest_arm(found)
    rows = [
        [short_name(row["parameter"]) + label(row), percent(row["share"], 0), driver_ends(row), driver_span(row)]
        for row in found["drivers"][arm]["parameters"][:MOST_DRIVERS]
    ]
    several = f", {titles[arm]}" if len(found["differences"]) > 1 else ""
    top = filled(f"Which parameters drive the difference in OS at {found['month']} months{several}", width)
    if not rows:
        none = f"None stands out from chance in {found['draws']} draws. {explained(found, arm)}"
        return f"{top}\n{filled(none, width)}"
    heads = ["Parameter", "Share\n%", "From, to\n(95 % of draws)", "Difference there,\npoints"]
    return f"{top}\n{aligned(heads, rows, width)}\n{filled(explained(found, arm), width)}"


def driver_ends(row: Mapping[str, Any]) -> str:
    """The middle 95 % of the draws of a parameter."""
    return f"{row['low']:.3g} to {row['high']:.3g}".replace("-", "−")


def driver_span(row: Mapping[str, Any]) -> str:
    """The difference with the parameter at either end."""
    return f"{percent(row['outcome_low'], sign=True)} to {percent(row['outcome_high'], sign=True)}"


def _decision(decision: Mapping[str, Any], titles: Mapping[str, str], width: int) -> str:
    """The choice, how sure it is, and what knowing more would be worth."""
    text = filled(choice(decision, titles), width)
    if "none" in decision:
        return text
    rows = [[what, points_of(cell), plain(cell["per_1000"])] for what, cell in worth(decision)]
    heads = ["To know", "Points of OS\n(± s.e.)", "Patients\nper 1,000"]
    return f"{text}\n{aligned(heads, rows, width)}"


def choice(decision: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Which arm to take by the decision, and in how many draws it is the best."""
    if "none" in decision:
        return f"Value of information: none, {decision['none']}."
    best, probable = decision["best"], decision["probability_best"]
    order = sorted(probable.items(), key=lambda item: -item[1])
    each = [f"{titles[name].removesuffix(' (reference)')} {percent(share, 0)} %" for name, share in order if share]
    each[MOST_BEST:] = [f"{len(each) - MOST_BEST} others"] * (len(each) > MOST_BEST)
    return (
        f"Which strategy has the higher OS at {decision['month']} months? On average over the draws: "
        f"{titles[best].removesuffix(' (reference)')}. The best in so many draws: {'; '.join(each)}. "
        "Where priors lead, draws agree because priors do, and no draw holds what the model has no number for. "
        "What it would be worth to know more before choosing, in OS at that month:"
    )


def worth(decision: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Everything, the groups and the single parameters of which to know more is clearly worth something."""
    groups = [(f"all: {row['group'].removeprefix('phase: ')}", row) for row in decision["evppi_groups"] if row["clear"]]
    single = [(short_name(row["parameter"]) + label(row), row) for row in decision["evppi"] if row["clear"]]
    return [("everything (EVPI)", decision["evpi"]), *groups[:MOST_GROUPS], *single[:MOST_SINGLE]]


def points_of(cell: Mapping[str, Any]) -> str:
    """Points with their standard error."""
    return f"{plain(cell['points'], 2)} ± {plain(cell['se_points'], 2)}"
