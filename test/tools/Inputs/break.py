"""Copies a model and gives the node in its middle an unknown type: break.py FROM TO."""
import sys

import onnx

model = onnx.load(sys.argv[1])
nodes = [node for node in model.graph.node if node.op_type == "Gemm" or node.op_type == "MatMul"]
nodes[len(nodes) // 2].op_type = "Frobnicate"
onnx.save(model, sys.argv[2])
