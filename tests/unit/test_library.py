"""The shipped scenarios: arms differ in what the question asks about and in nothing else, and what must hold does.

Rank of proof: contract (exact differences of resolved strategies), and directions that hold by construction in
20,000 patients (exact: they compare what the same patient is given).
"""

import copy
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from simulator.clocks.cohort import live_table
from simulator.parameters import load_parameters
from simulator.patient import new_patients
from simulator.population import population_record
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.strategy import strategy_record

PATIENTS = 20_000
MOST_ARMS = 6

REGIMEN = """chemotherapy.courses inotuzumab.days inotuzumab.first_course_doses_mg_per_m2
    inotuzumab.later_course_doses_mg_per_m2 maintenance.pomp_months"""
BLINATUMOMAB = "blinatumomab.courses maintenance.blinatumomab_courses transplant.while_waiting"
CONDITIONING = "myeloablative alkylators busulfan thiotepa total_body_irradiation"
BY_MRD = "mrd.at_persistence mrd.at_molecular_relapse"
EVERYONE, POLICY = "transplant.policy", "transplant.policy transplant.mrd"

# scenario -> arm -> the fields in which it may differ from the reference, and does
DIFFERS = {
    "which_antibody_first": {"inotuzumab_first": "blinatumomab_line.when"},
    "blinatumomab_after_course_1_to_4": {f"after_course_{n}": "blinatumomab.after_course" for n in (1, 2, 3)},
    "ino_alone_or_with_chemotherapy": {
        "with_chemotherapy": f"""chemotherapy.backbone chemotherapy.first_course_days
            inotuzumab.courses inotuzumab.first_course_doses_until_remission {REGIMEN}""",
        "with_chemotherapy_and_blinatumomab": f"""chemotherapy.backbone chemotherapy.first_course_days
            inotuzumab.courses inotuzumab.first_course_doses_until_remission {REGIMEN} {BLINATUMOMAB}""",
    },
    "ino_courses_1_to_4": {f"{n}": "inotuzumab.courses" for n in ("one_course", "two_courses", "three_courses")},
    "interval_7_vs_14_weeks": {
        "fourteen_weeks_delay_sct": "transplant.minimum_interval_weeks",
        "fourteen_weeks_stop_ino_early": "transplant.minimum_interval_weeks transplant.interval_act",
        "fourteen_weeks_stop_ino_early_and_blinatumomab": """transplant.minimum_interval_weeks
            transplant.interval_act blinatumomab.courses blinatumomab.after_course blinatumomab.switch_early""",
    },
    "modified_regimen_by_component": {
        "lower_dose": "inotuzumab.first_course_doses_mg_per_m2 inotuzumab.later_course_doses_mg_per_m2",
        "fractionated": """inotuzumab.days inotuzumab.first_course_doses_mg_per_m2
            inotuzumab.later_course_doses_mg_per_m2""",
        "blinatumomab": BLINATUMOMAB,
        "ursodiol": "prophylaxis.ursodiol_share",
        "longer_interval": "transplant.minimum_interval_weeks transplant.interval_act",
    },
    "mrd_assay_for_blinatumomab": {
        "flow": BY_MRD,
        "ngs": f"mrd.assay {BY_MRD}",
        "consolidation": "blinatumomab.courses",
    },
    "mrd_assay_for_sct": {"ngs": "mrd.assay", "everybody": "transplant.mrd", "nobody": POLICY},
    "original_vs_modified": {
        "modified": f"""{REGIMEN} {BLINATUMOMAB} prophylaxis.ursodiol_share setting.era""",
    },
    "platelets_stop_or_wait": {
        "wait": "chemotherapy.prolonged_thrombocytopenia",
        "stop_no_early_blinatumomab": "blinatumomab.switch_early",
        "wait_no_early_blinatumomab": "chemotherapy.prolonged_thrombocytopenia blinatumomab.switch_early",
    },
    "sct_conditioning": {
        "myeloablative_0": "alkylators busulfan total_body_irradiation",
        "myeloablative_2": "alkylators",
        "reduced_0": "myeloablative alkylators busulfan total_body_irradiation",
        "reduced_1": "myeloablative busulfan",
        "reduced_2": "myeloablative alkylators busulfan thiotepa",
    },
    "sct_early_or_late_salvage": {
        "early": f"{EVERYONE} transplant.latest_line",
        "late": f"{EVERYONE} transplant.earliest_line after_relapse.transplant",
        "both": f"{EVERYONE} after_relapse.transplant",
    },
    "sct_vs_no_sct": {
        "sct": EVERYONE,
        "sct_mrd_positive": POLICY,
        "sct_high_risk": f"{EVERYONE} transplant.genetics",
        "sct_early": EVERYONE,
        "sct_after_blinatumomab": f"{EVERYONE} transplant.blinatumomab_courses_before",
    },
    "two_beds_fewer": {"six_beds": "ward.sct_beds", "six_beds_mrd_first": "ward.sct_beds ward.policy"},
    "sct_vs_no_sct_without_blinatumomab": {"sct": EVERYONE, "sct_early": EVERYONE},
}


