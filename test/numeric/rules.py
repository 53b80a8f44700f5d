"""Every gradient rule is right, and an error of 0.1 % in a rule is found.

For each rule of passes/autodiff/Gradients.td: the gradients of small graphs that use it are
compared with finite differences in f64; then the same check, and that of a reference model
which uses the rule, must fail when the rule is scaled by 1.001 (--debug-scale-rule).
"""

import functools
import pathlib
import re

import numpy as np
import onnx

import evaluator
import graphs
import reference
import tensors
from harness import Failed, check

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 2e-5
REFERENCE_MODELS = ["mlp-digits", "vit-nano", "gpt2-nano"]


def rules():
    """Returns the operations that have a gradient rule, as 'nn.gelu'."""
    names = {}
    for file in (ROOT / "dialects" / "nn").glob("*.td"):
        names.update(re.findall(r'def NN_(\w+Op)\s*:\s*\w+\s*<\s*"(\w+)"', file.read_text()))
    table = (ROOT / "passes" / "autodiff" / "Gradients.td").read_text()
    return ["nn." + names[op] for op in re.findall(r"^def\s*:\s*\w*Gradient<\(?NN_(\w+Op)", table,
                                                   re.MULTILINE)]


class Case:
    """A small graph as a model file, with its data and its expected gradients."""

    def __init__(self, tools, rule, index):
        self.tools, self.graph = tools, evaluator.Graph()
        graphs.GRAPHS[rule][index](self.graph)
        self.folder = tools.folder(f"{rule}-{index}")
        self.reference = evaluator.Reference(self.graph)
        onnx.save(self.graph.model(double=False), self.folder / "model.onnx")
        tensors.write(self.folder / "data.safetensors",
                      {**self.graph.inputs, "labels": self.reference.labels})
        self.gradients = self.reference.gradients()

    def check(self, *options):
        """Fails if the program's loss or gradients differ from the reference's."""
        program = self.tools.compile(
            self.folder / "model.onnx", self.folder / "program", f"--loss={self.graph.loss}",
            "--trainable=^[a-z]+$", "--optimizer=sgd,lr=0.1", "--keep-gradients", *options)
        self.tools.expect([program, f"--data=safetensors:{self.folder}/data.safetensors",
                           "--steps=1", f"--metrics={self.folder}/metrics.jsonl",
                           f"--dump-gradients={self.folder}/gradients.safetensors"])
        (got,), loss = reference.harness.losses(self.folder / "metrics.jsonl"), self.reference.loss()
        check(abs(got - loss) <= TOLERANCE * abs(loss), f"loss {got:.9g}, expected {loss:.9g}")
        found, _ = tensors.read(self.folder / "gradients.safetensors")
        worst = 0
        for name, expected in self.gradients.items():
            check(name in found, f"no gradient of '{name}'")
            error = np.abs(found[name] - expected).max() / np.abs(expected).max()
            if not error <= TOLERANCE:
                at = np.unravel_index(np.abs(found[name] - expected).argmax(), expected.shape)
                raise Failed(f"gradient of '{name}'{list(map(int, at))}: expected "
                             f"{expected[at]:.9g}, got {found[name][at]:.9g}, deviation "
                             f"{error:.3g}, tolerance {TOLERANCE:.3g}")
            worst = max(worst, error)
        return worst


def check_rule(tools, rule):
    cases = [Case(tools, rule, i) for i in range(len(graphs.GRAPHS[rule]))]
    return f"worst {max(case.check() for case in cases):.1e} of {TOLERANCE:.0e}"


def check_scaled(tools, rule):
    """The check of each graph of the rule must fail if the rule is scaled."""
    seen = []
    for index in range(len(graphs.GRAPHS[rule])):
        case = Case(tools, rule, index)
        try:
            case.check(f"--debug-scale-rule={rule}")
        except Failed as failure:
            check("gradient of" in str(failure), f"failed otherwise: {failure}")
            seen.append(re.search(r"deviation (\S+),", str(failure))[1])
            continue
        raise Failed(f"graph {index}: {rule} scaled by 1.001 was not seen")
    return "seen: deviation " + ", ".join(seen)


@functools.cache
def operations(tools, name):
    """Returns the operations of a model's forward pass that autodiff differentiates."""
    model = next(m for m in reference.MODELS if m.name == name)
    text = tools.expect([tools.build / "bin" / "plimsoll", "compile", tools.models / model.path,
                         "--emit=step", "-o", "-", *model.options]).out
    forward = text[text.index("@evaluate"):]
    return set(re.findall(r"\bnn\.\w+", forward))


def check_model_sees(tools, rule):
    """The gradient check of some reference model that uses the scaled rule must fail."""
    users = [name for name in REFERENCE_MODELS if rule in operations(tools, name)]
    for name in users:
        model = next(m for m in reference.MODELS if m.name == name)
        folder = tools.folder(f"{rule}-{name}")
        program = tools.compile(model.path, folder / "program", reference.OPTIMIZER,
                                "--keep-gradients", f"--debug-scale-rule={rule}", *model.options)
        tools.expect([program, f"--data={model.data(tools)}", "--steps=1",
                      f"--dump-gradients={folder}/gradients.safetensors"])
        try:
            reference.check_gradients(model, model.reference(tools),
                                      folder / "gradients.safetensors")
        except Failed as failure:
            return "seen by " + str(failure)
    check(rule in UNREACHED, f"{rule} scaled by 1.001 was not seen by {users}")
    return f"not reached: {UNREACHED[rule]}"


#: Rules whose operation is in reference models, but on no path of a gradient.
UNREACHED = {
    "nn.sqrt": "vit-nano's scale of attention, the square root of a constant",
}


def group(suite, tools, everything):
    for rule in rules():
        if rule not in graphs.GRAPHS:
            suite.case(f"rule {rule}", lambda: check(False, "no graph of graphs.py uses it"))
            continue
        suite.case(f"rule {rule}", check_rule, tools, rule)
        suite.case(f"rule {rule}: 0.1 % off", check_scaled, tools, rule)
    used = set().union(*(operations(tools, name) for name in REFERENCE_MODELS))
    for rule in rules():
        if rule in used:
            suite.case(f"rule {rule}: 0.1 % off in a model", check_model_sees, tools, rule)
