"""Sweep files: the grid expands to arms, every fault is listed at once, shipped sweeps load.

Rank of proof: contract; the expansion property-based.
"""

import re
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario import ScenarioError, from_resolved, resolved
from simulator.strategy import Strategy
from simulator.sweep import load_sweep, shipped_sweeps
from simulator.sweep.axes import AXIS_KEYS, swept_fields
from simulator.sweep.grid import neighbours
from simulator.sweep.reading import OWN_KEYS

HEAD = """
question = "How long?"
population = "kantarjian-2023"
horizon_months = 36
report_months = [12, 36]
patients = 1000
seed = 7
base = "mini_hyper_cvd_ino"
"""
AXIS = """
[[axes]]
key = "transplant.minimum_interval_weeks"
values = [4, 8.5, 12]
"""
SERIES = """
[[series]]
name = "delay"
[series.transplant]
interval_act = "delay_sct"
[[series]]
name = "stop"
title = "InO stopped"
[series.transplant]
interval_act = "stop_ino_early"
"""


@pytest.fixture
def load(tmp_path):
    def write(text, **more):
        path = tmp_path / "my.toml"
        path.write_text(text, encoding="utf-8")
        return load_sweep(path, **more)

    return write


def faults_of(load, text, **more):
    with pytest.raises(ScenarioError) as caught:
        load(text, **more)
    return [str(fault) for fault in caught.value.faults]


def test_each_point_is_an_arm_with_its_values(load):
    sweep = load(HEAD + AXIS + SERIES)
    assert sweep.shape == (2, 3)
    assert [arm.name for arm in sweep.scenario.arms] == [
        "delay_4", "delay_8_5", "delay_12", "stop_4", "stop_8_5", "stop_12",
    ]  # fmt: skip
    for place in sweep.places():
        transplant = sweep.scenario.arms[sweep.at(place)].strategy.transplant
        assert transplant.minimum_interval_weeks == (4, 8.5, 12)[place[1]]
        assert transplant.interval_act == ("delay_sct", "stop_ino_early")[place[0]]
    assert sweep.scenario.arms[4].title == "InO stopped, 8.5"
    assert sweep.axes[0].unit == "weeks"
    assert sweep.axes[0].title == "last InO to SCT, at least"


