"""Compares training runs of the models with PyTorch's: losses, first gradients, final parameters.

Tolerances come from the deviation of PyTorch's f32 run from its f64 run (reference.json).
"""

import itertools
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import tensors  # noqa: E402
from harness import Failed, check  # noqa: E402

FLOOR = 1e-5
#: Two runs that differ in rounding alone deviate by more than this only if training is chaotic.
CHAOTIC = 1e-3
#: No loss is compared with a larger tolerance: that would check nothing.
CEILING = 1e-2
OPTIMIZER = "--optimizer=adamw,lr=1e-3,weight-decay=0.1"


class Model:
    def __init__(self, name, file, options=(), corpus=True, data=None, renamed=None):
        """`data`: the model whose rows are used. `renamed`: the framework's name -> the file's, if
        the exporter left no trace of the first."""
        self.name, self.options, self.corpus, self.rows = name, options, corpus, data or name
        self.renamed = renamed or {}
        self.path = f"{name}/{file}"
        self.title = name + ("" if file == "model.onnx" else "/" + file)

    def data(self, tools):
        return (f"tokens:{tools.models}/data/corpus.bin" if self.corpus
                else f"safetensors:{tools.models}/{self.rows}/data.safetensors")

    def reference(self, tools):
        return json.loads((tools.models / self.name / "reference.json").read_text())


MODELS = [
    Model("mlp-digits", "model.onnx", corpus=False),
    Model("vit-nano", "model-noopt.onnx", corpus=False),
    Model("resnet-nano", "model.onnx", corpus=False, data="vit-nano"),
    Model("resnet-nano", "model-fold.onnx", corpus=False, data="vit-nano"),
    Model("unet-nano", "model.onnx", ["--loss=mse"], corpus=False),
    Model("gpt2-nano", "model.onnx"),
    Model("gpt2-nano-dyn", "model.onnx", ["--shape=input_ids=4x128"]),
    Model("gpt2-nano-dyn", "model.onnx", ["--shape=batch=4", "--shape=seq=128"]),
    Model("gpt2-nano-fresh", "model.onnx"),
    Model("gpt2-nano-sdpa", "model.onnx"),
    Model("llama-nano", "model.onnx"),
    Model("llama-nano-dyn", "model-noopt.onnx", ["--shape=input_ids=4x128"]),
    Model("t5-nano", "model.onnx", corpus=False,
          renamed={"model.shared.weight": "model.lm_head.weight"}),
    Model("mobilenet-nano", "model.onnx", corpus=False, data="vit-nano"),
    Model("lstm-nano", "model.onnx"),
    Model("detector-nano", "model.onnx", ["--loss=output:loss"], corpus=False),
    Model("recommender-nano", "model.onnx", ["--loss=output:loss"], corpus=False),
    Model("mamba-nano", "model.onnx"),
]

#: Other forms of these models, and others that need much time.
FURTHER = [
    Model("gpt2-nano-fresh", "model-noopt.onnx"),
    Model("llama-nano-18", "model.onnx"),
    Model("llama-nano-dyn", "model.onnx", ["--shape=input_ids=4x128"]),
    Model("resnet-nano", "model-train.onnx", corpus=False, data="vit-nano"),
    Model("bert-nano", "model.onnx", ["--trainable=embedding_2"], corpus=False,
          renamed={"model.bert.embeddings.position_embeddings.weight": "embedding_2"}),
]

#: Models for the older instruction set, which every machine that runs these tests has.
OLDER = [
    Model("mlp-digits", "model.onnx", ["--target=cpu:x86-64-v3"], corpus=False),
    Model("vit-nano", "model-noopt.onnx", ["--target=cpu:x86-64-v3"], corpus=False),
    Model("resnet-nano", "model.onnx", ["--target=cpu:x86-64-v3"], corpus=False, data="vit-nano"),
    Model("unet-nano", "model.onnx", ["--loss=mse", "--target=cpu:x86-64-v3"], corpus=False),
    Model("gpt2-nano", "model.onnx", ["--target=cpu:x86-64-v3"]),
]


def deviation(model, tensor, what, got, expected, tolerance, scale=None):
    """Returns |got - expected| in units of the tolerance; fails above 1."""
    scale = abs(expected) if scale is None else scale
    error = abs(got - expected) / scale if scale else abs(got - expected)
    if not error <= tolerance:  # NaN fails too
        raise Failed(f"{model.title}: {tensor}: {what}: expected {expected:.9g}, got {got:.9g}, "
                     f"deviation {error:.3g}, tolerance {tolerance:.3g}")
    return error / tolerance


