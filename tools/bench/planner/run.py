#!/usr/bin/env python3
"""Prints what plimsoll-plan reaches on published instances, beside the targets.

    run.py --plan=build/bin/plimsoll-plan --data=FOLDER [--effort=normal] [--large]
           [--update-docs]

FOLDER holds `packing/*.csv`, `remat/*.json` or both; its
README says where they come from. Every plan is checked with `plimsoll-plan check`.
Seconds are those of the search; MiB is the peak resident size of the whole process, in
which the operating system includes the fork of this program, about 15 MiB.
--update-docs writes the table of packings into docs/benchmarks.md.
"""

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- packing: begin -->\n", "<!-- packing: end -->\n"

# The targets: the best known height as a ratio to the lower bound (packing), and the
# added run time in percent (recomputation).
PACKING_TARGETS = {
    "minimalloc-D": 1026048 / 986112,
    "minimalloc-J": 1041408 / 989184,
    "somas-pangu_2.6B": 1.0250,
    "iopddl-S_1": 1.0063,
}
REMAT_TARGETS = [
    ("rlg-n250", 0.9, 0.91), ("rlg-n250", 0.8, 4.3),
    ("rlg-n1000", 0.9, 0.69), ("rlg-n1000", 0.8, 2.9),
    ("ResNet50-256", 0.9, 0.11), ("ResNet50-256", 0.8, 0.28), ("ResNet50-256", 0.5, 1.51),
    ("MobileNet-512", 0.5, 1.64),
    ("vgg_unet-32", 0.8, 1.99), ("vgg_unet-32", 0.5, 6.97),
    ("fcn_8_vgg-32", 0.8, 0.14),
]


def plan(arguments, instance, output, check=()):
    """Runs plimsoll-plan. Returns its JSON and its peak size in MiB, or None if no plan fits."""
    command = [*arguments, str(instance), "--json", "-o", str(output)]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        run = subprocess.Popen(command, stdout=out, stderr=errors)
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if run.returncode == 3:
            return None
        if run.returncode != 0:
            raise SystemExit(errors.read())
        row = json.load(out)
    checked = subprocess.run([arguments[0], "check", str(instance), str(output), *check],
                             capture_output=True, text=True)
    if checked.returncode != 0:
        raise SystemExit(f"{instance}: the plan is not valid\n{checked.stderr}")
    row["mib"] = usage.ru_maxrss / 1024
    return row


def packing(options, folder, scratch):
    """Yields the lines of the table of published instances."""
    yield "| instance | buffers | height | lower bound | ratio | aim | proven | seconds | MiB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    ratios = []
    for instance in sorted(folder.glob("*.csv")):
        with instance.open() as file:
            buffers = sum(1 for line in file if line.strip()) - 1
        row = plan([options.plan, "pack", f"--effort={options.effort}"], instance,
                   scratch / "packed.csv")
        ratio = row["height"] / max(1, row["lower_bound"])
        if instance.stem.startswith("minimalloc"):
            ratios.append(ratio)
        aim = PACKING_TARGETS.get(instance.stem, 1)
        yield (f"| {instance.stem} | {buffers} | {row['height']} | {row['lower_bound']} "
               f"| {ratio:.4f} | {aim:.4f} | {'yes' if row['proven'] else 'no'} "
               f"| {row['seconds']:.2f} | {row['mib']:.0f} |")
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        yield f"\nminimalloc: geometric mean {mean:.4f} (aim 1.0084)"
    yield ""


def large(options, scratch):
    """Yields the lines of the table of random instances."""
    yield "| random buffers | ratio | seconds | MiB |"
    yield "| --- | --- | --- | --- |"
    for count in (100_000, 1_000_000):
        numbers = random.Random(1)
        instance = scratch / "random.csv"
        with instance.open("w") as file:
            file.write("id,lower,upper,size\n")
            for i in range(count):
                start = numbers.randrange(count)
                end = start + 1 + int(numbers.expovariate(1 / 200))
                file.write(f"{i},{start},{end},{64 * numbers.randrange(1, 10_000)}\n")
        row = plan([options.plan, "pack", f"--effort={options.effort}"], instance,
                   scratch / "packed.csv")
        yield (f"| {count} | {row['height'] / row['lower_bound']:.4f} "
               f"| {row['seconds']:.2f} | {row['mib']:.0f} |")
    yield ""


def show(lines):
    """Prints each line as it comes, and returns all of them as one text."""
    text = ""
    for line in lines:
        print(line, flush=True)
        text += line + "\n"
    return text


def update_docs(text):
    """Writes the text between its marks; if the page lacks them, below a new heading."""
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if BEGIN not in page:
        page += ("\n## Packing\n\n`./dev bench planner --large --update-docs` writes this: one "
                 "core, default effort; \"aim\"\nis the best ratio to the lower bound (the most "
                 "bytes alive at one time) that was\npublished for the instance.\n\n"
                 + BEGIN + END)
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + text + END + after)


def recomputation(options, folder, scratch):
    print("| graph | budget | added % | aim | bound | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for graph, budget, aim in REMAT_TARGETS:
        instance = folder / f"{graph}.json"
        if not instance.exists():
            continue
        row = plan([options.plan, "remat", f"--effort={options.effort}", f"--budget={budget}"],
                   instance, scratch / "sequence.json", [f"--budget={budget}"])
        if row is None:
            print(f"| {graph} | {budget} | no plan | {aim} | | |")
            continue
        print(f"| {graph} | {budget} | {row['tdi_percent']:.3f} | {aim} "
              f"| {row['bound_percent']:.3f} | {row['seconds']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plan", required=True, help="the plimsoll-plan to run")
    parser.add_argument("--data", required=True, type=pathlib.Path, help="folder of instances")
    parser.add_argument("--effort", default="normal", choices=["fast", "normal", "max"])
    parser.add_argument("--large", action="store_true", help="also 1e5 and 1e6 random buffers")
    parser.add_argument("--update-docs", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        text = ""
        if (options.data / "packing").is_dir():
            text += show(packing(options, options.data / "packing", pathlib.Path(scratch)))
        if options.large:
            text += show(large(options, pathlib.Path(scratch)))
        if options.update_docs:
            update_docs(text)
        if (options.data / "remat").is_dir():
            recomputation(options, options.data / "remat", pathlib.Path(scratch))


if __name__ == "__main__":
    main()
