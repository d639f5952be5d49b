"""The published numbers of all papers: three entries agree, every row has a role and a reason."""

import math
import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binomtest

from calibration.catalogue import (
    EVIDENCE,
    MISPRINTED,
    ROLES,
    SURVIVAL,
    Row,
    lines,
    load_catalogue,
    load_readings,
    load_sources,
)
from calibration.kantarjian_2023 import STUDY
from calibration.studies import STUDIES

ENTERED = ("unit", "value", "low", "high", "interval")  # n is apart: papers often leave it to the reader
COLLECTED = ("outside", "derived")  # not entered twice
PAPERS = [name for name in load_sources() if name not in COLLECTED]


def entries(name):
    """The lines of one file by id; refuses a second line with the same id."""
    found = {line["id"]: line for line in lines(name)}
    assert len(found) == len(lines(name)), "an id twice"
    return found


def together(suffix=""):
    """The lines of all papers by id."""
    found = {}
    for name in PAPERS:
        one = entries(name + suffix)
        assert not set(one) & set(found), "an id in two papers"
        found |= one
    return found


CATALOGUE = together()
READINGS = (together(".reading-1"), together(".reading-2"))
ROWS = {key: row for name in PAPERS for key, row in load_catalogue(name).items()}
COLLECTION = load_catalogue("outside") | load_catalogue("derived")

# One reading gives the smallest and largest of three values listed one by one as a range; no range is printed.
READINGS_SETTLED = {("W092", field) for field in ("low", "high", "interval")}
# Groups known only after time 0, by SCT, response or antigen at a later relapse.
LANDMARK = (
    *("K111", "K112", "K113"),
    *("K145", "K146", "K147", "K148", "K149", "K150", "K154", "K155", "K156"),
    *("W138", "W139", "W147", "W148", "W155", "W156"),
)
TARGETS = ("fitted",)
# Medians printed without an interval or with quartiles only, and rates of an abstract; every other target has one.
TARGETS_WITHOUT_INTERVAL = [
    *("K053", "K056", "K078", "K092", "K106", "K107", "K114", "K137", "K159", "K170", "K171"),
    *("W029", "W050", "W094", "J011", "J014", "J015"),
]
# Rounded to tens where the paper discusses it: 5 of 12.
ROUNDED = {"W163": 2.0}


def same_number(one, other):
    """Equal as text, or as numbers written in two ways."""
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def readings_agree(catalogue, *readings):
    """Every id in every entry, and value, unit, low, high and kind of interval the same in all."""
    for reading in readings:
        assert set(reading) == set(catalogue)
        wrong = [
            (key, field, catalogue[key][field], reading[key][field])
            for key in catalogue
            for field in ENTERED
            if not same_number(catalogue[key][field], reading[key][field]) and (key, field) not in READINGS_SETTLED
        ]
        assert not wrong, wrong


def n_as_documented(catalogue, *readings):
    """n differs from a reading exactly where that is explained, and nowhere else."""
    explained = {key for line in lines("n_from_context") for key in line["rows"].split()}
    differs = {key for key in catalogue if len({entry[key]["n"] for entry in (catalogue, *readings)}) > 1}
    assert differs == explained, (differs - explained, explained - differs)


def patients(row):
    """The count behind a row, to the nearest patient."""
    return round(row.value if row.unit == "patients" else row.value / 100 * row.n)


def never_fitted(rows):
    """Landmark groups and P-values are shown, not fitted."""
    for key, row in rows.items():
        if key in LANDMARK or row.unit.startswith("P") or "P" in row.quantity.split():
            assert row.role not in TARGETS, key


def reasons_given(rows):
    for key, row in rows.items():
        assert row.role in ROLES, key
        if row.role in ("restated", "quoted", "out of scope"):
            assert row.reading.strip(), key


def interval_is_exact(row, low, high):
    """Clopper-Pearson as scipy finds it, in the unit of the row."""
    scale = row.n if row.unit == "patients" else 100.0
    expected = binomtest(patients(row), row.n).proportion_ci(0.95, "exact")
    # scipy solves for the bounds to about 1e-12
    np.testing.assert_allclose([low, high], [expected.low * scale, expected.high * scale], atol=1e-7)


def ranges_are_no_intervals(rows):
    """Neither a printed range nor the binomial of a median is an interval; a printed interval of a median is one."""
    for key, row in rows.items():
        if row.interval_kind in ("range", "iqr") or (row.quantity.startswith("median") and row.interval_kind != "ci95"):
            low, high = row.interval
            assert math.isnan(low) and math.isnan(high), f"{key}: a range or median of {row.unit} has an interval"


