//===- ParameterLayout.h - how a constant was made from a parameter -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERLAYOUT_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERLAYOUT_H

#include "compiler/onnx/parameters/UseTargets.h"

namespace plimsoll::import {

/// How the elements of an initializer follow from those of the module's tensor.
struct Layout {
  enum class Kind {
    Same,       ///< the tensor itself
    Transposed, ///< the transpose of a matrix
    Reshaped,   ///< under another shape; `shape` is the module's
    Repeated,   ///< expanded in leading dimensions; `shape` is the module's
    Moved,      ///< each element at most once, in an unknown order or selection
    Computed    ///< something else: the tensor cannot be recovered from it
  };
  Kind kind = Kind::Same;
  Shape shape = {}; ///< also for Moved, without dimensions along which it repeats
  /// The selected rows, to detect overlapping selections; empty if that is impossible.
  std::vector<std::string> rows = {};
  bool isDisjoint = false; ///< a selection that no other one overlaps
  bool isGuess = false;    ///< the file does not record which dimensions of size 1 there were
  bool isDoubtful = false; ///< arithmetic went into it, on the tensor or on its indices
};

/// True if all elements, of `step` bytes each, are equal.
bool isConstant(llvm::StringRef bytes, size_t step);

/// True for a Gemm whose second factor is stored as [out, in].
bool isTransposedGemm(const onnx::NodeProto &node);

/// Returns how initializer `index` was made from the tensor `target`, as seen by `use`.
Layout layoutOf(const Graph &graph, const ExporterRecord &record, int index,
                const UseTarget &target, const RoleUse &use);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERLAYOUT_H
