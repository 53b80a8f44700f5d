"""What launches of several ops, and the choice of what is saved, change in the plans of the models here.

    ./dev bench fusion [--update-docs]

Plans each model with --fuse=none and without, for x86-64-v3 with two threads: launches of a training step,
the unconstrained arena, the smallest plan found, and the predicted step. --update-docs writes the table
into docs/performance.md. Nothing is run, so the numbers do not depend on the machine.
"""
import argparse
import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = ["--target=cpu:x86-64-v3", "--threads=2"]
MODELS = {"gpt2-nano": "", "llama-nano": "", "bert-nano": "", "t5-nano": "", "vit-nano": "model-noopt.onnx",
          "lstm-nano": "", "mamba-nano": "", "resnet-nano": "", "mobilenet-nano": "",
          "unet-nano": "--loss=mse", "detector-nano": "--loss=output:loss",
          "recommender-nano": "--loss=output:loss", "gpt2-124m": "--shape=input_ids=4x512"}
BEGIN, END = "<!-- fusion: begin -->\n", "<!-- fusion: end -->\n"


def plan(plimsoll, model, options):
    """Returns launches, MiB of the unconstrained arena and of the smallest plan, and milliseconds."""
    command = [plimsoll, "plan", model, *OPTIONS, *options]
    found = json.loads(subprocess.run([*command, "--json"], check=True, capture_output=True).stdout)
    refused = subprocess.run([*command, "--memory=1"], capture_output=True, text=True)
    smallest = int(re.search(r"smallest plan found: (\d+) bytes", refused.stderr)[1])
    return (str(found["launches"]), f"{found['arena_bytes'] / 2**20:.2f}", f"{smallest / 2**20:.2f}",
            f"{found['step_seconds'] * 1e3:.2f}")


def table(plimsoll):
    lines = ["| model | launches | arena, MiB | smallest plan, MiB | predicted step, ms |",
             "| --- | --- | --- | --- | --- |"]
    for name, extra in MODELS.items():
        file = extra if extra.endswith(".onnx") else "model.onnx"
        options = [extra] if extra.startswith("--") else []
        alone, fused = (plan(plimsoll, ROOT / "models" / name / file, [*options, f"--fuse={how}"])
                        for how in ("none", "all"))
        lines.append(f"| {name} | " + " | ".join(f"{a} → {b}" for a, b in zip(alone, fused)) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plimsoll", type=Path, required=True)
    parser.add_argument("--update-docs", action="store_true")
    options = parser.parse_args()
    text = table(options.plimsoll)
    print(text, end="")
    if options.update_docs:
        path = ROOT / "docs" / "performance.md"
        page = path.read_text()
        path.write_text(page.split(BEGIN)[0] + BEGIN + "\n" + text + "\n" + END + page.split(END)[1])


if __name__ == "__main__":
    main()
