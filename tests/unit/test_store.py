"""Run folders: whole or not at all, the same bytes, nobody else's files touched."""

import json
import os
from functools import lru_cache

import pytest

from simulator import store
from simulator.comparison import compare
from simulator.scenario import load_scenario, resolved
from simulator.store import FRAMES, FolderError, finished, identity, run_name, write_run

SCENARIO = load_scenario("original_vs_modified", patients=60, seed=2)


@lru_cache(maxsize=1)
def comparison():
    return compare(SCENARIO, workers=1)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_written_and_read_back(tmp_path):
    folder = write_run(tmp_path / "run", SCENARIO, comparison())
    assert set(contents(folder)) == {"run.json", "summary.json", *(f"{name}.csv" for name in FRAMES)}
    assert json.loads((folder / "run.json").read_text())["scenario"] == resolved(SCENARIO)
    assert finished(folder, SCENARIO) == comparison().summary
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_bytes_depend_on_the_identity_only(tmp_path):
    again = compare(SCENARIO, workers=2, block=7)
    one, other = (
        write_run(tmp_path / name / "run", SCENARIO, found) for name, found in (("a", comparison()), ("b", again))
    )
    assert contents(one) == contents(other)
    everything = b"".join(contents(one).values()).decode()
    for secret in (str(tmp_path), os.getcwd(), str(SCENARIO.path)):
        assert secret not in everything


def test_figures_are_part_of_the_whole(tmp_path):
    def draw(folder, found):
        (folder / "figure.txt").write_text(found.summary["reference"])

    folder = write_run(tmp_path / "run", SCENARIO, comparison(), draw)
    assert (folder / "figure.txt").read_text() == "original"


def test_a_failing_writer_leaves_nothing(tmp_path):
    def fail(folder, found):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_run(tmp_path / "run", SCENARIO, comparison(), fail)
    assert list(tmp_path.iterdir()) == []


def test_free_folders(tmp_path):
    assert finished(tmp_path / "none", SCENARIO) is None
    (tmp_path / "empty").mkdir()
    assert finished(tmp_path / "empty", SCENARIO) is None
    write_run(tmp_path / "empty", SCENARIO, comparison())
    assert finished(tmp_path / "empty", SCENARIO) is not None


def test_foreign_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for action in (
        lambda: finished(tmp_path, SCENARIO),
        lambda: write_run(tmp_path, SCENARIO, comparison()),
    ):
        with pytest.raises(FolderError, match="not a run folder") as error:
            action()
        assert "\n" not in str(error.value)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("name", ["a_file", "a_file/run"])
def test_a_file_in_the_way(tmp_path, name):
    (tmp_path / "a_file").write_text("mine")
    with pytest.raises(FolderError):
        write_run(tmp_path / name, SCENARIO, comparison())


def test_another_run_is_named_by_what_differs(tmp_path):
    write_run(tmp_path / "run", SCENARIO, comparison())
    other = load_scenario("original_vs_modified", patients=61, seed=2, settings={"horizon_months": "72"})
    with pytest.raises(FolderError, match=r"different: scenario\.horizon_months, patients$"):
        finished(tmp_path / "run", other)


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["run.json", "summary.json"])
def test_broken_files_are_one_line(tmp_path, name, broken):
    write_run(tmp_path / "run", SCENARIO, comparison())
    (tmp_path / "run" / name).write_bytes(broken)
    with pytest.raises(FolderError) as error:
        finished(tmp_path / "run", SCENARIO)
    assert "\n" not in str(error.value)


def test_unwritable_place(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("simulator.store.tempfile.mkdtemp", refuse)
    with pytest.raises(FolderError, match="Permission denied"):
        write_run(tmp_path / "run", SCENARIO, comparison())


def test_identity_names_versions_and_hashes():
    found = identity(SCENARIO)
    assert {"python", "numpy", "numba", "llvmlite"} <= set(found["versions"])
    assert len(found["sources_sha256"]) == len(found["parameters_sha256"]) == 64


def test_each_identity_has_a_folder_name_of_its_own():
    names = [run_name(load_scenario("original_vs_modified", patients=60, seed=seed)) for seed in (2, 2, 3)]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("original_vs_modified-") and len(names[0]) == len("original_vs_modified-") + 8


@pytest.mark.parametrize("name", ["rules/sos.py", "parameters.csv", "report/html/templates/style.css", "page.html.j2"])
def test_every_source_that_a_byte_may_depend_on_is_hashed(tmp_path, monkeypatch, name):
    monkeypatch.setattr(store, "PACKAGE", tmp_path)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    found = set()
    for text in ("one", "two"):
        path.write_text(text, encoding="utf-8")
        found.add(store.sources_hash.__wrapped__())
    assert len(found) == 2
