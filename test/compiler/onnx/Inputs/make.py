"""Makes the small ONNX models of these tests: make.py NAME FILE."""
import sys

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, helper, numpy_helper

F, I = TensorProto.FLOAT, TensorProto.INT64
LINEAR = "torch.nn.modules.linear.Linear"
EMBEDDING = "torch.nn.modules.sparse.Embedding"


def table(rows, columns, seed):
    return np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)


def node(op, inputs, outputs, module=None, kind=LINEAR, call="aten.linear.default", fx=None,
         rules=None, **attributes):
    made = helper.make_node(op, inputs, outputs, name="node_" + outputs[0], **attributes)
    metadata = {}
    if module:
        metadata["pkg.torch.onnx.name_scopes"] = repr(["", module, "x"])
        metadata["pkg.torch.onnx.class_hierarchy"] = repr(["M", kind, call])
    if fx:
        metadata["pkg.torch.onnx.fx_node"] = fx
    if rules:
        metadata["pkg.onnxscript.rewriter.rule_name"] = rules
    for key, value in metadata.items():
        made.metadata_props.add(key=key, value=value)
    return made


def model(nodes, inputs, outputs, initializers=(), opset=18, value_info=()):
    tensors = [numpy_helper.from_array(np.asarray(v), k) for k, v in dict(initializers).items()]
    values = [helper.make_tensor_value_info(*v) for v in inputs]
    results = [helper.make_tensor_value_info(*v) for v in outputs]
    graph = helper.make_graph(nodes, "g", values, results, tensors)
    graph.value_info.extend(value_info)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def kind_of(name, shape, kind, persistent="None"):
    info = helper.make_tensor_value_info(name, F, shape)
    prefix = "pkg.torch.export.graph_signature.InputSpec."
    info.metadata_props.add(key=prefix + "kind", value=kind)
    info.metadata_props.add(key=prefix + "persistent", value=persistent)
    return info


# What exporters do to weights ------------------------------------------------

def transposed():
    """A weight that was folded with its Transpose and renamed."""
    return model([node("MatMul", ["x", "val_12"], ["y"], "h.fc")],
                 [("x", F, [2, 3, 4])], [("y", F, None)], {"val_12": table(4, 5, 1)})


def tied_transposed():
    """One table of an embedding and a head, in the file twice, once transposed."""
    words = table(8, 4, 2)
    return model([node("Gather", ["wte.weight", "ids"], ["e"], "wte", EMBEDDING, "aten.embedding"),
                  node("MatMul", ["e", "val_3"], ["y"], "head")],
                 [("ids", I, [2, 3])], [("y", F, None)],
                 {"wte.weight": words, "val_3": words.T.copy()},
                 value_info=[kind_of("wte.weight", [8, 4], "PARAMETER")])


def tied_equal():
    words = table(8, 4, 2)
    return model([node("Gather", ["a.weight", "ids"], ["e"]), node("Gather", ["b.weight", "ids"], ["f"]),
                  node("Add", ["e", "f"], ["y"])],
                 [("ids", I, [2, 3])], [("y", F, None)], {"a.weight": words, "b.weight": words})


def equal_parameters():
    """Two that start equal, and that the exporter calls parameters."""
    made = tied_equal()
    made.graph.value_info.extend(kind_of(name, [8, 4], "PARAMETER")
                                 for name in ("a.weight", "b.weight"))
    return made


def recurrent():
    """An LSTM whose biases the exporter folded into one tensor, [direction, 2 x gates]."""
    return model([node("LSTM", ["x", "lstm.weight_ih", "lstm.weight_hh", "val_1", "", "val_2"],
                       ["y"], "lstm", "torch.nn.modules.rnn.LSTM", "aten.lstm.input",
                       hidden_size=2)],
                 [("x", F, [3, 1, 4])], [("y", F, None)],
                 {"lstm.weight_ih": table(8, 4, 1)[None], "lstm.weight_hh": table(8, 2, 2)[None],
                  "val_1": table(1, 16, 3), "val_2": np.zeros([1, 1, 2], np.float32)})


