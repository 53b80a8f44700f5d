//===- CallLibrary.h - what the verifier asks of a library of kernels -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H
#define PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace plimsoll::lower {

/// The library that the kernels of a program come from.
class CallLibrary {
public:
  virtual ~CallLibrary() = default;

  /// Whose kernels it has: bits of exec::Library.
  virtual unsigned origins() const = 0;
  /// What every place in the arena is a multiple of.
  virtual int64_t alignment() const = 0;
  /// Bytes that a launch needs as its last buffer; 0: it has no such buffer. Negative: the kernel
  /// cannot run these sizes. Nothing if there is no such kernel.
  virtual std::optional<int64_t>
  workspaceBytes(llvm::StringRef kernel, llvm::ArrayRef<int64_t> sizes, int64_t threads) const = 0;
};

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H
