"""Small models, and functions that compile and run them."""

import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import harness
import tensors
from harness import check

KINDS = {"f": TensorProto.FLOAT, "i": TensorProto.INT64}
SGD = "--optimizer=sgd,lr=0.1,momentum=0,weight-decay=0"
node = helper.make_node


def draw(seed, *shape):
    return (0.5 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def save(path, nodes, inputs, outputs, weights):
    """Saves a model. `inputs` and `outputs`: name -> shape; i64 if the name ends with ':i'."""
    def values(entries):
        made = []
        for name, shape in entries.items():
            name, _, kind = name.partition(":")
            made.append(helper.make_tensor_value_info(name, KINDS[kind or "f"], shape))
        return made

    constants = [numpy_helper.from_array(np.asarray(value), name)
                 for name, value in weights.items()]
    graph = helper.make_graph(nodes, "small", values(inputs), values(outputs), constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


class Run:
    """A finished run of a program: its losses, evaluations, final parameters and text."""

    def __init__(self, folder, result):
        self.text = result.err + result.out
        lines = harness.metrics(folder / "m.jsonl") if (folder / "m.jsonl").exists() else []
        self.losses = {line["step"]: line["loss"] for line in lines if "loss" in line}
        self.evaluations = [line for line in lines if "eval_loss" in line]
        self.code = result.code
        saved = folder / "end.safetensors"
        self.parameters = tensors.read(saved)[0] if saved.exists() else {}


class Bench:
    """Compiles and runs models in a new folder."""

    def __init__(self, tools, name):
        self.tools, self.folder = tools, tools.folder(name)

    def compile(self, model, *options, name="train"):
        self.tools.compile(model, self.folder / name, SGD, *options)

    def plimsoll(self, *words):
        result = self.tools.plimsoll(*words, cwd=self.folder)
        return result.code, result.err + result.out

    def data(self, name="data.safetensors", **columns):
        tensors.write(self.folder / name, columns)
        return f"safetensors:{self.folder / name}"

    def run(self, data, *options, steps=3, name="train", fails=False):
        for left in ("m.jsonl", "end.safetensors"):
            (self.folder / left).unlink(missing_ok=True)
        sources = [f"--data={one}" for one in ([data] if isinstance(data, str) else data)]
        result = self.tools.run([self.folder / name, *sources, f"--steps={steps}",
                                 f"--metrics={self.folder}/m.jsonl",
                                 f"--save={self.folder}/end.safetensors", *options])
        check((result.code != 0) == fails, str(result))
        return Run(self.folder, result)


def says(text, *patterns):
    for pattern in patterns:
        check(re.search(pattern, text), f"expected '{pattern}' in:\n{text}")
    return text


def same(a, b):
    """Checks that both have the same bits; a NaN is equal to a NaN."""
    check(list(a) == list(b), f"{list(a)} and {list(b)}")
    for key in a:
        x, y = np.asarray(a[key]), np.asarray(b[key])
        equal = x.shape == y.shape and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
        check(equal, f"{key}: {x} and {y}")


def near(a, b, tolerance=2e-6):
    check(abs(a - b) <= tolerance * max(1, abs(b)), f"{a} and {b}")
