"""Factors of products in bf16: losses are as far from f32's as PyTorch's are, and a step has the same
bits at every budget."""

import json
import pathlib

import numpy as np
import reference
import tensors
from harness import check, metrics

FEW = 1
TARGET = "--target=cpu"

#: How far PyTorch with rounded factors is from PyTorch in f32 (models/export/rounded.py): the loss,
#: and all gradients as one vector.
ROUNDED = json.loads((pathlib.Path(__file__).parent / "rounded.json").read_text())


def model(title):
    return next(m for m in reference.MODELS + reference.FURTHER if m.title == title)


def train(tools, model, program, folder, steps, weights, *options):
    """Returns the losses, and the bytes of the checkpoint after the last step."""
    saved, log = folder / "end.safetensors", folder / "metrics.jsonl"
    tools.expect([program, f"--data={model.data(tools)}", f"--steps={steps}", f"--save={saved}",
                  f"--weights={weights}", f"--metrics={log}", *options])
    return [row["loss"] for row in metrics(log)], saved.read_bytes()


def arenas(tools, model, target, *options):
    """Returns the arenas of all plans, the smallest first."""
    result = tools.plimsoll("plan", tools.models / model.path, target, "--sweep", "--json",
                            *model.options, *options)
    check(result.code == 0, str(result))
    return [point["arena_bytes"] for point in json.loads(result.out)["frontier"]]


def check_budgets(tools, model, folder, sizes, options, weights, few, saved):
    """The least budget and one in the middle have the losses and bits of the unconstrained
    program."""
    for size in {sizes[0], sizes[len(sizes) // 2]}:
        program = tools.compile(model.path, folder / str(size), f"--memory={size}", *options)
        found, bytes_ = train(tools, model, program, folder, FEW, weights)
        check(found == few, f"--memory={size}: other losses: {found} {few}")
        check(bytes_ == saved, f"--memory={size}: other bits in the checkpoint")


def check_distances(tools, target, title, precisions):
    """With factors rounded to bf16 or tf32, results are as far from f32 as PyTorch's; the report
    names the precision."""
    which, folder, found = model(title), tools.folder("precision-" + title), {}
    for precision in ("f32", *precisions):
        report, gradients = folder / "report.json", folder / "gradients.safetensors"
        program = tools.compile(which.path, folder / precision, f"--precision={precision}",
                                "--keep-gradients", target, f"--report={report}", *which.options)
        check(json.loads(report.read_text())["precision"] == precision, "the report names another")
        losses, _ = train(tools, which, program, folder, FEW, f"{program}.safetensors",
                          f"--dump-gradients={gradients}")
        arrays, _ = tensors.read(gradients)
        found[precision] = (losses[0], np.concatenate([g.ravel() for g in arrays.values()]))
    return "; ".join(f"{p}: {check_distance(found, p, ROUNDED[title][p])}"
                     for p in precisions)


def check_distance(found, precision, expected):
    """Compares the distance from f32 with PyTorch's, loosely: single roundings may differ, and one
    can switch a rectifier."""
    (loss, moved), (plain, gradients) = found[precision], found["f32"]
    loss = abs(loss - plain) / plain
    moved = np.linalg.norm(moved - gradients) / np.linalg.norm(gradients)
    check(0 < loss < 3 * expected["loss"] and 0.8 < moved / expected["gradients"] < 1.25,
          f"{precision}: {loss:.2e} and {moved:.2e} from f32, PyTorch's are {expected}")
    return f"loss {loss:.1e}, gradients {moved:.1e} from f32"


def check_bf16(tools, target, title):
    """Factors kept in bf16 give losses near f32's, less memory, and equal bits at every budget."""
    which, folder = model(title), tools.folder("bf16-" + pathlib.Path(title).parts[0])
    options = [reference.OPTIMIZER, target, "--precision=bf16", *which.options]
    report = folder / "free.json"
    free = tools.compile(which.path, folder / "free", f"--report={report}", *options)
    weights = pathlib.Path(f"{free}.safetensors")
    losses, saved = train(tools, which, free, folder, FEW, weights)
    apart = max(abs(loss / expected - 1) for loss, expected
                in zip(losses, which.reference(tools)["losses_f64"]))
    check(0 < apart < 2**-8, f"losses {losses}: {apart} from f32's")
    sizes, whole = arenas(tools, which, target, "--precision=bf16"), arenas(tools, which, target)
    # Of so small a model the copies of weights are as large as what it keeps for the backward pass.
    copies = json.loads(report.read_text())["weight_copy_bytes_at_peak"]
    check(sizes[-1] - copies < whole[-1],
          f"bytes: {sizes} in bf16, of which {copies} copies of weights, {whole} in f32")
    check_budgets(tools, which, folder, sizes, options, weights, losses, saved)
    return (f"losses {apart:.1e} from f32's; the same bits in {sizes[0] / 2**20:.1f} to "
            f"{sizes[-1] / 2**20:.1f} MiB, in f32 {whole[0] / 2**20:.1f} to {whole[-1] / 2**20:.1f}")


def group(suite, tools, everything):
    suite.case("narrow: mlp-digits beside PyTorch", check_distances, tools, TARGET, "mlp-digits",
               ["bf16"])
    for title in ["gpt2-nano-sdpa", "bert-nano"] + everything * ["llama-nano", "t5-nano"]:
        suite.case(f"narrow: {title}", check_bf16, tools, TARGET, title)
    suite.case("narrow: gpt2-nano-sdpa, x86-64-v3", check_bf16, tools, TARGET + ":x86-64-v3",
               "gpt2-nano-sdpa")
