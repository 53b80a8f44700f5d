"""Exports a PyTorch module so that nothing that training needs is lost.

    from export import export
    export(model, {"input_ids": ids}, "model", labels=targets)

writes model/model.onnx (its weights beside it when they are large) and model/data.safetensors:
sample rows, columns named as the model's inputs, and `labels`. See docs/from-pytorch.md.
"""
import os

import torch
from safetensors.torch import save_file


def export(model, inputs, folder, labels=None, output="logits", opset=23, dynamic=None):
    """Exports `model` to `folder`.

    `inputs`: name -> example tensor, the names of forward's parameters. `dynamic`: name ->
    {dimension: name}, as in {"input_ids": {0: "batch"}}; without it shapes are literal.

    eval(): Dropout and BatchNorm export in inference form, from which the compiler recovers
    training. optimize=False: the exporter's optimizer would fuse BatchNorm into convolutions,
    merge equal parameters, and fold others into constants; the compiler folds by itself."""
    os.makedirs(folder, exist_ok=True)
    hook = model.eval().register_forward_hook(
        lambda module, arguments, result: result if torch.is_tensor(result) else result[output])
    shapes = dynamic and {name: {d: torch.export.Dim(n) for d, n in dynamic.get(name, {}).items()}
                          for name in inputs}
    torch.onnx.export(model, (), os.path.join(folder, "model.onnx"), kwargs=inputs, dynamo=True,
                      optimize=False, opset_version=opset, input_names=list(inputs),
                      output_names=[output], dynamic_shapes=shapes, verbose=False)
    hook.remove()
    rows = {name: tensor.clone().contiguous() for name, tensor in inputs.items()}
    if labels is not None:
        rows["labels"] = labels.clone().contiguous()
    save_file(rows, os.path.join(folder, "data.safetensors"))
