#!/usr/bin/env python3
"""Export, adapters and distillation: other tools compute the same results from the files.

    python3 test/finetune/run.py --build=build --models=models [--all] [--filter=REGEX]
"""

import pathlib
import sys

for folder in ("support", "onnx-nodes"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
import harness  # noqa: E402
import distilling  # noqa: E402
import exporting  # noqa: E402
import lora  # noqa: E402

if __name__ == "__main__":
    sys.exit(harness.main(__doc__, exporting.group, lora.group, distilling.group))