def merged():
    """Zero biases of two modules as one initializer, and one more that was dropped."""
    ones = np.zeros([4], np.float32)
    return model([node("MatMul", ["x", "a.weight"], ["p"], "a"), node("Add", ["p", "a.bias"], ["q"], "a"),
                  node("MatMul", ["q", "b.weight"], ["r"], "b"), node("Add", ["r", "a.bias"], ["s"], "b"),
                  node("Gemm", ["s", "c.weight"], ["y"], "c", call="aten.addmm.default",
                       fx="%y = addmm(args = (%p_c_bias, %s, %p_c_weight))",
                       rules="RemoveOptionalBiasFromGemm")],
                 [("x", F, [3, 4])], [("y", F, None)],
                 {"a.weight": table(4, 4, 1), "b.weight": table(4, 4, 2), "c.weight": table(4, 6, 3),
                  "a.bias": ones})


def roles():
    """Without the exporter's word: weights and biases by use, tables and scalars not."""
    return model([node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["q"]),
                  node("Mul", ["q", "cos"], ["r"]), node("Mul", ["r", "half"], ["s"]),
                  node("LayerNormalization", ["s", "g", "o"], ["t"], axis=-1),
                  node("Add", ["t", "buffer"], ["u"]), node("Add", ["u", "state"], ["y"])],
                 [("x", F, [2, 3, 4])], [("y", F, None)],
                 {"w": table(4, 4, 1), "b": table(1, 4, 2)[0], "cos": table(3, 4, 3),
                  "half": np.float32(0.5), "g": table(1, 4, 4)[0], "o": table(1, 4, 5)[0],
                  "buffer": table(3, 4, 6), "state": table(3, 4, 7)},
                 value_info=[kind_of("buffer", [3, 4], "BUFFER", "False"),
                             kind_of("state", [3, 4], "BUFFER", "True")])


def suspect():
    """An expanded class token and a mask, both without a name."""
    return model([node("Concat", ["expand", "x"], ["c"], "embeddings", axis=1),
                  node("Add", ["c", "mask"], ["y"], "attention")],
                 [("x", F, [2, 3, 16])], [("y", F, None)],
                 {"mask": np.triu(np.full((4, 16), -np.inf, np.float32), 1),
                  "expand": np.tile(table(1, 16, 1), (2, 1, 1))})


def unpacked_floats():
    """float_data instead of raw_data."""
    made = transposed()
    tensor = made.graph.initializer[0]
    values = numpy_helper.to_array(tensor).flatten()
    tensor.ClearField("raw_data")
    tensor.float_data.extend(values)
    return made


def wrong_value_info():
    made = transposed()
    made.graph.value_info.append(helper.make_tensor_value_info("y", F, [2, 3, 7]))
    return made


# Operators -------------------------------------------------------------------

def operators():
    two = np.array([2], np.int64)
    return model(
        [node("Pow", ["x", "three"], ["pow"]), node("Softmax", ["pow"], ["soft"], axis=1),
         node("Flatten", ["soft"], ["flat"], axis=1),
         node("Reshape", ["flat", "shape"], ["r"]), node("Slice", ["r", "one", "max", "two"], ["sliced"]),
         node("ReduceMean", ["sliced", "one"], ["mean"], keepdims=0),
         node("ReduceSum", ["sliced", "two"], ["sum"]),
         node("Squeeze", ["sum", "two"], ["squeezed"]), node("Unsqueeze", ["mean", "two"], ["u"]),
         node("Expand", ["u", "wide"], ["e"]), node("Greater", ["e", "zero"], ["g"]),
         node("Where", ["g", "e", "zero"], ["w"]), node("Gather", ["w", "minus"], ["last"], axis=1),
         node("Gelu", ["last"], ["gelu"], approximate="tanh"),
         node("Cast", ["gelu"], ["y"], to=11)],
        [("x", F, [2, 3, 4])], [("y", TensorProto.DOUBLE, None), ("squeezed", F, None)],
        {"three": np.float32(3), "shape": np.array([0, -1, 4], np.int64), "one": np.array([1], np.int64),
         "two": two, "max": np.array([2**63 - 1], np.int64), "wide": np.array([1, 1, 5], np.int64),
         "zero": np.float32(0), "minus": np.int64(-1)}, opset=20)