def flat(table, prefix=""):
    """Dotted key -> value."""
    found = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def differing(one, other):
    """Keys in which two arms differ; details of conditioning by their own name."""
    a, b = (flat(arm.strategy.model_dump() | {"ward": arm.sharing.model_dump()}) for arm in (one, other))
    return {key.removeprefix("transplant.conditioning.") for key in a if a[key] != b[key]}


def differ_only_in_what_is_asked(scenario, table):
    """Every arm but the reference is in the table, with exactly the fields in which it differs."""
    arms = {arm.name: arm for arm in scenario.arms}
    reference = arms.pop(scenario.reference)
    assert {name: differing(reference, each) for name, each in arms.items()} == {
        name: set(fields.split()) for name, fields in table.items()
    }


@cache
def scenario(name):
    return load_scenario(name)


@cache
def lives(name, arm):
    """The first 20,000 lives of an arm, in the order of patients."""
    found = scenario(name)
    return lived(found, next(each.strategy for each in found.arms if each.name == arm))


def lived(found, strategy):
    """The same under any strategy."""
    table, blank = new_patients(PATIENTS), new_patients(1)
    population, parameters = population_record(found.population), load_parameters(found.parameters).record()
    live_table(table, blank, np.uint64(found.seed), 0, population, parameters, strategy_record(strategy), 3600.0)
    return table


def test_every_shipped_scenario_is_in_the_table():
    assert DIFFERS.keys() == dict(shipped_scenarios()).keys()


@pytest.mark.parametrize("name", DIFFERS)
def test_arms_differ_only_in_what_is_asked(name):
    differ_only_in_what_is_asked(scenario(name), DIFFERS[name])
    assert len(scenario(name).arms) <= MOST_ARMS


@pytest.mark.parametrize("name", DIFFERS)
def test_the_era_differs_only_where_whole_regimens_of_the_study_are_compared(name):
    """Experience is no treatment: it moves with the regimen in one scenario, which says so."""
    eras = {arm.strategy.setting.era for arm in scenario(name).arms}
    assert len(eras) == (2 if name == "original_vs_modified" else 1)


@pytest.mark.parametrize("name", DIFFERS)
def test_every_arm_has_a_title_that_tables_print(name):
    titles = [arm.title for arm in scenario(name).arms]
    assert len(set(titles)) == len(titles) and all(len(title) <= 58 for title in titles)


# What holds by construction, patient by patient


def test_more_planned_courses_give_more_inotuzumab():
    names = ("one_course", "two_courses", "three_courses", "four_courses")
    doses = [lives("ino_courses_1_to_4", name).inotuzumab_mg_per_m2 for name in names]
    courses = [lives("ino_courses_1_to_4", name).inotuzumab_courses for name in names]
    assert [int(each.max()) for each in courses] == [1, 2, 3, 4]
    assert all(one.mean() < other.mean() for one, other in pairwise(doses))
    assert doses[0].max() <= 0.9 + 1e-9 and np.isclose(doses[3].max(), 2.7)  # K029


