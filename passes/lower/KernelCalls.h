//===- KernelCalls.h - which library kernel runs an op -------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
#define PLIMSOLL_PASSES_LOWER_KERNELCALLS_H

#include "dialects/exec/KernelArguments.h"
#include "dialects/support/KernelKey.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include <limits>
#include <optional>

namespace plimsoll::nn {
class BatchNormUpdateOp;
class LaunchOp;
} // namespace plimsoll::nn

namespace plimsoll::lower {

/// A call of a kernel. Its record in dialects/exec/Kernels.td defines buffers, sizes and scalars.
struct KernelCall {
  static constexpr int64_t kAbsent = std::numeric_limits<int64_t>::min();

  KernelKey kernel; ///< with the precision `stored`; the target may choose another
  /// Buffers in the kernel's order: operand `i` as `i`, result `i` as `-1 - i`, a missing buffer as
  /// `kAbsent`.
  llvm::SmallVector<int64_t> buffers;
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<double> scalars;
  /// The kernel takes any element type. Without this it works on f32 data with i64 indices.
  bool anyType = false;
};

using Buffers = llvm::SmallVector<int64_t>;

/// Returns the buffer number of result `i`.
constexpr int64_t result(int64_t i) {
  return -1 - i;
}

/// Returns the type of the data of kernels that work on `data`; that of a bool is u8.
ElementType dataTypeOf(mlir::Value data);

/// Returns the call of a kernel that works on f32 data.
template <typename Arguments>
KernelCall makeCall(llvm::StringRef kernel, Buffers buffers, const Arguments &arguments) {
  exec::LaunchNumbers numbers;
  arguments.tell(numbers);
  return {{kernel.str(), numbers.type, numbers.precision},
          std::move(buffers),
          std::move(numbers.sizes),
          std::move(numbers.scalars)};
}

/// Returns the call of a kernel that takes any element type and does not need to know which.
template <typename Arguments>
KernelCall ofAny(llvm::StringRef kernel, Buffers buffers, const Arguments &arguments) {
  KernelCall call = makeCall(kernel, std::move(buffers), arguments);
  call.anyType = true;
  return call;
}

/// Returns the call of a kernel whose data has the element type of `data`.
template <typename Arguments>
KernelCall ofType(llvm::StringRef kernel, Buffers buffers, Arguments arguments, mlir::Value data) {
  arguments.type = dataTypeOf(data);
  KernelCall call = makeCall(kernel, std::move(buffers), arguments);
  call.anyType = arguments.type != ElementType::f32;
  return call;
}

/// Returns the library call for `op`; nothing if it becomes a loop nest (or is no launch).
std::optional<KernelCall> kernelCall(mlir::Operation *op);
/// Returns the library call for `launch`, of one op, of a main op with what its kernel does beside
/// it or of updates side by side; nothing if it becomes a loop nest, or nothing at all.
std::optional<KernelCall> kernelCall(nn::LaunchOp launch);
/// Implements `kernelCall` for convolution, pooling and batch normalisation.
std::optional<KernelCall> imageCall(mlir::Operation *op);
/// Implements `kernelCall` for losses and optimizers.
std::optional<KernelCall> trainingCall(mlir::Operation *op);
/// Returns the call of updates of running statistics of layers with these numbers of channels, with
/// the attributes of one of them.
KernelCall batchNormUpdate(nn::BatchNormUpdateOp op, Buffers buffers,
                           llvm::ArrayRef<int64_t> channels);
/// Implements `kernelCall` for launches of `main` with other ops; nothing if its kernel does not do
/// what they do.
std::optional<KernelCall> joinedCall(nn::LaunchOp launch, mlir::Operation *main);
/// Implements `kernelCall` for updates side by side.
std::optional<KernelCall> sideBySideCall(nn::LaunchOp launch);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
