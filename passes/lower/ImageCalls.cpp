//===- ImageCalls.cpp - kernels of convolution, pooling and batch normalisation ===//
#include "dialects/nn/NNDialect.h"
#include "passes/lower/KernelCalls.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// Writes up to three `numbers` into the last elements of `to`; leading dimensions that are missing
/// keep their values.
static void setThree(int64_t (&to)[3], ArrayRef<int64_t> numbers) {
  llvm::copy(numbers, to + 3 - numbers.size());
}

/// Sets the 18 numbers of runtime/rules/Window.h.
template <typename Arguments, typename Op>
static void setWindow(Arguments &to, Op op, Value x, ArrayRef<int64_t> kernel, Value y) {
  setThree(to.size, shapeOf(x).drop_front(2));
  setThree(to.kernel, kernel);
  setThree(to.out, shapeOf(y).drop_front(2));
  setThree(to.stride, op.getStrides());
  setThree(to.pad, op.getPads().take_front(kernel.size()));
  setThree(to.dilation, op.getDilations());
}

template <typename Op> static KernelCall conv(Op op, StringRef kernel, Value x, Value w, Value y) {
  ArrayRef<int64_t> xs = shapeOf(x), ws = shapeOf(w);
  exec::ConvArguments sizes = {
      .n = xs[0], .c = xs[1], .k = ws[0], .groups = static_cast<int64_t>(op.getGroups())};
  setWindow(sizes, op, x, ws.drop_front(2), y);
  return ofType(kernel, {0, 1, result(0)}, sizes, x);
}

/// Returns the sizes of a pool over the planes (images times channels) of `x`.
template <typename Arguments, typename Op> static Arguments poolSizes(Op op, Value x, Value y) {
  Arguments sizes = {.planes = shapeOf(x)[0] * shapeOf(x)[1]};
  setWindow(sizes, op, x, op.getKernel(), y);
  return sizes;
}

template <typename Op> static KernelCall avgPool(Op op, StringRef kernel, Value x, Value y) {
  auto sizes = poolSizes<exec::AvgPoolArguments>(op, x, y);
  setThree(sizes.padBehind, op.getPads().drop_front(op.getKernel().size()));
  sizes.countPadding = op.getCountPadding();
  return ofType(kernel, {0, result(0)}, sizes, x);
}

/// Returns the call of a batch normalisation, whose sizes are images, channels, and elements per
/// channel of an image.
static constexpr int64_t kAbsent = KernelCall::kAbsent;

template <typename Arguments, typename Op> static Arguments batchNormSizes(Op op) {
  ArrayRef<int64_t> shape = shapeOf(op.getX());
  int64_t inner = 1;
  for (int64_t size : shape.drop_front(2))
    inner *= size;
  return {.n = shape[0],
          .channels = shape[1],
          .inner = inner,
          .epsilon = op.getEpsilon().convertToDouble()};
}

template <typename Arguments, typename Op>
static KernelCall batchNorm(Op op, StringRef kernel, const Buffers &buffers) {
  return ofType(kernel, buffers, batchNormSizes<Arguments>(op), op.getX());
}

static KernelCall batchNormRelu(nn::BatchNormReluOp op) {
  auto sizes = batchNormSizes<exec::BatchNormArguments>(op);
  sizes.relu = true;
  return ofType("batch_norm",
                {0, 1, 2, op.getAddend() ? 3 : kAbsent, result(0), result(1), result(2)}, sizes,
                op.getX());
}

KernelCall plimsoll::lower::batchNormUpdate(nn::BatchNormUpdateOp op, Buffers buffers,
                                            ArrayRef<int64_t> channels) {
  return makeCall("batch_norm_update", std::move(buffers),
                  exec::BatchNormUpdateArguments{.count = static_cast<int64_t>(op.getCount()),
                                                 .channels = channels,
                                                 .momentum = op.getMomentum().convertToDouble()});
}

std::optional<KernelCall> plimsoll::lower::imageCall(Operation *op) {
  using Call = std::optional<KernelCall>;
  return TypeSwitch<Operation *, Call>(op)
      .Case([](nn::ConvOp op) { return conv(op, "conv", op.getX(), op.getW(), op.getY()); })
      .Case([](nn::ConvGradInputOp op) {
        return conv(op, "conv_grad_input", op.getDx(), op.getW(), op.getDy());
      })
      .Case([](nn::ConvGradWeightOp op) {
        return conv(op, "conv_grad_weight", op.getX(), op.getDw(), op.getDy());
      })
      .Case([](nn::ConvTransposeOp op) {
        return conv(op, "conv_grad_input", op.getY(), op.getW(), op.getX());
      })
      .Case([](nn::MaxPoolOp op) {
        return ofType("max_pool", {0, result(0)},
                      poolSizes<exec::MaxPoolArguments>(op, op.getX(), op.getY()), op.getX());
      })
      .Case([](nn::MaxPoolIndexOp op) {
        auto sizes = poolSizes<exec::MaxPoolIndexArguments>(op, op.getX(), op.getY());
        sizes.columnMajor = op.getColumnMajor();
        return ofType("max_pool_index", {0, result(0)}, sizes, op.getX());
      })
      .Case([](nn::MaxPoolGradOp op) {
        return ofType("max_pool_grad", {0, 1, result(0)},
                      poolSizes<exec::MaxPoolArguments>(op, op.getDx(), op.getDy()), op.getDx());
      })
      .Case([](nn::AvgPoolOp op) { return avgPool(op, "avg_pool", op.getX(), op.getY()); })
      .Case(
          [](nn::AvgPoolGradOp op) { return avgPool(op, "avg_pool_grad", op.getDx(), op.getDy()); })
      .Case([](nn::BatchNormOp op) {
        return batchNorm<exec::BatchNormArguments>(
            op, "batch_norm", {0, 1, 2, kAbsent, result(0), result(1), result(2)});
      })
      .Case([](nn::BatchNormReluOp op) { return batchNormRelu(op); })
      .Case([](nn::BatchNormGradOp op) {
        return batchNorm<exec::BatchNormGradArguments>(
            op, "batch_norm_grad", {0, 1, 2, 3, 4, kAbsent, result(0), result(1), result(2)});
      })
      .Case([](nn::BatchNormReluGradOp op) {
        return batchNorm<exec::BatchNormGradArguments>(
            op, "batch_norm_grad", {0, 2, 3, 4, 5, 1, result(0), result(1), result(2)});
      })
      .Case([](nn::BatchNormInferenceOp op) {
        return batchNorm<exec::BatchNormInferenceArguments>(op, "batch_norm_inference",
                                                            {0, 1, 2, 3, 4, result(0)});
      })
      .Case([](nn::BatchNormUpdateOp op) {
        return batchNormUpdate(op, {0, 1, 2, 3}, shapeOf(op.getMean())[0]);
      })
      .Default([](Operation *) { return Call(); });
}
