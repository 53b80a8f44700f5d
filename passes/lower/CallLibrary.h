//===- CallLibrary.h - the library that the verifier checks calls against -*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H
#define PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H

#include "dialects/support/KernelKey.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace plimsoll::lower {

/// The library that the kernels of a program come from.
class CallLibrary {
public:
  virtual ~CallLibrary() = default;

  /// Returns whose kernels the library has, as bits of exec::Library.
  virtual unsigned origins() const = 0;
  /// Returns the alignment in bytes of every place in the arena.
  virtual int64_t alignment() const = 0;
  /// Returns the size of the workspace that a launch takes as its last buffer; 0 if it takes none;
  /// negative if the kernel cannot run these sizes; nothing if there is no such kernel.
  virtual std::optional<int64_t>
  workspaceBytes(const KernelKey &kernel, llvm::ArrayRef<int64_t> sizes, int64_t threads) const = 0;
};

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_CALLLIBRARY_H
