"""Accept the present lives as golden: python -m tests.golden.accept [--parameters]

Say in the commit what moved them and why. --parameters also takes a fresh copy of the shipped parameter set
(needed when a parameter has been added, removed or renamed).
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import table

from simulator.parameters import PARAMETERS_FOLDER


def main(arguments):
    """Print what moved, then store it."""
    if "--parameters" in arguments or not table.PARAMETERS.exists():
        shutil.copyfile(PARAMETERS_FOLDER / "joint-point.json", table.PARAMETERS)
    now = table.rows()
    before = table.stored() if table.TABLE.exists() else []
    print(*table.moved(before, now), sep="\n")
    table.write(now)
    print(f"accepted {len(now)} lives, {table.hash_of(now)}")


if __name__ == "__main__":
    main(sys.argv[1:])
