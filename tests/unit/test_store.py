"""What a run folder holds: the same bytes, nobody else's files touched.

Rank of proof: contract. How a folder survives is in test_store_folder, its checkpoint in test_store_checkpoint.
"""

import json
import os
from functools import lru_cache

import pytest

from simulator.comparison import compare
from simulator.scenario import load_scenario, resolved
from simulator.store import FRAMES, FolderError, identity, open_run, run_name, write_run
from simulator.store.identity import differences, plain, sources_hash

SCENARIO = load_scenario("original_vs_modified", patients=60, seed=2)


@lru_cache(maxsize=1)
def comparison():
    return compare(SCENARIO, workers=1)


def contents(folder):
    """The files, but for the journal."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "journal.jsonl"}


def finished(folder, scenario=SCENARIO):
    """The summary of a finished run."""
    with open_run(folder, identity(scenario)) as run_folder:
        assert run_folder.finished
        return run_folder.json()


def test_a_run_is_written_and_read_back(tmp_path):
    folder = write_run(tmp_path / "run", SCENARIO, comparison())
    assert set(contents(folder)) == {"run.json", "summary.json", *(f"{name}.csv" for name in FRAMES)}
    assert json.loads((folder / "run.json").read_text())["scenario"] == resolved(SCENARIO)
    assert finished(folder) == comparison().summary
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
    with pytest.raises(FolderError, match=r"different: outputs\.figures \(true there, nothing asked\)$"):
        write_run(folder, SCENARIO, comparison())


def test_a_failing_writer_leaves_a_run_that_is_not_finished(tmp_path):
    def fail(folder, found):
        (folder / "half.txt").write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_run(tmp_path / "run", SCENARIO, comparison(), fail)
    assert set(contents(tmp_path / "run")) == {"run.json"}


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "empty").mkdir()
    write_run(tmp_path / "empty", SCENARIO, comparison())
    assert finished(tmp_path / "empty") == comparison().summary


def test_a_finished_run_is_left_as_it_is(tmp_path):
    folder = write_run(tmp_path / "run", SCENARIO, comparison())
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    write_run(folder, SCENARIO, comparison())
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_another_run_is_named_by_what_differs(tmp_path):
    write_run(tmp_path / "run", SCENARIO, comparison())
    other = load_scenario(
        "original_vs_modified",
        patients=61,
        seed=2,
        settings={"horizon_months": "72", "arms.modified.mrd.assay": '"ngs"'},
    )
    with pytest.raises(FolderError) as error:
        finished(tmp_path / "run", other)
    assert str(error.value).endswith(
        "holds another run; different: scenario.horizon_months (60 there, 72 asked), "
        'scenario.arms.modified.strategy.mrd.assay ("flow" there, "ngs" asked), patients (60 there, 61 asked)'
    )


def test_what_differs():
    """Every difference is named, on either side, however deep; equal identities differ in nothing."""
    one = {"a": {"b": [1, 2], "c": None}, "arms": [{"name": "x", "v": 1}, {"name": "y", "v": 2}], "long": "z" * 50}
    assert differences(one, one) == ""
    other = {"a": {"b": [1, 3], "c": 5}, "arms": [{"name": "x", "v": 1}], "long": "y" * 50, "more": {"d": 1}}
    found = differences(one, other)
    assert found == "a.b ([1, 2] there, [1, 3] asked), a.c (nothing there, 5 asked), arms.y, long, more"
    changed = differences({"sources_sha256": "a" * 64}, {"sources_sha256": "b" * 64})
    assert changed == "sources_sha256 (the program has changed since)"
    many = differences({f"k{number}": 0 for number in range(9)}, {f"k{number}": 1 for number in range(9)})
    assert many.count(" asked") == 6 and many.endswith("and 3 more")


def test_identity_names_versions_hashes_and_what_was_asked_for():
    found = identity(SCENARIO)
    assert {"python", "numpy", "numba", "llvmlite"} <= set(found["versions"])
    assert len(found["sources_sha256"]) == len(found["parameters_sha256"]) == 64
    assert found == plain(found)
    assert identity(SCENARIO, kind="sweep") != found != identity(SCENARIO, outputs={"events": 10})


def test_each_identity_has_a_folder_name_of_its_own():
    runs = [load_scenario("original_vs_modified", patients=60, seed=seed) for seed in (2, 2, 3)]
    names = [run_name(each.name, identity(each)) for each in runs]
    assert names[0] == names[1] != names[2]
    assert run_name("x", identity(SCENARIO, outputs={"events": 1})) != run_name("x", identity(SCENARIO))
    assert names[0].startswith("original_vs_modified-") and len(names[0]) == len("original_vs_modified-") + 8


@pytest.mark.parametrize("name", ["rules/sos.py", "parameters.csv", "report/html/templates/style.css", "page.html.j2"])
def test_every_source_that_a_byte_may_depend_on_is_hashed(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    found = set()
    for text in ("one", "two"):
        path.write_text(text, encoding="utf-8")
        found.add(sources_hash.__wrapped__(tmp_path))
    assert len(found) == 2