def products():
    return model(
        [node("MatMul", ["a", "b"], ["broadcast"]), node("MatMul", ["a", "v"], ["vector"]),
         node("Gemm", ["m", "m", "c"], ["gemm"], transA=1, alpha=0.5, beta=2.0),
         node("Conv", ["i", "k", "kb"], ["conv"], auto_pad="SAME_UPPER", strides=[2, 2])],
        [("a", F, [2, 1, 3, 4]), ("b", F, [5, 4, 6]), ("v", F, [4]), ("m", F, [3, 3]), ("c", F, [1, 3]),
         ("i", F, [1, 2, 5, 5]), ("k", F, [4, 2, 3, 3]), ("kb", F, [4])],
        [(n, F, None) for n in ["broadcast", "vector", "gemm", "conv"]])


def attention():
    return model(
        [node("Attention", ["q", "k", "v"], ["y"], q_num_heads=4, kv_num_heads=2, is_causal=1),
         node("Attention", ["q", "k", "v", "mask"], ["z"], q_num_heads=4, kv_num_heads=2)],
        [("q", F, [2, 3, 32]), ("k", F, [2, 5, 16]), ("v", F, [2, 5, 16]), ("mask", TensorProto.BOOL, [3, 5])],
        [("y", F, None), ("z", F, None)], opset=23)


def sequences():
    return model(
        [node("SplitToSequence", ["x", "two"], ["s"], axis=1), node("SequenceAt", ["s", "minus"], ["last"]),
         node("Identity", ["last"], ["same"]), node("Dropout", ["same"], ["y"])],
        [("x", F, [3, 5])], [("y", F, None)], {"two": np.int64(2), "minus": np.int64(-1)})


def folds():
    """Index arithmetic from an input's shape, every step of which is evaluated."""
    numbers = {"zero": np.int64(0), "one": np.int64(1), "first": np.array([0], np.int64),
               "second": np.array([1], np.int64), "minus": np.array([-1], np.int64),
               "pair": np.array([2, 3], np.int64), "half": np.float32(0.5)}
    return model(
        [node("Shape", ["x"], ["shape"]), node("Gather", ["shape", "zero"], ["rows"]),
         node("Slice", ["shape", "second", "pair_0", "first"], ["columns"]),
         node("Squeeze", ["columns"], ["count"]), node("Range", ["zero", "count", "one"], ["range"]),
         node("Unsqueeze", ["range", "first"], ["row"]), node("Unsqueeze", ["range", "second"], ["column"]),
         node("LessOrEqual", ["row", "column"], ["causal"]), node("Not", ["causal"], ["hidden"]),
         node("Cast", ["hidden"], ["number"], to=F), node("CumSum", ["number", "one"], ["sums"]),
         node("Trilu", ["sums", "zero"], ["triangle"]), node("Max", ["row", "column"], ["larger"]),
         node("Mod", ["larger", "pair_0"], ["rest"]), node("Concat", ["row", "row"], ["both"], axis=0),
         node("Transpose", ["both"], ["turned"]), node("Split", ["turned"], ["a", "b"], axis=1, num_outputs=2),
         node("Reshape", ["a", "minus"], ["flat"]), node("Expand", ["flat", "pair_1"], ["wide"]),
         node("GatherND", ["larger", "index"], ["picked"]), node("ScatterND", ["flat", "index_1", "picked"], ["put"]),
         node("GatherElements", ["larger", "index"], ["elements"], axis=1),
         node("ConstantOfShape", ["pair"], ["zeros"]), node("Where", ["causal", "half", "triangle"], ["mask"]),
         node("Sqrt", ["mask"], ["root"]), node("Add", ["x", "root"], ["y"]),
         node("Gather", ["x", "put"], ["z"], axis=1), node("MatMul", ["y", "w"], ["p"])],
        [("x", F, [4, 4])], [("p", F, None), ("z", F, None), ("wide", I, None), ("rest", I, None),
                             ("elements", I, None), ("zeros", F, None)],
        {**numbers, "pair_0": np.array([2], np.int64), "pair_1": np.array([2, 1], np.int64),
         "index": np.array([[0, 1], [2, 3]], np.int64), "index_1": np.array([[0], [2]], np.int64),
         "w": table(4, 4, 1)})


