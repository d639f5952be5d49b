"""The page: whole HTML, all sections, nothing from elsewhere, ids once, the summary's numbers, the same bytes.

Rank of proof: contract. Each judge is shown a wrong page at the end of this file.
"""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest
from jinja2 import UndefinedError

import simulator as ap
from calibration.kept import FOLDER, RESULTS, kept_reproduction
from simulator.comparison.influence import influence, leading
from simulator.parameters import load_parameters
from simulator.report import write_figures
from simulator.report.html import Bullets, Code, Figure, Page, Paragraph, Section, Table, write_report, written
from simulator.report.html.document import css_string, inlined, with_minus
from simulator.report.html.glance import settings
from simulator.report.html.sentences import three_sentences, turns
from simulator.report.style import percent, span
from simulator.store import identity, run_name, write_run

SECTIONS = [
    "arms", "survival", "risks", "states", "differences", "pairs", "contrasts", "published", "trust", "assumptions",
    "limits", "again",
]  # fmt: skip
SCENARIOS = {
    "two": ap.load_scenario("original_vs_modified", patients=400, seed=3),
    "six": ap.load_scenario("sct_vs_no_sct", patients=300, seed=3),
}
VOID = {"meta", "br", "hr", "img", "input", "link"}
OUTSIDE = re.compile(r"(?i)(?:https?:)?//[a-z0-9]|@import|data:|<script|<iframe|<object|<embed|<link|javascript:")


@pytest.fixture(scope="module", params=["two", "six"])
def made(request, tmp_path_factory):
    return page_of(SCENARIOS[request.param], tmp_path_factory.mktemp(request.param))


def page_of(scenario, folder):
    """A comparison with its page, as `compare` writes it."""
    comparison, moved = ap.compare(scenario), influence(scenario)
    write_figures(comparison, folder)
    kept = kept_reproduction(scenario.parameters)
    path = write_report(
        comparison, folder, identity(scenario), run_name(scenario.name, identity(scenario)), moved, kept
    )
    return SimpleNamespace(comparison=comparison, influence=moved, folder=folder, html=path.read_text(encoding="utf-8"))


class Reader(HTMLParser):
    """Elements in order, open elements, text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.faults, self.words = [], [], [], []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1] if self.open else ''}>")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


# Judges


def whole(html):
    """Elements nest, one h1, headings step down by one, every figure and table says what it is."""
    page = Reader(html)
    assert page.faults == []
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in pairwise(levels))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("figcaption") == tags.count("figure") and tags.count("caption") == tags.count("table")
    drawings = [more for tag, more in page.elements if tag == "svg"]
    assert all(more.get("role") == "img" and more.get("aria-label") for more in drawings)
    assert ("html", {"lang": "en-GB"}) in page.elements and "meta" in tags and "title" in tags


def sections_in(html):
    return [more["id"] for tag, more in Reader(html).elements if tag == "section"]


def alone(html):
    """Nothing is fetched, nothing points out of the page, every anchor is there."""
    assert not OUTSIDE.search(html), OUTSIDE.search(html)
    elements = Reader(html).elements
    ids = [more["id"] for _, more in elements if "id" in more]
    assert len(set(ids)) == len(ids), "an id twice"
    for _, more in elements:
        assert not {"src", "srcset", "action", "poster", "xlink:href"} & set(more)
        if "href" in more:
            assert more["href"].startswith("#") and more["href"][1:] in ids, more["href"]
    for name in re.findall(r"url\(([^)]*)\)", html):
        assert name.startswith("#") and name[1:] in ids, name


def answered(html, comparison):
    """The answer gives the summary's numbers of the main month, with their intervals."""
    main = leading(comparison.scenario)
    text = " ".join("".join(Reader(re.search(r'id="answer">(.*?)</div>', html, flags=re.S)[1]).words).split())
    reference = comparison.summary["arms"][comparison.scenario.reference][main.endpoint][str(main.month)]
    ends = "–".join(percent(reference[end]) for end in ("low", "high"))
    assert f"{percent(reference)} % ({ends})" in text
    found = [each[main.endpoint][str(main.month)] for each in comparison.summary["differences"].values()]
    for cell in (max(found, key=lambda cell: cell["value"]), min(found, key=lambda cell: cell["value"])):
        words = f"({span(cell['low'], cell['high'], 1, 100, True)})"
        value = percent(cell, sign=True)
        assert re.search(rf"{re.escape(with_minus(value))}( percentage points)? {re.escape(with_minus(words))}", text)
    assert f"{comparison.scenario.patients:,} simulated patients" in text


# What is true


def test_a_whole_page_with_every_section(made):
    whole(made.html)
    assert sections_in(made.html) == SECTIONS
    assert [more["href"][1:] for tag, more in Reader(made.html).elements if tag == "a"] == SECTIONS
    words = " ".join("".join(Reader(made.html).words).split())
    assert "nan" not in words.lower().split() and "None" not in words.split()
    for said in (made.comparison.scenario.question, "Parameters: not quantified.", "Not for a patient.",
                 "No patient was randomised", "joint-point"):  # fmt: skip
        assert said in words
    assert all(sentence in words for sentence in made.comparison.summary["not_identified"])


