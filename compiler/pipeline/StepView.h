//===- StepView.h - a planned training step, for looking things up ------*- C++ -*-===//
//
// Joins what the planner knows about the training timeline (lives, places, costs) with what the IR
// knows (ops, shapes, the user's nodes).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_STEPVIEW_H
#define PLIMSOLL_COMPILER_PIPELINE_STEPVIEW_H

#include "compiler/pipeline/ValueKinds.h"
#include "dialects/nn/Phases.h"
#include "mlir/IR/BuiltinTypes.h"

namespace plimsoll::pipeline {

/// A view of a module whose plan was applied (Stage::Plan). Module and outcome must outlive it.
class StepView {
public:
  StepView(mlir::ModuleOp module, const memory::PlanOutcome &outcome);

  const memory::PlanOutcome &outcome() const { return planned; }
  const planner::Problem &problem() const { return planned.problem; }
  const planner::Solution &solution() const { return planned.result.solution; }
  const planner::Timeline &timeline() const { return planned.timeline(); }
  const planner::TimelinePlan &plan() const { return planned.plan(); }

  /// Returns the result of the op, in the body of a launch, that computes a value; null for inputs
  /// and residents.
  mlir::OpResult computed(planner::ValueId value) const { return results[value]; }
  nn::Phase phase(planner::OpId op) const { return phases[op]; }
  /// Returns the op that writes a value; `none` for inputs and residents.
  planner::OpId writer(planner::ValueId value) const { return writers[value]; }
  /// Returns the value's type; null if it is not known (contents of constants).
  mlir::RankedTensorType type(planner::ValueId value) const { return types[value]; }
  ValueKind kind(planner::ValueId value) const { return kinds[value]; }
  /// Returns what the value is a gradient of: parameters and forward values; empty if nothing.
  const std::vector<planner::ValueId> &gradientOf(planner::ValueId value) const {
    return primals[value];
  }
  /// Returns the value's name in reports: "gradient of X", "result of X", "mean of X", "backward
  /// pass of X".
  std::string title(planner::ValueId value) const;
  /// Returns a launch's name in reports: "nn.matmul of /h.3/mlp/c_fc/MatMul".
  std::string launchTitle(size_t position) const;
  /// Returns the placements of a value's instances, by instance; empty for residents.
  std::vector<const planner::Placement *> lives(planner::ValueId value) const;
  /// Returns the positions that read instance `instance` of `value`, ascending.
  std::vector<int32_t> readers(planner::ValueId value, int32_t instance) const;
  /// Returns the position of the event that makes an instance, or `none` for inputs.
  int32_t maker(planner::ValueId value, int32_t instance) const;

private:
  void collectLaunches(mlir::ModuleOp module);
  void collectTypes(mlir::ModuleOp module);
  void readPhases();
  void readGradients();
  std::string role(planner::ValueId value) const;

  const memory::PlanOutcome &planned;
  std::vector<nn::LaunchOp> launches; ///< of the planner's ops: the first instance of each
  std::vector<mlir::OpResult> results;
  std::vector<nn::Phase> phases;
  std::vector<planner::OpId> writers;
  std::vector<mlir::RankedTensorType> types;
  std::vector<ValueKind> kinds;
  std::vector<std::vector<planner::ValueId>> primals;
};

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_STEPVIEW_H
