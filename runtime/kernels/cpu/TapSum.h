//===- TapSum.h - what a convolution and the gradient of its input have in common ===//
//
// Both are sums over channels and taps: result[filter, o] = sum over c, t of weight[filter, c, t]
// plane[c, place of o at t]. Forward, a place is o * stride - pad + t * dilation. The gradient of
// the input falls into phases, one for each remainder of a position modulo the strides: a phase is
// such a sum over the outputs' planes, with a step of one and those taps that meet the phase. All
// phases have as many outputs as the first; those that lie behind the result are not written.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_TAPSUM_H
#define PLIMSOLL_KERNELS_TAPSUM_H

#include "../../rules/ConvSizes.h"

namespace plimsoll {

/// One dimension of a sum over taps: output o at tap t is place o * step + first + t * spread.
struct TapAxis {
  int64_t size;    ///< of the plane that is read; places outside are zeros
  int64_t outputs; ///< how many are computed
  int64_t step, taps, first, spread;
  int64_t low, span;                 ///< places of output 0 lie in [low, low + span] in all phases
  int64_t grid;                      ///< and are multiples of this behind low
  int64_t firstTap = 0, tapStep = 1; ///< tap t is the kernel's firstTap + t * tapStep
  int64_t resultSize, firstResult = 0, resultStep = 1; ///< and so for an output's place in a result

  /// Returns how far the place of tap t is behind the lowest.
  int64_t distance(int64_t t) const { return first + t * spread - low; }
  /// Whether output o is place o, and all there is.
  bool isPointwise() const {
    return taps == 1 && step == 1 && first == 0 && span == 0 && size == outputs &&
           resultStep == 1 && resultSize == size;
  }
  /// Returns how many of the outputs [first, first + count) lie in the result.
  int64_t inside(int64_t first, int64_t count) const {
    int64_t last = (resultSize - firstResult + resultStep - 1) / resultStep;
    return first + count <= last ? count : last > first ? last - first : 0;
  }
};

/// A sum over channels and taps.
struct TapSum {
  int64_t images, groups;
  int64_t channels;                    ///< planes that a group reads
  int64_t filters;                     ///< planes of the result of a group
  int64_t filterStride, channelStride; ///< of the weights, of which a group has `groupStride`
  int64_t groupStride;
  TapAxis axis[3];

  int64_t taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
  int64_t depth() const { return channels * taps(); }
  int64_t outputs() const { return axis[0].outputs * axis[1].outputs * axis[2].outputs; }
  int64_t plane() const { return axis[0].size * axis[1].size * axis[2].size; }
  int64_t resultPlane() const {
    return axis[0].resultSize * axis[1].resultSize * axis[2].resultSize;
  }
  /// Returns the place of tap (t, r, s) in a kernel.
  int64_t kernelTap(int64_t t, int64_t r, int64_t s, const Window &w) const {
    return ((axis[0].firstTap + t * axis[0].tapStep) * w.kernel[1] + axis[1].firstTap +
            r * axis[1].tapStep) *
               w.kernel[2] +
           axis[2].firstTap + s * axis[2].tapStep;
  }
  /// Whether a channel's taps are all the kernel's, in order.
  bool hasAllTaps(const Window &w) const { return taps() == w.taps(); }
};

/// The phases of a convolution, which is one, or of the gradient of its input.
class TapSums {
public:
  static TapSums forward(const ConvSizes &s) { return TapSums(s, false); }
  static TapSums gradInput(const ConvSizes &s) { return TapSums(s, true); }

  const Window &window() const { return sizes.window; }
  /// Returns how many phases there are.
  int64_t count() const;
  /// Returns the most (channel, tap) pairs of a phase, and those of all phases.
  int64_t mostDepth() const;
  int64_t allDepth() const;
  /// Returns the fewest taps of a phase that has any.
  int64_t leastTaps() const;
  /// Returns a phase. If points are only summed over channels, a row is a whole plane.
  TapSum operator[](int64_t phase) const;

private:
  TapSums(const ConvSizes &sizes, bool ofInput) : sizes(sizes), ofInput(ofInput) {}
  int64_t phases(int d) const;
  /// Returns how far neighbouring taps of a phase are from each other in the kernel.
  int64_t tapStep(int d) const;

  const ConvSizes &sizes;
  bool ofInput;
};

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_TAPSUM_H
