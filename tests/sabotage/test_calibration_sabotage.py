"""Every comparator of the calibration is shown the right thing, then a wrong one, and must go red."""

import copy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2_contingency

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "agreement"))

import test_catalogue as catalogue
import test_catalogue_sums as sums
import test_kantarjian_statistics as kantarjian
import test_observe as watch
import test_reproduce as again

from calibration.catalogue import Row
from calibration.kantarjian_2023 import statistics
from calibration.ledger import PUBLISHED
from calibration.papers import PAPERS
from calibration.reproduce import reproduce
from calibration.trial import simulate
from simulator.parameters import load_parameters

ONE, TWO = catalogue.READINGS
ROLES = {key: row.role for key, row in catalogue.ROWS.items()}


@pytest.fixture(scope="module")
def seen():
    return simulate(load_parameters("joint-point").record(), watch.REPLICATES, watch.SEED)


@pytest.fixture(scope="module")
def result():
    return reproduce(kantarjian.STUDY, 20, 1, workers=1).as_json()


def red(judgement, right, wrong):
    """Both tuples of arguments: takes the first, rejects the second."""
    judgement(*right)
    with pytest.raises(AssertionError):
        judgement(*wrong)


def edited(entries, key, **fields):
    return entries | {key: entries[key] | fields}


@pytest.mark.parametrize(
    "key, fields",
    [
        ("K104", {"value": "04"}),  # 40, digits transposed
        ("K109", {"value": "25"}),
        ("K133", {"value": "2.756"}),
        ("K133", {"high": "4.671"}),
        ("K108", {"low": "32"}),
        ("K037", {"unit": "weeks"}),
        ("K014", {"interval": "ci95"}),  # a range told as an interval
        ("K002", {"value": "2012-12-11"}),
        ("K106", {"low": "16"}),  # an interval nobody printed
        ("W052", {"value": "71"}),
        ("W145", {"high": "56.4"}),  # mended where it should be as printed
        ("W029", {"interval": "range"}),  # quartiles told as a range
        ("J014", {"value": "45"}),
        ("H002", {"high": "39.2"}),
        ("N008", {"value": "9"}),
    ],
)
def test_readings(key, fields):
    red(
        catalogue.readings_agree,
        (catalogue.CATALOGUE, ONE, TWO),
        (catalogue.CATALOGUE, ONE, edited(TWO, key, **fields)),
    )
    red(
        catalogue.readings_agree,
        (catalogue.CATALOGUE, ONE, TWO),
        (edited(catalogue.CATALOGUE, key, **fields), ONE, TWO),
    )


def test_readings_without_a_row():
    short = {key: line for key, line in TWO.items() if key != "K214"}
    red(catalogue.readings_agree, (catalogue.CATALOGUE, ONE, TWO), (catalogue.CATALOGUE, ONE, short))


@pytest.mark.parametrize(
    "key, n", [("K104", "101"), ("K103", "34"), ("K160", "97"), ("K193", ""), ("W077", "51"), ("J012", "62")]
)
def test_n(key, n):
    wrong = edited(catalogue.CATALOGUE, key, n=n)
    if key in ("K103", "K160"):  # a stated exception that is none any more
        wrong = edited(wrong, key, n=ONE[key]["n"])
        readings = (ONE, edited(TWO, key, n=ONE[key]["n"]))
    else:
        readings = (ONE, TWO)
    red(catalogue.n_as_documented, (catalogue.CATALOGUE, ONE, TWO), (wrong, *readings))


@pytest.mark.parametrize(
    "also_fitted",
    [
        ("K077",),  # 91 = 69 + 19 + 3
        ("K080",),  # 91 = 73 + 18
        ("K083", "K084"),  # 91 by line
        ("K102",), ("K136",), ("K191",), ("K052",), ("K085",),
        ("K157",),  # = K167 + K168
        ("K164",),  # K163 + K164 = K167 + K168, through K157
        ("K161", "K162"),  # K160 + K161 + K162 = K167 + K168, through K157
    ],
)  # fmt: skip
def test_fitted_twice(also_fitted):
    red(sums.nothing_fitted_twice, (ROLES,), (ROLES | dict.fromkeys(also_fitted, "fitted"),))


