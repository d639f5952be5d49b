"""Run folders: what was asked, what was found, and everything needed to go on after a kill at any moment.

    with open_run(folder, identity(scenario)) as run_folder:         # locked; FolderError if it holds something else
        if not run_folder.finished:
            comparison = compare(scenario, checkpoint=run_folder.checkpoint)
            run_folder.finish(lambda target: write_comparison(target, comparison))

    identity     what determines every byte      folder      open, finish, what a folder holds
    files        whole files or none             checkpoint  sums and whose sums they are
    journal      when, where, how fast; locked   tables      a comparison as JSON and CSV
    listing      the run folders there are

Every byte of a finished folder depends on the identity in run.json only, but for the journal: no date, host, worker
count or path is written elsewhere.
"""

from simulator.store.checkpoint import FileCheckpoint
from simulator.store.files import FolderError, write_csv, write_json
from simulator.store.folder import RunFolder, open_run
from simulator.store.identity import RUN, identity, marker_of, parameters_hash, run_name, sources_hash, versions
from simulator.store.tables import FRAMES, SUMMARY, write_comparison, write_run

__all__ = [
    "FRAMES",
    "RUN",
    "SUMMARY",
    "FileCheckpoint",
    "FolderError",
    "RunFolder",
    "identity",
    "marker_of",
    "open_run",
    "parameters_hash",
    "run_name",
    "sources_hash",
    "versions",
    "write_comparison",
    "write_csv",
    "write_json",
    "write_run",
]
