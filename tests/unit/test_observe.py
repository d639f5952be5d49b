"""What the trial sees of a life: entry, cut, loss, testing. Never a function of what comes later."""

import numpy as np
import pytest
from scipy.stats import chi2

from calibration.kantarjian_2023 import SIZE
from calibration.observe import FOLLOW_UP_MONTHS, MODIFIED, ORIGINAL, observe
from calibration.trial import replicate_rows, simulate
from simulator.parameters import load_parameters
from simulator.strategy import DAYS_PER_MONTH

REPLICATES = 600  # 66,000 patients
SEED = 41
FLAGS = ("tp53_tested", "low_risk", "high_risk", "mrd_assessed")


@pytest.fixture(scope="module")
def seen():
    return simulate(load_parameters("joint-point").record(), REPLICATES, SEED)


def standard_error(seen, statistic, batches=20):
    """Of a statistic of all replicates, from batches of replicates."""
    size = REPLICATES // batches
    found = [
        statistic(seen.part(np.concatenate([replicate_rows(r, REPLICATES) for r in range(b * size, (b + 1) * size)])))
        for b in range(batches)
    ]
    return np.std(found, ddof=1) / np.sqrt(batches)


def follow_up_is_possible(months, dead, arm):
    """Between the shortest and the longest printed (9 to 115, K100), and in the arm's own window.

    Entry July 2021 at the latest and the cut in June 2022 leave 11 months; nobody is lost before 9 (DER021-023).
    """
    alive = ~dead
    assert np.all((months[alive] >= 9.0) & (months[alive] <= 115.0))
    assert np.all(months[alive & (arm == MODIFIED)] <= 64.5)
    assert np.all(months > 0.0) and np.all(np.isfinite(months))


def near(found, expected, allowed, error):
    """Within what the paper leaves open and four Monte Carlo standard errors."""
    assert abs(found - expected) <= allowed + 4 * error, (found, expected, allowed, error)


def independent(flag, outcome, strata, alpha=1e-5):
    """Cochran-Mantel-Haenszel: the flag does not go with the outcome within any stratum.

    Power, with 66,000 patients (600 trials), an outcome in half of them and |z| > 4.4 as the bar: the
    difference in outcome between flag and no flag has standard error 0.004 (TP53), 0.006 (low risk, 45,000
    patients) and 0.010 (MRD, 96 % assessed), so a difference of 0.04, 0.05 and 0.07 is found with power
    above 0.99 within strata.
    """
    score = variance = 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        f, y = flag[inside].astype(float), outcome[inside].astype(float)
        n = len(f)
        if n > 1:
            score += np.sum(f * y) - f.sum() * y.mean()
            variance += f.sum() * (n - f.sum()) * y.sum() * (n - y.sum()) / (n**2 * (n - 1))
    assert variance > 0
    assert chi2.sf(score**2 / variance, 1) > alpha, score / np.sqrt(variance)


def later(seen):
    """Alive on day 28, and the later outcomes that testing must not know."""
    p = seen.lives
    alive_28 = ~(p.death_day <= 28.0)
    outcomes = {
        "dead within a year": p.death_day <= 365.0,
        "dead within three years": p.death_day <= 1096.0,
        "relapse within two years": p.relapse_day <= 730.0,
        "remission": ~np.isnan(p.remission_day),
        "SCT": ~np.isnan(p.transplant_day),
    }
    return alive_28, outcomes


def strata(seen):
    """What testing may know: arm, line, karyotype."""
    p = seen.lives
    return seen.arm + 2 * (p.line_at_entry > 1) + 4 * (p.complex_karyotype > 0) + 8 * seen.high_risk


def test_follow_up_is_possible(seen):
    follow_up_is_possible(seen.follow_up_months, seen.dead, seen.arm)


def test_the_dead_are_followed_to_their_death_and_nobody_dies_unseen_before_the_end(seen):
    death = np.where(np.isnan(seen.lives.death_day), np.inf, seen.lives.death_day) / DAYS_PER_MONTH
    np.testing.assert_array_equal(seen.follow_up_months[seen.dead], np.maximum(death[seen.dead], 1e-3))
    assert np.all(death[~seen.dead] > seen.follow_up_months[~seen.dead])