def loss_tolerances(reference):
    """Returns the tolerances of the steps that can be compared, from the first on: ten times the
    largest deviation of PyTorch's f32 run from its f64 run or, if training is chaotic, the largest
    up to each step; then steps with a tolerance above CEILING are left out."""
    deviations = [abs(a - b) / abs(b) for a, b in zip(reference["losses"], reference["losses_f64"])]
    if reference["max_rel_dev_f32_vs_f64"] <= CHAOTIC:
        return [min(10 * reference["max_rel_dev_f32_vs_f64"], CEILING)] * len(deviations)
    rising = [max(10 * d, FLOOR) for d in itertools.accumulate(deviations, max)]
    return [tolerance for tolerance in rising if tolerance <= CEILING]


def check_losses(model, reference, path):
    got, expected = harness.losses(path), reference["losses_f64"]
    check(len(got) == len(expected), f"{model.title}: {len(got)} losses, expected {len(expected)}")
    check(np.isfinite(got).all(), f"{model.title}: a loss is not finite")
    tolerances = loss_tolerances(reference)
    check(len(tolerances) >= 10, f"{model.title}: only {len(tolerances)} losses can be compared")
    first = max(10 * reference["max_rel_dev_first_10"], FLOOR)
    worst = max(deviation(model, "loss", f"step {s + 1}", got[s], expected[s], first)
                for s in range(10)) * first
    last = max(deviation(model, "loss", f"step {s + 1}", got[s], expected[s], tolerance)
               for s, tolerance in enumerate(tolerances))
    return (f"first 10 steps {worst:.1e}, the first {len(tolerances)} of {len(got)} "
            f"{last:.2f} of their tolerance, which is {tolerances[0]:.1e} to {tolerances[-1]:.1e}")


def common_prefix(names, held):
    """Returns the prefix that the file's names have or lack, the same for all names."""
    for name in names:
        for other in held:
            if other.endswith(name):
                prefix = other[:len(other) - len(name)]
                if all(prefix + n in held for n in names):
                    return lambda n: prefix + n
            if name.endswith("." + other):
                cut = len(name) - len(other)
                if all(n[cut:] in held for n in names):
                    return lambda n: n[cut:]
    raise Failed("names differ from the framework's: missing "
                 + ", ".join(n for n in names if n not in held))


def named(model, path, names):
    """Returns the file's tensors by the framework's names; there must be exactly these."""
    arrays, metadata = tensors.read(path)
    other = tensors.aliases(metadata)
    arrays = {n: a for n, a in arrays.items() if not n.startswith("optimizer.")}
    held = {**arrays, **{alias: arrays[name] for alias, name in other.items()}}
    for framework, name in model.renamed.items():
        held[framework] = held.pop(name)
    rename = common_prefix(list(names), held)
    ours = {rename(n) for n in names}
    extra = [n for n in arrays if n not in ours and n not in model.renamed.values() and not ours & {a for a, m in other.items() if m == n}]
    check(not extra, f"{model.title}: {path.name} holds {extra}, which the framework does not know")
    return {n: held[rename(n)] for n in names}


def check_gradients(model, reference, path):
    listed = reference["grad_step0"]
    got, worst = named(model, path, listed), 0
    for name, entry in listed.items():
        g = got[name].astype(np.float64)
        check([n for n in g.shape if n > 1] == [n for n in entry["shape"] if n > 1]
              if name in model.renamed else list(g.shape) == entry["shape"],
              f"{model.title}: {name}: shape {list(g.shape)}, expected {entry['shape']}")
        if entry.get("vanishing"):
            continue
        tolerance = max(10 * entry["f32_l2_dev"], FLOOR)
        worst = max(worst, deviation(model, name, "gradient's l2 norm", np.linalg.norm(g),
                                     entry["l2"], tolerance))
        tolerance = max(10 * entry["f32_max_dev"], FLOOR)
        largest = abs(entry["value"][0])
        for index, value in zip(entry["index"], entry["value"]):
            worst = max(worst, deviation(model, name, f"gradient[{index}]", g.flat[index], value,
                                         tolerance, largest))
    return f"{len(listed)} tensors, worst {worst:.2f} of its tolerance"


def check_statistic(model, name, got, entry):
    """Compares running statistics, of which all elements are recorded."""
    expected = np.array(entry["f64"])
    check(got.shape == expected.shape,
          f"{model.title}: {name}: shape {got.shape}, expected {expected.shape}")
    scale = np.abs(expected).max()
    tolerance = max(10 * np.abs(expected - entry["f32"]).max() / scale, FLOOR)
    return max(deviation(model, name, f"statistic[{i}]", got[i], expected[i], tolerance, scale)
               for i in range(len(got)))


