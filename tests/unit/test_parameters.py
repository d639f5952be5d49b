"""Every number has one origin. Rank of proof: contract 6; each fault is put in, one and many at a time."""

import copy
import json

import numpy as np
import pytest

from simulator.parameters import (
    DEFINITIONS,
    KINDS,
    MODEL_VERSION,
    PARAMETERS_DTYPE,
    PARAMETERS_FOLDER,
    ParameterError,
    described,
    load_parameters,
    parameters_from,
)

SHIPPED = sorted(PARAMETERS_FOLDER.glob("*.json"))
POINT = "joint-point"


@pytest.fixture
def data():
    return json.loads((PARAMETERS_FOLDER / f"{POINT}.json").read_text(encoding="utf-8"))


def faults_of(data):
    with pytest.raises(ParameterError) as caught:
        parameters_from(data, "set.json")
    return caught.value.faults


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_set_loads_and_its_values_lie_in_their_stated_ranges(path):
    loaded = load_parameters(path)
    assert loaded.id == path.stem
    for definition in DEFINITIONS:
        origin = loaded.origins[definition.name]
        assert origin.kind in KINDS and origin.text.strip()
        assert origin.low <= loaded.values[definition.name] <= origin.high, definition.name
        assert definition.low <= definition.high and definition.unit and definition.meaning


def test_definitions_are_distinct_and_have_known_phases():
    names = [definition.name for definition in DEFINITIONS]
    assert len(set(names)) == len(names)
    phases = {phase for definition in DEFINITIONS for phase in definition.phases.split()}
    assert phases <= {
        "population",
        "induction",
        "course",
        "response",
        "mrd",
        "consolidation",
        "blinatumomab",
        "maintenance",
        "referral",
        "transplant",
        "sos",
        "relapse",
        "salvage",
        "antibody",
        "antigen",
        "death",
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p.pop("relapse_log_theta"), "relapse_log_theta: a value is missing"),
        (lambda p: p["relapse_log_theta"].pop("value"), "relapse_log_theta: a value is missing"),
        (lambda p: p["relapse_log_theta"].update(value="0.1"), "relapse_log_theta: a value is missing"),
        (
            lambda p: p["relapse_log_theta"].update(value=4.01),
            "relapse_log_theta = 4.01: allowed -4 to 4 log clones",
        ),
        (lambda p: p["relapse_log_theta"].update(value=-99), "relapse_log_theta = -99: allowed"),
        (lambda p: p["relapse_log_theta"].update(value=float("nan")), "relapse_log_theta = nan: allowed"),
        (lambda p: p["relapse_log_theta"].update(kind="guess"), "relapse_log_theta: no origin"),
        (lambda p: p["relapse_log_theta"].pop("kind"), "relapse_log_theta: no origin"),
        (lambda p: p["relapse_log_theta"].update(origin="  "), "relapse_log_theta: no origin"),
        (lambda p: p["relapse_log_theta"].pop("origin"), "relapse_log_theta: no origin"),
        (lambda p: p["relapse_log_theta"].pop("low"), "relapse_log_theta: a range"),
        (lambda p: p["relapse_log_theta"].pop("high"), "relapse_log_theta: a range"),
        (lambda p: p.update(relapse_log_thetas={"value": 1.0}), "relapse_log_thetas: unknown parameter"),
    ],
)
def test_one_fault_is_one_line_that_names_file_key_and_value(data, change, words):
    change(data["parameters"])
    found = faults_of(data)
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith("set.json: parameters.")


def test_all_faults_come_at_once(data):
    parameters = data["parameters"]
    parameters["sos_severe"]["value"] = 1.5
    del parameters["doubling_sigma"], parameters["graft_failure"]["origin"], data["title"]
    parameters["invented"] = {"value": 1}
    data["model_version"] = MODEL_VERSION + 1
    data["background_mortality"]["male_q"] = [0.1]
    text = "\n".join(faults_of(data))
    for word in (
        "sos_severe",
        "doubling_sigma",
        "graft_failure",
        "title",
        "invented",
        "model_version",
        "male_q",
    ):
        assert word in text
    assert len(faults_of(data)) == 7


@pytest.mark.parametrize("text", ["not json", "[1, 2]", ""])
def test_a_file_that_is_no_set_is_refused(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"broken\.json"):
        load_parameters(path)
    with pytest.raises(ParameterError, match="no-such-set"):
        load_parameters("no-such-set")


def test_the_record_holds_every_value_and_the_life_table(data):
    loaded = load_parameters(POINT)
    record = loaded.record()
    assert record.dtype == PARAMETERS_DTYPE
    for name, value in loaded.values.items():
        assert record[name][0] == value == data["parameters"][name]["value"]
    q = -np.expm1(-np.exp(record.background_log_rate_female[0]))
    np.testing.assert_allclose(q, data["background_mortality"]["female_q"], rtol=1e-12)


def test_the_record_with_changes_and_unknown_changes():
    loaded = load_parameters(POINT)
    assert loaded.record(sos_severe=0.123)["sos_severe"][0] == 0.123
    assert loaded.record()["sos_severe"][0] == loaded.values["sos_severe"]
    with pytest.raises(KeyError, match="sos_sever"):
        loaded.record(sos_sever=0.1)


def test_description_and_json_name_every_number():
    loaded = load_parameters(POINT)
    text, listed = described(loaded), loaded.as_json()["parameters"]
    for definition in DEFINITIONS:
        assert definition.name in text
        assert listed[definition.name]["unit"] == definition.unit
        assert set(listed[definition.name]["phases"]) == set(definition.phases.split())


def test_the_untouched_set_is_accepted(data):
    assert parameters_from(copy.deepcopy(data), "set.json").id == POINT