@pytest.mark.parametrize(
    "roles, freed",
    [
        # three unknowns in two sums, and K080 with them
        ({"K074": "restated"}, {"K074", "K077", "K080", "K084"}),
        ({"K079": "restated"}, {"K079", "K080"}),
        ({"K083": "restated"}, {"K083", "K084"}),
    ],
)
def test_not_pinned(roles, freed):
    assert sums.not_pinned(ROLES) == set(sums.NOT_PINNED)
    assert sums.not_pinned(ROLES | roles) == set(sums.NOT_PINNED) | freed


@pytest.mark.parametrize("identity", sums.IDENTITIES.values(), ids=sums.IDENTITIES)
def test_sums_in_print(identity):
    for _, key in sums.terms(identity):
        if key.isdigit():
            continue
        row = catalogue.ROWS[key]
        step = 1 if row.unit == "patients" else 100 / row.n
        wrong = catalogue.ROWS | {key: replace(row, value=row.value + step)}
        red(sums.adds_up, (catalogue.ROWS, identity), (wrong, identity))


@pytest.mark.parametrize(
    "key", ["K111", "K112", "K145", "K147", "K150", "K154", "K155", "K156", "K110", "K113", "K124", "K144", "K169"]
)
def test_never_fitted(key):
    wrong = catalogue.ROWS | {key: replace(catalogue.ROWS[key], role="fitted")}
    red(catalogue.never_fitted, (catalogue.ROWS,), (wrong,))


def test_reasons():
    for change in (
        {"role": "guessed"},
        {"role": "restated", "reading": " "},
        {"role": "out of scope", "reading": ""},
    ):
        wrong = catalogue.ROWS | {"K104": replace(catalogue.ROWS["K104"], **change)}
        red(catalogue.reasons_given, (catalogue.ROWS,), (wrong,))


def test_intervals():
    row = catalogue.ROWS["K167"]
    low, high = row.interval
    shifted = replace(row, value=10.0).interval
    wald = 9 - 1.96 * np.sqrt(9 * 58 / 67), 9 + 1.96 * np.sqrt(9 * 58 / 67)
    for wrong in (shifted, wald, (low / 67, high / 67), (low, high + 1e-3)):
        red(catalogue.interval_is_exact, (row, low, high), (row, *wrong))


class EveryPercentage(Row):
    """A catalogue that calls every percentage with an n a proportion, and no rate at some time."""

    @property
    def interval(self):
        if "rate at" in self.quantity:
            return np.nan, np.nan
        return replace(as_row(self), quantity="count").interval


class RangeAsInterval(Row):
    """A catalogue that takes what is printed for an interval, whatever it is."""

    @property
    def interval(self):
        return replace(as_row(self), interval_kind="ci95").interval if self.interval_kind else as_row(self).interval


def as_row(row, kind=Row):
    return kind(**vars(row))


def test_ranges():
    for key, kind in (
        ("K078", RangeAsInterval),  # 27 days (12-134)
        ("K053", RangeAsInterval),
        (next(k for k, r in catalogue.ROWS.items() if median_of_percentages(r)), EveryPercentage),
    ):
        right = {key: catalogue.ROWS[key]}
        red(catalogue.ranges_are_no_intervals, (right,), ({key: as_row(right[key], kind)},))
    # a median of patients per site, with and without its range
    for printed in ((1, 9, "range"), (np.nan, np.nan, "")):
        right = catalogue.plain("T", 4.0, 91, "patients", *printed, "median recruited")
        red(catalogue.ranges_are_no_intervals, ({"T": right},), ({"T": as_row(right, EveryPercentage)},))
    # an interval printed for a median is one
    catalogue.ranges_are_no_intervals({"T": catalogue.plain("T", 17.0, 110, "months", 12, 22, "ci95", "median OS")})


