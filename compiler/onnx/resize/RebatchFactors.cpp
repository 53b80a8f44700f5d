//===- RebatchFactors.cpp - the index factors of ops on rows and indices --------===//
#include "compiler/onnx/resize/Rebatch.h"
#include "dialects/nn/NNDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

namespace {
/// Assigns factors to dimensions of values.
class Labels {
public:
  explicit Labels(Operation *op) {
    factors.operands.resize(op->getNumOperands());
    factors.results.resize(op->getNumResults());
  }

  /// Returns a new factor for each dimension of `value`.
  SmallVector<int64_t> fresh(Value value) {
    SmallVector<int64_t> labels;
    for (int64_t size : cast<RankedTensorType>(value.getType()).getShape()) {
      labels.push_back(factors.factors.size());
      factors.factors.push_back(size);
    }
    return labels;
  }

  nn::IndexFactors factors;
};
} // namespace

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

/// Returns the factors if all operands and results have the leading dimensions of operand 0.
static nn::IndexFactors leading(Operation *op) {
  Labels labels(op);
  SmallVector<int64_t> x = labels.fresh(op->getOperand(0));
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    labels.factors.operands[i].assign(x.begin(), x.begin() + rankOf(operand));
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    labels.factors.results[i].assign(x.begin(), x.begin() + rankOf(result));
  return labels.factors;
}

/// Returns the factors of layer normalisation: scale and bias have the last dimensions of x, mean
/// and deviation the others.
static nn::IndexFactors layerNorm(nn::LayerNormOp op) {
  Labels labels(op);
  SmallVector<int64_t> x = labels.fresh(op.getX());
  ArrayRef<int64_t> last = ArrayRef<int64_t>(x).take_back(rankOf(op.getScale()));
  labels.factors.operands.assign(op->getNumOperands(), llvm::to_vector(last));
  labels.factors.operands[0] = x;
  ArrayRef<int64_t> rows = ArrayRef<int64_t>(x).take_front(rankOf(op.getMean()));
  labels.factors.results = {x, llvm::to_vector(rows), llvm::to_vector(rows)};
  return labels.factors;
}

/// Returns the factors of batch normalisation: all operands and results but the first have the
/// channels only.
static nn::IndexFactors batchNorm(Operation *op) {
  Labels labels(op);
  SmallVector<int64_t> x = labels.fresh(op->getOperand(0));
  labels.factors.operands.assign(op->getNumOperands(), {x[1]});
  labels.factors.results.assign(op->getNumResults(), {x[1]});
  labels.factors.operands[0] = labels.factors.results[0] = x;
  return labels.factors;
}

static nn::IndexFactors gather(nn::GatherOp op) {
  Labels labels(op);
  SmallVector<int64_t> table = labels.fresh(op.getTable()), rows = labels.fresh(op.getIndices());
  SmallVector<int64_t> y = llvm::to_vector(ArrayRef<int64_t>(table).take_front(op.getAxis()));
  y.append(rows);
  y.append(table.begin() + op.getAxis() + 1, table.end());
  labels.factors.operands = {table, rows};
  labels.factors.results = {y};
  return labels.factors;
}

/// Returns the factors if all operands have the dimensions of the first, except `axis`; the result
/// has those of operand `like`.
static nn::IndexFactors alongAxis(Operation *op, int64_t axis, unsigned like) {
  Labels labels(op);
  SmallVector<int64_t> x = labels.fresh(op->getOperand(0)), other = x;
  if (op->getNumOperands() > 1)
    other[axis] = labels.fresh(op->getOperand(1))[axis];
  labels.factors.operands.assign(op->getNumOperands(), other);
  labels.factors.operands[0] = x;
  labels.factors.results = {labels.factors.operands[like]};
  return labels.factors;
}

static nn::IndexFactors attention(nn::AttentionOp op) {
  Labels labels(op);
  bool inner = op.getHeadsInner();
  auto order = [&](int64_t batch, int64_t head, int64_t token, int64_t feature) {
    return inner ? SmallVector<int64_t>{batch, token, head, feature}
                 : SmallVector<int64_t>{batch, head, token, feature};
  };
  SmallVector<int64_t> q = labels.fresh(op.getQ()), k = labels.fresh(op.getK()),
                       v = labels.fresh(op.getV());
  int64_t head = inner ? 2 : 1, token = inner ? 1 : 2;
  int64_t batch = q[0], heads = q[head], query = q[token], key = k[token];
  auto &operands = labels.factors.operands;
  operands[0] = q;
  operands[1] = order(batch, k[head], key, q[3]);
  operands[2] = order(batch, k[head], key, v[3]);
  if (Value mask = op.getMask()) {
    SmallVector<int64_t> scores = {batch, heads, query, key};
    for (auto [label, size] : llvm::zip(scores, cast<RankedTensorType>(mask.getType()).getShape()))
      operands[3].push_back(size == 1 && labels.factors.factors[label] != 1 ? -1 : label);
  }
  labels.factors.results = {order(batch, heads, query, v[3]), {batch, heads, query}};
  return labels.factors;
}

nn::IndexFactors plimsoll::import::factorsOf(Operation *op) {
  if (auto known = dyn_cast<nn::IndexFactorsOpInterface>(op))
    if (nn::IndexFactors factors = known.getIndexFactors(); !factors.empty())
      return factors;
  using Factors = nn::IndexFactors;
  return llvm::TypeSwitch<Operation *, Factors>(op)
      .Case<nn::SoftmaxOp, nn::LogSoftmaxOp, nn::CumSumOp, nn::ReduceOp, nn::ArgReduceOp>(
          [](auto one) { return leading(one); })
      .Case([](nn::LayerNormOp one) { return layerNorm(one); })
      .Case<nn::BatchNormOp, nn::BatchNormInferenceOp>([](auto one) { return batchNorm(one); })
      .Case([](nn::GatherOp one) { return gather(one); })
      .Case([](nn::GatherElementsOp one) { return alongAxis(one, one.getAxis(), 1); })
      .Case([](nn::ScatterElementsOp one) { return alongAxis(one, one.getAxis(), 0); })
      .Case([](nn::AttentionOp one) { return attention(one); })
      .Default([](Operation *) { return Factors(); });
}
