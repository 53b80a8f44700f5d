//===- ShapeRules.h - result shapes that data and constants share --*- C++ -*-===//
//
// Each rule reads a node's operands and attributes; nothing is returned after an error.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H
#define PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H

#include "compiler/onnx/ops/Node.h"

namespace plimsoll::import {

/// Reshape: 0 copies a dimension (without allowzero), one -1 is computed.
std::optional<Shape> reshapedShape(Node &n);
std::optional<Shape> squeezedShape(Node &n);
std::optional<Shape> unsqueezedShape(Node &n);
std::optional<Shape> flattenedShape(Node &n);
/// Expand: numpy's rules in both directions.
std::optional<Shape> expandedShape(Node &n);
/// Transpose: `perm`, by default reversed.
std::optional<Shape> permutationOf(Node &n, int64_t rank);

struct SplitPlan {
  int64_t axis;
  Shape sizes;
};
/// Split into `parts` results: sizes as attribute or operand, or equal ones.
std::optional<SplitPlan> splitPlan(Node &n, int64_t parts);

/// Slice, one entry a dimension of the operand.
struct SlicePlan {
  Shape begin, step, size;
};
std::optional<SlicePlan> slicePlan(Node &n);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H
