//===- ExportNorms.h - folds normalisations into the weights again -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H

#include "compiler/onnx/export/ExportWeights.h"

namespace plimsoll::import {

/// The elements of a weight and of a bias in the types of the file.
struct FoldedTensors {
  int weight; ///< the initializer of the weight
  int64_t channels;
  DType dtype;
  std::string weightBytes, biasBytes;
};

/// Folds the normalisation behind `node` into the node's weight and bias, as the exporter had done:
/// w gain / sqrt(variance + epsilon), and (b - mean) gain / sqrt(variance + epsilon) + bias. What
/// `weights` lacks has its initial values. Returns nothing if it lacks all of it; fails if the
/// weight is missing.
llvm::Expected<std::optional<FoldedTensors>> foldNorm(const Graph &graph, const ParameterPlan &plan,
                                                      const Weights &weights, int node);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTNORMS_H
