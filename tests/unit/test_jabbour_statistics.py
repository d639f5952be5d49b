"""Jabbour 2024: six lives whose every statistic is known by pencil and paper; follow-up as printed.

Rank of proof: theory, and statistics with a stated false-alarm rate for the law of follow-up.
"""

import numpy as np
import pytest
from scipy.stats import kstest

from calibration import jabbour_2024 as study
from calibration.catalogue import load_catalogue
from calibration.followed import followed
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.scenario.model import DEFAULT_PARAMETERS

NAN = np.nan
MONTH = 30.4375


def six():
    """MRD-negative by inotuzumab: the first, second and sixth; by SCT the third; after relapse the fourth."""
    p = new_patients(6)
    p.courses = [1, 2, 3, 4, 6, 6]
    p.mrd_negative_day = [28, 56, 120, 300, NAN, 200]
    p.transplant_day = [NAN, 90, 100, NAN, NAN, 600]
    p.relapse_day = [NAN, NAN, 400, 250, 1000, NAN]
    p.sos_day = [40, NAN, NAN, NAN, NAN, 650]
    p.sos_after_transplant = [0, 0, 0, 0, 0, 1]
    p.death_day = [NAN, 160, 500, 900, NAN, NAN]
    return followed(p, np.array([1200.0, 1200, 1200, 1200, 1200, 630]))


BY_PENCIL = {
    "J011": 3.5,
    "J012": 26 * 3 / 6,
    # the second onset of SOS comes after the end of follow-up
    "J016": 26 / 6,
    # at 730.5 days: events at 160, 250 and 400, one censored at 630
    "J014": 100 * 5 / 6 * 4 / 5 * 3 / 4,
    "J015": 100 * 5 / 6 * 4 / 5,
}


def by_pencil(found):
    """Judge: every statistic is what pencil and paper give, and no other is there."""
    assert found.keys() == BY_PENCIL.keys()
    for key, value in BY_PENCIL.items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_pencil_and_paper():
    by_pencil(study.statistics(six()))


def test_every_compared_row_has_a_statistic():
    rows = load_catalogue(study.STUDY)
    assert {key for key, row in rows.items() if row.role in ("fitted", "predicted")} == BY_PENCIL.keys()


def test_the_ledger_by_pencil():
    found = study.ledger_counts(six())
    expected = np.array([3, 3, 1, 0, 3, 3, 1]) * 26 / 6
    assert list(found) == list(study.LEDGER)
    np.testing.assert_allclose(list(found.values()), expected)


def follow_up_as_printed(months):
    """Judge: 9 to 43 months, median 24, even between. Kolmogorov-Smirnov at a false-alarm rate of 1e-5."""
    assert months.min() >= 9.0 and months.max() <= 43.0
    even = kstest(np.interp(months, [9.0, 24.0, 43.0], [0.0, 0.5, 1.0]), "uniform")
    # with 26,000 patients a gap of 0.02 is found with power above 0.99
    assert even.pvalue > 1e-5, even


def alive(n=26_000):
    p = new_patients(n)
    p.seed, p.id = 11, study.FIRST_ID + np.arange(n)
    return study.observe(p)


def test_follow_up_of_survivors():
    o = alive()
    assert not o.dead.any()
    follow_up_as_printed(o.follow_up_days / MONTH)


def test_the_patients_are_those_of_the_abstract():
    """Shares of 26,000 within four standard errors (0.012): false alarms 6e-5 each, a share off by 0.02 is caught."""
    parameters = load_parameters(DEFAULT_PARAMETERS).record()
    p, rows = study.simulate(parameters, 1000, 3).lives, load_catalogue(study.STUDY)
    assert np.all(p.entered_in_remission == 1) and np.all(p.entry_burden_log10 >= -4.0)
    for key, flag in {
        "J007": p.line_at_entry == 0,
        "J009": p.philadelphia == 1,
        "J010": p.entry_burden_log10 >= -3.0,
    }.items():
        assert abs(flag.mean() - rows[key].value / rows[key].n) < 0.0125, key
    assert abs(np.median(p.age_years) - rows["J006"].value) < 0.5


def test_sabotage_another_follow_up_is_seen():
    months = alive().follow_up_days / MONTH
    follow_up_as_printed(months)
    for wrong in (months + 1.0, months * 0.98, 9.0 + (months - 9.0) ** 2 / 34.0):
        with pytest.raises(AssertionError):
            follow_up_as_printed(wrong)
