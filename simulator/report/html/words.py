"""What is said of every comparison: what its figures are not for, and the limits of the model."""

from __future__ import annotations

NOT_FOR = (
    ("Not for a patient.", "The numbers are averages over simulated patients; they are no prognosis and no advice for "
     "anyone. Choices of treatment belong to the patient and the treating team."),
    ("Not for dosing.", "Doses and schedules are those of the arms compared, not recommendations; nothing here was "
     "checked for safety beyond SOS, early death and death in remission."),
    ("Not evidence of an effect.", "No patient was randomised. A difference is what follows from the model's "
     "numbers; it can suggest a trial and never replace one."),
    ("Not beyond the follow-up.", "The study behind the shipped numbers followed its patients for a median of 48 "
     "months (K100); beyond about 60 months every curve is extrapolated."),
    ("Not for other patients.", "The numbers come from adults with relapsed or refractory, Ph-negative B-cell "
     "ALL at one centre: not children, not T-cell or first-line disease, not other centres without a second look."),
    ("Not for other treatments.", "CAR-T cells, new antibodies after relapse, loss of antigen, quality of life "
     "and costs are not in the model."),
    ("Not for small differences.", "A narrow Monte Carlo interval makes a difference of the model visible. It does not "
     "make it large enough, or sure enough, to act upon."),
)  # fmt: skip

RANGES = (
    "Each number was set to the low and to the high end of its range, all others held and nothing fitted again, in "
    "the same patients with the same luck. The ranges of assumptions and of numbers from other evidence say where "
    "the number may well lie. The range of a fitted number is the one allowed before the fit: it shows leverage, "
    "not uncertainty, because far from its fitted value the number no longer reproduces the study. Ranges are moved "
    "one at a time; together they can do more, or less."
)

TWO_LIVES = (
    "Both lives of a patient have the same luck: the same baseline, and each risk meets the same threshold. That is "
    "the model's assumption, of which no trial can see more than one side; it is what makes the comparison precise, "
    "and it is no statement about what would have happened to a real patient."
)

READINGS = (
    "What a paper would print of each arm, in the same simulated lives. The naive contrast and the published "
    "landmark let patients wait alive for SCT (immortal time); all three compare patients selected for SCT with "
    "those who were not. Where arms differ from a reference without SCT in their SCT alone, a last column has the "
    "difference between the policies in all patients, under the model. Groups of fewer than 50 are not shown."
)
