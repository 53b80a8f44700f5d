"""Small ONNX graphs, one or more for each gradient rule, and their gradients in f64.

A graph is written once and made twice: in f32 for the compiler, in f64 for onnx's reference
evaluator, whose finite differences are what the compiled program's gradients must be.
"""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import losses
import philox

OPSET = 23
DIFFERENCE = 1e-5


class Graph:
    """Nodes, parameters and inputs by name. Inputs have one record a row."""

    def __init__(self, loss="mse"):
        self.loss, self.nodes, self.count = loss, [], 0
        self.parameters, self.constants, self.inputs = {}, {}, {}
        self.random = np.random.default_rng(7)

    def numbers(self, shape, low=-1.5, high=1.5):
        """Numbers of a kind that no kink is near: at least 0.2 from zero."""
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
        """The ONNX model; f64 where it says f32 when `double`."""
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


# onnx's own evaluator computes these in f32, whatever it is given.


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
    """As in training: by the statistics of the batch, whatever the node says."""

    def _run(self, x, scale, bias, mean, variance, epsilon=1e-5, momentum=0.9, training_mode=0):
        axes = (0, *range(2, x.ndim))
        shape = (1, -1) + (1,) * (x.ndim - 2)
        centred = x - x.mean(axes, keepdims=True)
        y = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + epsilon)
        return (y * scale.reshape(shape) + bias.reshape(shape),)


class Dropout(OpRun):
    """As the first step of a run draws it; the ratios of a graph differ and tell its streams."""

    streams = {0.5: 0, 0.25: 1}

    def _run(self, x, ratio, training, seed=None):
        p = float(ratio)
        kept = philox.kept(x.shape, p, seed=0, step=1, stream=self.streams[p])
        return (np.where(kept, x / (1 - p), 0).astype(x.dtype),)


class ConvTranspose(OpRun):
    """Over two sizes; onnx's own knows no groups."""

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
                                                           BatchNormalization, ConvTranspose])
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
        """Central differences, element by element."""
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


# The graphs ------------------------------------------------------------------


def unary(kind, low=-1.5, high=1.5, **attributes):
    """kind(x * w + b), so that operands differ from row to row."""
    def build(g):
        scaled = g.op("Mul", g.input("x", (3, 4), 0.5, 1.5), g.parameter("w", (4,), low, high))
        shift = g.parameter("b", (4,), 0.05, 0.1)
        shifted = g.op("Add", scaled, shift) if low > 0 else scaled
        g.op(kind, shifted, **attributes)
        if low <= 0:
            g.op("Add", g.nodes[-1][2][0], shift)
    return build


def binary(kind, low=-1.5, high=1.5):
    """Both operands trained, both broadcast somewhere."""
    def build(g):
        a = g.op("Mul", g.input("x", (3, 4), 0.5, 1.5), g.parameter("a", (4,), low, high))
        g.op(kind, a, g.parameter("b", (3, 1), low, high))
    return build


def cast(g):
    wide = g.op("Cast", g.parameter("w", (4,)), to=TensorProto.DOUBLE)
    squared = g.op("Mul", wide, wide)
    g.op("Mul", g.input("x", (3, 4)), g.op("Cast", squared, to=TensorProto.FLOAT))


def select(g):
    x = g.input("x", (3, 4))
    g.op("Where", g.op("Greater", x, g.constant(0.0, np.float32)), g.parameter("a", (4,)),
         g.op("Mul", x, g.parameter("b", (3, 1))))


def reshape(g):
    shaped = g.op("Reshape", g.parameter("w", (2, 6)), g.constant([3, 4], np.int64))
    g.op("Mul", g.input("x", (3, 4)), shaped)


def transpose(g):
    turned = g.op("Transpose", g.parameter("w", (2, 4, 3)), perm=[2, 0, 1])
    g.op("Mul", g.input("x", (3, 2, 4)), turned)


def broadcast(g):
    token = g.op("Expand", g.parameter("token", (1, 1, 4)), g.constant([3, 1, 4], np.int64))
    g.op("Concat", token, g.op("Mul", g.input("x", (3, 2, 4)), g.parameter("w", (4,))), axis=1)