# Wrong models ----------------------------------------------------------------

def simple(nodes, **kwargs):
    return model(nodes, [("x", F, [2, 3])], [("y", F, None)], **kwargs)


def unsupported():
    made = simple([node("TfIdfVectorizer", ["x"], ["a"]), node("Relu", ["a"], ["c"]),
                   node("Nonsense", ["c"], ["d"]), node("DequantizeLinear", ["d"] * 2, ["e"]),
                   node("Relu", ["e"], ["y"])])
    made.graph.node[2].domain = "com.example"
    return made


def several():
    """Three nodes that are wrong independently, one that depends on them."""
    return simple([node("Transpose", ["x"], ["a"], perm=[0, 0]), node("Softmax", ["x"], ["b"], axis=5),
                   node("MatMul", ["x", "x"], ["c"]), node("Add", ["a", "b"], ["y"])])


def fourteen():
    """Fourteen nodes and inputs that cannot be imported, each for a reason of its own."""
    def branch(op, result):
        return helper.make_graph([helper.make_node(op, ["x"], [result])], result, [],
                                 [helper.make_tensor_value_info(result, F, [4, 8])])

    nodes = [helper.make_node("TfIdfVectorizer", ["x"], ["y0"], "layer.0.words"),
             helper.make_node("Attention", ["x"], ["y1"], "layer.1.custom", domain="com.example"),
             helper.make_node("DequantizeLinear", ["q", "one"], ["y2"], "layer.2.dequantise"),
             helper.make_node("If", ["flag"], ["y3"], "layer.3.branch",
                              then_branch=branch("Relu", "t"), else_branch=branch("Neg", "e")),
             helper.make_node("Softmax", ["x"], ["y4"], "layer.4.softmax", axis=5),
             helper.make_node("TopK", ["x", "k"], ["y5", ""], "layer.5.top"),
             helper.make_node("MatMul", ["x", "w"], ["y6"], "layer.6.matmul"),
             helper.make_node("Transpose", ["x"], ["y7"], "layer.7.transpose", perm=[0, 0]),
             helper.make_node("Reshape", ["x", "shape"], ["y8"], "layer.8.reshape"),
             helper.make_node("Cast", ["x"], ["y9"], "layer.9.cast", to=TensorProto.FLOAT8E4M3FN),
             helper.make_node("Gelu", ["x"], ["y10"], "layer.10.gelu", approximate="sigmoid"),
             helper.make_node("GRU", ["time", "gru", "gru", "", "lengths"], ["y11"], "layer.11.gru",
                              hidden_size=2)]
    inputs = [("x", F, [4, 8]), ("free", F, ["rows", 8]), ("flag", TensorProto.BOOL, []),
              ("turned", TensorProto.COMPLEX64, [4, 8]), ("k", I, [1])]
    weights = {"q": np.zeros((4, 8), np.uint8), "one": np.float32(1), "w": table(7, 3, 1),
               "shape": np.array([5, 5]), "time": np.zeros((3, 4, 2), np.float32),
               "gru": np.ones((1, 6, 2), np.float32), "lengths": np.array([1, 2, 3, 3], np.int32)}
    outputs = [(f"y{i}", F, None) for i in range(len(nodes))]
    result = model(nodes, inputs, outputs, weights, opset=20)
    result.opset_import.append(helper.make_opsetid("com.example", 1))
    return result


def eighth():
    made = simple([node("Relu", ["x"], ["y"])])
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT8E5M2
    return made


