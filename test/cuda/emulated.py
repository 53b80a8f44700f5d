"""Programs for GPUs, on the emulator, have PyTorch's losses and first gradients, and the same bits
at every budget. The emulator ends a run at the first faulty access."""

import concurrent.futures
import json
import os
import pathlib

import numpy as np
import reference
import sparse
import tensors
from harness import check, metrics

STEPS, FEW = 5, 1
TARGET = "--target=cuda:emulator"


def model(title):
    return next(m for m in reference.MODELS + reference.FURTHER if m.title == title)


#: Models of every run, and further ones of --all.
USUAL = ["mlp-digits", "gpt2-nano", "gpt2-nano-dyn", "gpt2-nano-fresh", "gpt2-nano-sdpa",
         "vit-nano/model-noopt.onnx", "resnet-nano", "llama-nano", "recommender-nano"]
ALL = ["unet-nano", "bert-nano", "t5-nano", "mobilenet-nano", "lstm-nano", "mamba-nano",
       "detector-nano", "llama-nano-18", "llama-nano-dyn/model-noopt.onnx"]

#: Models with matrix products and convolutions; with attention these are all launches that round
#: factors.
PRECISE = ["mlp-digits", "resnet-nano"]

#: How far PyTorch with rounded factors is from PyTorch in f32 (models/export/rounded.py): the loss,
#: and all gradients as one vector.
ROUNDED = json.loads((pathlib.Path(__file__).parent / "rounded.json").read_text())


def train(tools, model, program, folder, steps, weights, *options):
    """Returns the losses, and the bytes of the checkpoint after the last step."""
    saved, log = folder / "end.safetensors", folder / "metrics.jsonl"
    tools.expect([program, f"--data={model.data(tools)}", f"--steps={steps}", f"--save={saved}",
                  f"--weights={weights}", f"--metrics={log}", *options])
    return [row["loss"] for row in metrics(log)], saved.read_bytes()


def arenas(tools, model, *options):
    """Returns the arenas of all plans, the smallest first."""
    result = tools.plimsoll("plan", tools.models / model.path, TARGET, "--sweep", "--json",
                            *model.options, *options)
    check(result.code == 0, str(result))
    return [point["arena_bytes"] for point in json.loads(result.out)["frontier"]]


def check_losses(model, expected, found):
    tolerance = max(10 * expected["max_rel_dev_first_10"], reference.FLOOR)
    return max(reference.deviation(model, "loss", f"step {s + 1}", loss, expected["losses_f64"][s],
                                   tolerance) for s, loss in enumerate(found))


