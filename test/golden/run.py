#!/usr/bin/env python3
"""Checks that no bit of any program changes unnoticed, with a table of programs and their results.

    run.py --build=BUILD [--all] [--filter=REGEX] [--update]

For models of the tree, in several variants and at three budgets each, golden.json has the losses
of twenty steps as the program wrote them, a hash of the checkpoint's tensors, the arena, the
launches and the planned cost. A build must give the same. If it does not, find the reason; if it
is a good one, `--all --update` writes the table again, and the commit says why.

Results that depend on the instruction set are recorded for x86-64-v3, whose kernels are the same
on every machine, and for x86-64-v4, which needs a machine that has it. The emulator runs fewer
steps.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "support"))
import harness  # noqa: E402
import tensors  # noqa: E402
from harness import check  # noqa: E402

TABLE = pathlib.Path(__file__).with_name("golden.json")
CORPUS = f"tokens:{ROOT}/models/data/corpus.bin"
#: Places on the frontier from the smallest arena to the unconstrained one.
BUDGETS = {"smallest": 0.0, "middle": 0.5, "unconstrained": 1.0}
STEPS = {"x86-64-v3": 20, "x86-64-v4": 20, "emulator": 2}
TARGETS = {"x86-64-v3": "--target=cpu:x86-64-v3", "x86-64-v4": "--target=cpu:x86-64-v4",
           "emulator": "--target=cuda:emulator"}

CPU, EMULATOR = ("x86-64-v3", "x86-64-v4"), ("emulator",)
Case = collections.namedtuple("Case", "model data options targets brief", defaults=([], CPU, False))


def own(model):
    return f"safetensors:{ROOT}/models/{model}/data.safetensors"


#: Cases that are `brief` also run in `./dev test` without --all, on one target.
CASES = {
    "mlp-digits": Case("mlp-digits/model.onnx", own("mlp-digits"), [], CPU + EMULATOR, True),
    "mlp-dropout": Case("mlp-dropout/model-train.onnx", own("mlp-digits"),
                        ["--optimizer=sgd,momentum=0.9"], CPU + EMULATOR),
    "gpt2-nano": Case("gpt2-nano/model.onnx", CORPUS),
    "gpt2-nano, clipped and accumulated": Case(
        "gpt2-nano/model.onnx", CORPUS, ["--optimizer=lion", "--accumulate=3", "--clip=norm:0.5",
                                         "--loss=cross-entropy,label-smoothing=0.1"]),
    "gpt2-nano, adapters": Case("gpt2-nano/model.onnx", CORPUS, ["--lora=attn,rank=4,alpha=8"]),
    "mlp-digits, 8-bit state": Case("mlp-digits/model.onnx", own("mlp-digits"),
                                    ["--optimizer=rmsprop,momentum=0.9,state=8bit",
                                     "--allow=precision"], CPU + EMULATOR),
    "gpt2-nano, 8-bit state": Case("gpt2-nano/model.onnx", CORPUS,
                                   ["--optimizer=adamw,state=8bit", "--allow=precision"]),
    "llama-nano": Case("llama-nano/model.onnx", CORPUS, ["--optimizer=rmsprop"]),
    "llama-nano, bf16": Case("llama-nano/model.onnx", CORPUS, ["--precision=bf16"], EMULATOR),
    "bert-nano": Case("bert-nano/model.onnx", own("bert-nano")),
    "vit-nano": Case("vit-nano/model-noopt.onnx", own("vit-nano")),
    "t5-nano": Case("t5-nano/model.onnx", own("t5-nano")),
    "lstm-nano": Case("lstm-nano/model.onnx", CORPUS, ["--optimizer=adagrad"]),
    "mamba-nano": Case("mamba-nano/model.onnx", CORPUS),
    "mobilenet-nano": Case("mobilenet-nano/model.onnx", "synthetic"),
    "resnet-nano": Case("resnet-nano/model.onnx", "synthetic", [], CPU + EMULATOR),
    "unet-nano": Case("unet-nano/model.onnx", own("unet-nano"), ["--loss=mse"]),
    "recommender-nano": Case("recommender-nano/model.onnx", own("recommender-nano"),
                             ["--loss=output:loss"]),
    "detector-nano": Case("detector-nano/model.onnx", own("detector-nano"), ["--loss=output:loss"]),
}


def digest(checkpoint):
    """Returns a hash of every tensor's name, type, shape and bytes; the metadata is left out."""
    arrays, _ = tensors.read(checkpoint)
    hashed = hashlib.sha256()
    for name in sorted(arrays):
        hashed.update(f"{name} {arrays[name].dtype} {arrays[name].shape} ".encode())
        hashed.update(arrays[name].tobytes())
    return hashed.hexdigest()


