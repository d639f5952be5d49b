"""Posterior draws are read as calibration wrote them, and a file that cannot be used is refused, one line a fault.

Rank of proof: contract.
"""

import json

import numpy as np
import pandas as pd
import posteriors
import pytest

from simulator.posterior import FEWEST, LEARNED, PosteriorError, load_posterior

NAMES = ["relapse_log_theta", "sos_log_odds", "graft_failure", "doubling_median_days", *posteriors.CAUSES]
SCALES = {"graft_failure": "logit", "doubling_median_days": "log"}


def frame(draws=60):
    return posteriors.drawn(draws, NAMES)


def told(**changes):
    metadata = posteriors.about(NAMES)
    for name, scale in SCALES.items():
        metadata["parameters"][name]["scale"] = scale
    return metadata | changes


def faults_of(tmp_path, rows=None, metadata=None):
    path = posteriors.write(tmp_path / "posterior" / "joint.parquet", frame() if rows is None else rows, metadata)
    with pytest.raises(PosteriorError) as refused:
        load_posterior(posteriors.SET, path)
    lines = [str(each) for each in refused.value.faults]
    assert all("\n" not in line for line in lines)
    return [line.split("posterior/joint.parquet: ")[1] for line in lines]


def test_draws_by_chain_and_draw_with_what_is_told_of_them(tmp_path):
    rows = frame()
    found = load_posterior(posteriors.SET, posteriors.write(tmp_path / "joint.parquet", rows, told()))
    assert found.names == tuple(NAMES) and found.attribution == tuple(posteriors.CAUSES)
    assert found.scales == ("identity", "identity", "logit", "log", *["identity"] * 3)
    order = np.argsort(np.arange(60) % 2, kind="stable")  # chains alternate in the file
    np.testing.assert_array_equal(found.values, rows.to_numpy()[order])
    np.testing.assert_array_equal(found.chain_and_draw[:, 0], np.repeat([0, 1], 30))
    assert found.prior == tuple(name for name in NAMES if posteriors.TAUGHT.get(name, 0.05) < LEARNED)


def test_scales_there_and_back(tmp_path):
    found = load_posterior(posteriors.SET, posteriors.write(tmp_path / "joint.parquet", frame(), told()))
    np.testing.assert_allclose(found.to_natural(found.working), found.values, rtol=1e-12)
    np.testing.assert_allclose(found.working[:, 3], np.log(found.values[:, 3]))
    np.testing.assert_allclose(found.working[:, 2], np.log(found.values[:, 2] / (1 - found.values[:, 2])))
    assert (found.to_natural(found.working + 100.0)[:, 2] <= 1.0).all()


def test_spaced_rows_span_all_chains(tmp_path):
    found = load_posterior(posteriors.SET, posteriors.write(tmp_path / "joint.parquet", frame(200)))
    rows = found.spaced(FEWEST)
    assert len(set(rows)) == FEWEST and rows[0] == 0 and rows[-1] == 199
    assert set(np.diff(rows)) == {4, 5}


@pytest.mark.parametrize("draws", [0, -1, FEWEST - 1, 61])
def test_as_many_draws_as_there_are(tmp_path, draws):
    found = load_posterior(posteriors.SET, posteriors.write(tmp_path / "joint.parquet", frame()))
    with pytest.raises(PosteriorError) as refused:
        found.checked(draws, 400)
    assert str(refused.value) == f"--draws = {draws}: allowed 50 to 60 draws"


def test_without_a_number_the_usual_one_or_all_there_are(tmp_path):
    found = load_posterior(posteriors.SET, posteriors.write(tmp_path / "joint.parquet", frame()))
    assert (found.checked(None, 400), found.checked(None, 55), found.checked(58, 55)) == (60, 55, 58)


def test_a_file_that_is_not_there_or_not_whole(tmp_path):
    path = tmp_path / "posterior" / "joint.parquet"
    with pytest.raises(PosteriorError, match="no such file"):
        load_posterior(posteriors.SET, path)
    posteriors.write(path, frame())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PosteriorError, match="truncated, or not a Parquet file"):
        load_posterior(posteriors.SET, path)


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        (False, "metadata allpath: missing, allowed a JSON object"),
        (b"{", "metadata allpath: not JSON, allowed a JSON object"),
        (b"[]", "metadata allpath: list, allowed a JSON object"),
    ],
)
def test_metadata_that_cannot_be_read(tmp_path, metadata, fault):
    assert faults_of(tmp_path, metadata=metadata) == [fault]


def test_every_key_of_the_metadata_that_is_needed(tmp_path):
    metadata = {key: value for key, value in told(attribution="sos").items() if key not in ("id", "parameters")}
    assert faults_of(tmp_path, metadata=metadata) == [
        "metadata allpath.id: missing, allowed a JSON string",
        "metadata allpath.attribution: allowed a JSON array",
        "metadata allpath.parameters: missing, allowed a JSON object",
    ]


def test_draws_for_other_values(tmp_path):
    (fault,) = faults_of(tmp_path, metadata=told(parameter_values="0123456789abcdef"))
    asked = posteriors.fingerprint(posteriors.SET)
    assert fault == (
        f"parameter_values = 0123456789abcdef: made for other values of {posteriors.SET.id}, "
        f"allowed {asked}, those of {posteriors.SET.id}"
    )


def test_all_faults_of_columns_at_once(tmp_path):
    rows = frame().drop(columns="sos_log_odds").assign(relapse_log_theta=np.nan, no_such=1.0)
    rows.loc[3, "graft_failure"] = 1.5
    metadata = told(attribution=["sos_log_odds"])
    metadata["parameters"]["doubling_median_days"] = {"scale": "square", "shrinkage": 0.1}
    metadata["parameters"][posteriors.CAUSES[0]]["shrinkage"] = None
    found = faults_of(tmp_path, rows, metadata)
    assert found[:2] == ["column sos_log_odds: missing", "attribution = sos_log_odds: no column of this name"]
    assert found[2].startswith("column relapse_log_theta = nan: allowed ")
    assert found[3] == "column graft_failure = 1.5: allowed 0 to 0.5 (probability)"
    assert [line.split(":")[0] for line in found[4:]] == [
        "column doubling_median_days", f"column {posteriors.CAUSES[0]}", "column no_such",
    ]  # fmt: skip


def test_a_value_that_has_none_on_its_scale(tmp_path):
    rows = frame().assign(graft_failure=0.0)
    assert faults_of(tmp_path, rows, told()) == ["column graft_failure = 0: has no value on its scale (logit)"]


def test_no_draws(tmp_path):
    assert faults_of(tmp_path, frame().iloc[:0])[0] == "0 draws of 7 parameters, allowed at least one of each"
    nothing = pd.DataFrame(index=range(5))
    assert faults_of(tmp_path, nothing, posteriors.about([])) == [
        "5 draws of 0 parameters, allowed at least one of each"
    ]


def test_text_where_numbers_belong(tmp_path):
    (fault,) = faults_of(tmp_path, frame().assign(sos_log_odds="low"), told())
    assert fault.startswith("column sos_log_odds = nan: allowed ")


def test_sabotage_a_changed_file_is_another_posterior(tmp_path):
    one = load_posterior(posteriors.SET, posteriors.write(tmp_path / "one.parquet", frame()))
    metadata = json.loads(json.dumps(told()))
    two = load_posterior(posteriors.SET, posteriors.write(tmp_path / "two.parquet", frame(), metadata | {"seed": 2}))
    assert one.sha256 != two.sha256
