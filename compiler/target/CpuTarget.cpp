//===- CpuTarget.cpp - the kernels that a CPU runs -------------------------------===//
//
// Matrix products go to oneDNN if its implementation declares all the memory that it uses
// (AVX-512), else to the runtime's own kernel.
//===----------------------------------------------------------------------===//
#include "compiler/target/CpuTarget.h"

using namespace plimsoll;
using namespace plimsoll::target;

std::shared_ptr<const Machine> CpuTarget::create(llvm::StringRef name, int threads,
                                                 llvm::StringRef device, std::string &error) {
  auto target = std::make_shared<CpuTarget>();
  target->threadCount = threads;
  if (name.empty() || name == "native") {
    target->instructionSet = hostIsa();
  } else if (name == "x86-64-v3" || name == "x86-64-v4") {
    target->instructionSet = name == "x86-64-v4" ? Isa::v4 : Isa::v3;
  } else {
    error = "unknown CPU '" + name.str() + "', expected native, x86-64-v3 or x86-64-v4";
    return nullptr;
  }
  if (!target->loadModel(device, nameOf(target->instructionSet), error))
    return nullptr;
  // The runtime's own kernels (not oneDNN's) need the same workspace with every instruction set: a
  // machine without AVX-512 can plan for one with it.
  Isa loaded = hostIsa() == Isa::v3 ? Isa::v3 : target->instructionSet;
  target->library = KernelLibrary::load(suffixOf(loaded), error);
  return target->library ? target : nullptr;
}

std::string CpuTarget::kernelFor(const lower::KernelCall &call) const {
  bool oneDnn = call.kernel == "matmul" && instructionSet == Isa::v4 && hostIsa() == Isa::v4 &&
                workspaceOf("matmul_onednn", call) >= 0;
  return oneDnn ? "matmul_onednn" : call.kernel;
}
