"""What a reproduction prints of each paper: its statistics, figures and ledger, what stands beside, and the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration import comparator, jabbour_2024, kantarjian_2023, ledger, reverse_order, wudhikarn_2022
from calibration.figures import Figures, Line, Panel, Times
from calibration.followed import Followed
from calibration.observe import Observed
from calibration.summaries import Flags, Floats
from simulator.strategy import DAYS_PER_MONTH


@dataclass(frozen=True)
class Beside:
    """Patients beside the study's own: shown, never judged.

    `times` gives the groups of a figure; where there is none, `table` is the caption of a table on the page.
    """

    trials: Callable[[np.recarray, int, int, int], list[Any]]  # parameters, seed, first replicate, replicates
    rows: Callable[[list[Any]], list[dict[str, Any]]]
    lines: Callable[[list[dict[str, Any]]], list[str]]
    times: Callable[[Any], Times]
    table: str = ""


@dataclass(frozen=True)
class Paper:
    """`statistics`, `times` and `ledger_counts` are of one replicate; `ledger` holds what was printed."""

    title: str
    statistics: Callable[[Any], dict[str, float]]
    times: Callable[[Any], Times]
    figures: Figures
    ledger: dict[str, float | None]
    ledger_counts: Callable[[Any], dict[str, float]]
    limits: tuple[tuple[str, str], ...]
    note: str
    beside: Beside | None = None


def kantarjian_times(o: Observed) -> Times:
    """Overall survival of every group, and RFS of responders."""
    responder, months, event = kantarjian_2023.relapse_free(o)
    groups = kantarjian_2023.survival_groups(o)
    found = {key: (o.follow_up_months[inside], o.dead[inside]) for key, inside in groups.items()}
    return found | {"rfs": (months[responder], event[responder])}


def in_months(times: dict[str, tuple[Floats, Flags, Flags]]) -> Times:
    """Days, events and groups as months and events of each group."""
    return {key: (days[group] / DAYS_PER_MONTH, event[group]) for key, (days, event, group) in times.items()}


def wudhikarn_times(o: Followed) -> Times:
    """Every Kaplan-Meier estimate of the 25."""
    return in_months(wudhikarn_2022.survival_times(o))


def jabbour_times(o: Followed) -> Times:
    """RFS and OS of the 26."""
    return in_months(jabbour_2024.survival_times(o))


SAME_PATIENTS = (
    "No validation by other patients.",
    "Every row is of a study that the numbers were fitted to, together with the other two.",
)
NO_PROOF = (
    "No proof of the model.",
    "Other numbers might agree as well: the fit is one point, and its rows leave much open.",
)

PAPERS = {
    kantarjian_2023.STUDY: Paper(
        "Kantarjian 2023",
        kantarjian_2023.statistics,
        kantarjian_times,
        Figures(
            (
                Panel(
                    "fig-1a",
                    "Fig. 1A overall",
                    (Line("OS", "K104", "K104", "K106"), Line("RFS from remission", "rfs", "K105", "K107")),
                ),
                Panel(
                    "fig-1b",
                    "Fig. 1B by regimen",
                    (Line("original", "K108", "K108"), Line("modified", "K109", "K109")),
                ),
                Panel(
                    "fig-1c",
                    "Fig. 1C by salvage line",
                    (Line("Salvage 1", "K115", "K115"), Line("Salvage 2+", "K116", "K116")),
                ),
                Panel(
                    "fig-1d",
                    "Fig. 1D by best MRD",
                    (Line("MRD-negative", "K118", "K118"), Line("MRD-positive", "K119", "K119")),
                ),
                Panel(
                    "fig-1e",
                    "Fig. 1E by SCT, 4-month landmark (predicted)",
                    (Line("SCT (ever)", "K147", "K147", "K145"), Line("no SCT", "K148", "K148", "K146")),
                ),
                comparator.PANEL,
            ),
            last_month=72,
            rate_month=36.0,
        ),
        ledger.PUBLISHED,
        ledger.ledger_counts,
        (
            SAME_PATIENTS,
            ("No effect of SCT.", "The landmark rows (K145–K150, K154) compare selected groups with immortal time."),
            NO_PROOF,
        ),
        "Landmark rows (K145-K150, K154) compare selected groups with immortal time; they are no effect of SCT.",
        Beside(comparator.trials, comparator.shown_rows, comparator.shown_lines, comparator.times),
    ),
    wudhikarn_2022.STUDY: Paper(
        "Wudhikarn 2022",
        wudhikarn_2022.statistics,
        wudhikarn_times,
        Figures(
            (
                Panel(
                    "fig-2",
                    "Fig. 2 OS from inotuzumab",
                    (Line("all", "W145", "W145"), Line("never transplanted after it", "W139", "W139", "W138")),
                ),
                Panel(
                    "fig-3a",
                    "Fig. 3A EFS from blinatumomab, by CD19 at its failure",
                    (
                        Line("all", "W146", "W146"),
                        Line("CD19 negative or dim", "W147", "W147"),
                        Line("CD19 positive", "W148", "W148"),
                    ),
                ),
                Panel(
                    "fig-3b",
                    "Fig. 3B OS from the failure of blinatumomab, by CD19",
                    (Line("CD19 negative or dim", "W149", "W149"), Line("CD19 positive", "W150", "W150")),
                ),
                Panel(
                    "fig-4",
                    "Fig. 4 from SCT",
                    (Line("OS", "W126", "W126"), Line("EFS", "W125", "W125")),
                ),
            ),
            last_month=48,
            rate_month=12.0,
        ),
        wudhikarn_2022.LEDGER,
        wudhikarn_2022.ledger_counts,
        (
            SAME_PATIENTS,
            (
                "No response rate of blinatumomab.",
                "Everybody in the study had failed it and had lived to receive inotuzumab; the simulated patients were "
                "selected the same way.",
            ),
            ("No effect of SCT or of CD19.", "Both groups are known only after time 0 (W138, W139, W147–W150)."),
            NO_PROOF,
        ),
        "Groups by SCT or by CD19 at failure are known only after time 0: their rows are no effects.",
        Beside(
            reverse_order.trials,
            reverse_order.shown_rows,
            reverse_order.shown_lines,
            lambda one: {},
            "The reverse order, four patients: shown, never judged; blinatumomab at the failure of inotuzumab",
        ),
    ),
    jabbour_2024.STUDY: Paper(
        "Jabbour 2024",
        jabbour_2024.statistics,
        jabbour_times,
        Figures(
            (
                Panel(
                    "fig-survival",
                    "Overall and relapse-free survival from day 1",
                    (Line("OS", "J015", "J015"), Line("RFS", "J014", "J014")),
                ),
            ),
            last_month=36,
            rate_month=24.0,
        ),
        jabbour_2024.LEDGER,
        jabbour_2024.ledger_counts,
        (
            SAME_PATIENTS,
            (
                "Little about Ph or first remission.",
                "62 % are Ph-positive and 73 % in first remission: both effects rest on priors and on these 26 (C1).",
            ),
            NO_PROOF,
        ),
        "62 % Ph-positive, 73 % in first remission: what the fit makes of both rests on priors (C1).",
    ),
}
