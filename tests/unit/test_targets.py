"""Every computed row is a target or has its reason; each chain of counts gives back what was printed.

Rank of proof: contract, and arithmetic on the published numbers themselves.
"""

import math

import numpy as np
import pytest

from calibration.catalogue import load_catalogue
from calibration.studies import STUDIES
from calibration.targets import (
    COUNT,
    NONE,
    all_lines,
    arithmetic,
    blocks,
    load_targets,
    measured,
    on_scale,
    outside,
    published,
)

EVERY_STUDY = ("kantarjian-2023", "wudhikarn-2022", "jabbour-2024")
COMPUTED = ("fitted", "predicted", "planned fit", "planned prediction")
TARGETS = load_targets(EVERY_STUDY)
# A10: K086 counts 87 assessed, K088 and K089 together 88.
UNEQUAL_DENOMINATORS = {"K086": 0.01}
LEFT_OUT_ALONE = {"sos", "sct", "genetics", "modified_arm", "wudhikarn", "jabbour"}


def printed_statistics(study):
    """The published values as a simulated study would give them: percentages of whole patients."""
    found = {}
    for key, row in load_catalogue(study).items():
        whole = row.unit == "%" and row.n and not row.quantity.startswith(("OS", "RFS", "EFS"))
        found[key] = 100.0 * round(row.value * row.n / 100.0) / row.n if whole else row.value
    return found


def gives_back_what_was_printed(target):
    share = target.measured(printed_statistics(target.study))
    assert share == pytest.approx(target.count / target.out_of, abs=UNEQUAL_DENOMINATORS.get(target.id, 1e-3))


def unexplained(lines, study):
    """Computed rows of the study that are neither target nor given a reason."""
    told = {one.id for one in lines if one.study == study and (one.kind != NONE or one.note)}
    return {key for key, row in load_catalogue(study).items() if row.role in COMPUTED} - told


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_every_computed_row_is_a_target_or_says_why_not(study):
    assert unexplained(all_lines(), study) == set()
    assert {one.id for one in all_lines() if one.study == study} <= set(load_catalogue(study))


def test_ids_are_unique_and_targets_complete():
    assert len({one.id for one in all_lines()}) == len(all_lines())
    for one in TARGETS:
        assert one.blocks and one.out_of > 0 and one.inflation >= 1.0
        assert (one.rounding > 0) == (one.kind != COUNT)
        assert math.isfinite(one.published)
    assert set(blocks(TARGETS)) >= LEFT_OUT_ALONE


@pytest.mark.parametrize("target", [one for one in TARGETS if one.kind == COUNT], ids=lambda one: one.id)
def test_a_count_follows_from_the_printed_rows(target):
    gives_back_what_was_printed(target)


def test_landmarks_and_p_values_are_no_targets():
    fitted = {one.id for one in TARGETS}
    never = {f"K{number}" for number in (*range(144, 151), 154, 155, 156, 110, 113, 117, 120, 124, 127, 169)}
    assert not fitted & never
    assert not any(one.row.unit.startswith("P") for one in TARGETS if one.row.unit != "patients")


def test_exact_sums_are_not_fitted_twice():
    fitted = {one.id for one in TARGETS}
    for total, parts in (
        ("K157", ("K167", "K168")),
        ("K191", ("K194", "K195")),
        ("K136", ("K142", "K143")),
        ("K085", ("K088", "K089")),
        ("K104", ("K108", "K109")),
    ):
        assert total not in fitted and fitted >= set(parts)


def test_scales_have_inverses_and_rounding_is_an_interval():
    for one in TARGETS:
        scaled = one.on_scale(one.published)
        back = one.natural(scaled)
        if 0.0 < one.published < 1.0 or one.kind != COUNT:
            assert back == pytest.approx(one.published, rel=1e-9)
        if one.kind != COUNT:
            low, high = one.printed_as(one.published)
            assert low < scaled < high


def test_a_share_outside_zero_and_one_is_put_on_the_edge_and_nobody_is_nan():
    k081 = next(one for one in TARGETS if one.id == "K081")
    statistics = dict.fromkeys(load_catalogue(k081.study), 0.0) | {"K081": 100.0, "K082": 90.0, "K093": 0.0}
    assert k081.measured(statistics) == 1.0
    k177 = next(one for one in TARGETS if one.id == "K177")
    assert math.isnan(k177.measured({"K176": 0.0, "K177": 0.0}))


def test_vectors_are_in_the_order_of_the_file():
    targets = load_targets(STUDIES)
    data = published(targets)
    values = measured(targets, {key: value for study in STUDIES for key, value in printed_statistics(study).items()})
    assert np.allclose(values, data, atol=0.011)
    assert on_scale(targets, data).shape == data.shape
    assert outside(targets, "sos").sum() == sum("sos" not in one.blocks for one in targets)


def test_arithmetic_takes_numbers_and_ids_only():
    assert arithmetic("(A + 2 * B) / 4 - 1", {"A": 2.0, "B": 3.0}) == 1.0
    assert math.isnan(arithmetic("A / B", {"A": 1.0, "B": 0.0}))
    for text in ("__import__('os')", "A ** B", "A if B else A", "'x' + A"):
        with pytest.raises(ValueError, match="allowed"):
            arithmetic(text, {"A": 1.0, "B": 1.0})
