"""What a reader sees of a comparison: `answer` and `details` in the terminal, `write_figures` on paper.

Nothing here computes a result. matplotlib is imported when something is drawn.
"""

from simulator.report.figures import published_points_figure, write_figures
from simulator.report.tables import answer, details, reproduction_table

__all__ = ["answer", "details", "published_points_figure", "reproduction_table", "write_figures"]
