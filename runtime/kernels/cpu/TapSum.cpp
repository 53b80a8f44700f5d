//===- TapSum.cpp - what a convolution and the gradient of its input have in common ===//
#include "TapSum.h"

#include <algorithm>
#include <numeric>

namespace plimsoll {

static TapAxis forwardAxis(const Window &w, int d) {
  return {.size = w.size[d],
          .outputs = w.out[d],
          .step = w.stride[d],
          .taps = w.kernel[d],
          .first = -w.pad[d],
          .spread = w.dilation[d],
          .low = -w.pad[d],
          .span = (w.kernel[d] - 1) * w.dilation[d],
          .grid = w.dilation[d],
          .resultSize = w.out[d]};
}

static int64_t floorDiv(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/// Output o meets position p of the input at tap t where o * stride - pad + t * dilation = p. The
/// taps of a phase for which o is whole are an arithmetic progression.
static TapAxis gradInputAxis(const Window &w, int d, int64_t phase) {
  int64_t stride = w.stride[d], dilation = w.dilation[d], common = std::gcd(stride, dilation);
  int64_t reach = (w.kernel[d] - 1) * dilation;
  TapAxis axis{.size = w.out[d],
               .outputs = (w.size[d] + stride - 1) / stride,
               .step = 1,
               .taps = 0,
               .first = 0,
               .spread = -dilation / common,
               .low = -floorDiv(reach - w.pad[d], stride),
               .span = 0,
               .grid = 1,
               .tapStep = stride / common,
               .resultSize = w.size[d],
               .firstResult = phase,
               .resultStep = stride};
  axis.span = std::max<int64_t>(0, floorDiv(stride - 1 + w.pad[d], stride) - axis.low);
  if (stride == 1)
    axis.grid = dilation;
  for (int64_t tap = 0; tap < axis.tapStep && tap < w.kernel[d]; ++tap)
    if ((phase + w.pad[d] - tap * dilation) % stride == 0) {
      axis.firstTap = tap;
      axis.first = (phase + w.pad[d] - tap * dilation) / stride;
      axis.taps = (w.kernel[d] - tap + axis.tapStep - 1) / axis.tapStep;
      break;
    }
  return axis;
}

/// Makes a row of planes, or of a slice, if their points are only summed over channels.
static void flatten(TapSum &sum) {
  TapAxis &row = sum.axis[2];
  for (int d = 1; d >= 0 && row.isPointwise() && sum.axis[d].isPointwise(); --d) {
    TapAxis &outer = sum.axis[d];
    row.size = row.outputs = row.resultSize = row.size * outer.size;
    outer.size = outer.outputs = outer.resultSize = 1;
  }
}

int64_t TapSums::tapStep(int d) const {
  int64_t stride = ofInput ? sizes.window.stride[d] : 1;
  return stride / std::gcd(stride, sizes.window.dilation[d]);
}

/// Phases that begin behind the input have no positions and are left out.
int64_t TapSums::phases(int d) const {
  const Window &w = sizes.window;
  return ofInput ? std::min(w.stride[d], std::max<int64_t>(1, w.size[d])) : 1;
}

int64_t TapSums::count() const {
  return phases(0) * phases(1) * phases(2);
}

int64_t TapSums::mostDepth() const {
  int64_t depth = ofInput ? sizes.filters() : sizes.channels();
  for (int d = 0; d < 3; ++d)
    depth *= (sizes.window.kernel[d] + tapStep(d) - 1) / tapStep(d);
  return depth;
}

int64_t TapSums::leastTaps() const {
  int64_t taps = 1;
  for (int d = 0; d < 3; ++d)
    taps *= std::max<int64_t>(1, sizes.window.kernel[d] / tapStep(d));
  return std::max<int64_t>(1, taps);
}

int64_t TapSums::allDepth() const {
  return (ofInput ? sizes.filters() : sizes.channels()) * sizes.taps();
}

TapSum TapSums::operator[](int64_t phase) const {
  const ConvSizes &s = sizes;
  const Window &w = s.window;
  TapSum sum{s.n, s.groups, s.channels(), s.filters(), s.depth(), s.taps(), s.filters() * s.depth(),
             {}};
  if (ofInput) {
    std::swap(sum.channels, sum.filters);
    std::swap(sum.channelStride, sum.filterStride);
    for (int d = 2; d >= 0; phase /= phases(d--))
      sum.axis[d] = gradInputAxis(w, d, phase % phases(d));
  } else {
    for (int d = 0; d < 3; ++d)
      sum.axis[d] = forwardAxis(w, d);
  }
  flatten(sum);
  return sum;
}

} // namespace plimsoll
