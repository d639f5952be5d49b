"""`--uncertainty` of the commands that simulate: what was asked for, checked before anything is simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from simulator.cli.terminal import Progress

if TYPE_CHECKING:
    from simulator.posterior import Posterior
    from simulator.scenario import Scenario

UncertaintyAsked = Annotated[
    bool,
    typer.Option("--uncertainty", help="Posterior draws too: parameters and attribution, apart from Monte Carlo."),
]
Draws = Annotated[int | None, typer.Option("--draws", metavar="N", help="Posterior draws of --uncertainty [400].")]
Decision = Annotated[
    str | None,
    typer.Option("--decision", metavar="os_MONTH", help="By what --uncertainty chooses an arm [OS nearest 36 months]."),
]


class Asked(NamedTuple):
    """Which draws of which posterior, for a decision by OS at which month."""

    posterior: Posterior
    draws: int
    month: int

    @property
    def identity(self) -> dict[str, Any]:
        """A part of the identity of the run."""
        return {"posterior_sha256": self.posterior.sha256, "draws": self.draws, "decision": f"os_{self.month}"}


def asked_for(
    scenario: Scenario, uncertainty: bool, draws: int | None, decision: str | None, *, ward: bool = False
) -> Asked | None:
    """None without --uncertainty; `ScenarioError` with all that is wrong with what was asked."""
    from simulator.scenario import Fault, ScenarioError

    if not uncertainty:
        alone = [option for option, value in (("--draws", draws), ("--decision", decision)) if value is not None]
        if alone:
            raise ScenarioError([Fault(option, what="needs --uncertainty") for option in alone])
        return None
    from simulator.parameters import load_parameters
    from simulator.posterior import load_posterior
    from simulator.uncertainty import DRAWS, decision_month, refuse_without_os

    faults = [Fault("--uncertainty", what="is of the cohort clock", allowed="--clock cohort")] if ward else []
    found: dict[str, Any] = {}
    checks: dict[str, Callable[[], Any]] = {
        "os": lambda: refuse_without_os(scenario),
        "month": lambda: decision_month(scenario, decision),
        "posterior": lambda: load_posterior(load_parameters(scenario.parameters)),
        "draws": lambda: found["posterior"].checked(draws, DRAWS) if "posterior" in found else None,
    }
    for name, check in checks.items():
        try:
            found[name] = check()
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return Asked(found["posterior"], found["draws"], found["month"])


def propagated(comparison: Any, asked: Asked, workers: int | None) -> Any:
    """The comparison under every draw, with a progress bar."""
    from simulator.uncertainty import add_uncertainty

    with Progress("posterior draws", "draws") as progress:
        return add_uncertainty(
            comparison,
            posterior=asked.posterior,
            draws=asked.draws,
            decision=asked.identity["decision"],
            workers=workers,
            progress=progress,
        )