def median_of_percentages(row):
    return row.quantity.startswith("median") and row.unit == "%" and row.n and row.interval_kind != "ci95"


def test_a_rate_at_response_is_a_proportion():
    row = catalogue.ROWS["K086"]
    wrong = as_row(row, EveryPercentage).interval
    red(catalogue.interval_is_exact, (row, *row.interval), (row, *wrong))


def test_follow_up(seen):
    right = (seen.follow_up_months, seen.dead, seen.arm)
    months = seen.follow_up_months
    for wrong in (
        months - 1.0,
        months + 1.0,
        np.where(seen.dead, 0.0, months),
        np.where(seen.dead, np.inf, months),
    ):
        red(watch.follow_up_is_possible, right, (wrong, seen.dead, seen.arm))
    red(watch.follow_up_is_possible, right, (months, seen.dead, 1 - seen.arm))


def test_independence(seen):
    """One in twelve of those who will be alive after a year is tested because of it."""
    alive_28, outcomes = watch.later(seen)
    groups, tested = watch.strata(seen), seen.tp53_tested
    dead = outcomes["dead within a year"]
    informed = tested | (alive_28 & ~dead & (np.arange(len(tested)) % 12 == 0))
    red(
        watch.independent,
        (tested[alive_28], dead[alive_28], groups[alive_28]),
        (informed[alive_28], dead[alive_28], groups[alive_28]),
    )
    # the early dead are never tested: without the condition the comparator must notice
    red(watch.independent, (tested[alive_28], dead[alive_28], groups[alive_28]), (tested, dead, groups))


def test_shares():
    red(watch.near, (59.7, 60.0, 1.0, 0.2), (57.5, 60.0, 1.0, 0.2))


def spoilt(**change):
    """Statistics of the hundred lives with some of the record changed."""
    lives = kantarjian.SEEN.lives.copy()
    fields = {name: value for name, value in change.items() if name in lives.dtype.names}
    for name, value in fields.items():
        lives[name] = value
    others = {name: value for name, value in change.items() if name not in fields}
    return statistics(replace(kantarjian.SEEN, lives=lives, **others))


def late_death():
    """One patient who died before three years dies after them; all else stays."""
    one = np.flatnonzero(kantarjian.SEEN.dead & (kantarjian.SEEN.follow_up_months < 30))[0]
    months = kantarjian.SEEN.follow_up_months.copy()
    months[one] = 37.0
    return months


def early_deaths_kept():
    """Who was seen for less than two months passes the landmark and dies at once."""
    months = kantarjian.SEEN.follow_up_months
    return np.where(months <= 2.0, 2.0 + 1e-6, months)


