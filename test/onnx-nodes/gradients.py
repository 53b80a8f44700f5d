"""Gradients of every case against central differences, in f64; nothing here knows an operator.

The f32 of a model becomes f64. For results y_i and fixed random r_i the loss is the sum of all
y_i * r_i; the compiler's gradient with respect to each floating-point input is compared with
(loss(x + h d) - loss(x - h d)) / 2h for random directions d and for single elements. Inputs are
moved a little first, so that they are not at a kink of abs, max or round; a probe across a
kink (its second difference is large) is ignored, but one probe of each case must count.
"""

import copy
import zlib

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

import drawn
import driver
import files
import report

STEP = 2e-6
JITTER = 1e-2
DIRECTIONS, ELEMENTS = 2, 3
#: Tolerance relative to the gradient along a probe, and rounding in f64 relative to the loss's
#: terms.
TOLERANCE, ROUNDING = 1e-6, 1e-15

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


def in_double(model):
    """Returns a copy of the model with f64 instead of f32."""
    model = copy.deepcopy(model)
    widen(model.graph)
    return model


def widen(graph):
    for tensor in graph.initializer:
        widen_tensor(tensor)
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type == FLOAT:
            value.type.tensor_type.elem_type = DOUBLE
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                widen_tensor(attribute.t)
            if attribute.type == onnx.AttributeProto.GRAPH:
                widen(attribute.g)
            if attribute.name in ("to", "dtype", "softmax_precision") and attribute.i == FLOAT:
                attribute.i = DOUBLE


def widen_tensor(tensor):
    if tensor.data_type == FLOAT:
        array = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


class Probe:
    """One case: the points at which it is evaluated, and the comparison of its gradients."""

    def __init__(self, case):
        self.random = np.random.default_rng(zlib.crc32(case.name.encode()))
        self.case = case
        self.model = in_double(case.model)
        self.names = driver.graph_inputs(case)
        self.inputs = {}
        for name, x in zip(self.names, case.inputs):
            if x.dtype == np.float32 or x.dtype == np.float64:
                x = np.asarray(x, np.float64)
                x = x + JITTER * self.random.uniform(0.5, 1, x.shape)
            self.inputs[name] = x
        self.weights = {value.name: self.random.standard_normal(y.shape)
                        for value, y in zip(case.model.graph.output, case.outputs)
                        if y.dtype.kind == "f"}
        self.moves = [(name, d) for name, x in self.inputs.items() if self.moved(x)
                      for d in self.directions(x)]

    @staticmethod
    def moved(x):
        return x.dtype.kind == "f" and x.size > 0

    def directions(self, x):
        for _ in range(DIRECTIONS):
            yield self.random.standard_normal(x.shape)
        for _ in range(min(ELEMENTS, x.size)):
            d = np.zeros(x.size)
            d[self.random.integers(x.size)] = 1
            yield d.reshape(x.shape)

    def sets(self):
        """Returns the bytes of every input: the point itself, then x + h d and x - h d of each
        move."""
        result = {}
        for name, x in self.inputs.items():
            points = [x]
            for moved, d in self.moves:
                points += [x + STEP * d, x - STEP * d] if moved == name else [x, x]
            result[name] = b"".join(np.ascontiguousarray(point).tobytes() for point in points)
        for name, r in self.weights.items():
            result["weight:" + name] = r.tobytes() * (1 + 2 * len(self.moves))
        result["hyper"] = drawn.HYPER.tobytes() * (1 + 2 * len(self.moves))
        return result

    def losses(self, outcome):
        """Returns the loss at each point, and the sum of its absolute terms at the first."""
        total, scale = 0.0, 0.0
        for name, r in self.weights.items():
            if r.size == 0:
                continue
            y = outcome.results[name].astype(np.float64)
            total = total + (y * r).reshape(y.shape[0], -1).sum(axis=1)
            scale += float(np.abs(y[0] * r).sum())
        return total, scale

    def check(self, outcome):
        """Returns (what differs or "", why nothing could be compared or "")."""
        losses, scale = self.losses(outcome)
        if not np.all(np.isfinite(losses)):
            return "", "a result is not finite"
        counted = 0
        for i, (name, d) in enumerate(self.moves):
            above, below = losses[1 + 2 * i], losses[2 + 2 * i]
            expected = (above - below) / (2 * STEP)
            gradient = outcome.results.get("gradient:" + name)
            gradient = np.zeros_like(d) if gradient is None else gradient[0]
            found = float((gradient * d).sum())
            size = max(abs(expected), float(np.abs(gradient * d).sum()), 1e-3)
            bend = abs(above - 2 * losses[0] + below) / STEP
            allowed = TOLERANCE * size + ROUNDING * scale / STEP
            # At a kink any slope between those on both sides is right: it may deviate by half of
            # the bend.
            if bend > 0.1 * size or allowed < abs(found - expected) <= 0.5 * bend + allowed:
                continue
            counted += 1
            if not abs(found - expected) <= allowed:
                return f"gradient of '{name}' along probe {i} is {found:.9g}, central difference " \
                       f"{expected:.9g}", ""
        return "", "" if counted else "every probe crosses a kink"


def check(machine, chosen, forward, probes=None):
    """Returns a row for every case that passed forward and has floats as inputs and results.

    `probes`, if given, is filled with what was compared: case name -> (probe, operations).
    """
    passed = {row.case.name for row in forward if row.verdict in ("passed", "drawn")}
    probes = {} if probes is None else probes
    made = {}
    for case in chosen:
        if case.name in passed and not files.is_light(case):
            probe = Probe(case)
            if probe.moves and any(r.size for r in probe.weights.values()):
                made[case.name] = probe

    def write(case):
        probe = made[case.name] = Probe(case)
        machine.write(case.name, probe.model, probe.sets())

    wanted = [case for case in chosen if case.name in made]
    outcomes = driver.run_bound(machine, wanted, "gradients", write)
    rows = []
    for case in wanted:
        outcome = outcomes[case.name]
        if outcome.refusal:
            rows.append(report.Row(case, "refused", report.reason(outcome.refusal)))
            continue
        difference, nothing = made[case.name].check(outcome)
        if not difference and not nothing:
            probes[case.name] = made[case.name], outcome.operations
        verdict = "failed" if difference else "refused" if nothing else "passed"
        rows.append(report.Row(case, verdict, difference or nothing))
    return rows
