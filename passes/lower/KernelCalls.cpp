//===- KernelCalls.cpp - which library kernel runs an op ----------------------===//
#include "passes/lower/KernelCalls.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include "dialects/support/ElementType.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;
using nn::tensorType;

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Returns the sizes of a kernel that works on rows. The last `trailing` dimensions of `value` make
/// a row.
template <typename Arguments> static Arguments rowsOf(Value value, int64_t trailing = 1) {
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  return {.rows = product(shape.drop_back(trailing)), .cols = product(shape.take_back(trailing))};
}

static constexpr int64_t kAbsent = KernelCall::kAbsent;

ElementType plimsoll::lower::dataTypeOf(Value data) {
  std::optional<ElementType> type = plimsoll::elementTypeOf(getElementTypeOrSelf(data.getType()));
  return type == ElementType::boolean ? ElementType::u8 : type.value_or(ElementType::u8);
}

// Contractions --------------------------------------------------------------

static std::optional<KernelCall> matmul(nn::MatmulOp op) {
  RankedTensorType a = tensorType(op.getA()), b = tensorType(op.getB()), y = tensorType(op.getY());
  Type element = a.getElementType(); // products of integers run as loop nests
  if (!isa<FloatType>(element))
    return std::nullopt;
  exec::MatmulArguments sizes = {.batch = product(y.getShape().drop_back(2)),
                                 .m = y.getShape()[y.getRank() - 2],
                                 .n = y.getShape().back(),
                                 .k = a.getShape()[a.getRank() - (op.getTransposeA() ? 2 : 1)],
                                 .transposeA = op.getTransposeA(),
                                 .transposeB = op.getTransposeB(),
                                 .batchA = a.getRank() > 2,
                                 .batchB = b.getRank() > 2,
                                 .withBias = bool(op.getBias()),
                                 .withAddend = bool(op.getAddend())};
  if (sizes.batchA && !sizes.batchB && !sizes.transposeA) { // one product over all rows of the
                                                            // batch
    sizes.m *= sizes.batch;
    sizes.batch = 1;
    sizes.batchA = false;
  }
  int64_t last = int64_t(op->getNumOperands()) - 1;
  return ofType("matmul",
                {0, 1, op.getBias() ? 2 : kAbsent, op.getAddend() ? last : kAbsent, result(0),
                 /*sums=*/kAbsent},
                sizes, op.getA());
}

/// Returns the sizes that attention and its gradient share.
template <typename Op> static exec::AttentionArguments attentionSizes(Op op) {
  bool inner = op.getHeadsInner();
  ArrayRef<int64_t> q = tensorType(op.getQ()).getShape(), k = tensorType(op.getK()).getShape(),
                    v = tensorType(op.getV()).getShape();
  int heads = inner ? 2 : 1, tokens = inner ? 1 : 2;
  exec::AttentionArguments sizes = {.batch = q[0],
                                    .heads = q[heads],
                                    .kvHeads = k[heads],
                                    .queryLength = q[tokens],
                                    .keyLength = k[tokens],
                                    .headDim = q[3],
                                    .valueDim = v[3],
                                    .layout = inner ? exec::AttentionLayout::headsInside
                                                    : exec::AttentionLayout::headsOutside,
                                    .causal = op.getCausal(),
                                    .scale = op.getScale().convertToDouble()};
  if (Value mask = op.getMask()) {
    ArrayRef<int64_t> shape = tensorType(mask).getShape();
    bool isBool = getElementTypeOrSelf(mask.getType()).isInteger(1);
    int64_t stride = shape[3], strides[3];
    for (int d = 2; d >= 0; --d) {
      strides[d] = shape[d] == 1 ? 0 : stride;
      stride *= shape[d];
    }
    sizes.maskKind = isBool ? exec::AttentionMask::keep : exec::AttentionMask::add;
    sizes.maskBatchStride = strides[0];
    sizes.maskHeadStride = strides[1];
    sizes.maskQueryStride = strides[2];
  }
  return sizes;
}

static KernelCall attention(nn::AttentionOp op) {
  return ofType("attention", {0, 1, 2, op.getMask() ? 3 : kAbsent, result(0), result(1)},
                attentionSizes(op), op.getQ());
}

