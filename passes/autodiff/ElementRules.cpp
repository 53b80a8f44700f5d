//===- ElementRules.cpp - gradients of ops that choose or order elements ----------===//
#include "passes/autodiff/GradientRules.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// A value for each row, once more for each of `x`'s elements in the row.
static Value overRow(GradientBuilder &b, Value value, Value x) {
  SmallVector<int64_t> shape(tensorType(x).getShape());
  shape.back() = 1;
  return b.create<nn::ReshapeOp>(tensorType(value).clone(shape), value);
}

static Value zerosLike(GradientBuilder &b, Value x) {
  return b.create<nn::BroadcastOp>(tensorType(x), b.number(0.0));
}

/// Sum over the last dimension.
static Value rowSum(GradientBuilder &b, Value x) {
  return b.create<nn::ReduceSumOp>(x, ArrayRef<int64_t>{tensorType(x).getRank() - 1});
}

/// The operand that was chosen gets all, both get half where they are equal.
static LogicalResult extremeGradient(GradientBuilder &b, Operation *op, nn::Predicate chosen) {
  Value operands[] = {op->getOperand(0), op->getOperand(1)}, zero = b.number(0.0);
  Value tie = b.create<nn::CompareOp>(nn::Predicate::eq, operands[0], operands[1]);
  Value half = b.create<nn::MulOp>(b.dy(), b.number(0.5));
  Value shared = b.create<nn::SelectOp>(tie, half, zero);
  for (int i = 0; i < 2; ++i)
    if (b.needs(i)) {
      Value first = b.create<nn::CompareOp>(chosen, operands[i], operands[1 - i]);
      b.add(i, b.create<nn::SelectOp>(first, b.dy(), shared));
    }
  return success();
}

LogicalResult plimsoll::autodiff::minGradient(GradientBuilder &b, Operation *op) {
  return extremeGradient(b, op, nn::Predicate::lt);
}

LogicalResult plimsoll::autodiff::maxGradient(GradientBuilder &b, Operation *op) {
  return extremeGradient(b, op, nn::Predicate::gt);
}

/// Equal extremes share the gradient of their row.
LogicalResult plimsoll::autodiff::reduceGradient(GradientBuilder &b, Operation *op) {
  auto reduce = cast<nn::ReduceOp>(op);
  if (!b.needs(0))
    return success();
  Value x = reduce.getX(), dy = b.dy();
  if (reduce.getKind() == nn::Reduction::prod) {
    b.add(0, b.create<nn::ReduceProdGradOp>(dy, x));
    return success();
  }
  Value spread = overRow(b, dy, x);
  if (reduce.getKind() == nn::Reduction::sum) {
    b.add(0, b.create<nn::BroadcastOp>(tensorType(x), spread));
    return success();
  }
  Value chosen = b.create<nn::CompareOp>(nn::Predicate::eq, x, overRow(b, reduce.getY(), x));
  Value ones = b.create<nn::CastOp>(chosen, tensorType(x).getElementType());
  Value share = b.create<nn::DivOp>(spread, overRow(b, rowSum(b, ones), x));
  b.add(0, b.create<nn::MulOp>(ones, share));
  return success();
}

/// An element is in every sum from its own on: the running sum from the other end.
LogicalResult plimsoll::autodiff::cumSumGradient(GradientBuilder &b, Operation *op) {
  auto sum = cast<nn::CumSumOp>(op);
  if (b.needs(0))
    b.add(0, b.create<nn::CumSumOp>(b.dy(), sum.getExclusive(), !sum.getReverse()));
  return success();
}

LogicalResult plimsoll::autodiff::topKGradient(GradientBuilder &b, Operation *op) {
  auto top = cast<nn::TopKOp>(op);
  if (b.needs(0))
    b.add(0, b.create<nn::ScatterElementsOp>(nn::Update::replace, zerosLike(b, top.getX()),
                                             top.getIndices(), b.dy(),
                                             tensorType(top.getX()).getRank() - 1));
  return success();
}

/// dx = dy - softmax(x) sum(dy)
LogicalResult plimsoll::autodiff::logSoftmaxGradient(GradientBuilder &b, Operation *op) {
  if (!b.needs(0))
    return success();
  Value y = op->getResult(0), sum = overRow(b, rowSum(b, b.dy()), y);
  Value share = b.create<nn::MulOp>(b.create<nn::ExpOp>(y), sum);
  b.add(0, b.create<nn::SubOp>(b.dy(), share));
  return success();
}

LogicalResult plimsoll::autodiff::gatherElementsGradient(GradientBuilder &b, Operation *op) {
  auto gather = cast<nn::GatherElementsOp>(op);
  if (b.needs(0))
    b.add(0, b.create<nn::ScatterElementsOp>(nn::Update::add, zerosLike(b, gather.getX()),
                                             gather.getIndices(), b.dy(), gather.getAxis()));
  return success();
}

/// What was replaced gets nothing; an update gets the gradient of where it went.
LogicalResult plimsoll::autodiff::scatterElementsGradient(GradientBuilder &b, Operation *op) {
  auto scatter = cast<nn::ScatterElementsOp>(op);
  bool replaces = scatter.getUpdate() == nn::Update::replace;
  if (b.needs(0))
    b.add(0, replaces ? b.create<nn::ScatterElementsOp>(
                             nn::Update::replace, b.dy(), scatter.getIndices(),
                             zerosLike(b, scatter.getUpdates()), scatter.getAxis())
                            .getResult()
                      : b.dy());
  if (b.needs(2))
    b.add(2, b.create<nn::GatherElementsOp>(b.dy(), scatter.getIndices(), scatter.getAxis()));
  return success();
}
