"""Scenarios: valid ones load and survive a round trip; an invalid one gets the one line its file expects."""

import copy
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from simulator.scenario import (
    ScenarioError,
    described,
    from_resolved,
    json_schema,
    load_scenario,
    resolved,
    same_until_remission,
    shipped_scenarios,
)

CASES = Path(__file__).resolve().parents[1] / "scenarios"
# a strategy beside a scenario is named with a hyphen and is no scenario itself
VALID = sorted(path for path in (CASES / "valid").glob("*.toml") if "-" not in path.stem)
INVALID = sorted(path for path in (CASES / "invalid").glob("*.toml") if "-" not in path.stem)
SHIPPED = sorted(scenarios.FOLDER.glob("*.toml"))
MINIMAL = CASES / "valid" / "minimal.toml"


def faults_of(name, **over):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name, **over)
    assert str(caught.value) == "\n".join(map(str, caught.value.faults))
    return [str(fault) for fault in caught.value.faults]


def expected(path):
    return re.match(r"# expect: (.+)", path.read_text(encoding="latin-1"))[1]


def meets(lines, pattern):
    """Exactly one fault, on one line, as expected, in our words."""
    return (
        len(lines) == 1
        and bool(re.search(pattern, lines[0]))
        and "\n" not in lines[0]
        and not re.search(r"pydantic|https?:|Input should|Field required|Traceback", lines[0])
    )


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid(path):
    lines = faults_of(path)
    assert meets(lines, expected(path)), lines


def test_there_are_enough_cases():
    assert len(INVALID) >= 45
    assert len(VALID) >= 12


def test_sabotage_the_check_of_invalid_cases_can_fail():
    line = faults_of(CASES / "invalid" / "max_age_too_high.toml")[0]
    assert meets([line], "18 to 100 years")
    assert not meets([line], "18 to 99 years")
    assert not meets([line, line], "18 to 100 years")
    assert not meets([line + "\n"], "18 to 100 years")
    assert not meets([], "")
    assert not meets([line + " Input should be less"], "18 to 100 years")


def test_sabotage_every_expectation_is_its_own():
    """A regex that matches the fault of many other files would prove nothing."""
    lines = {path.stem: faults_of(path)[0] for path in INVALID}
    for path in INVALID:
        others = [name for name, line in lines.items() if re.search(expected(path), line) and name != path.stem]
        assert len(others) <= 2, (path.stem, others)


@pytest.mark.parametrize("path", VALID + SHIPPED, ids=lambda path: path.stem)
def test_valid_round_trip(path):
    scenario = load_scenario(path)
    form = json.loads(json.dumps(resolved(scenario), allow_nan=False))
    again = from_resolved(form)
    assert again == scenario
    assert resolved(again) == form
    form["arms"][0]["strategy"]["prophylaxis"]["ursodiol_share"] = 0.123
    assert from_resolved(form) != scenario


@pytest.mark.parametrize("path", VALID + SHIPPED, ids=lambda path: path.stem)
def test_resolved_form_leaves_nothing_out(path):
    form, known = resolved(load_scenario(path)), json_schema()["$defs"]
    assert str(path.parent) not in json.dumps(form)
    for arm in form["arms"]:
        for name, section in arm["strategy"].items():
            title = "".join(word.title() for word in name.split("_"))
            assert section.keys() == known[title]["properties"].keys()


def test_shipped_scenarios_answer_a_question_each():
    assert {"sct_vs_no_sct", "interval_7_vs_14_weeks", "original_vs_modified"} <= dict(shipped_scenarios()).keys()
    for name, question in shipped_scenarios():
        assert question.endswith("?")
        assert load_scenario(name) == load_scenario(f"{name}.toml") == load_scenario(scenarios.FOLDER / f"{name}.toml")


# Inheritance


