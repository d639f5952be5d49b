"""Wards: settings, arrivals, withdrawal, conservation, and what is read off them.

Rank of proof: known answers in the quiet world; invariants of shipped lives.
"""

import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

from wards import admitted, lived, quiet_ward
from worlds import shipped

from simulator.clocks.ward import BED, DESK, Stay
from simulator.population import population_record
from simulator.runner import end_day
from simulator.scenario import ScenarioError, from_resolved, load_scenario, resolved
from simulator.scenario.sharing import Ward as WardSettings
from simulator.strategy import DAYS_PER_MONTH, strategy_record
from simulator.ward.arrivals import DAYS_PER_YEAR, arrival_days
from simulator.ward.comparison import compare_wards, comparison_of, mean_with_interval
from simulator.ward.folder import FRAMES
from simulator.ward.measures import measure, whole_stays
from simulator.ward.replicate import run_replicate

SCT = {"transplant_policy": 2}
STAY = {"graft_failure": 1.0, "stay_after_graft_failure_days": 13.0}  # a bed for 7 + 13 days
FIRST_ADMISSION, FIRST_SCT = 24.0, 31.0


# Withdrawal and waits, to the day


def test_one_bed_serves_one_patient_after_the_other():
    ward = quiet_ward(5, {BED: 1}, SCT | {"transplant_grace_days": 300.0}, STAY)
    assert ward.table.admission_day.tolist() == [24.0, 44.0, 64.0, 84.0, 104.0]
    assert ward.table.transplant_day.tolist() == [31.0, 51.0, 71.0, 91.0, 111.0]
    assert set(ward.table.bed_asked_day) == {FIRST_ADMISSION}
    assert [stay.left_day - stay.first_asked_day for stay in ward.stays] == [0.0, 20.0, 40.0, 60.0, 80.0]


def test_a_patients_own_day_counts_from_arrival():
    """Patient 1 comes ten days after patient 0 and waits ten days only."""
    ward = quiet_ward(2, {BED: 1}, SCT | {"transplant_grace_days": 300.0}, STAY, arrivals=[0.0, 10.0])
    assert ward.table.admission_day.tolist() == [24.0, 34.0]


def test_the_search_desk_is_held_until_the_donor_is_found():
    """Searches of three days, one at a time, asked for on day 21; SCT ten days after the search began."""
    ward = quiet_ward(4, {DESK: 1}, SCT)
    assert set(ward.table.search_asked_day) == {21.0}
    assert ward.table.donor_ready_day.tolist() == [24.0, 27.0, 30.0, 33.0]
    assert ward.table.transplant_day.tolist() == [31.0, 34.0, 37.0, 40.0]


def test_who_waits_past_the_grace_period_leaves_the_queue():
    """Grace of 100 days from day 21: the last admission for a graft in time is on day 114."""
    ward = quiet_ward(20, {BED: 1}, SCT | {"transplant_grace_days": 100.0, "pomp_months": 12.0}, STAY)
    assert ward.table.transplants.tolist() == [1] * 5 + [0] * 15
    assert {stay.left_day for stay in ward.stays if stay.outcome == "lapse"} == {114.0}
    assert sum(stay.outcome == "lapse" for stay in ward.stays) == 15
    assert set(ward.table.transplant_decision[5:]) == {-1}
    assert set(ward.table.maintenance_months[5:]) == {12.0}  # the protocol goes on


def test_who_waits_for_a_desk_past_the_grace_period_leaves_too():
    ward = quiet_ward(20, {DESK: 0}, SCT | {"transplant_grace_days": 100.0})
    assert set(ward.table.transplants) == {0}
    assert {(stay.outcome, stay.left_day) for stay in ward.stays} == {("lapse", 114.0)}


def test_no_bed_is_no_transplant():
    assert set(quiet_ward(20, {BED: 0}, SCT).table.transplants) == {0}


def test_relapse_and_death_leave_the_queue_in_their_instant():
    parameters = {"relapse_log_theta": 0.5, "remission_death_log_theta": 0.0, "leukaemia_death_log_scale_days": 20.0}
    ward = quiet_ward(200, {BED: 2}, SCT | {"transplant_grace_days": 2000.0}, STAY | parameters, end_day=2000.0)
    left = {outcome: [stay for stay in ward.stays if stay.outcome == outcome] for outcome in ("relapse", "death")}
    assert min(map(len, left.values())) > 20
    assert all(stay.left_day == pytest.approx(ward.table.relapse_day[stay.row]) for stay in left["relapse"])
    assert all(stay.left_day == pytest.approx(ward.table.death_day[stay.row]) for stay in left["death"])
    assert not ward.table.transplants[[stay.row for stay in left["relapse"]]].any()


