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
    Moved,      ///< each element once at most, in an order or selection that the file does not tell
    Computed    ///< something else: the tensor cannot be found in it again
  };
  Kind kind = Kind::Same;
  Shape shape = {}; ///< also of what was moved: without dimensions along which it repeats
  /// What was selected, to tell whether two selections overlap; empty where that cannot be told.
  std::vector<std::string> rows = {};
  bool isDisjoint = false; ///< of what was selected: no other selection overlaps it
  bool isGuess = false;    ///< the file does not tell which dimensions of 1 there were
  bool isDoubtful = false; ///< arithmetic went into it: on the tensor, or on what indexes it
};

/// True if all elements, of `step` bytes each, are one number.
bool isConstant(llvm::StringRef bytes, size_t step);

/// True for a Gemm whose second factor is [out, in].
bool isTransposedGemm(const onnx::NodeProto &node);

/// How initializer `index` was made, as the uses that stand for one tensor see it.
Layout layoutOf(const Graph &graph, const ExporterRecord &record, int index,
                const UseTarget &target, const RoleUse &use);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERLAYOUT_H
