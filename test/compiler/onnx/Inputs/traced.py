"""traced.onnx: what torch's older exporter writes of linear layers, equal and tied tensors, scalars."""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)


def draw(*shape):
    return rng.standard_normal(shape).astype(np.float32)


tensors = {
    "onnx::MatMul_10": draw(4, 4), "a.q.bias": np.zeros(4, np.float32), "onnx::MatMul_11": draw(4, 4),
    "onnx::MatMul_12": draw(4, 4), "onnx::Add_13": draw(1, 4), "scale": np.array(0.5, np.float32),
    "norm.weight": draw(4)}
nodes = [
    helper.make_node("Identity", ["a.q.bias"], ["a.k.bias"], "Identity_0"),  # equal zeros: another tensor
    helper.make_node("Identity", ["norm.weight"], ["last.weight"], "Identity_1"),  # equal, and no fill: tied
    helper.make_node("MatMul", ["x", "onnx::MatMul_10"], ["q0"], "/a/q/MatMul"),
    helper.make_node("Add", ["a.q.bias", "q0"], ["q"], "/a/q/Add"),
    helper.make_node("MatMul", ["q", "onnx::MatMul_11"], ["k0"], "/a/k/MatMul"),
    helper.make_node("Add", ["a.k.bias", "k0"], ["k"], "/a/k/Add"),
    helper.make_node("MatMul", ["k", "onnx::MatMul_12"], ["v"], "/a/MatMul"),  # beside another node of 'a'
    helper.make_node("Relu", ["v"], ["r"], "/a/Relu"),
    helper.make_node("Add", ["r", "onnx::Add_13"], ["p"], "/Add"),
    helper.make_node("Exp", ["scale"], ["e"], "/Exp"),
    helper.make_node("Mul", ["p", "e"], ["s"], "/Mul"),
    helper.make_node("Mul", ["s", "norm.weight"], ["n"], "/norm/Mul"),
    helper.make_node("Mul", ["n", "last.weight"], ["y"], "/last/Mul")]
graph = helper.make_graph(
    nodes, "main_graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 4])],
    [numpy_helper.from_array(array, name) for name, array in tensors.items()])
model = helper.make_model(graph, producer_name="pytorch", opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
onnx.save(model, folder / "traced.onnx")
