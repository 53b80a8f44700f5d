//===- CudaTarget.cpp - the kernels that a GPU runs -------------------------------===//
#include "compiler/target/CudaTarget.h"
#include "dialects/exec/KernelSignature.h"
#include "llvm/ADT/StringSwitch.h"

using namespace plimsoll;
using namespace plimsoll::target;

std::shared_ptr<const Machine> CudaTarget::create(llvm::StringRef name, llvm::StringRef precision,
                                                  llvm::StringRef device, std::string &error) {
  auto target = std::make_shared<CudaTarget>();
  target->precision = precision.str();
  if (!name.empty())
    target->architecture = name.str();
  target->emulated = name == "emulator";
  // The emulator predicts times by the model of the GPU that was measured most.
  const char *standard = llvm::StringSwitch<const char *>(target->architecture)
                             .Case("sm_80", "a100")
                             .Cases({"sm_90", "emulator"}, "h200")
                             .Case("sm_100", "b200")
                             .Default(nullptr);
  if (!standard) {
    error =
        "unknown GPU architecture '" + name.str() + "', expected sm_80, sm_90, sm_100 or emulator";
    return nullptr;
  }
  if (!target->loadModel(device, standard, error))
    return nullptr;
  // Workspaces are the same on every architecture, and the emulator's library computes them without
  // a GPU.
  target->library = KernelLibrary::load("emulator", error);
  return target->library ? target : nullptr;
}

unsigned CudaTarget::origins() const {
  return exec::kCuda;
}

std::unique_ptr<codegen::Toolchain> CudaTarget::toolchain() const {
  return emulated ? codegen::emulatorToolchain() : codegen::cudaToolchain(architecture);
}

int64_t CudaTarget::bytesBesideArena(const ProgramContents &contents) const {
  DeviceModel::Overhead overhead = device().overhead.value_or(DeviceModel::Overhead());
  return overhead.baseBytes + contents.trainingLaunches * overhead.launchBytes;
}

// The factors of matmul and attention in bf16 are bf16 where they lie (passes/precision).
KernelKey CudaTarget::kernelFor(const lower::KernelCall &call) const {
  Precision wanted = llvm::StringSwitch<Precision>(precision)
                         .Case("tf32", Precision::tf32)
                         .Case("bf16", Precision::bf16)
                         .Default(Precision::stored);
  const exec::KernelSignature *signature = exec::findKernelSignature(call.kernel.name);
  KernelKey kernel = call.kernel;
  if (signature && (signature->cudaPrecisions & exec::bitOf(wanted)))
    kernel.precision = wanted;
  return kernel;
}
