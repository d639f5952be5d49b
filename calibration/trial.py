"""Kantarjian 2023 simulated: each arm's regimen on its own case mix, patients of many replicate trials at once."""

from __future__ import annotations

import numpy as np

from calibration.care import Care, lives, load_care
from calibration.kantarjian_2023 import SIZE
from calibration.observe import MODIFIED, ORIGINAL, Observed, observe

END_DAY = 3600.0  # past the longest follow-up, 115 months
REGIMEN = {ORIGINAL: "mini_hyper_cvd_ino", MODIFIED: "fractionated_ino_blinatumomab"}
CASE_MIX = {ORIGINAL: "kantarjian-2023-original", MODIFIED: "kantarjian-2023-modified"}
FIRST_ID = {ORIGINAL: 0, MODIFIED: 2**40}  # replicates never run out of numbers


def load_arms() -> dict[int, Care]:
    """The two arms of the trial."""
    return {arm: load_care(CASE_MIX[arm], REGIMEN[arm]) for arm in (ORIGINAL, MODIFIED)}


def simulate(parameters: np.recarray, replicates: int, seed: int, first_replicate: int = 0) -> Observed:
    """`replicates` trials, arm by arm: replicate r has rows [67 r, 67 r + 67) and then its 43 after the 67 R."""
    tables = [
        lives(care, parameters, seed, FIRST_ID[arm] + first_replicate * SIZE[arm], replicates * SIZE[arm], END_DAY)
        for arm, care in load_arms().items()
    ]
    arms = np.repeat([ORIGINAL, MODIFIED], [len(table) for table in tables])
    return observe(np.concatenate(tables).view(np.recarray), arms)


def replicate_rows(replicate: int, replicates: int) -> np.ndarray:
    """Rows of one replicate in what `simulate` returns."""
    original, modified = SIZE[ORIGINAL], SIZE[MODIFIED]
    offset = replicates * original + replicate * modified
    return np.r_[replicate * original : (replicate + 1) * original, offset : offset + modified]
