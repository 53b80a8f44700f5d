"""Programs for GPUs, on the emulator, have PyTorch's losses and first gradients, and the same bits
at every budget. The emulator ends a run at the first faulty access."""

import concurrent.futures
import json
import os
import pathlib

import narrow
import numpy as np
import reference
import sparse
from harness import check

STEPS, FEW = 5, narrow.FEW
TARGET = "--target=cuda:emulator"

#: Models of every run, and further ones of --all.
USUAL = ["mlp-digits", "gpt2-nano", "gpt2-nano-dyn", "gpt2-nano-fresh", "gpt2-nano-sdpa",
         "vit-nano/model-noopt.onnx", "resnet-nano", "llama-nano", "recommender-nano"]
ALL = ["unet-nano", "bert-nano", "t5-nano", "mobilenet-nano", "lstm-nano", "mamba-nano",
       "detector-nano", "llama-nano-18", "llama-nano-dyn/model-noopt.onnx"]

#: Models with matrix products and convolutions; with attention these are all launches that round
#: factors.
PRECISE = ["mlp-digits", "resnet-nano"]


def check_losses(model, expected, found):
    tolerance = max(10 * expected["max_rel_dev_first_10"], reference.FLOOR)
    return max(reference.deviation(model, "loss", f"step {s + 1}", loss, expected["losses_f64"][s],
                                   tolerance) for s, loss in enumerate(found))


def check_model(tools, model):
    folder, expected = tools.folder("emulated-" + model.title), model.reference(tools)
    options = [reference.OPTIMIZER, TARGET, *model.options]
    free = tools.compile(model.path, folder / "free", "--keep-gradients", *options)
    weights = pathlib.Path(f"{free}.safetensors")
    gradients = folder / "gradients.safetensors"
    losses, _ = narrow.train(tools, model, free, folder, STEPS, weights, f"--dump-gradients={gradients}")
    worst = check_losses(model, expected, losses)
    reference.check_gradients(model, expected, gradients)
    few, saved = narrow.train(tools, model, free, folder, FEW, weights)
    check(few == losses[:FEW], "a second run has other losses")
    sizes = narrow.arenas(tools, model, TARGET)
    narrow.check_budgets(tools, model, folder, sizes, options, weights, few, saved)
    return (f"losses {worst:.2f} of their tolerance; the same bits in "
            f"{sizes[0] / 2**20:.1f} to {sizes[-1] / 2**20:.1f} MiB")


def check_least(tools):
    """The smallest plan is smaller with factors in bf16. (Without fusion: a launch of several ops may
    write a value in both types, which is coarser to repeat.)"""
    which = narrow.model("gpt2-nano-sdpa")
    least = [narrow.arenas(tools, which, TARGET, "--fuse=none", f"--precision={precision}")[0]
             for precision in ("bf16", "f32")]
    check(least[0] < least[1], f"smallest plans: {least[0]} in bf16, {least[1]} in f32")
    return f"{least[0] / 2**20:.1f} MiB, in f32 {least[1] / 2**20:.1f}"


def check_updates(tools):
    """With --clip=norm all updates with the same settings are one launch, or each without fusion."""
    which, folder = narrow.model("mlp-digits"), tools.folder("updates")
    runs, updates = [], []
    for fuse in ["all", "none"]:
        program = tools.compile(which.path, folder / fuse, reference.OPTIMIZER, "--clip=norm:1",
                                TARGET, f"--fuse={fuse}")
        profile = folder / f"{fuse}.json"
        losses, _ = narrow.train(tools, which, program, folder, STEPS,
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
        running = {title: pool.submit(check_model, tools, narrow.model(title)) for title in titles}
        for title in titles:
            suite.case(f"emulated: {title}", running[title].result)
    for title in PRECISE:
        suite.case(f"emulated: precision {title}", narrow.check_distances, tools, TARGET, title,
                   ["tf32", "bf16"])
    suite.case("emulated: bf16", narrow.check_bf16, tools, TARGET, "gpt2-nano-sdpa")
    suite.case("emulated: least bytes in bf16", check_least, tools)
    suite.case("emulated: updates", check_updates, tools)
    for name in sparse.REFERENCE["recipes"] if everything else ("adamw", "accumulated and clipped"):
        suite.case(f"emulated: sparse {name}", sparse.check_recipe, tools, name, TARGET)
    suite.case("emulated: sparse bits", sparse.check_bits, tools, "adam in bf16, clipped", TARGET)
