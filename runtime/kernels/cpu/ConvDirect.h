//===- ConvDirect.h - sums over taps, with vectors of filters ----------------===//
#ifndef PLIMSOLL_KERNELS_CONVDIRECT_H
#define PLIMSOLL_KERNELS_CONVDIRECT_H

#include "TapSum.h"

namespace plimsoll::direct {

/// Returns the floats of a thread's share of the workspace.
int64_t shareFloats(const TapSums &sums, int threads);

/// Computes part `part` of y = sum of w over x, see TapSum.h, of which there is one for each
/// thread. `share` is the workspace of the thread that does.
void run(const TapSums &sums, const float *x, const float *w, float *y, int64_t part, int threads,
         float *share);

} // namespace plimsoll::direct

#endif // PLIMSOLL_KERNELS_CONVDIRECT_H
