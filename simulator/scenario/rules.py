"""What no single field can tell: rules over several fields of a plan, a case mix or a strategy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from simulator.scenario.faults import Fault, dotted, shown
from simulator.scenario.model import Plan
from simulator.scenario.sharing import MONTHS_A_YEAR, Ward
from simulator.scenario.tree import Place
from simulator.strategy import DAYS_PER_MONTH, DAYS_PER_WEEK, Conditioning, Strategy

if TYPE_CHECKING:  # population.py is slow to import: it needs the compiler
    from simulator.population import Population

LABELLED_COURSE_DOSE_MG_PER_M2 = 1.8  # 0.8 + 0.5 + 0.5, the labelled first course
YOUNGEST_YEARS, OLDEST_YEARS = 15.0, 100.0
SUM_TOLERANCE = 1e-6
MOST_MRD_LOG10 = -1.31
MOST_MONTHS_IN_REMISSION = 120.0


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
        faults.append(place.fault(path, shown(leaf.value) if leaf else "", allowed=rule.allowed, unit=rule.unit))
    return faults


def plan_rules(plan: Plan) -> Iterator[Broken]:
    """Rules of the top level."""
    months = plan.report_months
    if months != sorted(set(months)):
        yield Broken(("report_months",), "increasing", "months")
    elif months[-1] > plan.horizon_months:
        yield Broken(("report_months", "horizon_months"), f"within the horizon of {plan.horizon_months}", "months")
    if len(set(plan.endpoints)) < len(plan.endpoints):
        yield Broken(("endpoints",), "each endpoint once")


def ward_rules(ward: Ward) -> Iterator[Broken]:
    """Rules of a ward in which something is limited."""
    if (ward.arrivals == "calendar") != bool(ward.patients_by_month):
        allowed = 'patients_by_month if and only if arrivals = "calendar"'
        yield Broken(("ward.patients_by_month", "ward.arrivals"), allowed, "patients/month")
    elif ward.patients_by_month and (len(ward.patients_by_month) != MONTHS_A_YEAR or not sum(ward.patients_by_month)):
        yield Broken(("ward.patients_by_month",), f"{MONTHS_A_YEAR} numbers, not all zero", "patients/month")
    elif not ward.measured():
        keys = ("ward.patients_per_replicate", "ward.warm_up_months", "ward.run_out_months")
        unmeasured = ward.patients_per_replicate + ward.measured().start - ward.measured().stop
        yield Broken(keys, f"more than the {unmeasured} patients of warm-up and run-out", "patients")


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
    mrd, months = population.entry_mrd_log10_quantiles, population.entry_remission_months_quantiles
    if mrd != sorted(mrd) or mrd[0] < -6.0 or mrd[-1] > MOST_MRD_LOG10:
        allowed = f"increasing, -6 to {MOST_MRD_LOG10:g} (below 5 % blasts)"
        yield Broken(("entry_mrd_log10_quantiles",), allowed, "log10 of the share of marrow cells")
    if months != sorted(months) or months[0] < 0.0 or months[-1] > MOST_MONTHS_IN_REMISSION:
        allowed = f"increasing, 0 to {MOST_MONTHS_IN_REMISSION:g}"
        yield Broken(("entry_remission_months_quantiles",), allowed, "months")
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
            yield Broken((key,), f"a sum over the course of at most {LABELLED_COURSE_DOSE_MG_PER_M2}", "mg/m2")
    if ino.days != sorted(set(ino.days)):
        yield Broken(("inotuzumab.days",), "increasing", "day of course")
    elif ino.days and ino.days[-1] > min(chemotherapy.course_days, chemotherapy.first_course_days):
        keys: tuple[str, ...] = ("inotuzumab.days", "chemotherapy.course_days", "chemotherapy.first_course_days")
        shortest = min(chemotherapy.course_days, chemotherapy.first_course_days)
        yield Broken(keys, f"within the course of {shortest}", "days")
    if ino.courses and not ino.days:
        yield Broken(("inotuzumab.days", "inotuzumab.courses"), "at least one day when inotuzumab.courses > 0")
    if ino.courses > chemotherapy.courses:
        keys = ("inotuzumab.courses", "chemotherapy.courses")
        yield Broken(keys, f"inotuzumab.courses at most chemotherapy.courses, {chemotherapy.courses}", "courses")


def _blinatumomab_rules(strategy: Strategy) -> Iterator[Broken]:
    if strategy.blinatumomab_line.when != "none" and strategy.after_relapse.salvage_lines > 3:
        keys: tuple[str, ...] = ("after_relapse.salvage_lines", "blinatumomab_line.when")
        yield Broken(keys, "at most 3 with a line of blinatumomab alone", "lines")
    blina, maintenance, courses = strategy.blinatumomab, strategy.maintenance, strategy.chemotherapy.courses
    if blina.courses and blina.after_course > courses:
        keys = ("blinatumomab.after_course", "chemotherapy.courses", "blinatumomab.courses")
        yield Broken(keys, f"blinatumomab.after_course at most chemotherapy.courses, {courses}", "courses")
    if blina.step_dose_ug_per_day > blina.dose_ug_per_day:
        keys = ("blinatumomab.step_dose_ug_per_day", "blinatumomab.dose_ug_per_day")
        yield Broken(keys, f"step dose at most the full dose, {blina.dose_ug_per_day:g}", "ug/day")
    if maintenance.blinatumomab_courses * maintenance.pomp_months_between > maintenance.pomp_months:
        names = ("blinatumomab_courses", "pomp_months_between", "pomp_months")
        words = f"blinatumomab_courses x pomp_months_between at most pomp_months, {maintenance.pomp_months}"
        yield Broken(tuple(f"maintenance.{name}" for name in names), words, "months")
    for name in ("at_persistence", "at_molecular_relapse"):
        if getattr(strategy.mrd, name) == "blinatumomab" and not strategy.mrd.surveillance_every_months:
            marrows = (f"mrd.{name}", "mrd.surveillance_every_months")
            yield Broken(marrows, "blinatumomab only with surveillance_every_months of 1 or more", "months")


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
        yield Broken(("transplant.donors", "transplant.policy"), "at least one donor source unless the policy is none")
    if transplant.blinatumomab_courses_before > blina.courses:
        keys = ("transplant.blinatumomab_courses_before", "blinatumomab.courses")
        yield Broken(keys, f"blinatumomab_courses_before at most blinatumomab.courses, {blina.courses}", "courses")
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
        for name in sorted(Conditioning.model_fields.keys() - {"dual_alkylators_share"}):
            if getattr(conditioning, name) != getattr(Conditioning(), name):
                key = f"transplant.conditioning.{name}"
                yield Broken((key, "transplant.conditioning.regimen"), 'details only with regimen = "stated"')
        return
    if conditioning.dual_alkylators_share:
        share = "transplant.conditioning.dual_alkylators_share"
        yield Broken((share, "transplant.conditioning.regimen"), 'a share only with regimen = "as_practised"')
    if conditioning.alkylators < conditioning.busulfan + conditioning.thiotepa:
        names = ("alkylators", "busulfan", "thiotepa")
        keys = tuple(f"transplant.conditioning.{name}" for name in names)
        yield Broken(keys, "busulfan and thiotepa counted among the alkylators", "alkylating agents")
