//===- ShapeRules.h - result shapes that data and constants share --*- C++ -*-===//
//
// Each rule reads a node's operands and attributes, and returns nothing after an error.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H
#define PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H

#include "compiler/onnx/ops/Node.h"

namespace plimsoll::import {

/// Returns the shape for Reshape: 0 copies a dimension (without allowzero), one -1 is computed.
std::optional<Shape> reshapedShape(Node &n);
std::optional<Shape> squeezedShape(Node &n);
std::optional<Shape> unsqueezedShape(Node &n);
std::optional<Shape> flattenedShape(Node &n);
/// Returns the shape for Expand, in which both shapes broadcast to each other.
std::optional<Shape> expandedShape(Node &n);
/// Returns the permutation for Transpose: `perm`, by default reversed.
std::optional<Shape> permutationOf(Node &n, int64_t rank);

struct SplitPlan {
  int64_t axis;
  Shape sizes;
};
/// Returns the plan of a Split into `parts` results: with sizes from the attribute or operand, or
/// equal ones.
std::optional<SplitPlan> splitPlan(Node &n, int64_t parts);

/// A Slice, with one entry for each dimension of the operand.
struct SlicePlan {
  Shape begin, step, size;
};
std::optional<SlicePlan> slicePlan(Node &n);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FOLD_SHAPERULES_H
