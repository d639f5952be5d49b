"""Studies as users describe them: what is read, what is refused and with which words.

Rank of proof: contract. Each message is the whole line that a user sees.
"""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.described import load_study, shipped_studies
from simulator.scenario.faults import ScenarioError

HEAD = """
title = "A study"
disease = "relapsed_or_refractory"
months = [12, 24]
"""
FOLLOW_UP = """
[follow_up]
accrual_months = 24
minimum_follow_up_months = 12
"""
POPULATION = """
[population]
base = "kantarjian-2023"
"""
ARM = """
[[arms]]
name = "combination"
patients = 60
base = "fractionated_ino_blinatumomab"
"""


def written(tmp_path, *parts):
    path = tmp_path / "my.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def faults(tmp_path, *parts):
    with pytest.raises(ScenarioError) as error:
        load_study(written(tmp_path, *parts))
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize("name", shipped_studies())
def test_shipped_studies_are_short_and_within_scope(name):
    study = load_study(name)
    assert study.patients >= 60 and study.head.title
    lines = (load_study.__globals__["FOLDER"] / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) <= 25


def test_a_study_is_what_its_file_says(tmp_path):
    study = load_study(written(tmp_path, HEAD, FOLLOW_UP, POPULATION, ARM))
    assert [arm.patients for arm in study.arms] == [60]
    assert (study.head.follow_up.shortest_months, study.head.follow_up.longest_months) == (12.0, 36.0)
    assert study.head.follow_up.lost_per_year == 0.04
    assert study.arms[0].strategy.blinatumomab.courses == 4
    assert study.cautions == ()


@pytest.mark.parametrize(
    ("stated", "longest"),
    [("data_cut_months = 30", 30.0), ("minimum_follow_up_months = 6", 30.0), ("median_follow_up_months = 18", 30.0)],
)
def test_three_ways_to_say_the_same_follow_up(tmp_path, stated, longest):
    follow_up = f"\n[follow_up]\naccrual_months = 24\n{stated}\n"
    study = load_study(written(tmp_path, HEAD, follow_up, POPULATION, ARM))
    assert study.head.follow_up.longest_months == longest


def test_an_arm_on_an_earlier_one_states_what_differs(tmp_path):
    second = '\n[[arms]]\nname = "fewer"\npatients = 40\nbase = "combination"\ninotuzumab.courses = 2\n'
    study = load_study(written(tmp_path, HEAD, FOLLOW_UP, POPULATION, ARM, second))
    assert [(arm.patients, arm.strategy.inotuzumab.courses) for arm in study.arms] == [(60, 4), (40, 2)]


