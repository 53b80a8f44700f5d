#!/usr/bin/env python3
"""Robustness tests: budgets, memory, kill -9, bad input, the library interface.

    python3 test/robustness/run.py --build=build --models=models [--all] [--filter=REGEX]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import bad_input  # noqa: E402
import budgets  # noqa: E402
import kill  # noqa: E402
import library  # noqa: E402
import memory  # noqa: E402
import memory_total  # noqa: E402

if __name__ == "__main__":
    sys.exit(harness.main(__doc__, budgets.group, memory.group, memory_total.group, kill.group,
                          library.group, bad_input.group))
