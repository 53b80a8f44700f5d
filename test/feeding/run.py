#!/usr/bin/env python3
"""What a loss reads and what a data source feeds, from the compiler to the running program.

    python3 test/feeding/run.py --build=build [--filter=REGEX]

Each claim is held against the same model written in another way, against data without what must
not count, or against numpy.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import classes  # noqa: E402
import inputs  # noqa: E402
import rows  # noqa: E402

if __name__ == "__main__":
    sys.exit(harness.main(__doc__, classes.group, rows.group, inputs.group))
