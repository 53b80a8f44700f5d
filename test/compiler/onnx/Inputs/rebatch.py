"""Makes the small ONNX models of rebatch.test: rebatch.py FOLDER."""
import os
import sys

import numpy as np
import onnx.parser
from onnx import numpy_helper

import make

HEADER = '<ir_version: 10, opset_import: ["": 18]>\n'


def table(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


# name: (graph, initializers)
MODELS = {
    # Heads of attention: rows are merged and split again by literal sizes.
    "reshapes": ("""g (float[4,3,8] x) => (float[4,24] y) {
        flat = Reshape(x, rows)
        z = MatMul(flat, fc)
        heads = Reshape(z, split)
        turned = Transpose<perm = [0, 2, 1, 3]>(heads)
        y = Reshape(turned, merged)
    }""", {"fc": table(8, 8), "rows": ints(12, 8), "split": ints(4, 3, 2, 4), "merged": ints(4, -1)}),
    # The count of an Expand of a parameter, and a mask of equal rows, follow.
    "literals": ("""g (float[4,3,8] x) => (float[4,4,4] y) {
        first = Expand(cls, counts)
        tokens = Concat<axis = 1>(first, x)
        z = MatMul(tokens, fc)
        scores = Where(mask, z, low)
        y = Softmax(scores)
    }""", {"cls": table(1, 1, 8), "counts": ints(4, 1, 8), "fc": table(8, 4),
           "mask": np.repeat(np.tri(4, dtype=bool)[None], 4, 0), "low": np.float32(-1e9)}),
    # At batch 1, Expand does nothing.
    "one": ("""g (float[1,3,8] x) => (float[1,4,4] y) {
        first = Expand(cls, counts)
        tokens = Concat<axis = 1>(first, x)
        flat = Reshape(tokens, rows)
        z = MatMul(flat, fc)
        y = Reshape(z, back)
    }""", {"cls": table(1, 1, 8), "counts": ints(1, 1, 8), "fc": table(8, 4), "rows": ints(4, 8),
           "back": ints(1, 4, 4)}),
    # What is computed from shapes is computed again, the count of a mean too.
    "computed": ("""g (float[4,3,8] x) => (float[4,8] y) {
        z = MatMul(x, fc)
        pooled = ReduceMean<keepdims = 0>(z, one)
        shape = Shape<start = 1, end = 2>(x)
        length = Cast<to = 1>(shape)
        y = Mul(pooled, length)
    }""", {"fc": table(8, 8), "one": ints(1)}),
    "two_inputs": ("""g (float[4,3,8] x, float[4,3] weight) => (float[4,3,4] y) {
        z = MatMul(x, fc)
        w = Unsqueeze(weight, last)
        y = Mul(z, w)
    }""", {"fc": table(8, 4), "last": ints(2)}),
    # Everything here is refused at another batch or length, for a reason of its own.
    "refused": ("""g (float[4,3,8] x) => (float[4,3,4] y, float[3,32] crossed, float[4,4] last,
                                           float[4,2,8] cut, float[4,1,8] sum, float[4,8] row) {
        p = Gather(positions, ids)
        e = Add(x, p)
        b = Add(e, folded)
        y = MatMul(b, fc)
        crossed = Reshape(x, across)
        l = Gather<axis = 1>(x, two)
        last = MatMul(l, fc)
        cut = Slice(e, from, to, one)
        total = ReduceSum(x, one)
        sum = Div(total, length)
        rows = Gather<axis = 1>(x, list)
        row = Squeeze(rows, one)
    }""", {"positions": table(3, 8), "ids": ints(0, 1, 2).reshape(1, 3), "folded": table(4, 1, 8),
           "fc": table(8, 4), "across": ints(3, 32), "two": np.array(2), "one": ints(1),
           "from": ints(1), "to": ints(3), "length": np.float32(3), "list": ints(2)}),
    # A slice up to the exported size would silently take the first rows of a longer one.
    "whole_slice": ("""g (float[4,3,8] x) => (float[4,3,4] y) {
        part = Slice(x, from, to, one)
        z = Add(part, x)
        y = MatMul(z, fc)
    }""", {"fc": table(8, 4), "one": ints(1), "from": ints(0), "to": ints(3)}),
    # A class token that the exporter expanded, and --trainable made a parameter.
    "folded": ("""g (float[4,3,8] x) => (float[4,4,4] y) {
        tokens = Concat<axis = 1>(cls, x)
        y = MatMul(tokens, fc)
    }""", {"cls": np.repeat(table(1, 1, 8), 4, 0), "fc": table(8, 4)}),
    # Images: windows move by whole strides.
    "image": ("""g (float[4,2,8,8] x) => (float[4,3] y, float[4,2,10,10] z) {
        a = Conv<strides = [2, 2], pads = [1, 1, 1, 1]>(x, w)
        b = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a)
        c = GlobalAveragePool(b)
        d = GlobalMaxPool(a)
        e = Add(c, d)
        f = Reshape(e, rows)
        z = ConvTranspose<strides = [2, 2]>(a, t)
        y = MatMul(f, fc)
    }""", {"w": table(4, 2, 3, 3), "t": table(4, 2, 4, 4), "rows": ints(4, 4), "fc": table(4, 3)}),
    "split_batch": ("""g (float[4,8] x) => (float[2,4] y) {
        a, b = Split<num_outputs = 2>(x)
        c = Mul(a, b)
        y = MatMul(c, fc)
    }""", {"fc": table(8, 4)}),
}

PARAMETERS = {"literals": ["cls"], "folded": ["cls"]}  # as the exporter's metadata has it

for name, (graph, initializers) in MODELS.items():
    model = onnx.parser.parse_model(HEADER + graph)
    for node in model.graph.node:
        node.name = "node_" + node.output[0]
    for key, value in initializers.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), key))
    for key in PARAMETERS.get(name, []):
        model.graph.value_info.append(make.kind_of(key, initializers[key].shape, "PARAMETER"))
    onnx.save(model, os.path.join(sys.argv[1], name + ".onnx"))
