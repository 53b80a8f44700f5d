#!/usr/bin/env python3
"""The CUDA target without a GPU: programs on the emulator, and compiled by nvcc.

    python3 test/cuda/run.py --build=build --models=models [--all] [--filter=REGEX]
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "numeric"), str(ROOT / "support")]
import choices  # noqa: E402
import compiled  # noqa: E402
import emulated  # noqa: E402
import failures  # noqa: E402
import harness  # noqa: E402

if __name__ == "__main__":
    sys.exit(harness.main(__doc__, emulated.group, failures.group, choices.group, compiled.group))
