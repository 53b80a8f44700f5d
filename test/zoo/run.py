#!/usr/bin/env python3
"""Exports of other people's architectures, in the forms that people export them in.

    python3 test/zoo/run.py --build=build [--all] [--filter=REGEX] [--update]

For each export of models/NAME: warnings name exactly the tensors that are not trained as the
module's parameters; checkpoints have the module's names, shapes and bits; the losses are
PyTorch's, or a warning says what the exporter lost. For every file of models/ and test/ that
has the exporter's signature, every parameter is trained under its name or named in a warning.
The table of docs/exports.md has the result of each export; --all --update rewrites it.
Without --all only some of the default exports are trained.
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
# Warnings about exports whose numbers cannot be the module's.
LOST = re.compile(r"cannot be trained|cannot be recovered|training differs")
# Warnings about exports whose checkpoint is not the module's state_dict.
RENAMED = re.compile(r"other names|other dimensions of 1|without a name of the module|that the module does not have")
# The older exporter leaves no trace of detach().
UNTOLD = {("odd-detached", "legacy")}
FORMS = ("default", "safe", "dynamic", "legacy")
TABLE = HERE.parents[1] / "docs" / "exports.md"
# Trained without --all: one of each kind of module.
QUICK = re.compile(r"^(odd-.*|conv-batch-norm|experts|gru|hf-(bert|llama|mixtral|whisper)|layer-scale|lstm|"
                   r"segmentation|temporal-convolution|transformer-.*|timm-resnet|vision-transformer)$")


def warnings_of(result):
    return "\n".join(line for line in result.err.splitlines() if "warning: " in line)


def parameters_of(path):
    """Returns the names of the module's parameters from the exporter's signature, if it exists."""
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


def promise(tools, path, frozen, *options):
    """Every parameter of the module is trained under its own name, or a warning names it."""
    table, said, text = dry_run(tools, path, *options)
    own = trained_names(table)
    unreached = set(re.findall(r"^ +(\S+)$", text, re.M))  # no gradient reaches them
    silent = [name for name in parameters_of(path)
              if name not in own | unreached | set(frozen) and f"'{name}'" not in said]
    harness.check(not silent, f"neither trained nor named in a warning: {', '.join(silent)}")
    return f"{len(own)} trained" + (", warned" if said else "")


def check_state(reference, path, said, form):
    """A checkpoint before the first step has the module's bits. The older exporter does not record
    the module's name of a tensor: a warning gives the name that it has instead."""
    if form == "legacy" and (RENAMED.search(said) or LOST.search(said)):
        return
    found, metadata = tensors.read(path)
    for kept, others in json.loads(metadata.get("aliases", "{}")).items():
        for name in others:
            found.setdefault(name, found[kept])
    for name in found:
        harness.check(name in reference["state"] or f"'{name}'" in said or name.startswith("optimizer."),
                      f"'{name}' is in the checkpoint, is no tensor of the module, and no warning names it")
    hashes = {hashlib.sha256(array.tobytes()).hexdigest()[:16] for array in found.values()}
    for name, want in reference["state"].items():
        # Nothing in the older exporter's files names the second of two tied tensors.
        if name not in found and form == "legacy" and want["sha256"] in hashes:
            continue
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


def check_losses(reference, path, said, untold):
    got = harness.losses(path)
    worst = own = 0.0
    for ours, double, *others in zip(got, reference["losses_f64"], reference["losses_f32"],
                                     reference["losses_perturbed"]):
        worst = max(worst, abs(ours - double) / abs(double))
        own = max(own, *(abs(other - double) / abs(double) for other in others))
    harness.check(len(got) == reference["steps"], f"{len(got)} losses")
    if untold:
        harness.check(worst > max(1e-5, 4 * own), "the losses are PyTorch's: UNTOLD lists it")
        return f"losses {worst:.0e}"
    harness.check(worst <= max(1e-5, 4 * own) or LOST.search(said),
                  f"losses deviate by {worst:.1e} (PyTorch's own, in f32 or with weights moved by 1e-7: {own:.1e}), and no warning "
                  f"tells that something was lost:\n    {said}")
    return f"losses {worst:.0e}"


