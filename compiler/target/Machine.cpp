//===- Machine.cpp - targets with kernels and times --------------------------------===//
#include "compiler/target/Machine.h"
#include "compiler/target/CpuTarget.h"
#include "compiler/target/CudaTarget.h"
#include "dialects/exec/KernelSignature.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::target;

std::shared_ptr<const Machine> Machine::create(llvm::StringRef target, int threads,
                                               llvm::StringRef precision, llvm::StringRef device,
                                               std::string &error) {
  auto [kind, name] = target.split(':');
  if (precision != "f32" && precision != "bf16" && (kind != "cuda" || precision != "tf32")) {
    error = "--precision=" + precision.str() + ": expected f32" +
            (kind == "cuda" ? ", tf32 or bf16" : " or bf16; tf32 needs --target=cuda");
    return nullptr;
  }
  if (kind == "cpu")
    return CpuTarget::create(name, threads, device, error);
  if (kind == "cuda")
    return CudaTarget::create(name, precision, device, error);
  error = "unknown target '" + target.str() + "', expected cpu[:ISA] or cuda[:ARCHITECTURE]";
  return nullptr;
}

/// Refuses element types that the kernel does not support. A kernel of f32 works on f32, with bool
/// masks; indices are always i64.
static LogicalResult checkElementTypes(Operation *op, const lower::KernelCall &call) {
  if (call.anyType)
    return success();
  StringRef kernel = call.kernel.name;
  for (Value value : llvm::concat<Value>(op->getOperands(), op->getResults())) {
    Type element = getElementTypeOrSelf(value.getType());
    bool isMask = kernel.starts_with("attention") && element.isInteger(1);
    if (!element.isF32() && !element.isInteger(64) && !isMask)
      return op->emitError("node '") << nn::describe(op) << "': '" << op->getName()
                                     << "' works on f32 values and i64 indices, found "
                                     << value.getType() << "; export the model in f32";
  }
  return success();
}

FailureOr<kernels::KernelChoice> Machine::choose(nn::LaunchOp launch) const {
  FailureOr<kernels::KernelChoice> choice = chooseKernel(launch);
  if (succeeded(choice))
    choice->seconds = model.seconds(launch, choice->kernel, threadCount);
  return choice;
}

std::optional<int64_t> Machine::workspaceBytes(const KernelKey &key, ArrayRef<int64_t> sizes,
                                               int64_t threads) const {
  const Kernel *kernel = library->find(key.name.c_str());
  if (!kernel)
    return std::nullopt;
  return kernel->workspace ? kernel->workspace({sizes.data(), int(sizes.size()), int(threads),
                                                key.type, key.precision})
                           : 0;
}

int64_t Machine::workspaceOf(const KernelKey &kernel, const lower::KernelCall &call) const {
  return workspaceBytes(kernel, call.sizes, threadCount).value_or(-1);
}

FailureOr<kernels::KernelChoice> Machine::chooseKernel(nn::LaunchOp launch) const {
  FailureOr<kernels::KernelChoice> choice = kernels::KernelChoice();
  std::optional<lower::KernelCall> call = lower::kernelCall(launch);
  if (!call && !launch.getSingleOp() && !launch.getLoopNest())
    return launch.emitError("node '")
           << nn::describe(launch) << "': its ops are no loop nest, and no kernel runs them";
  if (!call)
    return choice;
  for (Operation &op : launch.getOps()) // a conversion has the types of its kernel's buffers
    if (!isa<nn::CastOp>(op) && failed(checkElementTypes(&op, *call)))
      return failure();
  Operation *op = launch.getLastOp();
  choice->kernel = kernelFor(*call);
  const KernelKey &key = choice->kernel;
  const exec::KernelSignature *signature = exec::findKernelSignature(key.name);
  bool exists = signature && signature->existsIn(origins(), key.type, key.precision);
  choice->workspaceBytes = exists ? workspaceOf(key, *call) : -1;
  if (choice->workspaceBytes < 0)
    return op->emitError("node '") << nn::describe(op) << "': no kernel '" << key.text() << "' of "
                                   << nameOf(key.type) << " for " << name();
  return choice;
}

bool Machine::loadModel(llvm::StringRef device, llvm::StringRef standard, std::string &error) {
  llvm::Expected<DeviceModel> loaded = DeviceModel::load(device.empty() ? standard : device);
  if (!loaded) {
    error = "--device: " + llvm::toString(loaded.takeError());
    return false;
  }
  model = std::move(*loaded);
  return true;
}
