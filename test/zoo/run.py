#!/usr/bin/env python3
"""Exports of other people's architectures, as they come by default and as the docs advise.

    python3 test/zoo/run.py --build=build [--all] [--filter=REGEX]

For each export of models/NAME: what is not trained as what it is in the module is named in a
warning, and nothing else is; checkpoints have the module's names, shapes and bits; the losses are
PyTorch's, or a warning says what the exporter lost. And for every file of models/ and test/ that
has the exporter's signature: every parameter is trained under its name or named in a warning.
Without --all the default exports alone are trained.
"""

import hashlib
import json
import pathlib
import re
import sys

import onnx

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0] / "support"))
import harness  # noqa: E402
import tensors  # noqa: E402

SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature"
# What a warning says where the numbers cannot be the module's.
LOST = re.compile(r"cannot be trained|cannot be recovered")


def warnings_of(result):
    return "\n".join(line for line in result.err.splitlines() if "warning: " in line)


def parameters_of(path):
    """Names of the module's parameters by the exporter's signature, if there is one."""
    graph = onnx.load(path, load_external_data=False).graph
    text = next((p.value for p in graph.metadata_props if p.key == SIGNATURE), "")
    return re.findall(r"^\s*\w+: PARAMETER target='([^']+)'", text, re.M)


def dry_run(tools, path, *options):
    done = tools.plimsoll("compile", path, "--dry-run", "--json", *options)
    harness.check(done.code == 0, str(done))
    return json.loads(done.out), warnings_of(done), done.err


def trained_names(table):
    names = set()
    for row in table["parameters"]:
        if row["kind"] == "trained":
            names.add(row["name"])
            names.update(row.get("aliases", []))
    return names


def promise(tools, path, *options):
    """Every parameter of the module is trained under its own name, or a warning names it."""
    table, said, text = dry_run(tools, path, *options)
    own = trained_names(table)
    unreached = set(re.findall(r"^ +(\S+)$", text, re.M))  # what no gradient reaches: a line each
    silent = [name for name in parameters_of(path)
              if name not in own | unreached and f"'{name}'" not in said]
    harness.check(not silent, f"neither trained nor named in a warning: {', '.join(silent)}")
    return f"{len(own)} trained" + (", warned" if said else "")


def check_state(reference, path, said):
    """A checkpoint before the first step holds the module's own bits."""
    found, metadata = tensors.read(path)
    for kept, others in json.loads(metadata.get("aliases", "{}")).items():
        for name in others:
            found.setdefault(name, found[kept])
    for name, want in reference["state"].items():
        if name not in found:
            harness.check(f"'{name}'" in said or not want["moves"],
                          f"'{name}' is not in the checkpoint, and no warning names it")
            continue
        shape = list(found[name].shape)
        harness.check(shape == want["shape"] or f"'{name}'" in said,
                      f"'{name}' has the shape {shape}, in the module {want['shape']}")
        bits = hashlib.sha256(found[name].tobytes()).hexdigest()[:16]
        harness.check(bits == want["sha256"] or f"'{name}'" in said,
                      f"'{name}' has other numbers than in the module, and no warning names it")


def check_losses(reference, path, said):
    got = harness.losses(path)
    worst = own = 0.0
    for ours, single, double in zip(got, reference["losses_f32"], reference["losses_f64"]):
        worst = max(worst, abs(ours - double) / abs(double))
        own = max(own, abs(single - double) / abs(double))
    harness.check(len(got) == reference["steps"], f"{len(got)} losses")
    harness.check(worst <= max(1e-5, 4 * own) or LOST.search(said),
                  f"losses deviate by {worst:.1e} (PyTorch's own f32: {own:.1e}), and no warning "
                  f"tells that something was lost:\n    {said}")
    return f"losses {worst:.0e}"


def train(tools, folder, form):
    reference = json.loads((folder / "reference.json").read_text())
    work = tools.folder("zoo")
    done = tools.plimsoll("compile", folder / f"{form}.onnx", "-o", work / "train", "--threads=2",
                          f"--loss={reference['loss']}",
                          f"--optimizer=sgd,lr={reference['lr']},momentum=0,weight-decay=0")
    harness.check(done.code == 0, str(done))
    said = warnings_of(done)
    data = f"--data=safetensors:{folder}/data.safetensors"
    tools.expect([work / "train", data, "--steps=0", f"--save={work}/start.safetensors"])
    check_state(reference, work / "start.safetensors", said)
    tools.expect([work / "train", data, f"--steps={reference['steps']}",
                  f"--metrics={work}/metrics.jsonl"])
    return check_losses(reference, work / "metrics.jsonl", said)


def zoo(suite, tools, everything):
    for folder in sorted((HERE / "models").iterdir()):
        for form in ("default", "safe") if everything else ("default",):
            suite.case(f"{folder.name}/{form}", train, tools, folder, form)


def promises(suite, tools, everything):
    shapes = {"gpt2-nano-dyn": "4x128", "llama-nano-dyn": "4x128", "gpt2-124m": "4x64",
              "llama-1b": "1x64"}
    root = HERE.parents[1]
    for path in sorted([*tools.models.rglob("*.onnx"), *(HERE / "models").rglob("*.onnx")]):
        name = path.relative_to(root).as_posix()
        if not parameters_of(path):
            continue
        options = ["--init=normal:0.02"] if path.parent.name in ("gpt2-124m", "llama-1b", "resnet50") else []
        if path.parent.name in shapes:
            options.append(f"--shape=input_ids={shapes[path.parent.name]}")
        if path.parent.name == "resnet50":
            options.append("--shape=batch=4")
        if path.parent.name in ("detector-nano", "recommender-nano"):
            options.append("--loss=output:loss")
        if path.parent.name == "unet-nano":
            options.append("--loss=mse")
        suite.case(f"promise {name}", promise, tools, path, *options)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__, promises, zoo))
