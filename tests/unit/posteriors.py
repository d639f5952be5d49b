"""A posterior as calibration writes it, drawn from the ranges of a parameter set: for tests only."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.parameters import load_parameters
from simulator.posterior import fingerprint
from simulator.scenario import load_scenario

SET = load_parameters(load_scenario("sct_vs_no_sct").parameters)
CAUSES = ["sos_log_odds_ursodiol", "sos_log_odds_era_from_2017", "sos_log_odds_per_four_weeks"]
TAUGHT = {"relapse_log_theta": 0.6, "transplant_death_log_theta": 0.5, "sos_log_odds": 0.3}  # shrinkage; else 0.05


def ranged():
    """Parameters with a range."""
    return [name for name, origin in SET.origins.items() if origin.low < origin.high]


def drawn(draws=200, names=None, seed=1, width=1.0):
    """(draws, P) uniform over the middle `width` of each range."""
    rng, columns = np.random.default_rng(seed), {}
    for name in names or ranged():
        origin = SET.origins[name]
        middle, half = (origin.low + origin.high) / 2, (origin.high - origin.low) / 2 * width
        columns[name] = rng.uniform(middle - half, middle + half, draws)
    return pd.DataFrame(columns)


def about(names, **changes):
    """The metadata of such a file."""
    told = {
        name: {"scale": "identity", "shrinkage": TAUGHT.get(name, 0.05), "prior_mean": 0.0, "prior_sd": 1.0,
               "posterior_mean": 0.0, "posterior_sd": 0.9, "r_hat": 1.0, "ess": 1000.0, "origin": "a test"}
        for name in names
    }  # fmt: skip
    return {
        "id": "test", "parameter_set": SET.id, "parameter_values": fingerprint(SET), "seed": 1,
        "targets_sha256": "0" * 64, "attribution": [name for name in CAUSES if name in names], "parameters": told,
        "diagnostics": {},
    } | changes  # fmt: skip


def write(path, frame=None, metadata=None, chains=2):
    """The file; `metadata` as a dict, as bytes, or False for none."""
    frame = drawn() if frame is None else frame
    metadata = about(list(frame.columns)) if metadata is None else metadata
    order = np.arange(len(frame))
    table = pa.Table.from_pandas(
        frame.assign(chain=order % chains, draw=order // chains)[["chain", "draw", *frame.columns]],
        preserve_index=False,
    )
    raw = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    table = table.replace_schema_metadata(None if metadata is False else {b"allpath": raw})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path