def test_statistics():
    seen, lives = kantarjian.SEEN, kantarjian.SEEN.lives
    never = np.full(len(seen.arm), np.nan)
    everyone = np.ones(len(seen.arm), bool)
    last_seen = seen.follow_up_months * kantarjian.MONTH
    responder = np.flatnonzero(~np.isnan(lives.remission_day) & (lives.line_at_entry == 1))[0]
    early_response = lives.remission_day <= 4 * kantarjian.MONTH
    wrong = {
        "Kaplan-Meier off by one patient": (spoilt(follow_up_months=late_death()), ("K104",)),
        "censored counted as dead": (spoilt(dead=np.ones(len(seen.arm), bool)), ("K104", "K106", "K101")),
        "regimens exchanged": (spoilt(arm=1 - seen.arm), ("K108", "K109", "K135", "K142", "K167")),
        "untested TP53 counted as tested": (
            spoilt(tp53_tested=np.ones(len(seen.arm), bool)),
            ("K121", "K122", "K123", "K134"),
        ),
        "SCT left out of the Cox model": (spoilt(transplant_day=never), ("K132", "K135", "K147", "K148")),
        "immortal time before SCT": (
            spoilt(transplant_day=np.where(np.isnan(lives.transplant_day), np.nan, 1e-3)),
            ("K135",),
        ),
        "relapse forgotten": (spoilt(relapse_day=never), ("K105", "K107", "K103", "K151", "K155", "K156")),
        "remission a month late": (spoilt(remission_day=lives.remission_day + 30), ("K078", "K105", "K150")),
        "SOS at any time after InO": (
            spoilt(last_inotuzumab_day=lives.sos_day),
            ("K167", "K160", "K159", "K169"),
        ),
        "maintenance courses counted": (spoilt(blinatumomab_in_maintenance=0), ("K053", "K054")),
        "MRD of patients not assessed": (spoilt(mrd_assessed=everyone), ("K086", "K118", "K119", "K120")),
        "one responder lost": (
            spoilt(remission_day=np.where(np.arange(len(lives)) == responder, np.nan, lives.remission_day)),
            ("K074", "K081"),
        ),
        "blinatumomab as planned, not as received": (
            spoilt(blinatumomab_courses=seen.arm),
            ("K111", "K112", "K113"),
        ),
        "no landmark at two months": (spoilt(follow_up_months=early_deaths_kept()), ("K112", "K113")),
        "second salvage in the two-month landmark": (
            spoilt(line_at_entry=np.minimum(lives.line_at_entry, 1)),
            ("K111", "K112", "K113"),
        ),
        "alive among the mutated read as dead": (spoilt(dead=~seen.dead), ("K123",)),
        "SCT after the patient was lost": (
            spoilt(transplant_day=np.minimum(lives.transplant_day, last_seen)),
            ("K142", "K144"),
        ),
        "RFS from the start of treatment": (
            spoilt(remission_day=np.where(early_response, 1e-3, lives.remission_day)),
            ("K105", "K155", "K156"),
        ),
    }
    for name, (found, keys) in wrong.items():
        for key in keys:
            kantarjian.same_statistic(key, kantarjian.FOUND[key], kantarjian.EXPECTED[key])
            with pytest.raises(AssertionError):
                kantarjian.same_statistic(key, found[key], kantarjian.EXPECTED[key])
                pytest.fail(f"{name}: {key} stayed green")


@pytest.mark.parametrize("key, column", [("K144", "sct"), ("K169", "sos")])
def test_another_chi_square(key, column):
    """With Yates' correction, or with the denominator of the responders, the P-value is another one."""
    t = kantarjian.table(kantarjian.SEEN)
    counts = kantarjian.pd.crosstab(t[column], t.modified)
    right = (key, kantarjian.FOUND[key], kantarjian.EXPECTED[key])
    for wrong in (
        chi2_contingency(counts, correction=True).pvalue,
        kantarjian.chi_square(t[column][t.responder], t.modified[t.responder]),
    ):
        red(kantarjian.same_statistic, right, (key, wrong, kantarjian.EXPECTED[key]))


def test_every_statistic_against_a_small_shift():
    for key, value in kantarjian.EXPECTED.items():
        with pytest.raises(AssertionError):
            kantarjian.same_statistic(key, value * (1 + 1e-4) + 1e-4, value)


def with_row(result, key, **change):
    wrong = copy.deepcopy(result)
    next(row for row in wrong["rows"] if row["id"] == key).update(change)
    return wrong


def test_form(result):
    for wrong in (
        with_row(result, "K104", unit_="%"),
        with_row(result, "K104", inside_predictive="yes"),
        with_row(result, "K104", simulated=40),
        result | {"study": "kantarjian-2032"},
    ):
        red(again.has_the_documented_form, (result,), (wrong,))
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match="JSON"):
            again.has_the_documented_form(with_row(result, "K104", z=float(value)))


