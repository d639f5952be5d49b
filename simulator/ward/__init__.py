"""Strategies and resources compared where patients share them: beds, donor searches, the queue for both.

    arrivals    when patients are referred          replicate   one ward and all its patients, under every arm
    measures    what is read off a ward             comparison  over replicates: estimates, differences, tables
    answer      the same in words                   figures     waits, beds in use, survival
    folder      the run folder                      unlimited   the ordinary comparison, by the ward clock
    kept        all replicates as arrays, for the checkpoint        report      report.html

Patients of one ward are not independent of each other, wards are: one replicate is one ward with all its patients,
and every interval comes from the replicates.
"""

from simulator.ward.comparison import WardComparison, compare_wards
from simulator.ward.unlimited import compare_by_ward_clock, without_limits

__all__ = ["WardComparison", "compare_by_ward_clock", "compare_wards", "without_limits"]
