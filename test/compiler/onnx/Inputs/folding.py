"""Compares compile-time evaluation with onnx.reference: folding.py TOOL FILE."""
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

tool, path = sys.argv[1:3]
i64 = lambda *v: np.array(v, np.int64)
scalar = np.int64
ids = np.arange(24).reshape(2, 3, 4)
small = np.array([[3, -1, 2], [0, 5, -7]], np.int64)
real = np.array([[0.5, -1.25, 2.0], [0.0, 3.5, -0.75]], np.float32)
flags = np.array([[True, False, True], [False, False, True]])
row = i64(2, -3, 4)

CASES = [
    ("Add", [small, row]), ("Sub", [small, row]), ("Mul", [small, row]), ("Div", [np.abs(small), i64(2, 3, 4)]),
    ("Add", [real, real[:1]]), ("Div", [real, np.float32(3)]), ("Pow", [np.abs(real), np.float32(0.5)]),
    ("Mod", [small, row]), ("Min", [small, row]), ("Max", [small, row]), ("Max", [real, np.float32(0)]),
    ("And", [flags, flags[1]]), ("Or", [flags, flags[0]]), ("Xor", [flags, flags[0]]), ("Not", [flags]),
    ("Equal", [small, row]), ("Less", [small, row]), ("LessOrEqual", [small, row]),
    ("Greater", [real, np.float32(0)]), ("GreaterOrEqual", [small, row]),
    ("Where", [flags, small, row]), ("Where", [flags, np.float32(0), np.float32(-1)]),
    ("Neg", [small]), ("Abs", [small]), ("Sqrt", [np.abs(real)]), ("Reciprocal", [real + 4]),
    ("Cos", [real]), ("Sin", [real]), ("Exp", [real]), ("IsNaN", [real]),
    ("Cast", [real], dict(to=TensorProto.INT64)), ("Cast", [small], dict(to=TensorProto.BOOL)),
    ("CastLike", [small, real]), ("Identity", [small]),
    ("Reshape", [ids, i64(0, -1)]), ("Squeeze", [ids[:1], i64(0)]), ("Unsqueeze", [small, i64(0, -1)]),
    ("Flatten", [ids], dict(axis=2)), ("Transpose", [ids], dict(perm=[2, 0, 1])), ("Transpose", [ids]),
    ("Expand", [small, i64(2, 1, 3)]), ("Shape", [ids], dict(start=1)), ("Size", [ids]),
    ("Slice", [ids, i64(1, -1), i64(3, -9), i64(1, 2), i64(1, -2)]),
    ("Slice", [ids, i64(-1), i64(-(2**63)), i64(0), i64(-1)]),
    ("Concat", [ids, ids[:, :1]], dict(axis=1)), ("Split", [small, i64(1, 2)], dict(axis=1), 2),
    ("Split", [small], dict(axis=1, num_outputs=2), 2),
    ("Trilu", [ids, scalar(1)], dict(upper=1)), ("Trilu", [ids, scalar(-1)], dict(upper=0)),
    ("Range", [scalar(5), scalar(-4), scalar(-2)]), ("Range", [np.float32(0), np.float32(1), np.float32(0.25)]),
    ("CumSum", [ids, scalar(1)]), ("CumSum", [ids, scalar(2)], dict(exclusive=1, reverse=1)),
    ("Gather", [ids, i64(-1, 0)], dict(axis=1)), ("Gather", [ids, scalar(2)], dict(axis=2)),
    ("GatherND", [ids, np.array([[[0, 1]], [[1, -1]]], np.int64)]),
    ("GatherElements", [small, np.array([[2, 0], [-1, 1]], np.int64)], dict(axis=1)),
    ("ScatterND", [small, np.array([[1, 0], [0, 2]], np.int64), i64(100, 200)]),
    ("ConstantOfShape", [i64(2, 2)], dict(value=numpy_helper.from_array(i64(7)))),
    ("Constant", [], dict(value_floats=[0.5, 1.5])), ("Constant", [], dict(value_ints=[3, 4])),
]


def printed(text):
    """Values of one nn.constant."""
    value, shape, kind = re.match(r"dense<(.*)> : tensor<((?:\d+x)*)(\w+)>", text).groups()
    dtype = {"i64": np.int64, "f32": np.float32, "i1": np.bool_}[kind]
    shape = [int(d) for d in shape.split("x")[:-1]]
    numbers = [dict(true=1, false=0).get(n, n) for n in re.findall(r"[-+.\w]+", value)]
    return np.broadcast_to(np.array([dtype(float(n)) for n in numbers]).reshape(
        shape if len(numbers) > 1 else [1] * len(shape)), shape)


def check(op, operands, attributes=None, results=1):
    names = [f"in{i}" for i in range(len(operands))]
    outputs = [f"out{i}" for i in range(results)]
    graph = helper.make_graph(
        [helper.make_node(op, names, outputs, name="tested", **(attributes or {}))], "g",
        [helper.make_tensor_value_info("unused", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info(o, TensorProto.UNDEFINED, None) for o in outputs],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in zip(names, operands)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, path)
    run = subprocess.run([tool, "--import-onnx", "--elide-elements=1000", path], capture_output=True, text=True)
    assert run.returncode == 0, (op, run.stderr)
    constants = dict(re.findall(r"(%\w+) = nn.constant (.*)", run.stdout))
    returned = re.search(r"return (.*) :", run.stdout)[1].split(", ")
    for name, wanted in zip(returned, ReferenceEvaluator(model).run(None, {})):
        got = printed(constants[name])
        assert got.dtype == wanted.dtype and got.shape == wanted.shape, (op, got, wanted)
        assert np.allclose(got, wanted, rtol=3e-7, atol=0), (op, got, wanted)


for case in CASES:
    check(*case)
print(len(CASES), "folded cases agree")