def test_extends_merges_tables_and_arms():
    base, scenario = (
        load_scenario("sct_vs_no_sct"),
        load_scenario(CASES / "valid" / "extends_a_shipped_scenario.toml"),
    )
    arms = {arm.name: arm for arm in scenario.arms}
    assert [*arms] == [arm.name for arm in base.arms] + ["sct_from_a_sibling"]
    assert arms["sct"].strategy.transplant.max_age_years == 65.0
    assert arms["sct"].strategy.transplant.policy == "as_practised"
    assert arms["sct_from_a_sibling"].strategy.transplant.max_age_years == 65.0
    assert arms["sct_from_a_sibling"].strategy.transplant.donors == ["matched_related"]
    assert (scenario.horizon_months, scenario.patients) == (120, base.patients)


def test_extends_merges_the_population_into_a_named_one():
    scenario = load_scenario(CASES / "valid" / "extends_one_beside.toml")
    assert scenario.population.male == 0.3
    assert scenario.population_name == "kantarjian-2023, changed: male"
    assert scenario.population.salvage_2 == load_scenario(MINIMAL).population.salvage_2


def test_base_beside_the_file_comes_first(tmp_path):
    shipped = scenarios.FOLDER / "strategies" / "fractionated_ino_blinatumomab.toml"
    (tmp_path / "my.toml").write_text(MINIMAL.read_text())
    (tmp_path / shipped.name).write_text(shipped.read_text().replace("pomp_months = 12", "pomp_months = 20"))
    assert load_scenario(tmp_path / "my.toml").arms[0].strategy.maintenance.pomp_months == 20
    (tmp_path / shipped.name).write_text("[chemotherapy\n")
    assert meets(faults_of(tmp_path / "my.toml"), "^fractionated_ino_blinatumomab.toml: not TOML: .*line 1")


def test_one_fault_in_a_shared_base_is_told_once(tmp_path):
    text = MINIMAL.read_text().replace('policy = "none"', 'policy = "none"\nmax_age_years = 5')
    (tmp_path / "my.toml").write_text(text + '\n[[arms]]\nname = "third"\nbase = "no_sct"\n[arms.mrd]\nassay = "ngs"\n')
    assert meets(faults_of(tmp_path / "my.toml"), r"arms\.no_sct\.transplant\.max_age_years = 5: allowed 18")


def test_a_broken_rule_blames_what_is_stated_not_a_default(tmp_path):
    shipped = scenarios.FOLDER / "strategies" / "fractionated_ino_blinatumomab.toml"
    base = shipped.read_text().replace("after_course = 4\n", "").replace("courses = 4 # K030", "courses = 2")
    (tmp_path / "mine.toml").write_text(re.sub(r"(\[inotuzumab\]\n)courses = 4", r"\1courses = 2", base))
    (tmp_path / "my.toml").write_text(MINIMAL.read_text().replace('"fractionated_ino_blinatumomab"', '"mine"'))
    assert meets(
        faults_of(tmp_path / "my.toml"),
        r"^mine\.toml: chemotherapy\.courses = 2: allowed blinatumomab\.after",
    )


# Names and files


@pytest.mark.parametrize(
    "name", ["sct_vs_nosct", "sct_vs_nosct.toml", "nowhere/sct_vs_nosct.toml", Path("sct_vs_nosct")]
)
def test_unknown_name_tells_the_nearest(name):
    assert meets(faults_of(name), "no such file, allowed a file or a shipped name: sct_vs_no_sct ")


@pytest.mark.parametrize("name", ["", "x" * 5000, "a\0b", "a\nb", "\u2028"])
def test_impossible_names(name):
    lines = faults_of(name)
    assert len(lines) == 1 and "\n" not in lines[0]


def test_a_folder_and_an_empty_file(tmp_path):
    assert meets(faults_of(tmp_path), "is a folder, allowed a scenario file")
    (tmp_path / "empty.toml").write_text("")
    assert meets(faults_of(tmp_path / "empty.toml"), "^empty.toml: says nothing")


