//===- Executor.h - runs programs inside the compiler's process ----------*- C++ -*-===//
//
// For tests and checks: runs hundreds of programs without a host compiler. Library kernels are the
// runtime's, loaded from its shared library; loop nests are interpreted. The bits are those of the
// emitted program for the same target and number of threads.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_EXECUTOR_EXECUTOR_H
#define PLIMSOLL_COMPILER_EXECUTOR_EXECUTOR_H

#include "compiler/target/KernelLibrary.h"
#include "dialects/exec/ExecDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <vector>

namespace plimsoll::executor {

/// An arena between guard bytes, so that a wrong plan cannot corrupt the process.
class Arena {
public:
  explicit Arena(int64_t bytes);
  std::byte *data() { return storage.data() + kGuard; }
  int64_t size() const { return bytes; }

private:
  static constexpr int64_t kGuard = 1 << 20;
  int64_t bytes;
  std::vector<std::byte> storage;
};

/// One timeline that is ready to run on an arena.
class Program {
public:
  /// Prepares `program` to run on `arena`, which must outlive it. Fails if the library lacks or
  /// cannot prepare a kernel, or if a slice lies outside the arena.
  static llvm::Expected<Program> create(exec::ProgramOp program,
                                        const target::KernelLibrary &kernels, Arena &arena);
  void run();

private:
  std::vector<std::function<void()>> launches;
};

/// Writes initial values to their places in the arena: parameters (from `#nn.bytes`, or zeros and
/// ones by role), states (zero), and constants. Fails if a file of weights cannot be read.
llvm::Error initialise(mlir::ModuleOp module, llvm::StringRef modelFolder, Arena &arena);

} // namespace plimsoll::executor

#endif // PLIMSOLL_COMPILER_EXECUTOR_EXECUTOR_H
