"""How the house writes and reads Parquet: streamed, atomic, the same bytes each time; one clear message per bad file.

Row groups hold exactly 65,536 rows, the last fewer. Every column carries its unit and meaning, every file what it
holds and of which run, so that a file which has lost its folder still says what it is. Undefined is null, never
NaN: SQL calls NaN larger than every number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_GROUP = 65_536
PREFIX = "allpath."
TYPES = {"int": pa.int64(), "float": pa.float64(), "text": pa.string()}


class Column(NamedTuple):
    """One column: `kind` is a key of TYPES, `unit` is empty for a pure number or a name."""

    name: str
    kind: str
    unit: str
    meaning: str


class ParquetError(Exception):
    """Parquet files that cannot be used; `faults` has one line per file."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def schema_of(columns: Sequence[Column], about: Mapping[str, str]) -> pa.Schema:
    """Column types with unit and meaning; `about` the file: `holds` and whatever identifies the run."""
    fields = [
        pa.field(name, TYPES[kind], metadata={"unit": unit, "meaning": meaning})
        for name, kind, unit, meaning in columns
    ]
    return pa.schema(fields, metadata={PREFIX + key: value for key, value in about.items()})


@contextmanager
def parquet_file(
    path: Path, columns: Sequence[Column], about: Mapping[str, str]
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """A new file at `path`; the caller hands over frames in order. It appears when all is written, or not at all."""
    schema = schema_of(columns, about)
    names = [column.name for column in columns]
    temporary = path.with_name(f".{path.name}.partial")  # what a kill leaves here the next writing takes over
    waiting = schema.empty_table()
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:

            def add(frame: pd.DataFrame) -> None:
                nonlocal waiting
                if list(frame.columns) != names:
                    raise ValueError(f"{path.name}: columns are not those described")
                part = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
                waiting = pa.concat_tables([waiting, part])
                while waiting.num_rows >= ROWS_PER_GROUP:
                    writer.write_table(waiting.slice(0, ROWS_PER_GROUP).combine_chunks(), ROWS_PER_GROUP)
                    waiting = waiting.slice(ROWS_PER_GROUP)

            yield add
            if waiting.num_rows:
                writer.write_table(waiting.combine_chunks(), ROWS_PER_GROUP)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def about_file(path: Path | str, holds: str | None = None) -> dict[str, str]:
    """What a file says of itself; ParquetError if it is missing, truncated, foreign or `holds` something else."""
    path = Path(path)
    try:
        found = pq.read_schema(path).metadata or {}
    except FileNotFoundError:
        raise ParquetError([f"{path}: no such file"]) from None
    except (OSError, pa.ArrowException):
        raise ParquetError([f"{path}: truncated, or not a Parquet file; write it again"]) from None
    about = {
        key.decode().removeprefix(PREFIX): value.decode()
        for key, value in found.items()
        if key.startswith(PREFIX.encode())
    }
    if "holds" not in about:
        raise ParquetError([f"{path}: not written by allpath"])
    if holds is not None and about["holds"] != holds:
        raise ParquetError([f"{path}: holds {about['holds']}, not {holds}"])
    return about


def sound_files(paths: Iterable[Path | str], holds: str) -> list[Path]:
    """The paths as given, once every one is a whole file that `holds` this; else ParquetError names each that is not.

    A query over many files stops at the first broken one, often without its name: ask here before.
    """
    sound, faults = [], []
    for path in map(Path, paths):
        try:
            about_file(path, holds)
            sound.append(path)
        except ParquetError as error:
            faults += error.faults
    if faults:
        raise ParquetError(faults)
    return sound


def read_table(path: Path | str, holds: str) -> Any:
    """The whole file as a pandas frame, null as NaN; ParquetError as in `about_file`, or if its pages are damaged."""
    about_file(path, holds)
    try:
        return pq.read_table(path).to_pandas()
    except (OSError, pa.ArrowException):
        raise ParquetError([f"{path}: damaged; write it again"]) from None