def recipe(folder, form):
    """Returns an export's reference, and the options that compile it for the reference's run."""
    reference = json.loads((folder / "reference.json").read_text())
    graph = onnx.load(folder / f"{form}.onnx", load_external_data=False).graph
    loss = reference["loss"]
    options = [f"--loss={'output:' + graph.output[0].name if loss == 'output' else loss}",
               f"--optimizer=sgd,lr={reference['lr']},momentum=0,weight-decay=0"]
    # Files do not record that a parameter is frozen.
    options += [f"--freeze=^{re.escape(name)}$" for name in reference["frozen"]]
    if form == "dynamic":
        options += [f"--shape={name}={'x'.join(map(str, shape))}"
                    for name, shape in reference["shapes"].items()]
    return reference, options


def train(tools, folder, form):
    """Trains an export as PyTorch trained the module; returns the result as the case's note."""
    if not (folder / f"{form}.onnx").exists():
        return "no export"
    reference, options = recipe(folder, form)
    work = tools.folder("zoo")
    done = tools.plimsoll("compile", folder / f"{form}.onnx", "-o", work / "train", "--threads=2",
                          *options)
    if done.code == 1 and "error: " in done.err:
        return "refused"
    harness.check(done.code == 0, str(done))
    said = warnings_of(done)
    data = f"--data=safetensors:{folder}/data.safetensors"
    tools.expect([work / "train", data, "--steps=0", f"--save={work}/start.safetensors"])
    check_state(reference, work / "start.safetensors", said, form)
    tools.expect([work / "train", data, f"--steps={reference['steps']}",
                  f"--metrics={work}/metrics.jsonl"])
    untold = (folder.name, form) in UNTOLD
    losses = check_losses(reference, work / "metrics.jsonl", said, untold)
    if untold:
        return f"untold, {losses}"
    # Parameters that the module does not use are not lost.
    others = "\n".join(line for line in said.splitlines() if "no node of the file reads" not in line)
    what = "warned" if LOST.search(others) else "renamed" if RENAMED.search(said) else "right"
    return f"{what}, {losses}"


def table():
    """Returns the table of docs/exports.md: for each architecture a word for each form."""
    rows = re.findall(r"^\| (\S+) \|(.*)\|$", TABLE.read_text(), re.M)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def as_documented(tools, folder, form, words):
    note = train(tools, folder, form)
    word = note.split(",")[0]
    documented = table().get(folder.name, [""] * len(FORMS))[FORMS.index(form)]
    words.setdefault(folder.name, {})[form] = word
    if not UPDATE:
        harness.check(word == documented, f"{note}, and docs/exports.md says '{documented}'")
    return note


def update(words):
    text = TABLE.read_text()
    begin = text.index("| architecture |")
    end = text.index("\n\n", begin) if "\n\n" in text[begin:] else len(text)
    rows = ["| architecture | " + " | ".join(FORMS) + " |", "| --- |" + " --- |" * len(FORMS)]
    known = table()
    for folder in sorted((HERE / "models").iterdir()):
        cells = dict(zip(FORMS, known.get(folder.name, []))) | words.get(folder.name, {})
        rows.append(f"| {folder.name} | " + " | ".join(cells.get(form, "") for form in FORMS) + " |")
    TABLE.write_text(text[:begin] + "\n".join(rows) + text[end:])


UPDATE = "--update" in sys.argv


def zoo(suite, tools, everything):
    words = {}
    for folder in sorted((HERE / "models").iterdir()):
        if everything or QUICK.match(folder.name):
            for form in FORMS if everything else ("default",):
                suite.case(f"{folder.name}/{form}", as_documented, tools, folder, form, words)
    if UPDATE and everything:
        update(words)


def promises(suite, tools, everything):
    for folder in sorted((HERE / "models").iterdir()):
        for form in FORMS if everything else ("default", "safe"):
            path = folder / f"{form}.onnx"
            if path.exists() and parameters_of(path):
                reference, options = recipe(folder, form)
                suite.case(f"promise {folder.name}/{form}", promise, tools, path,
                           reference["frozen"], *options)
    shapes = {"gpt2-nano-dyn": "4x128", "llama-nano-dyn": "4x128", "gpt2-124m": "4x64",
              "llama-1b": "1x64"}
    for path in sorted(tools.models.rglob("*.onnx")):
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
        suite.case(f"promise {path.parent.name}/{path.name}", promise, tools, path, [], *options)


if __name__ == "__main__":
    if UPDATE:
        sys.argv.remove("--update")
    sys.exit(harness.main(__doc__, promises, zoo))
