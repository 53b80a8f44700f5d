//===- Machine.h - targets with kernels and times -------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_MACHINE_H
#define PLIMSOLL_COMPILER_TARGET_MACHINE_H

#include "compiler/codegen/SourceDialect.h"
#include "compiler/codegen/Toolchain.h"
#include "compiler/target/DeviceModel.h"
#include "compiler/target/KernelLibrary.h"
#include "passes/kernels/Target.h"
#include "passes/lower/CallLibrary.h"
#include "passes/lower/KernelCalls.h"
#include <memory>

namespace plimsoll::target {

/// The parts of a program that take memory besides its arena.
struct ProgramContents {
  int64_t tensors = 0;          ///< of a checkpoint
  int64_t launches = 0;         ///< of all timelines
  int64_t trainingLaunches = 0; ///< of the first timeline that trains
  int64_t batchBytes = 0;       ///< the inputs of timelines that train
};

/// A target with a library of kernels, and times for them. The library itself is asked for
/// workspaces, so that the plan reserves exactly what the program will check for at its start.
class Machine : public kernels::Target, public lower::CallLibrary {
public:
  /// Creates a target from `--target=cpu[:native|x86-64-v3|x86-64-v4]` or
  /// `--target=cuda[:sm_80|sm_90|sm_100|emulator]`. `precision` is that of the factors of matrix
  /// products: "f32", "bf16", or on CUDA "tf32"; sums are always f32. Times are those of `device`
  /// (see DeviceModel::load; empty: the target's own). Returns null and sets `error` on failure.
  static std::shared_ptr<const Machine> create(llvm::StringRef target, int threads,
                                               llvm::StringRef precision, llvm::StringRef device,
                                               std::string &error);

  mlir::FailureOr<kernels::KernelChoice> choose(nn::LaunchOp launch) const override;
  int64_t alignment() const override { return kernels::Target::alignment(); }
  std::optional<int64_t> workspaceBytes(const KernelKey &kernel, llvm::ArrayRef<int64_t> sizes,
                                        int64_t threads) const override;

  /// Returns the name of the instruction set or architecture: "x86-64-v4", "sm_90".
  virtual std::string name() const = 0;
  /// Returns a description for people: "cpu x86-64-v4, 8 threads".
  virtual std::string title() const = 0;
  /// Returns the form of emitted steps.
  virtual const codegen::SourceDialect &source() const = 0;
  /// Returns what compiles emitted steps.
  virtual std::unique_ptr<codegen::Toolchain> toolchain() const = 0;
  /// Returns the bytes that a program takes while it runs, without its arena.
  virtual int64_t bytesBesideArena(const ProgramContents &contents) const = 0;

  /// Returns the number of the host's threads that every launch uses; 1 if launches run elsewhere.
  int threads() const override { return threadCount; }
  const KernelLibrary &kernels() const { return *library; }
  const DeviceModel &device() const { return model; }

protected:
  /// Returns the library's kernel that runs `call`.
  virtual KernelKey kernelFor(const lower::KernelCall &call) const { return call.kernel; }
  /// Returns the bytes of workspace that `kernel` needs for `call`; negative if the library cannot
  /// run it.
  int64_t workspaceOf(const KernelKey &kernel, const lower::KernelCall &call) const;
  /// Loads the model `device`, or `standard` if that is empty. Returns false and sets `error` on
  /// failure.
  bool loadModel(llvm::StringRef device, llvm::StringRef standard, std::string &error);

  int threadCount = 1;
  const KernelLibrary *library = nullptr;
  DeviceModel model;

private:
  mlir::FailureOr<kernels::KernelChoice> chooseKernel(nn::LaunchOp launch) const;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_MACHINE_H