def test_byte_order_mark_and_windows_lines(tmp_path):
    (tmp_path / "my.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.read_bytes().replace(b"\n", b"\r\n"))
    assert load_scenario(tmp_path / "my.toml").arms == load_scenario(MINIMAL).arms


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "x." * 3000 + "y = 1", "seed = " + "9" * 5000, "seed = 0x" + "f" * 5000]
)
def test_monstrous_files(tmp_path, text):
    (tmp_path / "my.toml").write_text(text)
    assert all("\n" not in line and len(line) < 500 for line in faults_of(tmp_path / "my.toml"))


# Several faults, command line


def test_all_faults_at_once_in_file_order(tmp_path):
    text = (
        MINIMAL.read_text()
        .replace("patients = 1000", "patients = 0")
        .replace("horizon_months = 60", "horizon_months = 5")
    )
    text = (
        text.replace('policy = "none"', 'policy = "non"')
        + "[arms.inotuzumab]\ndays = [8, 2]\n[arms.mrd]\nassay = 'pcr'\n"
    )
    (tmp_path / "my.toml").write_text(text + '\n[[arms]]\nname = "x"\nbase = "nothing"\n')
    keys = [line.split(": ")[1].split(" = ")[0] for line in faults_of(tmp_path / "my.toml")]
    assert keys == [
        "horizon_months",
        "patients",
        "arms.no_sct.transplant.policy",
        "arms.sct.mrd.assay",
        "arms.x.base",
    ]


def test_command_line_values():
    over = ["arms.sct.transplant.max_age_years=60", "arms.sct.transplant.mrd=positive"]
    over += ["population.male=0.4", "report_months=[12,24]", "horizon_months=48"]
    scenario = load_scenario(MINIMAL, settings=over, patients=7, seed=2**64 - 1, parameters="joint-point")
    assert scenario.arms[1].strategy.transplant.max_age_years == 60.0
    assert scenario.arms[1].strategy.transplant.mrd == "positive"
    assert (scenario.population.male, scenario.horizon_months) == (0.4, 48)
    assert (scenario.patients, scenario.seed, scenario.report_months) == (7, 2**64 - 1, (12, 24))
    assert load_scenario(MINIMAL, settings=dict(pair.split("=") for pair in over)).arms == scenario.arms
    assert scenario != load_scenario(MINIMAL)


@pytest.mark.parametrize(
    ("over", "pattern"),
    [
        ({"patients": 0}, r"^--patients: patients = 0: allowed whole number 1 to"),
        ({"seed": -1}, r"^--seed: seed = -1: allowed whole number 0 to"),
        ({"parameters": "kantarjian"}, r'^--parameters: parameters = "kantarjian": unknown parameter set'),
        ({"settings": ["horizon_months=48"]}, r"^--set: report_months = .*: allowed within .* of 48 months"),
        ({"settings": ["horizon_months"]}, r"^--set: horizon_months: allowed KEY=VALUE"),
        ({"settings": ["=1"]}, r"^--set: =1: allowed KEY=VALUE"),
        ({"settings": ["extends=x"]}, r"^--set: extends=x: allowed KEY=VALUE"),
        ({"settings": ["arms.stc.transplant.mrd=any"]}, r"^--set: arms\.stc.*names no arm, allowed sct"),
        ({"settings": ["arms.sct=5"]}, r"^--set: arms\.sct = 5: names no arm, allowed arms\.NAME\.KEY"),
        ({"settings": ["horizon_month=48"]}, r"^--set: horizon_month = 48: unknown key, allowed horizon"),
        ({"settings": ["patients=few"]}, r'^--set: patients = "few": allowed whole number'),
        ({"settings": ["patients=1\nseed=2"]}, r'^--set: patients = "1\\nseed=2": allowed whole number'),
        ({"settings": ["population.male=2"]}, r"^--set: population\.male = 2: allowed 0 to 1"),
        ({"settings": ["population=nobody"]}, r'^--set: population = "nobody": unknown population'),
        ({"settings": ["arms.sct.transplant.policy=none"]}, r"^--set: arms\.sct: the same strategy as"),
        ({"settings": ["horizon_months.x=1"]}, r"^--set: horizon_months = \{\.\.\.\}: allowed whole number"),
    ],
)  # fmt: skip
def test_command_line_faults(over, pattern):
    lines = faults_of(MINIMAL, **over)
    assert meets(lines, pattern), lines


