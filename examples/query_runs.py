"""Results of many runs together: SQL over their Parquet files, by DuckDB.

    python examples/query_runs.py results/runs              # every run folder in it
    python examples/query_runs.py runs/one runs/other       # or these run folders

Needs `pip install 'allpath[query]'`. Files that are truncated or foreign are named, and nothing is printed. For the
second table make the runs with `allpath compare ... --patient-tables N`.
"""

import sys
from pathlib import Path

import duckdb

from simulator.parquet import ParquetError, sound_files

MONTH = 36

SURVIVAL = f"""
    SELECT parse_path(filename, 'both_slash')[-2] AS run, scenario, arm, patients,
           round(100 * value, 1) AS os_percent, round(100 * low, 1) AS low, round(100 * high, 1) AS high
    FROM read_parquet($files, filename = true, union_by_name = true)
    WHERE kind = 'estimate' AND endpoint = 'os' AND month = {MONTH}
    ORDER BY scenario, arm, run
"""

# The same patients under two arms of a run: patient numbers join them.
SAME_PATIENTS = """
    WITH lives AS (
        SELECT parse_path(filename, 'both_slash')[-2] AS run,
               regexp_extract(parse_filename(filename), '^patients_(.*)[.]parquet$', 1) AS arm, *
        FROM read_parquet($lives, filename = true, union_by_name = true)
    ), asked AS (
        SELECT DISTINCT parse_path(filename, 'both_slash')[-2] AS run, reference
        FROM read_parquet($files, filename = true, union_by_name = true)
    )
    SELECT run, one.arm, other.arm AS reference, one.line_at_entry AS salvage_line, count(*) AS patients,
           round(avg(one.os_months - other.os_months), 2) AS months_gained,
           round(100 * avg((one.os_months > other.os_months)::INT), 1) AS longer_percent,
           round(100 * avg((one.os_months < other.os_months)::INT), 1) AS shorter_percent
    FROM lives AS one JOIN lives AS other USING (run, patient) JOIN asked USING (run)
    WHERE other.arm = asked.reference AND one.arm <> other.arm
    GROUP BY ALL ORDER BY ALL
"""


def files_of(folders: list[Path], pattern: str) -> list[Path]:
    """The files of run folders, or of the run folders one level down."""
    found = [path for folder in folders for path in (*folder.glob(pattern), *folder.glob(f"*/{pattern}"))]
    return sorted({path.resolve() for path in found})


def main(folders: list[Path]) -> int:
    """The exit code."""
    try:
        # one truncated file breaks a whole query, and DuckDB does not say which: look at all of them before
        results = sound_files(files_of(folders, "results.parquet"), "results")
        patients = sound_files(files_of(folders, "patients_*.parquet"), "patients")
    except ParquetError as error:
        print(error, file=sys.stderr)
        return 2
    if not results:
        print(f"no results.parquet in {', '.join(map(str, folders)) or 'no folder'}", file=sys.stderr)
        return 2
    if len({path.parent.name for path in results}) < len(results):
        print("two run folders of one name; the name tells runs apart", file=sys.stderr)
        return 2
    # nothing is fetched from the net: what these queries need is built in
    offline = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    database = duckdb.connect(config=offline)
    files = [str(path) for path in results]
    print(f"Overall survival at {MONTH} months, with Monte Carlo 95 % intervals; runs: {len(files)}")
    print(database.execute(SURVIVAL, {"files": files}).df().to_string(index=False))
    if patients:
        lives = [str(path) for path in patients]
        print("\nThe same patients under an arm and under the reference, up to the horizon, by salvage line at entry")
        print(database.execute(SAME_PATIENTS, {"files": files, "lives": lives}).df().to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(each) for each in sys.argv[1:]] or [Path("results/runs")]))
