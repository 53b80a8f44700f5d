//===- WhatIf.h - the same step with one decision changed ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_WHATIF_H
#define PLIMSOLL_COMPILER_PIPELINE_WHATIF_H

#include "compiler/pipeline/StepView.h"

namespace plimsoll::pipeline {

/// The plan with one kept value recomputed, or one recomputed value kept. It is really placed, so
/// its arena is one that would run; nothing else is planned anew.
struct WhatIf {
  std::string obstacle;           ///< why this is impossible, or empty
  std::vector<planner::OpId> ops; ///< launches that run once more, or once less
  double cost = 0;                ///< predicted seconds: more, or less if negative
  int64_t maxLive = 0;            ///< most bytes alive at once
  int64_t arenaBytes = 0;
};

/// Returns the plan with `value` made again just before the launch at position `reader`, from what
/// is alive there. The value then needs no bytes between its previous reader and the launches of
/// its cone.
WhatIf recomputed(const StepView &view, planner::ValueId value, int32_t reader);

/// Returns the plan with `value` made once, and without the launches that only its repetitions
/// needed.
WhatIf kept(const StepView &view, planner::ValueId value);

/// Returns the launches that make `value` before `position` from what is alive there, in order.
/// Sets `obstacle` if that is impossible: an input is overwritten by then, or a launch may run only
/// once.
std::vector<planner::OpId> coneOf(const StepView &view, planner::ValueId value, int32_t position,
                                  std::string &obstacle);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_WHATIF_H
