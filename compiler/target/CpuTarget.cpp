//===- CpuTarget.cpp - which kernels a CPU runs, and their workspaces -----------===//
//
// Matrix products go to oneDNN where its implementation declares all the memory that it
// uses (AVX-512), else to the runtime's own kernel. The kernel library itself is asked,
// so that the plan reserves exactly what the program will check for at its start.
//===----------------------------------------------------------------------===//
#include "compiler/target/CpuTarget.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/lower/KernelCalls.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::target;

std::shared_ptr<const CpuTarget> CpuTarget::create(llvm::StringRef name, int threads,
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
  llvm::Expected<DeviceModel> model =
      DeviceModel::load(device.empty() ? nameOf(target->instructionSet) : device);
  if (!model) {
    error = "--device: " + llvm::toString(model.takeError());
    return nullptr;
  }
  target->model = std::move(*model);
  // The own kernels need the same workspace everywhere: a machine without AVX-512 can
  // plan for one with it.
  Isa loaded = hostIsa() == Isa::v3 ? Isa::v3 : target->instructionSet;
  target->library = KernelLibrary::load(loaded, error);
  return target->library ? target : nullptr;
}

/// Kernels that are told no element type work on f32, with i64 indices and bool masks; all
/// indices are i64.
static LogicalResult checkElementTypes(Operation *op, const lower::KernelCall &call) {
  if (call.anyType)
    return success();
  StringRef kernel = call.kernel;
  for (Value value : llvm::concat<Value>(op->getOperands(), op->getResults())) {
    Type element = getElementTypeOrSelf(value.getType());
    bool isMask = kernel.starts_with("attention") && element.isInteger(1);
    if (!element.isF32() && !element.isInteger(64) && !isMask)
      return op->emitError("node '") << nn::describe(op->getLoc()) << "': '" << op->getName()
                                     << "' works on f32 values and i64 indices, found "
                                     << value.getType() << "; export the model in f32";
  }
  return success();
}

FailureOr<memory::KernelChoice> CpuTarget::choose(Operation *op) const {
  FailureOr<memory::KernelChoice> choice = chooseKernel(op);
  if (succeeded(choice))
    choice->seconds = model.seconds(workOf(op, choice->kernel), threadCount);
  return choice;
}

FailureOr<memory::KernelChoice> CpuTarget::chooseKernel(Operation *op) const {
  FailureOr<memory::KernelChoice> choice = memory::KernelChoice();
  std::optional<lower::KernelCall> call = lower::kernelCall(op);
  if (!call)
    return choice;
  if (failed(checkElementTypes(op, *call)))
    return failure();
  auto workspace = [&](const char *name) -> int64_t {
    const Kernel *kernel = library->find(name);
    if (!kernel)
      return -1;
    return kernel->workspace
               ? kernel->workspace(call->sizes.data(), call->sizes.size(), threadCount)
               : 0;
  };
  choice->kernel = call->kernel;
  if (call->kernel == "matmul" && instructionSet == Isa::v4 && hostIsa() == Isa::v4) {
    choice->workspaceBytes = workspace("matmul_onednn");
    if (choice->workspaceBytes >= 0) {
      choice->kernel = "matmul_onednn";
      return choice;
    }
  }
  choice->workspaceBytes = workspace(call->kernel.c_str());
  if (choice->workspaceBytes < 0)
    return op->emitError("no kernel '") << call->kernel << "' for " << nameOf(instructionSet);
  return choice;
}
