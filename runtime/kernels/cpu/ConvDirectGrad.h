//===- ConvDirectGrad.h - the gradient of the weight, with vectors of filters ===//
#ifndef PLIMSOLL_KERNELS_CONVDIRECTGRAD_H
#define PLIMSOLL_KERNELS_CONVDIRECTGRAD_H

#include "TapSum.h"

namespace plimsoll::direct {

/// Returns the floats of the workspace for `threads` threads.
int64_t gradWeightFloats(const TapSum &sum, int threads);

/// Computes dw from dy and x, where `sum` is the convolution; `work` as in Team.h.
void gradWeight(const TapSum &sum, const float *dy, const float *x, float *dw, int threads,
                int64_t work, float *space);

} // namespace plimsoll::direct

#endif // PLIMSOLL_KERNELS_CONVDIRECTGRAD_H
