//===- CpuTarget.h - the kernels that a CPU runs ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_CPUTARGET_H
#define PLIMSOLL_COMPILER_TARGET_CPUTARGET_H

#include "compiler/target/Machine.h"

namespace plimsoll::target {

class CpuTarget : public Machine {
public:
  /// Creates the target from what follows `cpu` in `--target=cpu[:native|x86-64-v3|x86-64-v4]`.
  /// Returns null and sets `error` on failure.
  static std::shared_ptr<const Machine> create(llvm::StringRef name, int threads,
                                               llvm::StringRef device, std::string &error);

  bool isCuda() const override { return false; }
  std::string name() const override { return nameOf(instructionSet); }
  std::string suffix() const override { return suffixOf(instructionSet); }

private:
  std::string kernelFor(const lower::KernelCall &call) const override;

  Isa instructionSet = Isa::v3;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_CPUTARGET_H
