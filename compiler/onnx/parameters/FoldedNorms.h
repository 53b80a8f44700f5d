//===- FoldedNorms.h - normalisations that the exporter folded ------*- C++ -*-===//
//
// The exporter's optimizer multiplies a batch normalisation into the weights before it and leaves
// its call on that node: which tensors of the module it read, and its epsilon and momentum. The
// tensors' numbers are lost. But if the weights are those of a new module, all of them are known:
// scales are 1, biases 0, means 0 and variances 1.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H

#include "compiler/onnx/parameters/ExporterRecord.h"
#include <map>

namespace plimsoll::import {

/// A batch normalisation that was folded into the product or convolution before it.
struct FoldedNorm {
  int weight = -1;          ///< initializer of the node's weight
  int folded = -1;          ///< initializer of the node's bias in the file; -1: none
  int before = -1;          ///< tensor of the record that was the node's bias; -1: none
  int gain = -1, bias = -1; ///< tensors of the record; -1: the normalisation has none
  int mean = -1, variance = -1;
  double epsilon = 0, momentum = 0;
  int64_t channels = 0;
  bool isNew = false; ///< it belongs to a module that was never trained

  /// Returns the factor by which a weight of a new module is multiplied to take the normalisation
  /// out.
  double unfolding() const;
};

/// True if the first dimension of the weight of a product or convolution is that of its results.
bool isOutFirst(const onnx::NodeProto &node);

/// Returns the folded normalisations of a file with torch's record, by node.
std::map<int, FoldedNorm> foldedNorms(const Graph &graph, const ExporterRecord &record);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H