def plain(key, value, n, unit, low=math.nan, high=math.nan, kind="", quantity="count"):
    """A row made up for a test."""
    return Row(key, "", "", quantity, unit, value, n, low, high, kind, "", "", "fitted", "")


def test_two_readings_and_the_catalogue_agree():
    readings_agree(CATALOGUE, *READINGS)


def test_n_differs_only_where_explained():
    n_as_documented(CATALOGUE, *READINGS)


def test_no_row_is_lost_on_loading():
    assert set(ROWS) == set(CATALOGUE)
    for key, line in CATALOGUE.items():
        row = ROWS[key]
        for text, number in (
            (line["value"], row.value),
            (line["low"], row.printed_low),
            (line["high"], row.printed_high),
        ):
            try:
                assert float(text) == number, key
            except ValueError:  # a date, nothing printed, or a limit not reached
                assert math.isinf(number) if text == "NR" else math.isnan(number), key
        assert (row.n is None) == (line["n"] == "") and (row.n is None or row.n == int(line["n"])), key


def test_every_row_has_a_role_and_its_reason():
    reasons_given(ROWS | COLLECTION)
    assert {row.role for row in ROWS.values()} == set(ROLES)


def test_every_row_names_its_place_quantity_and_kind_of_interval():
    for key, row in (ROWS | COLLECTION).items():
        assert row.place and row.quantity and row.unit, key
        assert row.interval_kind in ("", "ci95", "range", "iqr"), key
        assert (row.interval_kind == "") == (math.isnan(row.printed_low) and math.isnan(row.printed_high)), key
        if row.interval_kind and not math.isnan(row.value):
            assert row.printed_low <= row.value <= row.printed_high or math.isnan(row.printed_low), key


def test_every_compared_row_is_defined():
    """Inputs of the first study are named well enough; whatever is compared, and every later study, has its words."""
    for key, row in ROWS.items():
        if key[0] != "K" or row.role in ("fitted", "predicted"):
            assert row.definition.strip(), key


def roles_as_the_project_stands(sources, rows):
    """What is not simulated claims nothing; what repeats another source counts nowhere."""
    for name, source in sources.items():
        roles = {row.role for row in rows(name).values()}
        compared = roles & {"fitted", "predicted"}
        if source.state == "simulated":
            assert name in STUDIES and compared, name
        elif source.state.startswith("repeats "):
            assert source.state.removeprefix("repeats ") in sources and roles == {"quoted"}, name
        else:
            assert not compared, name


def test_roles_claim_what_is_true_today():
    roles_as_the_project_stands(load_sources(), load_catalogue)


