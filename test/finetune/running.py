"""Runs of programs, and of ONNX files by the onnx wheel's reference evaluator."""

import json

import numpy as np
import onnx
import onnx.reference

import driver
import tensors
from harness import check


class Model:
    def __init__(self, name, file="model.onnx", rows=None, options=()):
        """`rows`: the name of the model whose data.safetensors is read."""
        self.name, self.path = name, f"{name}/{file}"
        self.rows, self.options = rows or name, list(options)

    def file(self, tools):
        return tools.models / self.path

    def data(self, tools):
        return tools.models / self.rows / "data.safetensors"

    def batch(self, tools, path):
        """Writes the rows of the first batch to `path`; returns them by name."""
        arrays, _ = tensors.read(self.data(tools))
        graph = onnx.load(self.file(tools), load_external_data=False).graph
        known = {value.name for value in graph.initializer}
        shapes = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
                  for value in graph.input if value.name not in known}
        count = next(iter(shapes.values()))[0]
        rows = {name: array[:count] for name, array in arrays.items()}
        tensors.write(path, rows)
        return rows


def evaluation(tools, program, batch, weights, folder):
    """Runs a training step at a learning rate of zero and an evaluation on one batch; returns both
    losses, and the accuracy."""
    metrics = folder / "metrics.jsonl"
    metrics.unlink(missing_ok=True)
    tools.expect([program, f"--data=safetensors:{batch}", f"--eval-data=safetensors:{batch}",
                  f"--weights={weights}", "--steps=1", "--lr=0", "--weight-decay=0",
                  f"--metrics={metrics}"])
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    check(len(lines) == 2, f"{program}: expected a step and an evaluation, got {lines}")
    return {"training": lines[0]["loss"], "evaluation": lines[1]["eval_loss"],
            "accuracy": lines[1].get("eval_accuracy")}


def logits(path, rows):
    """Returns what the onnx wheel's reference evaluator computes from a file."""
    model = onnx.load(path)
    session = onnx.reference.ReferenceEvaluator(model)
    return session.run(None, {name: rows[name] for name in session.input_names
                              if name in rows})[0]


def executed(tools, path, rows):
    """Returns the same from the compiler and its in-process executor."""
    model = onnx.load(path)
    known = {value.name for value in model.graph.initializer}
    inputs = {value.name: rows[value.name].tobytes() for value in model.graph.input
              if value.name not in known}
    machine = driver.Driver(tools.build / "bin" / "plimsoll-test-nodes", tools.folder("executed"),
                            tools.environment)
    machine.write("model", model, inputs)
    outcome = machine.run("forward", ["model"])["model"]
    check(not outcome.refusal, f"{path} is refused: {outcome.refusal}")
    return outcome.results[outcome.order[0]][0]


def cross_entropy(scores, labels):
    """Returns (mean loss, accuracy), computed in f64."""
    scores = scores.astype(np.float64).reshape(-1, scores.shape[-1])
    labels = labels.reshape(-1)
    high = scores.max(axis=1, keepdims=True)
    normal = np.log(np.exp(scores - high).sum(axis=1)) + high[:, 0]
    picked = scores[np.arange(len(labels)), labels]
    return (normal - picked).mean(), (scores.argmax(axis=1) == labels).mean()
