"""What adds up: sums in print, no target that follows from others, echoes, derived numbers, other opinions."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import null_space
from test_catalogue import CATALOGUE, COLLECTION, ENTERED, ROWS, TARGETS, patients, same_number

from calibration.catalogue import lines, load_catalogue
from calibration.provenance import ids_in
from simulator.parameters import load_parameters

ROOT = Path(__file__).resolve().parents[2]
# (coefficient, id) with sum 0 in patients; percentages are of n. Inputs and the size of the trial are known.
COUNTS = {line["what"]: line["sum_zero"] for line in lines("identities") if line["in_print"] == "holds"}
# Parts of a group whose size is itself an outcome: they hold in print, but the model uses them as shares.
SHARES = {line["what"]: line["sum_zero"] for line in lines("identities") if line["in_print"] == "shares"}
IDENTITIES = COUNTS | SHARES
# Sums that a paper itself breaks, with their reading.
BROKEN = {line["what"]: line["sum_zero"] for line in lines("identities") if line["in_print"] == "broken"}
# Restated rows that no sum pins down, and why they are no evidence of their own.
NOT_PINNED = {
    "K161": "known as a sum with K162",
    "K162": "known as a sum with K161",
    "K087": "nearly K085 (A10)",
    "K165": "contradicts K163 (A1)",
    "K166": "contradicts K163 (A1)",
    "W032": "contradicts W033 (B14)",
    "W093": "nearly W094 (B6)",
    "W117": "contradicts W116 (B9)",
    "W151": "known as a sum with W152",
    "W152": "known as a sum with W151",
    "W153": "known as a sum with W154",
    "W154": "known as a sum with W153",
    "W155": "known as a sum with W156",
    "W156": "known as a sum with W155",
}


def terms(identity):
    """(sign, id) of an identity."""
    sign, found = 1, []
    for word in identity.split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            found.append((sign, word))
    return found


def adds_up(rows, identity):
    """A word that is a number stands for itself: patients whom no row counts."""
    total = sum(sign * (int(key) if key.isdigit() else patients(rows[key])) for sign, key in terms(identity))
    assert total == 0, (identity, total)


def coefficients(keys, identities=COUNTS):
    """Identities by keys; any other row of an identity is left out."""
    matrix = np.zeros((len(identities), len(keys)))
    place = {key: j for j, key in enumerate(keys)}
    for i, identity in enumerate(identities.values()):
        for sign, key in terms(identity):
            if key in place:
                matrix[i, place[key]] += sign
    return matrix


def nothing_fitted_twice(roles):
    """No combination of identities is left with targets and settled rows alone.

    Settled are inputs and rows that are not compared. A combination of identities in which every predicted or
    restated row cancels must name no target: else one target follows from the others.
    """
    still_open = ("predicted", "restated")
    targets = sorted(key for key, role in roles.items() if role in TARGETS)
    cancelled = coefficients(sorted(key for key, role in roles.items() if role in still_open))
    combinations = null_space(cancelled.T)
    twice = np.abs(combinations.T @ coefficients(targets)).max(axis=0, initial=0.0) > 1e-9
    assert not twice.any(), [key for key, one in zip(targets, twice, strict=True) if one]


def predictions_are_free(roles):
    """No predicted row follows from targets and settled rows: it would confirm itself."""
    predicted = [key for key, role in roles.items() if role == "predicted"]
    still_open = sorted([*predicted, *(key for key, role in roles.items() if role == "restated")])
    kernel = null_space(coefficients(still_open))
    stiff = {key for key, moves in zip(still_open, np.abs(kernel).max(axis=1), strict=True) if moves <= 1e-9}
    assert not stiff & set(predicted), sorted(stiff & set(predicted))


def not_pinned(roles):
    """Restated rows that do not follow from other rows through the identities."""
    restated = sorted(key for key, role in roles.items() if role == "restated")
    # a row is determined exactly when no solution of the homogeneous system moves it
    kernel = null_space(coefficients(restated, IDENTITIES))
    return {key for key, moves in zip(restated, np.abs(kernel).max(axis=1), strict=True) if moves > 1e-9}


def test_every_sum_is_of_one_source_and_named_once():
    assert len(IDENTITIES) + len(BROKEN) == len(lines("identities"))
    for line in lines("identities"):
        known = load_catalogue(line["source"])
        assert all(key in known for _, key in terms(line["sum_zero"]) if not key.isdigit()), line["what"]


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES)
def test_identity_holds_in_print(identity):
    adds_up(ROWS, identity)


def test_broken_sums_are_broken_and_at_most_one_row_of_each_is_compared():
    for identity in BROKEN.values():
        with pytest.raises(AssertionError):
            adds_up(ROWS, identity)
        compared = [
            key for _, key in terms(identity) if key in ROWS and ROWS[key].role not in ("restated", "out of scope")
        ]
        assert len(compared) <= 1, identity


def test_nothing_is_fitted_twice():
    nothing_fitted_twice({key: row.role for key, row in ROWS.items()})


def test_no_prediction_follows_from_the_targets():
    predictions_are_free({key: row.role for key, row in ROWS.items()})


def test_restated_rows_follow_from_others_but_for_the_listed():
    assert not_pinned({key: row.role for key, row in ROWS.items()}) == set(NOT_PINNED)


def repeated(row):
    """The row that an echo repeats."""
    (key,) = re.findall(r"repeats ([KW]\d{3})", row.reading)
    return ROWS[key]


def echoes(row, own):
    """The same number, or the percentage of the same count."""
    if row.unit == own.unit:
        assert row.value == own.value and row.n == own.n, row.id
    else:
        digits = len(str(row.value).partition(".")[2].rstrip("0"))
        assert round(100 * patients(own) / own.n, digits) == row.value and row.n == own.n, row.id


@pytest.mark.parametrize("key", [key for key in ROWS if key[0] in "HN"])
def test_an_echo_repeats_a_row(key):
    echoes(ROWS[key], repeated(ROWS[key]))


# Derived numbers: as printed, and the arithmetic again on the rows that it names.
def share_of(part, whole):
    return 100.0 * part / whole


def value(key):
    return ROWS[key].value if key in ROWS else COLLECTION[key].value


def effective_n(rate, low, high):
    """The n whose log-log interval without censoring has this width."""
    width = math.log(-math.log(low)) - math.log(-math.log(high))
    return (2 * 1.959964 / width) ** 2 * (1 - rate) / (rate * math.log(rate) ** 2)


DERIVED = {
    "DER001": lambda: patients(ROWS["K081"]),
    "DER005": lambda: value("K001") - value("K101"),
    "DER006": lambda: value("K136") - value("K153"),
    "DER007": lambda: value("K101") - value("DER006"),
    "DER008": lambda: value("K001") - value("K136") - value("DER007"),
    "DER009": lambda: share_of(value("K001") - value("K091"), value("K001")),
    "DER010": lambda: share_of(value("K048") - value("K091") + value("K095"), value("K048")),
    "DER011": lambda: share_of(value("K049") - value("K095"), value("K049")),
    "DER012": lambda: share_of(value("K104"), value("K150")),
    "DER013": lambda: effective_n(0.54, 0.39, 0.67),
    "DER014": lambda: effective_n(0.54, 0.32, 0.71),
    "DER015": lambda: (value("K104") * 110 - value("K121") * 41 - value("K122") * 19) / 50,
    "DER017": lambda: (value("K104") * 110 - value("K118") * 75 - value("K119") * 12) / 23,
    "DER018": lambda: (value("K108") - value("K116") * 29 / 67) / (value("K073") / 67),
    "DER019": lambda: (value("K109") - value("K116") * 2 / 43) / (value("K072") / 43),
    "DER020": lambda: math.log(value("DER019") / 100) / math.log(value("DER018") / 100),
    "DER026": lambda: share_of(value("K093"), value("K059") - 2),
    "DER027": lambda: share_of(value("K091") - value("K093"), value("K073")),
    "DER028": lambda: value("J003") + value("J004") + 5 * 2 * value("J005"),
    "DER029": lambda: patients(ROWS["W149"]) + patients(ROWS["W150"]),
}
# S(4) as a range of two arithmetics, and a width in log-log read from three figures of two digits.
ROUGH = {"DER012": 1.5, "DER013": 3.0, "DER014": 3.0}
# Splits, dates, courses counted from weeks, and an estimate over 55-65 low-risk patients: no single formula.
IN_WORDS = {"DER002", "DER003", "DER004", "DER016", "DER021", "DER022", "DER023", "DER024", "DER025", "DER030"}


def digits(key):
    """Decimals that are given."""
    (text,) = [line["value"] for line in lines("derived") if line["id"] == key]
    return len(text.partition(".")[2])


def derives(key, printed):
    """Equal to the last digit that is given."""
    tolerance = ROUGH.get(key, 0.5 * 10.0 ** -digits(key) + 1e-9)
    assert abs(DERIVED[key]() - printed) <= tolerance, (key, DERIVED[key](), printed)


@pytest.mark.parametrize("key", DERIVED)
def test_a_derived_number_derives(key):
    derives(key, value(key))


def test_every_derived_number_is_judged_or_in_words_and_names_its_rows():
    assert set(DERIVED) | IN_WORDS == {line["id"] for line in lines("derived")} and not set(DERIVED) & IN_WORDS
    for line in lines("derived"):
        assert all(key in ROWS or key in COLLECTION for key in line["from"].split(", ")), line["id"]


def cited():
    """Ids that the model, its data or the observation of the study names."""
    files = [path for room in ("scenarios", "simulator") for path in (ROOT / room).rglob("*") if path.is_file()]
    files += (ROOT / "calibration").glob("*.py")
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix in (".py", ".toml", ".json", ".csv")]
    return ids_in("\n".join(texts))


def inputs_are_used(rows, named):
    """Every input is named where it is used; what is named beside the targets exists."""
    unused = {key for key, row in rows.items() if row.role == "input"} - named
    assert not unused, sorted(unused)
    assert named <= set(rows), sorted(named - set(rows))
    outside = {key for key in named if key[0] == "X" and rows[key].role != "input"}
    assert not outside, f"used, but not called an input: {sorted(outside)}"


def test_inputs_are_used_and_everything_used_is_in_the_catalogue():
    inputs_are_used(ROWS | COLLECTION, cited())


def test_the_life_table_is_the_rows():
    table = load_parameters("joint-point").life_table
    rows = load_catalogue("outside")
    for sex, first in (("male", 225), ("female", 238)):
        found = [rows[f"X{first + i:03d}"] for i in range(len(table["age_years"]))]
        assert [row.value for row in found] == table[f"{sex}_q"]
        assert [row.subgroup for row in found] == [f"{sex} age {age:g}" for age in table["age_years"]]


def disagreements(catalogue, other):
    """(id, field) where the two differ, with both texts."""
    assert set(catalogue) == set(other)
    return {
        (key, field): (catalogue[key][field], other[key][field])
        for key in catalogue
        for field in ("n", *ENTERED)
        if not same_number(catalogue[key][field], other[key][field])
    }


def test_every_disagreement_with_the_third_opinion_is_listed_with_its_reason():
    third = {line["id"]: line for line in lines("third-opinion")}
    listed = {(line["id"], line["field"]): (line["here"], line["third_opinion"]) for line in lines("disagreements")}
    assert disagreements(CATALOGUE, third) == listed
    assert all(line["why"].strip() for line in lines("disagreements"))


# Sabotage


def test_sabotage_an_unlisted_disagreement_is_seen():
    third = {line["id"]: line for line in lines("third-opinion")}
    wrong = third | {"W052": third["W052"] | {"value": "71"}}
    assert set(disagreements(CATALOGUE, wrong)) - set(disagreements(CATALOGUE, third)) == {("W052", "value")}


@pytest.mark.parametrize(("key", "step"), [("N001", 1.0), ("H004", 4.0), ("H009", 0.1), ("N007", 1.0), ("H007", 0.1)])
def test_sabotage_a_wrong_echo_is_seen(key, step):
    with pytest.raises(AssertionError):
        echoes(replace(ROWS[key], value=ROWS[key].value + step), repeated(ROWS[key]))


@pytest.mark.parametrize("key", DERIVED)
def test_sabotage_a_wrong_derivation_is_seen(key):
    step = 2.0 * ROUGH.get(key, 0.0) + 10.0 ** -digits(key)
    for wrong in (value(key) - step, value(key) + step):
        with pytest.raises(AssertionError):
            derives(key, wrong)


def test_sabotage_unused_and_unknown_inputs_are_seen():
    rows = ROWS | COLLECTION
    for named in (cited() - {"X191"}, cited() | {"X999"}, cited() | {"X123"}):
        with pytest.raises(AssertionError):
            inputs_are_used(rows, named)
    assert ids_in("X219-X221 and K104") == {"X219", "X220", "X221", "K104"}


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("W055", "fitted"),  # 17 = 8 + 9
        ("W037", "fitted"),  # 16 = 13 + 3, the three of them shown
    ],
)
def test_sabotage_a_target_of_another_study_twice_is_seen(key, role):
    roles = {key: row.role for key, row in ROWS.items()}
    nothing_fitted_twice(roles)
    with pytest.raises(AssertionError):
        nothing_fitted_twice(roles | {key: role})


@pytest.mark.parametrize("key", ["W047", "W076", "W015", "K077", "K157"])
def test_sabotage_a_prediction_that_follows_is_seen(key):
    roles = {key: row.role for key, row in ROWS.items()}
    with pytest.raises(AssertionError):
        predictions_are_free(roles | {key: "predicted"})