def test_blinatumomab_after_an_earlier_course_starts_no_later():
    """Among patients who get it in both arms: it starts earlier or the same day, and no course more is given before."""
    for earlier, later in ((1, 2), (2, 3), (3, 4)):
        one, other = (lives("blinatumomab_after_course_1_to_4", f"after_course_{n}") for n in (earlier, later))
        both = ~np.isnan(one.blinatumomab_day) & ~np.isnan(other.blinatumomab_day)
        assert both.sum() > 5_000
        assert (one.blinatumomab_day[both] <= other.blinatumomab_day[both] + 1e-9).mean() > 0.999
        assert one.blinatumomab_day[both].mean() < other.blinatumomab_day[both].mean() - 5.0
        assert (one.courses[both] <= other.courses[both]).all()


def test_conditioning_changes_nothing_before_sct():
    names = [arm.name for arm in scenario("sct_conditioning").arms]
    days = [lives("sct_conditioning", name).transplant_day for name in names]
    assert all(np.array_equal(days[0], each, equal_nan=True) for each in days[1:])
    had = ~np.isnan(days[0])
    got = {name: lives("sct_conditioning", name).conditioning_alkylators[had] for name in names}
    assert {name: set(each) for name, each in got.items()} == {name: {int(name[-1])} for name in names}


def test_ngs_sends_whom_flow_sends_but_for_the_error_of_assays():
    """Negative at 10^-6 implies negative at 10^-4: one draw, two limits. Who goes by flow is offered SCT by NGS too."""
    flow, ngs = (lives("mrd_assay_for_sct", name) for name in ("flow", "ngs"))
    assert (ngs.mrd_negative_at_response <= flow.mrd_negative_at_response).all()
    by_flow, by_ngs = (~np.isnan(each.transplant_day) for each in (flow, ngs))
    assert by_flow[by_ngs].mean() < 0.7 and by_ngs[by_flow].mean() > 0.98


def test_a_kept_sct_comes_after_relapse_or_a_failed_line_only():
    late = lives("sct_early_or_late_salvage", "late")
    had = ~np.isnan(late.transplant_day)
    assert had.sum() > 1_000 and (late.line_at_entry == 1).all()
    assert (late.later_remission_day[had] <= late.transplant_day[had]).all()
    early = lives("sct_early_or_late_salvage", "early")
    assert not (early.relapse_day <= early.transplant_day).any()


def test_components_act_where_they_should():
    arm = {
        each.name: lives("modified_regimen_by_component", each.name)
        for each in scenario("modified_regimen_by_component").arms
    }
    original = arm["original"]
    for name in ("lower_dose", "fractionated"):
        whole = original.course_kill_luck == arm[name].course_kill_luck
        assert whole.mean() > 0.5, "most have as many courses, with the same luck"
    four = arm["lower_dose"].inotuzumab_courses == 4
    np.testing.assert_allclose(arm["lower_dose"].inotuzumab_mg_per_m2[four].max(), 2.7)  # K029
    four = arm["fractionated"].inotuzumab_courses == 4
    np.testing.assert_allclose(arm["fractionated"].inotuzumab_mg_per_m2[four].max(), 5.0)  # K017: 4.3-5.7
    spared = np.isnan(original.sos_day) & np.isnan(arm["ursodiol"].sos_day)  # it acts on SOS, and on what SOS stops
    for day in ("remission_day", "transplant_day", "relapse_day", "death_day"):
        assert np.array_equal(arm["ursodiol"][day][spared], original[day][spared], equal_nan=True), day
    assert arm["ursodiol"].ursodiol.all() and abs(original.ursodiol.mean() - 0.33) < 0.02
    both = ~np.isnan(arm["longer_interval"].transplant_day)
    assert (
        arm["longer_interval"].transplant_interval_days[both & (original.inotuzumab_courses > 0)] >= 98.0 - 1e-9
    ).all()
    assert (arm["blinatumomab"].blinatumomab_courses > 0).mean() > 0.5 and not (original.blinatumomab_courses > 0).any()


def only_the_wait_is_filled(stop, filled):
    """Judge: the same doses of InO as without blinatumomab, which goes to who waits for SCT or has had all courses."""
    alike = np.isclose(stop.inotuzumab_mg_per_m2, filled.inotuzumab_mg_per_m2)
    assert alike.mean() > 0.995, alike.mean()
    got = filled.blinatumomab_courses > 0
    assert (np.isfinite(filled.donor_ready_day[got]) | (filled.courses[got] == 8)).all()


