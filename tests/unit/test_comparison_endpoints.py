"""`compare` stays a function; only endpoints asked for are reported; what is not identified is said."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from simulator.comparison import compare
from simulator.comparison.not_identified import (
    BACKBONE_SHARE,
    BLINATUMOMAB_EFFECT,
    SCT_EFFECT,
    SOS_ATTRIBUTION,
    not_identified,
)
from simulator.report import answer, details, write_figures
from simulator.report.style import titles_of
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.store import FRAMES, write_run
from simulator.ward import without_limits

ALL = ("os", "rfs", "efs", "relapse", "nrm", "sos")
SCENARIO = load_scenario("sct_vs_no_sct", patients=300, seed=5)
SINGLE = {"os": "OS", "efs": "EFS", "rfs": "RFS", "relapse": "relapse", "nrm": "NRM", "sos": "SOS any"}


@cache
def found(*endpoints, name="sct_vs_no_sct"):
    scenario = without_limits(load_scenario(name, patients=300, seed=5))
    return compare(replace(scenario, endpoints=endpoints or ALL), workers=1)


IMPORTED = ["simulator.store, simulator.cli", "simulator.comparison", "simulator.report"]


@pytest.mark.parametrize("first", IMPORTED)
def test_compare_stays_a_function_whatever_was_imported_before(first):
    code = f"import {first}; import simulator as ap; assert callable(ap.compare); print(ap.Comparison)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and "simulator.comparison.Comparison" in result.stdout, result.stderr


def test_a_comparison_knows_its_scenario():
    assert next(iter(found().__dataclass_fields__)) == "scenario"
    assert found().scenario == SCENARIO


def of_endpoint(key):
    """The endpoint to ask for that brings a key of the summary; None = always there."""
    core = key.removeprefix("median_").removeprefix("rmst_").removesuffix("_months")
    core = core.removesuffix("_from_cr").removesuffix("_from_day_1").removesuffix("_any")
    core = core.removesuffix("_severe").removesuffix("_fatal")
    return "efs" if core == "refractory" else core if core in ALL else None


SUBSETS = [("os",), ("rfs", "sos"), ("efs", "nrm"), ("relapse",), ("sos",)]


@pytest.mark.parametrize("endpoints", SUBSETS, ids=str)
def test_only_what_is_asked_is_reported_and_nothing_else_changes(endpoints):
    part, whole = found(*endpoints), found()
    wanted = {*endpoints, None}
    for table in ("arms", "differences"):
        for name, numbers in whole.summary[table].items():
            assert part.summary[table][name] == {k: v for k, v in numbers.items() if of_endpoint(k) in wanted}
    kept = [key for key in whole.summary["endpoints"] if of_endpoint(key) in wanted]
    assert list(part.summary["endpoints"]) == kept
    for name in ("estimates", "curves", "differences"):
        mine, all_ = getattr(part, name), getattr(whole, name)
        kept = all_[all_["endpoint"].map(of_endpoint).isin(list(wanted))].reset_index(drop=True)
        assert mine.to_csv() == kept.to_csv(), name
    for name in ("occupancy", "delivered"):
        assert getattr(part, name).equals(getattr(whole, name))
    for name in ("longer_shorter", "contrasts"):
        mine, all_ = getattr(part, name), getattr(whole, name)
        assert list(mine) == list(all_) and len(mine) == ("os" in endpoints) * len(all_)


@pytest.mark.parametrize("endpoints", [e for n in (1, 2, 5) for e in combinations(ALL, n)], ids=str)
def test_the_answer_works_for_any_endpoints(endpoints):
    text = answer(found(*endpoints), 80)
    head = text.split("Paired difference")[0]
    for end, column in {"os": "OS at", "relapse": "Relapse", "nrm": "NRM", "sos": "SOS any/"}.items():
        assert (column in head) == (end in endpoints), column
    lead = next(end for end in ("os", "efs", "rfs", "relapse", "nrm", "sos") if end in endpoints)
    assert f"Paired difference in {SINGLE[lead]} at" in text
    assert ("Live longer" in text) == ("What a paper would read" in text) == ("os" in endpoints)
    for words in (text, details(found(*endpoints), 80)):
        assert "nan" not in words and max(map(len, words.splitlines())) <= 80


def test_figures_and_folder_of_some_endpoints(tmp_path):
    few = found("efs", "nrm")
    stems = {path.stem for path in write_figures(few, tmp_path / "figures")}
    assert stems == {"efs", "relapse_and_nrm", "states"}
    folder = write_run(tmp_path / "run", few.scenario, few)
    assert all((folder / f"{name}.csv").read_text().count(",") for name in FRAMES)
    assert {path.stem for path in write_figures(found("sos"), tmp_path / "sos")} == {"states"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sct_vs_no_sct", [SCT_EFFECT]),
        ("interval_7_vs_14_weeks", [SOS_ATTRIBUTION, BLINATUMOMAB_EFFECT]),
        ("original_vs_modified", [SOS_ATTRIBUTION, BLINATUMOMAB_EFFECT]),
        ("ino_alone_or_with_chemotherapy", [SOS_ATTRIBUTION, BLINATUMOMAB_EFFECT, BACKBONE_SHARE]),
    ],
)
def test_what_is_not_identified_is_said_before_the_close(name, expected):
    scenario = load_scenario(name)
    assert not_identified(scenario) == expected
    words = " ".join(answer(found(name=name), 80).split())
    for sentence in (SCT_EFFECT, SOS_ATTRIBUTION, BLINATUMOMAB_EFFECT, BACKBONE_SHARE):
        assert (f"{sentence} " in words.split("Intervals are Monte Carlo only.")[0]) == (sentence in expected)


@pytest.mark.parametrize(
    "path, value, expected",
    [
        ("transplant.max_age_years", 60.0, SCT_EFFECT),
        ("after_relapse.transplant", True, SCT_EFFECT),
        ("transplant.minimum_interval_weeks", 9.0, SOS_ATTRIBUTION),
        ("inotuzumab.courses", 1, SOS_ATTRIBUTION),
        ("prophylaxis.ursodiol_share", 0.123, SOS_ATTRIBUTION),
        ("setting.era", "before_2017", SOS_ATTRIBUTION),
        ("blinatumomab.after_course", 2, BLINATUMOMAB_EFFECT),
        ("maintenance.blinatumomab_courses", 0, BLINATUMOMAB_EFFECT),
        ("mrd.at_persistence", "blinatumomab", BLINATUMOMAB_EFFECT),
        ("chemotherapy.backbone", "none", BACKBONE_SHARE),
        ("transplant.conditioning", None, SOS_ATTRIBUTION),
        ("maintenance.pomp_months", 1, None),
    ],
)
def test_each_difference_calls_for_its_sentence(path, value, expected):
    arm = SCENARIO.arms[1]
    table, key = path.split(".")
    section = getattr(arm.strategy, table)
    if value is None:
        value = section.conditioning.model_copy(update={"regimen": "stated"})
    other = arm.strategy.model_copy(update={table: section.model_copy(update={key: value})})
    assert other != arm.strategy
    pair = replace(SCENARIO, arms=(arm, replace(arm, name="other", strategy=other)))
    assert not_identified(pair) == ([expected] if expected else [])


def test_long_titles_give_way_to_names():
    titles = titles_of(found())
    assert titles["no_sct"] == "No SCT (reference)"
    assert titles["sct_mrd_positive"] == "SCT only if MRD-positive"
    assert titles["sct_after_blinatumomab"] == "SCT after blinatumomab"
    titles = titles_of(found(name="original_vs_modified"))
    assert list(titles.values()) == ["Original (reference)", "Modified"]


@pytest.mark.parametrize("name", [name for name, _ in shipped_scenarios()])
def test_the_first_table_fits_80_columns_when_piped(name):
    lines = answer(found(name=name)).splitlines()
    assert max(map(len, lines)) <= 80