static KernelCall attentionGrad(nn::AttentionGradOp op) {
  // operands: dy, q, k, v, y, lse, mask; buffers: q, k, v, mask, out, lse, dout, dq, dk, dv
  return ofType("attention_grad",
                {1, 2, 3, op.getMask() ? 6 : kAbsent, 4, 5, 0, result(0), result(1), result(2)},
                attentionSizes(op), op.getQ());
}

static KernelCall rotary(nn::RotaryOp op) {
  ArrayRef<int64_t> shape = tensorType(op.getX()).getShape();
  ArrayRef<int64_t> table = tensorType(op.getCos()).getShape();
  exec::RotaryArguments sizes = {.features = shape[3], .transposed = op.getTransposed()};
  llvm::copy(shape.take_front(3), sizes.size);
  llvm::copy(table.take_front(3), sizes.table);
  return ofType("rotary", {0, 1, 2, result(0)}, sizes, op.getX());
}

// Recurrent layers ----------------------------------------------------------

/// Returns the sizes of a layer with these hidden states.
template <typename Arguments, typename Op> static Arguments layerSizes(Op op, Value states) {
  ArrayRef<int64_t> shape = tensorType(states).getShape();
  return {.steps = shape[0], .batch = shape[1], .size = shape[2], .reverse = op.getReverse()};
}

static KernelCall lstm(nn::LstmOp op) {
  return ofType("lstm", {0, 1, 2, 3, result(0), result(1), result(2)},
                layerSizes<exec::GatedArguments>(op, op.getHidden()), op.getX());
}

static KernelCall lstmGrad(nn::LstmGradOp op) {
  return ofType("lstm_grad",
                {0, 1, 2, 3, 4, op.getDcells() ? 5 : kAbsent, result(0), result(1), result(2)},
                layerSizes<exec::GatedArguments>(op, op.getCells()), op.getGates());
}

static KernelCall gru(nn::GruOp op) {
  return ofType("gru", {0, 1, 2, op.getBias() ? 3 : kAbsent, result(0), result(1), result(2)},
                layerSizes<exec::GatedArguments>(op, op.getHidden()), op.getX());
}

static KernelCall gruGrad(nn::GruGradOp op) {
  return ofType("gru_grad", {0, 1, 2, 3, 4, 5, result(0), result(1), result(2)},
                layerSizes<exec::GatedArguments>(op, op.getHidden()), op.getGates());
}

static KernelCall rnn(nn::RnnOp op) {
  auto sizes = layerSizes<exec::RnnArguments>(op, op.getHidden());
  sizes.relu = op.getRelu();
  return ofType("rnn", {0, 1, 2, result(0)}, sizes, op.getX());
}

static KernelCall rnnGrad(nn::RnnGradOp op) {
  auto sizes = layerSizes<exec::RnnArguments>(op, op.getHidden());
  sizes.relu = op.getRelu();
  return ofType("rnn_grad", {0, 1, 2, result(0), result(1)}, sizes, op.getHidden());
}

// Normalisation -------------------------------------------------------------

template <typename Arguments, typename Op> static Arguments layerNormSizes(Op op) {
  auto sizes = rowsOf<Arguments>(op.getX(), tensorType(op.getScale()).getRank());
  sizes.uncentered = op.getUncentered();
  return sizes;
}

static KernelCall layerNorm(nn::LayerNormOp op) {
  auto sizes = layerNormSizes<exec::LayerNormArguments>(op);
  sizes.epsilon = op.getEpsilon().convertToDouble();
  return ofType("layer_norm", {0, 1, op.getBias() ? 2 : kAbsent, result(0), result(1), result(2)},
                sizes, op.getX());
}

// Moving elements -----------------------------------------------------------

template <typename Arguments, typename Op> static Arguments gatherSizes(Op op, Value table) {
  ArrayRef<int64_t> shape = tensorType(table).getShape();
  int64_t axis = op.getAxis();
  return {.outer = product(shape.take_front(axis)),
          .axisDim = shape[axis],
          .inner = product(shape.drop_front(axis + 1)),
          .count = tensorType(op.getIndices()).getNumElements()};
}

/// Returns the bytes that `part` contributes to each row when a tensor is cut along `axis`.
static int64_t rowBytes(Value part, int64_t axis) {
  RankedTensorType type = tensorType(part);
  return product(type.getShape().drop_front(axis)) * nn::elementBytes(type.getElementType());
}