def test_sos_leaves_the_queue_in_its_instant():
    parameters = {"sos_drug_log_rate_per_mg_per_m2": 0.0, "sos_drug_mean_days": 40.0}
    ino = {"inotuzumab_courses": 1, "inotuzumab_doses_per_course": 1, "inotuzumab_days": [3.0]}
    strategy = SCT | ino | {"inotuzumab_first_doses": [1.5], "transplant_grace_days": 2000.0}
    ward = quiet_ward(60, {BED: 1}, strategy, STAY | parameters)
    left = [stay for stay in ward.stays if stay.outcome == "sos"]
    assert len(left) > 5
    assert all(stay.left_day == pytest.approx(ward.table.sos_day[stay.row]) for stay in left)


def test_a_graft_called_off_gives_the_bed_back_at_once():
    """Patients who relapse in the week of conditioning: the next is admitted on that day."""
    parameters = {"relapse_log_theta": 1.0, "relapse_latency_median_days": 60.0}
    ward = quiet_ward(200, {BED: 5}, SCT, STAY | parameters, end_day=300.0)
    called_off = (ward.table.relapse_day > ward.table.admission_day) & (ward.table.transplants == 0)
    assert called_off.sum() >= 2
    days = [day for day, held, _ in ward.shared[BED].changes]
    assert all(np.isclose(days, day).any() for day in ward.table.relapse_day[called_off])
    assert ward.shared[BED].held == 0


def test_whoever_waits_long_is_treated_as_the_policy_says():
    """Two courses of blinatumomab planned; the second patient waits 150 days for the bed of the first."""
    parameters = {"graft_failure": 1.0, "stay_after_graft_failure_days": 143.0}
    blinatumomab = {
        "blinatumomab_courses": 2, "blinatumomab_after_course": 1, "blinatumomab_infusion_days": 28.0,
        "blinatumomab_course_days": 42.0, "transplant_grace_days": 2000.0,
    }  # fmt: skip
    ward = quiet_ward(2, {BED: 1}, SCT | blinatumomab | {"transplant_while_waiting": 1}, parameters)
    assert ward.table.blinatumomab_courses.tolist() == [0, 2]
    assert ward.table.blinatumomab_day[1] == FIRST_ADMISSION + 28.0
    assert ward.table.admission_day.tolist() == [24.0, 174.0]
    ward = quiet_ward(2, {BED: 1}, SCT | {"pomp_months": 12.0} | {"transplant_while_waiting": 2}, parameters)
    assert ward.table.maintenance_day[1] == FIRST_ADMISSION + 28.0
    ward = quiet_ward(2, {BED: 1}, SCT | {"courses": 3} | {"transplant_while_waiting": 0}, parameters)
    assert ward.table.courses.tolist() == [1, 3]
    ward = quiet_ward(2, {BED: 1}, SCT | {"pomp_months": 12.0} | {"transplant_while_waiting": 3}, parameters)
    assert np.isnan(ward.table.maintenance_day).all()


def test_a_bed_that_comes_during_an_infusion_goes_to_the_next_and_the_place_in_the_queue_is_kept():
    """Bed free on day 74; patient 1 (asked on day 24) is infused on days 52-80, patient 2 (40 days later) is not."""
    parameters = {"graft_failure": 1.0, "stay_after_graft_failure_days": 43.0}
    blinatumomab = {
        "blinatumomab_courses": 1, "blinatumomab_after_course": 1, "blinatumomab_infusion_days": 28.0,
        "blinatumomab_course_days": 42.0, "transplant_grace_days": 2000.0, "transplant_while_waiting": 1,
    }  # fmt: skip
    ward = quiet_ward(3, {BED: 1}, SCT | blinatumomab, parameters, arrivals=[0.0, 0.0, 40.0])
    assert [(stay.row, stay.outcome, stay.left_day) for stay in ward.stays] == [
        (0, "granted", 24.0), (1, "deferred", 74.0), (2, "granted", 74.0), (1, "granted", 124.0),
    ]  # fmt: skip
    assert [(stay.row, stay.first_asked_day) for stay in whole_stays(ward.stays, ward)] == [
        (0, 24.0),
        (1, 24.0),
        (2, 64.0),
    ]


# Conservation, in shipped lives


