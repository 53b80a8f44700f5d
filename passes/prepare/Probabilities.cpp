//===- Probabilities.cpp - what an output's numbers are ----------------------------===//
//
// Walks from an output to what computed its numbers, through ops that only move them, and keeps
// track of the dimension that the loss takes for the classes.
//===----------------------------------------------------------------------===//
#include "passes/prepare/Probabilities.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Returns the dimension of the reshape's operand that became dimension `axis` of its result, if
/// there is one.
static std::optional<int64_t> beforeReshape(nn::ReshapeOp reshape, int64_t axis) {
  ArrayRef<int64_t> to = shapeOf(reshape.getY()), from = shapeOf(reshape.getX());
  for (int64_t d = 0; d < int64_t(from.size()); ++d)
    if (from[d] == to[axis] && product(from.drop_front(d + 1)) == product(to.drop_front(axis + 1)))
      return d;
  return std::nullopt;
}

/// Matches `e / sum(e)` with `e = exp(x)`, which exporters without a Softmax write. Returns the
/// exponential and sets `axis` to the dimension of the sum; null if `op` is something else.
static Operation *writtenSoftmax(Operation *op, std::optional<int64_t> &axis) {
  auto quotient = dyn_cast<nn::DivOp>(op);
  auto exponentials = quotient ? quotient->getOperand(0).getDefiningOp<nn::ExpOp>() : nullptr;
  if (!exponentials)
    return nullptr;
  Value sum = quotient->getOperand(1);
  while (Operation *view = sum.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, nn::BroadcastOp>(view))
      break;
    sum = view->getOperand(0);
  }
  auto reduce = sum.getDefiningOp<nn::ReduceSumOp>();
  if (!reduce || reduce.getX() != exponentials->getResult(0) || reduce.getAxes().size() != 1)
    return nullptr;
  axis = reduce.getAxes().front();
  return exponentials;
}

/// Returns the softmax or sigmoid whose last op is `op`, if it is one.
static std::optional<Probabilities> computedBy(Operation *op, std::optional<int64_t> axis) {
  if (isa<nn::SigmoidOp>(op))
    return Probabilities{"a Sigmoid", op, op->getOperand(0)};
  std::optional<int64_t> along;
  Operation *exponentials = writtenSoftmax(op, along);
  if (isa<nn::SoftmaxOp>(op))
    along = shapeOf(op->getResult(0)).size() - 1;
  if (!along || (axis && *axis != *along))
    return std::nullopt;
  return Probabilities{"a Softmax", op, (exponentials ? exponentials : op)->getOperand(0)};
}

std::optional<Probabilities> plimsoll::prepare::probabilitiesOf(Value value,
                                                                std::optional<int64_t> axis) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto transpose = dyn_cast<nn::TransposeOp>(op)) {
      if (axis)
        axis = transpose.getPermutation()[*axis];
    } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      std::optional<int64_t> before = axis ? beforeReshape(reshape, *axis) : std::nullopt;
      if (axis && !before)
        return std::nullopt;
      axis = before;
    } else if (!isa<nn::CastOp, nn::SplitOp>(op)) {
      return computedBy(op, axis);
    }
    value = op->getOperand(0);
  }
  return std::nullopt;
}

bool plimsoll::prepare::isOfConvolution(Value value) {
  std::optional<int64_t> channels = 1;
  while (Operation *op = value.getDefiningOp()) {
    if (isa<nn::ConvOp, nn::ConvTransposeOp>(op))
      return *channels == 1;
    auto same = llvm::find_if(op->getOperands(), [&](Value operand) {
      return isa<nn::ReshapeOp>(op) || operand.getType() == value.getType();
    });
    if (same == op->getOperands().end() ||
        !(isa<nn::ReshapeOp>(op) || op->hasTrait<nn::Elementwise>()))
      return false;
    if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
      channels = beforeReshape(reshape, *channels);
    if (!channels)
      return false;
    value = *same;
  }
  return false;
}
