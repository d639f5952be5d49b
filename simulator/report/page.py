"""The empty page and what every figure puts on it: curves, time axis, key, numbers at risk, caption.

No state of pyplot is used, settings hold inside `page` only, matplotlib is imported when something is drawn.
Places are in inches from the lower left corner.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.report.style import ArmStyle, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.19  # inches between lines of small print
SMALL = 8.5
_SETTINGS: Any = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
    "axes.axisbelow": True, "grid.color": "#E3E3E3", "grid.linewidth": 0.7, "lines.linewidth": 1.8,
    "legend.frameon": False, "legend.fontsize": 9, "legend.handlelength": 3.2, "text.parse_math": False,
    "svg.hashsalt": "allpath", "svg.fonttype": "path", "path.simplify": False, "figure.dpi": 100,
}  # fmt: skip


@contextmanager
def page() -> Iterator[Figure]:
    """An empty figure; settings hold inside the block only and no state of pyplot is used."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield Figure()


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """The PNG (160 dots per inch) and the SVG; the same bytes for the same figure. Call inside `page`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    paths[0].write_bytes(memory.getvalue())
    paths[1].write_text(svg_of(figure), encoding="utf-8", newline="\n")
    return paths


def svg_of(figure: Figure) -> str:
    """The figure as an SVG file; the same text for the same figure. Call inside `page`."""
    memory = io.StringIO()
    figure.savefig(memory, format="svg", dpi=160, facecolor="white", metadata={"Date": None})
    return memory.getvalue()


def year_ticks(last: float) -> list[int]:
    """Ticks every 12 months, or 24 beyond ten years."""
    step = 12 if last <= 120 else 24
    return list(range(0, int(last) + 1, step))


def short(title: str, most: int = 72) -> str:
    return title if len(title) <= most else title[: most - 1].rstrip() + "…"


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float, **more: Any) -> Axes:
    """Axes placed in inches."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h), **more)


def write(figure: Figure, x: float, y: float, words: str, size: float = SMALL, **more: Any) -> None:
    """Words at a place in inches."""
    figure.text(x, y, words, transform=figure.dpi_scale_trans, fontsize=size, **more)


def foot(figure: Figure, words: str) -> None:
    width = int(figure.get_size_inches()[0] * 17.2)
    write(figure, 0.12, 0.1, textwrap.fill(words, width), 7.5, va="bottom", color="#444444")


def time_axis(axes: Axes, last: float, label: str) -> None:
    axes.set(xlim=(0, last), xticks=year_ticks(last), xlabel=label)
    axes.grid(axis="y")


def curve(axes: Axes, frame: pd.DataFrame, arm: ArmStyle, many: bool = False) -> None:
    """A curve with its band; both lighter where there are many."""
    axes.fill_between(frame["month"], frame["low"].astype(float), frame["high"].astype(float),
                      color=arm.colour, alpha=0.1 if many else 0.2, linewidth=0)  # fmt: skip
    axes.plot(frame["month"], frame["value"], color=arm.colour, linestyle=arm.line, label=arm.title,
              linewidth=1.4 if many else 1.8)  # fmt: skip


def sample(figure: Figure, x: float, y: float, arm: ArmStyle) -> None:
    """A short piece of an arm's line at a place in inches."""
    from matplotlib.lines import Line2D

    line = Line2D([x, x + 0.42], [y, y], color=arm.colour, linestyle=arm.line, transform=figure.dpi_scale_trans)
    figure.add_artist(line)


def at_risk(axes: Axes, y: float, numbers: Mapping[float, float], ticks: Sequence[float]) -> None:
    """One row of numbers at risk beneath the ticks, `y` inches above the foot of the page."""
    from matplotlib.transforms import blended_transform_factory

    place = blended_transform_factory(axes.transData, axes.figure.dpi_scale_trans)
    for tick in ticks:
        axes.text(tick, y, plain(numbers.get(tick), 0), transform=place, ha="center", va="center", fontsize=SMALL)


def numbers_at(frame: pd.DataFrame, ticks: Sequence[float]) -> dict[float, float]:
    """The numbers at risk known at each tick."""
    known = frame.dropna(subset=["at_risk"])
    return {t: known[known["month"] <= t]["at_risk"].iloc[-1] for t in ticks if (known["month"] <= t).any()}
