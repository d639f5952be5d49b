"""The other studies reproduced: the judges of `test_reproduce`, and one parameter set throughout.

Whether the numbers agree is for the calibration; here the form, the arithmetic and the luck are judged.
"""

import numpy as np
import pytest
import test_reproduce as judge

from calibration.catalogue import load_catalogue
from calibration.compared import ledger_lines
from calibration.papers import PAPERS
from calibration.reproduce import reproduce
from calibration.studies import STUDIES
from simulator.parameters import load_parameters
from simulator.scenario.model import DEFAULT_PARAMETERS

OTHERS = [name for name in STUDIES if name != judge.STUDY]
REPLICATES, SEED = 60, 11  # more than one piece of work (50)


@pytest.fixture(scope="module", params=OTHERS)
def result(request):
    return reproduce(request.param, REPLICATES, SEED, workers=2)


@pytest.fixture(scope="module")
def parameters():
    return load_parameters(DEFAULT_PARAMETERS).record()


def studies_of(name, parameters):
    """The same replicates, one by one."""
    study = STUDIES[name]
    observed = study.simulate(parameters, REPLICATES, SEED)
    return [observed.part(study.replicate_rows(r, REPLICATES)) for r in range(REPLICATES)]


def test_form(result):
    data = result.as_json()
    judge.has_the_documented_form(data, result.study)
    judge.rows_are_the_catalogue(data, load_catalogue(result.study))
    judge.verdicts_follow(data["rows"])
    judge.none_vanished(data["rows"], load_catalogue(result.study))
    assert data["parameter_set"] == DEFAULT_PARAMETERS


def test_rows_and_ledger_are_recomputed_from_the_single_studies(result, parameters):
    single = studies_of(result.study, parameters)
    assert {len(one.lives) for one in single} == {STUDIES[result.study].size}
    paper = PAPERS[result.study]
    found = [paper.statistics(one) for one in single]
    for row in result.rows:
        judge.summary_is(row, [one[row["id"]] for one in found])
    assert result.ledger == ledger_lines(paper.ledger, [paper.ledger_counts(one) for one in single])


def test_the_same_with_one_worker_and_with_two(result):
    judge.same_data(reproduce(result.study, REPLICATES, SEED, workers=1), result)


def test_another_seed_is_another_study(result):
    with pytest.raises(AssertionError):
        judge.same_data(reproduce(result.study, REPLICATES, SEED + 1, workers=2), result)


def test_every_figure_has_its_lines_and_every_curve_falls(result):
    paper = PAPERS[result.study]
    assert set(result.curves) == {panel.name for panel in paper.figures.panels}
    for panel in paper.figures.panels:
        lines = result.curves[panel.name]
        assert [line["label"] for line in lines] == [line.label for line in panel.lines if line.group]
        for line in lines:
            assert line["median"][0] == 1.0 and np.all(np.diff(line["median"]) <= 0.0), (panel.name, line["label"])
            assert np.all(line["low"] <= line["median"]) and np.all(line["median"] <= line["high"])
            assert list(line["n_at_risk"]) == list(range(0, paper.figures.last_month + 1, 12))


@pytest.mark.parametrize("name", OTHERS)
def test_a_replicate_stays_when_more_are_run(name, parameters):
    study, single = STUDIES[name], studies_of(name, parameters)
    late = study.simulate(parameters, 3, SEED, first_replicate=50)
    for r in range(3):
        part = late.part(study.replicate_rows(r, 3))
        assert part.lives.tobytes() == single[50 + r].lives.tobytes()
        np.testing.assert_array_equal(part.follow_up_days, single[50 + r].follow_up_days)


def test_no_patient_is_in_two_studies(parameters):
    ids = [STUDIES[name].simulate(parameters, REPLICATES, SEED).lives.id for name in STUDIES]
    together = np.concatenate(ids)
    assert len(np.unique(together)) == len(together)


def test_printed_points_of_the_figures_are_rows_of_the_catalogue():
    for name, paper in PAPERS.items():
        rows = load_catalogue(name)
        for panel in paper.figures.panels:
            for line in panel.lines:
                assert line.rate == "" or rows[line.rate].unit == "%"
                assert line.median == "" or rows[line.median].quantity.startswith("median")
                if line.rate:
                    assert f"{paper.figures.rate_month:g} months" in rows[line.rate].quantity, line.rate
