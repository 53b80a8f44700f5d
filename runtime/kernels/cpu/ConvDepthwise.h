//===- ConvDepthwise.h - sums over taps, with vectors of outputs -------------===//
//
// For groups of few filters, above all those of one.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_CONVDEPTHWISE_H
#define PLIMSOLL_KERNELS_CONVDEPTHWISE_H

#include "TapSum.h"

namespace plimsoll::depthwise {

/// The most filters of a group for which these functions are meant, and work.
inline constexpr int64_t kMostFilters = 4;

/// Returns the floats of a thread's share of the workspace.
int64_t shareFloats(const TapSums &sums);

/// Computes part `part` of y = sum of w over x, see TapSum.h, of which there is one for each
/// thread. `share` is the workspace of the thread that does.
void run(const TapSums &sums, const float *x, const float *w, float *y, int64_t part, int threads,
         float *share);

/// Returns the floats of a thread's share of the workspace for the gradient of the weight.
int64_t gradWeightFloats(const TapSum &sum);

/// Computes dw from dy and x, where `sum` is the convolution; `work` as in Team.h.
void gradWeight(const TapSum &sum, const float *dy, const float *x, float *dw, int threads,
                int64_t work, float *space);

} // namespace plimsoll::depthwise

#endif // PLIMSOLL_KERNELS_CONVDEPTHWISE_H
