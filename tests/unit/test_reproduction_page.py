"""The page of a reproduction: the same judges as the page of a comparison, and its own numbers.

Rank of proof: contract.
"""

import pytest
from test_html import Reader, alone, red, sections_in, whole

from calibration.compared import inside_counts
from calibration.reproduce import ROWS, reproduce, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder, result = (
        tmp_path_factory.mktemp("reproduction"),
        reproduce("kantarjian-2023", replicates=20, seed=1, workers=1),
    )
    write(result, folder)
    return result, folder, (folder / "report.html").read_text(encoding="utf-8")


def answered(html, result):
    """Judge: the page counts what the result holds."""
    words = " ".join("".join(Reader(html).words).split())
    fitted = inside_counts(result.rows)
    assert f"Of {fitted['n']} fitted rows with a published interval {fitted['inside']} are simulated inside" in words
    predicted = [row for row in result.rows if row["role"] == "predicted"]
    inside = sum(row["inside_predictive"] for row in predicted)
    assert f"of {len(predicted)} rows that were never fitted {inside} lie within" in words
    assert all(row["id"] in words for row in result.rows) and all(
        " ".join(line["quantity"].split()) in words for line in result.ledger
    )


def test_a_whole_page_that_stands_alone(made):
    result, folder, html = made
    whole(html)
    alone(html)
    answered(html, result)
    assert sections_in(html) == ["curves", "rows", "ledger", "limits", "again"]
    assert "allpath reproduce kantarjian-2023 --replicates 20 --seed 1" in html
    assert html.count("<figure") == 6 and (folder / ROWS).is_file()


@pytest.mark.parametrize(("study", "figures"), [("wudhikarn-2022", 4), ("jabbour-2024", 1)])
def test_the_pages_of_the_other_studies(study, figures, tmp_path):
    result = reproduce(study, replicates=20, seed=1, workers=1)
    write(result, tmp_path)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    whole(html)
    alone(html)
    answered(html, result)
    assert sections_in(html) == ["curves", "rows", "ledger", "limits", "again"]
    assert f"allpath reproduce {study} --replicates 20 --seed 1" in html and html.count("<figure") == figures
    assert len(list(tmp_path.glob("fig-*.png"))) == figures
    words = " ".join("".join(Reader(html).words).split())
    assert all(f"({row['id']}) {row['published']:g} of {row['n']}" in words for row in result.comparator)


def test_sabotage_other_counts_are_seen(made):
    result, _, html = made
    rows = [row | {"inside_predictive": True, "inside_published": False} for row in result.rows]
    red(answered, html, type(result)(**{**vars(result), "rows": rows}))
