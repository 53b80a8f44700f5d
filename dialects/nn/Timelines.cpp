//===- Timelines.cpp - the functions that a program can run ---------------------===//
#include "dialects/nn/Timelines.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::nn;

TimelineAttr plimsoll::nn::timelineOf(func::FuncOp function) {
  return function->getAttrOfType<TimelineAttr>(kTimelineAttr);
}

void plimsoll::nn::setTimeline(func::FuncOp function, TimelineKind kind, int64_t weight) {
  function->setAttr(kTimelineAttr, TimelineAttr::get(function.getContext(), kind, weight));
}

SmallVector<func::FuncOp> plimsoll::nn::timelinesOf(ModuleOp module) {
  SmallVector<func::FuncOp> timelines;
  for (auto function : module.getOps<func::FuncOp>())
    if (timelineOf(function))
      timelines.push_back(function);
  return timelines;
}

func::FuncOp plimsoll::nn::firstTimeline(ModuleOp module, TimelineKind kind) {
  for (func::FuncOp function : timelinesOf(module))
    if (timelineOf(function).getKind() == kind)
      return function;
  return {};
}
