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

/// result `i` as a buffer number
static constexpr int64_t result(int64_t i) {
  return -1 - i;
}

/// `numbers` for three dimensions; those that are missing come first and get `fill`.
static void appendThree(SmallVectorImpl<int64_t> &sizes, ArrayRef<int64_t> numbers, int64_t fill) {
  sizes.append(3 - numbers.size(), fill);
  llvm::append_range(sizes, numbers);
}

/// The 18 numbers of runtime/kernels/Window.h.
template <typename Op>
static void appendWindow(SmallVectorImpl<int64_t> &sizes, Op op, Value x, ArrayRef<int64_t> kernel,
                         Value y) {
  appendThree(sizes, shapeOf(x).drop_front(2), 1);
  appendThree(sizes, kernel, 1);
  appendThree(sizes, shapeOf(y).drop_front(2), 1);
  appendThree(sizes, op.getStrides(), 1);
  appendThree(sizes, op.getPads().take_front(kernel.size()), 0);
  appendThree(sizes, op.getDilations(), 1);
}

template <typename Op> static KernelCall conv(Op op, StringRef kernel, Value x, Value w, Value y) {
  ArrayRef<int64_t> xs = shapeOf(x), ws = shapeOf(w);
  KernelCall call{kernel.str(), {0, 1, result(0)}, {}, {}};
  call.sizes = {xs[0], xs[1], ws[0], static_cast<int64_t>(op.getGroups())};
  appendWindow(call.sizes, op, x, ws.drop_front(2), y);
  return typed(call, x);
}

template <typename Op>
static KernelCall pool(Op op, StringRef kernel, ArrayRef<int64_t> buffers, Value x, Value y) {
  KernelCall call{kernel.str(), llvm::to_vector(buffers), {shapeOf(x)[0] * shapeOf(x)[1]}, {}};
  appendWindow(call.sizes, op, x, op.getKernel(), y);
  return call;
}

template <typename Op> static KernelCall avgPool(Op op, StringRef kernel, Value x, Value y) {
  KernelCall call = pool(op, kernel, {0, result(0)}, x, y);
  appendThree(call.sizes, op.getPads().drop_front(op.getKernel().size()), 0);
  call.sizes.push_back(op.getCountPadding());
  return typed(call, x);
}

/// Images, channels, and elements of an image's channel.
static SmallVector<int64_t> channelSizes(Value x) {
  ArrayRef<int64_t> shape = shapeOf(x);
  int64_t inner = 1;
  for (int64_t size : shape.drop_front(2))
    inner *= size;
  return {shape[0], shape[1], inner};
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
        return typed(pool(op, "max_pool", {0, result(0)}, op.getX(), op.getY()), op.getX());
      })
      .Case([](nn::MaxPoolIndexOp op) {
        KernelCall call = pool(op, "max_pool_index", {0, result(0)}, op.getX(), op.getY());
        call.sizes.push_back(op.getColumnMajor());
        return typed(call, op.getX());
      })
      .Case([](nn::MaxPoolGradOp op) {
        return typed(pool(op, "max_pool_grad", {0, 1, result(0)}, op.getDx(), op.getDy()),
                     op.getDx());
      })
      .Case([](nn::AvgPoolOp op) { return avgPool(op, "avg_pool", op.getX(), op.getY()); })
      .Case(
          [](nn::AvgPoolGradOp op) { return avgPool(op, "avg_pool_grad", op.getDx(), op.getDy()); })
      .Case([](nn::BatchNormOp op) {
        return typed({"batch_norm",
                      {0, 1, 2, result(0), result(1), result(2)},
                      channelSizes(op.getX()),
                      {op.getEpsilon().convertToDouble()}},
                     op.getX());
      })
      .Case([](nn::BatchNormGradOp op) {
        return typed({"batch_norm_grad",
                      {0, 1, 2, 3, 4, result(0), result(1), result(2)},
                      channelSizes(op.getX()),
                      {op.getEpsilon().convertToDouble()}},
                     op.getX());
      })
      .Case([](nn::BatchNormInferenceOp op) {
        return typed({"batch_norm_inference",
                      {0, 1, 2, 3, 4, result(0)},
                      channelSizes(op.getX()),
                      {op.getEpsilon().convertToDouble()}},
                     op.getX());
      })
      .Case([](nn::BatchNormUpdateOp op) {
        return KernelCall{"batch_norm_update",
                          {0, 1, 2, 3},
                          {shapeOf(op.getMean())[0], static_cast<int64_t>(op.getCount())},
                          {op.getMomentum().convertToDouble()}};
      })
      .Default([](Operation *) { return Call(); });
}