def quantised():
    """One cause in seven places: five nodes and two initializers."""
    nodes = [node("DequantizeLinear", ["q", "one"], [f"q{i}"]) for i in range(5)]
    return simple(nodes + [node("Sum", ["x"] + [f"q{i}" for i in range(5)], ["y"])],
                  initializers={"q": np.zeros((4, 8), np.int8), "r": np.zeros(3, np.int8),
                                "one": np.float32(1)})


def of_a_function():
    """A node that torch's exporter made of a call, under a name of the exporter's own."""
    made = simple([helper.make_node("NonZero", ["x"], ["n"], "n4"), node("Shape", ["n"], ["y"])])
    for key, value in {
            "pkg.torch.onnx.class_hierarchy": "['m.Net', 'm.Head', 'aten.nonzero.default']",
            "pkg.torch.onnx.name_scopes": "['', 'head', 'nonzero']"}.items():
        made.graph.node[0].metadata_props.add(key=key, value=value)
    return made


def training_dropout():
    """A ratio that keeps nothing."""
    return simple([node("Dropout", ["x", "ratio", "mode"], ["y"])],
                  initializers={"ratio": np.float32(1), "mode": np.bool_(True)})


def randoms():
    """Dropout in both modes, and everything that draws."""
    return simple(
        [node("Dropout", ["x", "ratio", "mode"], ["dropped", "mask"]),
         node("Dropout", ["dropped", "ratio", "off"], ["kept"]),
         node("RandomNormalLike", ["kept"], ["noise"], mean=1.0, scale=0.5),
         node("RandomUniform", [], ["uniform"], shape=[2, 1], low=-1.0, high=3.0),
         node("Bernoulli", ["x"], ["coins"], dtype=TensorProto.BOOL),
         node("And", ["coins", "mask"], ["both"]),
         node("Where", ["both", "noise", "uniform"], ["y"])],
        initializers={"ratio": np.float32(0.25), "mode": np.bool_(True), "off": np.bool_(False)})


def flow(text):
    return onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 21]> g ' + text)


def branches():
    """What is not known of an If and of Loops, one that never ends, and one that is too long."""
    return flow("""(float[3] x, bool go) => (float[3] a, float[3] b, float[3] c, float[3] d) {
      sum = ReduceSum (x)
      zero = Constant <value = float {0.0}> ()
      positive = Greater (sum, zero)
      a = If (positive) <then_branch = t () => (float[3] u) { u = Exp (x) },
                         else_branch = e () => (float[3] u) { u = Neg (x) }>
      count = Cast <to = 7> (sum)
      b = Loop (count, , x) <body = l (int64 i, bool on, float[3] v) => (bool on, float[3] u) {
                               u = Exp (v) }>
      c = Loop (, , x) <body = l (int64 i, bool on, float[3] v) => (bool on, float[3] u) {
                          u = Exp (v) }>
      never = Constant <value_int = 0> ()
      none, d = Loop (never, , x) <
          body = l (int64 i, bool on, float[3] v) => (bool on, float[3] u, float[3] s) {
            u = Exp (v)
            s = Exp (v) }>
    }""")


def unrolled():
    """Two iterations, and the branch of each, by the user's names."""
    return flow("""(float[3] x) => (float[3] y) {
      two = Constant <value_int = 2> ()
      y = Loop (two, , x) <body = b (int64 i, bool on, float[3] v) => (bool on, float[3] u) {
        one = Constant <value_int = 1> ()
        late = Equal (i, one)
        u = If (late) <then_branch = t () => (float[3] w) { w = Exp (v) },
                       else_branch = e () => (float[3] w) { w = Tanh (v) }> }>
    }""")


def old_opset():
    return simple([node("Relu", ["x"], ["y"])], opset=5)


