"""What a sweep reports: its points are the arms of a comparison, its neighbours the comparison's pairs.

Rank of proof: agreement with `compare` and with patient tables, exactly; the optimum on counts made by hand.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from simulator import counts as tally
from simulator.comparison.paired import paired_proportions
from simulator.endpoints import Endpoint
from simulator.parameters import PARAMETERS_FOLDER
from simulator.runner import run
from simulator.store import FolderError, open_run
from simulator.sweep import attribution, load_sweep, run_sweep
from simulator.sweep.optimum import deaths_by_group, optimum, within
from simulator.sweep.points import coincident, quartiles, steps
from simulator.sweep.result import lines_of
from simulator.sweep.store import identity_of, write_sweep
from simulator.sweep.text import answer
from simulator.trajectory import lives, patients_table

N = 3_000
TEXT = """
question = "How long?"
population = "kantarjian-2023"
horizon_months = 36
report_months = [12, 36]
patients = 3000
seed = 7
base = "mini_hyper_cvd_ino"
[[axes]]
key = "transplant.minimum_interval_weeks"
values = [0, 1, 12]
"""
SERIES = """
[[series]]
name = "delay"
[series.transplant]
interval_act = "delay_sct"
[[series]]
name = "stop"
[series.transplant]
interval_act = "stop_ino_early"
"""


def sweep_of_text(folder, text):
    path = folder / "my.toml"
    path.write_text(text, encoding="utf-8")
    return load_sweep(path)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return sweep_of_text(tmp_path_factory.mktemp("sweep"), TEXT + SERIES)


@pytest.fixture(scope="module")
def result(sweep):
    return run_sweep(sweep, attribution_patients=1_000)


def test_a_point_is_the_same_arm_in_a_comparison_and_a_pair_its_pair(sweep, result):
    """Every count of both arms, and every count of the pair, for every pair of neighbours."""
    scenario = sweep.scenario
    names = [arm.name for arm in scenario.arms]
    for row, (here, there) in enumerate(scenario.pairs):
        arms = tuple(scenario.arms[names.index(name)] for name in (there, here))
        alone = run(replace(scenario, arms=arms, reference=there, pairs=()), workers=1)
        for field in ("tallies", "events", "groups", "occupancy", "strata", "delivered"):
            both = getattr(result.counts, field)[[names.index(there), names.index(here)]]
            assert np.array_equal(both, getattr(alone, field)), (field, here)
        for field in ("pairs", "restricted", "lives", "unlike_remissions"):
            assert np.array_equal(getattr(result.counts, field)[row], getattr(alone, field)[1]), (field, here)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("transplant_log_factor", (-1.5, -0.2)),  # acts after remission: the life up to it is shared
        ("sos_log_odds", (-3.0, 0.0)),  # read on day 1
        ("unfit_log_odds_per_decade", (0.0, 1.5)),  # the baseline itself
    ],
)
def test_a_parameter_of_an_arm_is_that_parameter_in_the_set(tmp_path, name, values):
    text = TEXT[: TEXT.index("[[axes]]")] + f'[[axes]]\nkey = "parameters.{name}"\nvalues = {list(values)}\n'
    scenario = sweep_of_text(tmp_path, text).scenario
    together = run(scenario, workers=1)
    assert not np.array_equal(together.events[0], together.events[1])
    data = json.loads((PARAMETERS_FOLDER / f"{scenario.parameters}.json").read_text(encoding="utf-8"))
    for arm, value in enumerate(values):
        data["parameters"][name]["value"] = value
        path = tmp_path / f"set-{arm}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        alone = replace(scenario.arms[arm], parameters={})
        counts = run(replace(scenario, arms=(alone,), reference=alone.name, pairs=(), parameters=str(path)), workers=1)
        for field in ("tallies", "events", "occupancy", "strata", "delivered"):
            assert np.array_equal(getattr(together, field)[arm], getattr(counts, field)[0]), (field, value)


def test_delivered_treatment_is_that_of_the_patient_table(sweep, result):
    for arm, one in enumerate(sweep.scenario.arms):
        table = patients_table(replace(sweep.scenario, horizon_months=120), one.name, N)
        sct = table[~table["transplant_month"].isna()]
        numbers = result.summary["points"][arm]
        weeks = sct["transplant_interval_weeks"]
        for key, share in (("lower_quartile", 0.25), ("value", 0.5), ("upper_quartile", 0.75)):
            assert numbers["interval_weeks"][key] == pytest.approx(weeks.quantile(share), abs=1.01 / 7)
        assert numbers["dose_before_sct_mg_per_m2"]["value"] == pytest.approx(
            sct["inotuzumab_mg_per_m2"].quantile(0.5, interpolation="lower"), abs=0.011
        )
        assert numbers["blinatumomab_courses"]["value"] == pytest.approx(table["blinatumomab_courses"].mean())
        early = table[table["transplant_month"] <= 36]["transplant_month"]
        assert numbers["sct_month"]["value"] == pytest.approx(early.median(), abs=1 / 30)


def test_every_plan_ends_once(sweep, result):
    """Planned = done in first remission + relapsed + died + lapsed, counted from the records."""
    for arm, one in enumerate(sweep.scenario.arms):
        table = lives(sweep.scenario, one.name, N)
        planned = table.donor_ready_day < np.inf
        done = table.transplant_day < np.where(np.isnan(table.relapse_day), np.inf, table.relapse_day)
        counts = result.counts.tallies[arm]
        ends = counts[[tally.RELAPSED_WAITING, tally.DIED_WAITING, tally.PLAN_LAPSED]].sum()
        assert counts[tally.SCT_PLANNED] == planned.sum()
        assert ends + (planned & done).sum() == planned.sum()
        waited = planned & ~done & (table.transplant_planned_day < np.inf)
        assert counts[tally.RELAPSED_WAITING] == (waited & ~np.isnan(table.relapse_day)).sum() > 0


def test_a_minimum_below_what_the_wait_takes_anyway_is_said_to_do_nothing(sweep, result):
    """Nobody has SCT within a week of InO: 0 and 1 weeks are the same lives."""
    assert coincident(sweep, result.counts) == [["delay_0", "delay_1"], ["stop_0", "stop_1"]]
    assert [floor["points"] for floor in result.summary["interval_floor"]] == [
        ["delay_0", "delay_1"], ["stop_0", "stop_1"],
    ]  # fmt: skip
    text = answer(result, 100)
    assert "No outcome counted here differs: 0 weeks (delay), 1 week (delay)." in " ".join(text.split())
    same = result.neighbours.query("point == 'delay_1' and endpoint == 'os'").iloc[0]
    assert (same["value"], same["lives_changed"]) == (0.0, 0.0)


def test_neighbours_give_the_paired_difference_and_its_variance_reduction(sweep, result):
    rows = result.neighbours
    row = rows[(rows["point"] == "delay_12") & (rows["endpoint"] == "os")].iloc[0]
    pair = sweep.scenario.pairs.index(("delay_12", "delay_1"))
    months = [12, 36]
    numbers = paired_proportions(result.counts.pairs[pair, Endpoint.OS, months.index(36)], survival=True)
    assert row["against"] == "delay_1"
    assert {key: row[key] for key in numbers} == numbers
    by_name = {point["point"]: point["os"]["36"]["value"] for point in result.summary["points"]}
    assert row["value"] == pytest.approx(by_name["delay_12"] - by_name["delay_1"])
    assert row["variance_reduction"] > 5
    assert len(rows) == 4 * len(sweep.scenario.pairs)


# The optimum, on counts made by hand


def deaths(*totals, noise=0):
    """(P, 256) deaths per group: `totals` in each, and the first `noise` groups one more under odd points."""
    table = np.repeat(np.array(totals)[:, None], 256, axis=1)
    table[1::2, :noise] += 1
    return table


def test_without_noise_only_the_best_is_the_best():
    found = optimum(deaths(60, 50, 51, 70), 256 * 100, range(4))
    assert (found.best, found.os) == (1, 0.5)
    assert found.loss == pytest.approx([0.1, 0.0, 0.01, 0.2])
    assert found.half_width == pytest.approx([0.0] * 4)
    assert found.indistinguishable == found.as_good == found.surely_as_good == [1]


def test_what_differs_by_noise_only_is_not_told_apart():
    """Two points with the same deaths, each in other groups; a third far off."""
    table = deaths(50, 50, 80)
    table[0, :32] += 1
    table[1, 100:132] += 1
    found = optimum(table, 256 * 100, range(3))
    assert found.best == 0  # the first of equals
    assert found.indistinguishable == [0, 1]
    assert found.surely_as_good == [0, 1]
    # 3 pairs, two-sided: what lies beyond the factor is 0.05 / 3 of Student's t with 255 degrees of freedom
    factor = found.half_width[1] / (np.sqrt(256 * np.var(table[1] - table[0], ddof=1)) / 25_600)
    beyond = 2 * quad(lambda x: (1 + x * x / 255) ** -128, factor, np.inf)[0]
    assert beyond / quad(lambda x: (1 + x * x / 255) ** -128, -np.inf, np.inf)[0] == pytest.approx(0.05 / 3)


def test_the_best_of_the_chosen_arms_only():
    found = optimum(deaths(10, 60, 50, 55), 256 * 100, [1, 2, 3])
    assert (found.best, found.arms) == (2, (1, 2, 3))


def test_the_flat_part_is_the_unbroken_run_around_the_best():
    found = optimum(deaths(500, 520, 501, 500, 499, 501, 530), 256 * 1000, range(7))
    assert found.as_good == [0, 2, 3, 4, 5]
    assert within(found, list(range(7)), found.as_good) == (2, 5)


def test_simultaneous_intervals_cover_what_was_chosen_after_looking():
    """2,000 grids of 9 equal points, 25,600 patients: the best is a false optimum in at most 5 %.

    Bonferroni over 36 pairs; under exact coverage 5 % +- 4 x 0.49 % would be the bound at 7 %. A pointwise interval
    (factor 1.97) would call another point worse in most grids, which the last line shows.
    """
    rng = np.random.default_rng(5)
    false = pointwise = 0
    for _ in range(2_000):
        found = optimum(rng.binomial(100, 0.4, (9, 256)), 25_600, range(9))
        false += len(found.indistinguishable) < 9
        pointwise += bool(np.any(found.loss > found.half_width * 1.97 / 3.24))
    assert false / 2_000 < 0.07
    assert pointwise / 2_000 > 0.3


def test_deaths_by_group_add_up_to_the_deaths(sweep, result):
    found = deaths_by_group(result.counts, 36)
    assert found.shape == (6, 256)
    assert np.array_equal(found.sum(axis=1), result.counts.events[:, Endpoint.OS].sum(axis=1))
    assert np.array_equal(
        deaths_by_group(result.counts, 12).sum(axis=1), result.counts.events[:, Endpoint.OS, : 12 * 30 + 1].sum(axis=1)
    )


def test_quantiles_of_histograms():
    histogram = np.zeros(tally.DELIVERED_BINS, np.int64)
    histogram[[10, 20]] = 50, 50
    assert quartiles(histogram, 1.0)["lower_quartile"] == 10.5
    assert quartiles(histogram, 1.0)["value"] == 11.0
    assert steps(histogram, 0.02)["upper_quartile"] == 0.4
    nothing = np.zeros(tally.DELIVERED_BINS, np.int64)
    assert set(quartiles(nothing, 1.0).values()) == set(steps(nothing, 1.0).values()) == {None}


# What is written


def test_lines_run_along_the_first_axis(sweep):
    assert lines_of(sweep) == [[0, 1, 2], [3, 4, 5]]


def test_the_answer_fits_its_width_and_says_what_it_must(result):
    for width in (80, 100, 140):
        text = answer(result, width)
        assert max(map(len, text.splitlines())) <= width
    words = " ".join(answer(result, 100).split())
    for said in (
        "Of all points: OS at 36 months is highest at",
        "hold for all pairs of the points compared in a sentence at once",
        "Monte Carlo 95 %",
        "What the evidence cannot tell", "X036", "X039", "attribution", "One step further", "at the edge of the grid",
    ):  # fmt: skip
        assert said in words, said


def test_the_folder_is_the_same_for_any_workers(sweep, result, tmp_path):
    again = run_sweep(sweep, workers=1, attribution_patients=1_000)
    first, second = (write_sweep(tmp_path / name, one, 1_000) for name, one in (("a", result), ("b", again)))
    files = {path.name for path in first.iterdir()}
    assert files == {
        "run.json", "journal.jsonl", "summary.json", "sweep.csv", "neighbours.csv", "answer.txt",
        "sweep.png", "sweep.svg", "report.html",
    }  # fmt: skip
    for name in files - {"journal.jsonl"}:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    with open_run(first, identity_of(sweep, 1_000)) as run_folder:
        assert run_folder.finished and run_folder.json() == result.summary
    with pytest.raises(FolderError, match=r"attribution\.band_patients"), open_run(first, identity_of(sweep, 500)):
        pass


def test_two_axes_are_drawn_and_written(tmp_path):
    text = TEXT + SERIES + '[[axes]]\nkey = "inotuzumab.courses"\nvalues = [1, 2]\n'
    two = sweep_of_text(tmp_path, text.replace("patients = 3000", "patients = 300"))
    found = run_sweep(two, attribution_patients=0)
    folder = write_sweep(tmp_path / "out", found, 0)
    assert {path.name for path in folder.glob("*.png")} == {"sweep_delay.png", "sweep_stop.png"}
    text = (folder / "answer.txt").read_text(encoding="utf-8")
    assert "OS at 36 months, %" in text
    assert "No attribution band: not asked for" in text
    assert max(map(len, text.splitlines())) <= 100


def test_no_band_where_the_sweep_moves_what_the_band_would_vary(tmp_path):
    text = TEXT[: TEXT.index("[[axes]]")] + '[[axes]]\nkey = "parameters.sos_log_odds"\nvalues = [-3.0, 0.0]\n'
    moved = sweep_of_text(tmp_path, text.replace("patients = 3000", "patients = 50"))
    found = run_sweep(moved)
    assert found.band is None
    assert "the sweep itself moves sos_log_odds" in found.summary["attribution"]["none"]
    draws = replace(attribution.load_draws(), parameter_values="other")
    assert "allpath attribute kantarjian-2023 --out scenarios/attribution/" in attribution.why_none(
        replace(moved.scenario, arms=()), draws
    )
    assert Path(attribution.FILE).is_file()


# The page about sweeps


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")


def test_the_page_names_every_key_and_column(result):
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## 6. JSON")[2]))
    keys = {*result.summary, *result.summary["points"][0], *result.summary["optimum"], *result.summary["attribution"]}
    assert keys - {"minimum_interval_weeks"} <= told
    rows = dict(re.findall(r"^\| `(\w+)\.csv` \| (.+?) \|$", PAGE, flags=re.M))
    assert rows["neighbours"].split(", ") == list(result.neighbours.columns)
    columns = [column for column in result.points.columns if column not in ("series", "minimum_interval_weeks")]
    assert (
        re.sub(r"^.*?: ", "", rows["sweep"]).replace("`series` and one column for each axis, ", "").split(", ")
        == columns
    )


def test_the_python_in_the_page_runs(capsys):
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.M | re.S)
    exec(compile(source.replace("2_000", "200"), "sweeps.md", "exec"), {})
    assert "delay_sct_20" in capsys.readouterr().out


def test_levels_that_are_no_numbers_are_drawn_and_told(tmp_path):
    """One axis of levels, one of them without SCT: undefined numbers are dashes, nothing is interpolated."""
    text = TEXT[: TEXT.index("[[axes]]")].replace("patients = 3000", "patients = 300")
    text += '[[axes]]\nname = "policy"\n[[axes.levels]]\nname = "none"\ntransplant.policy = "none"\n'
    text += '[[axes.levels]]\nname = "practice"\n'
    found = run_sweep(sweep_of_text(tmp_path, text), attribution_patients=100)
    folder = write_sweep(tmp_path / "out", found, 100)
    words = (folder / "answer.txt").read_text(encoding="utf-8")
    assert "–" in next(line for line in words.splitlines() if line.startswith("none"))
    assert "What the evidence cannot tell" in words
    assert (folder / "sweep.png").stat().st_size > 10_000
    assert found.band is not None
    assert np.all(found.band.sos[:, 0] == 0.0), "without SCT nothing is attributed"
