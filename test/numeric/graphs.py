"""Small ONNX graphs, one or more for each gradient rule (evaluator.py makes them).

A function adds the nodes of a graph to an evaluator.Graph; GRAPHS lists the graphs of each rule.
"""

import numpy as np
from onnx import TensorProto


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
    """kind(a, b) with two trained operands that are both broadcast."""
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


def rotary(g):
    """A rotation of [batch, heads, tokens, features] as Hugging Face's models write it."""
    x = g.op("Mul", g.input("x", (2, 2, 3, 4)), g.parameter("w", (4,)))
    angle = np.linspace(0, 2, 12, dtype=np.float32).reshape(1, 1, 3, 4)
    halves = g.op("Split", x, g.constant([2, 2], np.int64), results=2, axis=3)
    turned = g.op("Concat", g.op("Neg", halves[1]), halves[0], axis=3)
    g.op("Add", g.op("Mul", x, g.constant(np.cos(angle))),
         g.op("Mul", turned, g.constant(np.sin(angle))))


def recurrent(kind, gates, last=False, initial=False, bias=True, **attributes):
    """A recurrent layer; `last`: with the states after the last step,
    `initial`: with trained states before the first one."""
    def build(g):
        directions = 2 if attributes.get("direction") == "bidirectional" else 1
        states, size = (2 if kind == "LSTM" else 1), 3
        x = g.op("Mul", g.input("x", (2, 4, 2)), g.parameter("s", (2,)))
        operands = [g.op("Transpose", x, perm=[1, 0, 2]),
                    g.parameter("w", (directions, gates * size, 2)),
                    g.parameter("r", (directions, gates * size, size)),
                    g.parameter("b", (directions, 2 * gates * size)) if bias else ""]
        if initial:
            shape = g.constant([directions, 2, size], np.int64)
            operands += [""] + [g.op("Expand", g.parameter(name, (directions, 1, size)), shape)
                                for name in ("h", "c")[:states]]
        y, *ends = g.op(kind, *operands, results=states + 1, hidden_size=size, **attributes)
        parts = [g.op("Transpose", y, perm=[2, 0, 1, 3])]
        for end in ends if last else []:
            rows = g.op("Transpose", end, perm=[1, 0, 2])
            parts.append(g.op("Unsqueeze", rows, g.constant([1], np.int64)))
        g.op("Concat", *parts, axis=1)
    return build


def layers(kind, gates, **attributes):
    """Graphs of a kind of cells: each direction, with and without what a layer may lack."""
    return [recurrent(kind, gates, last=True, initial=True, **attributes),
            recurrent(kind, gates, bias=False, direction="reverse", last=True, **attributes),
            recurrent(kind, gates, direction="bidirectional", initial=True, **attributes)]


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
    """RMS normalisation from single operators, as exporters write it before opset 23."""
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
    """Min or Max of two operands, each of which is chosen for some elements."""
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


def pixels(loss, *shape, axis=1):
    """Scaled and shifted scores, with classes in dimension `axis` of `shape`, below `loss`."""
    def build(g):
        g.loss = loss
        each = tuple(size if d == axis else 1 for d, size in enumerate(shape))[1:]
        g.op("Add", g.op("Mul", g.input("x", shape), g.parameter("w", each)), g.parameter("b", each))
    return build


def dropout(g):
    """Two dropouts with two streams, at step 1 of seed 0, which the reference draws too."""
    hidden = g.op("Mul", g.input("x", (7, 5)), g.parameter("w", (5,)))
    for p in (0.5, 0.25):
        hidden = g.op("Dropout", hidden, g.constant(p, np.float32), g.constant(True))
    g.op("Mul", hidden, hidden)


def sub(g):
    """A subtraction whose operands are used again, so that their gradients are sums."""
    a = g.op("Mul", g.input("x", (3, 4)), g.parameter("a", (4,)))
    b = g.parameter("b", (3, 1))
    g.op("Mul", g.op("Sub", a, b), g.op("Sub", b, a))


#: operation of a rule -> graphs whose gradients need the rule
GRAPHS = {
    "nn.neg": [unary("Neg")],
    "nn.abs": [unary("Abs")],
    "nn.exp": [unary("Exp")],
    "nn.log": [unary("Log", 0.5, 2.0)],
    "nn.sqrt": [unary("Sqrt", 0.5, 2.0)],
    "nn.reciprocal": [unary("Reciprocal", 0.5, 2.0)],
    "nn.sin": [unary("Sin")],
    "nn.cos": [unary("Cos")],
    "nn.tan": [unary("Tan", -0.9, 0.9)],
    "nn.asin": [unary("Asin", -0.6, 0.6)],
    "nn.acos": [unary("Acos", -0.6, 0.6)],
    "nn.atan": [unary("Atan")],
    "nn.sinh": [unary("Sinh")],
    "nn.cosh": [unary("Cosh")],
    "nn.asinh": [unary("Asinh")],
    "nn.acosh": [unary("Acosh", 2.5, 4.0)],
    "nn.atanh": [unary("Atanh", -0.6, 0.6)],
    "nn.tanh": [unary("Tanh"), recurrent("GRU", 3, last=True)],  # unrolled: resets before its product
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
    "nn.rotary": [rotary],
    "nn.lstm": layers("LSTM", 4),
    "nn.gru": layers("GRU", 3, linear_before_reset=1),
    "nn.rnn": layers("RNN", 1) + [recurrent("RNN", 1, initial=True, activations=["Relu"])],
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
                                          "weights=0.5:1:2:0:1.5"),
                         pixels("cross-entropy", 2, 3, 4, 2),
                         pixels("cross-entropy,axis=1,label-smoothing=0.3,weights=0.5:1:2", 3, 3, 5),
                         pixels("cross-entropy,axis=-2,ignore-index=1", 2, 2, 4, 3, axis=2)],
    "nn.kl_divergence": [scores("kl"), scores("kl,temperature=2.5"), pixels("kl", 2, 3, 2, 4)],
    "nn.pointwise_loss": [scores("bce-with-logits"), scores("l1"), scores("huber,delta=0.7")],
}