def test_a_wrong_file_is_not_hidden_by_a_right_command_line():
    path = CASES / "invalid" / "patients_zero.toml"
    assert faults_of(path, patients=100) == faults_of(path)


def test_faults_carry_their_parts():
    with pytest.raises(ScenarioError) as caught:
        load_scenario(CASES / "invalid" / "max_age_too_high.toml")
    (fault,) = caught.value.faults
    assert (fault.file, fault.key) == ("max_age_too_high.toml", "arms.sct.transplant.max_age_years")
    assert (fault.value, fault.allowed, fault.unit) == ("500", "18 to 100", "years")


# Other words of the interface


def test_same_until_remission():
    arms = [arm.strategy for arm in load_scenario("sct_vs_no_sct").arms]
    assert all(same_until_remission(arms[0], other) for other in arms)
    original, modified = (arm.strategy for arm in load_scenario("original_vs_modified").arms)
    assert not same_until_remission(original, modified)
    for section, key, value in [
        ("chemotherapy", "courses", 5), ("inotuzumab", "courses", 3), ("prophylaxis", "ursodiol_share", 0.5),
        ("mrd", "assay", "ngs"), ("setting", "era", "before_2017"),
    ]:  # fmt: skip
        changed = getattr(modified, section).model_copy(update={key: value})
        assert not same_until_remission(modified, modified.model_copy(update={section: changed}))


def test_described_tells_every_value_its_unit_and_origin():
    scenario = load_scenario("interval_7_vs_14_weeks", settings=["population.male=0.4"])
    text = described(scenario)
    differs = text.split("What differs between the arms")[1].split("How they are run")[0]
    keys = [line.split()[0] for line in differs.splitlines()[2:] if line and "origin:" not in line]
    blinatumomab = [f"blinatumomab.{key}" for key in ("courses", "after_course", "switch_early")]
    assert keys == [*blinatumomab, "transplant.minimum_interval_weeks", "transplant.interval_act"]
    assert re.search(r"minimum_interval_weeks +weeks +7\.0 \[b\] +14\.0 \[b\] +14\.0 \[b\] +14\.0 \[b\]", differs)
    assert "[a] mini_hyper_cvd_ino.toml, [b] interval_7_vs_14_weeks.toml" in differs
    assert re.search(r"max_age_years +75\.0 +years +default", text)
    assert re.search(r"low_hypodiploid +0\.109 +probability +K062", text)
    assert re.search(r"\n  male +0\.4 +probability +user \(--set\)\n", text)
    assert described(from_resolved(resolved(scenario))).startswith("Scenario interval_7_vs_14_weeks")


def named(tmp_path, name):
    """The minimal scenario with a longer name and title for its second arm."""
    text = MINIMAL.read_text().replace('name = "sct"', f'name = "{name}"\ntitle = "{"a title " * 12}"')
    assert name in text
    (tmp_path / "my.toml").write_text(text)
    return tmp_path / "my.toml"


def test_arm_names_have_at_most_60_characters(tmp_path):
    assert load_scenario(named(tmp_path, "x" * 60)).arms[1].name == "x" * 60
    assert meets(faults_of(named(tmp_path, "x" * 61)), r"arms\[2\]\.name = .*: allowed at most 60 char")


def test_described_fits_a_terminal(tmp_path):
    for path in [*VALID, *SHIPPED, named(tmp_path, "x" * 60)]:
        scenario = load_scenario(path)
        text = described(scenario)
        assert max(map(len, text.splitlines())) <= 140
        head, differs = text.split("What differs between the arms")
        for number, arm in enumerate(scenario.arms, 1):
            assert re.search(rf"\n  {number}  {arm.name} ", head)
            assert re.search(rf"\n  arm .*\b{number}\b", differs)


def test_bounds_that_make_a_rule_needless():
    """No infusion outlasts its course, no step its infusion: the schema's bounds see to it."""
    blina = json_schema()["$defs"]["Blinatumomab"]["properties"]
    assert blina["infusion_days"]["maximum"] <= blina["course_days"]["minimum"]
    assert blina["step_days"]["maximum"] <= blina["infusion_days"]["minimum"]