def test_blinatumomab_between_fills_the_wait_and_nothing_else():
    name = "fourteen_weeks_stop_ino_early"
    stop, filled = (lives("interval_7_vs_14_weeks", each) for each in (name, f"{name}_and_blinatumomab"))
    only_the_wait_is_filled(stop, filled)
    waited = ~np.isnan(filled.transplant_day)
    assert (filled.blinatumomab_courses[waited] > 0).mean() > 0.8 and (stop.blinatumomab_courses == 0).all()


# Inotuzumab alone


def alone(**parameters):
    """5,000 lives on inotuzumab alone, with some parameters changed."""
    found = scenario("ino_alone_or_with_chemotherapy")
    strategy = next(arm.strategy for arm in found.arms if arm.name == "ino_alone")
    record = load_parameters(found.parameters).record().copy().view(np.recarray)
    for name, value in parameters.items():
        record[name][0] = value
    table, blank = new_patients(5_000), new_patients(1)
    live_table(
        table, blank, np.uint64(1), 0, population_record(found.population), record, strategy_record(strategy), 3600.0
    )
    return table


def test_inotuzumab_alone_is_given_as_its_trials_gave_it():
    """1.8 mg/m2 a course until remission, then 1.5; at most six courses; neither blinatumomab nor POMP (X251)."""
    lives_alone = alone()
    assert lives_alone.courses.max() == 6
    uncut = (lives_alone.course_doses_given == 3) & np.isnan(lives_alone.sos_day) & np.isnan(lives_alone.transplant_day)
    courses, remission = lives_alone.courses[uncut], lives_alone.response_course[uncut]
    active = np.where(remission > 0, remission, courses)
    whole = np.isclose(lives_alone.inotuzumab_mg_per_m2[uncut], 1.8 * active + 1.5 * (courses - active))
    # doses are withheld before an SCT that did not come about; nobody else has less
    assert whole.mean() > 0.9 and set(courses[whole]) == {1, 2, 3, 4, 5, 6}
    assert (lives_alone.blinatumomab_courses == 0).all() and (lives_alone.maintenance_months == 0.0).all()


def test_no_kill_is_left_to_chemotherapy_that_is_not_given():
    """Were all kill the backbone's (share 0), nobody would reach remission but by chance; with share 1 many do."""
    certain = {"log_kill_sigma": 0.0, "log_kill_loss_per_frailty": 0.0}
    certain |= {"log_kill_gain_long_first_remission": 0.0, "log_kill_loss_later_line": 0.0}
    assert np.isnan(alone(inotuzumab_share_of_kill=0.0, **certain).remission_day).all()
    assert np.isfinite(alone(inotuzumab_share_of_kill=1.0, **certain).remission_day).mean() > 0.9


# Sabotage


@pytest.mark.parametrize("change", [{"switch_early": True}, {"after_course": 4}])
def test_sabotage_blinatumomab_for_other_reasons_is_seen(change):
    name = "fourteen_weeks_stop_ino_early"
    arm = next(arm for arm in scenario("interval_7_vs_14_weeks").arms if arm.name == f"{name}_and_blinatumomab")
    blinatumomab = arm.strategy.blinatumomab.model_copy(update=change)
    wrong = arm.strategy.model_copy(update={"blinatumomab": blinatumomab})
    with pytest.raises(AssertionError):
        only_the_wait_is_filled(lives("interval_7_vs_14_weeks", name), lived(scenario("interval_7_vs_14_weeks"), wrong))


@pytest.mark.parametrize("wrong", ["transplant.mrd", "", "mrd.assay transplant.mrd"])
def test_sabotage_a_difference_beside_the_question_is_seen(wrong):
    table = copy.deepcopy(DIFFERS["mrd_assay_for_sct"]) | {"ngs": wrong}
    with pytest.raises(AssertionError):
        differ_only_in_what_is_asked(scenario("mrd_assay_for_sct"), table)


def test_sabotage_a_forgotten_arm_is_seen():
    table = {name: fields for name, fields in DIFFERS["sct_vs_no_sct"].items() if name != "sct_early"}
    with pytest.raises(AssertionError):
        differ_only_in_what_is_asked(scenario("sct_vs_no_sct"), table)
