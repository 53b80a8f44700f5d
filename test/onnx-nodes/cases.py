"""The node tests of the onnx wheel that the compiler should pass."""

import dataclasses
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

#: The operators that the front end should support, forward and with gradients.
OPERATORS = """
Add Sub Mul Div Pow Mod Sqrt Reciprocal Neg Abs Sign Floor Ceil Round Exp Log Erf Tanh Sigmoid Relu
LeakyRelu PRelu Elu Selu Gelu Swish Mish HardSwish HardSigmoid Softplus Softsign Clip Min Max Sum
Mean Sin Cos MatMul Gemm Einsum Softmax LogSoftmax ReduceMean ReduceSum ReduceMax ReduceMin
ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax ArgMin CumSum TopK
Reshape Transpose Concat Split Slice Squeeze Unsqueeze Flatten Expand Tile Pad Identity Cast
CastLike SplitToSequence SequenceAt Gather GatherElements GatherND ScatterND ScatterElements Where
Equal Less LessOrEqual Greater GreaterOrEqual And Or Not Xor IsNaN Trilu OneHot Shape Size Range
Constant ConstantOfShape EyeLike LayerNormalization RMSNormalization GroupNormalization
InstanceNormalization BatchNormalization LpNormalization Conv ConvTranspose MaxPool AveragePool
GlobalAveragePool GlobalMaxPool Resize DepthToSpace SpaceToDepth Attention RotaryEmbedding LSTM GRU
SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss Dropout RandomNormalLike RandomUniformLike
Bernoulli If Loop Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh IsInf Shrink ThresholdedRelu SwiGLU
Hardmax Det LRN GlobalLpPool Col2Im GridSample DFT MeanVarianceNormalization ReverseSequence
SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceLength ConcatFromSequence
NonZero Upsample Scatter Celu
""".split()

#: f32, u8, i32, i64, bool, f64
TYPES = {1, 2, 6, 7, 9, 11}
OPSETS = range(6, 29)


@dataclasses.dataclass
class Case:
    name: str
    operator: str
    model: onnx.ModelProto
    inputs: list  # of arrays, in the order of the graph's inputs
    outputs: list
    rtol: float
    atol: float

    def bind(self, name):
        """Makes input `name` a constant; the others stay inputs."""
        graph = self.model.graph
        index = [value.name for value in graph.input].index(name)
        tensor = numpy_helper.from_array(self.inputs[index], name)
        node = onnx.helper.make_node("Constant", [], [name], value=tensor)
        nodes = list(graph.node)
        del graph.input[index], self.inputs[index], graph.node[:]
        graph.node.extend([node, *nodes])


def array(value):
    """Returns a value as an array: most cases hold arrays, some hold TensorProto messages."""
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def element_types(model):
    values = [*model.graph.input, *model.graph.output]
    return {value.type.tensor_type.elem_type if value.type.HasField("tensor_type") else 0
            for value in values}


def is_eligible(case):
    operators = {node.op_type for node in case.model.graph.node}
    opsets = {opset.domain: opset.version for opset in case.model.opset_import}
    return ("_expanded" not in case.name and set(opsets) == {""} and opsets[""] in OPSETS
            and operators <= set(OPERATORS) and element_types(case.model) <= TYPES)


def collect():
    """Returns all eligible cases, in the order of their names."""
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases
    cases = []
    for case in collect_testcases(None):
        if not is_eligible(case):
            continue
        operators = [node.op_type for node in case.model.graph.node]
        main = [name for name in operators if name != "Constant"] or operators
        inputs, outputs = case.data_sets[0]
        outputs = [array(y) for y in outputs]
        atol = case.atol
        if "dft_inverse" in case.name:  # computed in f32, in which zeros are sums that cancel
            atol = max(atol, float(np.finfo(np.float32).eps) * max(np.abs(y).max() for y in outputs))
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        cases.append(Case(case.name, main[0], model, [array(x) for x in inputs],
                          outputs, case.rtol, atol))
    return sorted(cases, key=lambda case: case.name)
