"""Loads checkpoints of trained programs into their modules, by PyTorch itself.

    python3 test/zoo/load.py --build=build [FORM...]

Needs what make.py needs. For each export of models/ whose losses are PyTorch's and whose checkpoint
is the module's state_dict by docs/exports.md ("right"): the program trains for the reference's steps,
`load_state_dict(strict=True)` takes its checkpoint, and the loss that the module then has on the first
batch is the program's own. Ends with `N passed, M failed`.
"""
import argparse
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import torch
from safetensors import safe_open
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import make  # noqa: E402
from architectures import ARCHITECTURES  # noqa: E402
from run import FORMS, recipe, table  # noqa: E402

#: Relative tolerance of a loss that two programs compute in f32.
NOISE = 1e-5


def state_of(path):
    """Returns a checkpoint's tensors, under all of their names."""
    tensors = {name: value for name, value in load_file(path).items() if not name.startswith("optimizer.")}
    with safe_open(path, "pt") as file:
        aliases = json.loads((file.metadata() or {}).get("aliases", "{}"))
    for kept, others in aliases.items():
        tensors.update({name: tensors[kept] for name in others})
    return tensors


def unrecorded_ties(module, state):
    """Returns further names of tensors of `state`: of two tensors that are tied within the module,
    as a decoder's bias, the exporter records one name. PyTorch's tie_weights() does the same."""
    places = {value.data_ptr(): name for name, value in module.state_dict().items() if name in state}
    return {name: state[places[value.data_ptr()]] for name, value in module.state_dict().items()
            if name not in state and value.numel() and value.data_ptr() in places}


def unread(module, loss):
    """Returns the parameters that the forward pass does not read, which the exporter leaves out."""
    loss.backward()
    return {name: value.detach() for name, value in module.named_parameters()
            if value.requires_grad and value.grad is None}


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=dict(os.environ, OMP_WAIT_POLICY="PASSIVE"))
    if done.returncode:
        raise RuntimeError(done.stderr)


def loads(build, folder, form):
    reference, options = recipe(folder, form)
    module, batch, loss = ARCHITECTURES[folder.name]()
    make.without_dropout(module)
    generator = torch.Generator().manual_seed(1)
    inputs, labels = batch(generator)
    with tempfile.TemporaryDirectory() as work:
        data = f"--data=safetensors:{folder}/data.safetensors"
        run([build / "bin" / "plimsoll", "compile", folder / f"{form}.onnx", "-o", f"{work}/train",
             "--threads=2", *options])
        run([f"{work}/train", data, f"--steps={reference['steps']}", f"--save={work}/end.safetensors"])
        run([f"{work}/train", data, "--steps=1", "--lr=0", f"--weights={work}/end.safetensors",
             f"--metrics={work}/metrics.jsonl"])
        ours = json.loads(pathlib.Path(work, "metrics.jsonl").read_text().splitlines()[0])["loss"]
        state = state_of(f"{work}/end.safetensors")
    state.update(unrecorded_ties(module, state))
    others = {name: value for name, value in module.state_dict().items() if name not in state
              and name not in dict(module.named_parameters())}  # counters, tables of integers
    others.update(unread(module, make.LOSSES[loss](make.scores(module.train()(**inputs)), labels)))
    module.load_state_dict({**others, **state}, strict=True)
    theirs = make.LOSSES[loss](make.scores(module.train()(**inputs)), labels).item()
    if abs(ours - theirs) > NOISE * abs(theirs):
        raise RuntimeError(f"the program's loss is {ours:.9g}, the module's {theirs:.9g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("forms", nargs="*", default=FORMS)
    arguments = parser.parse_args()
    passed = failed = 0
    for name, words in sorted(table().items()):
        for form, word in zip(FORMS, words):
            if word != "right" or form not in arguments.forms:
                continue
            try:
                loads(arguments.build.resolve(), make.MODELS / name, form)
                passed += 1
            except (RuntimeError, KeyError) as error:
                failed += 1
                print(f"FAILED {name}/{form}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    sys.exit(main())
