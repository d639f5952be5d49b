"""The figures of `allpath identify`: prior and posterior ranges of every parameter, one figure for each phase."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.report.page import SMALL, axes_at, page, save, write
from simulator.report.style import COLOURS, short_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, TOP, FOOT = 0.2, 0.45, 0.75  # inches
NORMAL_975 = 1.959963985
PRIOR_COLOUR = "#BBBBBB"


def draw(data: dict[str, Any], folder: Path) -> None:
    """`forest.png` and `.svg` from the JSON of `allpath identify`."""
    with page() as figure:
        forest(figure, data["parameters"])
        save(figure, folder, "forest")


def forest(figure: Figure, parameters: list[dict[str, Any]]) -> None:
    """95 % of the prior as a grey bar from −1 to 1, 95 % of the posterior on the same scale as a line."""
    groups = [(phase, list(rows)) for phase, rows in groupby(parameters, key=lambda one: one["phase"])]
    rows = len(parameters) + 1.4 * len(groups)
    height = ROW * rows
    figure.set_size_inches(8.2, height + TOP + FOOT)
    axes = axes_at(figure, 3.6, FOOT, 3.0, height)
    axes.set(ylim=(rows, 0), xlim=(-2.05, 2.05), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.axvline(0.0, color="#E3E3E3", linewidth=0.8, zorder=0)
    y = 0.0
    for phase, mine in groups:
        y += 1.4
        name = short_name(phase)
        write(
            figure, 0.12, FOOT + height - ROW * (y - 0.35), name[0].upper() + name[1:], 9.5, weight="bold", va="center"
        )
        for one in mine:
            at = y + 0.5
            place = FOOT + height - ROW * at
            low, high = standing(one)
            colour = COLOURS[0] if one["label"] == "informed" else COLOURS[1]
            axes.plot([-1.0, 1.0], [at, at], color=PRIOR_COLOUR, linewidth=6, solid_capstyle="butt", zorder=1)
            axes.plot([low, high], [at, at], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
            axes.plot([(low + high) / 2], [at], "o", color=colour, markersize=3.5, zorder=3)
            write(figure, 0.24, place, one["name"], SMALL, va="center")
            ends = f"{one['posterior']['low']:.3g} to {one['posterior']['high']:.3g}".replace("-", "−")
            write(figure, 6.75, place, f"{ends}", 7.5, va="center")
            y += 1.0
    axes.set_xticks([-1, 0, 1], ["low", "prior", "high"])
    write(figure, 6.75, FOOT + height + 0.12, "posterior (95 %)", SMALL, va="center")
    write(
        figure, 0.12, FOOT + height + 0.12, "Grey: 95 % of the prior. Line: 95 % of the posterior.", SMALL, va="center"
    )
    words = "Blue: narrowed by 20 % or more. Orange: prior, the evidence taught next to nothing."
    write(figure, 0.12, 0.15, words, SMALL, va="center")


def standing(one: dict[str, Any]) -> tuple[float, float]:
    """95 % of the posterior in half-widths of the prior, on the working scale."""
    prior, posterior = one["prior"], one["posterior"]
    half = NORMAL_975 * prior["working_sd"]
    middle = (posterior["working_mean"] - prior["working_mean"]) / half
    width = posterior["working_sd"] / prior["working_sd"]
    return middle - width, middle + width