static KernelCall concat(nn::ConcatOp op) {
  Buffers buffers, bytes;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    buffers.push_back(i);
    bytes.push_back(rowBytes(input, op.getAxis()));
  }
  buffers.push_back(result(0));
  int64_t outer = product(tensorType(op.getY()).getShape().take_front(op.getAxis()));
  return ofAny("concat", buffers, exec::ConcatArguments{.outer = outer, .bytes = bytes});
}

static KernelCall split(nn::SplitOp op) {
  Buffers buffers = {0}, bytes;
  for (auto [i, part] : llvm::enumerate(op.getParts())) {
    buffers.push_back(result(i));
    bytes.push_back(rowBytes(part, op.getAxis()));
  }
  int64_t outer = product(tensorType(op.getX()).getShape().take_front(op.getAxis()));
  return ofAny("split", buffers, exec::SplitArguments{.outer = outer, .bytes = bytes});
}

// Rows ----------------------------------------------------------------------

static KernelCall reduce(nn::ReduceOp op) {
  auto sizes = rowsOf<exec::ReduceArguments>(op.getX());
  sizes.kind = exec::Reduction(op.getKind());
  return ofType("reduce", {0, result(0)}, sizes, op.getX());
}

static KernelCall argReduce(nn::ArgReduceOp op) {
  auto sizes = rowsOf<exec::ArgReduceArguments>(op.getX());
  sizes.kind = exec::ArgReduction(op.getKind());
  sizes.last = op.getLast();
  return ofType("arg_reduce", {0, result(0)}, sizes, op.getX());
}

static KernelCall cumSum(nn::CumSumOp op) {
  auto sizes = rowsOf<exec::CumSumArguments>(op.getX());
  sizes.exclusive = op.getExclusive();
  sizes.reverse = op.getReverse();
  return ofType("cum_sum", {0, result(0)}, sizes, op.getX());
}

static KernelCall topK(nn::TopKOp op) {
  auto sizes = rowsOf<exec::TopKArguments>(op.getX());
  sizes.k = op.getK();
  sizes.smallest = op.getSmallest();
  return ofType("top_k", {0, result(0), result(1)}, sizes, op.getX());
}

/// Returns the sizes of a kernel that reads one index for each element.
template <typename Arguments> static Arguments elementSizes(Value x, Value indices, int64_t axis) {
  ArrayRef<int64_t> shape = tensorType(x).getShape();
  return {.outer = product(shape.take_front(axis)),
          .axisDim = shape[axis],
          .inner = product(shape.drop_front(axis + 1)),
          .count = tensorType(indices).getDimSize(axis)};
}

static KernelCall gatherElements(nn::GatherElementsOp op) {
  return ofType(
      "gather_elements", {0, 1, result(0)},
      elementSizes<exec::GatherElementsArguments>(op.getX(), op.getIndices(), op.getAxis()),
      op.getX());
}

static KernelCall scatterElements(nn::ScatterElementsOp op) {
  auto sizes =
      elementSizes<exec::ScatterElementsArguments>(op.getX(), op.getIndices(), op.getAxis());
  sizes.update = exec::ScatterUpdate(op.getUpdate());
  return ofType("scatter_elements", {0, 1, 2, result(0)}, sizes, op.getX());
}

// Random numbers ------------------------------------------------------------

static KernelCall dropout(nn::DropoutOp op) {
  return ofType("dropout", {0, 1, result(0)},
                exec::DropoutArguments{.count = tensorType(op.getX()).getNumElements(),
                                       .stream = int64_t(op.getStream()),
                                       .p = op.getP().convertToDouble()},
                op.getX());
}

static KernelCall randomNumbers(nn::RandomOp op) {
  return ofType(
      "random_numbers", {0, result(0)},
      exec::RandomNumbersArguments{.count = tensorType(op.getY()).getNumElements(),
                                   .stream = int64_t(op.getStream()),
                                   .distribution = exec::Distribution(op.getDistribution())},
      op.getY());
}

std::optional<KernelCall> plimsoll::lower::kernelCall(nn::LaunchOp launch) {
  if (Operation *op = launch.getSingleOp())
    return kernelCall(op);
  if (Operation *main = launch.getMainOp())
    return joinedCall(launch, main);
  return launch.isSideBySide() ? sideBySideCall(launch) : std::nullopt;
}

