//===- OldOpsets.h - older forms of operators ----------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_OLDOPSETS_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_OLDOPSETS_H

#include "compiler/onnx/file/onnx.pb.h"

namespace plimsoll::import {

class Node;

/// The oldest and the newest version of the ONNX operators that is supported.
inline constexpr int64_t kOldestOpset = 6, kNewestOpset = 28;

/// True if `node` has another form in `opset` than the one that handlers support.
bool hasOlderForm(const onnx::NodeProto &node, int64_t opset);

/// Gives a node with bound operands the form of opset 13, which handlers support, as well as later
/// ones.
void bringUpToDate(Node &n);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_GRAPH_OLDOPSETS_H
