#!/usr/bin/env python3
"""Records PyTorch's results at special points, and the files that its exporters write.

    record.py [FUNCTION...]        needs torch 2.15.0 and onnxscript 0.7.0; a few minutes

Writes recorded.tar.xz beside itself: the models (each form once), their functions (index.json)
and the numbers (values.f32): results in f32 and f64, gradients of the sum of results times
points.weights in both. With names only these functions are recorded again.
"""

import contextlib
import io
import logging
import sys
import warnings

import numpy as np
import onnx
import onnx.parser
import onnx.utils
import torch

import functions
import points
import recorded

OPSET = {"legacy": 18}


class Together(torch.nn.Module):
    """Several functions with separate inputs, exported together because an export takes seconds."""

    def __init__(self, names):
        super().__init__()
        self.names = names

    def forward(self, *inputs):
        results, at = [], 0
        for name in self.names:
            count = 2 if functions.FUNCTIONS[name].kind == "pair" else 1
            results.append(functions.FUNCTIONS[name].call(*inputs[at:at + count]))
            at += count
        return tuple(results)


def export(names, inputs, exporter):
    """Returns one model for each name; fewer if the exporter refuses some."""
    count = len(inputs)
    given = [f"{name}.{'ab'[i]}" for name in names for i in range(count)]
    results = [f"{name}.y" for name in names]
    args = tuple(torch.tensor(x) for _ in names for x in inputs)
    options = {"input_names": given, "output_names": results, "opset_version": OPSET.get(exporter, 23)}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if exporter == "legacy":
            buffer = io.BytesIO()
            torch.onnx.export(Together(names).eval(), args, buffer, dynamo=False, **options)
            model = onnx.load_from_string(buffer.getvalue())
        else:
            model = torch.onnx.export(Together(names).eval(), args, dynamo=True, verbose=False,
                                      optimize=exporter == "optimized", **options).model_proto
    extractor = onnx.utils.Extractor(model)
    return {name: plain(extractor.extract_model(
        [n for n in given if n.startswith(name + ".")], [name + ".y"]), name) for name in names}


def plain(model, name):
    """Returns the model without paths of the machine; inputs are called a, b and the result y."""
    rename = {f"{name}.{c}": c for c in "aby"}
    for node in model.graph.node:
        node.doc_string = ""
        kept = [p for p in node.metadata_props if p.key == "pkg.torch.onnx.fx_node"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.input[:] = [rename.get(x, x) for x in node.input]
        node.output[:] = [rename.get(x, x) for x in node.output]
    for value in [*model.graph.input, *model.graph.output]:
        value.name = rename[value.name]
    del model.graph.value_info[:]
    model.graph.name = name
    return model


def parsed(function, inputs):
    names = ["a", "b"] if len(inputs) == 2 else ["x"]
    sizes = ",".join(map(str, inputs[0].shape))
    given = ", ".join(f"float[{sizes}] {name}" for name in names)
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["" : {24 if "Swish" in function.graph else 21}]> '
        f"g ({given}) => (float y) {{ {function.graph} }}")
    for size in function.call(*map(torch.tensor, inputs)).shape:
        model.graph.output[0].type.tensor_type.shape.dim.add().dim_value = size
    return model


def evaluate(function, inputs, dtype):
    """Returns the result and the gradients with respect to the inputs."""
    torch.set_default_dtype(dtype)
    leaves = [torch.tensor(x).to(dtype).requires_grad_() for x in inputs]
    y = function.call(*leaves)
    y.backward(torch.tensor(points.weights(tuple(y.shape))).to(dtype))
    torch.set_default_dtype(torch.float32)
    zeros = [torch.zeros_like(x) if x.grad is None else x.grad for x in leaves]
    return [np.asarray(t.detach().to(torch.float32)) for t in [y, *zeros]]


def forms(names, inputs, variant, add):
    """Calls add(name, model, exporter) for each form."""
    exported = [name for name in names if not functions.FUNCTIONS[name].graph]
    for name in set(names) - set(exported):
        add(name, parsed(functions.FUNCTIONS[name], inputs), "graph")
    for exporter in ["optimized"] if variant else ["optimized", "plain", "legacy"]:
        for group in [exported] if exporter != "legacy" else [[name] for name in exported]:
            try:
                made = export(group, inputs, exporter) if group else {}
            except Exception as error:  # exporters raise no specific type
                print(exporter, " ".join(group), "refused:", str(error).splitlines()[:1])
                made = {}
            for name, model in made.items():
                add(name, model, exporter)


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    store = recorded.Recorded() if not sys.argv[1:] else recorded.read()
    wanted = sys.argv[1:] or list(functions.FUNCTIONS)
    for kind in ("element", "pair", "rows"):
        names = [name for name in wanted if functions.FUNCTIONS[name].kind == kind]
        for variant, inputs in points.inputs(kind).items():
            known = []
            for name in names:
                try:
                    arrays = [evaluate(functions.FUNCTIONS[name], inputs, dtype)
                              for dtype in (torch.float32, torch.float64)]
                except (RuntimeError, IndexError) as error:
                    print(name + variant, "has no value:", str(error).splitlines()[0][:100])
                    continue
                store.put(name, variant, kind, *arrays)
                known.append(name)
            forms(known, inputs, variant,
                  lambda name, model, exporter: store.put_form(name, variant, exporter, model))
            print(f"{kind}{variant}: {len(known)} functions", flush=True)
    store.write()


if __name__ == "__main__":
    main()