def check_parameters(model, reference, path):
    listed, statistics = reference["param_final"], reference.get("running_stats_final", {})
    got, worst = named(model, path, [*listed, *statistics]), 0
    for name, entry in statistics.items():
        worst = max(worst, check_statistic(model, name, got[name].astype(np.float64), entry))
    for name, entry in listed.items():
        p = got[name].astype(np.float64)
        if reference["grad_step0"][name].get("vanishing"):
            continue
        tolerance = max(10 * entry["f32_l2_dev"], FLOOR)
        worst = max(worst, deviation(model, name, "parameter's l2 norm", np.linalg.norm(p),
                                     entry["l2_f64"], tolerance))
        # An element may deviate as far as the recorded samples of f32 do, or as far as the root
        # mean square of its tensor.
        rms = entry["l2_f64"] / np.sqrt(p.size)
        samples = max(abs(a - b) for a, b in zip(entry["f32"], entry["f64"]))
        scale = max(max(abs(v) for v in entry["f64"]), rms)
        tolerance = max(10 * samples / scale, tolerance * rms / scale, FLOOR)
        for index, value in zip(entry["index"], entry["f64"]):
            worst = max(worst, deviation(model, name, f"parameter[{index}]", p.flat[index], value,
                                         tolerance, scale))
    return f"{len(listed) + len(statistics)} tensors, worst {worst:.2f} of its tolerance"


def check_ties(model, reference, path):
    _, metadata = tensors.read(path)
    groups = {frozenset([name, *others])
              for name, others in json.loads(metadata.get("aliases", "{}")).items()}
    file = reference["files"][model.path.split("/")[1]]
    tied = {}
    for alias, name in file["initializers"]["tied"].items():
        tied.setdefault(name, {name} - model.renamed.keys()).add(alias)
    expected = set(map(frozenset, tied.values()))
    check(groups == expected, f"{model.title}: tied names: expected {expected}, got {groups}")


def train(tools, model, folder, *options):
    program = tools.compile(model.path, folder / "program", OPTIMIZER, "--keep-gradients",
                            *model.options)
    tools.expect([program, f"--data={model.data(tools)}", f"--steps={model.reference(tools)['steps']}",
                  f"--metrics={folder}/metrics.jsonl", f"--save={folder}/end.safetensors",
                  f"--dump-gradients={folder}/gradients.safetensors", *options])


def check_model(suite, tools, model):
    title = " ".join([model.title, *model.options])
    if not any(suite.wants(f"{title}: {part}") for part in ("train", "losses", "gradients",
                                                            "parameters", "ties")):
        return
    folder = tools.folder(title)
    reference = model.reference(tools)
    before = len(suite.failures)
    suite.pattern, wanted = harness.re.compile(""), suite.pattern
    suite.case(f"{title}: train", train, tools, model, folder)
    suite.pattern = wanted
    if len(suite.failures) > before:
        return
    suite.case(f"{title}: losses", check_losses, model, reference, folder / "metrics.jsonl")
    suite.case(f"{title}: gradients", check_gradients, model, reference,
               folder / "gradients.safetensors")
    suite.case(f"{title}: parameters", check_parameters, model, reference,
               folder / "end.safetensors")
    suite.case(f"{title}: ties", check_ties, model, reference, folder / "end.safetensors")


def check_large(tools):
    """gpt2-124m, whose file has no weights, trains three steps on the same bytes from random
    weights, and its loss falls."""
    folder = tools.folder("gpt2-124m")
    data = folder / "bytes.bin"
    data.write_bytes((tools.models / "data" / "corpus.bin").read_bytes()[:4 * 64 + 2])
    program = tools.compile("gpt2-124m/model.onnx", folder / "program", "--shape=input_ids=4x64",
                            "--init=normal:0.02", "--optimizer=adamw,lr=1e-3")
    tools.expect([program, f"--data=tokens:{data}", "--steps=3",
                  f"--metrics={folder}/metrics.jsonl"])
    got = harness.losses(folder / "metrics.jsonl")
    check(len(got) == 3 and abs(got[0] - np.log(50257)) < 0.5, f"losses {got}, expected to begin "
          f"near ln(50257) = {np.log(50257):.2f}")
    check(got[0] > got[1] > got[2], f"losses {got}, expected to fall")
    return "losses " + ", ".join(f"{x:.4f}" for x in got)


def group(suite, tools, everything):
    for model in MODELS:
        check_model(suite, tools, model)
    if everything:
        for model in FURTHER + OLDER:
            check_model(suite, tools, model)
        suite.case("gpt2-124m: three steps", check_large, tools)