def concat(g):
    x = g.input("x", (3, 4))
    parts = [g.op("Mul", x, g.parameter("a", (4,))), g.op("Mul", x, g.parameter("b", (3, 1))),
             g.input("y", (3, 2))]
    g.op("Concat", *parts, axis=1)


def split(g):
    product = g.op("Mul", g.input("x", (3, 6)), g.parameter("w", (6,)))
    first, second = g.op("Split", product, g.constant([2, 4], np.int64), results=2, axis=1)
    total = g.op("ReduceSum", g.op("Mul", second, second), g.constant([1], np.int64))
    g.op("Mul", first, total)


def reduce_sum(g):
    product = g.op("Mul", g.input("x", (3, 4, 5)), g.parameter("w", (4, 5)))
    g.op("ReduceSum", g.op("Mul", product, product), g.constant([1], np.int64), keepdims=0)


def reduce_mean(g):
    product = g.op("Mul", g.input("x", (3, 4, 5)), g.parameter("w", (4, 5)))
    g.op("ReduceMean", product, g.constant([0, 2], np.int64), keepdims=1)
    g.op("Mul", g.nodes[-1][2][0], product)


def gather(g):
    rows = g.op("Gather", g.parameter("table", (5, 4)), g.indices("ids", (3, 6), 5))
    g.op("Mul", rows, rows)


def matmul(g):
    hidden = g.op("MatMul", g.input("x", (3, 2, 4)), g.parameter("w", (4, 5)))
    g.op("MatMul", hidden, g.op("Transpose", g.parameter("v", (3, 6, 5)), perm=[0, 2, 1]))


def gemm(g):
    left = g.op("Mul", g.input("x", (3, 4)), g.parameter("s", (4,)))
    hidden = g.op("Gemm", left, g.parameter("w", (5, 4)), g.parameter("b", (5,)), transB=1)
    g.op("Gemm", g.op("Transpose", hidden, perm=[1, 0]), g.parameter("v", (5, 2)), transA=1)


def softmax(g):
    scores = g.op("Mul", g.input("x", (3, 5)), g.parameter("w", (5,)))
    g.op("Mul", g.op("Softmax", scores, axis=-1), g.parameter("v", (5,)))


def attention(masked):
    def build(g):
        x, shape = g.input("x", (2, 2, 4, 3)), (2, 1, 3)
        operands = [g.op("Mul", x, g.parameter(name, shape)) for name in "qkv"]
        if masked:
            mask = np.ones((2, 1, 4, 4), bool)
            mask[0, 0, :, 3] = mask[1, 0, 2, :2] = False
            g.op("Attention", *operands, g.constant(mask))
        else:
            g.op("Attention", *operands, is_causal=1)
    return build


