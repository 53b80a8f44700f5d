//===- TimelinePage.h - a plan as a picture ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
#define PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H

#include "passes/memory/Passes.h"
#include <string>

namespace plimsoll::pipeline {

/// One self-contained HTML page of the training timeline: bytes alive by kind over the
/// launches, with the peak marked, and the arena as address by time. Works offline, and
/// without scripts but for the line that follows the mouse. The peak stands in the element
/// with id `peak`, in bytes; the numbers behind the picture in that with id `data`.
std::string timelinePage(const memory::PlanOutcome &outcome, llvm::StringRef title);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TIMELINEPAGE_H
