//===- StableForms.cpp - formulas that hold where the file's own fail --------------===//
#include "compiler/onnx/ops/StableForms.h"
#include "mlir/IR/IRMapping.h"
#include "passes/prepare/Matching.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using prepare::constantNumber;

using P = nn::Predicate;

bool plimsoll::import::isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<nn::ConstantOp>(op))
    return true;
  return op && op->getNumOperands() > 0 && llvm::all_of(op->getOperands(), isConstant);
}

bool plimsoll::import::isPositive(Value value) {
  std::optional<double> number = constantNumber(value);
  return number && *number > 0;
}

Value plimsoll::import::clampBelow(Arithmetic &a, Value x, Value low) {
  return a.select(a.compare(P::le, x, low), low, x); // keeps NaN
}

Value plimsoll::import::clampAbove(Arithmetic &a, Value x, Value high) {
  return a.select(a.compare(P::ge, x, high), high, x);
}

Value plimsoll::import::rootOfSquares(Arithmetic &a, Value sum) {
  Value zero = a.n.scalar(0.0, sum), isZero = a.compare(P::eq, sum, zero);
  Value safe = a.select(isZero, a.n.scalar(1.0, sum), sum);
  return a.select(isZero, zero, a.sqrt(safe));
}

static bool isNumber(Value value, double expected) {
  std::optional<double> found = constantNumber(value);
  return found && *found == expected;
}

// Logarithms ----------------------------------------------------------------

/// Returns ln(e^a + e^b): the larger one plus the softplus of the negative difference. Equal
/// operands get half of the gradient each; infinite ones have no difference.
static Value logAddExp(Arithmetic &a, Value x, Value y) {
  Value equal = a.compare(P::eq, x, y), first = a.compare(P::gt, x, y);
  Value larger = a.select(first, x, y), smaller = a.select(first, y, x);
  Value mean = a.add(a.mul(x, 0.5), a.mul(y, 0.5));
  Value below = a.select(equal, a.n.scalar(0.0, x), a.sub(smaller, larger));
  return a.add(a.select(equal, mean, larger), a.softplus(below));
}

Value plimsoll::import::stableLog(Arithmetic &a, Value x) {
  if (!x)
    return {};
  if (auto sigmoid = x.getDefiningOp<nn::SigmoidOp>())
    return a.neg(a.softplus(a.neg(sigmoid.getX())));
  auto sum = x.getDefiningOp<nn::AddOp>();
  if (!sum)
    return a.log(x);
  auto left = sum.getA().getDefiningOp<nn::ExpOp>(), right = sum.getB().getDefiningOp<nn::ExpOp>();
  if (left && right)
    return logAddExp(a, left.getX(), right.getX());
  nn::ExpOp exp = left ? left : right;
  if (exp && exp.getType() == x.getType() && isNumber(left ? sum.getB() : sum.getA(), 1.0))
    return a.softplus(exp.getX());
  return a.log(x);
}

// Standard deviations -------------------------------------------------------

/// Returns the value that `value` is a view, repetition or constant multiple of; null if it is none
/// of these.
static Value unscaled(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<nn::ReshapeOp, nn::BroadcastOp>(op))
    return op->getOperand(0);
  if (!isa_and_present<nn::MulOp, nn::DivOp>(op))
    return {};
  if (isConstant(op->getOperand(1)))
    return op->getOperand(0);
  return isa<nn::MulOp>(op) && isConstant(op->getOperand(0)) ? op->getOperand(1) : Value();
}

/// Returns the sum that `value` is a multiple of, and the ops between in `scaling`, the last one
/// first.
static nn::ReduceSumOp sumUnder(Value value, SmallVectorImpl<Operation *> &scaling) {
  while (Value below = unscaled(value)) {
    scaling.push_back(value.getDefiningOp());
    value = below;
  }
  return value.getDefiningOp<nn::ReduceSumOp>();
}

static Value squared(Value value) {
  if (auto mul = value.getDefiningOp<nn::MulOp>())
    return mul.getA() == mul.getB() ? mul.getA() : Value();
  auto pow = value.getDefiningOp<nn::PowOp>();
  return pow && isNumber(pow.getB(), 2.0) ? pow.getA() : Value();
}

/// Returns x - mean(x) if `squares` sums its squares over the same dimensions as the mean, else
/// null.
static nn::SubOp centredUnder(nn::ReduceSumOp squares) {
  Value root = squares ? squared(squares.getX()) : Value();
  auto centred = root ? root.getDefiningOp<nn::SubOp>() : nn::SubOp();
  SmallVector<Operation *> scaling;
  nn::ReduceSumOp mean = centred ? sumUnder(centred.getB(), scaling) : nn::ReduceSumOp();
  bool own = mean && mean.getX() == centred.getA() && mean.getAxes() == squares.getAxes();
  return own ? centred : nn::SubOp();
}

/// Uses gradient 0 at 0 for every root of a variance: a file does not distinguish std from
/// var().sqrt(), whose gradient there is NaN. Numbers are centred twice, so that equal ones have a
/// variance of exactly 0: rounding of their mean would otherwise leave a gradient.
Value plimsoll::import::stableRoot(Arithmetic &a, Value x) {
  SmallVector<Operation *> scaling;
  nn::ReduceSumOp squares = x ? sumUnder(x, scaling) : nn::ReduceSumOp();
  nn::SubOp once = centredUnder(squares);
  if (!once)
    return a.sqrt(x);
  ArrayRef<int64_t> axes = squares.getAxes();
  Value centred = a.sub(once, a.mean(once, axes));
  Value sum = a.n.emit<nn::ReduceSumOp>(a.mul(centred, centred), a.n.intsNamed("axes", axes));
  if (!sum)
    return {};
  IRMapping mapping;
  mapping.map(squares.getY(), sum);
  for (Operation *op : llvm::reverse(scaling))
    a.n.builder.clone(*op, mapping);
  return rootOfSquares(a, mapping.lookup(x));
}

// Sinc ----------------------------------------------------------------------

Value plimsoll::import::withSafeDivisor(Arithmetic &a, Value condition, Value chosen, Value other) {
  if (!condition || !chosen || !other)
    return other;
  auto isZero = condition.getDefiningOp<nn::CompareOp>();
  auto quotient = other.getDefiningOp<nn::DivOp>();
  if (!isZero || isZero.getPredicate() != P::eq || !isConstant(isZero.getB()) || !quotient ||
      !isConstant(chosen))
    return other;
  Value z = quotient.getB();
  auto sine = quotient.getA().getDefiningOp<nn::SinOp>();
  bool ofZero = isZero.getA() == z || unscaled(z) == isZero.getA();
  if (!sine || sine.getX() != z || !ofZero)
    return other;
  Value safe = a.select(condition, a.n.scalar(1.0, z), z);
  return a.div(a.n.emit<nn::SinOp>(safe), safe);
}
