//===- Unroll.h - control flow that is known at compile time -------*- C++ -*-===//
//
// The importer walks a flat graph. If it meets an If or a Loop whose operands are known, it records
// what that node does. The nodes that run then replace it in the file's graph, and the walk begins
// again. So everything else (parameters and their roles, names, shapes) sees a model without
// control flow.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H

#include "compiler/onnx/file/onnx.pb.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace plimsoll::import {

/// The known behaviour of an If or a Loop.
struct ControlDecision {
  int node;               ///< index in the graph
  bool condition = true;  ///< If: the branch that is taken
  int64_t iterations = 0; ///< Loop: iterations to unroll now
  bool finished = true;   ///< Loop: false if its condition may ask for more
};

/// Attributes of a Loop that is unrolled iteration by iteration: the number of iterations so far,
/// and, followed by the number of the output, the names of what was scanned out.
inline constexpr const char *kIterationsAttr = "plimsoll.iterations";
inline constexpr const char *kScannedAttr = "plimsoll.scanned.";

/// Limit of nodes after unrolling.
inline constexpr int64_t kMaxUnrolledNodes = 200'000;

/// Returns the number of nodes of the graph after each decided node is replaced.
int64_t unrolledSize(const onnx::GraphProto &graph, llvm::ArrayRef<ControlDecision> decisions);

/// Replaces each decided node by the nodes that run.
void inlineControlFlow(onnx::GraphProto &graph, llvm::ArrayRef<ControlDecision> decisions);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H
