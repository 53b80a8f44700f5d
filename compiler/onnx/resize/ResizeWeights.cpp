//===- ResizeWeights.cpp - the weights of Resize ---------------------------------===//
#include "compiler/onnx/resize/ResizeWeights.h"
#include <algorithm>
#include <cmath>

using namespace plimsoll::import;
using llvm::StringRef;

double plimsoll::import::coordinate(StringRef mode, const ResizedAxis &axis, int64_t i) {
  double at = double(i), half = (at + 0.5) / axis.scale - 0.5;
  if (mode == "half_pixel")
    return half;
  if (mode == "pytorch_half_pixel")
    return axis.out > 1 ? half : 0;
  if (mode == "align_corners") { // the length that the scale gives need not be whole
    double last = axis.scale * double(axis.in) - 1;
    return axis.out > 1 && last > 0 ? at * double(axis.in - 1) / last : 0;
  }
  if (mode == "tf_half_pixel_for_nn") // only in opset 11
    return (at + 0.5) / axis.scale;
  if (mode == "asymmetric")
    return at / axis.scale;
  if (mode == "half_pixel_symmetric") {
    double adjustment = double(axis.out) / (axis.scale * double(axis.in));
    return double(axis.in) / 2 * (1 - adjustment) + half;
  }
  if (mode == kCrop) {
    double last = double(axis.in - 1);
    return axis.out > 1
               ? axis.begin * last + at * (axis.end - axis.begin) * last / double(axis.out - 1)
               : 0.5 * (axis.begin + axis.end) * last;
  }
  return NAN;
}

static double roundNearest(StringRef mode, double x) {
  if (mode == "floor")
    return std::floor(x);
  if (mode == "ceil")
    return std::ceil(x);
  if (mode == "round_prefer_ceil")
    return std::floor(x + 0.5);
  return std::ceil(x - 0.5); // round_prefer_floor
}

/// Returns the weight of the piecewise cubic of Keys (1981).
static double cubicWeight(double a, double distance) {
  double d = std::abs(distance);
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

ResizeWeights plimsoll::import::weightsAt(const ResizeModes &modes, const ResizedAxis &axis,
                                          int64_t i) {
  double x = coordinate(modes.coordinates, axis, i);
  auto clamp = [&](double index) {
    return static_cast<int64_t>(std::min(std::max(index, 0.0), double(axis.in - 1)));
  };
  if (modes.mode == "nearest")
    return {{clamp(roundNearest(modes.nearest, x)), 1.0}};
  bool isCubic = modes.mode == "cubic";
  double base = std::floor(x), rest = x - base;
  if (!isCubic && !modes.antialias)
    return {{clamp(base), 1 - rest}, {clamp(base + 1), rest}};
  // Against aliasing, the kernel is widened by the factor by which the axis shrinks.
  double narrow = modes.antialias ? std::min(axis.scale, 1.0) : 1.0, sum = 0;
  int first = static_cast<int>(std::floor(-(isCubic ? 2 : 1) / narrow)) + 1;
  ResizeWeights weights;
  for (int j = first; j < 2 - first; ++j) {
    bool outside = base + j < 0 || base + j > double(axis.in - 1);
    double distance = (j - rest) * narrow;
    double weight =
        isCubic ? cubicWeight(modes.cubic, distance) : std::max(0.0, 1 - std::abs(distance));
    weight = outside && modes.excludeOutside ? 0 : weight;
    weights.push_back({clamp(base + j), weight});
    sum += weight;
  }
  for (auto &[index, weight] : weights)
    weight /= modes.excludeOutside || modes.antialias ? sum : 1.0;
  return weights;
}
