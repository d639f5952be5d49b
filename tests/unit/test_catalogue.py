"""The published numbers: three entries agree, every row has a role and a reason, nothing is fitted twice."""

import csv
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.stats import binomtest

from calibration.catalogue import EVIDENCE, ROLES, Row, load_catalogue

STUDY = "kantarjian-2023"
ENTERED = ("unit", "value", "low", "high", "interval")  # n is apart: papers often leave it to the reader


def entries(name):
    """The lines of one file by id; refuses a second line with the same id."""
    with (EVIDENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = {line["id"]: line for line in lines}
    assert len(found) == len(lines), "an id twice"
    return found


CATALOGUE = entries(STUDY)
READINGS = (entries(f"{STUDY}.reading-1"), entries(f"{STUDY}.reading-2"))
ROWS = load_catalogue(STUDY)

# Where the catalogue's n is not what both readings found beside the number, and why.
N_FROM_CONTEXT = {
    "size of the trial or of its arm, stated elsewhere": (
        "K001 K002 K003 K014 K015 K016 K017 K018 K019 K026 K027 K028 K029 K030 K031 K032 K033 K034 K035 K036 "
        "K037 K068 K069 K110 K117 K124 K130 K131 K144 K169"
    ),
    "both readings give the 110 these are part of": "K048 K049",
    "36 printed, 38 in the first paragraph, and only 36/38 is 95 % (readings A11)": "K082",
    "17 and 14: the only split of Salvage 2+ that gives 59 %, 57 % and 91 responders (DER002, DER003)": ("K083 K084"),
    "87 as for the rate at response; 73 and 15 by arithmetic (A10, DER004)": "K087 K088 K089",
    "denominator is the group named, not the cases counted": "K103 K160 K161 K162",
    "responders; reading-1 left it open": "K105 K107",
    "75 MRD-negative are not said to be the 75 of this curve": "K118",
    "22 high-risk, stated elsewhere; reading-1 left it open": "K126",
    "landmark groups of 53 and 25, stated beside the deaths": "K146 K148 K155 K156",
    "four plus six makes ten cases, nine fatal (A3)": "K177",
}

# (coefficient, id) with sum 0 in patients; percentages are of n. Inputs and the size of the trial are known.
IDENTITIES = {
    "responders are CR, CRp or CRi": "K074 - K075 - K076 - K077",
    "responders by line": "K074 - K081 - K083 - K084",
    "responders by course": "K074 - K079 - K080",
    "MRD-negative by line": "K085 - K088 - K089",
    "blinatumomab by arm": "K052 - K050 - K051",
    "alive in CR by SCT": "K102 - K103 - K151",
    "SCT by arm": "K136 - K142 - K143",
    "SOS by line": "K157 - K160 - K161 - K162",
    "SOS by arm": "K157 - K167 - K168",
    "SOS by SCT": "K157 - K163 - K164",
    "thrombocytopenia by arm": "K191 - K194 - K195",
}
# A sum that the paper itself breaks: K163 = 7, but 24 % of 29 and 4 % of 24 make 8 (readings A1).
BROKEN = {"SOS after SCT by arm": "K163 - K165 - K166"}
# Restated rows that the fitted ones do not pin down. K161 and K162 are known as a sum; K087, K165 and K166
# contradict others. K077, K080 and K084 follow from the fitted K074.
NOT_PINNED = {"K161", "K162", "K087", "K165", "K166"}
LANDMARK = (
    *("K111", "K112", "K113"),
    *("K145", "K146", "K147", "K148", "K149", "K150", "K154", "K155", "K156"),
)

# Medians printed without an interval; every other fitted row must have one.
FITTED_WITHOUT_INTERVAL = ["K053", "K056", "K078", "K092", "K106", "K107", "K114", "K137", "K159", "K170", "K171"]


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
            if not same_number(catalogue[key][field], reading[key][field])
        ]
        assert not wrong, wrong


def n_as_documented(catalogue, *readings):
    """n differs from a reading exactly where that is explained, and nowhere else."""
    explained = {key for keys in N_FROM_CONTEXT.values() for key in keys.split()}
    differs = {key for key in catalogue if len({entry[key]["n"] for entry in (catalogue, *readings)}) > 1}
    assert differs == explained, (differs - explained, explained - differs)


def terms(identity):
    """(sign, id) of an identity."""
    sign, found = 1, []
    for word in identity.split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            found.append((sign, word))
    return found


def patients(row):
    """The count behind a row, to the nearest patient."""
    return round(row.value if row.unit == "patients" else row.value / 100 * row.n)


def adds_up(rows, identity):
    assert sum(sign * patients(rows[key]) for sign, key in terms(identity)) == 0, identity