@pytest.fixture(scope="module")
def busy():
    """400 shipped patients, 160 referred a year, four beds and ten desks."""
    scenario = load_scenario("original_vs_modified")
    parameters = shipped().record()
    table = admitted(400, parameters, population_record(scenario.population))
    arrivals = arrival_days(WardSettings(patients_per_year=160), 7, 0)
    strategy = strategy_record(scenario.arms[1].strategy)
    return lived(table, parameters, strategy, end_day(60), {BED: 4, DESK: 10}, arrivals[:400], policy="urgency")


def test_every_place_granted_is_given_back_and_never_more_are_in_use_than_there_are(busy):
    for need, places in ((BED, 4), (DESK, 10)):
        shared = busy.shared[need]
        assert shared.held == 0 and shared.queue == []
        held = [held for _, held, _ in shared.changes]
        assert max(held) == places and min(held) == 0
        days = [day for day, _, _ in shared.changes]
        assert days == sorted(days)


def test_nobody_stands_in_two_queues_or_twice_in_one(busy):
    for row in range(len(busy.table)):
        own = sorted((stay.first_asked_day, stay.left_day) for stay in whole_stays(busy.stays, busy) if stay.row == row)
        assert all(left <= asked + 1e-9 for (_, left), (asked, _) in pairwise(own)), row


def test_every_request_ends_in_one_way_and_on_the_day_of_its_cause(busy):
    table, arrivals = busy.table, busy.arrival_days
    ends = {"relapse": table.relapse_day, "death": table.death_day, "sos": table.sos_day}
    outcomes = set()
    for stay in whole_stays(busy.stays, busy):
        outcomes.add(stay.outcome)
        day = stay.left_day - arrivals[stay.row]
        assert stay.left_day >= stay.first_asked_day
        if stay.outcome == "granted" and stay.need == BED:
            assert day == pytest.approx(table.admission_day[stay.row]) or table.transplants[stay.row] > 1
        elif stay.outcome in ends and table.line[stay.row] <= table.line_at_entry[stay.row] + 1:
            assert day == pytest.approx(ends[stay.outcome][stay.row])
    assert {"granted", "relapse", "lapse"} <= outcomes


def test_a_wait_never_brings_a_transplant_forward(busy):
    assert np.nanmin(busy.table.admission_day - busy.table.bed_asked_day) >= 0.0
    graft = busy.table.transplant_day[np.isfinite(busy.table.transplant_day) & (busy.table.transplants == 1)]
    admission = busy.table.admission_day[np.isfinite(busy.table.transplant_day) & (busy.table.transplants == 1)]
    assert np.allclose(graft, admission + 7.0)


# Arrivals


def test_poisson_arrivals():
    """1e5 gaps: Kolmogorov-Smirnov at a false-alarm rate of 1e-4 finds a distance of 0.7 %."""
    ward = WardSettings(patients_per_year=100, patients_per_replicate=100_000)
    days = arrival_days(ward, 3, 5)
    gaps = np.diff(days, prepend=0.0)
    assert stats.kstest(gaps, "expon", args=(0, DAYS_PER_YEAR / 100)).pvalue > 1e-4
    assert stats.kstest(gaps, "expon", args=(0, DAYS_PER_YEAR / 103)).pvalue < 1e-4  # a wrong rate is seen


def test_arrivals_depend_on_seed_and_replicate_only():
    ward = WardSettings()
    assert np.array_equal(arrival_days(ward, 1, 2), arrival_days(ward, 1, 2))
    longer = ward.model_copy(update={"patients_per_replicate": 900, "policy": "urgency"})
    assert np.array_equal(arrival_days(longer, 1, 2)[:400], arrival_days(ward, 1, 2))
    assert not np.array_equal(arrival_days(ward, 1, 2), arrival_days(ward, 1, 3))
    assert not np.array_equal(arrival_days(ward, 1, 2), arrival_days(ward, 2, 2))


