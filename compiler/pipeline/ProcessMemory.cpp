//===- ProcessMemory.cpp - what a program takes beside its arena --------------------===//
#include "compiler/pipeline/ProcessMemory.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;

static int64_t launchesOf(func::FuncOp function) {
  return llvm::count_if(function.getBody().front(),
                        [](Operation &op) { return nn::isLaunch(&op); });
}

int64_t plimsoll::pipeline::bytesBesideArena(ModuleOp module, const target::Machine &machine) {
  target::ProgramContents contents;
  contents.tensors = llvm::count_if(
      module.getOps(), [](Operation &symbol) { return isa<nn::ParameterOp, nn::StateOp>(symbol); });
  if (func::FuncOp train = nn::firstTimeline(module, nn::TimelineKind::train))
    contents.trainingLaunches = launchesOf(train);
  for (func::FuncOp function : nn::timelinesOf(module)) {
    contents.launches += launchesOf(function);
    if (nn::timelineOf(function).getKind() == nn::TimelineKind::train)
      for (BlockArgument input : function.getArguments())
        contents.batchBytes += nn::tensorBytes(input.getType());
  }
  return machine.bytesBesideArena(contents);
}
