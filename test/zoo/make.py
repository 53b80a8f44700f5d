"""Makes test/zoo/models: exports and PyTorch's own runs. Needs, beside test/requirements.txt,

    torch==2.15.0 transformers==5.24.0 onnxscript==0.7.2

    python3 test/zoo/make.py [NAME...]

default.onnx is what `torch.onnx.export(module.eval(), ...)` writes when nothing else is said, of a
freshly initialised module; safe.onnx is that of tools/python/export.py. reference.json has the
losses of three steps of SGD in f32 and f64, and of every tensor of the state_dict its shape and the
hash of its initial bytes.
"""
import copy
import hashlib
import json
import logging
import pathlib
import sys
import warnings

import torch
from safetensors.torch import save_file

from architectures import ARCHITECTURES

STEPS, RATE = 3, 0.05
MODELS = pathlib.Path(__file__).resolve().parent / "models"


def scores(result):
    return result if torch.is_tensor(result) else result["logits"]


def cross_entropy(result, labels):
    if result.dim() < 4:
        result, labels = result.reshape(-1, result.shape[-1]), labels.reshape(-1)
    return torch.nn.functional.cross_entropy(result, labels)


def without_dropout(module):
    """Random masks are not PyTorch's here."""
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, float) and "drop" in name:
                setattr(part, name, 0.0)
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
        for name, value in list(vars(getattr(part, "config", None)).items()) if hasattr(part, "config") else []:
            if isinstance(value, float) and "drop" in name:
                setattr(part.config, name, 0.0)


def train(module, batches, kind):
    module = copy.deepcopy(module).to(kind).train()
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    losses = []
    for inputs, labels in batches:
        inputs = {k: v.to(kind) if v.is_floating_point() else v for k, v in inputs.items()}
        optimizer.zero_grad()
        loss = cross_entropy(scores(module(**inputs)), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, module


def export(module, inputs, path, **options):
    module = copy.deepcopy(module).eval()
    module.register_forward_hook(lambda m, arguments, result: scores(result))
    torch.onnx.export(module, (), path, kwargs=inputs, dynamo=True, verbose=False,
                      external_data=False, **options)
    strip(path)


def strip(path):
    """Paths of the machine that exported."""
    import onnx
    model = onnx.load(path)
    for node in model.graph.node:
        kept = [p for p in node.metadata_props if p.key != "pkg.torch.onnx.stack_trace"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    onnx.save(model, path)


def make(name):
    torch.manual_seed(0)
    module, batch, loss = ARCHITECTURES[name]()
    without_dropout(module)
    generator = torch.Generator().manual_seed(1)
    batches = [batch(generator) for _ in range(STEPS)]
    folder = MODELS / name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = batches[0][0]
    export(module, inputs, folder / "default.onnx")
    export(module, inputs, folder / "safe.onnx", optimize=False, opset_version=18)
    rows = {key: torch.cat([b[0][key] for b in batches]) for key in inputs}
    rows["labels"] = torch.cat([b[1] for b in batches])
    save_file(rows, folder / "data.safetensors")
    single, trained = train(module, batches, torch.float32)
    double, _ = train(module, batches, torch.float64)
    moved = [n for (n, a), b in zip(module.state_dict().items(), trained.state_dict().values())
             if not torch.equal(a, b)]
    state = {n: {"shape": list(t.shape), "sha256": hashlib.sha256(t.numpy().tobytes()).hexdigest()[:16],
                 "moves": n in moved}
             for n, t in module.state_dict().items() if t.is_floating_point()}
    reference = {"loss": loss, "steps": STEPS, "lr": RATE, "losses_f32": single,
                 "losses_f64": double, "state": state}
    (folder / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    for chosen in sys.argv[1:] or ARCHITECTURES:
        make(chosen)
        print(chosen, flush=True)