def loss_text(metrics):
    """Returns the losses as the program printed them, without rounding by a parser."""
    lines = metrics.read_text().splitlines()
    found = [json.loads(line, parse_float=str) for line in lines]
    return " ".join(str(line["loss"]) for line in found if "loss" in line)


def machine_has(target):
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    return target != "x86-64-v4" or {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= set(flags)


def arenas(tools, case, target):
    """Returns the arenas of the frontier, the smallest first."""
    path = tools.models / case.model
    sweep = tools.expect([tools.build / "bin" / "plimsoll", "plan", path, "--threads=2", "--sweep",
                          "--json", TARGETS[target], *case.options])
    return [point["arena_bytes"] for point in json.loads(sweep.out)["frontier"]]


def measure(tools, case, target, place):
    """Measures one row of the table."""
    folder = tools.folder("golden")
    sizes = arenas(tools, case, target)
    budget = sizes[round(place * (len(sizes) - 1))]
    report = folder / "report.json"
    program = tools.compile(case.model, folder / "train", TARGETS[target], *case.options,
                            f"--memory={budget}", f"--report={report}")
    saved, metrics = folder / "saved.safetensors", folder / "metrics.jsonl"
    tools.expect([program, f"--data={case.data}", f"--steps={STEPS[target]}", f"--save={saved}",
                  f"--metrics={metrics}"])
    plan = json.loads(report.read_text(), parse_float=str)
    return {"budget_bytes": budget, "arena_bytes": plan["arena_bytes"],
            "launches": plan["launches"], "recomputed_launches": plan["recomputed_launches"],
            "step_seconds": plan["step_seconds"], "losses": loss_text(metrics),
            "checkpoint": digest(saved)}


def compare(tools, table, update, name, case, target, place):
    row = measure(tools, case, target, BUDGETS[place])
    key = f"{name} | {target} | {place}"
    if not update:
        check(key in table, "the table has no such row: write it with --all --update")
        for field, expected in table[key].items():
            check(row[field] == expected, f"{field} was\n      {expected}\n    and is\n      {row[field]}")
    table[key] = row
    if update:
        TABLE.write_text(json.dumps(table, indent=1) + "\n")
    return f"{row['arena_bytes']} bytes, {row['launches']} launches"


def same_bits(table, name, target):
    """Checks that one program has the same bits at all its budgets."""
    rows = [table[key] for key in (f"{name} | {target} | {place}" for place in BUDGETS) if key in table]
    for field in ("losses", "checkpoint"):
        check(len({row[field] for row in rows}) <= 1, f"{field} differ between budgets")


def wanted(case, target, options):
    if not machine_has(target) or target not in case.targets:
        return False
    return options.all or (case.brief and target == "x86-64-v3")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--all", action="store_true", help="every row")
    parser.add_argument("--filter", default="", help="regular expression of the cases to run")
    parser.add_argument("--update", action="store_true", help="write the rows instead of comparing them")
    options = parser.parse_args()
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    tools, suite = harness.Tools(options.build, ROOT / "models"), harness.Suite(options.filter)
    try:
        for name, case in CASES.items():
            for target in TARGETS:
                if not wanted(case, target, options):
                    continue
                for place in BUDGETS:
                    suite.case(f"{name}, {target}, {place}", compare, tools, table, options.update,
                               name, case, target, place)
                suite.case(f"{name}, {target}, the same bits", same_bits, table, name, target)
        return suite.finish()
    finally:
        tools.remove()


if __name__ == "__main__":
    sys.exit(main())
