"""What each kind of validity means here and what was not validated, in words (ISPOR-SMDM, Eddy et al. 2012)."""

from __future__ import annotations

FACE = (
    "Face validity.",
    "The states, the order of treatments and the ledger of where patients go were drawn from the papers and are "
    "written down beside their sources (docs/model.md). No clinician outside the project has judged them.",
)
INTERNAL = (
    "Internal validity.",
    "The fitted rows, each once: whether the published value lies in the middle 95 % of studies simulated at draws of "
    "the posterior. This checks the optimiser and the code, not the model. Rows that a parameter of their own can "
    "always meet stand apart. That the code does what is written is the matter of the tests.",
)
JOINT = (
    "Joint fit of a study.",
    "Many small misfits that no single row shows: residuals of all rows of a study, against those of studies simulated "
    "at the fit and fitted again under the same priors. A small p means that the model cannot make such a study; one "
    "near 1 that the published rows agree with it more closely than chance allows.",
)
CROSS = (
    "Cross validity.",
    "One block of rows is left out, everything else is fitted again, and the block is predicted: draws of that fit, a "
    "study of the published size for each. Rows that were never fitted belong to the block of their kind.",
)
EXTERNAL = (
    "External validity.",
    "Not counted. Every study was used in the fit; leaving out a whole study (Wudhikarn 2022, Jabbour 2024) is the "
    "nearest to it, and both come from large American centres, one of them from that of Kantarjian 2023. Four trials "
    "of other groups are predicted elsewhere (docs/predict.md), on partly assumed case mixes; their results were known "
    "to the authors, and some shaped priors. Inotuzumab alone and the reverse order of antibodies are shown beside, on "
    "an assumed case mix.",
)
PREDICTIVE = ("Predictive validity.", "Not shown: no prediction was registered before a study reported.")
NOT_VALIDATED = (
    ("The effect of SCT.", "Landmark rows are predicted as the selected groups they are; no row randomises SCT."),
    ("What lowered SOS.", "Interval, dose, ursodiol and conditioning changed together; a block predicted is no cause."),
    ("After five years.", "No study follows most of its patients longer; later relapse and death rest on priors."),
    ("Other patients.", "Children, frontline treatment, and centres without early SCT are in no study."),
    ("CAR-T, resources, queues.", "Nothing printed by these studies speaks to them."),
    ("Independence of rows.", "Rows of one study share patients: a share inside is no binomial proportion of its n."),
)
KINDS = (FACE, INTERNAL, JOINT, CROSS, EXTERNAL, PREDICTIVE)
