"""`allpath evidence`: every row is shown once, in its role, and the table of roles adds up.

Rank of proof: contract. Each judge is shown a wrong text or document at the end of this file.
"""

import json
import math
import re

import pytest
from commands import one_document
from test_cli import only_faults

from calibration import coverage, provenance
from calibration.catalogue import MISPRINTED, ROLES, lines, load_catalogue, load_sources
from simulator.cli import run

SOURCES = list(load_sources())
ROW_KEYS = [
    "id", "cohort", "subgroup", "quantity", "unit", "value", "n", "low", "high", "interval", "compared_low",
    "compared_high", "definition", "place", "role", "reading",
]  # fmt: skip


# Judges


def the_table_adds_up(text):
    """Each line of roles holds the rows of that role, source by source; the last line their sums."""
    table = {
        name.strip(): [0 if cell == "·" else int(cell) for cell in cells.split()]
        for name, cells in re.findall(r"^([a-z][a-z ]+?)  +((?:[\d·]+ *){7})$", text, flags=re.M)
    }
    assert list(table) == [*ROLES, "all"]
    for role in ROLES:
        counted = [sum(row.role == role for row in load_catalogue(name).values()) for name in SOURCES]
        assert table[role] == counted, role
    assert table["all"] == [len(lines(name)) for name in SOURCES]


def every_row_once(text, name):
    """Each id begins one entry, beneath the heading of its role, with its number, n and place."""
    role, found = "", {}
    for line in text.splitlines():
        if heading := re.match(r"── (.+) \((\d+)\): ", line):
            role = heading[1]
        elif entry := re.match(r"  ([A-Z]+\d{3})  +(.*)", line):
            assert entry[1] not in found, f"{entry[1]} twice"
            found[entry[1]] = (role, entry[2])
    rows, words = load_catalogue(name), " ".join(text.split())
    assert set(found) == set(rows)
    for line in lines(name):
        row = rows[line["id"]]
        assert found[row.id][0] == row.role, row.id
        assert found[row.id][1].startswith(f"{line['value']} {row.unit}"), row.id
        assert not line["n"] or f"n {line['n']} " in found[row.id][1] + " ", row.id
        for part in (row.definition, row.place, row.reading):
            assert " ".join(part.split()) in words, row.id


def fits(text):
    assert max(map(len, text.splitlines())) <= coverage.WIDTH
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def the_form(found, name):
    """The documented keys; numbers as numbers; what is compared has its interval."""
    assert list(found) == ["source", "title", "state", "rows", "readings"]
    rows = load_catalogue(name)
    assert [row["id"] for row in found["rows"]] == list(rows)
    for given in found["rows"]:
        row = rows[given["id"]]
        assert list(given) == ROW_KEYS
        assert (given["role"], given["place"], given["reading"]) == (row.role, row.place, row.reading)
        if math.isfinite(row.value):
            assert given["value"] == row.value
        else:
            assert isinstance(given["value"], str) and given["value"], row.id
        expected = row.interval if row.role in coverage.COMPARED else (math.nan, math.nan)
        for key, limit in zip(("compared_low", "compared_high"), expected, strict=True):
            assert given[key] == (limit if math.isfinite(limit) else None), (row.id, key)


def all_that_is_known(found, key):
    """Both entries as in their files, and every sum, disagreement, reading and parameter that names the row."""
    name = provenance.row_source(key)
    for one, entry in enumerate(found["entries"], 1):
        assert entry in lines(f"{name}.reading-{one}") and entry["id"] == key
    assert len(found["entries"]) == (0 if name in ("outside", "derived") else 2)
    assert [one["what"] for one in found["sums"]] == [
        one["what"] for one in lines("identities") if re.search(rf"\b{key}\b", one["sum_zero"])
    ]
    assert [one["field"] for one in found["disagreements"]] == [
        one["field"] for one in lines("disagreements") if one["id"] == key
    ]
    assert {one["id"] for one in found["readings"]} == set(re.findall(r"\b[ABC]\d{1,2}\b", found["reading"]))
    assert {key: found[key] for key in ROW_KEYS if key in found}.keys() == set(ROW_KEYS)


# What the command gives


def test_without_a_study_the_roles_are_counted(allpath):
    code, out, err = allpath("evidence")
    assert (code, err) == (0, "")
    the_table_adds_up(out)
    fits(out)
    assert "simulated; Jabbour" in out and all(f"{role}  " in out and ROLES[role][:40] in out for role in ROLES)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_shows_every_row_with_its_place_and_reason(allpath, name):
    code, out, err = allpath("evidence", name)
    assert (code, err) == (0, "")
    every_row_once(out, name)
    fits(out)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_as_json(allpath, name):
    the_form(one_document(allpath("evidence", name, "--json")[1]), name)


