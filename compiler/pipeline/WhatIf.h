//===- WhatIf.h - the same step with one decision changed ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_WHATIF_H
#define PLIMSOLL_COMPILER_PIPELINE_WHATIF_H

#include "compiler/pipeline/StepView.h"

namespace plimsoll::pipeline {

/// The plan with a value recomputed that is kept, or kept that is recomputed. It is placed
/// for real, so its arena is one that would run; nothing else is planned anew.
struct WhatIf {
  std::string obstacle;           ///< not empty: this cannot be, and why
  std::vector<planner::OpId> ops; ///< launches that run once more, or once less
  double cost = 0;                ///< predicted seconds more, or less
  int64_t maxLive = 0;            ///< most bytes alive at once
  int64_t arenaBytes = 0;
};

/// With `value` made again just before the launch at position `reader`, from what is alive
/// there: it needs no bytes between the reader before that one and the launches of its cone.
WhatIf recomputed(const StepView &view, planner::ValueId value, int32_t reader);

/// With `value` made once, and without the launches that only its repetitions needed.
WhatIf kept(const StepView &view, planner::ValueId value);

/// The launches that make `value` before `position` from what is alive there, in order;
/// sets `obstacle` where an input is overwritten by then.
std::vector<planner::OpId> coneOf(const StepView &view, planner::ValueId value, int32_t position,
                                  std::string &obstacle);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_WHATIF_H
