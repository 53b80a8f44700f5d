#!/usr/bin/env python3
"""Which values a loss reads and which inputs a data source feeds, in compiled programs.

    python3 test/feeding/run.py --build=build [--filter=REGEX]

Each program is compared with the same model written in another way, with data that lacks the rows
that must not count, or with numpy.
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
