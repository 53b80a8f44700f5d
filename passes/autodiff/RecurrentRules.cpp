//===- RecurrentRules.cpp - gradients of recurrent layers -------------------------===//
//
// One op goes back through all steps and gives the gradients of the sums of the gates. The gradient
// of the weight is then one product over all steps, with the states before each of them.
//===----------------------------------------------------------------------===//
#include "dialects/nn/TensorType.h"
#include "passes/autodiff/GradientRules.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;
using nn::tensorType;

/// Returns the state before each step, [steps * batch, size].
static Value statesBefore(GradientBuilder &b, Value hidden, Value initial, bool reverse) {
  RankedTensorType type = tensorType(hidden);
  int64_t steps = type.getDimSize(0);
  if (steps == 1)
    return initial;
  Value first =
      b.create<nn::ReshapeOp>(type.clone({1, type.getDimSize(1), type.getDimSize(2)}), initial);
  SmallVector<int64_t> sizes = {steps - 1, 1};
  if (reverse)
    std::swap(sizes[0], sizes[1]);
  Value others = b.create<nn::SplitOp>(hidden, 0, sizes).getResult(reverse);
  SmallVector<Value> parts = {first, others};
  if (reverse)
    std::swap(parts[0], parts[1]);
  return flattenRows(b, b.create<nn::ConcatOp>(parts, 0));
}

/// Returns sums^T states: the gradient of the rows of a weight, from that of the sums of its gates.
static Value weightGradient(GradientBuilder &b, Value sums, Value states) {
  return b.create<nn::MatmulOp>(flattenRows(b, sums), states, /*transpose_a=*/true,
                                /*transpose_b=*/false);
}

LogicalResult plimsoll::autodiff::lstmGradient(GradientBuilder &b, Operation *op) {
  auto lstm = cast<nn::LstmOp>(op);
  bool reverse = lstm.getReverse();
  auto grad = b.create<nn::LstmGradOp>(b.dy(), lstm.getGates(), lstm.getCells(), lstm.getWeight(),
                                       lstm.getC0(), b.reaches(1) ? b.dy(1) : Value(), reverse);
  if (b.needs(0))
    b.add(0, grad.getDx());
  if (b.needs(1))
    b.add(1, weightGradient(b, grad.getDx(),
                            statesBefore(b, lstm.getHidden(), lstm.getH0(), reverse)));
  if (b.needs(2))
    b.add(2, grad.getDh0());
  if (b.needs(3))
    b.add(3, grad.getDc0());
  return success();
}

LogicalResult plimsoll::autodiff::gruGradient(GradientBuilder &b, Operation *op) {
  auto gru = cast<nn::GruOp>(op);
  bool reverse = gru.getReverse();
  auto grad = b.create<nn::GruGradOp>(b.dy(), gru.getGates(), gru.getInner(), gru.getHidden(),
                                      gru.getWeight(), gru.getH0(), reverse);
  if (b.needs(0))
    b.add(0, grad.getDx());
  if (b.needs(1)) {
    Value states = statesBefore(b, gru.getHidden(), gru.getH0(), reverse);
    int64_t size = tensorType(states).getDimSize(1);
    Value first =
        b.create<nn::SplitOp>(grad.getDx(), 2, ArrayRef<int64_t>{2 * size, size}).getResult(0);
    Value parts[] = {weightGradient(b, first, states), weightGradient(b, grad.getDinner(), states)};
    b.add(1, b.create<nn::ConcatOp>(ValueRange(parts), 0));
  }
  if (b.needs(2))
    b.add(2, grad.getDh0());
  if (b.needs(3))
    b.add(3, b.create<nn::ReduceSumOp>(flattenRows(b, grad.getDinner()), ArrayRef<int64_t>(0)));
  return success();
}

LogicalResult plimsoll::autodiff::rnnGradient(GradientBuilder &b, Operation *op) {
  auto rnn = cast<nn::RnnOp>(op);
  auto grad = b.create<nn::RnnGradOp>(b.dy(), rnn.getHidden(), rnn.getWeight(), rnn.getReverse(),
                                      rnn.getRelu());
  if (b.needs(0))
    b.add(0, grad.getDx());
  if (b.needs(1))
    b.add(1, weightGradient(b, grad.getDx(),
                            statesBefore(b, rnn.getHidden(), rnn.getH0(), rnn.getReverse())));
  if (b.needs(2))
    b.add(2, grad.getDh0());
  return success();
}
