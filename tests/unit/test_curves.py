"""Digitised curves: what is read, what is refused with the row named, and pseudo-patients from them.

Rank of proof: contract for the words; simulated patients with known follow-up for the reconstruction.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.curves import FEWEST_POINTS, DigitisedCurve, read_curve
from calibration.guyot import reconstruct
from simulator.estimators import kaplan_meier, numbers_at_risk
from simulator.scenario.faults import ScenarioError

GOOD = "time,survival\n0,1\n6,0.8\n12,0.6\n18,0.5\n24,0.4\n30,0.4\n"
RISK = "time,at_risk\n0,100\n12,55\n24,20\n"


def files(tmp_path, curve=GOOD, risk=RISK):
    one, two = tmp_path / "curve.csv", tmp_path / "risk.csv"
    one.write_text(curve, encoding="utf-8")
    two.write_text(risk, encoding="utf-8")
    return one, two


def faults(tmp_path, curve=GOOD, risk=RISK, patients=100, events=None, unit="months"):
    one, two = files(tmp_path, curve, risk)
    with pytest.raises(ScenarioError) as error:
        read_curve(one, patients, unit, two, events)
    return [str(fault) for fault in error.value.faults]


def test_a_good_curve(tmp_path):
    one, two = files(tmp_path)
    curve = read_curve(one, 100, "months", two, 45)
    assert curve.at(np.array([0.0, 5.9, 6.0, 13.0, 99.0])).tolist() == [1.0, 1.0, 0.8, 0.6, 0.4]
    months, share = curve.observed_share()
    assert months.tolist() == [0.0, 12.0, 24.0]
    assert share == pytest.approx([1.0, 0.55 / 0.8, 0.2 / 0.5])
    assert curve.points(8).tolist() == [6.0, 12.0, 18.0, 24.0]  # beyond the last 5 at risk nothing is scored
    assert curve.points(3).tolist() == [6.0, 12.0, 24.0]


def test_other_units(tmp_path):
    one, _ = files(tmp_path, "time,survival\n0,1\n1,0.8\n2,0.6\n3,0.5\n4,0.4\n")
    assert read_curve(one, 100, "years").months[1] == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (GOOD.replace("12,0.6", "12,0.85"), "curve.csv: line 4: survival = 0.85: increasing, allowed at most 0.8"),
        (GOOD.replace("24,0.4\n", "24,-0.1\n").replace("30,0.4\n", "30,-0.1\n"),
         "curve.csv: line 6: survival = -0.1: allowed 0 to 1"),
        (GOOD.replace("0,1\n", "0,1.2\n", 1), "curve.csv: line 2: survival = 1.2: allowed 0 to 1"),
        (GOOD.replace("0.", "").replace(",1\n", ",10\n"),
         "curve.csv: survival up to 10 reads like per cent, allowed 0 to 1"),
        ("time,survival\n0,1\n6,0.8\n12,0.6\n18,0.5\n", "curve.csv: 4 points, allowed 5 or more"),
        (GOOD.replace("18,", "12,"), "curve.csv: line 5: time = 12: not increasing, allowed later than 12 months"),
        (GOOD.replace("12,0.6", "12,often"), 'curve.csv: line 4: survival = often: allowed a number'),
        (GOOD.replace("30,", "900,"), "curve.csv: line 7: time = 900: allowed 0 to 360 months"),
        (GOOD.replace("time", "month"), "curve.csv: no column time, allowed time,survival"),
        ("", "curve.csv: no column time and survival, allowed time,survival"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(tmp_path, curve, expected):
    found = faults(tmp_path, curve)
    assert found[0] == expected, found


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        (RISK.replace("24,20", "24,60"), "risk.csv: line 4: at_risk = 60: increasing, allowed at most 55 patients"),
        (RISK.replace("12,55", "12,95"),
         "risk.csv: line 3: at_risk = 95: contradicts curve.csv, which leaves 0.8 alive, allowed at most 82 patients"),
        (RISK.replace("0,100", "0,90"),
         "risk.csv: line 2: time, at_risk = 0, 90: allowed time 0 with all 100 patients"),
        (RISK.replace("24,20", "24,20.5"),
         "risk.csv: line 4: at_risk = 20.5: allowed a whole number of 0 or more (patients)"),
        (RISK.replace("24,20", "24,54"),
         "risk.csv: line 4: at_risk = 54: contradicts curve.csv, which leaves 0.5 alive, allowed at most 52 patients"),
    ],
)  # fmt: skip
def test_numbers_at_risk_that_cannot_be(tmp_path, risk, expected):
    assert expected in faults(tmp_path, GOOD, risk)


def test_no_room_for_the_deaths(tmp_path):
    """From 0.8 to 0.4 without anybody leaving: nobody can have died."""
    curve = "time,survival\n0,1\n6,0.8\n12,0.8\n18,0.4\n23,0.4\n"
    found = faults(tmp_path, curve, "time,at_risk\n0,100\n12,35\n24,34\n")
    assert found == [
        "risk.csv: line 4: at_risk = 34: contradicts curve.csv, which falls from 0.8 to 0.4 since the line before, "
        "allowed at most 19 patients"
    ]


def test_more_events_than_the_curve_can_hold(tmp_path):
    found = faults(tmp_path, events=75)
    assert found == [
        "curve.csv: total_events = 75: contradicts the curve, which ends at 0.4, allowed at most 63 events"
    ]
    assert "total_events = 500: allowed 0 to 100 events" in faults(tmp_path, events=500)[0]


def test_all_faults_at_once(tmp_path):
    curve = GOOD.replace("12,0.6", "12,0.9").replace("18,0.5", "18,1.1")
    assert len(faults(tmp_path, curve, RISK.replace("24,20", "24,60"))) == 3


cells = st.one_of(st.floats(-1, 2), st.integers(-3, 100), st.sampled_from(["", "x", "nan", "inf", "1e400", "0.5"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=12), st.lists(st.tuples(cells, cells), max_size=5))
def test_no_table_gets_through_unless_it_is_a_curve(tmp_path_factory, rows, risks):
    folder = tmp_path_factory.mktemp("curves")
    text = ["\n".join([head, *(f"{a},{b}" for a, b in each)]) for head, each in
            (("time,survival", rows), ("time,at_risk", risks))]  # fmt: skip
    one, two = files(folder, *text)
    try:
        curve = read_curve(one, 50, "months", two if risks else None)
    except ScenarioError as error:
        assert all(str(fault).startswith(("curve.csv: ", "risk.csv: ")) for fault in error.faults)
    else:
        assert len(curve.months) >= FEWEST_POINTS and np.all(np.diff(curve.survival) <= 0)
        assert np.all(np.diff(curve.months) > 0) and np.all((curve.survival >= 0) & (curve.survival <= 1))


# Reconstruction


def simulated(n, seed):
    """Weibull deaths with a cured third, even censoring between 12 and 48 months."""
    rng = np.random.default_rng(seed)
    death = np.where(rng.random(n) < 0.35, np.inf, 14.0 * rng.weibull(0.9, n))
    censored = rng.uniform(12.0, 48.0, n)
    return np.minimum(death, censored), death <= censored


def picture(months, dead, every=1.0, at_risk_every=6.0):
    """What can be read off a printed curve of these patients, survival to the third decimal."""
    grid, risk = np.arange(0.0, 48.1, every), np.arange(0.0, 48.1, at_risk_every)
    survival = np.minimum.accumulate(np.round(kaplan_meier(months, dead, grid).survival, 3))
    return DigitisedCurve("x", grid, survival, risk, numbers_at_risk(months, risk).astype(float), int(dead.sum()))


@pytest.mark.parametrize("seed", range(5))
def test_pseudo_patients_have_the_curve_and_the_numbers_at_risk(seed):
    """n = 120, read every month: curve within 2.5 points while 10 are at risk, numbers at risk within 2, deaths within
    6."""
    months, dead = simulated(120, seed)
    curve = picture(months, dead)
    found = reconstruct(curve, 120)
    assert len(found.months) == 120
    again = kaplan_meier(found.months, found.dead, curve.months).survival
    many = numbers_at_risk(months, curve.months) >= 10
    assert np.max(np.abs(again - curve.survival)[many]) < 0.025
    assert np.max(np.abs(numbers_at_risk(found.months, curve.at_risk_months) - curve.at_risk)) <= 2
    assert abs(int(found.dead.sum()) - int(dead.sum())) <= 6


def test_a_curve_as_papers_print_it():
    """The example of the tutorial, every two months with numbers at risk once a year: within 3 points while 15 are at
    risk, and the numbers at risk within 2."""
    folder = Path(__file__).resolve().parents[2] / "examples"
    curve = read_curve(folder / "my_curve.csv", 80, at_risk=folder / "my_at_risk.csv")
    found = reconstruct(curve, 80)
    again = kaplan_meier(found.months, found.dead, curve.months).survival
    many = curve.months <= curve.at_risk_months[curve.at_risk >= 15][-1]
    assert np.max(np.abs(again - curve.survival)[many]) < 0.03
    assert np.max(np.abs(numbers_at_risk(found.months, curve.at_risk_months) - curve.at_risk)) <= 2


def test_a_flat_tail_is_told_and_its_deaths_are_not_believed():
    """A plateau from month 20 with numbers at risk up to month 24 only: the limits say so."""
    grid = np.arange(0.0, 61.0, 2.0)
    survival = np.maximum(1.0 - 0.025 * grid, 0.5)
    curve = DigitisedCurve("x", grid, survival, np.array([0.0, 12.0, 24.0]), np.array([80.0, 55.0, 36.0]), 60)
    limits = reconstruct(curve, 80).limits
    assert any("flat tail" in one for one in limits)
    assert any("36 months, beyond the numbers at risk" in one for one in limits)
    assert any("60 printed" in one for one in limits)


def test_without_numbers_at_risk_there_are_no_pseudo_patients():
    grid = np.arange(6.0)
    with pytest.raises(ValueError, match="numbers at risk"):
        reconstruct(DigitisedCurve("x", grid, 1.0 - 0.1 * grid, np.empty(0), np.empty(0), None), 50)
