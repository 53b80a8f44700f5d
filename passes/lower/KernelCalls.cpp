//===- KernelCalls.cpp - which library kernel runs an op ----------------------===//
#include "passes/lower/KernelCalls.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
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

int64_t plimsoll::lower::elementTypeCode(Type element) {
  assert(!element.isBF16() && "kernels of bf16 have a name of their own");
  if (element.isF32())
    return 0;
  if (element.isF64())
    return 1;
  if (element.isInteger(32))
    return 2;
  return element.isInteger(64) ? 3 : 4;
}

KernelCall plimsoll::lower::typed(KernelCall call, Value data) {
  int64_t code = elementTypeCode(getElementTypeOrSelf(data.getType()));
  if (code == 0)
    return call;
  call.sizes.push_back(code);
  call.anyType = true;
  return call;
}

/// `call` of a product, of which there is one for bf16 factors.
static KernelCall ofFactors(KernelCall call, Value factor) {
  if (!getElementTypeOrSelf(factor.getType()).isBF16())
    return typed(call, factor);
  call.kernel += "_bf16";
  call.anyType = true;
  return call;
}

/// `call` of a kernel whose last size is always the type.
static KernelCall ofType(KernelCall call, Value data) {
  call.sizes.push_back(elementTypeCode(getElementTypeOrSelf(data.getType())));
  call.anyType = true;
  return call;
}

// Contractions --------------------------------------------------------------

static std::optional<KernelCall> matmul(nn::MatmulOp op) {
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
  Type element = a.getElementType(); // integers are a loop
  if (!isa<FloatType>(element))
    return std::nullopt;
  return KernelCall{element.isF32()   ? "matmul"
                    : element.isF64() ? "matmul_f64"
                                      : "matmul_bf16",
                    {0, 1, result(0)},
                    {count, m, n, k, op.getTransposeA(), op.getTransposeB(), batchA, batchB},
                    {},
                    !element.isF32()};
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
  return ofFactors({"attention",
                    {0, 1, 2, op.getMask() ? 3 : kAbsent, result(0), result(1)},
                    attentionSizes(op),
                    {op.getScale().convertToDouble()}},
                   op.getQ());
}

static KernelCall attentionGrad(nn::AttentionGradOp op) {
  // operands: dy, q, k, v, y, lse, mask; buffers: q, k, v, mask, out, lse, dout, dq, dk, dv
  return ofFactors({"attention_grad",
                    {1, 2, 3, op.getMask() ? 6 : kAbsent, 4, 5, 0, result(0), result(1), result(2)},
                    attentionSizes(op),
                    {op.getScale().convertToDouble()}},
                   op.getQ());
}

// Normalisation -------------------------------------------------------------

/// Rows, columns and whether the mean is left alone.
template <typename Op> static SmallVector<int64_t> layerNormSizes(Op op) {
  SmallVector<int64_t> sizes = rowsAndColumns(op.getX(), tensorType(op.getScale()).getRank());
  sizes.push_back(op.getUncentered());
  return sizes;
}

static KernelCall layerNorm(nn::LayerNormOp op) {
  return typed({"layer_norm",
                {0, 1, op.getBias() ? 2 : kAbsent, result(0), result(1), result(2)},
                layerNormSizes(op),
                {op.getEpsilon().convertToDouble()}},
               op.getX());
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
  KernelCall call{"concat", {}, {}, {}, true};
  call.sizes.push_back(product(tensorType(op.getY()).getShape().take_front(op.getAxis())));
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    call.buffers.push_back(i);
    call.sizes.push_back(rowBytes(input, op.getAxis()));
  }
  call.buffers.push_back(result(0));
  return call;
}

static KernelCall split(nn::SplitOp op) {
  KernelCall call{"split", {0}, {}, {}, true};
  call.sizes.push_back(product(tensorType(op.getX()).getShape().take_front(op.getAxis())));
  for (auto [i, part] : llvm::enumerate(op.getParts())) {
    call.buffers.push_back(result(i));
    call.sizes.push_back(rowBytes(part, op.getAxis()));
  }
  return call;
}

// Rows ----------------------------------------------------------------------

static KernelCall reduce(nn::ReduceOp op) {
  SmallVector<int64_t> sizes = rowsAndColumns(op.getX());
  sizes.push_back(int64_t(op.getKind()));
  return ofType({"reduce", {0, result(0)}, sizes, {}}, op.getX());
}

static KernelCall argReduce(nn::ArgReduceOp op) {
  SmallVector<int64_t> sizes = rowsAndColumns(op.getX());
  sizes.append({int64_t(op.getKind()), op.getLast()});
  return ofType({"arg_reduce", {0, result(0)}, sizes, {}}, op.getX());
}

