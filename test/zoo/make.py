"""Makes test/zoo/models: exports and PyTorch's own runs. Needs, beside test/requirements.txt,

    torch==2.15.0 transformers==5.24.0 timm==1.0.31 onnxscript==0.7.2

    python3 test/zoo/make.py [NAME...]

README.md describes the files. A form that the exporter fails on is left out, and reference.json
has the exporter's message under `failed`.
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
    if torch.is_tensor(result):
        return result
    return next(result[key] for key in ("logits", "prediction_outputs") if key in result)


def cross_entropy(result, labels):
    if result.dim() < 4:
        result, labels = result.reshape(-1, result.shape[-1]), labels.reshape(-1)
    return torch.nn.functional.cross_entropy(result, labels)


LOSSES = {"cross-entropy": cross_entropy, "mse": torch.nn.functional.mse_loss,
          "output": lambda result, labels: result}


def without_dropout(module):
    """Removes dropout: its random masks could not be compared with PyTorch's."""
    for part in module.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, float) and "drop" in name:
                setattr(part, name, 0.0)
        if isinstance(part, torch.nn.Dropout) or type(part).__name__ == "StochasticDepth":
            part.p = 0.0
        for name, value in list(vars(getattr(part, "config", None)).items()) if hasattr(part, "config") else []:
            if isinstance(value, float) and "drop" in name:
                setattr(part.config, name, 0.0)


def train(module, batches, loss, kind):
    module = copy.deepcopy(module).to(kind).train()
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    losses = []
    for inputs, labels in batches:
        inputs = {k: v.to(kind) if v.is_floating_point() else v for k, v in inputs.items()}
        if labels is not None and labels.is_floating_point():
            labels = labels.to(kind)
        optimizer.zero_grad()
        value = LOSSES[loss](scores(module(**inputs)), labels)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses, module


def perturbed(module):
    """Returns the module in f64 with weights changed by about the rounding of f32: some
    architectures with few rows (batch normalisation of 1x1 images after ReLU) amplify that much in
    three steps."""
    module, generator = copy.deepcopy(module).double(), torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return module


def dimensions(module, inputs):
    """Returns an export's dynamic dimensions: the number of rows, and the module's `lengths`."""
    lengths = getattr(module, "lengths", {})
    return {name: {0: "batch", **lengths.get(name, {})} for name in inputs}


FORMS = {
    "default": lambda module, inputs: dict(dynamo=True),
    "safe": lambda module, inputs: dict(dynamo=True, optimize=False, opset_version=18),
    "dynamic": lambda module, inputs: dict(dynamo=True, dynamic_shapes=dimensions(module, inputs)),
    "legacy": lambda module, inputs: dict(dynamo=False, opset_version=17, input_names=list(inputs)),
}


def export(module, inputs, path, form):
    module = copy.deepcopy(module).eval()
    options = FORMS[form](module, inputs)
    if options["dynamo"]:
        options.update(external_data=False)
    module.register_forward_hook(lambda m, arguments, result: scores(result))
    torch.onnx.export(module, (), path, kwargs=inputs, verbose=False, **options)
    strip(path)


def strip(path):
    """Removes paths of the exporting machine, and metadata that `class_hierarchy` and `name_scopes`
    repeat."""
    import onnx
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")
        kept = [p for p in node.metadata_props if p.key not in ("pkg.torch.onnx.stack_trace", "namespace")]
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
    failed = {}
    for form in FORMS:
        path = folder / f"{form}.onnx"
        try:
            export(module, inputs, path, form)
        except Exception as error:  # whatever an exporter raises
            path.unlink(missing_ok=True)
            failed[form] = str(error).strip().splitlines()[0][:200]
    rows = {key: torch.cat([b[0][key] for b in batches]) for key in inputs}
    if batches[0][1] is not None:
        rows["labels"] = torch.cat([b[1] for b in batches])
    save_file(rows, folder / "data.safetensors")
    single, trained = train(module, batches, loss, torch.float32)
    double, _ = train(module, batches, loss, torch.float64)
    moved_a_bit, _ = train(perturbed(module), batches, loss, torch.float64)
    moved = [n for (n, a), b in zip(module.state_dict().items(), trained.state_dict().values())
             if not torch.equal(a, b)]
    state = {n: {"shape": list(t.shape), "sha256": hashlib.sha256(t.contiguous().numpy().tobytes()).hexdigest()[:16],
                 "moves": n in moved}
             for n, t in module.state_dict().items() if t.is_floating_point()}
    reference = {"loss": loss, "steps": STEPS, "lr": RATE, "losses_f32": single, "losses_f64": double,
                 "losses_perturbed": moved_a_bit,
                 "parameters": [n for n, _ in module.named_parameters()],
                 "frozen": [n for n, p in module.named_parameters() if not p.requires_grad],
                 "dimensions": dimensions(module, inputs),
                 "shapes": {n: list(t.shape) for n, t in inputs.items()}, "failed": failed, "state": state}
    (folder / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")
    return failed


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    for chosen in sys.argv[1:] or ARCHITECTURES:
        print(chosen, make(chosen) or "", flush=True)
