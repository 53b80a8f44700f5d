//===- ElementRules.cpp - gradients of ops that choose or order elements ----------===//
//
// Where a formula has no derivative (ties, kinks, zeros) the gradient is PyTorch's;
// test/special-points compares each case.
//===----------------------------------------------------------------------===//
#include "dialects/nn/TensorType.h"
#include "mlir/IR/Matchers.h"
#include "passes/autodiff/GradientRules.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;
using nn::tensorType;

/// Returns `value`, one number for each row of `x`, with a last dimension of size 1, so that it
/// broadcasts over `x`.
static Value overRow(GradientBuilder &b, Value value, Value x) {
  SmallVector<int64_t> shape(tensorType(x).getShape());
  shape.back() = 1;
  return b.create<nn::ReshapeOp>(tensorType(value).clone(shape), value);
}

static Value zerosLike(GradientBuilder &b, Value x) {
  return b.create<nn::BroadcastOp>(tensorType(x), b.number(0.0));
}

/// Returns the sum over the last dimension.
static Value rowSum(GradientBuilder &b, Value x) {
  return b.create<nn::ReduceSumOp>(x, ArrayRef<int64_t>{tensorType(x).getRank() - 1});
}

/// Gradient of minimum and maximum: an operand for which `beaten` holds gets none; if both are
/// equal, each gets half.
static LogicalResult extremeGradient(GradientBuilder &b, Operation *op, nn::Predicate beaten) {
  Value operands[] = {op->getOperand(0), op->getOperand(1)}, zero = b.number(0.0);
  Value tie = b.create<nn::CompareOp>(nn::Predicate::eq, operands[0], operands[1]);
  Value half = b.create<nn::MulOp>(b.dy(), b.number(0.5));
  Value shared = b.create<nn::SelectOp>(tie, half, b.dy());
  for (int i = 0; i < 2; ++i)
    if (b.needs(i)) {
      Value lost = b.create<nn::CompareOp>(beaten, operands[i], operands[1 - i]);
      b.add(i, b.create<nn::SelectOp>(lost, zero, shared));
    }
  return success();
}

LogicalResult plimsoll::autodiff::minGradient(GradientBuilder &b, Operation *op) {
  return extremeGradient(b, op, nn::Predicate::gt);
}

LogicalResult plimsoll::autodiff::maxGradient(GradientBuilder &b, Operation *op) {
  return extremeGradient(b, op, nn::Predicate::lt);
}

/// False only for a constant that contains no zero.
static bool mayBeZero(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, nn::BroadcastOp>(op))
      break;
    value = op->getOperand(0);
  }
  DenseFPElementsAttr dense;
  if (!matchPattern(value, m_Constant(&dense)))
    return true;
  if (dense.isSplat())
    return dense.getSplatValue<APFloat>().isZero();
  return llvm::any_of(dense, [](const APFloat &number) { return number.isZero(); });
}

/// d(a^b) = b a^(b-1) da + y ln(a) db. The power does not depend on a where b = 0, nor on b where a
/// = 0 and b >= 0: there the gradient is 0, although the formula multiplies by infinity.
LogicalResult plimsoll::autodiff::powGradient(GradientBuilder &b, Operation *op) {
  Value base = op->getOperand(0), exponent = op->getOperand(1), zero = b.number(0.0);
  if (b.needs(0)) {
    Value less = b.create<nn::SubOp>(exponent, b.number(1.0));
    Value slope = b.create<nn::MulOp>(exponent, b.create<nn::PowOp>(base, less));
    Value dx = b.create<nn::MulOp>(b.dy(), slope);
    if (mayBeZero(exponent))
      dx = b.create<nn::SelectOp>(b.create<nn::CompareOp>(nn::Predicate::eq, exponent, zero), zero,
                                  dx);
    b.add(0, dx);
  }
  if (!b.needs(1))
    return success();
  Value slope = b.create<nn::MulOp>(op->getResult(0), b.create<nn::LogOp>(base));
  Value dx = b.create<nn::MulOp>(b.dy(), slope);
  if (mayBeZero(base)) {
    Value isZero = b.create<nn::CompareOp>(nn::Predicate::eq, base, zero);
    Value grows = b.create<nn::CompareOp>(nn::Predicate::ge, exponent, zero);
    dx = b.create<nn::SelectOp>(b.create<nn::AndOp>(isZero, grows), zero, dx);
  }
  b.add(1, dx);
  return success();
}

/// Elements equal to the extreme of their row share its gradient evenly.
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

/// x_i contributes to the sums from its own on, so dx is the running sum of dy from the other end.
LogicalResult plimsoll::autodiff::cumSumGradient(GradientBuilder &b, Operation *op) {
  auto sum = cast<nn::CumSumOp>(op);
  if (b.needs(0))
    b.add(0, b.create<nn::CumSumOp>(b.dy(), sum.getExclusive(), !sum.getReverse()));
  return success();
}