def test_arrivals_by_calendar_and_all_at_once():
    by_month = [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    days = arrival_days(WardSettings(arrivals="calendar", patients_by_month=by_month, patients_per_replicate=14), 1, 0)
    months = np.floor(days / DAYS_PER_MONTH).astype(int).tolist()
    assert months == [0, 0, 0, 2, 11, 11, 12, 12, 12, 14, 23, 23, 24, 24]
    assert set(arrival_days(WardSettings(arrivals="all_at_once"), 1, 0)) == {0.0}


def test_who_is_measured():
    ward = WardSettings(patients_per_year=100, patients_per_replicate=500, warm_up_months=12, run_out_months=6)
    assert ward.measured() == range(100, 450)
    assert WardSettings(arrivals="all_at_once", patients_per_replicate=50).measured() == range(50)


# What is read off


def test_intervals_are_t_intervals_of_replicates():
    found = mean_with_interval(np.array([1.0, 2.0, 4.0, np.nan, 5.0]))
    low, high = stats.t.interval(0.95, 3, loc=3.0, scale=stats.sem([1.0, 2.0, 4.0, 5.0]))
    assert (found["value"], found["replicates"]) == (3.0, 4)
    assert (found["low"], found["high"]) == (pytest.approx(low), pytest.approx(high))
    assert mean_with_interval(np.array([2.0]))["low"] is None
    assert mean_with_interval(np.array([np.nan]))["value"] is None


@pytest.fixture(scope="module")
def small():
    keys = ["ward.patients_per_replicate=100", "ward.warm_up_months=1", "ward.run_out_months=1"]
    keys += ["arms.eight_beds.ward.sct_beds=3", "arms.six_beds.ward.sct_beds=1"]
    return load_scenario("two_beds_fewer", patients=300, settings=keys)


def test_differences_are_paired_by_ward(small):
    found = [run_replicate(small, number) for number in range(3)]
    comparison = comparison_of(small, found)
    pairs = [one.shared["six_beds"].values["os", 36] - one.shared["eight_beds"].values["os", 36] for one in found]
    row = comparison.differences.query(
        "arm == 'six_beds' and against == 'eight_beds' and quantity == 'os' and month == 36"
    )
    assert row["value"].item() == pytest.approx(np.mean(pairs))
    half = stats.t.ppf(0.975, 2) * np.std(pairs, ddof=1) / np.sqrt(3)
    assert row["high"].item() - row["value"].item() == pytest.approx(half)
    shuffled = [pairs[1], pairs[0] + 0.3, pairs[2]]
    assert row["value"].item() != pytest.approx(np.mean(shuffled))
    free = comparison.differences.query("arm == 'six_beds' and against == 'nothing_scarce' and quantity == 'sct'")
    assert free["value"].item() < 0.0
    shares = comparison.estimates[comparison.estimates["quantity"].isin(["os", "sct", "bed_waited"])]
    assert shares["low"].min() >= 0.0 and shares["high"].max() <= 1.0


def test_only_the_measured_patients_count():
    """Two wards that differ in the unmeasured patients only give the same outcomes."""
    scenario = load_scenario("two_beds_fewer")
    record = shipped().record()
    strategy = strategy_record(scenario.arms[0].strategy)
    settings = scenario.ward.model_copy(
        update={"patients_per_replicate": 60, "warm_up_months": 1, "run_out_months": 1, "patients_per_year": 120}
    )
    scenario = replace(scenario, ward=settings)
    ward = lived(admitted(60, record, population_record(scenario.population)), record, strategy, end_day(36), {})
    before = measure(scenario, ward).values["os", 36]
    ward.table["death_day"][:10] = ward.table["death_day"][50:] = 1.0
    assert measure(scenario, ward).values["os", 36] == before
    ward.table["death_day"][10:50] = 1.0
    assert measure(scenario, ward).values["os", 36] == 0.0


def test_a_deferred_plan_that_ends_is_counted_by_what_ended_it():
    ward = quiet_ward(3, {BED: 3}, SCT)
    ward.table["relapse_day"][0], ward.table["death_day"][1] = 40.0, 50.0
    deferred = [Stay(row, BED, 24.0, 30.0, "deferred") for row in range(3)]
    found = whole_stays(deferred, ward)
    assert [stay.outcome for stay in found] == ["relapse", "death", "lapse"]
    assert [stay.left_day for stay in found][:2] == [40.0, 50.0]


# Settings


def faults_of(*settings, patients=None):
    with pytest.raises(ScenarioError) as error:
        load_scenario("two_beds_fewer", settings=settings, patients=patients)
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("ward.sct_beds=-1", "--set: ward.sct_beds = -1: allowed whole number 0 to 1000 beds"),
        ("arms.six_beds.ward.sct_beds=2.5", "arms.six_beds.ward.sct_beds = 2.5: allowed whole number 0 to 1000 beds"),
        ("arms.six_beds.ward=3", "--set: arms.six_beds.ward = 3: allowed a table"),
        ("arms.six_beds.ward.arrivals=poisson", "unknown key"),
        ("ward.policy=fair", "allowed first_come, urgency, mrd_positive_first or longest_since_inotuzumab"),
        ("ward.meeting=monthly", "allowed none, daily or weekly"),
        ("ward.arrivals=calendar", 'allowed patients_by_month if and only if arrivals = "calendar" (patients/month)'),
        ("ward.patients_by_month=[1,2]", 'allowed patients_by_month if and only if arrivals = "calendar"'),
        ("ward.warm_up_months=70", "allowed more than the 1093 patients of warm-up and run-out"),
    ],
)  # fmt: skip
def test_wrong_settings_are_one_clear_line(setting, message):
    (fault,) = faults_of(setting)
    assert fault.startswith("--set: ") and message in fault


