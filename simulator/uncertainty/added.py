"""A comparison with the uncertainty of its parameters and of what the evidence cannot tell."""

from __future__ import annotations

from dataclasses import replace

from simulator.comparison import Comparison
from simulator.parameters import load_parameters
from simulator.posterior import Posterior, load_posterior
from simulator.runner import Progress
from simulator.uncertainty.decision import decision_month, refuse_without_os
from simulator.uncertainty.propagation import DRAWS, propagate
from simulator.uncertainty.result import APART, uncertainty_of


def add_uncertainty(
    comparison: Comparison,
    *,
    posterior: Posterior | None = None,
    draws: int | None = None,
    decision: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """The comparison with `uncertainty`, which is also the key `posterior` of its summary.

    `posterior`: by default the shipped one; `decision`: `os_<month>`, by default the report month nearest 36.
    `PosteriorError` or `ScenarioError` where it cannot be done; equal inputs give equal bytes for any `workers`.
    """
    scenario = comparison.scenario
    posterior = posterior or load_posterior(load_parameters(scenario.parameters))
    refuse_without_os(scenario)
    month = decision_month(scenario, decision)
    found = propagate(
        scenario, posterior, draws=posterior.checked(draws, DRAWS), month=month, workers=workers, progress=progress
    )
    uncertainty = uncertainty_of(found, comparison.summary, month)
    told = {"uncertainty": APART, "posterior": uncertainty.summary}
    return replace(comparison, summary=comparison.summary | told, uncertainty=uncertainty)
