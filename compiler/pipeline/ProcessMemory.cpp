//===- ProcessMemory.cpp - memory of a program besides its arena --------------------===//
//
// The constants below are from programs of gpt2-nano, gpt2-124m, vit-nano and mlp-digits with 1 to
// 32 threads (peak resident size minus the arena, MiB):
//
//                        x86-64-v4, oneDNN   x86-64-v3
//   training alone            8.5 .. 9.2     3.0 .. 3.1
//   evaluation, saving        9.5 .. 12.2    4.9
//
// On a GPU it is the device model's overhead, which tools/gpu-check measures.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/ProcessMemory.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;

static constexpr int64_t KiB = 1024;
/// Binary, C++ and OpenMP libraries, page tables; with oneDNN also its library and its
/// initialisation.
static constexpr int64_t kBase = 5 * 1024 * KiB, kBaseWithOneDnn = 11 * 1024 * KiB;
static constexpr int64_t kPerThread = 64 * KiB;
/// Emitted code, and for a product a oneDNN primitive. Repetitions of a launch share both.
static constexpr int64_t kPerLaunch = 8 * KiB;
/// Name, shape and offset in a checkpoint's header, as text and parsed.
static constexpr int64_t kPerTensor = 2 * KiB;
/// Copies of a batch: one as read and one being converted, for training and for evaluation.
static constexpr int64_t kBatches = 4;

static int64_t launchesOf(func::FuncOp function) {
  return llvm::count_if(function.getBody().front(),
                        [](Operation &op) { return nn::isLaunch(&op); });
}

static int64_t bytesOnGpu(ModuleOp module, const target::DeviceModel &device) {
  target::DeviceModel::Overhead overhead =
      device.overhead.value_or(target::DeviceModel::Overhead());
  func::FuncOp train = nn::firstTimeline(module, nn::TimelineKind::train);
  return overhead.baseBytes + (train ? launchesOf(train) * overhead.launchBytes : 0);
}

int64_t plimsoll::pipeline::bytesBesideArena(ModuleOp module, const target::Machine &target) {
  if (target.isCuda())
    return bytesOnGpu(module, target.device());
  int64_t bytes = target.suffix() == "v4" ? kBaseWithOneDnn : kBase;
  bytes += target.threads() * kPerThread;
  for (Operation &symbol : module.getOps())
    if (isa<nn::ParameterOp, nn::StateOp>(symbol))
      bytes += kPerTensor;
  for (func::FuncOp function : nn::timelinesOf(module)) {
    bytes += launchesOf(function) * kPerLaunch;
    if (nn::timelineOf(function).getKind() == nn::TimelineKind::train)
      for (BlockArgument input : function.getArguments())
        bytes += kBatches * nn::tensorBytes(input.getType());
  }
  return bytes;
}
