//===- ResizeWeights.h - the weights of Resize ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace plimsoll::import {

/// The attributes of a Resize, with their ONNX names.
struct ResizeModes {
  std::string mode, coordinates, nearest;
  double cubic = -0.75;
  bool excludeOutside = false, antialias = false;
};

inline constexpr llvm::StringLiteral kCrop = "tf_crop_and_resize";

/// The resizing of one axis from `in` to `out` elements by `scale`. tf_crop_and_resize samples only
/// the part from `begin` to `end`, as shares of the whole.
struct ResizedAxis {
  int64_t in, out;
  double scale;
  double begin = 0, end = 1;

  bool isKept() const { return scale == 1.0 && begin == 0.0 && end == 1.0; }
};

/// The elements that contribute to one result: index and weight of each.
using ResizeWeights = llvm::SmallVector<std::pair<int64_t, double>, 4>;

/// Returns the position of result `i` among the operand's elements; NaN for an unknown mode.
double coordinate(llvm::StringRef mode, const ResizedAxis &axis, int64_t i);

/// Returns the weights of result `i`; elements beyond an end count as the element at that end.
ResizeWeights weightsAt(const ResizeModes &modes, const ResizedAxis &axis, int64_t i);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_RESIZEWEIGHTS_H