def conv(**attributes):
    def build(g):
        groups = attributes.get("group", 1)
        x = g.op("Mul", g.input("x", (2, 4, 5, 5)), g.parameter("s", (4, 1, 1)))
        g.op("Conv", x, g.parameter("w", (4, 4 // groups, 3, 3)), g.parameter("b", (4,)),
             **attributes)
    return build


def conv_of(x_shape, w_shape, **attributes):
    """A convolution over other than two dimensions, or of one channel for each filter."""
    def build(g):
        x = g.op("Mul", g.input("x", x_shape), g.parameter("s", (x_shape[-1],)))
        g.op("Conv", x, g.parameter("w", w_shape), **attributes)
    return build


def conv_transpose(**attributes):
    def build(g):
        groups = attributes.get("group", 1)
        x = g.op("Mul", g.input("x", (2, 4, 3, 3)), g.parameter("s", (4, 1, 1)))
        g.op("ConvTranspose", x, g.parameter("w", (4, 4 // groups, 3, 3)), g.parameter("b", (4,)),
             **attributes)
    return build


def pool(kind, **attributes):
    def build(g):
        x = g.op("Mul", g.input("x", (2, 3, 5, 6)), g.parameter("s", (5, 6)))
        g.op(kind, x, **attributes)
    return build


def resize(scales, **attributes):
    def build(g):
        x = g.op("Mul", g.input("x", (2, 3, 4, 5)), g.parameter("s", (4, 5)))
        g.op("Resize", x, "", g.constant(scales, np.float32), **attributes)
    return build


def batch_norm(g):
    x = g.op("Mul", g.input("x", (6, 3, 2, 2)), g.parameter("s", (3, 2, 2)))
    statistics = [g.constant(np.full(3, value, np.float32)) for value in (0.25, 2.0)]
    g.op("BatchNormalization", x, g.parameter("scale", (3,)), g.parameter("bias", (3,)),
         *statistics, epsilon=1e-3)


def layer_norm(g):
    x = g.op("Mul", g.input("x", (3, 8)), g.parameter("s", (8,)))
    g.op("LayerNormalization", x, g.parameter("scale", (8,)), g.parameter("bias", (8,)), axis=-1,
         epsilon=1e-5)


def rms_norm(g):
    """In pieces, as exporters write it before opset 23."""
    x = g.op("Mul", g.input("x", (3, 8)), g.parameter("s", (8,)))
    square = g.op("ReduceMean", g.op("Mul", x, x), g.constant([-1], np.int64))
    deviation = g.op("Sqrt", g.op("Add", square, g.constant(1e-3, np.float32)))
    g.op("Mul", g.op("Div", x, deviation), g.parameter("scale", (8,)))


def squared(kind, **attributes):
    """The operator along the last dimension of a product, squared."""
    def build(g):
        x = g.op("Mul", g.input("x", (3, 6), 0.5, 1.5), g.parameter("w", (6,), 0.5, 1.5))
        extra = [g.constant(value, np.int64) for value in attributes.get("operands", [])]
        rest = {key: value for key, value in attributes.items() if key != "operands"}
        y = g.op(kind, x, *extra, **rest)
        y = y[0] if isinstance(y, list) else y
        g.op("Mul", y, y)
    return build


def extreme(kind):
    """Sometimes one operand, sometimes the other."""
    def build(g):
        a = g.op("Mul", g.input("x", (5, 4), 0.5, 1.5), g.parameter("a", (4,), 0.9, 1.1))
        g.op(kind, a, g.op("Mul", g.input("y", (5, 4), 0.5, 1.5), g.parameter("b", (4,), 0.9, 1.1)))
    return build


def mod(g):
    x = g.op("Mul", g.input("x", (3, 4), 0.5, 1.5), g.parameter("w", (4,)))
    g.op("Mod", x, g.constant(0.75, np.float32), fmod=1)


def gather_elements(g):
    x = g.op("Mul", g.input("x", (3, 5)), g.parameter("w", (5,)))
    y = g.op("GatherElements", x, g.indices("ids", (3, 4), 5), axis=1)
    g.op("Mul", y, y)


def scatter_elements(reduction):
    def build(g):
        x = g.op("Mul", g.input("x", (3, 5)), g.parameter("w", (5,)))
        updates = g.op("Mul", g.input("u", (3, 2)), g.parameter("v", (2,)))
        ids = g.constant([[0, 3], [4, 1], [2, 0]], np.int64)
        y = g.op("ScatterElements", x, ids, updates, axis=1, reduction=reduction)
        g.op("Mul", y, y)
    return build


def scores(loss):
    """A linear layer of five outputs below `loss`."""
    def build(g):
        g.loss = loss
        g.op("Gemm", g.input("x", (6, 4)), g.parameter("w", (4, 5)), g.parameter("b", (5,)))
    return build


classify = scores("cross-entropy")


def dropout(g):
    """Step 1 of seed 0, which the reference draws too: two ops, two streams."""
    hidden = g.op("Mul", g.input("x", (7, 5)), g.parameter("w", (5,)))
    for p in (0.5, 0.25):
        hidden = g.op("Dropout", hidden, g.constant(p, np.float32), g.constant(True))
    g.op("Mul", hidden, hidden)


def sub(g):
    """The operands of a subtraction used once more, so that gradients add up."""
    a = g.op("Mul", g.input("x", (3, 4)), g.parameter("a", (4,)))
    b = g.parameter("b", (3, 1))
    g.op("Mul", g.op("Sub", a, b), g.op("Sub", b, a))


#: operation of the rule -> graphs whose gradients need it
GRAPHS = {
    "nn.neg": [unary("Neg")],
    "nn.abs": [unary("Abs")],
    "nn.exp": [unary("Exp")],
    "nn.log": [unary("Log", 0.5, 2.0)],
    "nn.sqrt": [unary("Sqrt", 0.5, 2.0)],
    "nn.reciprocal": [unary("Reciprocal", 0.5, 2.0)],
    "nn.sin": [unary("Sin")],
    "nn.cos": [unary("Cos")],
    "nn.tanh": [unary("Tanh")],
    "nn.erf": [unary("Erf")],
    "nn.sigmoid": [unary("Sigmoid")],
    "nn.relu": [unary("Relu")],
    "nn.gelu": [unary("Gelu"), unary("Gelu", approximate="tanh")],
    "nn.cast": [cast],
    "nn.add": [binary("Add")],
    "nn.sub": [binary("Sub"), sub],
    "nn.mul": [binary("Mul")],
    "nn.div": [binary("Div", 0.5, 2.0)],
    "nn.pow": [binary("Pow", 0.5, 2.0)],
    "nn.mod": [mod],
    "nn.min": [extreme("Min")],
    "nn.max": [extreme("Max")],
    "nn.select": [select],
    "nn.reduce": [squared("ReduceMax", operands=[[1]]), squared("ReduceMin", operands=[[1]]),
                  squared("ReduceProd", operands=[[1]])],
    "nn.cum_sum": [squared("CumSum", operands=[1]),
                   squared("CumSum", operands=[1], exclusive=1, reverse=1)],
    "nn.top_k": [squared("TopK", operands=[[2]], results=2)],
    "nn.log_softmax": [squared("LogSoftmax")],
    "nn.gather_elements": [gather_elements],
    "nn.scatter_elements": [scatter_elements(kind) for kind in ("none", "add", "mul", "max", "min")],
    "nn.reshape": [reshape],
    "nn.transpose": [transpose],
    "nn.broadcast": [broadcast, resize([1, 1, 2, 2], mode="nearest", nearest_mode="floor",
                                       coordinate_transformation_mode="asymmetric")],
    "nn.concat": [concat],
    "nn.split": [split],
    "nn.reduce_sum": [reduce_sum, reduce_mean],
    "nn.gather": [gather],
    "nn.matmul": [matmul, gemm, resize([1, 1, 2, 1.6], mode="linear")],
    "nn.softmax": [softmax],
    "nn.attention": [attention(False), attention(True)],
    "nn.conv": [conv(pads=[1, 1, 1, 1]), conv(strides=[2, 2], pads=[1, 0, 1, 0], group=2),
                conv_of((2, 3, 7), (4, 3, 3), dilations=[2], pads=[1, 1]),
                conv_of((2, 2, 3, 4, 3), (2, 1, 2, 2, 2), group=2)],
    "nn.conv_transpose": [conv_transpose(strides=[2, 2], output_padding=[1, 1]),
                          conv_transpose(pads=[1, 1, 0, 1], group=2)],
    "nn.max_pool": [pool("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
                    pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
                    pool("GlobalMaxPool")],
    "nn.avg_pool": [pool("AveragePool", kernel_shape=[2, 3], strides=[2, 1]),
                    pool("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                         count_include_pad=1)],
    "nn.batch_norm": [batch_norm],
    "nn.layer_norm": [layer_norm, rms_norm],
    "nn.dropout": [dropout],
    "nn.cross_entropy": [classify, scores("cross-entropy,label-smoothing=0.3,ignore-index=2,"
                                          "weights=0.5:1:2:0:1.5")],
    "nn.kl_divergence": [scores("kl"), scores("kl,temperature=2.5")],
    "nn.pointwise_loss": [scores("bce-with-logits"), scores("l1"), scores("huber,delta=0.7")],
}
