"""README, guide, model description and example say what is true today.

Rank of proof: contract. Each judge is shown a wrong text at the end of this file.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import test_cli as forms

import simulator as ap
from calibration.catalogue import ROLES, lines, load_catalogue, load_readings, load_sources
from calibration.coverage import coverage_json, source_json
from calibration.provenance import provenance
from simulator.cli import app
from simulator.compiled import COMPILER_OFF
from simulator.population import Population
from simulator.scenario import json_schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
README, GUIDE, MODEL = PAGES["README.md"], PAGES["docs/guide.md"], PAGES["docs/model.md"]
FORMS = PAGES["docs/json.md"]


# Judges: each gives what is wrong with a text


def blocks(text, language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def dead_links(text, folder):
    """Links to files that are not there, or to headings that no such file has."""
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        if target.startswith("http"):
            continue
        name, _, heading = target.partition("#")
        page = (folder / name).read_text(encoding="utf-8") if (folder / name).is_file() else text
        if not (folder / name).exists() or (heading and heading not in anchors(page)):
            dead.append(target)
    return dead


def anchors(text):
    """Headings as links to them are written."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, flags=re.M)
    }


def commands():
    """Command -> its options."""
    import typer.main

    return {
        name: {option for parameter in each.params for option in parameter.opts}
        for name, each in typer.main.get_command(app).commands.items()
    }


def wrong_commands(text):
    """`allpath …` calls in a text whose command or option does not exist."""
    known, wrong = commands(), []
    calls = re.findall(r"(?:^|`|\s)\.?/?allpath +(--help|[a-z]+)([^`\n|#]*)", "\n".join(code(text)))
    assert calls or "allpath " not in text
    for name, rest in calls:
        if name in ("--help", "test"):
            continue
        options = re.findall(r"--[a-z-]+", rest)
        if name not in known or not set(options) <= known[name] | {"--help"}:
            wrong.append(f"allpath {name}{rest}")
    return wrong


def code(text):
    """All that is set as code: fenced blocks and words in backticks."""
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.M | re.S) + re.findall(r"`(allpath [^`]+)`", text)


def unknown_paths(text):
    """Paths in backticks that the house does not have."""
    rooms = "simulator|scenarios|calibration|tests|docs|examples"
    found = re.findall(rf"`((?:{rooms})/[\w./-]*)`", text)
    return [path for path in found if not (ROOT / path).exists()]


def unknown_ids(text):
    """K…, W…, X…, DER… that the catalogue does not have, and readings that are not written down."""
    known = {row for source in load_sources() for row in load_catalogue(source)} | set(load_readings())
    return sorted(set(re.findall(r"\b(?:(?:[KWJHNX]|DER)\d{3}|[ABC]\d{1,2})\b", text)) - known)


def settings():
    """(section, key) -> schema of every strategy setting."""
    schema = json_schema()["$defs"]
    arm = schema["Arm"]["properties"]
    for section, node in arm.items():
        for key, each in schema.get(node.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {}).items():
            if "$ref" not in each:
                yield (section, key), each
            else:
                for inner, field in schema[each["$ref"].rsplit("/", 1)[-1]]["properties"].items():
                    yield (f"{section}.{key}", inner), field


def missing_settings(text):
    """Settings that the guide's table lacks, or gives with another unit or other bounds."""
    rows, section = {}, ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| **`["):
            section = cells[0].strip("*`[]")
        elif line.startswith("| `") and section and len(cells) == 5:
            for key in re.findall(r"`(\w+)`", cells[0]):
                rows[section, key] = cells
    wrong = []
    for place, node in settings():
        cells = rows.get(place)
        item = node.get("items", {})
        unit = node.get("unit") or item.get("unit", "")
        words = [f"`{each}`" for each in (node.get("enum") or item.get("enum") or ())]
        bounds = item if "minimum" in item else node
        if "minimum" in bounds:
            words.append(f"{bounds['minimum']:g} to {bounds['maximum']:g}")
        if node.get("type") == "boolean":
            words.append("true, false")
        if cells is None or cells[1] != unit or not all(word in cells[2] for word in words if not see_section(cells)):
            wrong.append(".".join(place))
    return wrong + [".".join(place) for place in rows if place not in dict(settings())]


def see_section(cells):
    """A row that refers to another section for what is allowed."""
    return cells[2].startswith("section")


def part(printed, first, last):
    """The lines from the one that begins with `first` up to the one that begins with `last`, which is left out."""
    lines = [line.rstrip() for line in printed.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.lstrip().startswith(first))
    return lines[start : next(start + place for place, line in enumerate(lines[start:]) if line.startswith(last))]


def excerpt(printed):
    """What the README shows of an answer."""
    lines = [
        *part(printed, "OS at", "SCT only if"),
        "…",
        *part(printed, "* cumulative", "SCT only if high-risk"),
        "…",
        *part(printed, "The causal effect of SCT", "Intervals are"),
    ]
    return "\n".join(lines).rstrip() + "\n"


