"""Small ONNX graphs, and their gradients in f64.

A graph is written once and made twice: in f32 for the compiler, in f64 for onnx's reference
evaluator, whose finite differences are what the compiled program's gradients must be.
"""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import cells
import losses
import philox

OPSET = 23
DIFFERENCE = 1e-5


class Graph:
    """A graph: nodes, parameters and inputs by name. Each row of an input is a record."""

    def __init__(self, loss="mse"):
        self.loss, self.nodes, self.count = loss, [], 0
        self.parameters, self.constants, self.inputs = {}, {}, {}
        self.random = np.random.default_rng(7)

    def numbers(self, shape, low=-1.5, high=1.5):
        """Draws numbers that are at least 0.2 from zero, where functions may have kinks."""
        values = self.random.uniform(low, high, shape)
        if low < 0:
            values = np.where(np.abs(values) < 0.2, np.copysign(0.2, values) + values, values)
        return values.astype(np.float32)

    def parameter(self, name, shape, low=-1.5, high=1.5):
        self.parameters[name] = self.numbers(shape, low, high)
        return name

    def input(self, name, shape, low=-1.5, high=1.5):
        self.inputs[name] = self.numbers(shape, low, high)
        return name

    def indices(self, name, shape, limit):
        self.inputs[name] = self.random.integers(0, limit, shape)
        return name

    def constant(self, values, dtype=None):
        name = f"constant_{len(self.constants)}"
        self.constants[name] = np.asarray(values, dtype)
        return name

    def op(self, kind, *operands, results=1, **attributes):
        names = [f"{kind.lower()}_{self.count}_{i}" for i in range(results)]
        self.count += 1
        self.nodes.append((kind, list(operands), names, attributes))
        return names[0] if results == 1 else names

    def model(self, double):
        """Returns the ONNX model; `double`: with f64 instead of f32."""
        float_type = TensorProto.DOUBLE if double else TensorProto.FLOAT

        def typed(array):
            wide = double and array.dtype == np.float32
            return array.astype(np.float64) if wide else array

        nodes = []
        for index, (kind, operands, results, attributes) in enumerate(self.nodes):
            attributes = dict(attributes)
            if double and attributes.get("to") == TensorProto.FLOAT:
                attributes["to"] = TensorProto.DOUBLE
            nodes.append(helper.make_node(kind, operands, results, name=f"/{kind}_{index}",
                                          **attributes))
        initializers = [numpy_helper.from_array(typed(array), name)
                        for name, array in {**self.parameters, **self.constants}.items()]
        inputs = [helper.make_tensor_value_info(
            name, float_type if array.dtype == np.float32 else TensorProto.INT64, array.shape)
            for name, array in self.inputs.items()]
        output = helper.make_tensor_value_info(self.nodes[-1][2][0], float_type, None)
        graph = helper.make_graph(nodes, "small", inputs, [output], initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 10
        return onnx.shape_inference.infer_shapes(model)


# These replace operators that onnx's evaluator computes in f32 whatever it is given.


class Erf(OpRun):
    def _run(self, x):
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


class Gelu(OpRun):
    op_domain = ""

    def _run(self, x, approximate=None):
        if approximate == "tanh":
            return (0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),)
        return (0.5 * x * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / np.sqrt(2))),)


class LayerNormalization(OpRun):
    def _run(self, x, scale, bias=None, axis=-1, epsilon=1e-5, stash_type=None):
        axes = tuple(range(axis % x.ndim, x.ndim))
        centred = x - x.mean(axes, keepdims=True)
        y = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + epsilon) * scale
        return (y if bias is None else y + bias,)


class BatchNormalization(OpRun):
    """Normalises by the statistics of the batch, as in training, whatever the node says."""

    def _run(self, x, scale, bias, mean, variance, epsilon=1e-5, momentum=0.9, training_mode=0):
        axes = (0, *range(2, x.ndim))
        shape = (1, -1) + (1,) * (x.ndim - 2)
        centred = x - x.mean(axes, keepdims=True)
        y = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + epsilon)
        return (y * scale.reshape(shape) + bias.reshape(shape),)


class Dropout(OpRun):
    """Draws as the first step of a run does. The ratios in a graph differ and identify streams."""

    streams = {0.5: 0, 0.25: 1}

    def _run(self, x, ratio, training, seed=None):
        p = float(ratio)
        kept = philox.kept(x.shape, p, seed=0, step=1, stream=self.streams[p])
        return (np.where(kept, x / (1 - p), 0).astype(x.dtype),)


class ConvTranspose(OpRun):
    """Transposed convolution over two dimensions, with groups, which onnx's evaluator lacks."""

    def _run(self, x, w, bias=None, auto_pad=None, dilations=None, group=1, kernel_shape=None,
             output_padding=None, output_shape=None, pads=None, strides=None):
        (n, c, *sizes), (_, filters, *kernel) = x.shape, w.shape
        strides, pads, extra = strides or [1, 1], pads or [0] * 4, output_padding or [0, 0]
        whole = [s * (i - 1) + k + e for s, i, k, e in zip(strides, sizes, kernel, extra)]
        y = np.zeros((n, group, filters, *whole), x.dtype)
        parts = np.einsum("ngchw,gckrs->nghwkrs", x.reshape(n, group, c // group, *sizes),
                          w.reshape(group, c // group, filters, *kernel))
        for h, v, r, s in np.ndindex(*sizes, *kernel):
            y[:, :, :, h * strides[0] + r, v * strides[1] + s] += parts[:, :, h, v, :, r, s]
        y = y.reshape(n, group * filters, *whole)
        y = y[:, :, pads[0]:whole[0] - pads[2], pads[1]:whole[1] - pads[3]]
        return (y if bias is None else y + bias.reshape(-1, 1, 1),)


class Reference:
    """Loss and gradients of a graph in f64."""

    def __init__(self, graph):
        self.graph = graph
        model = graph.model(double=True)
        names = set(graph.parameters)
        kept = [t for t in model.graph.initializer if t.name not in names]
        model.graph.ClearField("initializer")
        model.graph.initializer.extend(kept)
        for name, array in graph.parameters.items():
            model.graph.input.append(
                helper.make_tensor_value_info(name, TensorProto.DOUBLE, array.shape))
        self.evaluator = ReferenceEvaluator(model, new_ops=[Dropout, Erf, Gelu, LayerNormalization,
                                                           BatchNormalization, ConvTranspose, cells.LSTM,
                                                           cells.GRU, cells.RNN])
        self.feeds = {n: a.astype(np.float64) if a.dtype == np.float32 else a
                      for n, a in {**graph.inputs, **graph.parameters}.items()}
        self.labels = losses.labels(graph.loss, graph, self.output(self.feeds).shape)

    def output(self, feeds):
        (output,) = self.evaluator.run(None, feeds)
        assert output.dtype == np.float64, f"evaluated as {output.dtype}"
        return output

    def loss(self, feeds=None):
        output = self.output(self.feeds if feeds is None else feeds)
        return losses.loss(self.graph.loss, output, self.labels)

    def gradients(self):
        """Returns central differences, element by element."""
        result = {}
        for name, array in self.graph.parameters.items():
            gradient = np.zeros(array.shape)
            for i in range(array.size):
                ends = []
                for sign in (1, -1):
                    moved = array.astype(np.float64)
                    moved.flat[i] += sign * DIFFERENCE
                    ends.append(self.loss({**self.feeds, name: moved}))
                gradient.flat[i] = (ends[0] - ends[1]) / (2 * DIFFERENCE)
            result[name] = gradient
        return result