static KernelCall cumSum(nn::CumSumOp op) {
  SmallVector<int64_t> sizes = rowsAndColumns(op.getX());
  sizes.append({op.getExclusive(), op.getReverse()});
  return ofType({"cum_sum", {0, result(0)}, sizes, {}}, op.getX());
}

static KernelCall topK(nn::TopKOp op) {
  SmallVector<int64_t> sizes = rowsAndColumns(op.getX());
  sizes.append({int64_t(op.getK()), op.getSmallest()});
  return ofType({"top_k", {0, result(0), result(1)}, sizes, {}}, op.getX());
}

/// Sizes of ops with one index for each element.
static SmallVector<int64_t> elementSizes(Value x, Value indices, int64_t axis) {
  ArrayRef<int64_t> shape = tensorType(x).getShape();
  return {product(shape.take_front(axis)), shape[axis], product(shape.drop_front(axis + 1)),
          tensorType(indices).getDimSize(axis)};
}

static KernelCall gatherElements(nn::GatherElementsOp op) {
  return ofType({"gather_elements",
                 {0, 1, result(0)},
                 elementSizes(op.getX(), op.getIndices(), op.getAxis()),
                 {}},
                op.getX());
}

static KernelCall scatterElements(nn::ScatterElementsOp op) {
  SmallVector<int64_t> sizes = elementSizes(op.getX(), op.getIndices(), op.getAxis());
  sizes.push_back(int64_t(op.getUpdate()));
  return ofType({"scatter_elements", {0, 1, 2, result(0)}, sizes, {}}, op.getX());
}

// Random numbers ------------------------------------------------------------

static KernelCall dropout(nn::DropoutOp op) {
  return typed({"dropout",
                {0, 1, result(0)},
                {tensorType(op.getX()).getNumElements(), int64_t(op.getStream())},
                {op.getP().convertToDouble()}},
               op.getX());
}

static KernelCall randomNumbers(nn::RandomOp op) {
  return ofType({"random_numbers",
                 {0, result(0)},
                 {tensorType(op.getY()).getNumElements(), int64_t(op.getStream()),
                  int64_t(op.getDistribution())},
                 {}},
                op.getY());
}

std::optional<KernelCall> plimsoll::lower::kernelCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::MatmulOp op) { return matmul(op); })
      .Case([](nn::AttentionOp op) { return attention(op); })
      .Case([](nn::AttentionGradOp op) { return attentionGrad(op); })
      .Case([](nn::SoftmaxOp op) {
        return typed({"softmax", {0, result(0)}, rowsAndColumns(op.getX()), {}}, op.getX());
      })
      .Case([](nn::SoftmaxGradOp op) {
        return typed({"softmax_grad", {0, 1, result(0)}, rowsAndColumns(op.getY()), {}}, op.getY());
      })
      .Case([](nn::LogSoftmaxOp op) {
        return typed({"log_softmax", {0, result(0)}, rowsAndColumns(op.getX()), {}}, op.getX());
      })
      .Case([](nn::ReduceOp op) { return reduce(op); })
      .Case([](nn::ReduceProdGradOp op) {
        return ofType({"reduce_prod_grad", {0, 1, result(0)}, rowsAndColumns(op.getX()), {}},
                      op.getX());
      })
      .Case([](nn::ArgReduceOp op) { return argReduce(op); })
      .Case([](nn::CumSumOp op) { return cumSum(op); })
      .Case([](nn::TopKOp op) { return topK(op); })
      .Case([](nn::GatherElementsOp op) { return gatherElements(op); })
      .Case([](nn::ScatterElementsOp op) { return scatterElements(op); })
      .Case([](nn::LayerNormOp op) { return layerNorm(op); })
      .Case([](nn::LayerNormGradInputOp op) {
        return typed({"layer_norm_grad_input", {0, 1, 2, 3, 4, result(0)}, layerNormSizes(op), {}},
                     op.getX());
      })
      .Case([](nn::LayerNormGradParamsOp op) {
        return typed({"layer_norm_grad_params",
                      {0, 1, 2, 3, result(0), result(1)},
                      rowsAndColumns(op.getX(), tensorType(op.getDscale()).getRank()),
                      {}},
                     op.getX());
      })
      .Case([](nn::GatherOp op) {
        return typed({"gather", {0, 1, result(0)}, gatherSizes(op, op.getTable()), {}},
                     op.getTable());
      })
      .Case([](nn::GatherGradOp op) {
        return typed({"gather_grad", {0, 1, result(0)}, gatherSizes(op, op.getDtable()), {}},
                     op.getDtable());
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
