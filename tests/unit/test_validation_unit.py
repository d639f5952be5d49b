"""The pieces of the validation: which rows count, positions, scales, what is printed, the forms.

Rank of proof: contract and closed forms.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from calibration.catalogue import load_catalogue, load_sources
from calibration.published_size import OUT_OF, own_denominators
from calibration.studies import STUDIES
from calibration.targets import NONE, all_lines, load_targets
from calibration.validation.cross import LeftOut
from calibration.validation.figures import draw
from calibration.validation.joint import FEWEST_TARGETS, JointFit
from calibration.validation.judged import BLOCKS, blocks_of, left_out_rows, predicted, why_counted
from calibration.validation.page import validation_page
from calibration.validation.predictive import as_printed, joint_p, near_normal, ordered, position_in, two_sided
from calibration.validation.report import Block, Validation, internal
from calibration.validation.rows import all_rows, outcome, p_values, sources
from calibration.validation.text import described, p_text, verdicts
from simulator.report.html import written

TARGETS = load_targets(STUDIES)
K = load_catalogue("kantarjian-2023")
STUDIES_DRAWN = 40


def catalogue_rows():
    return [row for name in STUDIES for row in load_catalogue(name).values()]


def every_simulated_row_has_its_place(rows):
    """A fitted or predicted row is a target, a P-value, redundant with a note, or in predicted.csv."""
    noted = {one.id: one for one in all_lines()}
    restated = {key for key, one in noted.items() if one.kind == NONE and one.note.startswith("restates")}
    for row in rows:
        if row.role == "fitted":
            assert row.id in noted, row.id
        if row.role == "predicted" and not row.unit.startswith("P"):
            assert row.id in restated or row.id in predicted(), row.id


def test_every_simulated_row_has_its_place():
    every_simulated_row_has_its_place(catalogue_rows())


def test_predicted_rows_are_no_targets_and_exist():
    fitted = {one.id for one in all_lines() if one.kind != NONE}
    for one in predicted().values():
        assert one.id not in fitted
        assert load_catalogue(one.study)[one.id].role in ("fitted", "predicted")
        assert one.block in BLOCKS and one.why


def test_blocks_are_those_of_the_targets_and_rows_count_once():
    for block in BLOCKS:
        ids = left_out_rows(block, TARGETS)
        assert len(ids) == len(set(ids)) >= 5, block
        assert not any(K[key].unit.startswith("P") for key in ids if key in K)


@pytest.mark.parametrize(
    "key, counted, words",
    [
        ("K110", False, "P-value"),
        ("K150", False, "K147 and K148"),
        ("K147", True, "landmark"),
        ("K104", False, "restates"),
        ("K074", True, "fitted"),
        ("K210", False, "quoted"),
        ("K048", False, "input"),
    ],
)
def test_why_a_row_counts(key, counted, words):
    target = next((one for one in TARGETS if one.id == key), None)
    found = why_counted(K[key], target, blocks_of(K[key], TARGETS), saturated=False)
    assert found[0] is counted and words in found[1]


def test_news_summaries_and_outside_rows_never_count():
    for name in load_sources():
        if name not in STUDIES:
            for row in load_catalogue(name).values():
                assert not why_counted(row, None, blocks_of(row, TARGETS), saturated=False)[0], row.id


def test_saturated_rows_count_only_where_they_are_left_out():
    alone = next(one for one in TARGETS if not set(one.blocks) & set(BLOCKS))
    row = load_catalogue(alone.study)[alone.id]
    assert why_counted(row, alone, (), saturated=True) == (
        False,
        "fitted, saturated: a parameter of its own can meet it",
    )
    assert why_counted(row, alone, ("sos",), saturated=True)[0]


def test_positions_and_p():
    drawn = np.arange(1.0, 100.0)  # 99 values
    assert position_in(drawn, 50.0) == 0.5
    assert position_in(drawn, 0.0) == pytest.approx(0.005)
    assert position_in(drawn, 1000.0) == pytest.approx(0.995)
    assert position_in(np.full(9, 3.0), 3.0) == 0.5
    assert two_sided(0.01) == pytest.approx(0.02) == pytest.approx(two_sided(0.99))


def test_values_are_rounded_as_printed():
    drawn = [{"K074": 90.6, "K104": 40.49, "K110": 0.1234}]
    assert as_printed("kantarjian-2023", K["K074"], drawn).tolist() == [91.0]
    assert as_printed("kantarjian-2023", K["K104"], drawn).tolist() == [40.0]
    assert as_printed("kantarjian-2023", K["K110"], drawn).tolist() == [0.1234]


def test_a_median_that_is_not_reached_is_long_and_nobody_is_left_out():
    assert ordered(K["K106"], np.array([12.0, np.nan])).tolist() == [12.0, np.inf]
    assert ordered(K["K104"], np.array([12.0, np.nan])).tolist() == [12.0]


def test_scales():
    assert near_normal(K["K104"], np.array([0.0, 50.0, 100.0])) == pytest.approx([0.0, np.pi / 4, np.pi / 2])
    assert near_normal(K["K167"], np.array([67.0]))[0] == pytest.approx(np.pi / 2)
    assert near_normal(K["K106"], np.array([np.e]))[0] == pytest.approx(1.0)
    assert near_normal(K["K056"], np.array([2.0]))[0] == 2.0


def test_joint_p_takes_gaps_and_constants():
    drawn = np.random.default_rng(5).standard_normal((200, 3))
    drawn[:, 2] = 1.0
    drawn[0, 0], drawn[1, 1] = np.nan, np.inf
    assert 0.0 < joint_p(drawn, np.array([0.0, np.inf, 1.0])) <= 1.0
    assert joint_p(drawn, np.array([9.0, 0.0, 1.0])) == pytest.approx(1 / 201)


def studies(shift=0.0):
    """Printed values with a tenth of their size as noise, of every simulated row."""
    rng = np.random.default_rng(9)
    rows = [row for row in catalogue_rows() if row.role in ("fitted", "predicted") and np.isfinite(row.value)]
    return [
        {row.id: row.value * (1.0 + shift + 0.1 * rng.standard_normal()) for row in rows} for _ in range(STUDIES_DRAWN)
    ]


@pytest.fixture(scope="module")
def result():
    drawn, source_of = studies(), sources()
    leverages = {one.id: 0.3 for one in TARGETS} | {"K074": 0.95}
    blocks = []
    for block in BLOCKS:
        ids = left_out_rows(block, TARGETS)
        outcomes = {key: outcome(source_of[key], load_catalogue(source_of[key])[key], drawn) for key in ids}
        fit = LeftOut(np.zeros((1, 1)), 0.8, 0.4, 0.4, 0, 1.0)
        blocks.append(Block(block, outcomes, len(ids), len(ids), 0.5, fit))
    rows = all_rows(drawn, TARGETS, leverages, 0.8, {one.block: one.outcomes for one in blocks})
    joint = [JointFit("kantarjian-2023", 56, 40.0, 45.0, 0.4, 40), JointFit("wudhikarn-2022", 17, 2.0, 15.0, 0.995, 40)]
    return Validation("toy", 40, 1, 0.8, 20.0, internal(rows), joint, blocks, rows, p_values(rows, drawn), [])


def test_every_row_of_the_catalogue_is_there_once(result):
    ids = [row["id"] for row in result.rows]
    assert sorted(ids) == sorted(row for name in load_sources() for row in load_catalogue(name))
    assert all(isinstance(row["counted"], bool) and row["why"] for row in result.rows)


def test_json_has_the_keys_of_the_contract(result):
    data = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert {"n", "inside"} <= set(data["fitted"])
    assert set(data["left_out"]) == set(BLOCKS)
    assert all({"n", "inside", "joint_p"} <= set(one) for one in data["left_out"].values())
    assert all("joint_p" in one for one in data["studies"].values())
    keys = {"id", "quantity", "unit", "role", "reported", "simulated", "predictive_low", "predictive_high", "z", "p"}
    assert all(keys | {"counted", "why"} <= set(row) for row in data["rows"])


def test_fitted_counts_targets_that_are_not_saturated(result):
    assert result.fitted["n"] == len(TARGETS) - 1
    assert result.fitted["saturated"] == ["K074"]


def test_a_row_in_two_blocks_counts_once(result):
    assert result.held_out["n"] == len({key for block in BLOCKS for key in left_out_rows(block, TARGETS)})
    assert result.held_out["n"] < sum(one.n for one in result.blocks)


def test_verdicts_say_what_is_not_met(result):
    assert verdicts(result)[0].startswith("Met")
    assert any("Closer than chance: wudhikarn-2022" in line for line in verdicts(result))
    bad = replace(result, blocks=[replace(result.blocks[0], joint_p=0.004), *result.blocks[1:]])
    assert any(line.startswith("NOT met") and "SOS" in line for line in verdicts(bad))
    beyond = replace(result.blocks[0], fit=replace(result.blocks[0].fit, error=0.8))
    assert any("Beyond the emulator: SOS" in line for line in verdicts(replace(result, blocks=[beyond])))


def test_text_and_page_hold_every_block_and_row(result, tmp_path):
    text = described(result, width=120)
    page = written(validation_page(result, draw(result, tmp_path)))
    for block in result.blocks:
        assert block.title in text and block.title in page
    assert all(f">{row['id']}<" in page for row in result.rows)
    assert "http" not in page.split("</style>")[1].split("doi")[0]


def test_p_values_are_shown_and_not_scored(result):
    assert {one["id"] for one in result.p_values} >= {"K110", "K117", "K149", "K169"}
    assert all(row["p"] is None and not row["counted"] for row in result.rows if row["unit"].startswith("P"))


def test_p_text():
    assert [p_text(p) for p in (0.5, 0.0312, 0.0002, None)] == ["0.50", "0.031", "<0.001", "–"]


def test_denominators_of_simulated_studies_are_those_of_the_published_one():
    """Each expression, put to the published values, gives the published denominator."""
    printed = {row.id: row.value for row in catalogue_rows()}
    sized = {one.id: one.out_of for one in own_denominators(TARGETS, printed)}
    assert set(OUT_OF) <= set(sized)
    assert {one.id: one.out_of for one in TARGETS} == sized


def test_studies_that_are_judged_as_a_whole():
    sizes = {name: sum(one.study == name for one in TARGETS) for name in STUDIES}
    assert [name for name, n in sizes.items() if n >= FEWEST_TARGETS] == ["kantarjian-2023", "wudhikarn-2022"]
