"""The page of a sweep: the same judges as the page of a comparison, and its own numbers.

Rank of proof: contract.
"""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_html import Reader, alone, red, sections_in, whole

from simulator.report.style import percent, plain, span
from simulator.sweep import attribution, load_sweep, run_sweep
from simulator.sweep.result import lines_of
from simulator.sweep.store import identity_of, write_outputs

SECTIONS = ["figures", "points", "optimum", "neighbours", "attribution", "limits", "again"]
BAND = 300
HEAD = """
question = "How long, & is 4 < 12 weeks?"
population = "kantarjian-2023"
horizon_months = 36
report_months = [12, 36]
patients = 600
seed = 7
base = "mini_hyper_cvd_ino"
[[axes]]
key = "transplant.minimum_interval_weeks"
values = [4, 12, 20]
"""
TEXTS = {
    "one_line": HEAD,
    "series": HEAD
    + """
[[series]]
name = "delay"
[[series]]
name = "stop"
title = "InO stopped"
[series.transplant]
interval_act = "stop_ino_early"
""",
    "levels": HEAD
    + """
[[axes]]
name = "conditioning"
[[axes.levels]]
name = "mild"
[axes.levels.transplant.conditioning]
regimen = "stated"
myeloablative = false
[[axes.levels]]
name = "hard"
[axes.levels.transplant.conditioning]
regimen = "stated"
alkylators = 2
thiotepa = true
""",
    "worlds": HEAD
    + """
[[axes]]
key = "parameters.transplant_log_factor"
values = [-1.8, -0.2]
""",
}


@pytest.fixture(scope="module", params=TEXTS)
def made(request, tmp_path_factory):
    """With a band, whatever set the kept draws were made for."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "my.toml").write_text(TEXTS[request.param], encoding="utf-8")
    sweep = load_sweep(folder / "my.toml")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(attribution, "fingerprint", lambda _: attribution.load_draws().parameter_values)
        result = run_sweep(sweep, workers=1, attribution_patients=BAND)
    assert result.band is not None
    return page_of(result, folder / "run")


def page_of(result, folder, asked=None):
    folder.mkdir()
    write_outputs(folder, result, asked or identity_of(result.sweep, BAND))
    return SimpleNamespace(result=result, folder=folder, html=(folder / "report.html").read_text(encoding="utf-8"))


def words_of(html):
    return " ".join(" ".join(Reader(html).words).replace("−", "-").split())


def rows_of(html):
    """Cells of each table row that has several."""
    rows = []
    for part in html.split("<tr")[1:]:
        cells = part.split("</tr>")[0]
        texts = [each.split("</t")[0] for each in cells.split("<t")[1:] if each[:1] in "hd"]
        rows.append([words_of(f"<p{each}</p>") for each in texts])
    return rows


# Judges


def shows_every_point(html, summary):
    """OS and SOS of every point with their intervals; SCT and the delivered interval with its quartiles."""
    rows, month = rows_of(html), str(summary["month"])

    def cell(one):
        return f"{percent(one)} {span(one['low'], one['high'], 1, 100)}"

    wanted = []
    for one in summary["points"]:
        weeks = one["interval_weeks"]
        wanted.append([cell(one["os"][month]), cell(one["sos"]["any"])])
        wanted.append([cell(one["sct"]), f"{plain(weeks)} {span(weeks['lower_quartile'], weeks['upper_quartile'])}"])
    for cells in wanted:
        assert any(set(cells) <= set(row) for row in rows), cells


def shows_every_neighbour(html, summary):
    rows = rows_of(html)
    for row in (row for row in summary["neighbours"] if row["endpoint"] == "os"):
        cell = f"{percent(row['value'], 2, True)} {span(row['low'], row['high'], 2, 100, True)}".strip()
        factor = "–" if row["variance_reduction"] is None else f"{plain(row['variance_reduction'])}x"
        assert any(cell in each and factor in each for each in rows), (cell, factor)


def answers(html, result):
    """The highest OS with its interval and its place, or that there is none; attribution said apart."""
    words = words_of(html.split('class="answer"')[1].split("<dl")[0])
    summary = result.summary
    if result.optimum is not None:
        best = next(one for one in summary["points"] if one["point"] == summary["optimum"]["best"])
        os = best["os"][str(summary["month"])]
        assert f"{percent(os)} % ({span(os['low'], os['high'], 1, 100)})" in words
        assert f"{best['minimum_interval_weeks']:g} weeks" in words.split(f"with {percent(os)} %")[0]
    else:
        assert "numbers that nobody can choose" in words
    ends = summary["attribution"]["ends"]
    most = max(ends, key=lambda end: end["os"]["high"] - end["os"]["low"])["os"]
    assert f"between {percent(most['low'], 1, True)} and {percent(most['high'], 1, True)} points" in words
    signs = sum(end["os"]["low"] <= 0 <= end["os"]["high"] for end in ends)
    assert ("whether it is a gain is open" in words) == (signs > 0)


def tells_the_two_uncertainties_apart(html, result):
    """Each line's change over the axis with a Monte Carlo and an attribution interval in columns of their own."""
    rows = rows_of(html)
    (head,) = [row for row in rows if "Monte Carlo, 95 %" in row]
    for end in result.summary["attribution"]["ends"]:
        os, half = end["os"], 1.959964 * end["os"]["mc_se"]
        chance = span(os["value"] - half, os["value"] + half, 1, 100, True)
        attributed = span(os["low"], os["high"], 1, 100, True)
        assert any(
            len(row) == len(head)
            and row[head.index("Monte Carlo, 95 %")] == chance
            and row[head.index("Attribution, 95 % of sets")] == attributed
            for row in rows
        ), (chance, attributed)