def test_the_page_stands_alone(made):
    alone(made.html)
    assert not re.search(r"/(tmp|root|home|work)/", made.html)


def test_the_answer_has_the_numbers_of_the_summary(made):
    answered(made.html, made.comparison)


@pytest.mark.slow
def test_the_same_bytes_again(made, tmp_path):
    assert page_of(made.comparison.scenario, tmp_path).html == made.html


def test_the_command_it_names_is_the_run(made):
    scenario = made.comparison.scenario
    assert f"allpath compare {scenario.name} --patients {scenario.patients} --seed {scenario.seed}" in made.html


@pytest.mark.slow
def test_a_scenario_of_ones_own_is_run_again_from_its_folder(tmp_path):
    scenario = ap.load_scenario(
        "original_vs_modified", patients=60, seed=4, settings=["horizon_months=48", "report_months=[36]"]
    )
    comparison = ap.compare(scenario)
    write_run(tmp_path / "run", scenario, comparison)
    html = page_of(scenario, tmp_path).html
    assert "allpath compare" not in html
    lines = re.search(r"<pre><code>(.*?)</code>", html, flags=re.S)[1].replace("&#34;", '"')
    code = f"{lines}\nimport json\nprint(json.dumps(comparison.summary))"
    again = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "run", capture_output=True, text=True, check=True
    )
    assert json.loads(again.stdout) == comparison.summary
    alone(html)


def test_without_a_survival_endpoint_from_day_1_and_without_figures(tmp_path):
    scenario = ap.load_scenario("original_vs_modified", patients=60, settings=['endpoints=["sos"]'])
    path = write_report(ap.compare(scenario), tmp_path, identity(scenario), "run", influence(scenario))
    html = path.read_text(encoding="utf-8")
    whole(html)
    alone(html)
    assert "neither overall nor event-free survival" in html and "No reproduction of a study is kept" in html


def test_hostile_texts_are_text():
    bad = '<script>alert("1")</script> & "quoted" \' </style> {{ 7*7 }} ü'
    page = Page(
        title=bad, run=bad, question=bad, answer=[(bad, bad)], facts=[(bad, bad)], footer=bad,
        sections=[Section("one", bad, bad, [Paragraph(bad), Bullets([(bad, bad)]), Code(bad),
                                            Table(bad, [bad, bad], [[bad], [bad, f"{bad}\n{bad}"]], note=bad),
                                            Figure("f", '<svg viewBox="0 0 9 9"><g id="a"/></svg>', bad, bad)])],
    )  # fmt: skip
    html = written(page)
    whole(html)
    assert "<script" not in html and html.count("</style>") == 1 and "49" not in html
    assert bad in "".join(Reader(html).words)


def test_drawings_share_a_page():
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" height="9pt" '
        'viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg" version="1.1"><metadata>http://x.org</metadata>'
        '<defs><clipPath id="p1"><path id="g-1"/></clipPath></defs>'
        '<use xlink:href="#g-1"/><g clip-path="url(#p1)"/></svg>'
    )
    html = written(
        Page("t", "r", "q", [], [], [Section("s", "h", "h", [Figure(name, svg, "a", "c") for name in ("one", "two")])])
    )
    alone(html)
    assert html.count('id="figure-one-p1"') == 1 and 'href="#figure-two-g-1"' in html
    assert "url(#figure-two-p1)" in html
    assert 'aria-label="&lt;b&gt;"' in inlined(svg, "one", "<b>")


def test_the_example_of_the_docs_is_a_page():
    text = (RESULTS.parent / "docs" / "report.md").read_text(encoding="utf-8")
    found = {}
    exec(re.search(r"```python\n(.*?)```", text, flags=re.S)[1], found)
    whole(found["html"])
    alone(found["html"])


def test_small_words():
    assert with_minus("from -0.6 to +1; kantarjian-2023, -41 --patients -5") == (
        "from −0.6 to +1; kantarjian-2023, −41 --patients −5"
    )
    assert css_string('a"\\</style>\n') == '"a\\000022\\00005c\\00003c\\00002fstyle\\00003e\\00000a"'


def test_what_a_template_lacks_is_an_error():
    with pytest.raises(UndefinedError):
        written(SimpleNamespace(title="t"))


def sentences(made, **changes):
    """The three sentences, with some cells of the main differences changed: arm -> (low, high)."""
    summary = json.loads(json.dumps(made.comparison.summary))
    for arm, (low, high) in changes.items():
        summary["differences"][arm]["os"]["36"] |= {"low": low, "high": high, "value": (low + high) / 2}
    scenario = made.comparison.scenario
    found, parameters = SimpleNamespace(scenario=scenario, summary=summary), load_parameters(scenario.parameters)
    return [text for _, text in three_sentences(found, leading(scenario), made.influence, parameters)]


def test_the_answer_is_three_sentences(made):
    found = sentences(made)
    assert len(found) == 3 and all(text.endswith(".") and ". " not in text for text in found)


