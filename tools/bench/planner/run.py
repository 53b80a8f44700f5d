#!/usr/bin/env python3
"""Prints what plimsoll-plan reaches on published instances, beside what is asked of it.

    run.py --plan=build/bin/plimsoll-plan --data=FOLDER [--effort=normal] [--large]

FOLDER holds `packing/*.csv` and `remat/*.json`, whichever of them are there; its
README says where they come from. Every plan is checked with `plimsoll-plan check`.
"""

import argparse
import json
import math
import pathlib
import random
import subprocess
import tempfile

# Best heights known (packing, as a ratio to the lower bound) and run time added
# in percent (recomputation) that the project aims at.
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
    """Runs plimsoll-plan; its JSON, or None when no plan fits."""
    run = subprocess.run([*arguments, str(instance), "--json", "-o", str(output)],
                         capture_output=True, text=True)
    if run.returncode == 3:
        return None
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    checked = subprocess.run([arguments[0], "check", str(instance), str(output), *check],
                             capture_output=True, text=True)
    if checked.returncode != 0:
        raise SystemExit(f"{instance}: the plan is not valid\n{checked.stderr}")
    return json.loads(run.stdout)


def packing(options, folder, scratch):
    print("| instance | height | lower bound | ratio | aim | proven | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    ratios = []
    for instance in sorted(folder.glob("*.csv")):
        row = plan([options.plan, "pack", f"--effort={options.effort}"], instance,
                   scratch / "packed.csv")
        ratio = row["height"] / max(1, row["lower_bound"])
        if instance.stem.startswith("minimalloc"):
            ratios.append(ratio)
        aim = PACKING_TARGETS.get(instance.stem, 1)
        print(f"| {instance.stem} | {row['height']} | {row['lower_bound']} | {ratio:.4f} "
              f"| {aim:.4f} | {'yes' if row['proven'] else 'no'} | {row['seconds']:.2f} |")
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"\nminimalloc: geometric mean {mean:.4f} (aim 1.0084)\n")


def large(options, scratch):
    print("| random buffers | ratio | seconds |\n| --- | --- | --- |")
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
        print(f"| {count} | {row['height'] / row['lower_bound']:.4f} | {row['seconds']:.2f} |")
    print()


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if (options.data / "packing").is_dir():
            packing(options, options.data / "packing", pathlib.Path(scratch))
        if options.large:
            large(options, pathlib.Path(scratch))
        if (options.data / "remat").is_dir():
            recomputation(options, options.data / "remat", pathlib.Path(scratch))


if __name__ == "__main__":
    main()
