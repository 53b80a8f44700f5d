//===- KernelCalls.h - which library kernel runs an op -------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
#define PLIMSOLL_PASSES_LOWER_KERNELCALLS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include <limits>
#include <optional>

namespace plimsoll::lower {

/// The arguments of a kernel of runtime/kernels, whose header comments say what they are.
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

/// The code of `runtime`'s ElementType.
int64_t elementTypeCode(mlir::Type element);

/// `call` of a kernel that works on f32 unless it is told the type of `data` as its last size.
KernelCall typed(KernelCall call, mlir::Value data);

/// The library call for `op`, or nothing where it becomes a loop nest (or is no launch).
std::optional<KernelCall> kernelCall(mlir::Operation *op);
/// The part of it for convolution, pooling and batch normalisation.
std::optional<KernelCall> imageCall(mlir::Operation *op);
/// The part of it for losses and optimizers.
std::optional<KernelCall> trainingCall(mlir::Operation *op);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_KERNELCALLS_H
