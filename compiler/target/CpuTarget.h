//===- CpuTarget.h - which kernels a CPU runs, and their workspaces ---*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_CPUTARGET_H
#define PLIMSOLL_COMPILER_TARGET_CPUTARGET_H

#include "compiler/target/DeviceModel.h"
#include "compiler/target/KernelLibrary.h"
#include "passes/memory/Target.h"
#include "llvm/ADT/StringRef.h"
#include <memory>

namespace plimsoll::target {

class CpuTarget : public memory::Target {
public:
  /// Parses what follows `cpu` in `--target=cpu[:native|x86-64-v3|x86-64-v4]`; times are
  /// those of `device` (see DeviceModel::load; empty: the one named as the instruction
  /// set). On failure returns null and sets `error`.
  static std::shared_ptr<const CpuTarget> create(llvm::StringRef name, int threads,
                                                 llvm::StringRef device, std::string &error);

  mlir::FailureOr<memory::KernelChoice> choose(mlir::Operation *op) const override;

  Isa isa() const { return instructionSet; }
  int threads() const { return threadCount; }
  const KernelLibrary &kernels() const { return *library; }
  const DeviceModel &device() const { return model; }

private:
  /// The kernel and its workspace; the time is left out.
  mlir::FailureOr<memory::KernelChoice> chooseKernel(mlir::Operation *op) const;

  Isa instructionSet = Isa::v3;
  int threadCount = 1;
  const KernelLibrary *library = nullptr;
  DeviceModel model;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_CPUTARGET_H
