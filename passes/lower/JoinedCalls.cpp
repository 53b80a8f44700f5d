//===- JoinedCalls.cpp - calls of kernels that run a main op and what joins it --===//
#include "dialects/exec/KernelSignature.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Packed.h"
#include "dialects/nn/TensorType.h"
#include "passes/lower/KernelCalls.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;

static constexpr int64_t kAbsent = KernelCall::kAbsent;

namespace {

/// Finds the buffers of a launch that its body's values are.
class BodyBuffers {
public:
  explicit BodyBuffers(nn::LaunchOp launch) : launch(launch) {}

  /// The buffer of an operand of an op; kAbsent if no operand of the launch is that.
  int64_t operand(Value value) const {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument ? int64_t(argument.getArgNumber()) : kAbsent;
  }
  /// The buffer of an op's result; kAbsent if the launch does not give it back.
  int64_t resultOf(Value value) {
    for (auto [index, output] : llvm::enumerate(launch.getBody().front().back().getOperands()))
      if (output == value)
        return result(index);
    return kAbsent;
  }

  /// Replaces operands and results of `op` in its call by those of the launch.
  void translate(KernelCall &call, Operation *op) {
    for (int64_t &buffer : call.buffers)
      if (buffer >= 0)
        buffer = operand(op->getOperand(buffer));
      else if (buffer != kAbsent)
        buffer = resultOf(op->getResult(-1 - buffer));
  }

private:
  nn::LaunchOp launch;
};

} // namespace

/// Returns the buffer of a call that its kernel calls `name`.
static int64_t &bufferOf(KernelCall &call, StringRef name) {
  ArrayRef<exec::BufferSignature> all = exec::findKernelSignature(call.kernel.name)->buffers;
  return call.buffers[llvm::find_if(all, [&](const auto &each) { return each.name == name; }) -
                      all.begin()];
}

/// Returns the size of a call that its kernel calls `name`, a choice. Sizes in front of it are one
/// number each.
static int64_t &choiceOf(KernelCall &call, StringRef name) {
  ArrayRef<exec::SizeSignature> all = exec::findKernelSignature(call.kernel.name)->sizes;
  return call
      .sizes[llvm::find_if(all, [&](const auto &each) { return each.name == name; }) - all.begin()];
}

/// Returns the one op of the type in the body of `launch`; null if there is none, or another.
template <typename Op> static Op onlyOne(nn::LaunchOp launch) {
  auto ops = launch.getBody().front().getOps<Op>();
  return llvm::hasSingleElement(ops) ? *ops.begin() : nullptr;
}

/// The call of a product that also adds up one of its factors.
static std::optional<KernelCall> productWithSums(nn::LaunchOp launch, nn::MatmulOp product) {
  auto sum = onlyOne<nn::ReduceSumOp>(launch);
  std::optional<KernelCall> call = kernelCall(product);
  if (!sum || !call || llvm::range_size(launch.getOps()) != 2 || product.getType().getRank() != 2 ||
      sum.getAxes() != ArrayRef<int64_t>{0} ||
      sum.getY().getType().getElementType() != product.getType().getElementType())
    return std::nullopt;
  bool left = sum.getX() == product.getA() && product.getTransposeA();
  bool right = sum.getX() == product.getB() && !product.getTransposeB();
  if (!left && !right)
    return std::nullopt;
  BodyBuffers buffers(launch);
  buffers.translate(*call, product);
  bufferOf(*call, "sums") = buffers.resultOf(sum.getY());
  choiceOf(*call, "summed") = int64_t(left ? exec::SummedFactor::left : exec::SummedFactor::right);
  return call;
}

/// The call of attention, or of its gradient, on queries, keys and values that are one tensor.
static std::optional<KernelCall> packedAttention(nn::LaunchOp launch, Operation *attention) {
  nn::SplitOp split = nn::packedFactors(attention);
  std::optional<KernelCall> call = kernelCall(attention);
  if (!split || !call || split != onlyOne<nn::SplitOp>(launch))
    return std::nullopt;
  BodyBuffers buffers(launch);
  int64_t packed = buffers.operand(split.getX());
  auto gradients = dyn_cast<nn::AttentionGradOp>(attention);
  nn::ConcatOp concat = gradients ? nn::packedGradients(gradients) : nullptr;
  if (packed == kAbsent || (gradients && !concat) || concat != onlyOne<nn::ConcatOp>(launch))
    return std::nullopt;
  buffers.translate(*call, attention);
  bufferOf(*call, "q") = packed;
  bufferOf(*call, "k") = bufferOf(*call, "v") = kAbsent;
  if (gradients)
    bufferOf(*call, "dq") =
        buffers.resultOf(concat.getY()); // dk and dv are absent: inside the launch
  choiceOf(*call, "layout") = int64_t(exec::AttentionLayout::packed);
  return call;
}

/// The call of the gradients of a layer normalisation that also gives its rows again.
static std::optional<KernelCall> gradientsWithRows(nn::LaunchOp launch,
                                                   nn::LayerNormGradOp gradients) {
  auto norm = onlyOne<nn::LayerNormOp>(launch);
  auto narrow = onlyOne<nn::CastOp>(launch);
  std::optional<KernelCall> call = kernelCall(gradients);
  bool isNarrow = narrow && norm && nn::normOfNarrowRows(narrow.getY()) == norm;
  if (!norm || !call || llvm::range_size(launch.getOps()) != (isNarrow ? 3 : 2) ||
      norm.getX() != gradients.getX() || norm.getScale() != gradients.getScale() ||
      norm.getUncentered() != gradients.getUncentered())
    return std::nullopt;
  BodyBuffers buffers(launch);
  buffers.translate(*call, gradients);
  if (norm.getBias())
    bufferOf(*call, "bias") = buffers.operand(norm.getBias());
  bufferOf(*call, "y") = buffers.resultOf(norm.getY());
  if (isNarrow)
    bufferOf(*call, "yNarrow") = buffers.resultOf(narrow.getY());
  return call;
}

std::optional<KernelCall> plimsoll::lower::joinedCall(nn::LaunchOp launch, Operation *main) {
  if (auto product = dyn_cast<nn::MatmulOp>(main))
    return productWithSums(launch, product);
  if (auto gradients = dyn_cast<nn::LayerNormGradOp>(main))
    return gradientsWithRows(launch, gradients);
  return packedAttention(launch, main);
}
