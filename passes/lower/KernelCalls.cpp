//===- KernelCalls.cpp - which library kernel runs an op ----------------------===//
#include "passes/lower/KernelCalls.h"
#include "dialects/nn/NNDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Rows and columns of a tensor whose last dimension is a row.
static SmallVector<int64_t> rowsAndColumns(Value value, int64_t trailing = 1) {
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  return {product(shape.drop_back(trailing)), product(shape.take_back(trailing))};
}

/// result `i` as a buffer number
static constexpr int64_t result(int64_t i) {
  return -1 - i;
}
static constexpr int64_t kAbsent = KernelCall::kAbsent;

// Contractions --------------------------------------------------------------

static KernelCall matmul(nn::MatmulOp op) {
  RankedTensorType a = tensorType(op.getA()), b = tensorType(op.getB()), y = tensorType(op.getY());
  ArrayRef<int64_t> batch = y.getShape().drop_back(2);
  int64_t m = y.getShape()[y.getRank() - 2], n = y.getShape().back();
  int64_t k = a.getShape()[a.getRank() - (op.getTransposeA() ? 2 : 1)];
  bool batchA = a.getRank() > 2, batchB = b.getRank() > 2;
  int64_t count = product(batch);
  if (batchA && !batchB && !op.getTransposeA()) { // one product over all rows
    m *= count;
    count = 1;
    batchA = false;
  }
  return {"matmul",
          {0, 1, result(0)},
          {count, m, n, k, op.getTransposeA(), op.getTransposeB(), batchA, batchB},
          {}};
}

/// Sizes that attention and its gradient have in common.
template <typename Op> static SmallVector<int64_t> attentionSizes(Op op) {
  bool inner = op.getHeadsInner();
  ArrayRef<int64_t> q = tensorType(op.getQ()).getShape(), k = tensorType(op.getK()).getShape(),
                    v = tensorType(op.getV()).getShape();
  int heads = inner ? 2 : 1, tokens = inner ? 1 : 2;
  SmallVector<int64_t> sizes = {q[0], q[heads], k[heads], q[tokens],     k[tokens],
                                q[3], v[3],     inner,    op.getCausal()};
  if (Value mask = op.getMask()) {
    ArrayRef<int64_t> shape = tensorType(mask).getShape();
    bool isBool = getElementTypeOrSelf(mask.getType()).isInteger(1);
    sizes.push_back(isBool ? 1 : 2);
    int64_t stride = shape[3], strides[3];
    for (int d = 2; d >= 0; --d) {
      strides[d] = shape[d] == 1 ? 0 : stride;
      stride *= shape[d];
    }
    sizes.append({strides[0], strides[1], strides[2]});
  } else {
    sizes.append({0, 0, 0, 0});
  }
  return sizes;
}

static KernelCall attention(nn::AttentionOp op) {
  return {"attention",
          {0, 1, 2, op.getMask() ? 3 : kAbsent, result(0), result(1)},
          attentionSizes(op),
          {op.getScale().convertToDouble()}};
}

static KernelCall attentionGrad(nn::AttentionGradOp op) {
  // operands: dy, q, k, v, y, lse, mask; buffers: q, k, v, mask, out, lse, dout, dq, dk, dv
  return {"attention_grad",
          {1, 2, 3, op.getMask() ? 6 : kAbsent, 4, 5, 0, result(0), result(1), result(2)},
          attentionSizes(op),
          {op.getScale().convertToDouble()}};
}

// Normalisation -------------------------------------------------------------

static KernelCall layerNorm(nn::LayerNormOp op) {
  return {"layer_norm",
          {0, 1, op.getBias() ? 2 : kAbsent, result(0), result(1), result(2)},
          rowsAndColumns(op.getX(), tensorType(op.getScale()).getRank()),
          {op.getEpsilon().convertToDouble()}};
}

// Moving elements -----------------------------------------------------------

template <typename Op> static SmallVector<int64_t> gatherSizes(Op op, Value table) {
  ArrayRef<int64_t> shape = tensorType(table).getShape();
  int64_t axis = op.getAxis();
  return {product(shape.take_front(axis)), shape[axis], product(shape.drop_front(axis + 1)),
          tensorType(op.getIndices()).getNumElements()};
}

/// Bytes that `part` contributes to each row when `whole` is cut along `axis`.
static int64_t rowBytes(Value part, int64_t axis) {
  RankedTensorType type = tensorType(part);
  return product(type.getShape().drop_front(axis)) * nn::elementBytes(type.getElementType());
}

