"""The published numbers: `allpath evidence`. Knows calibration, lazily, as studies.py does."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from simulator.cli.app import app
from simulator.cli.options import AsJson
from simulator.cli.terminal import say


@app.command()
def evidence(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY",
            help="kantarjian-2023, wudhikarn-2022, jabbour-2024, allhub-2022, brown-2023, outside or derived; "
            "or the id of a row, such as K104.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the published numbers: how many are fitted, predicted or out of scope; with STUDY each with its place."""
    from calibration import coverage, provenance

    if study is not None and (source := provenance.row_source(study)) is not None:
        found = provenance.provenance(source, study)
        say(json.dumps(found, indent=1) if as_json else provenance.provenance_text(source, study))
    elif study is None:
        say(json.dumps(coverage.coverage_json(), indent=1) if as_json else coverage.coverage_text())
    else:
        say(json.dumps(coverage.source_json(study), indent=1) if as_json else coverage.source_text(study))