def printed_today():
    from simulator.report import answer

    return answer(ap.compare(ap.load_scenario("sct_vs_no_sct", patients=20_000)), width=80)


def machine_paths(text):
    return re.findall(r"(?:/home|/root|/tmp|/srv|/Users|[A-Z]:\\)[\w/\\]*", text)


def missing_forms(text):
    """Columns of the CSV files and keys of the JSON forms that the guide and the page on JSON do not name."""
    rows = dict(re.findall(r"^\| `(\w+)\.csv` \| (.+?) \|$", text, flags=re.M))
    wrong = []
    for name, columns in forms.COLUMNS.items():
        told = rows.get(name, "").split(";")[0]
        if name != "delivered" and told.split(", ") != columns.split():
            wrong.append(f"{name}.csv")
    told = set(re.findall(r"`(\w+)`", text.partition("# JSON\n")[2]))
    ends = (*forms.FROM_DAY_1, *forms.FROM_REMISSION, *forms.INCIDENCE_FROM_DAY_1, *forms.INCIDENCE_FROM_REMISSION)
    keys = {*forms.TOP, *ends, "sos", "sct", "any", "severe", "fatal", *forms.AT_ONCE, *forms.IN_REMISSION, "nnt"}
    return (
        wrong
        + sorted((keys | set(forms.ROW.split())) - told)
        + sorted(name for name in forms.FIGURES if f"`{name}`" not in text)
    )


def missing_evidence(text):
    """Sources, roles and disagreements that the page on evidence lacks or gives otherwise."""
    empty = {"": "(empty)"}
    rows = [
        f"| {one['id']} | {one['field']} | {empty.get(one['here'], one['here'])} | "
        f"{empty.get(one['third_opinion'], one['third_opinion'])} | {one['why']} |"
        for one in lines("disagreements")
    ]
    listed = [line for line in text.splitlines() if re.match(r"\| [A-Z]+\d{3} \| ", line)]
    missing = [f"`{word}`" for word in (*load_sources(), *ROLES) if f"`{word}`" not in text]
    return missing + sorted(set(rows) ^ set(listed))


# What is true


@pytest.mark.parametrize("name", PAGES)
def test_pages(name):
    text = PAGES[name]
    assert dead_links(text, (ROOT / name).parent) == []
    assert wrong_commands(text) == []
    assert unknown_paths(text) == []
    assert unknown_ids(text) == []
    assert machine_paths(text) == []
    assert len(text.splitlines()) <= 250


def test_every_setting_is_in_the_guide():
    assert missing_settings(GUIDE) == []


def test_the_forms_are_in_the_guide():
    assert missing_forms(GUIDE + FORMS) == []


def test_the_page_on_evidence_is_complete():
    assert missing_evidence(PAGES["docs/evidence.md"]) == []
    told = set(re.findall(r"`(\w+)`", FORMS.partition("**`evidence --json`**")[2]))
    whole, one = coverage_json(), source_json("jabbour-2024")
    row = provenance("jabbour-2024", "J012")
    assert told >= {*whole, *whole["sources"][0], *one, *one["rows"][0], *row}


def test_top_level_keys_case_mixes_and_acts_are_in_the_guide():
    for key in json_schema()["properties"]:
        assert re.search(rf"^\| `(\[\[)?{key}(\]\])?` ", GUIDE, flags=re.M), key
    acts = dict(settings())["transplant", "interval_act"]["enum"]
    policies = dict(settings())["transplant", "policy"]["enum"]
    assert all(f"| `{act}` |" in GUIDE for act in acts) and all(f"- `{policy}`:" in GUIDE for policy in policies)
    mixes = {path.stem for path in (ROOT / "scenarios" / "populations").glob("*.toml")}
    strategies = {path.stem for path in (ROOT / "scenarios" / "strategies").glob("*.toml")}
    assert all(f"`{name}`" in GUIDE for name in mixes | strategies)


def test_the_shipped_scenarios_have_their_page():
    page = PAGES["docs/scenarios.md"]
    told = set(re.findall(r"\*\*`(\w+)`\*\*", page))
    assert told == dict(ap.shipped_scenarios()).keys()


def test_scenarios_in_the_texts_load(tmp_path):
    (whole,) = [block for block in blocks(README, "toml") if "arms" in block]
    (tmp_path / "my.toml").write_text(whole, encoding="utf-8")
    scenario = ap.load_scenario(tmp_path / "my.toml")
    assert [arm.strategy.transplant.max_age_years for arm in scenario.arms] == [55.0, 75.0]
    assert len([line for line in whole.splitlines() if line.strip()]) <= 10
    (mix,) = blocks(GUIDE, "toml")
    changed = whole.replace('population = "kantarjian-2023"\n', "") + mix
    (tmp_path / "mix.toml").write_text(changed, encoding="utf-8")
    assert ap.load_scenario(tmp_path / "mix.toml").population.salvage_2 == 0.0
    assert set(re.findall(r"^(\w+) =", mix, flags=re.M)) - {"base"} <= set(Population.model_fields)


