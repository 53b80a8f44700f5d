//===- Unroll.h - control flow that is known at compile time -------*- C++ -*-===//
//
// The importer walks a flat graph. Where it meets an If or a Loop whose operands it knows, it
// notes what happens there; the nodes that run then take the place of that node in the file's
// graph, and the walk begins again. So everything else (parameters and their roles, names,
// shapes) sees a model without control flow.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H

#include "compiler/onnx/file/onnx.pb.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace plimsoll::import {

/// What an If or a Loop does.
struct ControlDecision {
  int node;               ///< index in the graph
  bool condition = true;  ///< If: the branch that is taken
  int64_t iterations = 0; ///< Loop: those that are made nodes now
  bool finished = true;   ///< Loop: false if more may come, by its condition
};

/// Names of attributes that a Loop gets while its iterations are made one by one: how many
/// there were, and (followed by the number of the output) the names of what was scanned out.
inline constexpr const char *kIterationsAttr = "plimsoll.iterations";
inline constexpr const char *kScannedAttr = "plimsoll.scanned.";

/// Nodes that a model may have in the end.
inline constexpr int64_t kMaxUnrolledNodes = 200'000;

/// How many nodes the graph has when each decided node is replaced.
int64_t unrolledSize(const onnx::GraphProto &graph, llvm::ArrayRef<ControlDecision> decisions);

/// Puts the nodes that run in the place of each decided node.
void inlineControlFlow(onnx::GraphProto &graph, llvm::ArrayRef<ControlDecision> decisions);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_GRAPH_UNROLL_H
