//===- TracedNames.h - names of torch's older exporter --------------*- C++ -*-===//
//
// torch.onnx.export(dynamo=False) calls a node by its module's path, "/h.0/attn/q_proj/MatMul", and
// initializers by their names in the module, unless it computed them: the transposed weight of a
// linear layer is "onnx::MatMul_12".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_IMPORT_TRACEDNAMES_H
#define PLIMSOLL_COMPILER_IMPORT_TRACEDNAMES_H

#include "compiler/import/Parameters.h"

namespace plimsoll::import {

class TracedNames {
public:
  explicit TracedNames(const Graph &graph);

  /// The framework's name of a transposed weight of a linear layer: its module does one product,
  /// and adds its own bias at most. "" where there is no such evidence.
  std::string linearWeight(llvm::StringRef initializer, const RoleUse &use) const;

  /// The module's name of the tensor that an Identity stands for, or "": the exporter keeps one of
  /// several equal tensors, and writes Identity nodes for the others.
  std::string nameOf(int node) const;

private:
  const Graph &graph;
  llvm::StringMap<llvm::SmallVector<int>> nodesOf; ///< of a module's path
};

/// True for a name that the older exporter made for what it computed.
bool isTracedConstant(llvm::StringRef name);

/// True for a name of a Constant node that the older exporter wrote, which is a literal of the
/// module's code, or a scale or bias that the module lacks: its parameters are initializers.
bool isTracedLiteral(llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_TRACEDNAMES_H