def check_budgets(tools, model, folder, sizes, options, weights, few, saved):
    """The least budget and one in the middle have the losses and bits of the unconstrained
    program."""
    for size in {sizes[0], sizes[len(sizes) // 2]}:
        program = tools.compile(model.path, folder / str(size), f"--memory={size}", *options)
        found, bytes_ = train(tools, model, program, folder, FEW, weights)
        check(found == few, f"--memory={size}: other losses: {found} {few}")
        check(bytes_ == saved, f"--memory={size}: other bits in the checkpoint")


def check_model(tools, model):
    folder, expected = tools.folder("emulated-" + model.title), model.reference(tools)
    options = [reference.OPTIMIZER, TARGET, *model.options]
    free = tools.compile(model.path, folder / "free", "--keep-gradients", *options)
    weights = pathlib.Path(f"{free}.safetensors")
    gradients = folder / "gradients.safetensors"
    losses, _ = train(tools, model, free, folder, STEPS, weights, f"--dump-gradients={gradients}")
    worst = check_losses(model, expected, losses)
    reference.check_gradients(model, expected, gradients)
    few, saved = train(tools, model, free, folder, FEW, weights)
    check(few == losses[:FEW], "a second run has other losses")
    sizes = arenas(tools, model)
    check_budgets(tools, model, folder, sizes, options, weights, few, saved)
    return (f"losses {worst:.2f} of their tolerance; the same bits in "
            f"{sizes[0] / 2**20:.1f} to {sizes[-1] / 2**20:.1f} MiB")


def check_precision(tools, title):
    """With factors rounded to bf16 or tf32, results are as far from f32 as PyTorch's; the report
    names the precision."""
    which, folder, found = model(title), tools.folder("precision-" + title), {}
    for precision in ("f32", "tf32", "bf16"):
        report, gradients = folder / "report.json", folder / "gradients.safetensors"
        program = tools.compile(which.path, folder / precision, f"--precision={precision}",
                                "--keep-gradients", TARGET, f"--report={report}", *which.options)
        check(json.loads(report.read_text())["precision"] == precision, "the report names another")
        losses, _ = train(tools, which, program, folder, FEW, f"{program}.safetensors",
                          f"--dump-gradients={gradients}")
        arrays, _ = tensors.read(gradients)
        found[precision] = (losses[0], np.concatenate([g.ravel() for g in arrays.values()]))
    return "; ".join(f"{p}: {check_distance(found, p, ROUNDED[title][p])}"
                     for p in ("tf32", "bf16"))


def check_distance(found, precision, expected):
    """Compares the distance from f32 with PyTorch's, loosely: single roundings may differ, and one
    can switch a rectifier."""
    (loss, moved), (plain, gradients) = found[precision], found["f32"]
    loss = abs(loss - plain) / plain
    moved = np.linalg.norm(moved - gradients) / np.linalg.norm(gradients)
    check(0 < loss < 3 * expected["loss"] and 0.8 < moved / expected["gradients"] < 1.25,
          f"{precision}: {loss:.2e} and {moved:.2e} from f32, PyTorch's are {expected}")
    return f"loss {loss:.1e}, gradients {moved:.1e} from f32"


def check_bf16(tools):
    """Factors kept in bf16 give losses near f32's, less memory, and equal bits at every budget."""
    which, folder = model("gpt2-nano-sdpa"), tools.folder("bf16")
    options = [reference.OPTIMIZER, TARGET, "--precision=bf16", *which.options]
    report = folder / "free.json"
    free = tools.compile(which.path, folder / "free", f"--report={report}", *options)
    weights = pathlib.Path(f"{free}.safetensors")
    losses, saved = train(tools, which, free, folder, FEW, weights)
    apart = max(abs(loss / expected - 1) for loss, expected
                in zip(losses, which.reference(tools)["losses_f64"]))
    check(0 < apart < 2**-8, f"losses {losses}: {apart} from f32's")
    sizes, whole = arenas(tools, which, "--precision=bf16"), arenas(tools, which)
    # Of so small a model the copies of weights are as large as what it keeps for the backward pass.
    copies = json.loads(report.read_text())["weight_copy_bytes_at_peak"]
    check(sizes[-1] - copies < whole[-1],
          f"bytes: {sizes} in bf16, of which {copies} copies of weights, {whole} in f32")
    # A launch of several ops may write a value in both types, which is coarser to repeat.
    alone = [arenas(tools, which, "--fuse=none", *more)[0] for more in (["--precision=bf16"], [])]
    check(alone[0] < alone[1], f"smallest plans: {alone[0]} in bf16, {alone[1]} in f32")
    check_budgets(tools, which, folder, sizes, options, weights, losses, saved)
    return (f"losses {apart:.1e} from f32's; the same bits in {sizes[0] / 2**20:.1f} to "
            f"{sizes[-1] / 2**20:.1f} MiB, in f32 {whole[0] / 2**20:.1f} to {whole[-1] / 2**20:.1f}")


def check_updates(tools):
    """With --clip=norm all updates with the same settings are one launch, or each without fusion."""
    which, folder = model("mlp-digits"), tools.folder("updates")
    runs, updates = [], []
    for fuse in ["all", "none"]:
        program = tools.compile(which.path, folder / fuse, reference.OPTIMIZER, "--clip=norm:1",
                                TARGET, f"--fuse={fuse}")
        profile = folder / f"{fuse}.json"
        losses, _ = train(tools, which, program, folder, STEPS,
                          pathlib.Path(f"{program}.safetensors"), f"--profile={profile}")
        runs.append(np.array(losses))
        updates.append(sum(launch["kind"] == "adamw"
                           for launch in json.loads(profile.read_text())["launches"]))
    apart = np.max(np.abs(runs[0] - runs[1]) / runs[1])  # products round their biases in other places
    check(apart < 1e-6, f"losses {runs[0]} and {runs[1]}")
    check(updates == [2, 6], f"{updates} launches update 6 parameters, of which 3 decay")
    return f"losses {apart:.1e} from each other, {updates[0]} launches for {updates[1]}"


def group(suite, tools, everything):
    titles = [t for t in USUAL + (ALL if everything else []) if suite.wants(f"emulated: {t}")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {title: pool.submit(check_model, tools, model(title)) for title in titles}
        for title in titles:
            suite.case(f"emulated: {title}", running[title].result)
    for title in PRECISE:
        suite.case(f"emulated: precision {title}", check_precision, tools, title)
    suite.case("emulated: bf16", check_bf16, tools)
    suite.case("emulated: updates", check_updates, tools)
    for name in sparse.REFERENCE["recipes"] if everything else ("adamw", "accumulated and clipped"):
        suite.case(f"emulated: sparse {name}", sparse.check_recipe, tools, name, TARGET)
    suite.case("emulated: sparse bits", sparse.check_bits, tools, "adam in bf16, clipped", TARGET)
