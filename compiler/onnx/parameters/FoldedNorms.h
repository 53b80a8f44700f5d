//===- FoldedNorms.h - normalisations that went into the weights ----*- C++ -*-===//
//
// The exporter's optimizer multiplies a batch normalisation into the weights before it and leaves
// its call on that node: which tensors of the module it read, and its epsilon and momentum. Their
// numbers are gone. Where the weights are those of a new module, whose scales are 1, biases 0 and
// statistics those of no batch, all of them are known again.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H

#include "compiler/onnx/parameters/ExporterRecord.h"
#include <map>

namespace plimsoll::import {

/// A batch normalisation behind the product or convolution that it was folded into.
struct FoldedNorm {
  int weight = -1;          ///< initializer of the node before
  int folded = -1;          ///< the bias that it has in the file; -1: none
  int before = -1;          ///< that node's own bias, of the record; -1: the module has none there
  int gain = -1, bias = -1; ///< of the record; -1: the normalisation has none
  int mean = -1, variance = -1;
  double epsilon = 0, momentum = 0;
  int64_t channels = 0;
  bool isNew = false; ///< the numbers are those of a module that was never trained

  /// What a weight of a new module is multiplied by to take the normalisation out again.
  double unfolding() const;
};

/// True if the first dimension of the weight of a product or convolution is that of its results.
bool isOutFirst(const onnx::NodeProto &node);

/// Those of a file with torch's record, by node.
std::map<int, FoldedNorm> foldedNorms(const Graph &graph, const ExporterRecord &record);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_FOLDEDNORMS_H
