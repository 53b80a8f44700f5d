"""Compares optimizers, losses, groups, schedules, clipping and accumulation with PyTorch's runs of
mlp-digits (data/recipes.json, made by make_recipes.py). A second plan that repeats launches must
give equal bits. (The model is too small for budgets: test/robustness has those.)
"""

import json
import pathlib
import re

import numpy as np

import tensors
from harness import check, metrics

MODEL = "mlp-digits/model.onnx"
REFERENCE = json.loads((pathlib.Path(__file__).parent / "data" / "recipes.json").read_text())
FLOOR = 2e-6
CLASSES = 10


def data(tools, folder, target):
    """Writes the digits with the labels that the loss needs."""
    path = tools.models / "mlp-digits" / "data.safetensors"
    if target == "classes":
        return path
    arrays, _ = tensors.read(path)
    hot = np.eye(CLASSES, dtype=np.float32)[arrays["labels"]]
    soft = (0.9 * hot.astype(np.float64) + 0.1 / CLASSES).astype(np.float32)
    made = folder / "data.safetensors"
    tensors.write(made, {"x": arrays["x"], "labels": hot if target == "onehot" else soft})
    return made


def train(tools, folder, program, weights, entry, rows, name):
    """Trains; returns the lines of metrics and the bytes of the last checkpoint."""
    tools.expect([program, f"--data=safetensors:{rows}", f"--steps={REFERENCE['steps']}",
                  f"--weights={weights}", f"--metrics={folder}/{name}-metrics.jsonl",
                  f"--save={folder}/{name}-end.safetensors", *entry["run"]])
    return metrics(folder / f"{name}-metrics.jsonl"), (folder / f"{name}-end.safetensors").read_bytes()


def compare(what, got, expected, tolerance):
    check(len(got) == len(expected), f"{len(got)} {what}, expected {len(expected)}")
    worst = 0
    for step, (a, b) in enumerate(zip(got, expected), 1):
        error = abs(a - b) / abs(b)
        check(error <= tolerance, f"step {step}: {what}: expected {b:.9g}, got {a:.9g}, deviation "
              f"{error:.3g}, tolerance {tolerance:.3g}")
        worst = max(worst, error)
    return worst


def check_recipe(tools, name):
    entry = REFERENCE["recipes"][name]
    folder = tools.folder(name)
    rows = data(tools, folder, entry["target"])
    free = tools.compile(MODEL, folder / "free", *entry["options"])
    weights = f"{free}.safetensors"
    lines, checkpoint = train(tools, folder, free, weights, entry, rows, "free")
    tolerance = max(10 * entry["f32_deviation"], FLOOR)
    worst = compare("losses", [line["loss"] for line in lines], entry["losses"], tolerance)
    if "norms" in entry:
        compare("norms", [line["gradient_norm"] for line in lines], entry["norms"], 1e-5)
    if "rates" in entry:
        compare("rates", [line["lr"] for line in lines], entry["rates"], 1e-8)
    other = tools.compile(MODEL, folder / "other", "--checkpoint=every:2", *entry["options"])
    repeated = json.loads(tools.expect([other, "--info"]).out)["recomputed_launches"]
    check(repeated > 0, "the other plan repeats nothing")
    again, same = train(tools, folder, other, weights, entry, rows, "other")
    for key in ("loss", "gradient_norm"):
        check([line.get(key) for line in again] == [line.get(key) for line in lines],
              f"the other plan: other bits of {key}")
    check(same == checkpoint, "the other plan: other bits in the checkpoint")
    return f"worst {worst:.1e} of {tolerance:.0e}; same bits with {repeated} repeated launches"


def check_resume(tools, name):
    """A run that is stopped and resumed ends with the bits of one that was not stopped."""
    entry = REFERENCE["recipes"][name]
    folder = tools.folder(f"resume {name}")
    rows = data(tools, folder, entry["target"])
    program = tools.compile(MODEL, folder / "program", *entry["options"])
    weights = f"{program}.safetensors"
    lines, whole = train(tools, folder, program, weights, entry, rows, "whole")
    command = [program, f"--data=safetensors:{rows}", *entry["run"]]
    tools.expect([*command, "--steps=7", f"--save={folder}/part.safetensors"])
    tools.expect([*command, f"--steps={REFERENCE['steps']}", f"--resume={folder}/part.safetensors",
                  f"--save={folder}/end.safetensors", f"--metrics={folder}/rest.jsonl"])
    check((folder / "end.safetensors").read_bytes() == whole, "the checkpoint has other bits")
    got = [line["loss"] for line in metrics(folder / "rest.jsonl")]
    check(got == [line["loss"] for line in lines][7:], f"other losses: {got}")
    names = [n for n in tensors.read(folder / "end.safetensors")[0] if "gradient_sum" in n]
    check(not names, f"the checkpoint holds {names}")


def check_rules(tools):
    """Every rule of OptimizerKinds.td updates a parameter in some recipe."""
    kinds = pathlib.Path(__file__).parents[2] / "dialects" / "support" / "OptimizerKinds.td"
    rules = re.findall(r'^def \w+Rule : \w+<"(\w+)">', kinds.read_text(), re.M)
    check(len(rules) > 1, f"{kinds.name} has other records than this test reads")
    used = set()
    for entry in REFERENCE["recipes"].values():
        step = tools.expect([tools.build / "bin" / "plimsoll", "compile", tools.models / MODEL,
                             "--emit=step", "-o", "-", *entry["options"]])
        used.update(re.findall(r"= nn\.(\w+) ", step.out))
    check(set(rules) <= used, f"no recipe has the rules {', '.join(sorted(set(rules) - used))}")
    return f"{len(rules)} rules"


def group(suite, tools, everything):
    suite.case("every update rule has a recipe", check_rules, tools)
    for name in REFERENCE["recipes"]:
        suite.case(f"recipe {name}", check_recipe, tools, name)
    for name in ("accumulated and clipped", "rmsprop with momentum"):
        suite.case(f"recipe {name}: resumed", check_resume, tools, name)
