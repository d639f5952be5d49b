"""Data: scenarios by question (`*.toml`), base strategies, case mixes and parameter sets."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
