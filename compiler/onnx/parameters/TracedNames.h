//===- TracedNames.h - names of torch's older exporter --------------*- C++ -*-===//
//
// torch.onnx.export(dynamo=False) names a node by its module's path, "/h.0/attn/q_proj/MatMul", and
// initializers by their names in the module, except computed ones: the transposed weight of a
// linear layer is "onnx::MatMul_12".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_TRACEDNAMES_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_TRACEDNAMES_H

#include "compiler/onnx/parameters/Parameters.h"

namespace plimsoll::import {

class TracedNames {
public:
  explicit TracedNames(const Graph &graph);

  /// Returns the framework's name of a transposed weight of a linear layer, if its module does
  /// nothing but one product, and at most adds its own bias; otherwise "".
  std::string linearWeight(llvm::StringRef initializer, const RoleUse &use) const;

  /// Returns the module's name of the tensor that an Identity represents, or "". The exporter keeps
  /// one of several equal tensors and writes Identity nodes for the others.
  std::string nameOf(int node) const;

private:
  const Graph &graph;
  llvm::StringMap<llvm::SmallVector<int>> nodesOf; ///< by the path of their module
};

/// True for a name that the older exporter gives to what it computed.
bool isTracedConstant(llvm::StringRef name);

/// True for the name of a Constant node that the older exporter wrote. Such a tensor is a literal
/// of the module's code, or a scale or bias that the module lacks: parameters are initializers.
bool isTracedLiteral(llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_TRACEDNAMES_H
