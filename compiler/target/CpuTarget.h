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

  unsigned origins() const override;
  std::string name() const override { return nameOf(instructionSet); }
  std::string title() const override;
  const codegen::SourceDialect &source() const override { return codegen::kCppSource; }
  std::unique_ptr<codegen::Toolchain> toolchain() const override;
  int64_t bytesBesideArena(const ProgramContents &contents) const override;

private:
  KernelKey kernelFor(const lower::KernelCall &call) const override;

  Isa instructionSet = Isa::v3;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_CPUTARGET_H