def test_unknown_role_is_refused(tmp_path, monkeypatch):
    from calibration import catalogue

    text = (EVIDENCE / f"{STUDY}.csv").read_text(encoding="utf-8").replace(",fitted,", ",fited,", 1)
    (tmp_path / "spoilt.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "EVIDENCE", tmp_path)
    with pytest.raises(ValueError, match=r"K051.*fited"):
        catalogue.load_catalogue.__wrapped__("spoilt")


def test_ranges_are_no_intervals():
    ranges_are_no_intervals(ROWS)
    # such that n and the unit alone would have allowed a binomial interval
    assert any(r.quantity.startswith("median") and r.unit in ("patients", "%") and r.n for r in ROWS.values())


def test_printed_intervals_are_used_as_printed():
    printed = [row for row in ROWS.values() if row.interval_kind == "ci95"]
    assert len(printed) >= 15
    for row in printed:
        if row.id not in MISPRINTED:
            assert row.interval == (row.printed_low, row.printed_high)


def symmetric_on_the_log_scale(row, low, high):
    """rate^2 = low x high, to the last digit printed of the three: how the intervals of one paper were made."""
    error = 0.05 * (2 / row.value + 1 / low + 1 / high)
    assert abs(math.log(row.value**2 / (low * high))) <= error, (row.id, low, high)


def test_the_misprinted_interval_is_the_only_one_and_is_mended():
    """Readings B1, B2: eleven intervals of survival, one with a wrong digit."""
    judged = [row for row in load_catalogue("wudhikarn-2022").values() if row.interval_kind == "ci95"]
    judged = [row for row in judged if row.quantity.startswith(SURVIVAL)]
    assert len(judged) == 11 and {row.id for row in judged} > set(MISPRINTED)
    for row in judged:
        symmetric_on_the_log_scale(row, *row.interval)
    for key in MISPRINTED:
        with pytest.raises(AssertionError):
            symmetric_on_the_log_scale(ROWS[key], ROWS[key].printed_low, ROWS[key].printed_high)
    echo = load_catalogue("allhub-2022")["H002"]
    with pytest.raises(AssertionError):
        symmetric_on_the_log_scale(echo, *echo.interval)


# Clopper-Pearson bounds known without a computer's help: 0/n and n/n in closed form, the others from tables.
@pytest.mark.parametrize(
    "x, n, low, high",
    [
        (0, 43, 0.0, 1 - 0.025 ** (1 / 43)),  # K095; 0 to 8.2 %
        (30, 30, 0.025 ** (1 / 30), 1.0),
        (1, 2, 1 - math.sqrt(1 - 0.025), math.sqrt(1 - 0.025)),
        (4, 10, 0.1216, 0.7376),  # K177
        (7, 110, 0.0260, 0.1267),  # K091
        (47, 87, 0.4300, 0.6477),  # K086, and by summing the tails
    ],
)
def test_exact_interval_by_hand(x, n, low, high):
    found = plain("T", x, n, "patients").interval
    np.testing.assert_allclose(np.array(found) / n, [low, high], atol=5e-5)


def test_counts_and_proportions_have_exact_intervals():
    judged = set()
    for row in ROWS.values():
        # a survival rate is not a proportion of n, nor is a median
        if row.interval_kind or row.n is None or row.quantity.startswith(("median", *SURVIVAL)):
            continue
        if row.unit in ("patients", "%"):
            interval_is_exact(row, *row.interval)
            judged.add(row.id)
    assert len(judged) > 60
    assert {"K074", "K086"} <= judged, "a rate at response is a proportion, only a survival rate is none"


def test_survival_rates_without_a_printed_interval_have_none():
    for row in ROWS.values():
        if row.quantity.startswith(SURVIVAL) and row.interval_kind != "ci95":
            assert math.isnan(row.interval[0])


def test_every_target_that_can_have_an_interval_has_one():
    without = [key for key, row in ROWS.items() if row.role in TARGETS and math.isnan(row.interval[0])]
    assert without == TARGETS_WITHOUT_INTERVAL


def test_percentages_of_patients_have_their_n_and_are_reached_by_a_count():
    for key, row in ROWS.items():
        free = ("input", "out of scope", "quoted")
        if (
            row.unit != "%"
            or (row.role in free and key[0] not in "HN")
            or row.quantity.startswith(("median", *SURVIVAL))
        ):
            continue
        assert row.n is not None, key
        share = Fraction(patients(row), row.n) * 100
        # K089: 10/15 = 66.7 prints as 67; K082: 36/38 = 94.7 as 95
        assert abs(float(share) - row.value) <= ROUNDED.get(key, 0.5), key


def test_counts_have_a_denominator_that_holds_them():
    for key, row in ROWS.items():
        if row.unit == "patients":
            assert row.n is not None and 0 <= row.value <= row.n, key


def test_readings_named_in_a_row_are_written_down():
    named = {key for row in (ROWS | COLLECTION).values() for key in re.findall(r"\b[ABC]\d{1,2}\b", row.reading)}
    assert named <= set(load_readings()), named - set(load_readings())
    assert all(conflict and reading for conflict, reading in load_readings().values())


def test_landmarks_and_p_values_are_never_fitted():
    never_fitted(ROWS)
    assert sum(row.unit.startswith("P") for row in ROWS.values()) >= 8


# Sabotage


def test_sabotage_a_claim_too_early_is_seen():
    """An echo that counts, a row of outside evidence or of arithmetic that is called fitted or predicted."""
    for key, role in (("N001", "predicted"), ("H003", "fitted"), ("X174", "fitted"), ("DER001", "predicted")):

        def changed(name, key=key, role=role):
            rows = load_catalogue(name)
            return rows | {key: replace(rows[key], role=role)} if key in rows else rows

        with pytest.raises(AssertionError):
            roles_as_the_project_stands(load_sources(), changed)


def test_sabotage_an_interval_with_a_wrong_digit_is_seen():
    for key, low, high in (("W146", 6.5, 35.2), ("W147", 1.4, 85.9), ("W153", 27.5, 83.0), ("W145", 19.4, 36.4)):
        with pytest.raises(AssertionError):
            symmetric_on_the_log_scale(ROWS[key], low, high)
