"""Models for gradcheck: gradcheck.py FOLDER.

signal.onnx: a classifier of signals of operators that no other whole model here has together:
a 1-d convolution, PRelu, instance normalisation, a bidirectional GRU, an average over time.
kinks.onnx: y = scale * relu(kink * x) + max(tie, same), with kink = 0 and tie = same.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def save(path, nodes, weights, inputs, output):
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name, shape in inputs.items()]
    result = helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])
    tensors = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()]
    graph = helper.make_graph(nodes, "gradcheck", values, [result], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def signal(path):
    random = np.random.default_rng(3)

    def draw(*shape):
        return (0.3 * random.standard_normal(shape)).astype(np.float32)

    nodes = [helper.make_node("Conv", ["x", "conv", "conv_bias"], ["c"], "conv", pads=[1, 1]),
             helper.make_node("PRelu", ["c", "slope"], ["p"], "prelu"),
             helper.make_node("InstanceNormalization", ["p", "gain", "shift"], ["n"], "norm"),
             helper.make_node("Transpose", ["n"], ["t"], "time_first", perm=[2, 0, 1]),
             helper.make_node("GRU", ["t", "gru", "gru_r", "gru_bias"], ["g"], "gru",
                              hidden_size=5, direction="bidirectional", linear_before_reset=1),
             helper.make_node("ReduceMean", ["g", "axes"], ["m"], "mean", keepdims=0),
             helper.make_node("Transpose", ["m"], ["batch_first"], "batch", perm=[1, 0, 2]),
             helper.make_node("Flatten", ["batch_first"], ["f"], "flatten"),
             helper.make_node("Gemm", ["f", "head", "head_bias"], ["scores"], "head", transB=1)]
    weights = {"conv": draw(4, 2, 3), "conv_bias": draw(4), "slope": np.full((4, 1), 0.25, np.float32),
               "gain": 1 + draw(4), "shift": draw(4), "gru": draw(2, 15, 4),
               "gru_r": draw(2, 15, 5), "gru_bias": draw(2, 30), "head": draw(3, 10),
               "head_bias": draw(3), "axes": np.array([0], np.int64)}
    save(path, nodes, weights, {"x": [6, 2, 8]}, ("scores", [6, 3]))


def kinks(path):
    nodes = [helper.make_node("Mul", ["x", "kink"], ["a"], "product"),
             helper.make_node("Relu", ["a"], ["r"], "relu"),
             helper.make_node("Mul", ["r", "scale"], ["s"], "scaled"),
             helper.make_node("Max", ["tie", "same"], ["m"], "max"),
             helper.make_node("Mul", ["x", "weight"], ["w"], "weighted"),
             helper.make_node("Add", ["s", "m"], ["b"], "both"),
             helper.make_node("Add", ["b", "w"], ["y"], "sum")]
    weights = {"kink": [0, 0, 0], "scale": [1, 2, 3], "tie": [4, 5, 6], "same": [4, 5, 6],
               "weight": [1, 1, 2]}
    weights = {name: np.array(w, np.float32) for name, w in weights.items()}
    save(path, nodes, weights, {"x": [2, 3]}, ("y", [2, 3]))


def main(folder):
    signal(folder / "signal.onnx")
    kinks(folder / "kinks.onnx")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