std::optional<KernelCall> plimsoll::lower::kernelCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::MatmulOp op) { return matmul(op); })
      .Case([](nn::AttentionOp op) { return attention(op); })
      .Case([](nn::AttentionGradOp op) { return attentionGrad(op); })
      .Case([](nn::RotaryOp op) { return rotary(op); })
      .Case([](nn::LstmOp op) { return lstm(op); })
      .Case([](nn::LstmGradOp op) { return lstmGrad(op); })
      .Case([](nn::GruOp op) { return gru(op); })
      .Case([](nn::GruGradOp op) { return gruGrad(op); })
      .Case([](nn::RnnOp op) { return rnn(op); })
      .Case([](nn::RnnGradOp op) { return rnnGrad(op); })
      .Case([](nn::SoftmaxOp op) {
        return ofType("softmax", {0, result(0)}, rowsOf<exec::SoftmaxArguments>(op.getX()),
                      op.getX());
      })
      .Case([](nn::SoftmaxGradOp op) {
        return ofType("softmax_grad", {0, 1, result(0)},
                      rowsOf<exec::SoftmaxGradArguments>(op.getY()), op.getY());
      })
      .Case([](nn::LogSoftmaxOp op) {
        return ofType("log_softmax", {0, result(0)}, rowsOf<exec::LogSoftmaxArguments>(op.getX()),
                      op.getX());
      })
      .Case([](nn::ReduceOp op) { return reduce(op); })
      .Case([](nn::ReduceProdGradOp op) {
        return ofType("reduce_prod_grad", {0, 1, result(0)},
                      rowsOf<exec::ReduceProdGradArguments>(op.getX()), op.getX());
      })
      .Case([](nn::ArgReduceOp op) { return argReduce(op); })
      .Case([](nn::CumSumOp op) { return cumSum(op); })
      .Case([](nn::TopKOp op) { return topK(op); })
      .Case([](nn::GatherElementsOp op) { return gatherElements(op); })
      .Case([](nn::ScatterElementsOp op) { return scatterElements(op); })
      .Case([](nn::LayerNormOp op) { return layerNorm(op); })
      .Case([](nn::LayerNormGradInputOp op) {
        return ofType("layer_norm_grad_input", {0, 1, 2, 3, 4, result(0)},
                      layerNormSizes<exec::LayerNormGradInputArguments>(op), op.getX());
      })
      .Case([](nn::LayerNormGradOp op) {
        return ofType("layer_norm_grad",
                      {0, 1, 2, 3, 4, op.getAddend() ? 5 : kAbsent, /*bias=*/kAbsent, result(0),
                       result(1), result(2), /*y=*/kAbsent, /*yNarrow=*/kAbsent},
                      layerNormSizes<exec::LayerNormGradArguments>(op), op.getX());
      })
      .Case([](nn::LayerNormGradParamsOp op) {
        return ofType("layer_norm_grad_params", {0, 1, 2, 3, result(0), result(1)},
                      rowsOf<exec::LayerNormGradParamsArguments>(
                          op.getX(), tensorType(op.getDscale()).getRank()),
                      op.getX());
      })
      .Case([](nn::GatherOp op) {
        return ofType("gather", {0, 1, result(0)},
                      gatherSizes<exec::GatherArguments>(op, op.getTable()), op.getTable());
      })
      .Case([](nn::GatherGradOp op) {
        return ofType("gather_grad", {0, 1, result(0)},
                      gatherSizes<exec::GatherGradArguments>(op, op.getDtable()), op.getDtable());
      })
      .Case([](nn::GatherGradRowsOp op) {
        int64_t count = tensorType(op.getIndices()).getNumElements();
        int64_t all = tensorType(op.getDy()).getNumElements();
        return makeCall("gather_grad_rows", {0, 1, result(0), result(1)},
                        exec::GatherGradRowsArguments{.rows = int64_t(op.getTableRows()),
                                                      .inner = count ? all / count : 0,
                                                      .count = count});
      })
      .Case([](nn::ConcatOp op) { return concat(op); })
      .Case([](nn::SplitOp op) { return split(op); })
      .Case([](nn::DropoutOp op) { return dropout(op); })
      .Case([](nn::RandomOp op) { return randomNumbers(op); })
      .Default([](Operation *op) {
        std::optional<KernelCall> call = imageCall(op);
        return call ? call : trainingCall(op);
      });
}