# What is true


def test_a_whole_page_that_stands_alone(made):
    whole(made.html)
    alone(made.html)
    assert sections_in(made.html) == SECTIONS
    assert "How long, &amp; is 4 &lt; 12 weeks?" in made.html and "`" not in words_of(made.html)


def test_its_numbers_are_those_of_the_summary(made):
    summary = json.loads((made.folder / "summary.json").read_text(encoding="utf-8"))
    shows_every_point(made.html, summary)
    shows_every_neighbour(made.html, summary)
    answers(made.html, made.result)
    tells_the_two_uncertainties_apart(made.html, made.result)
    assert all(sentence.replace("`", "") in words_of(made.html) for sentence in summary["not_identified"])


def test_the_figures_are_those_of_the_folder(made):
    drawn = list(made.folder.glob("*.svg"))
    assert made.html.count("<figure") == len(drawn) == 1
    ticks = drawn[0].read_text(encoding="utf-8").count("<use ")
    assert made.html.count("<use ") == ticks


def test_the_command_is_that_of_the_run(made):
    words = words_of(made.html.split('id="again"')[1])
    assert "allpath sweep my.toml --patients 600 --seed 7 --attribution 300" in words
    assert identity_of(made.result.sweep, BAND)["attribution"]["draws_sha256"] in words


def test_a_shipped_sweep_says_so_and_without_a_band_why(tmp_path):
    sweep = load_sweep("interval_by_act", patients=100)
    made = page_of(run_sweep(sweep, attribution_patients=0), tmp_path / "run", identity_of(sweep, 0))
    words = words_of(made.html)
    assert "The sweep is a shipped one" in words
    assert "allpath sweep interval_by_act --patients 100 --seed 20231112 --attribution 0" in words
    assert "Attribution: no band. Not asked for (--attribution 0)." in words
    assert "There is no attribution band: not asked for (--attribution 0)." in words


def test_the_same_bytes_again(made, tmp_path):
    again = page_of(made.result, tmp_path / "again")
    assert again.html == made.html


# Sabotage


def test_sabotage_other_numbers_are_seen(made):
    summary = json.loads((made.folder / "summary.json").read_text(encoding="utf-8"))
    summary["points"][-1]["sct"]["value"] += 0.1
    summary["neighbours"][0]["value"] += 0.01
    red(shows_every_point, made.html, summary)
    red(shows_every_neighbour, made.html, summary)


def test_sabotage_a_band_passed_off_as_monte_carlo_is_seen(made):
    attributed = made.result.summary["attribution"]
    ends = [end | {"os": end["os"] | {"mc_se": 0.05}} for end in attributed["ends"]]
    wrong = replace(made.result, summary=made.result.summary | {"attribution": attributed | {"ends": ends}})
    red(tells_the_two_uncertainties_apart, made.html, wrong)
    ends = [end | {"os": end["os"] | {"low": 0.3, "high": 0.9}} for end in attributed["ends"]]
    wrong = replace(made.result, summary=made.result.summary | {"attribution": attributed | {"ends": ends}})
    red(answers, made.html, wrong)


def test_sabotage_another_best_is_seen(made):
    if made.result.optimum is None:
        red(answers, made.html.replace("numbers that nobody can choose", "an optimum"), made.result)
        return
    line = next(line for line in lines_of(made.result.sweep) if made.result.optimum.best in line)
    other = next(arm for arm in line if arm != made.result.optimum.best)
    name = made.result.sweep.scenario.arms[other].name
    wrong = made.result.summary | {"optimum": made.result.summary["optimum"] | {"best": name}}
    red(answers, made.html, replace(made.result, summary=wrong))
