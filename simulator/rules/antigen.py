"""CD19 and CD22: two densities; a failure after a drug may leave a clone that has lost the drug's antigen.

What a drug does follows the density of its antigen now (`blinatumomab`, `antibody`; `course`, `consolidation`).
"""

from simulator import draws
from simulator.compiled import compiled
from simulator.draws import uniform_pair

LOST_PERCENT = 10.0  # W006: below 20 % of cells is negative


@compiled
def begin(patient):
    """The densities of day 1."""
    patient.cd19_now_percent = patient.cd19_percent
    patient.cd22_now_percent = patient.cd22_percent


@compiled
def fail_line(patient, parameters):
    """A line has failed: each antigen may be gone if its drug has been given since the failure before."""
    blinatumomab = patient.blinatumomab_courses + patient.antibody_courses
    u_cd19, u_cd22 = uniform_pair(patient.seed, patient.id, draws.CD19_LOSS // 2, patient.line)
    if blinatumomab > patient.antigen_blinatumomab_counted and u_cd19 < parameters.cd19_loss:
        patient.cd19_lost = 1
        patient.cd19_now_percent = min(patient.cd19_now_percent, LOST_PERCENT)
    if patient.inotuzumab_mg_per_m2 > patient.antigen_inotuzumab_counted and u_cd22 < parameters.cd22_loss:
        patient.cd22_lost = 1
        patient.cd22_now_percent = min(patient.cd22_now_percent, LOST_PERCENT)
    patient.antigen_blinatumomab_counted = blinatumomab
    patient.antigen_inotuzumab_counted = patient.inotuzumab_mg_per_m2
