//===- KernelCalls.h - which library kernel runs an op -------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
#define PLIMSOLL_PASSES_LOWER_KERNELCALLS_H

#include "dialects/exec/KernelArguments.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include <limits>
#include <optional>

namespace plimsoll::lower {

/// The arguments of a kernel, whose record in dialects/exec/Kernels.td says what they are.
struct KernelCall {
  static constexpr int64_t kAbsent = std::numeric_limits<int64_t>::min();

  std::string kernel;
  /// Buffers in the kernel's order: operand `i` as `i`, result `i` as `-1 - i`.
  llvm::SmallVector<int64_t> buffers;
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<double> scalars;
  /// The kernel is told the element type; others work on f32 data with i64 indices.
  bool anyType = false;
};

using Buffers = llvm::SmallVector<int64_t>;

/// Result `i` as a buffer number.
constexpr int64_t result(int64_t i) {
  return -1 - i;
}

/// How kernels are told the type of the elements of `data`.
ElementType typeToldOf(mlir::Value data);

/// A call of a kernel that works on f32 data.
template <typename Arguments>
KernelCall makeCall(llvm::StringRef kernel, Buffers buffers, const Arguments &arguments) {
  exec::LaunchNumbers numbers;
  arguments.tell(numbers);
  return {kernel.str(), std::move(buffers), std::move(numbers.sizes), std::move(numbers.scalars)};
}

/// A call of a kernel that takes any type, and is not told which.
template <typename Arguments>
KernelCall ofAny(llvm::StringRef kernel, Buffers buffers, const Arguments &arguments) {
  KernelCall call = makeCall(kernel, std::move(buffers), arguments);
  call.anyType = true;
  return call;
}

/// A call of a kernel that is told the type of `data`.
template <typename Arguments>
KernelCall ofType(llvm::StringRef kernel, Buffers buffers, Arguments arguments, mlir::Value data) {
  arguments.type = typeToldOf(data);
  return ofAny(kernel, std::move(buffers), arguments);
}

/// A call of a kernel that works on f32 unless it is told the type of `data`.
template <typename Arguments>
KernelCall typed(llvm::StringRef kernel, Buffers buffers, Arguments arguments, mlir::Value data) {
  KernelCall call = ofType(kernel, std::move(buffers), arguments, data);
  call.anyType = typeToldOf(data) != ElementType::f32;
  return call;
}

/// The library call for `op`, or nothing where it becomes a loop nest (or is no launch).
std::optional<KernelCall> kernelCall(mlir::Operation *op);
/// The part of it for convolution, pooling and batch normalisation.
std::optional<KernelCall> imageCall(mlir::Operation *op);
/// The part of it for losses and optimizers.
std::optional<KernelCall> trainingCall(mlir::Operation *op);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