def test_a_difference_within_chance_is_called_so(made):
    if len(made.comparison.scenario.arms) == 2:
        for ends, told in (((0.02, 0.04), False), ((-0.04, -0.02), False), ((-0.01, 0.02), True)):
            assert ("cannot tell from none" in sentences(made, modified=ends)[0]) == told
    else:
        arms = ("sct", "sct_mrd_positive", "sct_high_risk", "sct_early", "sct_after_blinatumomab")
        same = sentences(made, **dict.fromkeys(arms, (-0.04, -0.02)))[0]
        assert "all five other arms do worse" in same
        mixed = sentences(made, **dict.fromkeys(arms[:2], (0.01, 0.03)), **dict.fromkeys(arms[2:], (-0.01, 0.02)))[0]
        assert "of the five other arms two do better and three cannot be told from it" in mixed


def test_units_of_settings_are_told_once(made):
    told = {row[0] for row in settings(made.comparison).rows}
    if len(made.comparison.scenario.arms) == 2:
        assert {"Maintenance: POMP\nmonths", "Inotuzumab: first course doses\nmg/m2", "Chemotherapy: courses"} <= told
    else:
        assert {"Transplant: policy", "Transplant: MRD", "Transplant: blinatumomab courses before\ncourses"} <= told


@pytest.mark.parametrize(
    ("main_difference", "error", "told"),
    [(0.025, 0.001, True), (0.065, 0.001, False), (-0.025, 0.001, False), (-0.01, 0.001, True), (0.025, 0.02, False)],
)
def test_a_number_that_turns_the_sign_is_named(made, main_difference, error, told):
    """One number that shifts the difference by -5 or +2 points: it turns what is smaller, beyond its error."""
    arm = made.influence["arm"].iloc[0]
    row = {"parameter": "sos_log_odds", "kind": "fitted", "arm": arm, "shift_low": -0.05, "shift_high": 0.02,
           "change": 0.07, "mc_se": error, "screened_only": 0}  # fmt: skip
    main, summary = leading(made.comparison.scenario), json.loads(json.dumps(made.comparison.summary))
    ends = {"value": main_difference, "low": main_difference - 0.001, "high": main_difference + 0.001}
    summary["differences"][arm]["os"]["36"] |= ends
    found = SimpleNamespace(scenario=made.comparison.scenario, summary=summary)
    turning = turns(found, main, pd.DataFrame([row]), fitted=True)
    assert turning == ({arm: ["sos_log_odds"]} if told else {})
    assert turns(found, main, pd.DataFrame([row]), fitted=False) == {}


def test_the_kept_reproduction_is_the_kept_result_and_of_these_parameters():
    kept = kept_reproduction("joint-point")
    rows = json.loads((RESULTS / "kantarjian-2023" / "rows.json").read_text(encoding="utf-8"))
    assert kept is not None and {key: kept[key] for key in rows} == rows
    assert kept_reproduction("none_such") is None


def test_a_reproduction_of_other_numbers_is_not_shown(monkeypatch, tmp_path):
    text = (FOLDER / "joint-point.json").read_text(encoding="utf-8")
    (tmp_path / "joint-point.json").write_text(re.sub('sha256": "..', 'sha256": "zz', text), encoding="utf-8")
    monkeypatch.setattr("calibration.kept.FOLDER", tmp_path)
    assert kept_reproduction("joint-point") is None


# Sabotage


def red(judge, *arguments):
    with pytest.raises(AssertionError):
        judge(*arguments)


def test_sabotage_a_page_that_is_not_whole(made):
    for old, new in (
        ("</section>", "</div>"), ("<h2", "<h4"), ("<caption>", "<p>"), ("<figcaption>", "<p>"), ('role="img"', ""),
        ('lang="en-GB"', ""), ("</main>", ""),
    ):  # fmt: skip
        red(whole, made.html.replace(old, new, 1))


def test_sabotage_a_page_that_needs_something(made):
    alone(made.html)
    for more in (
        '<img src="x.png">', '<a href="https://example.org">x</a>', "<script>1</script>", '<link href="#arms">',
        '<p id="arms"></p>', '<a href="#nowhere">x</a>', "<style>@import 'x.css'</style>",
        '<g style="fill: url(x.svg#a)"/>', '<p style="background: url(//x.org/y)"></p>',
    ):  # fmt: skip
        red(alone, made.html.replace("</main>", more + "</main>", 1))


def test_sabotage_an_answer_of_another_run(made):
    comparison = SimpleNamespace(
        scenario=made.comparison.scenario, summary=json.loads(json.dumps(made.comparison.summary))
    )
    answered(made.html, comparison)
    main, arm = leading(comparison.scenario), comparison.scenario.reference
    comparison.summary["arms"][arm][main.endpoint][str(main.month)]["high"] += 0.002
    red(answered, made.html, comparison)
    comparison.summary = json.loads(json.dumps(made.comparison.summary))
    for each in comparison.summary["differences"].values():
        each[main.endpoint][str(main.month)]["value"] += 0.002
    red(answered, made.html, comparison)