SINGLE = {
    "frontline": (
        HEAD.replace("relapsed_or_refractory", "frontline"), FOLLOW_UP, POPULATION, ARM,
        'my.toml: disease = "frontline": outside the model: untreated disease: the evidence is of pre-treated '
        "patients, allowed relapsed_or_refractory or mrd_positive_remission",
    ),
    "t_lineage": (
        HEAD.replace("relapsed_or_refractory", "T-ALL, relapsed"), FOLLOW_UP, POPULATION, ARM,
        'my.toml: disease = "T-ALL, relapsed": outside the model: T-lineage disease expresses neither CD19 nor CD22, '
        "allowed relapsed_or_refractory or mrd_positive_remission",
    ),
    "cart": (
        HEAD, FOLLOW_UP, POPULATION, ARM + "cart = { after_course = 2 }\n",
        "my.toml: arms.combination.cart: outside the model: CAR-T cells are not modelled, allowed left out",
    ),
    "tki": (
        HEAD, FOLLOW_UP, POPULATION, ARM + "ponatinib = true\n",
        "my.toml: arms.combination.ponatinib: outside the model: kinase inhibitors are not modelled as treatment, "
        "allowed left out",
    ),
    "backbone": (
        HEAD, FOLLOW_UP, POPULATION, ARM + 'chemotherapy.backbone = "flag_ida"\n',
        'my.toml: arms.combination.chemotherapy.backbone = "flag_ida": outside the model: its effect and toxicity '
        "were never fitted; mini-hyper-CVD is the only chemotherapy, allowed mini_hyper_cvd or none",
    ),
    "chemotherapy_alone": (
        HEAD, FOLLOW_UP, POPULATION,
        ARM.replace("fractionated_ino_blinatumomab", "mini_hyper_cvd_ino") + "inotuzumab.courses = 0\n",
        "my.toml: arms.combination.inotuzumab.courses = 0: outside the model: chemotherapy alone: the backbone was "
        "never fitted without inotuzumab or blinatumomab, allowed 1 to 8, or blinatumomab in a line of its own "
        "(courses)",
    ),
    "chemotherapy_and_blinatumomab": (
        HEAD, FOLLOW_UP, POPULATION, ARM + "inotuzumab.courses = 0\n",
        "my.toml: arms.combination.inotuzumab.courses = 0: outside the model: response to chemotherapy and "
        "blinatumomab without inotuzumab was never fitted, allowed 1 to 8, or blinatumomab in a line of its own "
        "(courses)",
    ),
    "ph_positive": (
        HEAD, FOLLOW_UP, POPULATION + "philadelphia = 0.95\n", ARM,
        "my.toml: population.philadelphia = 0.95: outside the model: overt Ph-positive disease is treated with kinase "
        "inhibitors, whose kill is not modelled, allowed 0 to 0.9 (probability)",
    ),
    "mixed_states": (
        HEAD, FOLLOW_UP, POPULATION + "in_remission = 0.3\n", ARM,
        'my.toml: population.in_remission = 0.3: outside the model: disease = "relapsed_or_refractory" needs patients '
        "who enter so; mixed studies are two studies, allowed 0 (probability)",
    ),
    "children": (
        HEAD, FOLLOW_UP, POPULATION + "age_quantiles_years = [1.0, 5.0, 9.0, 14.0, 18.0]\n", ARM,
        "my.toml: population.age_quantiles_years = [1.0, 5.0, 9.0, 14.0, 18.0]: outside the model: children: "
        "rates of response, toxicity and SCT were fitted in adults, allowed 15 years or older (years)",
    ),
    "no_patients": (
        HEAD, FOLLOW_UP, POPULATION, ARM.replace("patients = 60\n", ""),
        "my.toml: arms.combination.patients: missing, allowed whole number 5 to 5000 patients",
    ),
    "too_few": (
        HEAD, FOLLOW_UP, POPULATION, ARM.replace("60", "3"),
        "my.toml: arms.combination.patients = 3: allowed whole number 5 to 5000 patients",
    ),
    "two_cuts": (
        HEAD, FOLLOW_UP + "data_cut_months = 40\n", POPULATION, ARM,
        "my.toml: follow_up.data_cut_months = 40: allowed exactly one of data_cut_months, minimum_follow_up_months, "
        "median_follow_up_months (months)",
    ),
    "no_follow_up_for_the_last": (
        HEAD, FOLLOW_UP.replace("minimum_follow_up_months = 12", "data_cut_months = 20"), POPULATION, ARM,
        "my.toml: follow_up.data_cut_months = 20: allowed follow-up that reaches the last patient, or a shorter "
        "accrual (months)",
    ),
    "month_beyond": (
        HEAD.replace("[12, 24]", "[12, 60]"), FOLLOW_UP, POPULATION, ARM,
        "my.toml: months = [12, 60]: allowed within the longest follow-up of 36 months",
    ),
    "subgroup": (
        'subgroups = ["salvage_9"]' + HEAD, FOLLOW_UP, POPULATION, ARM,
        'my.toml: subgroups = ["salvage_9"]: allowed each once, of salvage_1, ',
    ),
    "parameters": (
        HEAD, FOLLOW_UP, POPULATION, ARM + "parameters = { relapse_log_theta = 0.1 }\n",
        "my.toml: arms.combination.parameters: the numbers of the model come from its posterior draws, allowed left",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SINGLE)
def test_one_fault_is_one_line(tmp_path, case):
    *parts, expected = SINGLE[case]
    found = faults(tmp_path, *parts)
    assert len(found) == 1 and found[0].startswith(expected), found


def test_all_faults_at_once(tmp_path):
    """A wrong disease, follow-up, case mix and two wrong arms: five lines, none hides another."""
    found = faults(
        tmp_path, HEAD.replace("relapsed_or_refractory", "burkitt"), FOLLOW_UP.replace("24", "-1"),
        POPULATION + "male = 1.5\n", ARM + 'cart = true\n[[arms]]\nname = "b"\npatients = 20\nbase = "nothing"\n',
    )  # fmt: skip
    for words in ("burkitt", "accrual_months = -1", "male = 1.5", "arms.combination.cart", 'arms.b.base = "nothing"'):
        assert sum(words in line for line in found) == 1, (words, found)
    assert len(found) == 5


def test_nothing_but_a_title(tmp_path):
    found = faults(tmp_path, 'title = "A study"\n')
    for key in ("disease", "months", "follow_up", "population", "arms"):
        assert any(line.startswith(f"my.toml: {key}: missing") for line in found), (key, found)


def test_the_edge_of_the_evidence_is_a_caution(tmp_path):
    old = POPULATION + "age_quantiles_years = [60.0, 65.0, 71.0, 76.0, 84.0]\nphiladelphia = 0.2\n"
    study = load_study(
        written(tmp_path, HEAD, FOLLOW_UP, old, ARM.replace("fractionated_ino_blinatumomab", "ino_monotherapy"))
    )
    assert [line.split(":")[0] for line in study.cautions] == [
        "median age 71 years", "20% Ph-positive", "inotuzumab without chemotherapy",
    ]  # fmt: skip


words = st.text("abcdefghijklmnopqrstuvwxyz_-= .0123456789\"'[]{}#\n", max_size=40)


@settings(max_examples=150, deadline=None)
@given(words, st.integers(0, 400))
def test_no_text_gets_through_as_anything_but_a_study_or_faults(tmp_path_factory, word, place):
    """Any text put anywhere into a good file: a study, or lines that name the file; never another error."""
    good = HEAD + FOLLOW_UP + POPULATION + ARM
    path = tmp_path_factory.mktemp("studies") / "my.toml"
    path.write_text(good[:place] + word + good[place:], encoding="utf-8")
    try:
        study = load_study(path)
    except ScenarioError as error:
        assert error.faults and all(str(fault).split(":")[0].endswith(".toml") for fault in error.faults)
    else:
        assert study.patients >= 5


keys = st.sampled_from(["title", "disease", "months", "follow_up", "population", "subgroups", "seed"])
anything = st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=3))


@given(st.dictionaries(keys, anything))
@settings(max_examples=100, deadline=None)
def test_no_value_of_a_wrong_kind_gets_through(tmp_path_factory, values):
    good = tomllib.loads(HEAD)
    table = good | values
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
    rest = "".join(part for key, part in (("follow_up", FOLLOW_UP), ("population", POPULATION)) if key not in table)
    path = tmp_path_factory.mktemp("studies") / "my.toml"
    path.write_text(text + rest + ARM, encoding="utf-8")
    try:
        load_study(path)
    except ScenarioError as error:
        assert error.faults


def _toml(value):
    if isinstance(value, str):
        return '"' + "".join(c if c.isalnum() else "_" for c in value) + '"'
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else str(value).lower()