def test_an_interval_needs_two_wards():
    with pytest.raises(ScenarioError) as error:
        compare_wards(load_scenario("two_beds_fewer", patients=1919))
    (fault,) = error.value.faults
    assert str(fault).startswith("two_beds_fewer.toml: patients = 1919: allowed 1920 or more, two wards of")


def test_all_faults_at_once():
    assert len(faults_of("ward.meeting=monthly", "arms.six_beds.ward.sct_beds=-1", "ward.foo=1")) == 3


def test_an_arm_takes_what_it_does_not_state_from_the_scenario_and_its_base():
    scenario = load_scenario("two_beds_fewer", settings=["ward.meeting=weekly", "ward.donor_search_desks=4"])
    sharing = {arm.name: arm.sharing for arm in scenario.arms}
    assert {name: each.sct_beds for name, each in sharing.items()} == {
        "eight_beds": 8,
        "six_beds": 6,
        "six_beds_mrd_first": 6,
    }
    assert {each.meeting for each in sharing.values()} == {"weekly"}
    assert {each.donor_search_desks for each in sharing.values()} == {4}
    assert sharing["six_beds_mrd_first"].policy == "mrd_positive_first"


def test_the_resolved_form_reads_back():
    scenario = load_scenario("two_beds_fewer")
    assert from_resolved(resolved(scenario)) == scenario


def test_arms_that_differ_in_beds_only_are_no_twins_and_with_equal_beds_are():
    assert "the same strategy as arms.eight_beds" in faults_of("arms.six_beds.ward.sct_beds=8")[0]


# The page


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ward.md").read_text(encoding="utf-8")


def missing_in(page):
    """Settings that the table lacks, or gives with another unit or other bounds; columns and quantities not named."""
    wrong = []
    for key, node in WardSettings.model_json_schema()["properties"].items():
        inner = node.get("items", node.get("anyOf", [node])[0])
        unit = node.get("unit", inner.get("unit", ""))
        bounds = f"{inner['minimum']} to {inner['maximum']}" if "minimum" in inner else ""
        row = next(
            (line for line in page.splitlines() if line.startswith(f"| `{key}` | {unit} |".replace("  ", " "))), ""
        )
        if not row or bounds not in row or not all(f"`{each}`" in row for each in node.get("enum", ())):
            wrong.append(key)
    return wrong


def columns_missing_in(page, comparison):
    """CSV files whose columns the page gives otherwise."""
    wrong = []
    for name in FRAMES:
        row = next((line for line in page.splitlines() if line.startswith(f"| `{name}.csv` |")), "")
        told = re.sub(r" \([^)]*\)|:.*", "", row.split("|")[2]).strip().split(", ") if row else []
        if told != list(getattr(comparison, name).columns):
            wrong.append(name)
    return wrong


def test_the_page_gives_every_setting_and_every_column(small):
    assert missing_in(PAGE) == []
    comparison = comparison_of(small, [run_replicate(small, number) for number in range(2)])
    assert columns_missing_in(PAGE, comparison) == []
    for quantity in set(comparison.estimates["quantity"]):
        last = quantity.removeprefix("bed_").removeprefix("wait_days").removeprefix("interval_weeks")
        assert f"`{quantity}`" in PAGE or f"`{last}`" in PAGE or f"`{quantity.removeprefix('bed_')}`" in PAGE, quantity
    assert columns_missing_in(PAGE.replace("in_use, waiting", "in_use"), comparison) == ["months"]


def test_sabotage_a_wrong_setting_is_seen():
    assert missing_in(PAGE.replace("| `sct_beds` | beds |", "| `sct_beds` | desks |")) == ["sct_beds"]
    assert missing_in(PAGE.replace("1 to 100000", "1 to 1000")) == ["patients_per_year"]
    assert missing_in(PAGE.replace("`none`, `daily`, `weekly`", "`none`, `daily`")) == ["meeting"]