def test_the_coverage_as_json(allpath):
    found = one_document(allpath("evidence", "--json")[1])
    assert list(found) == ["roles", "sources", "disagreements"] and found["roles"] == ROLES
    assert {one["source"]: one["roles"] for one in found["sources"]} == coverage.coverage()
    assert all(one["rows"] == sum(one["roles"].values()) for one in found["sources"])
    assert found["disagreements"] == lines("disagreements")


def test_a_misprinted_interval_is_shown_as_printed_and_compared_as_mended():
    (row,) = [row for row in coverage.source_json("wudhikarn-2022")["rows"] if row["id"] == "W145"]
    assert (row["low"], row["high"]) == (19.4, 36.4)
    assert (row["compared_low"], row["compared_high"]) == MISPRINTED["W145"] == (19.4, 56.4)


@pytest.mark.parametrize("key", ["K104", "K163", "W145", "W062", "H002", "X191", "DER019"])
def test_one_row(allpath, key):
    all_that_is_known(one_document(allpath("evidence", key, "--json")[1]), key)
    code, out, err = allpath("evidence", key)
    assert (code, err) == (0, "") and key in out
    fits(out)


def test_a_row_names_the_parameters_it_is_the_origin_of(allpath):
    assert "sos_log_odds_busulfan = " in allpath("evidence", "X191")[1]
    assert set(provenance.parameters_from("W085")) == {"graft_failure"}
    # by a range, X207-X208
    assert "transplant_death_myeloablative" in provenance.parameters_from("X208")


def test_an_unknown_study_is_one_fault_that_names_those_there_are(allpath):
    for unknown in ("wudhikarn-2202", "K999"):
        only_faults(allpath("evidence", unknown), 1, unknown, "unknown study", *SOURCES, "id of a row")


def test_nothing_heavy_is_compiled_for_a_list():
    assert run(["evidence", "jabbour-2024"]) == 0


# Sabotage


def one_more(found):
    return f"{found[1]}{int(found[2]) + 1}"


def test_sabotage_a_wrong_count_is_seen():
    right = coverage.coverage_text()
    the_table_adds_up(right)
    for wrong in (
        re.sub(r"^(fitted +)(\d+)", one_more, right, flags=re.M),
        re.sub(r"^(all +)(\d+)", one_more, right, flags=re.M),
        re.sub(r"^quoted .*\n", "", right, count=1, flags=re.M),
    ):
        assert wrong != right
        with pytest.raises(AssertionError):
            the_table_adds_up(wrong)


def test_sabotage_a_row_lost_moved_or_changed_is_seen():
    right = coverage.source_text("jabbour-2024")
    every_row_once(right, "jabbour-2024")
    for wrong in (
        re.sub(r"^  J012.*\n", "", right, flags=re.M),
        right.replace("── fitted (5)", "── predicted (5)"),
        re.sub(r"^(  J012 +)18 ", r"\g<1>81 ", right, flags=re.M),
        re.sub(r"^(  J012.*)n 26 ", r"\g<1>n 62 ", right, flags=re.M),
        right.replace("best of several looks", "one of several looks"),
        right + "\n  J012    18 patients",
    ):
        assert wrong != right
        with pytest.raises(AssertionError):
            every_row_once(wrong, "jabbour-2024")


def test_sabotage_a_wrong_document_is_seen():
    right = coverage.source_json("wudhikarn-2022")
    the_form(right, "wudhikarn-2022")
    for key, change in (("role", "predicted"), ("value", 71.0), ("compared_high", 1.0), ("reading", "")):
        wrong = json.loads(json.dumps(right))
        (row,) = [row for row in wrong["rows"] if row["id"] == "W145"]
        row[key] = change
        with pytest.raises(AssertionError):
            the_form(wrong, "wudhikarn-2022")


def test_sabotage_a_row_with_less_than_is_known_is_seen():
    right = provenance.provenance("wudhikarn-2022", "W062")
    all_that_is_known(right, "W062")
    other = lines("wudhikarn-2022.reading-1")[0]
    for key, change in (
        ("entries", right["entries"][:1]),
        ("entries", [other, right["entries"][1]]),
        ("sums", []),
        ("disagreements", []),
        ("readings", [{"id": "B1"}]),
    ):
        with pytest.raises(AssertionError):
            all_that_is_known(right | {key: change}, "W062")
