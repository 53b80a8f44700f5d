"""Compares running statistics of batch normalisation with PyTorch's rule in f64, at every step.

The weights do not change (lr=0), so that the statistics of a batch are those of its rows:
running = 0.9 running + 0.1 new, the variance unbiased. Then an evaluation uses the saved ones.
"""

import re

import numpy as np
import onnx

import evaluator
import tensors
from harness import check

STEPS, MOMENTUM, EPSILON = 3, 0.1, 1e-3
TOLERANCE = 1e-6


def build(g, shape):
    statistics = [g.constant(g.numbers((shape[1],), 0.5, 2.0)) for _ in range(2)]
    g.op("BatchNormalization", g.input("x", shape), g.parameter("scale", (shape[1],)),
         g.parameter("bias", (shape[1],)), *statistics, epsilon=EPSILON, momentum=1 - MOMENTUM)
    return statistics


def over_channels(values, shape):
    return values.reshape((1, -1) + (1,) * (len(shape) - 2))


def check_statistics(tools, shape):
    folder = tools.folder("statistics-" + "x".join(map(str, shape)))
    graph = evaluator.Graph()
    names = build(graph, shape)
    labels = graph.numbers(shape)
    onnx.save(graph.model(double=False), folder / "model.onnx")
    data = folder / "data.safetensors"
    tensors.write(data, {**graph.inputs, "labels": labels})
    program = tools.compile(folder / "model.onnx", folder / "program", "--loss=mse",
                            "--optimizer=sgd,lr=0,weight-decay=0")
    result = tools.expect([program, f"--data=safetensors:{data}", f"--steps={STEPS}",
                           f"--save={folder}/end.safetensors",
                           f"--eval-data=safetensors:{data},every={STEPS}"])
    x = graph.inputs["x"].astype(np.float64)
    axes = (0, *range(2, len(shape)))
    new = [x.mean(axes), x.var(axes, ddof=1)]
    found, _ = tensors.read(folder / "end.safetensors")
    worst, running = 0, []
    for name, batch in zip(names, new):
        expected = graph.constants[name].astype(np.float64)
        for _ in range(STEPS):
            expected = (1 - MOMENTUM) * expected + MOMENTUM * batch
        error = np.abs(found[name] - expected).max() / np.abs(expected).max()
        check(error <= TOLERANCE, f"'{name}' after {STEPS} steps: deviation {error:.3g}, tolerance "
              f"{TOLERANCE:.0e}: expected {expected[:4]}, got {found[name][:4]}")
        worst = max(worst, error)
        running.append(over_channels(expected, shape))
    scale, bias = (over_channels(graph.parameters[n].astype(np.float64), shape)
                   for n in ("scale", "bias"))
    y = (x - running[0]) / np.sqrt(running[1] + EPSILON) * scale + bias
    loss = np.mean((y - labels.astype(np.float64)) ** 2)
    got = re.search(r"evaluation loss ([\d.]+)", result.err + result.out)
    check(got, "the program printed no evaluation loss")
    check(abs(float(got[1]) - loss) < 1e-4 * loss, f"evaluation loss {got[1]}, expected {loss:.4f}")
    return f"worst {worst:.1e} of {TOLERANCE:.0e}"


def group(suite, tools, everything):
    for shape in [(6, 3, 4, 4), (7, 5)]:
        suite.case(f"running statistics {'x'.join(map(str, shape))}", check_statistics, tools, shape)
