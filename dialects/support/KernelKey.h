//===- KernelKey.h - what identifies a kernel of a library ---------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_KERNELKEY_H
#define PLIMSOLL_DIALECTS_SUPPORT_KERNELKEY_H

#include "mlir/IR/Types.h"
#include "runtime/include/plimsoll/ElementType.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace plimsoll {

/// A kernel's name, the type of its data, and the precision of its products. In text of the IR the
/// type is left out if it is f32, and the precision if factors are taken as they are stored.
struct KernelKey {
  std::string name;
  ElementType type = ElementType::f32;
  Precision precision = Precision::stored;

  /// Returns the key of the three as IR has them, `type` and `precision` possibly null. Returns
  /// nothing if no kernel has such a type or precision.
  static std::optional<KernelKey> get(llvm::StringRef name, mlir::Type type, mlir::Type precision);

  /// Return type and precision as IR has them: null for f32, and for `stored`.
  mlir::Type typeIn(mlir::MLIRContext *context) const;
  mlir::Type precisionIn(mlir::MLIRContext *context) const;
  /// Returns the name, and the type of factors if they are narrower than f32: "matmul_bf16".
  std::string text() const;
};

} // namespace plimsoll

#endif // PLIMSOLL_DIALECTS_SUPPORT_KERNELKEY_H
