//===- CudaTarget.h - the kernels that a GPU runs --------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_CUDATARGET_H
#define PLIMSOLL_COMPILER_TARGET_CUDATARGET_H

#include "compiler/target/Machine.h"

namespace plimsoll::target {

class CudaTarget : public Machine {
public:
  /// Creates the target from what follows `cuda` in `--target=cuda[:sm_80|sm_90|sm_100|emulator]`;
  /// nothing stands for sm_90. For `precision` see Machine::create. Returns null and sets `error`
  /// on failure.
  static std::shared_ptr<const Machine> create(llvm::StringRef name, llvm::StringRef precision,
                                               llvm::StringRef device, std::string &error);

  /// Fits 16-byte accesses and whole lines of the second-level cache.
  int64_t alignment() const override { return 256; }
  unsigned origins() const override;
  std::string name() const override { return architecture; }
  std::string title() const override { return "cuda " + name(); }
  const codegen::SourceDialect &source() const override { return codegen::kCudaSource; }
  std::unique_ptr<codegen::Toolchain> toolchain() const override;
  /// The device model's overhead, which tools/gpu-check measures.
  int64_t bytesBesideArena(const ProgramContents &contents) const override;

private:
  KernelKey kernelFor(const lower::KernelCall &call) const override;

  std::string architecture = "sm_90";
  std::string precision = "f32";
  bool emulated = false;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_CUDATARGET_H
