//===- TimelinePage.h - a plan as a picture ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
#define PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H

#include "passes/memory/Passes.h"
#include <string>

namespace plimsoll::pipeline {

/// Returns a self-contained HTML page of the training timeline: bytes alive by kind over the
/// launches, with the peak marked, and the arena as address by time. It works offline, and without
/// scripts except for the line that follows the mouse. The element with id `peak` contains the peak
/// in bytes, the one with id `data` the numbers of the picture.
std::string timelinePage(const memory::PlanOutcome &outcome, llvm::StringRef title);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