def older():
    """Forms of opset 7 to 12: attributes that are operands today, Softmax over rows of a matrix."""
    return model(
        [node("Softmax", ["x"], ["p"], axis=1), node("Softmax", ["p"], ["q"], axis=3),
         node("Clip", ["q"], ["c"], min=0.25, max=0.5), node("Upsample", ["c", "scales"], ["u"]),
         node("Pad", ["u"], ["padded"], pads=[0, 0, 0, 0, 0, 0, 0, 1], value=2.0),
         node("Slice", ["padded"], ["s"], axes=[2], starts=[0], ends=[4]),
         node("Squeeze", ["s"], ["t"], axes=[0]), node("TopK", ["t"], ["y", "index"], k=2)],
        [("x", F, [1, 3, 4, 5])], [("y", F, None)],
        {"scales": np.array([1, 1, 2, 2], np.float32)}, opset=9)


def oldest():
    """A bias of opset 6, one number for each channel, and a slope."""
    return model([node("Conv", ["x", "w"], ["h"]),
                  node("Add", ["h", "b"], ["a"], broadcast=1, axis=1),
                  node("PRelu", ["a", "s"], ["y"])],
                 [("x", F, [2, 3, 4, 4])], [("y", F, None)],
                 {"w": np.ones((5, 3, 1, 1), np.float32), "b": np.arange(5, dtype=np.float32),
                  "s": np.arange(5, dtype=np.float32)}, opset=6)


def stored(dtype):
    """A linear layer, its input and a cast in another floating-point type than f32."""
    made = simple([node("MatMul", ["x", "w"], ["h"]), node("Cast", ["h"], ["c"], to=dtype),
                   node("Add", ["c", "half"], ["y"])])
    made.graph.input[0].type.tensor_type.elem_type = dtype
    for name, values in {"w": table(3, 8, 1), "half": np.array(0.5)}.items():
        made.graph.initializer.append(helper.make_tensor(
            name, dtype, values.shape, values.astype(helper.tensor_dtype_to_np_dtype(dtype)).tobytes(),
            raw=True))
    return made


def stored_f16():
    return stored(TensorProto.FLOAT16)


def stored_bf16():
    return stored(TensorProto.BFLOAT16)


def stored_f64():
    return stored(TensorProto.DOUBLE)


def rounding():
    """Constants that a model of f32 rounds to bfloat16, and data."""
    return simple([node("Cast", ["third"], ["rounded"], to=TensorProto.BFLOAT16),
                   node("Cast", ["rounded"], ["wide"], to=F), node("Mul", ["x", "wide"], ["h"]),
                   node("Cast", ["h"], ["low"], to=TensorProto.BFLOAT16),
                   node("Cast", ["low"], ["y"], to=F)],
                  initializers={"third": np.float32(1 / 3)})


def marks():
    """Dimensions without a name, as Paddle writes them."""
    made = model([node("Relu", ["x"], ["y"])], [("x", F, ["?", 3, "?", "?"])], [("y", F, None)])
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = -1
    return made


def weights_as_inputs():
    """A layer whose weights are inputs without values, as converters can write it."""
    return model([node("Gemm", ["x", "w", "b"], ["y"])],
                 [("x", F, [2, 3]), ("w", F, [3, 4]), ("b", F, [4])], [("y", F, None)])


def new_opset():
    return simple([node("Relu", ["x"], ["y"])], opset=99)


def cycle():
    return simple([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])])


def duplicate():
    return simple([node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])])


def overflow():
    made = simple([node("Relu", ["x"], ["y"])])
    for dim in made.graph.input[0].type.tensor_type.shape.dim:
        dim.dim_value = 2**40
    return made


def short_data():
    made = transposed()
    made.graph.initializer[0].raw_data = made.graph.initializer[0].raw_data[:-4]
    return made


def wrong_attribute():
    return simple([node("Softmax", ["x"], ["y"], axis="last")])


def external(location, offset=0):
    made = transposed()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in [("location", location), ("offset", str(offset)), ("length", "80")]:
        tensor.external_data.add(key=key, value=value)
    return made


def external_missing():
    return external("nowhere.bin")


def external_outside():
    return external("a/../../outside.bin")


def external_data():
    return external("data.bin", 16)


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as file:
        file.write(globals()[sys.argv[1]]().SerializeToString())