/// Turns the other way round.
LogicalResult plimsoll::autodiff::rotaryGradient(GradientBuilder &b, Operation *op) {
  auto rotary = cast<nn::RotaryOp>(op);
  if (b.needs(0))
    b.add(0, b.create<nn::RotaryOp>(b.dy(), rotary.getCos(), rotary.getSin(),
                                    !rotary.getTransposed()));
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

/// Returns 1 where `a` and `other` are equal, 0 elsewhere, in the element type of `a`.
static Value equal(GradientBuilder &b, Value a, Value other) {
  Value same = b.create<nn::CompareOp>(nn::Predicate::eq, a, other);
  return b.create<nn::CastOp>(same, tensorType(a).getElementType());
}

/// Scatter with products. dx = dy times the updates of its element. An update's gradient is dy
/// times the other factors: y / update, or, if the update is the only zero of its element, the
/// product without it.
static void scatterProductGradient(GradientBuilder &b, nn::ScatterElementsOp scatter) {
  Value index = scatter.getIndices(), updates = scatter.getUpdates(), dy = b.dy();
  int64_t axis = scatter.getAxis();
  auto into = [&](nn::Update update, Value x, Value values) -> Value {
    return b.create<nn::ScatterElementsOp>(update, x, index, values, axis);
  };
  auto from = [&](Value x) -> Value { return b.create<nn::GatherElementsOp>(x, index, axis); };
  if (b.needs(0))
    b.add(0, into(nn::Update::mul, dy, updates));
  if (!b.needs(2))
    return;
  Value zero = b.number(0.0), one = b.number(1.0);
  Value isZero = b.create<nn::CompareOp>(nn::Predicate::eq, updates, zero);
  Value zeros = from(into(nn::Update::add, zerosLike(b, scatter.getX()), equal(b, updates, zero)));
  Value single = b.create<nn::CompareOp>(nn::Predicate::eq, zeros, one);
  Value isSingle = b.create<nn::SelectOp>(single, equal(b, updates, zero), zero);
  Value only = b.create<nn::CompareOp>(nn::Predicate::gt, isSingle, zero);
  Value divisors = b.create<nn::SelectOp>(isZero, one, updates);
  Value without =
      into(nn::Update::mul, scatter.getX(), b.create<nn::SelectOp>(only, one, updates).getResult());
  Value others = b.create<nn::SelectOp>(
      only, from(without), b.create<nn::DivOp>(from(scatter.getY()), divisors).getResult());
  b.add(2, b.create<nn::MulOp>(from(dy), others));
}

/// Scatter with min or max: all that equals the result, old element and updates alike, shares its
/// gradient evenly.
static void scatterExtremeGradient(GradientBuilder &b, nn::ScatterElementsOp scatter) {
  Value index = scatter.getIndices();
  int64_t axis = scatter.getAxis();
  auto from = [&](Value x) -> Value { return b.create<nn::GatherElementsOp>(x, index, axis); };
  Value kept = equal(b, scatter.getX(), scatter.getY());
  Value taken = equal(b, scatter.getUpdates(), from(scatter.getY()));
  Value count = b.create<nn::ScatterElementsOp>(nn::Update::add, kept, index, taken, axis);
  Value share = b.create<nn::DivOp>(b.dy(), count);
  if (b.needs(0))
    b.add(0, b.create<nn::MulOp>(kept, share));
  if (b.needs(2))
    b.add(2, b.create<nn::MulOp>(taken, from(share)));
}

/// A replaced element gets no gradient; an update gets the gradient of the element it went to.
LogicalResult plimsoll::autodiff::scatterElementsGradient(GradientBuilder &b, Operation *op) {
  auto scatter = cast<nn::ScatterElementsOp>(op);
  Value index = scatter.getIndices(), dy = b.dy();
  switch (scatter.getUpdate()) {
  case nn::Update::mul:
    scatterProductGradient(b, scatter);
    return success();
  case nn::Update::max:
  case nn::Update::min:
    scatterExtremeGradient(b, scatter);
    return success();
  case nn::Update::replace:
    if (b.needs(0))
      b.add(0,
            b.create<nn::ScatterElementsOp>(nn::Update::replace, dy, index,
                                            zerosLike(b, scatter.getUpdates()), scatter.getAxis()));
    break;
  case nn::Update::add:
    if (b.needs(0))
      b.add(0, dy);
    break;
  }
  if (b.needs(2))
    b.add(2, b.create<nn::GatherElementsOp>(dy, index, scatter.getAxis()));
  return success();
}
