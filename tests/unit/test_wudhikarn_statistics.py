"""Wudhikarn 2022: eight lives whose every statistic is known by pencil and paper.

Rank of proof: theory. Wrong definitions are shown to the same numbers in tests/sabotage/test_cohorts_sabotage.py.
"""

import numpy as np
import pytest

from calibration import wudhikarn_2022 as study
from calibration.catalogue import load_catalogue
from calibration.followed import followed
from calibration.summaries import grouped_median
from simulator.patient import Cause, new_patients

NAN = np.nan


def eight():
    """Day 1 is the first blinatumomab; the fifth has SOS before SCT, the eighth is seen for a fortnight of InO."""
    p = new_patients(8)
    p.id = np.arange(8)
    p.antibody_day = 0.0
    p.entered_in_remission = [0, 0, 0, 1, 1, 0, 0, 0]
    p.antibody_remission_day = [28, NAN, 28, 0, 0, NAN, 56, NAN]
    p.antibody_mrd_negative = [1, 0, 0, 1, 0, 0, 1, 0]
    p.antibody_failure_day = [100, 28, 400, 300, 60, 60, 200, 28]
    p.antibody_courses = [2, 1, 2, 5, 2, 1, 3, 1]
    p.protocol_day = [130, 42, 420, 320, 80, 74, 230, 42]
    p.interim_therapy = [1, 0, 0, 1, 0, 0, 0, 0]
    p.cd19_lost = [0, 1, 0, 0, 0, 0, 0, 0]
    p.cd19_now_percent = [99, 10, 99, 99, 99, 30, 99, 99]
    p.cd22_lost = [0, 0, 0, 1, 0, 0, 0, 0]
    p.cd22_now_percent = [95, 95, 95, 10, 95, 95, 95, 20]
    p.inotuzumab_mg_per_m2 = [1.8, 1.8, 3.3, 1.8, 2.3, 1.8, 3.3, 0.8]
    p.last_inotuzumab_day = [160, 84, 430, 334, 108, 88, 290, 42]
    p.remission_day = [151, 63, 441, NAN, 101, NAN, 251, 63]
    p.mrd_negative_day = [151, 91, NAN, NAN, 160, NAN, 251, 63]
    p.mrd_relapse_found_day = [NAN, NAN, NAN, NAN, NAN, NAN, 300, NAN]
    p.relapse_day = [NAN, 300, 600, NAN, NAN, NAN, NAN, NAN]
    p.refractory_day = [NAN, NAN, NAN, 376, NAN, 140, NAN, NAN]
    p.salvage_attempts = [0, 1, 2, 1, 0, 1, 0, 0]
    p.transplant_day = [200, 120, 90, NAN, 150, NAN, 320, NAN]
    p.latest_transplant_day = p.transplant_day
    p.transplants = [1, 1, 1, 0, 1, 0, 1, 0]
    p.prior_transplant = [0, 1, 0, 0, 0, 0, 0, 0]
    p.acute_gvhd_grade = [3, 2, 0, 0, 0, 0, 0, 0]
    p.sos_day = [215, NAN, NAN, NAN, 100, NAN, NAN, NAN]
    p.death_day = [230, 500, 700, 675, NAN, NAN, 380, NAN]
    p.death_cause = [Cause.SOS, Cause.LEUKAEMIA, Cause.LEUKAEMIA, Cause.LEUKAEMIA, 0, 0, Cause.TRANSPLANT, 0]
    return followed(p, np.array([2000.0, 2000, 2000, 2000, 1000, 200, 2000, 55]))


BY_PENCIL = {
    # response to blinatumomab: first, third, fourth (MRD gone), seventh; all but the third MRD-negative
    "W042": 25 * 4 / 8, "W043": 25 * 3 / 8,
    "W046": 25 * 2 / 8, "W051": 25 / 8,
    # remission with inotuzumab: 1, 2, 3, 5, 7; the eighth's came after the end of follow-up
    "W052": 25 * 5 / 8, "W053": 100 * 3 / 8, "W054": 11 / 2, "W056": 50.0, "W067": 17 * 4 / 5,
    "W071": 25 * 5 / 8, "W073": 25 * 2 / 8, "W074": 11 / 2,
    # failures of inotuzumab seen: 2, 3, 4, 6
    "W077": 15 / 4,
    # SCT after it: 1, 2, 5, 7
    "W082": 12 / 4, "W088": 12 / 4, "W095": 12 * 2 / 4, "W115": 12 / 4, "W116": 12 / 4, "W124": 50.0,
    "W128": 17 * 3 / 4,
    "W029": 105.0, "W031": 2.0, "W033": 1.8, "W050": 80.0, "W094": 38.0, "W135": 66.0,
    # from SCT: deaths at 30, 60 and 380 days, a relapse at 180
    "W125": 25.0, "W126": 50.0,
    # from inotuzumab: censored at 13 and 126 days, deaths at 100, 150, 280, 355 and 458
    "W145": 100 * 6 / 7 * 4 / 5 * 3 / 4 * 2 / 3, "W139": 0.0, "W138": 280.0,
    "W146": 12.5, "W147": 0.0,
    # from failure: of the dim one dies at 472 days; of the others at 130, 180, 300 and 375, one censored at 27
    "W149": 100.0, "W150": 100 * 4 / 5 * 3 / 4 * 2 / 3,
}  # fmt: skip


def by_pencil(found):
    """Judge: every statistic is what pencil and paper give, and no other is there."""
    assert found.keys() == BY_PENCIL.keys(), found.keys() ^ BY_PENCIL.keys()
    for key, value in BY_PENCIL.items():
        assert found[key] == pytest.approx(value, rel=1e-12, abs=1e-12), key


def test_pencil_and_paper():
    by_pencil(study.statistics(eight()))


def test_every_compared_row_has_a_statistic_and_no_statistic_is_of_another_row():
    rows = load_catalogue(study.STUDY)
    assert {key for key, row in rows.items() if row.role in ("fitted", "predicted")} == BY_PENCIL.keys()


def test_order_of_patients_does_not_matter():
    by_pencil(study.statistics(eight().part(np.array([3, 1, 4, 7, 0, 6, 2, 5]))))


def test_a_second_transplant_is_the_one_after_inotuzumab():
    """SCT in the remission of blinatumomab and again in that of inotuzumab: counted before, after, and as a second."""
    o = eight()
    o.lives.transplant_day[0], o.lives.transplants[0] = 60.0, 2
    found = study.statistics(o)
    expected = BY_PENCIL | {"W051": 25 * 2 / 8, "W082": 12 * 2 / 4}
    assert found == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(np.isnan(study.transplant_days(o)), [0, 0, 1, 1, 0, 1, 0, 1])


def test_dim_by_its_edges():
    o = eight()
    o.lives.cd19_now_percent[:2] = [100 / 3, np.nextafter(100 / 3, 0.0)]
    o.lives.cd19_lost = 0
    np.testing.assert_array_equal(study.cd19_dim(o), [0, 1, 0, 0, 0, 1, 0, 0])


def test_a_group_without_patients_is_undefined():
    found = study.statistics(eight().part(np.array([2, 3])))
    assert all(np.isnan(found[key]) for key in ("W054", "W074", "W082", "W094", "W125", "W126", "W147", "W149"))
    assert found["W052"] == 12.5


def test_median_of_integers_is_exchangeable():
    o = eight()
    plain, smooth = study.statistics(o), study.statistics(o, grouped_median)
    assert smooth["W031"] == grouped_median(o.lives.antibody_courses.astype(float)) != plain["W031"]
    assert {key for key in plain if plain[key] != smooth[key]} == {"W031"}
