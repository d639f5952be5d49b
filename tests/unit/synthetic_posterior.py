"""Posterior draws for tests: each fitted parameter normal around the point set on its working scale, half of its
stated range read as 95 %, so that a prediction has all kinds of uncertainty without the shipped file."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.parameters import DEFINITIONS
from simulator.posterior import KEY, SCALES, fingerprint

ATTRIBUTION = ("sos_log_odds_per_four_weeks", "sos_log_odds_era_from_2017", "uptake_log_odds_per_frailty")
SCALE = {"probability": "logit", "days": "log"}


def write_posterior(path, point, draws=400, seed=7, share=0.5):
    """A file as calibration writes it; returns its path."""
    rng = np.random.default_rng(seed)
    columns, told = {}, {}
    for one in DEFINITIONS:
        origin, value = point.origins[one.name], point.values[one.name]
        scale = SCALE.get(one.unit, "identity")
        if (origin.kind != "fitted" and one.name not in ATTRIBUTION) or origin.high <= origin.low:
            continue
        there, back = SCALES[scale]
        tiny = 1e-6 if scale != "identity" else 0.0
        low, high = there(max(origin.low, tiny)), there(min(origin.high, 1 - tiny) if scale == "logit" else origin.high)
        sd = share * (high - low) / 3.92
        center = there(np.clip(value, tiny, 1 - tiny) if scale == "logit" else max(value, tiny) if tiny else value)
        columns[one.name] = np.clip(back(center + sd * rng.standard_normal(draws)), one.low, one.high)
        told[one.name] = {
            "prior_mean": float(center), "prior_sd": float(sd / share), "scale": scale,
            "posterior_mean": float(center), "posterior_sd": float(sd), "shrinkage": 1.0 - share,
            "r_hat": 1.0, "ess": float(draws), "origin": "synthetic",
        }  # fmt: skip
    about = {
        "id": "synthetic", "parameter_set": point.id, "parameter_values": fingerprint(point), "seed": seed,
        "targets_sha256": "", "attribution": [name for name in ATTRIBUTION if name in columns],
        "parameters": told, "diagnostics": {},
    }  # fmt: skip
    frame = pd.DataFrame({"chain": np.repeat(0, draws), "draw": np.arange(draws)} | columns)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata({KEY: json.dumps(about)})
    pq.write_table(table, path)
    return path
