"""Compares each optimizer with its rule in f64, as PyTorch documents it, over a few steps.

The model is small; its gradients are finite differences (evaluator.py) at the f64 parameters.
"""

import numpy as np
import onnx

import evaluator
import graphs
import tensors
from harness import check

STEPS = 5
TOLERANCE = 1e-5


def adamw(p, g, state, t, lr, wd, beta1=0.9, beta2=0.999, eps=1e-8):
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return p * (1 - lr * wd) - lr * step


def sgd(p, g, state, t, lr, wd, momentum=0.0, nesterov=False):
    g = g + wd * p
    if momentum:
        state["buffer"] = g if t == 1 else momentum * state["buffer"] + g
        g = g + momentum * state["buffer"] if nesterov else state["buffer"]
    return p - lr * g


#: value of --optimizer -> (rule, its numbers)
OPTIMIZERS = {
    "adamw,lr=1e-2,weight-decay=0.1": (adamw, {"lr": 1e-2, "wd": 0.1}),
    "adamw,lr=3e-2,weight-decay=0,beta1=0.8,beta2=0.95,eps=1e-3":
        (adamw, {"lr": 3e-2, "wd": 0, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3}),
    "sgd,lr=0.1,weight-decay=0": (sgd, {"lr": 0.1, "wd": 0}),
    "sgd,lr=0.1,weight-decay=0.1,momentum=0.9": (sgd, {"lr": 0.1, "wd": 0.1, "momentum": 0.9}),
    "sgd,lr=0.1,weight-decay=0.1,momentum=0.9,nesterov":
        (sgd, {"lr": 0.1, "wd": 0.1, "momentum": 0.9, "nesterov": True}),
}


def check_optimizer(tools, text, rule, numbers):
    graph = evaluator.Graph()
    graphs.classify(graph)
    folder = tools.folder("optimizer")
    reference = evaluator.Reference(graph)
    onnx.save(graph.model(double=False), folder / "model.onnx")
    tensors.write(folder / "data.safetensors", {**graph.inputs, "labels": reference.labels})
    program = tools.compile(folder / "model.onnx", folder / "program", f"--optimizer={text}")
    tools.expect([program, f"--data=safetensors:{folder}/data.safetensors", f"--steps={STEPS}",
                  f"--save={folder}/end.safetensors"])
    states = {name: {} for name in graph.parameters}
    for t in range(1, STEPS + 1):
        gradients = reference.gradients()
        for name, gradient in gradients.items():
            # Only parameters with two or more dimensions are decayed.
            decay = numbers["wd"] if gradient.ndim >= 2 else 0
            new = rule(reference.feeds[name], gradient, states[name], t, **{**numbers, "wd": decay})
            reference.feeds[name] = graph.parameters[name] = new
    found, _ = tensors.read(folder / "end.safetensors")
    worst = 0
    for name in states:
        expected = reference.feeds[name]
        error = np.abs(found[name] - expected).max() / np.abs(expected).max()
        check(error <= TOLERANCE, f"'{name}' after {STEPS} steps: deviation {error:.3g}, tolerance "
              f"{TOLERANCE:.0e}: expected {expected.ravel()[:4]}, got {found[name].ravel()[:4]}")
        worst = max(worst, error)
    return f"worst {worst:.1e} of {TOLERANCE:.0e}"


def group(suite, tools, everything):
    for text, (rule, numbers) in OPTIMIZERS.items():
        suite.case(f"optimizer {text}", check_optimizer, tools, text, rule, numbers)