def nothing_fitted_twice(roles):
    """No identity, and no combination of identities, is left with fitted rows alone.

    A combination that only names fitted rows exists exactly when the identities restricted to the rows
    that are not fitted (and not given as inputs) are linearly dependent.
    """
    for identity in IDENTITIES.values():
        known = [key for _, key in terms(identity) if roles[key] in ("fitted", "input")]
        assert len(known) < len(terms(identity)), identity
    open_rows = sorted({k for i in IDENTITIES.values() for _, k in terms(i) if roles[k] not in ("fitted", "input")})
    matrix = np.zeros((len(IDENTITIES), len(open_rows)))
    for i, identity in enumerate(IDENTITIES.values()):
        for sign, key in terms(identity):
            if key in open_rows:
                matrix[i, open_rows.index(key)] = sign
    assert np.linalg.matrix_rank(matrix) == len(IDENTITIES)


def not_pinned(roles):
    """Restated rows that do not follow from fitted rows and inputs through the identities."""
    restated = sorted(key for key, role in roles.items() if role == "restated")
    matrix = np.zeros((len(IDENTITIES), len(restated)))
    for i, identity in enumerate(IDENTITIES.values()):
        for sign, key in terms(identity):
            if key in restated:
                matrix[i, restated.index(key)] = sign
    # a row is determined exactly when no solution of the homogeneous system moves it
    kernel = null_space(matrix)
    return {key for key, moves in zip(restated, np.abs(kernel).max(axis=1), strict=True) if moves > 1e-9}


def never_fitted(rows):
    """Landmark groups and P-values are shown, not fitted."""
    for key, row in rows.items():
        if key in LANDMARK or row.unit.startswith("P") or "P" in row.quantity.split():
            assert row.role != "fitted", key


def reasons_given(rows):
    for key, row in rows.items():
        assert row.role in ROLES, key
        if row.role not in ("fitted", "predicted", "input"):
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
        if row.interval_kind == "range" or (row.quantity.startswith("median") and row.interval_kind != "ci95"):
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
            except ValueError:  # a date, or nothing printed
                assert math.isnan(number), key
        assert (row.n is None) == (line["n"] == "") and (row.n is None or row.n == int(line["n"])), key


def test_every_row_has_a_role_and_its_reason():
    reasons_given(ROWS)
    assert {row.role for row in ROWS.values()} == set(ROLES)


def test_every_row_names_its_place_quantity_and_kind_of_interval():
    for key, row in ROWS.items():
        assert row.place and row.quantity and row.unit, key
        assert row.interval_kind in ("", "ci95", "range"), key
        assert (row.interval_kind == "") == (math.isnan(row.printed_low) and math.isnan(row.printed_high)), key
        if row.interval_kind:
            assert row.printed_low <= row.value <= row.printed_high, key


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
        assert row.interval == (row.printed_low, row.printed_high)


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
        if row.interval_kind or row.n is None or row.quantity.startswith(("median", "OS rate", "RFS rate")):
            continue
        if row.unit in ("patients", "%"):
            interval_is_exact(row, *row.interval)
            judged.add(row.id)
    assert len(judged) > 60
    assert {"K074", "K086"} <= judged, "a rate at response is a proportion, only a survival rate is none"


def test_survival_rates_without_a_printed_interval_have_none():
    for row in ROWS.values():
        if row.quantity.startswith(("OS rate", "RFS rate")) and row.interval_kind != "ci95":
            assert math.isnan(row.interval[0])


def test_every_fitted_row_that_can_have_an_interval_has_one():
    without = [key for key, row in ROWS.items() if row.role == "fitted" and math.isnan(row.interval[0])]
    assert without == FITTED_WITHOUT_INTERVAL


def test_percentages_of_patients_have_their_n_and_are_reached_by_a_count():
    for key, row in ROWS.items():
        if row.unit != "%" or row.role in ("input", "out of scope") or row.quantity.startswith(("OS", "RFS")):
            continue
        assert row.n is not None, key
        share = Fraction(patients(row), row.n) * 100
        # K089: 10/15 = 66.7 prints as 67; K082: 36/38 = 94.7 as 95
        assert abs(float(share) - row.value) <= 0.5, key


def test_counts_have_a_denominator_that_holds_them():
    for key, row in ROWS.items():
        if row.unit == "patients":
            assert row.n is not None and 0 <= row.value <= row.n, key


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES)
def test_identity_holds_in_print(identity):
    adds_up(ROWS, identity)


def test_the_broken_sum_is_broken_and_not_fitted_as_a_whole():
    for identity in BROKEN.values():
        with pytest.raises(AssertionError):
            adds_up(ROWS, identity)
        assert [key for _, key in terms(identity) if ROWS[key].role == "fitted"] == ["K163"]


def test_nothing_is_fitted_twice():
    nothing_fitted_twice({key: row.role for key, row in ROWS.items()})


def test_restated_rows_follow_from_fitted_ones_but_for_the_listed():
    assert not_pinned({key: row.role for key, row in ROWS.items()}) == NOT_PINNED


def test_landmarks_and_p_values_are_never_fitted():
    never_fitted(ROWS)
    assert sum(row.unit.startswith("P") for row in ROWS.values()) >= 8
