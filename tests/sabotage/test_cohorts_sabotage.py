"""Wrong definitions of Wudhikarn 2022 and Jabbour 2024: pencil and paper must notice each."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))

import test_jabbour_statistics as jabbour
import test_wudhikarn_statistics as wudhikarn

from calibration import jabbour_2024, wudhikarn_2022
from calibration.followed import Followed, followed


def differs(found, expected, keys):
    """Each of `keys` is another number than by pencil and paper."""
    for key in keys:
        same = found[key] == pytest.approx(expected[key], rel=1e-9, abs=1e-9)
        assert not same, f"{key} stayed green"


def everyone(o):
    return np.ones(len(o.lives), bool)


WRONG = {
    "remission on entry counted as response": (
        "remission_with_blinatumomab", lambda o: ~np.isnan(o.lives.antibody_remission_day), ("W042",),
    ),
    "only MRD-negative remissions": (
        "remission_with_blinatumomab", lambda o: o.lives.antibody_mrd_negative == 1, ("W042",),
    ),
    "dim called positive": ("cd19_dim", lambda o: o.lives.cd19_lost == 1, ("W046", "W054", "W074", "W150")),
    "CD19 of day 1": ("cd19_dim", lambda o: o.lives.cd19_percent < 0.0, ("W046", "W150")),
    "remissions after the end of follow-up": (
        "remission_with_inotuzumab", lambda o: ~np.isnan(o.lives.remission_day), ("W052", "W067", "W128"),
    ),
    "MRD-negative by SCT": (
        "negative_before_transplant", lambda o: o.seen(o.lives.mrd_negative_day), ("W053",),
    ),
    "any SCT": (
        "transplant_days", lambda o: o.lives.transplant_day, ("W067", "W082", "W116", "W124", "W125", "W128"),
    ),
    "no SCT": ("transplant_days", lambda o: np.full(len(o.lives), np.nan), ("W067", "W128", "W139", "W138")),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_definition(name, monkeypatch):
    function, definition, keys = WRONG[name]
    wudhikarn.by_pencil(wudhikarn_2022.statistics(wudhikarn.eight()))
    monkeypatch.setattr(wudhikarn_2022, function, definition)
    found = wudhikarn_2022.statistics(wudhikarn.eight())
    differs(found, wudhikarn.BY_PENCIL, keys)
    with pytest.raises(AssertionError):
        wudhikarn.by_pencil(found)


def spoilt(**fields):
    """The eight with some of the record changed."""
    o = wudhikarn.eight()
    for field, value in fields.items():
        o.lives[field] = value
    return o


LIVES = wudhikarn.eight().lives
SPOILT = {
    "time to inotuzumab from failure": ({"antibody_day": LIVES.antibody_failure_day}, ("W029", "W050")),
    "survival after failure from inotuzumab": ({"antibody_failure_day": LIVES.protocol_day}, ("W150", "W050")),
    "survival from blinatumomab": ({"protocol_day": 0.0}, ("W029", "W138", "W145")),
    "courses of inotuzumab for courses of blinatumomab": ({"antibody_courses": LIVES.courses}, ("W031",)),
    "dose of one course of all": ({"inotuzumab_mg_per_m2": 0.9}, ("W033",)),
    "from the first dose to SCT": ({"last_inotuzumab_day": LIVES.protocol_day}, ("W094",)),
    "SOS before SCT": ({"sos_day": np.where(LIVES.sos_day == 100, 170, LIVES.sos_day)}, ("W115",)),
    "relapse forgotten": ({"relapse_day": np.nan}, ("W077", "W116", "W124", "W125", "W135")),
    "MRD found again forgotten": ({"mrd_relapse_found_day": np.nan}, ("W095",)),
    "CD22 of those who did not fail": ({"refractory_day": np.where(np.arange(8) == 7, 50, np.nan)}, ("W077",)),
    "every death from leukaemia": ({"death_cause": 6}, ("W073",)),
    "earlier SCT forgotten": ({"prior_transplant": 0}, ("W082",)),
    "grade II is grade III": ({"acute_gvhd_grade": np.maximum(LIVES.acute_gvhd_grade, 3)}, ("W088",)),
    "treatment between forgotten": ({"interim_therapy": np.array([1, 1, 1, 1, 0, 0, 0, 0])}, ("W056",)),
    "no further line": ({"salvage_attempts": np.array([0, 1, 2, 0, 0, 0, 0, 0])}, ("W135",)),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_wrong_reading_of_the_record(name):
    fields, keys = SPOILT[name]
    differs(wudhikarn_2022.statistics(spoilt(**fields)), wudhikarn.BY_PENCIL, keys)


def test_a_wrong_end_of_follow_up():
    right = wudhikarn.eight()
    for wrong, keys in (
        (Followed(right.lives, right.follow_up_days, np.ones(8, bool)), ("W071", "W145", "W150")),
        (followed(right.lives, np.full(8, 2000.0)), ("W052", "W139")),
        (followed(right.lives, np.full(8, 440.0)), ("W071",)),
    ):
        differs(wudhikarn_2022.statistics(wrong), wudhikarn.BY_PENCIL, keys)


@pytest.mark.parametrize(
    ("function", "definition", "keys"),
    [
        ("converted", lambda o: o.seen(o.lives.mrd_negative_day), ("J012",)),
        ("converted", everyone, ("J012",)),
        ("RATES_DAYS", 12 * 30.4375, ("J014",)),
        ("RATES_DAYS", 36 * 30.4375, ("J014", "J015")),
        ("survival_times", lambda o: dict.fromkeys(("J014", "J015"), (o.follow_up_days, o.dead, everyone(o))),
         ("J014",)),
    ],
)  # fmt: skip
def test_a_wrong_definition_of_jabbour(function, definition, keys, monkeypatch):
    jabbour.by_pencil(jabbour_2024.statistics(jabbour.six()))
    monkeypatch.setattr(jabbour_2024, function, definition)
    differs(jabbour_2024.statistics(jabbour.six()), jabbour.BY_PENCIL, keys)


@pytest.mark.parametrize(
    ("field", "value", "keys"),
    [
        ("courses", 6, ("J011",)),
        ("transplant_day", np.nan, ("J012",)),
        ("sos_day", 40.0, ("J016",)),
        ("relapse_day", np.nan, ("J012", "J014")),
        ("death_day", np.nan, ("J014", "J015")),
    ],
)
def test_a_wrong_reading_of_the_record_of_jabbour(field, value, keys):
    lives = jabbour.six().lives
    lives[field] = value
    wrong = followed(lives, np.array([1200.0, 1200, 1200, 1200, 1200, 630]))
    differs(jabbour_2024.statistics(wrong), jabbour.BY_PENCIL, keys)