def test_import_is_cheap():
    heavy = "numba|matplotlib|lifelines|pandas|scipy"
    code = f"import sys, simulator.scenario; print([m for m in sys.modules if m in '{heavy}'.split('|')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# JSON Schema


def test_schema_file_is_in_step():
    """To write it anew: json.dumps(json_schema(), indent=2) and a newline."""
    text = (scenarios.FOLDER / "scenario.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(json_schema(), indent=2) + "\n"


def test_schema_accepts_what_loads_and_refuses_what_it_can_see():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for path in VALID + SHIPPED:
        judge.validate(tomllib.loads(path.read_text(encoding="utf-8")))
    for name in ("max_age_too_high", "key_unknown", "arm_key_unknown", "policy_unknown", "horizon_missing",
                 "patients_text", "population_key_unknown", "arms_only_one", "arm_base_missing"):  # fmt: skip
        assert not judge.is_valid(tomllib.loads((CASES / "invalid" / f"{name}.toml").read_text())), name


# Nothing but ScenarioError


def paths_in(node, path=()):
    """Every place in a document."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from paths_in(value, (*path, key))


def as_toml(value):
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {as_toml(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
LEAVES = st.one_of(
    st.booleans(), st.integers(), st.integers(0, 100), st.floats(), WORDS,
    st.sampled_from(["none", "sct", "no_sct", "minimal", "everyone_eligible", "../minimal", "population"]),
)  # fmt: skip
KEYS = st.one_of(WORDS, st.sampled_from(["extends", "base", "name", "title", "origin", "arms", "transplant", "days"]))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
START = tomllib.loads((CASES / "valid" / "population_changed.toml").read_text())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutations_raise_nothing_else(tmp_path_factory, data):
    document = copy.deepcopy(START)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from([path for path in paths_in(document) if path]))
        node = document
        for key in above:
            node = node[key]
        act = data.draw(st.sampled_from(["replace", "replace", "delete", "add"]))
        if act == "delete":
            del node[last]
        elif act == "add" and isinstance(node, dict):
            node[data.draw(KEYS)] = data.draw(VALUES)
        else:
            node[last] = data.draw(VALUES)
        if not document:
            break
    path = tmp_path_factory.getbasetemp() / "mutant.toml"
    path.write_text(
        "\n".join(f"{json.dumps(key, ensure_ascii=False)} = {as_toml(value)}" for key, value in document.items()),
        "utf-8",
    )
    try:
        scenario = load_scenario(path)
    except ScenarioError as error:
        assert error.faults
        assert all("\n" not in str(fault) and "pydantic" not in str(fault) for fault in error.faults)
        assert not any("not TOML" in str(fault) for fault in error.faults), "the test wrote a file that is not TOML"
    else:
        assert from_resolved(resolved(scenario)) == scenario


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_text_raises_nothing_else(tmp_path_factory, data):
    text = MINIMAL.read_bytes()
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.binary(max_size=3)) + text[at + data.draw(st.integers(0, 30)) :]
    path = tmp_path_factory.getbasetemp() / "damaged.toml"
    path.write_bytes(damaged)
    try:
        load_scenario(path)
    except ScenarioError as error:
        assert all("\n" not in str(fault) for fault in error.faults)


SET = [
    "patients",
    "population",
    "population.male",
    "arms",
    "arms.sct",
    "arms.sct.base",
    "arms.sct.name",
    "a.b.c",
]
SETTING = st.text(max_size=20) | st.builds("{}={}".format, st.sampled_from(SET), st.text(max_size=8))


@settings(max_examples=100, deadline=None)
@given(st.lists(SETTING, min_size=1, max_size=3))
def test_any_setting_raises_nothing_else(over):
    try:
        load_scenario(MINIMAL, settings=over)
    except ScenarioError as error:
        assert all("\n" not in str(fault) for fault in error.faults)
