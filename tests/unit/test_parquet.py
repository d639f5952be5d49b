"""Parquet: the same bytes, whole or not at all, groups of 65,536 rows, units in the file, one message per bad file.

Rank of proof: contract. The judge of a file is shown wrong ones at the end.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.comparison import compare
from simulator.comparison.results import RESULT_COLUMNS, write_results_parquet
from simulator.parquet import ROWS_PER_GROUP, Column, ParquetError, about_file, parquet_file, read_table, sound_files
from simulator.scenario import load_scenario
from simulator.trajectory import files, patients_table, write_events, write_patient_tables
from simulator.trajectory.columns import PATIENT_COLUMNS
from simulator.trajectory.files import event_rows
from simulator.trajectory.transitions import EVENT_COLUMNS

SCENARIO = load_scenario("original_vs_modified", patients=400, seed=6)
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "query_runs.py"
PLAIN = (Column("id", "int", "", "a number"), Column("days", "float", "days", "a time"))


def as_described(path, columns, holds):
    """What is wrong with a file: its columns, types, units, row groups, compression and what it says it holds."""
    faults, file = [], pq.ParquetFile(path)
    schema = file.schema_arrow
    if schema.names != [column.name for column in columns]:
        return ["columns"]
    for field, column in zip(schema, columns):
        told = {
            key.decode(): value.decode() for key, value in (field.metadata or {}).items() if key != b"PARQUET:field_id"
        }
        if told != {"unit": column.unit, "meaning": column.meaning} or not column.meaning:
            faults.append(f"{column.name}: unit or meaning")
        kind = {pa.int64(): "int", pa.float64(): "float", pa.string(): "text"}[field.type]
        if kind != column.kind:
            faults.append(f"{column.name}: type")
    groups = [file.metadata.row_group(place) for place in range(file.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if any(n != ROWS_PER_GROUP for n in rows[:-1]) or (rows and not 0 < rows[-1] <= ROWS_PER_GROUP):
        faults.append(f"row groups of {rows}")
    if any(group.column(0).compression != "ZSTD" for group in groups):
        faults.append("compression")
    if (schema.metadata or {}).get(b"allpath.holds") != holds.encode():
        faults.append("holds")
    return faults


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    write_patient_tables(place, SCENARIO, 300)
    write_events(place, SCENARIO, 120)
    write_results_parquet(place, compare(SCENARIO, workers=1))
    return place


def test_what_is_written(folder):
    assert {path.name for path in folder.iterdir()} == {
        "patients_original.parquet", "patients_modified.parquet", "events.parquet", "results.parquet",
    }  # fmt: skip
    for arm in SCENARIO.arms:
        path = folder / f"patients_{arm.name}.parquet"
        assert as_described(path, PATIENT_COLUMNS, "patients") == []
        about = about_file(path, "patients")
        assert (about["scenario"], about["seed"], about["arm"]) == ("original_vs_modified", "6", arm.name)
        assert about["patients"] == "300"
    assert as_described(folder / "events.parquet", EVENT_COLUMNS, "events") == []
    assert about_file(folder / "events.parquet")["arms"] == "original modified"
    assert as_described(folder / "results.parquet", RESULT_COLUMNS, "results") == []


def test_a_patient_table_reads_back_as_it_was(folder):
    for arm in SCENARIO.arms:
        found = read_table(folder / f"patients_{arm.name}.parquet", "patients")
        pd.testing.assert_frame_equal(found, patients_table(SCENARIO, arm.name, 300), check_exact=True)


def test_events_read_back_as_they_were(folder):
    expected = pd.concat([part for arm in SCENARIO.arms for part in event_rows(SCENARIO, arm.name, 120)])
    found = read_table(folder / "events.parquet", "events")
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_exact=True)


def test_results_hold_every_estimate_and_difference(folder):
    found, comparison = read_table(folder / "results.parquet", "results"), compare(SCENARIO, workers=1)
    for kind, frame in (("estimate", comparison.estimates), ("difference", comparison.differences)):
        mine = found[found["kind"] == kind].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine[list(frame.columns)], frame, check_dtype=False, check_exact=True)
    assert set(found["arm_title"]) == {arm.title for arm in SCENARIO.arms}
    assert (
        found[["scenario", "seed", "reference"]].drop_duplicates().values == [["original_vs_modified", "6", "original"]]
    ).all()


def test_undefined_is_null_and_never_nan(folder):
    table = pq.read_table(folder / "patients_modified.parquet")
    for name in table.column_names:
        if table[name].type == pa.float64():
            assert not np.isnan(table[name].drop_null().to_numpy()).any(), name
    assert table["rfs_months"].null_count > 0 and table["rfs_event"].null_count == table["rfs_months"].null_count


def test_the_same_bytes_in_blocks_and_again(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LIVES_PER_BLOCK", 77)
    monkeypatch.setattr("simulator.trajectory.event_log.LIVES_PER_LOG", 13)
    write_patient_tables(tmp_path, SCENARIO, 300)
    write_events(tmp_path, SCENARIO, 120)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
    before = (tmp_path / "events.parquet").read_bytes()
    write_events(tmp_path, SCENARIO, 120)
    assert (tmp_path / "events.parquet").read_bytes() == before


def test_more_patients_than_the_scenario_has_are_all_patients(tmp_path):
    few = load_scenario("original_vs_modified", patients=20, seed=6)
    seen = []
    (path, _) = write_patient_tables(tmp_path, few, 1000, lambda done, total: seen.append((done, total)))
    assert len(read_table(path, "patients")) == 20 and seen == [(20, 40), (40, 40)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 150_000), max_size=4))
def test_row_groups_whatever_the_blocks(tmp_path, sizes):
    path = tmp_path / "plain.parquet"
    ids = np.arange(sum(sizes))
    with parquet_file(path, PLAIN, {"holds": "numbers"}) as add:
        for part in np.split(ids, np.cumsum(sizes)[:-1]) if sizes else []:
            add(pd.DataFrame({"id": part, "days": part / 2.0}))
    assert as_described(path, PLAIN, "numbers") == []
    assert (read_table(path, "numbers")["id"].to_numpy() == ids).all()


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "plain.parquet"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), parquet_file(path, PLAIN, {"holds": "numbers"}) as add:
        add(pd.DataFrame({"id": [1], "days": [1.0]}))
        raise ZeroDivisionError
    with pytest.raises(ValueError, match="columns are not those described"), parquet_file(path, PLAIN, {}) as add:
        add(pd.DataFrame({"days": [1.0], "id": [1]}))
    assert path.read_bytes() == b"before" and [each.name for each in tmp_path.iterdir()] == ["plain.parquet"]


def truncated(path, source, share):
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.9999])
def test_a_truncated_file_is_named(folder, tmp_path, share):
    path = truncated(tmp_path / "events.parquet", folder / "events.parquet", share)
    with pytest.raises(ParquetError) as error:
        read_table(path, "events")
    assert error.value.faults == [f"{path}: truncated, or not a Parquet file; write it again"]


def test_a_damaged_page_is_named(folder, tmp_path):
    data = bytearray((folder / "events.parquet").read_bytes())
    data[4:2000] = bytes(1996)
    path = tmp_path / "events.parquet"
    path.write_bytes(data)
    with pytest.raises(ParquetError, match=r"events\.parquet: damaged; write it again"):
        read_table(path, "events")


def test_all_bad_files_are_named_at_once(folder, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    bad = [
        truncated(tmp_path / "cut.parquet", folder / "events.parquet", 0.7),
        tmp_path / "foreign.parquet",
        folder / "results.parquet",
        tmp_path / "none.parquet",
    ]
    with pytest.raises(ParquetError) as error:
        sound_files([folder / "events.parquet", *bad], "events")
    words = ("truncated", "not written by allpath", "holds results, not events", "no such file")
    assert len(error.value.faults) == 4
    assert all(str(path) in fault and word in fault for path, fault, word in zip(bad, error.value.faults, words))
    assert sound_files([folder / "events.parquet"], "events") == [folder / "events.parquet"]


# The shipped query


def query(*folders):
    call = [sys.executable, str(EXAMPLE), *map(str, folders)]
    return subprocess.run(call, capture_output=True, text=True, timeout=120)


def test_the_example_reads_many_runs_together(folder, tmp_path):
    other = load_scenario("original_vs_modified", patients=200, seed=7)
    (tmp_path / "other").mkdir()
    comparison = compare(other, workers=1)
    write_results_parquet(tmp_path / "other", comparison)
    shown = query(tmp_path, folder)
    assert shown.returncode == 0 and shown.stderr == "", shown.stderr
    first, second = shown.stdout.split("\n\n")
    value = comparison.estimates.query("endpoint == 'os' and month == 36 and arm == 'modified'")["value"].item()
    (line,) = [
        line.split() for line in first.splitlines() if line.split()[:3] == ["other", "original_vs_modified", "modified"]
    ]
    assert line[3:5] == ["200", str(round(100 * value, 1))]
    assert len(first.splitlines()) == 2 + 4
    # the second table, by pandas
    one, reference = (patients_table(SCENARIO, arm, 300) for arm in ("modified", "original"))
    gained = (one["os_months"] - reference["os_months"])[one["line_at_entry"] == 1]
    (line,) = [line.split() for line in second.splitlines() if line.split()[1:4] == ["modified", "original", "1"]]
    assert line[4] == str(len(gained)) and float(line[5]) == pytest.approx(gained.mean(), abs=0.0051)
    assert float(line[6]) == pytest.approx(100 * (gained > 0).mean(), abs=0.051)


def test_the_example_names_a_broken_file(folder, tmp_path):
    (tmp_path / "run").mkdir()
    path = truncated(tmp_path / "run" / "results.parquet", folder / "results.parquet", 0.6)
    shown = query(tmp_path, folder)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr == f"{path}: truncated, or not a Parquet file; write it again\n"
    empty = query(tmp_path / "nothing")
    assert empty.returncode == 2 and "no results.parquet" in empty.stderr


# Sabotage


def rewritten(source, path, change=lambda table: table, **options):
    pq.write_table(change(pq.read_table(source)), path, **({"compression": "zstd"} | options))
    return path


def bare(table):
    return table.cast(pa.schema([field.remove_metadata() for field in table.schema], table.schema.metadata))


def retyped(table):
    return table.set_column(0, table.schema.field(0).with_type(pa.float64()), table["id"].cast(pa.float64()))


@pytest.mark.parametrize(
    ("change", "options", "fault"),
    [
        (lambda table: table, {"row_group_size": 700}, "row groups"),
        (lambda table: table, {"compression": "snappy"}, "compression"),
        (lambda table: table.drop_columns("trans"), {}, "columns"),
        (lambda table: table.replace_schema_metadata({}), {}, "holds"),
        (bare, {}, "unit"),
        (retyped, {}, "type"),
    ],
)
def test_sabotage_a_wrong_file_is_seen(folder, tmp_path, change, options, fault):
    source = folder / "events.parquet"
    assert as_described(rewritten(source, tmp_path / "same.parquet"), EVENT_COLUMNS, "events") == []
    wrong = rewritten(source, tmp_path / "wrong.parquet", change, **options)
    found = as_described(wrong, EVENT_COLUMNS, "events")
    assert found and all(fault in each for each in found)