def test_rows(result):
    for change in (
        {"reported": 4.0},
        {"unit": "patients"},
        {"n": 101},
        {"role": "fitted"},
        {"published_low": 3.0},
    ):
        red(again.rows_are_the_catalogue, (result,), (with_row(result, "K104", **change),))
    row = next(row for row in result["rows"] if row["id"] == "K104")
    for change in (
        {"inside_published": not row["inside_published"]},
        {"inside_predictive": not row["inside_predictive"]},
        {"z": -row["z"]},
    ):
        red(again.verdicts_follow, (result["rows"],), (with_row(result, "K104", **change)["rows"],))


def test_vanished_rows(result, monkeypatch):
    rows = result["rows"]
    for key in ("K074", "K086", "K113", "K144", "K156", "K169"):
        red(again.none_vanished, (rows,), ([row for row in rows if row["id"] != key],))
    red(again.none_vanished, (rows,), ([*rows, rows[-1]],))
    red(again.none_vanished, (rows,), (rows[::-1],))
    # a statistic that is no longer computed is left out by `reproduce` without a word: the comparator speaks
    paper = replace(
        PAPERS[kantarjian.STUDY], statistics=lambda o: {k: v for k, v in statistics(o).items() if k != "K144"}
    )
    monkeypatch.setitem(PAPERS, kantarjian.STUDY, paper)
    with pytest.raises(AssertionError, match=r"missing: \['K144'\]"):
        again.none_vanished(reproduce(kantarjian.STUDY, 3, 1, workers=1).rows)


def test_summaries():
    rate = {"id": "T", "quantity": "OS rate at 36 months", "unit": "%", "simulated": 25.0}
    red(
        again.summary_is,
        (rate, [10.0, 20.0, np.nan, 45.0]),
        (rate | {"simulated": 20.0}, [10.0, 20.0, np.nan, 45.0]),
    )
    median = {"id": "T", "quantity": "median OS", "unit": "months", "simulated": 47.0}
    drawn = [20.0, np.nan, 47.0]  # one trial of three does not reach its median
    red(again.summary_is, (median, drawn), (median | {"simulated": 33.5}, drawn))


@pytest.mark.parametrize(
    "quantity", [q for q in PUBLISHED if not q.startswith(("S(", "SOS", "  without", "dead", "refr"))]
)
def test_ledger(quantity):
    red(again.ledger_adds_up, (PUBLISHED,), (PUBLISHED | {quantity: PUBLISHED[quantity] + 1},))


def test_bar():
    def row(i, inside=True, z=0.5, simulated=1.0, role="fitted"):
        return {"id": f"T{i}", "role": role, "inside_published": inside, "z": z, "simulated": simulated,
                "published_low": 0.0, "published_high": 2.0}  # fmt: skip

    right = [row(i, inside=i > 1) for i in range(46)]  # two of 46 outside: 95.7 %
    for wrong in (
        [row(i, inside=i > 2) for i in range(46)],  # three of 46: 93.5 %
        [*right, row(46, z=3.1)],
        [*right, row(46, z=-3.1)],
        [*right, row(46, inside=None, z=3.1)],  # without an interval, z still counts
        [*right, row(46, inside=None, simulated=None)],
        [row(i, inside=None) for i in range(46)],  # nothing judged
    ):
        red(again.meets_the_bar, (right,), (wrong,))
    again.meets_the_bar([*right, row(46, inside=False, z=9.0, role="predicted")])


def test_same_data():
    first = reproduce(kantarjian.STUDY, 3, 1, workers=1)
    rows = copy.deepcopy(first.rows)
    rows[0]["simulated"] += 1e-9
    curves = copy.deepcopy(first.curves)
    next(iter(curves.values()))[0]["low"][5] += 1e-9
    for wrong in (replace(first, rows=rows), replace(first, curves=curves)):
        red(again.same_data, (first, first), (first, wrong))