def test_entry_is_uniform_over_the_window_of_the_arm(seen):
    """With nobody dead, follow-up is the shorter of the cut and the loss: the law is known in closed form."""
    lives = seen.lives.copy()
    lives.death_day = np.nan
    alive = observe(lives, seen.arm)
    assert not alive.dead.any()
    for arm, (shortest, longest) in FOLLOW_UP_MONTHS.items():
        months = alive.follow_up_months[alive.arm == arm]
        grid = np.linspace(9.5, longest, 60)
        not_cut = np.clip((longest - grid) / (longest - shortest), 0.0, 1.0)
        not_lost = np.exp(-(grid - 9.0) / 12.0 * 0.04)
        found = np.mean(months[:, None] > grid, axis=0)
        # Kolmogorov: the largest gap exceeds 2.5 / sqrt(n) with probability 7e-6
        assert np.max(np.abs(found - not_cut * not_lost)) < 2.5 / np.sqrt(len(months))


def test_survivors_have_the_printed_median_follow_up(seen):
    def median(part):
        return np.median(part.follow_up_months[~part.dead])

    near(median(seen), 48.0, 0.5, standard_error(seen, median))  # K100, printed in whole months


def test_sixty_are_tested_for_tp53(seen):
    def tested(part):
        return 110 * part.tp53_tested.mean()

    near(tested(seen), 60.0, 1.0, standard_error(seen, tested))  # K066


def test_about_59_are_low_risk(seen):
    """Not printed: 59 is what the interval of K125 implies, 55 to 65 the mixing (A8, DER016)."""

    def low_risk(part):
        return 110 * part.low_risk.mean()

    near(low_risk(seen), 59.0, 4.0, standard_error(seen, low_risk))


def test_twenty_two_are_high_risk(seen):
    def high_risk(part):
        return 110 * part.high_risk.mean()

    near(high_risk(seen), 22.0, 0.5, standard_error(seen, high_risk))  # K061, an input


def test_mrd_was_assessed_in_87_of_91(seen):
    n = len(seen.mrd_assessed)
    near(seen.mrd_assessed.mean(), 87 / 91, 0.0, np.sqrt(87 / 91 * 4 / 91 / n))  # K086


def test_groups_exclude_each_other_and_the_early_dead(seen):
    early = seen.lives.death_day <= 28.0
    assert not (seen.tp53_tested & early).any() and not (seen.low_risk & early).any()
    assert not (seen.low_risk & seen.high_risk).any()
    assert not (seen.low_risk & (seen.lives.complex_karyotype == 1)).any()
    np.testing.assert_array_equal(seen.high_risk, (seen.lives.low_hypodiploid == 1) | (seen.lives.kmt2a == 1))


@pytest.mark.parametrize("flag", ["tp53_tested", "low_risk", "mrd_assessed"])
def test_testing_does_not_know_the_future(seen, flag):
    alive_28, outcomes = later(seen)
    groups = strata(seen)
    inside = alive_28 & (~seen.high_risk & (seen.lives.complex_karyotype == 0) if flag == "low_risk" else True)
    for outcome in outcomes.values():
        independent(getattr(seen, flag)[inside], outcome[inside], groups[inside])


def test_another_future_changes_no_test_and_no_censoring(seen):
    """Every life gets another later course; what is known at entry and on day 28 stays, bit by bit."""
    lives = seen.lives.copy()
    after = ~(lives.death_day <= 28.0)
    lives.death_day[after] = np.where(np.isnan(lives.death_day[after]), 200.0, np.nan)
    lives.relapse_day = np.where(np.isnan(lives.relapse_day), 150.0, np.nan)
    lives.remission_day[after] = lives.transplant_day[after] = np.nan
    other = observe(lives, seen.arm)
    for flag in FLAGS:
        np.testing.assert_array_equal(getattr(other, flag), getattr(seen, flag))
    # whoever is censored in both is censored on the same day
    both = ~seen.dead & ~other.dead
    np.testing.assert_array_equal(other.follow_up_months[both], seen.follow_up_months[both])


def test_lives_are_not_touched_and_patients_do_not_see_each_other(seen):
    before = seen.lives.copy()
    rows = np.arange(0, len(seen.arm), 7)[::-1]
    some = observe(seen.lives[rows], seen.arm[rows])
    whole = seen.part(rows)
    for name in ("follow_up_months", "dead", *FLAGS):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name))
    assert before.tobytes() == seen.lives.tobytes()


def test_a_replicate_is_the_trial(seen):
    rows = np.concatenate([replicate_rows(r, REPLICATES) for r in range(REPLICATES)])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(seen.arm)))
    one = seen.part(replicate_rows(REPLICATES - 1, REPLICATES))
    assert (one.arm == ORIGINAL).sum() == SIZE[ORIGINAL] and (one.arm == MODIFIED).sum() == SIZE[MODIFIED]
    assert len(np.unique(seen.lives.id)) == len(seen.arm)
