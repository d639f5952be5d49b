"""Sweeps: a grid over one or two fields, every point on the same patients with the same luck.

    grid         axes, series, points          points       estimates and neighbours, from counts
    axes         the axes of a file            optimum      where it lies, how flat it is
    reading      a file -> a scenario          attribution  what the evidence cannot tell, as a band
    result       all of it together            cannot_tell  sentences that belong to the differences
    words, text, figures          what people see
    page, sentences, apart        the page for readers
    show, store                   the complete form; what is kept

A sweep is one scenario whose arms are the points; `runner.run` lives it like any other.
"""

from simulator.sweep.grid import Axis, Sweep
from simulator.sweep.reading import load_sweep, shipped_sweeps
from simulator.sweep.result import SweepResult, run_sweep, sweep_of

__all__ = ["Axis", "Sweep", "SweepResult", "load_sweep", "run_sweep", "shipped_sweeps", "sweep_of"]
