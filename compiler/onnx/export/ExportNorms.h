//===- ExportNorms.h - normalisations into the weights again -------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H

#include "compiler/onnx/export/ExportWeights.h"

namespace plimsoll::import {

/// Elements of a weight and of a bias as the file has them.
struct FoldedTensors {
  int weight; ///< the initializer
  int64_t channels;
  DType dtype;
  std::string weightBytes, biasBytes;
};

/// `weights` of `node` and of the normalisation behind it in one, as the exporter had folded it:
/// w gain / sqrt(variance + epsilon), and (b - mean) gain / sqrt(variance + epsilon) + bias. What
/// is missing in `weights` has its initial numbers. Nothing where all of it is missing.
llvm::Expected<std::optional<FoldedTensors>> foldNorm(const Graph &graph, const ParameterPlan &plan,
                                                      const Weights &weights, int node);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H