static KernelCall concat(nn::ConcatOp op) {
  KernelCall call{"concat", {}, {}, {}};
  call.sizes.push_back(product(tensorType(op.getY()).getShape().take_front(op.getAxis())));
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    call.buffers.push_back(i);
    call.sizes.push_back(rowBytes(input, op.getAxis()));
  }
  call.buffers.push_back(result(0));
  return call;
}

static KernelCall split(nn::SplitOp op) {
  KernelCall call{"split", {0}, {}, {}};
  call.sizes.push_back(product(tensorType(op.getX()).getShape().take_front(op.getAxis())));
  for (auto [i, part] : llvm::enumerate(op.getParts())) {
    call.buffers.push_back(result(i));
    call.sizes.push_back(rowBytes(part, op.getAxis()));
  }
  return call;
}

// Optimizers ----------------------------------------------------------------

static int64_t elements(Value value) {
  return tensorType(value).getNumElements();
}

static KernelCall adamw(nn::AdamWOp op) {
  return {"adamw",
          {0, 1, 2, 3, 4},
          {elements(op.getParam()), op.getDecayed()},
          {op.getBeta1().convertToDouble(), op.getBeta2().convertToDouble(),
           op.getEpsilon().convertToDouble()}};
}

static KernelCall sgd(Value param, int64_t buffer, int64_t hyper, bool decayed, bool nesterov,
                      double momentum) {
  return {"sgd", {0, 1, buffer, hyper}, {elements(param), decayed, nesterov}, {momentum}};
}

std::optional<KernelCall> plimsoll::lower::kernelCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::MatmulOp op) { return matmul(op); })
      .Case([](nn::AttentionOp op) { return attention(op); })
      .Case([](nn::AttentionGradOp op) { return attentionGrad(op); })
      .Case([](nn::SoftmaxOp op) {
        return KernelCall{"softmax", {0, result(0)}, rowsAndColumns(op.getX()), {}};
      })
      .Case([](nn::SoftmaxGradOp op) {
        return KernelCall{"softmax_grad", {0, 1, result(0)}, rowsAndColumns(op.getY()), {}};
      })
      .Case([](nn::LayerNormOp op) { return layerNorm(op); })
      .Case([](nn::LayerNormGradInputOp op) {
        return KernelCall{"layer_norm_grad_input",
                          {0, 1, 2, 3, 4, result(0)},
                          rowsAndColumns(op.getX(), tensorType(op.getScale()).getRank()),
                          {}};
      })
      .Case([](nn::LayerNormGradParamsOp op) {
        return KernelCall{"layer_norm_grad_params",
                          {0, 1, 2, 3, result(0), result(1)},
                          rowsAndColumns(op.getX(), tensorType(op.getDscale()).getRank()),
                          {}};
      })
      .Case([](nn::GatherOp op) {
        return KernelCall{"gather", {0, 1, result(0)}, gatherSizes(op, op.getTable()), {}};
      })
      .Case([](nn::GatherGradOp op) {
        return KernelCall{"gather_grad", {0, 1, result(0)}, gatherSizes(op, op.getDtable()), {}};
      })
      .Case([](nn::ConcatOp op) { return concat(op); })
      .Case([](nn::SplitOp op) { return split(op); })
      .Case([](nn::CrossEntropyOp op) {
        return KernelCall{
            "cross_entropy", {0, 1, result(0), result(1)}, rowsAndColumns(op.getLogits()), {}};
      })
      .Case([](nn::CrossEntropyGradOp op) {
        return KernelCall{
            "cross_entropy_grad", {0, 1, 2, result(0)}, rowsAndColumns(op.getLogits()), {}};
      })
      .Case([](nn::CrossEntropyWithGradOp op) {
        return KernelCall{"cross_entropy_with_grad",
                          {0, 1, result(0), result(1), result(2)},
                          rowsAndColumns(op.getLogits()),
                          {}};
      })
      .Case([](nn::AdamWOp op) { return adamw(op); })
      .Case([](nn::SgdOp op) {
        return sgd(op.getParam(), 2, 3, op.getDecayed(), op.getNesterov(),
                   op.getMomentum().convertToDouble());
      })
      .Case([](nn::SgdPlainOp op) {
        return sgd(op.getParam(), kAbsent, 2, op.getDecayed(), false, 0.0);
      })
      .Default([](Operation *op) { return imageCall(op); });
}
