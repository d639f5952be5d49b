"""The tutorial and the page on predictions: their commands run, at small size, and their names are those of today.

Rank of proof: contract.
"""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from commands import one_document
from synthetic_posterior import write_posterior

from calibration.described import FollowUp, Head, load_study, shipped_studies
from calibration.own_data import CurveFile
from calibration.quantities import names_of
from calibration.subgroups import SUBGROUPS
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
PREDICT, TUTORIAL = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("predict", "tutorial"))
SMALL = {"predict": ("--replicates", "100"), "calibrate": (), "compare": ("--patients", "200"), "parameters": ()}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


@pytest.fixture
def small(allpath, tmp_path, monkeypatch):
    """The command in a folder with the examples, a small posterior and a short fit."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    posterior = write_posterior(tmp_path / "joint.parquet", load_parameters(DEFAULT_PARAMETERS))
    monkeypatch.setattr("simulator.posterior.FILE", posterior)
    monkeypatch.setattr("calibration.own_fit.WAVES", 1)
    monkeypatch.setattr("calibration.own_fit.POOLED", 1000)
    return allpath


def run_all(command, text):
    """Every `allpath` line of the text, in order; the options of `SMALL` come last and win."""
    for line in "".join(blocks(text, "sh")).splitlines():
        words = line.split("#")[0].split()
        assert words[0] == "allpath"
        code, out, err = command(*words[1:], *SMALL[words[1]])
        assert code == 0 and out, (line, err)


def test_the_tutorial_runs(small, tmp_path, capsys):
    run_all(small, TUTORIAL)
    assert json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))["fit"]["n"] == 80
    (source,) = blocks(TUTORIAL, "python")
    exec(source, {})
    assert "80" in capsys.readouterr().out


def test_the_excerpt_is_of_the_example():
    (shown,) = blocks(TUTORIAL, "text")
    assert (ROOT / "examples" / "my_curve.csv").read_text(encoding="utf-8").startswith(shown)


def test_the_page_on_predictions_runs(small, tmp_path):
    (block,) = blocks(PREDICT, "toml")
    (tmp_path / "my_study.toml").write_text(block, encoding="utf-8")
    assert load_study(tmp_path / "my_study.toml").patients == 60
    run_all(small, PREDICT)
    assert (tmp_path / "predicted" / "prediction.json").is_file()


def missing_names(text, form):
    """Keys, names and settings of today that the page lacks."""
    words = set(re.findall(r"`([\w.]+)`", text))
    needed = {*Head.model_fields, *(f"follow_up.{key}" for key in FollowUp.model_fields)} - {"follow_up"}
    needed |= {*names_of([24], 4), *SUBGROUPS, *shipped_studies(), *form, *form["variance_shares"]["os_24"]} - {
        "patients"
    }
    return sorted(name for name in needed if name not in words and name.replace("_", " ") not in text)


def test_every_name_is_on_the_page(small, tmp_path):
    (block,) = blocks(PREDICT, "toml")
    (tmp_path / "my_study.toml").write_text(block, encoding="utf-8")
    code, out, _ = small("predict", "my_study.toml", "--replicates", "100", "--json")
    form = one_document(out)
    assert code == 0 and missing_names(PREDICT, form) == []
    assert missing_names(PREDICT.replace("`sos_after_sct_rate`", "").replace("`lost", "`los"), form) == [
        "sos_after_sct_rate"
    ]
    assert all(f"`{key}`" in TUTORIAL for key in CurveFile.model_fields)


def test_the_example_says_what_it_was_made_with():
    study = tomllib.loads((ROOT / "examples" / "my_study.toml").read_text(encoding="utf-8"))
    assert set(study["fit"]) <= set(load_parameters(DEFAULT_PARAMETERS).values)
