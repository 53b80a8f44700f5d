//===- Traces.h - a plan in the formats of trace viewers ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TRACES_H
#define PLIMSOLL_COMPILER_PIPELINE_TRACES_H

#include "passes/memory/Passes.h"
#include <string>

namespace plimsoll::pipeline {

/// Returns one training step in the Trace Event Format that chrome://tracing and ui.perfetto.dev
/// read: launches as complete events at their predicted times (category `launch` or `repeated`),
/// and the bytes alive by kind as a counter.
std::string chromeTrace(const memory::PlanOutcome &outcome, llvm::StringRef title);

/// Returns one training step as torch.cuda.memory._snapshot() would have recorded it, pickled
/// (protocol 2), for https://pytorch.org/memory_viz: the arena is one segment, lives are
/// allocations in it. A launch that writes its result over an operand frees the operand first.
std::string memorySnapshot(const memory::PlanOutcome &outcome);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TRACES_H