def test_settings_in_shell_lines_load():
    (line,) = [line for block in blocks(GUIDE, "sh") for line in block.splitlines() if "--set" in line]
    pairs = [pair.strip("'") for pair in re.findall(r"--set ('[^']+'|\S+)", line)]
    scenario = ap.load_scenario("sct_vs_no_sct", settings=pairs)
    assert scenario.endpoints == ("os",)


def test_python_in_the_readme_runs(capsys):
    (source,) = blocks(README, "python")
    ast.parse(source)
    found = {}
    exec(source.replace("5_000", "50"), found)
    assert len(found["patients"]) == 50 and "mc_se" in capsys.readouterr().out


def test_python_of_the_run_folders_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (source,) = blocks(PAGES["docs/runs.md"], "python")
    for _ in range(2):  # a new run, then a finished one
        found = {}
        exec(source.replace("2_000", "50"), found)
        assert found["summary"]["patients"] == 50
    assert ("comparison" in found) is False


def test_the_example_runs(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    call = [sys.executable, ROOT / "examples" / "compare_policies.py"]
    shown = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert shown.returncode == 0 and shown.stderr == "", shown.stderr
    for words in ("sct_after_blinatumomab", "variance_reduction", "Kaplan-Meier of 5,000 patients", "not identified"):
        assert words in shown.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(COMPILER_OFF, reason="120,000 lives without compiler")
def test_the_excerpt_in_the_readme_is_what_the_command_prints():
    (shown,) = blocks(README, "text")
    assert "compare sct_vs_no_sct --patients 20000" in README
    assert shown == excerpt(printed_today()), "numbers have changed: python tests/unit/test_docs.py writes them"


def test_limits_are_stated_first():
    """What may not be concluded stands in the README before any command."""
    head = README.split("```")[0]
    for words in ("research tool", "causal effect of SCT", "not identified", "SOS", "point"):
        assert words in head, words


# Sabotage


def test_wrong_texts_are_seen():
    assert dead_links("[a](nowhere.md) [b](README.md#no-such) [c](#none) [d](README.md)", ROOT) == [
        "nowhere.md", "README.md#no-such", "#none",
    ]  # fmt: skip
    assert wrong_commands("`allpath compare x --patient 5` `allpath weep x` `allpath show x --json`") == [
        "allpath compare x --patient 5", "allpath weep x",
    ]  # fmt: skip
    assert unknown_paths("`simulator/cart.py` `simulator/runner.py` `tests/unit/`") == ["simulator/cart.py"]
    assert unknown_ids("K001, W164, X036, A1 and K999, W165, X253, B22") == ["B22", "K999", "W165", "X253"]
    assert machine_paths("see /home/me/allpath and /srv/x") == ["/home/me/allpath", "/srv/x"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("| 36 | 36 responders", "| 63 | 36 responders"),
        ("| `quoted` |", "| `cited` |"),
        ("`jabbour-2024`", "`jabour-2024`"),
    ],
)
def test_a_wrong_page_on_evidence_is_seen(right, wrong):
    page = PAGES["docs/evidence.md"]
    assert right in page and missing_evidence(page.replace(right, wrong)) != []


@pytest.mark.parametrize(
    ("right", "wrong", "form"),
    [
        ("month, state, share", "month, share", "occupancy.csv"),
        ("`predictive_low`", "`low_predictive`", "predictive_low"),
        ("`mrd_negative_at_response`", "`mrd_negative`", "mrd_negative_at_response"),
        ("`os_differences`", "`differences`", "os_differences"),
    ],
)
def test_a_wrong_form_is_seen(right, wrong, form):
    assert right in GUIDE + FORMS and form in missing_forms((GUIDE + FORMS).replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong", "setting"),
    [
        ("| `max_age_years` | years | 18 to 100", "| `max_age_years` | years | 18 to 90", "transplant.max_age_years"),
        ("| `max_age_years` | years |", "| `max_age_years` | months |", "transplant.max_age_years"),
        ("| `salvage_lines` |", "| `salvage_line` |", "after_relapse.salvage_lines"),
        ("`before_2017`, ", "", "setting.era"),
        ("**`[mrd]`**", "**`[nrd]`**", "mrd.assay"),
    ],
)
def test_a_wrong_setting_is_seen(right, wrong, setting):
    assert right in GUIDE and setting in missing_settings(GUIDE.replace(right, wrong))


if __name__ == "__main__":
    (old,) = blocks(README, "text")
    (ROOT / "README.md").write_text(README.replace(old, excerpt(printed_today())), encoding="utf-8")