def test_pairs_are_the_neighbours_along_the_axis_and_across_series(load):
    sweep = load(HEAD + AXIS + SERIES)
    assert sweep.scenario.pairs == (
        ("delay_8_5", "delay_4"), ("delay_12", "delay_8_5"), ("stop_8_5", "stop_4"), ("stop_12", "stop_8_5"),
        ("stop_4", "delay_4"), ("stop_8_5", "delay_8_5"), ("stop_12", "delay_12"),
    )  # fmt: skip


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_neighbours_are_one_step_apart_and_none_is_missed(sizes):
    shape = tuple(sizes)
    found = neighbours(shape)
    assert len({(place, other) for _, place, other in found}) == len(found)
    for direction, place, other in found:
        steps = [here - there for here, there in zip(place, other, strict=True)]
        assert [i for i, step in enumerate(steps) if step] == [direction]
        assert steps[direction] == 1 if direction else other[0] == 0
    expected = sum((size - 1) * prod(shape) // size for size in shape)
    assert len(found) == expected


@settings(max_examples=25, deadline=None)
@given(
    first=st.integers(0, 30), steps=st.integers(1, 12), tenths=st.integers(1, 9),
    courses=st.lists(st.integers(1, 4), min_size=2, max_size=4, unique=True),
)  # fmt: skip
def test_two_axes_expand_to_their_product(tmp_path_factory, first, steps, tenths, courses):
    """Steps of tenths of a week: each value is the decimal that was meant, not a sum of rounding errors."""
    step, courses = tenths / 10.0, sorted(courses)
    last = (first * 10 + steps * tenths) / 10.0
    path = tmp_path_factory.mktemp("sweep") / "grid.toml"
    path.write_text(
        HEAD
        + f'[[axes]]\nkey = "transplant.minimum_interval_weeks"\nfrom = {first}\nto = {last}\nstep = {step}\n'
        + f'[[axes]]\nkey = "inotuzumab.courses"\nvalues = {courses}\n',
        encoding="utf-8",
    )
    sweep = load_sweep(path)
    weeks = [round(first + step * position, 1) for position in range(steps + 1)]
    found = [
        (arm.strategy.transplant.minimum_interval_weeks, arm.strategy.inotuzumab.courses) for arm in sweep.scenario.arms
    ]
    assert found == list(product(weeks, courses))
    assert len({arm.name for arm in sweep.scenario.arms}) == len(found)


def test_levels_change_several_fields_and_parameters(load):
    sweep = load(
        HEAD
        + """
[[axes]]
name = "conditioning"
[[axes.levels]]
name = "reduced"
transplant.conditioning = {regimen = "stated", myeloablative = false}
[[axes.levels]]
name = "no_interval_effect"
parameters.sos_log_odds_per_four_weeks = 0.0
"""
    )
    reduced, other = sweep.scenario.arms
    assert not reduced.strategy.transplant.conditioning.myeloablative
    assert reduced.parameters == {}
    assert other.parameters == {"sos_log_odds_per_four_weeks": 0.0}
    assert other.strategy.transplant.conditioning.regimen == "as_practised"


def test_a_parameter_is_a_field(load):
    sweep = load(HEAD + '[[axes]]\nkey = "parameters.transplant_refusal"\nvalues = [0.0, 0.1]\n')
    assert [arm.parameters for arm in sweep.scenario.arms] == [
        {"transplant_refusal": 0.0}, {"transplant_refusal": 0.1},
    ]  # fmt: skip
    assert sweep.axes[0].unit == "probability"


def test_the_machine_form_reads_back_with_pairs_and_parameters(load):
    scenario = load(HEAD + '[[axes]]\nkey = "parameters.transplant_refusal"\nvalues = [0.0, 0.1, 0.2]\n').scenario
    again = from_resolved(resolved(scenario))
    assert again == scenario
    assert again.pairs == scenario.pairs != ()
    assert again != replace(scenario, pairs=())


def test_settings_go_over_the_file(load):
    sweep = load(
        HEAD + AXIS, patients=50, seed=3,
        settings=["strategy.transplant.max_age_years=60", "horizon_months=48", "base=fractionated_ino_blinatumomab"],
    )  # fmt: skip
    scenario = sweep.scenario
    assert (scenario.patients, scenario.seed, scenario.horizon_months) == (50, 3, 48)
    assert {arm.strategy.transplant.max_age_years for arm in scenario.arms} == {60.0}
    assert {arm.base for arm in scenario.arms} == {"fractionated_ino_blinatumomab"}


def test_every_field_of_a_strategy_that_is_no_list_may_be_swept():
    fields = swept_fields()
    assert fields["transplant.minimum_interval_weeks"] == ("weeks", "last InO to SCT, at least")
    assert fields["parameters.sos_log_odds"][0] == "log odds"
    assert "inotuzumab.days" not in fields
    assert {key.split(".")[0] for key in fields} == {*Strategy.model_fields, "parameters"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "my.toml: axes: missing, allowed tables [[axes]]"),
        (HEAD + AXIS * 3, "my.toml: axes: 3 given, allowed 1 to 2"),
        (HEAD + AXIS * 2, 'my.toml: axes[2].key = "transplant.minimum_interval_weeks": duplicate'),
        (HEAD + AXIS.replace("interval_weeks", "interval_week"),
         'axes[1].key = "transplant.minimum_interval_week": no field of a strategy or a parameter, '
         "allowed transplant.minimum_interval_weeks (the nearest)"),
        (HEAD + AXIS.replace("12]", "120]"), "axes[1].values = 120: allowed 0 to 52 weeks"),
        (HEAD + AXIS.replace("12]", '"twelve"]'), 'axes[1].values = "twelve": allowed 0 to 52 weeks'),
        (HEAD + AXIS.replace("4, 8.5, 12", "4, 4"), "axes[1].values = [4, 4]: allowed each value once"),
        (HEAD + AXIS.replace("4, 8.5, 12", "8, 4"), "axes[1].values = [8, 4]: allowed increasing numbers"),
        (HEAD + AXIS.replace("[4, 8.5, 12]", "4"), "axes[1].values = 4: allowed a list of two or more"),
        (HEAD + AXIS + "step = 2\n", "axes[1]: one of two is needed, allowed values, or from with to and step"),
        (HEAD + AXIS.replace("values = [4, 8.5, 12]", "from = 4\nto = 9\nstep = 2"),
         "axes[1].to = 9: allowed from = 4 and whole steps of 2 above it"),
        (HEAD + AXIS.replace("values = [4, 8.5, 12]", "from = 4\nto = 9\nstep = -1"),
         "axes[1].step = -1: allowed a number above 0"),
        (HEAD + AXIS.replace("values = [4, 8.5, 12]", "from = 0\nto = 50\nstep = 0.01"),
         "axes[1].step = 0.01: allowed at most 200 points"),
        (HEAD + AXIS.replace("values = [4, 8.5, 12]", "from = 0\nto = inf\nstep = 1"),
         "axes[1].to = inf: allowed a number"),
        (HEAD + AXIS + "stop = 3\n", "axes[1].stop = 3: unknown key, allowed step (the nearest)"),
        (HEAD.replace("seed = 7", "sed = 7") + AXIS, "sed = 7: unknown key, allowed seed (the nearest)"),
        (HEAD.replace('base = "mini_hyper_cvd_ino"', "") + AXIS, "my.toml: base: missing"),
        (HEAD.replace("cvd_ino", "cvd_in") + AXIS, 'base = "mini_hyper_cvd_in": unknown strategy'),
        (HEAD + 'reference = "delay_4"\n' + AXIS, "unknown key"),
        (HEAD + "strategy = 3\n" + AXIS, "strategy = 3: allowed a table"),
        (HEAD + AXIS + SERIES.replace('"stop"', '"delay"'), 'series[2].name = "delay": duplicate'),
        (HEAD + AXIS + SERIES.replace('"stop"', '"Stop"'), 'series[2].name = "Stop": allowed a name of a-z'),
        (HEAD + AXIS + SERIES.replace("stop_ino_early", "stop_early"),
         'interval_act = "stop_early": allowed delay_sct'),
        (HEAD + AXIS + '[[series]]\nname = "one"\n', "series"),
        (HEAD + '[[axes]]\nkey = "parameters.transplant_refusal"\nvalues = [0.0, 3.0]\n',
         "axes[1].values = 3.0: allowed 0 to 0.9 (probability)"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line(load, text, said):
    (fault,) = faults_of(load, text)
    assert said in fault


def test_all_faults_at_once(load):
    text = HEAD.replace("36\n", "3\n").replace("patients = 1000", "patients = 0") + AXIS.replace("weeks", "week")
    faults = faults_of(load, text)
    assert len(faults) == 3
    for word in ("horizon_months = 3", "patients = 0", "axes[1].key"):
        assert any(word in fault for fault in faults), word


def test_levels_and_values_do_not_go_together(load):
    faults = faults_of(load, HEAD + AXIS + "levels = []\n")
    for said in ("axes[1].key", "axes[1].values", "axes[1].name: missing", "axes[1].levels = []"):
        assert any(said in fault for fault in faults), said


def test_too_many_points(load):
    axis = '[[axes]]\nkey = "{}"\nfrom = 1\nto = {}\nstep = 1\n'
    text = HEAD + axis.format("transplant.minimum_interval_weeks", 20) + axis.format("transplant.max_age_years", 20)
    assert "axes: 400 points, allowed 2 to 200 points" in faults_of(load, text)[0]


def test_too_much_memory(load):
    axis = '[[axes]]\nkey = "{}"\nvalues = {}\n'
    text = HEAD + axis.format("transplant.minimum_interval_weeks", list(range(20)))
    text += axis.format("transplant.max_age_years", [50, 60, 70])
    (fault,) = faults_of(load, text.replace("horizon_months = 36", "horizon_months = 240"))
    assert "60 points over 240 months take too much memory, allowed points x months of at most 12000" in fault


def test_a_wrong_setting_is_blamed_on_the_command_line(load):
    (fault,) = faults_of(load, HEAD + AXIS, settings=["strategy.transplant.max_age_years=600"])
    assert fault.startswith("--set: strategy.transplant.max_age_years = 600")
    (fault,) = faults_of(load, HEAD + AXIS, settings=["axes.values=3"])
    assert fault.startswith("--set: axes")


def test_shipped_sweeps_load():
    names = [name for name, _ in shipped_sweeps()]
    assert names == [
        "interval_by_act", "interval_by_conditioning", "interval_by_graft_effect", "interval_by_ino_courses",
    ]  # fmt: skip
    for name in names:
        sweep = load_sweep(name)
        assert sweep.scenario.name == name
        assert 36 in sweep.scenario.report_months
        weeks = {arm.strategy.transplant.minimum_interval_weeks for arm in sweep.scenario.arms}
        assert {min(weeks), max(weeks)} == {4.0, 20.0}
    acts = {arm.strategy.transplant.interval_act for arm in load_sweep("interval_by_act").scenario.arms}
    assert len(acts) == 3


# The page about sweeps


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")


def test_the_sweep_in_the_page_loads(load):
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.M | re.S)
    sweep = load(text)
    assert sweep.shape == (2, 8)
    assert sweep.scenario.arms[0].strategy.transplant.donors == ["matched_related", "haploidentical"]


def test_the_page_lists_the_shipped_sweeps_with_their_points():
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+ × \d+) \|", PAGE, flags=re.M))
    sizes = {name: [size for size in load_sweep(name).shape if size > 1] for name, _ in shipped_sweeps()}
    assert rows == {
        name: " × ".join(map(str, sorted(size, reverse=True) if name == "interval_by_act" else size))
        for name, size in sizes.items()
    }


def test_the_page_names_every_key_of_an_axis():
    told = set(re.findall(r"`\[*(?:axes\.)?(\w+)\]*`", PAGE))
    assert set(AXIS_KEYS) | set(OWN_KEYS) <= told
