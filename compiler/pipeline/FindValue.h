//===- FindValue.h - values of a plan by the user's names -----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_FINDVALUE_H
#define PLIMSOLL_COMPILER_PIPELINE_FINDVALUE_H

#include "compiler/frontend/ModelOutline.h"
#include "compiler/pipeline/StepView.h"

namespace plimsoll::pipeline {

struct FoundValues {
  std::vector<planner::ValueId> values;
  std::string note;                 ///< how the name leads to them, if that is not obvious
  std::vector<std::string> nearest; ///< for an unknown name: similar ones
};

/// Returns the values that `name` may mean: a parameter, state or input; a node, its module, or an
/// ONNX tensor (then all values of the node); or a title such as "gradient of NAME", also written
/// d(NAME). `#2` after a name selects the second of several.
FoundValues findValues(const StepView &view, mlir::ModuleOp module,
                       const frontend::ModelOutline &outline, llvm::StringRef name);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_FINDVALUE_H
