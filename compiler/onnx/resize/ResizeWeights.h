//===- ResizeWeights.h - what each result of Resize is made of -----*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace plimsoll::import {

/// Attributes of Resize, by their ONNX names.
struct ResizeModes {
  std::string mode, coordinates, nearest;
  double cubic = -0.75;
  bool excludeOutside = false, antialias = false;
};

inline constexpr llvm::StringLiteral kCrop = "tf_crop_and_resize";

/// One axis: from `in` to `out` elements, by `scale`; tf_crop_and_resize looks at the part from
/// `begin` to `end`, in shares of the whole.
struct ResizedAxis {
  int64_t in, out;
  double scale;
  double begin = 0, end = 1;

  bool isKept() const { return scale == 1.0 && begin == 0.0 && end == 1.0; }
};

/// Index and weight of the elements that one result is made of.
using ResizeWeights = llvm::SmallVector<std::pair<int64_t, double>, 4>;

/// Where result `i` lies among the operand's elements; NaN for modes that are not known.
double coordinate(llvm::StringRef mode, const ResizedAxis &axis, int64_t i);

/// What result `i` is made of; elements beyond an end count as that end.
ResizeWeights weightsAt(const ResizeModes &modes, const ResizedAxis &axis, int64_t i);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H
