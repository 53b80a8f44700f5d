"""Checks a reduced model: count_nodes.py FILE TYPE MOST."""
import sys

import onnx

model = onnx.load(sys.argv[1])
types = [node.op_type for node in model.graph.node]
assert sys.argv[2] in types and len(types) <= int(sys.argv[3]), types
used = {name for node in model.graph.node for name in node.input}
assert all(tensor.name in used for tensor in model.graph.initializer)
